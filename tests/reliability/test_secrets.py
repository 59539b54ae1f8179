"""Nothing of how a database is reached gets out: canaries lie wherever libpq looks, and all output is searched."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.cli.helpers import SMALL, Ran, results, run
from tests.databases.tls import Guarded, guarded_server
from tests.reliability.observing import Observer

CANARY = re.compile("canary", re.IGNORECASE)
"""What every secret has in it, and nothing else."""
LEAKING = '''

import os
import sys
from urllib.parse import quote

import asyncpg
import psycopg

from bench import SyncDatabase


def told(db: SyncDatabase) -> dict[str, str]:
    """All that is known of a connection."""
    with db.driver() as connection:
        return {**connection.info.get_parameters(), "password": connection.info.password}


def url(db: SyncDatabase) -> str:
    """The same as a URL."""
    found = told(db)
    secret, host = quote(found["password"], safe=""), found["host"]
    return f"postgresql+asyncpg://{found['user']}:{secret}@{host}/postgres?sslkey={found['sslkey']}"


leaking = Scenario(dataset=numbers, question="What do errors say?")


@leaking.strategy(baseline=True)
def looking(db: SyncDatabase) -> int:
    """See that no secret stands in the list of processes."""
    found = told(db)
    private = [found[name] for name in ("host", "password", "sslkey") if not found[name].startswith("127.")]
    for commands in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = commands.read_text(errors="replace")
        except OSError:
            continue
        if any(part in text for part in private):
            raise RuntimeError("a secret stands in the list of processes")
    return 1


@leaking.strategy()
def naming_a_url(db: SyncDatabase) -> int:
    """Say it as a URL."""
    raise RuntimeError(f"no answer from {url(db)}")


@leaking.strategy()
def naming_parameters(db: SyncDatabase) -> int:
    """Say it as parameters."""
    raise ConnectionError(f"cannot connect with {told(db)!r}")


@leaking.strategy()
def naming_a_conninfo(db: SyncDatabase) -> int:
    """Say it as libpq does."""
    raise psycopg.OperationalError(psycopg.conninfo.make_conninfo(**told(db)))


@leaking.strategy()
def naming_the_environment(db: SyncDatabase) -> int:
    """Say what stands where libpq looks."""
    names = ("PGSERVICE", "PGSERVICEFILE", "PGPASSFILE")
    files = [Path(os.environ[name]).read_text() for name in names[1:]]
    raise KeyError("\\n".join([*(os.environ[name] for name in names), *files]))


@leaking.strategy()
def not_getting_in(db: SyncDatabase) -> int:
    """Fail as a driver does."""
    psycopg.connect(**{**told(db), "password": "wrong", "connect_timeout": "2"})
    return 1


@leaking.strategy()
async def not_getting_anywhere(db: Database) -> int:
    """Fail as the other does."""
    async with db.connection() as connection:
        raw = (await connection.get_raw_connection()).driver_connection
        host = raw._addr[0] if hasattr(raw, "_addr") else raw.info.host
    await asyncpg.connect(host=host, port=1, user="nobody", password=os.environ["PGPASSFILE"])
    return 1


@leaking.strategy()
def dying(db: SyncDatabase) -> int:
    """Say it on the way out."""
    print(url(db), file=sys.stderr, flush=True)
    os._exit(3)
'''
HERE = ("--scenarios", "module.py", "--database", "postgresql://")
LEAKS = re.findall(r"def (naming_\w+|not_\w+|dying)\(", LEAKING)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """A server whose name, password and key are canaries."""
    with guarded_server(
        host="canary-host.invalid", password="Canary:pass\\w%rd/1", key_password="Canary#key 2"
    ) as found:
        yield found


@pytest.fixture
def known(guarded: Guarded, tmp_path: Path) -> dict[str, str]:
    """What libpq is told by the environment, a service and a file of passwords, all of them in a place of their own."""
    folder = tmp_path / "canary-files"
    folder.mkdir()
    options = guarded.options
    for name in ("sslrootcert", "sslcert", "sslkey"):
        options[name] = str(shutil.copy2(options[name], folder))
    service, passwords = folder / "services", folder / "passwords"
    lines = {**options, "host": guarded.host, "port": guarded.port, "user": guarded.user, "dbname": "postgres"}
    service.write_text("\n".join(["[canary-service]", *(f"{name}={value}" for name, value in lines.items()), ""]))
    escaped = guarded.password.replace("\\", "\\\\").replace(":", "\\:")
    passwords.write_text(f"{guarded.host}:*:*:*:{escaped}\n")
    passwords.chmod(0o600)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    return {
        "PGSERVICEFILE": str(service),
        "PGSERVICE": "canary-service",
        "PGPASSFILE": str(passwords),
        "BENCH_CACHE": str(tmp_path / "cache"),
        "TMPDIR": str(temporary),
    }


@pytest.fixture
def bench(known: dict[str, str], tmp_path: Path) -> Callable[..., Ran]:
    """Runs commands where everything is known and the module lies; whatever becomes of them, nothing is let out."""
    work = tmp_path / "work"
    work.mkdir()
    (work / "module.py").write_text(SMALL.read_text() + LEAKING)

    def run_there(*words: str) -> Ran:
        ran = run(*words, cwd=work, env=known)
        assert "Traceback" not in ran.out + ran.err
        assert {} == leaks(ran, tmp_path)
        return ran

    return run_there


def leaks(ran: Ran, folder: Path) -> dict[str, list[str]]:
    """The lines with a canary in what a command said, and in every file that was written."""
    texts = {"the output": ran.out + ran.err}
    for path in folder.rglob("*"):
        if path.is_file() and "canary-files" not in path.parts:
            texts[str(path)] = path.read_text(encoding="utf-8", errors="replace")
    found = {name: [line for line in text.splitlines() if CANARY.search(line)] for name, text in texts.items()}
    return {name: lines for name, lines in found.items() if lines}


def assert_all_failed(ran: Ran) -> None:
    """Every strategy that leaks has failed, and is said to have."""
    assert 4 == ran.code, ran.out + ran.err
    assert [] == [name for name in LEAKS if name not in ran.out]


def test_nothing_is_let_out(bench: Callable[..., Ran], tmp_path: Path, observed: Observer) -> None:
    """Measured straight and through the tap, counted, checked, shown and reported, while strategies do all they can to
    say what they know.
    """
    with observed("secrets-in-errors") as seen:
        measured = bench("run", "module.reading", "module.leaking", *HERE, "--rtt", "0,1", "--budget", "3s")
        assert_all_failed(measured)
        assert "no answer from postgresql+asyncpg://…" in " ".join(measured.out.split())
        (stored,) = [str(path) for path in results(tmp_path / "work") if path.suffix == ".json"]
        assert_all_failed(bench("count", "module.leaking", *HERE, "--report", "count.md", "--output", "count.json"))
        assert 4 == bench("check", "module.leaking", *HERE, "--against", "count.json", "--budget", "2s").code
        assert 4 == bench("show", "module.leaking:naming_a_url", *HERE).code
        assert 0 == bench("report", stored, "--format", "html", "--output", "page.html").code
        assert 0 == bench("database", "list", "--database", "postgresql://").code
        seen.says("exit code 4, each failure in a line with … where it named anything; no canary in any output or file")


def test_nothing_is_let_out_with_psycopg(bench: Callable[..., Ran]) -> None:
    """Its own words of what failed name the host, and are shown without."""
    assert_all_failed(bench("count", "module.leaking", *HERE, "--driver", "psycopg"))


@pytest.mark.parametrize(
    ("instead", "expected"),
    [
        (
            {"PGSERVICE": "canary-nowhere"},
            "no service file has that service: correct PGSERVICE, or `service` in the URL",
        ),
        ({"PGSERVICEFILE": "/canary/nowhere"}, "the service file is not there: correct PGSERVICEFILE"),
        (
            {"PGPASSFILE": "/canary/nowhere"},
            "the database asks for a password: give it in the URL, in PGPASSWORD or in",
        ),
    ],
)
def test_what_is_wrong_with_a_service_is_said_without_it(
    known: dict[str, str], tmp_path: Path, instead: dict[str, str], expected: str
) -> None:
    """A service, its file or that of the passwords which is not there is said to be that, and not named."""
    ran = run("count", "loading.one_to_one", "--database", "postgresql://", cwd=tmp_path, env=known | instead)
    assert expected in ran.complaint
    assert not CANARY.search(ran.out + ran.err)


WRONG = (
    ("{user}:wrong-canary@{host}:{port}/postgres?{options}", "the database refused user or password"),
    ("{user}:{password}@{host}:1/postgres?{options}", "the database server does not answer"),
    ("{user}:{password}@other-{host}:{port}/postgres", "no machine of that name is known"),
    ("{user}:{password}@{host}:{port}/canary?{options}", "the server has no database of that name"),
    ("{user}:{password}@{host}:{port}/postgres?{options}&sslpassword=canary", "the client's key cannot be read"),
    ("{user}:{password}@{host}:port/postgres", "the port in the URL is no number"),
    ("{user}:{password}@{host}:{port}/postgres?canary=1", "this PostgreSQL URL cannot be read"),
)


def test_a_url_is_repeated_nowhere(guarded: Guarded, tmp_path: Path, observed: Observer) -> None:
    """Whatever is wrong with the URL that the project's settings name, the line that says so has no part of it."""
    options = "&".join(f"{name}={quote(value, safe='')}" for name, value in guarded.options.items())
    parts = {"user": guarded.user, "host": guarded.host, "port": guarded.port, "options": options}
    with observed("secrets-in-the-url") as seen:
        for form, expected in WRONG:
            url = f"postgresql://{form.format(**parts, password=quote(guarded.password, safe=''))}"
            (tmp_path / "pyproject.toml").write_text(f"[tool.bench]\ndatabase = '{url}'\n")
            ran = run("count", "loading.one_to_one", cwd=tmp_path)
            assert expected in ran.complaint
            assert not CANARY.search(ran.out + ran.err), form
        seen.says(f"exit code 2 and a line each, for {len(WRONG)} mistakes; no part of the URL in any")
