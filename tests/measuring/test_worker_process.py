"""The worker as a process: what it answers, and that nothing of it is left when it has ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.sqlite import SqliteServer
from bench.errors import ScenarioError
from bench.measuring.standstill import Standstill
from bench.measuring.worker_process import StrategyError, WorkerLostError, WorkerProcess
from bench.revisions.code import Code
from tests.databases.helpers import eventually, is_alive
from tests.measuring.helpers import CASES
from tests.worker.helpers import seeder

ROOT = Path(__file__).resolve().parents[2]
CONTROLLER = """
import sys
from pathlib import Path
from bench.databases.address import Address
from bench.measuring.worker_process import WorkerProcess

path, database, strategy, notes = sys.argv[1:]
worker = WorkerProcess(timeout=3600)
worker.ask("describe", modules=[["noisy", path]])
print(worker.pid, flush=True)
if strategy:
    worker.ask("open_point", scenario="noisy.noisy", params={"notes": notes}, seed_number=1)
    address = Address("sqlite", database).as_message()
    worker.ask(
        "open_strategy", alias="one", strategy=strategy, address=address, driver="asyncpg", application_name="x"
    )
    worker.ask("prove", alias="one", is_reference=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def things() -> Iterator[str]:
    """The path of a SQLite file with ten things."""
    from tests.measuring.cases.few import few

    with SqliteServer({}) as server:
        yield server.clone(server.template("few", seeder(few))).database


@pytest.fixture(scope="module")
def lasting() -> Iterator[WorkerProcess]:
    """A worker for all those tests that leave it as it was."""
    with WorkerProcess() as started:
        yield started


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    """A worker that has done nothing yet, whose calls may take three seconds."""
    with WorkerProcess(timeout=3.0) as started:
        yield started


def _open(worker: WorkerProcess, database: str, strategy: str, notes: Path | str = "") -> None:
    worker.ask("describe", modules=[["noisy", str(CASES / "noisy.py")]])
    worker.ask("open_point", scenario="noisy.noisy", params={"notes": str(notes)}, seed_number=1)
    address = {"dialect": "sqlite", "database": database}
    worker.ask(
        "open_strategy", alias=strategy, strategy=strategy, address=address, driver="asyncpg", application_name="x"
    )


def test_what_a_scenario_prints_does_not_reach_the_pipe(lasting: WorkerProcess, things: str) -> None:
    """Megabytes of what looks like answers on both outputs, at the import and in a call, forge none."""
    _open(lasting, things, "printing")
    assert lasting.ask("prove", alias="printing", is_reference=True)["difference"] is None
    assert {"failures": {}, "altered": []} == lasting.ask("close")


def test_nothing_runs_on_after_the_end(worker: WorkerProcess, things: str, tmp_path: Path) -> None:
    """The worker's process is gone when it was ended, and so is one that a strategy has started."""
    _open(worker, things, "parent", tmp_path / "notes")
    worker.ask("prove", alias="parent", is_reference=True)
    child = int((tmp_path / "notes").read_text())
    assert [True, True] == [is_alive(worker.pid), is_alive(child)]
    worker.end()
    worker.end()  # as often as one likes
    assert not is_alive(worker.pid)
    assert eventually(lambda: not is_alive(child))


def test_hanging_call_is_ended_with_its_process(worker: WorkerProcess, things: str, tmp_path: Path) -> None:
    """A call that holds the loop is ended after the timeout; whose it was is said, and the process is gone."""
    _open(worker, things, "spinning", tmp_path / "notes")
    with pytest.raises(WorkerLostError, match="took longer than 3 s and was ended") as caught:
        worker.ask("prove", alias="spinning", is_reference=True)
    assert ("spinning", False) == (caught.value.strategy, is_alive(worker.pid))


def test_process_that_leaves_a_child_with_the_pipe_is_missed(things: str) -> None:
    """A worker that has ended is noticed although a child of it holds the pipe open, long before the timeout."""
    with WorkerProcess(timeout=3600.0) as worker:
        _open(worker, things, "forking")
        with pytest.raises(WorkerLostError, match="its process ended with status 5") as caught:
            worker.ask("prove", alias="forking", is_reference=True)
        assert "forking" == caught.value.strategy


def test_worker_that_is_gone_answers_nothing(worker: WorkerProcess) -> None:
    """What is asked of a worker that was killed says how it ended, and blames no strategy."""
    worker.ask("surroundings")
    os.kill(worker.pid, 9)
    with pytest.raises(WorkerLostError, match="its process was killed by SIGKILL") as caught:
        worker.ask("surroundings")
    assert caught.value.strategy is None


@pytest.mark.parametrize(("hides", "expected"), [("none", ": canary"), ("somebodys", ""), ("all", "")])
def test_log_of_somebody_s_rows_is_not_quoted(tmp_path: Path, hides: str, expected: str) -> None:
    """A worker that dies is said with the last line of its log, which may hold a value where rows are somebody's."""
    (tmp_path / "mine.py").write_text(
        '"""What does it leave?"""\n'
        "import os\n"
        "from sqlalchemy import MetaData\n"
        "from bench import Dataset, Scenario\n"
        "mine = Dataset('mine', MetaData(), fill=lambda session: None)\n"
        "one = Scenario(dataset=mine, params={'n': (1,)}, typical={'n': 1})\n"
        "@one.strategy(baseline=True, where=lambda n: print('canary', flush=True) or os._exit(3))\n"
        "def first(db, n): return 1\n"
        "@one.strategy()\n"
        "def second(db, n): return 1\n"
    )
    with WorkerProcess() as worker:
        worker.ask("describe", modules=[["mine", str(tmp_path / "mine.py")]], hides=hides)
        worker.ask("open_point", scenario="mine.one", params={"n": 1}, seed_number=1)
        with pytest.raises(WorkerLostError) as caught:
            worker.ask("declined", scenario="mine.one", params={"n": 1})
    assert f"its process ended with status 3{expected}" == str(caught.value)


def test_module_that_leaves_is_refused_with_its_line(lasting: WorkerProcess) -> None:
    """A module that calls sys.exit when it is imported is a mistake like another, and the worker lives on."""
    with pytest.raises(ScenarioError, match=r"leaving\.py:8: SystemExit: not today"):
        lasting.ask("describe", modules=[["leaving", str(CASES / "leaving.py")]])
    assert "python" in lasting.ask("surroundings")


def test_module_that_ends_the_process_is_said(worker: WorkerProcess) -> None:
    """A module that ends the worker when it is imported is said by the status it left."""
    with pytest.raises(WorkerLostError, match="its process ended with status 7"):
        worker.ask("describe", modules=[["vanishing", str(CASES / "vanishing.py")]])


def test_answer_of_another_operation_goes_on_after_an_error(lasting: WorkerProcess, things: str) -> None:
    """An operation that fails leaves the worker as it was, for the next."""
    _open(lasting, things, "printing")
    with pytest.raises(StrategyError, match="KeyError: 'unknown'"):
        lasting.ask("prove", alias="unknown", is_reference=True)
    assert lasting.ask("prove", alias="printing", is_reference=True)["difference"] is None


def test_modules_beside_the_user_s_do_not_take_the_place_of_others(tmp_path: Path) -> None:
    """A file in the user's directory that is named as a module of the standard library is not taken for it."""
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "asyncio.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "mine.py").write_text("FIGURE = 42\n")
    (tmp_path / "asking.py").write_text(
        '"""What is in a module beside it?"""\n'
        "import json\n"
        "from mine import FIGURE\n"
        "from sqlalchemy import MetaData\n"
        "from bench import Dataset, Scenario\n"
        "asked = Scenario(dataset=Dataset('none', MetaData(), lambda scale, random: iter(())),\n"
        "    params={'figure': (FIGURE,)}, typical={'figure': FIGURE})\n"
        "@asked.strategy(baseline=True)\n"
        "async def one(db, figure):\n    return figure\n"
        "@asked.strategy()\n"
        "async def other(db, figure):\n    return figure\n"
    )
    with WorkerProcess(code=Code(root=tmp_path)) as worker:
        (described,) = worker.ask("describe", modules=[["asking", str(tmp_path / "asking.py")]])["scenarios"]
    assert ("asking.asked", [42]) == (described["name"], described["params"]["figure"])


def test_worker_says_what_it_runs_on(lasting: WorkerProcess) -> None:
    """The packages that are there, the loop, and the interpreter."""
    found = lasting.ask("surroundings")
    assert "asyncio" == found["loop"]
    assert {"sqlalchemy", "asyncpg", "psycopg", "aiosqlite"} <= set(found["packages"])
    assert found["python"].endswith(".".join(map(str, sys.version_info[:3])))


def test_who_is_stopped_before_it_waits_stood_still() -> None:
    """The worker is at it from when it was asked, so that a stop between asking and waiting is told as well."""
    still = Standstill()
    with WorkerProcess(still=still) as worker:
        worker.ask("surroundings")
        assert 0.0 == still.stopped_s
        worker.begin("surroundings")
        worker.finish(began=time.monotonic() - 100.0)
    assert 99.5 == pytest.approx(still.stopped_s, abs=0.5)


def test_worker_runs_on_the_loop_that_was_asked_for() -> None:
    """With uvloop it is uvloop's."""
    pytest.importorskip("uvloop")
    with WorkerProcess(loop="uvloop") as worker:
        assert "uvloop" == worker.ask("surroundings")["loop"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
@pytest.mark.parametrize("strategy", ["", "spinning"], ids=["idle", "in a call"])
def test_worker_ends_with_a_controller_that_was_killed(things: str, strategy: str, tmp_path: Path) -> None:
    """When the controller is killed the worker ends too, idle or in the midst of a call that never comes back."""
    notes = tmp_path / "notes"
    controller = subprocess.Popen(
        [sys.executable, "-c", CONTROLLER, str(CASES / "noisy.py"), things, strategy, str(notes)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert controller.stdout is not None
        worker = int(controller.stdout.readline())
        assert is_alive(worker)
        assert not strategy or eventually(notes.exists)
    finally:
        controller.kill()
        controller.communicate()
    assert eventually(lambda: not is_alive(worker))
