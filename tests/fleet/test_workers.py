"""`--workers`: the workers of a Dask scheduler drive loads as processes here do, and no password is sent to them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bench.cli.main import _run
from bench.databases.postgres import PostgresServer
from bench.errors import UsageError
from bench.fleet.cluster import Fleet
from tests.cli.helpers import Ran, only_result
from tests.fleet.helpers import HERE, free_port, load_of, measure, scheduler, url_of
from tests.measuring.helpers import CASES

Bench = Callable[..., Ran]
TASKS, UNITS = 4, 20


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bench:
    """Runs `bench run` of the cases in this process, in an empty directory."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Ran:
        code = _run(["run", "--scenarios", str(CASES), "--budget", "1s", "--rounds", "8", *arguments])
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def password(embedded: PostgresServer) -> dict[str, str]:
    """The environment that a worker logs in with."""
    return {"PGPASSWORD": str(embedded.maintenance.password)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, password: dict[str, str]) -> Iterator[str]:
    """A scheduler with two workers that can log in."""
    with scheduler(tmp_path_factory.mktemp("dask"), 2, password) as address:
        yield address


def test_workers_of_a_scheduler_drive_a_load_together(
    bench: Bench, address: str, embedded: PostgresServer, tmp_path: Path
) -> None:
    """Their shares are one load; the result has their number, and neither the scheduler's address nor a password."""
    ran = bench("shared.whole", "--database", url_of(embedded), "--workers", address, "--report", "report.md")

    assert 0 == ran.code, ran.err
    assert "; loads from 2 processes\n" in ran.out
    result = only_result(tmp_path)
    assert (2, True) == (result["settings"]["processes"], result["settings"]["workers"])
    load = result["scenarios"][0]["points"][0]["strategies"][0]["load"]
    assert (2, 0, TASKS, UNITS, 4) == tuple(
        load[name] for name in ("processes", "lost_shares", "tasks", "units", "most_in_use")
    )
    assert load["samples"] * UNITS == load["unit"]["count"]
    report = (tmp_path / "report.md").read_text()
    assert "Each load was driven by 2 processes together" in report
    written = ran.out + ran.err + report + str(result)
    assert [] == [one for one in (HERE, str(embedded.maintenance.password)) if one in written]


def test_a_run_leaves_the_workers_as_they_were(address: str, embedded: PostgresServer) -> None:
    """One run after the other uses the same workers, with nothing left open by the one before."""
    for _ in range(2):
        measured = measure("shared.whole:two", database=url_of(embedded), budget=1.0, rounds=4, workers=address)
        assert 2 == load_of(measured, "whole", "two").processes


def test_a_worker_that_dies_loses_its_share_and_the_rest_is_kept(
    tmp_path: Path, password: dict[str, str], embedded: PostgresServer
) -> None:
    """A worker is killed in the midst of a load: the result says what is missing, and the other drives the rest."""
    with scheduler(tmp_path, 2, password) as address:
        measured = measure("shared.dying", database=url_of(embedded), budget=1.0, rounds=12, workers=address)
    load = load_of(measured, "dying", "deadly")
    assert (1, 1) == (load.processes, load.lost_shares)
    assert load.unit is not None
    assert load.samples * UNITS - UNITS // 2 == load.unit.count
    assert any(note.startswith("1 of 2 processes") for note in measured.point("dying").notes)


def test_the_password_is_not_sent(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, embedded: PostgresServer
) -> None:
    """Workers without a password of their own cannot log in, though the URL has one: a line says what to do."""
    with scheduler(tmp_path_factory.mktemp("dask"), 1, {}) as address:
        ran = bench("shared.whole", "--database", url_of(embedded), "--workers", address)

    assert (
        "--workers: the database refused a worker for its password, which is not sent: start them with PGPASSWORD or"
        " PGPASSFILE in their environment"
    ) == ran.complaint


def test_a_scheduler_without_workers_is_one_line(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, embedded: PostgresServer
) -> None:
    """It says how to start some."""
    with scheduler(tmp_path_factory.mktemp("dask"), 0, {}) as address:
        ran = bench("shared.whole", "--database", url_of(embedded), "--workers", address)

    assert "--workers: the scheduler has no workers: start some by `dask worker`" == ran.complaint


def test_a_scheduler_that_does_not_answer_is_one_line(bench: Bench, embedded: PostgresServer) -> None:
    """It says what to check, and not where it looked."""
    ran = bench("shared.whole", "--database", url_of(embedded), "--workers", f"tcp://{HERE}:{free_port()}")

    assert (
        "--workers: no Dask scheduler answers there: check that it runs, and write --workers tcp://HOST:PORT"
        == ran.complaint
    )


def test_workers_without_this_package_are_refused(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, embedded: PostgresServer, password: dict[str, str]
) -> None:
    """Where a worker cannot import `bench`, it says so."""
    folder = tmp_path_factory.mktemp("dask")
    (folder / "bench.py").write_text("raise ModuleNotFoundError('no bench here')\n")
    with scheduler(folder, 1, {**password, "PYTHONPATH": str(folder)}) as address:
        ran = bench("shared.whole", "--database", url_of(embedded), "--workers", address)

    assert "--workers: a worker has no querybench of this version: install the same there as here" == ran.complaint


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("--database", "embedded"),
            "--workers: they reach no server that a run starts for itself: name one of yours by --database URL",
        ),
        (
            ("--database", "postgresql://ann@nowhere/d", "--processes", "2"),
            "--processes and --workers: processes here or workers elsewhere, give one of them",
        ),
        (
            ("--database", "postgresql://ann@nowhere/d", "--rtt", "0,1"),
            "--rtt: the relay that adds time listens on this machine alone: leave --rtt out, or --workers",
        ),
        (
            ("--database", "postgresql://ann@nowhere/d", "--pin"),
            "--pin gives one process a core, and loads of several have none: leave out --pin",
        ),
    ],
)
def test_what_cannot_be_is_refused(bench: Bench, arguments: tuple[str, ...], complaint: str) -> None:
    """With workers go neither a server of our own, nor processes, nor added time, nor pinning; nothing is opened."""
    assert complaint == bench("shared.whole", "--workers", "tcp://127.0.0.1:1", *arguments).complaint


def test_workers_of_other_versions_are_refused(address: str) -> None:
    """What differs is named with both versions."""
    with Fleet.of_scheduler(address, loop="asyncio") as fleet:
        (there, _) = fleet.ask("surroundings")
        ours = {**there["answer"], "packages": {**there["answer"]["packages"], "sqlalchemy": "1.0"}}
        with pytest.raises(UsageError, match=r"^--workers: a worker runs sqlalchemy [\d.]+ and not 1\.0: install"):
            fleet.require_alike(ours, ["sqlalchemy"])


def test_without_dask_it_says_what_to_install(tmp_path: Path) -> None:
    """`--processes` where `distributed` cannot be imported is one line, and exit code 2."""
    (tmp_path / "distributed.py").write_text("raise ImportError('not here')\n")
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from bench.cli.main import main; main()", "run", "shared.fewer"),
            *("--scenarios", CASES, "--database", "sqlite", "--processes", "2"),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 2 == done.returncode, done.stderr
    assert (
        "bench: --processes and --workers take Dask, which is not installed: install querybench[load]"
        == done.stderr.strip()
    )
