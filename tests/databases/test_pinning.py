"""A core each for the server and the worker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from bench.databases import postmaster, processes
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.docker import open_docker
from bench.databases.embedded import open_embedded
from bench.databases.opening import open_server
from bench.databases.postgres import PostgresServer
from bench.databases.server import Server
from bench.errors import UsageError
from bench.measurement import Environment
from bench.measuring.options import Options
from bench.measuring.pinning import Cores, choose_cores
from bench.measuring.run import Run
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from tests.cli.helpers import only_result
from tests.cli.helpers import run as run_bench
from tests.databases.helpers import Run as AnotherRun
from tests.databases.helpers import cache_apart, ignore, rows

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = (str(ROOT / "tests" / "cases" / "small.py"),)

two_cores = pytest.mark.skipif(
    len(getattr(os, "sched_getaffinity", lambda _: ())(0)) < 2, reason="needs Linux and two cores"
)


def allowed() -> list[int]:
    """The cores that this process may use, in order."""
    return sorted(os.sched_getaffinity(0))


def backend_cores(address: Address) -> set[int]:
    """The cores of the process behind a new session."""
    with connect(address, application_name="test") as connection:
        ((pid,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
        return os.sched_getaffinity(pid)


def server_cores(home: Path) -> list[set[int]]:
    """The cores of the server's first process and of each of its children."""
    process = postmaster.first_process(home)
    assert process is not None
    found = [os.sched_getaffinity(process)]
    for each in processes.children(process):
        with suppress(ProcessLookupError):  # a session that was closed just now
            found.append(os.sched_getaffinity(each))
    return found


@two_cores
def test_embedded_servers_processes_are_on_the_core(home: Path) -> None:
    """The server, what it had started before, and the session that comes after are all confined to the core."""
    core = allowed()[1]
    with open_embedded({}, say=ignore) as server:
        assert {core} != backend_cores(server._address)
        server.pin(core)
        assert {core} == backend_cores(server._address)
        found = server_cores(home)
        # The checkpointer, the writers of buffers and of the log, the run's own session.
        assert 5 <= len(found)
        assert [{core}] * len(found) == found


@two_cores
def test_restarted_server_is_on_its_core_again() -> None:
    """What is measured after a restart is measured where the run was told to."""
    core = allowed()[1]
    with cache_apart() as cache, open_embedded({}, say=ignore) as server:
        server.pin(core)
        server.restart()
        assert {core} == backend_cores(server._address)
        assert {core} == set().union(*server_cores(next((cache / "clusters").glob("embedded-*"))))


@two_cores
def test_last_run_that_has_pinned_a_shared_server_frees_it(home: Path, start_run: Callable[[str], AnotherRun]) -> None:
    """While one of two runs that pinned it is on, the server stays confined; after both it has its cores again."""
    start_run("embedded")
    with open_embedded({}, say=ignore) as one:
        one.pin(allowed()[0])
        with open_embedded({}, say=ignore) as another:
            another.pin(allowed()[0])
        assert {allowed()[0]} == backend_cores(one._address)
    assert all(set(allowed()) == cores for cores in server_cores(home))


@pytest.fixture
def container(engine: Any) -> Iterator[PostgresServer]:
    """A server in a container."""
    with open_docker(None, {}, say=ignore) as server:
        yield server


@two_cores
@pytest.mark.docker
def test_container_is_on_the_core(container: PostgresServer) -> None:
    """The server's processes in the container may use the one core."""
    core = allowed()[1]
    container.pin(core)
    status = rows(container._address, "SELECT pg_read_file('/proc/self/status')")[0][0]
    assert [f"Cpus_allowed_list:\t{core}"] == [line for line in status.splitlines() if "Cpus_allowed_list" in line]


@pytest.mark.docker
def test_core_that_the_engine_has_not_is_refused(container: PostgresServer) -> None:
    """A core that is not there is answered in one line, with the engine's reason."""
    with pytest.raises(UsageError, match=r"^--pin: the Docker engine does not confine the server to core 4095: ."):
        container.pin(4095)


def refusal(server: Server) -> str:
    """What pinning that server is answered with."""
    with pytest.raises(UsageError) as caught:
        server.pin(0)
    return str(caught.value)


def test_server_of_somebody_else_is_not_pinned(embedded: PostgresServer) -> None:
    """A server named by a URL is not ours to confine, even where we could."""
    from tests.databases.test_url import url_of

    with open_server(url_of(embedded._address), say=ignore) as server:
        assert (
            "--pin: a server of the kind url cannot be pinned to a core: use --database embedded, local or docker, "
            "on Linux with at least 2 cores" == refusal(server)
        )


def test_sqlite_has_no_server_to_pin(cache: Path) -> None:
    """SQLite runs in the worker: there is nothing to give a core of its own."""
    with open_server("sqlite", say=ignore) as server:
        assert "--pin: SQLite has no server to pin: leave --pin out, or use --database embedded" == refusal(server)


@two_cores
def test_session_gives_server_and_each_worker_a_core(home: Path) -> None:
    """The server has the one core, the worker another, and so has the worker that takes its place."""
    cores = choose_cores()
    with Session(Options(database="embedded", scenarios=SCENARIOS, pin=True), Watcher()) as session:
        assert {cores.server} == backend_cores(session.server._address)  # type: ignore[attr-defined]
        assert [{cores.worker}] == worker_cores(session)
        first = session.worker.pid
        session.scenarios()
        session.replace_worker()
        assert first != session.worker.pid
        assert [{cores.worker}] == worker_cores(session)
    assert cores.server != cores.worker


def worker_cores(session: Session) -> list[set[int]]:
    """The different sets of cores that the worker's threads have, once it has imported its modules."""
    session.scenarios()
    threads = (int(task.name) for task in Path(f"/proc/{session.worker.pid}/task").iterdir())
    return [set(cores) for cores in {frozenset(os.sched_getaffinity(thread)) for thread in threads}]


@two_cores
@pytest.mark.parametrize("pin", [True, False])
def test_environment_says_whether_it_was_pinned(home: Path, pin: bool) -> None:
    """What a result records is what was asked for, and without it worker and server may use every core."""
    with Run(Options(database="embedded", scenarios=SCENARIOS, pin=pin), Watcher()) as run:
        environment: Environment = run.environment()
        assert pin == environment.pinned
        expected = choose_cores().server if pin else None
        found = backend_cores(run._session.server._address)  # type: ignore[attr-defined]
        assert found == ({expected} if pin else set(allowed()))


@two_cores
def test_result_of_a_pinned_run_says_so(tmp_path: Path) -> None:
    """`bench run --pin` measures, and its result has `pinned`."""
    ran = run_bench(
        *("run", "small.reading", "--scenarios", SCENARIOS[0], "--database", "embedded", "--budget", "1s", "--pin"),
        cwd=tmp_path,
    )
    assert 0 == ran.code, ran.err
    assert only_result(tmp_path)["environment"]["pinned"] is True


def test_one_core_is_not_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this process may use one core, the session is refused before anything is started."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3}, raising=False)
    with pytest.raises(UsageError) as caught:
        Session(Options(database="embedded", scenarios=SCENARIOS, pin=True), Watcher())
    assert "--pin: worker and server need a core each, and there is one: leave --pin out" == str(caught.value)


def test_system_without_affinity_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where processes cannot be confined, the message says where they can."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    with pytest.raises(UsageError) as caught:
        choose_cores()
    assert "--pin: processes can be confined to a core on Linux alone: leave --pin out" == str(caught.value)


@pytest.mark.parametrize(
    ("siblings", "expected"),
    [("2", Cores(2, 3)), ("2-3", Cores(2, 6)), ("2,6", Cores(2, 3)), ("0-7", Cores(2, 3)), (None, Cores(2, 3))],
)
def test_worker_is_not_on_a_thread_of_the_servers_core(
    siblings: str | None, expected: Cores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two threads of one physical core slow each other down, so the next physical core is taken where there is one."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {2, 3, 6}, raising=False)
    monkeypatch.setattr("bench.measuring.pinning._TOPOLOGY", tmp_path)
    if siblings is not None:
        (tmp_path / "cpu2" / "topology").mkdir(parents=True)
        (tmp_path / "cpu2" / "topology" / "thread_siblings_list").write_text(f"{siblings}\n")
    assert expected == choose_cores()
