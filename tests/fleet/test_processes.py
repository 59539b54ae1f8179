"""`--processes`: processes here divide a load, what they see is put together, and one that is lost is said."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bench.measuring.shared_loads import NONE_LEFT
from tests.cli.helpers import Process, processes, run
from tests.databases.helpers import eventually
from tests.fleet.helpers import load_of, measure
from tests.measuring.helpers import CASES, Measured

TASKS, UNITS = 4, 20


@pytest.fixture(scope="module")
def whole() -> Measured:
    """Loads of twenty units from four tasks, by two processes."""
    return measure("shared.whole", database="embedded", budget=3.0, rounds=8, processes=2)


def test_units_are_counted_once_over_the_shares(whole: Measured) -> None:
    """A point's parameters mean what they do with one process: as many tasks, and a latency for each unit."""
    for name in ("two", "on_rate"):
        strategy, load = whole.strategy("whole", name), load_of(whole, "whole", name)
        assert (2, 0, TASKS, UNITS) == (load.processes, load.lost_shares, load.tasks, load.units)
        assert (len(strategy.samples_ns), 1) == (load.samples, strategy.calls_in_a_row)
        assert load.unit is not None
        assert load.waiting is not None
        assert (load.samples * UNITS, load.samples * UNITS) == (load.unit.count, load.waiting.count)


def test_each_process_has_a_pool_of_its_own(whole: Measured) -> None:
    """Two pools of two connections give four tasks one each, and the server has four backends for them."""
    load = load_of(whole, "whole", "two")
    assert (4, 4, 4) == (load.most_in_use, load.most_connections, load.backends)


def test_a_rate_is_that_of_all_processes_together(whole: Measured) -> None:
    """A hundred units a second were asked for, and done by the two together."""
    load = load_of(whole, "whole", "on_rate")
    assert (100.0, "arrival rate") == (load.rate, load.limited_by)
    # Of twenty the last is due after 190 ms.
    assert 105.3 == pytest.approx(load.throughput, rel=0.06)


def test_a_process_that_dies_loses_its_share_and_the_rest_is_kept() -> None:
    """The load that lost a share says so and has no time; those after it are driven by who is left, and are kept."""
    measured = measure("shared.dying", database="embedded", budget=1.0, rounds=12, processes=2)
    strategy, load = measured.strategy("dying", "deadly"), load_of(measured, "dying", "deadly")
    assert (1, 1) == (load.processes, load.lost_shares)
    # A share of one load is missing, in the units that were seen and in the samples.
    assert load.unit is not None
    assert load.samples * UNITS - UNITS // 2 == load.unit.count
    assert load.samples - 1 == len(strategy.samples_ns)
    assert 0 == load_of(measured, "dying", "living").lost_shares
    notes = measured.point("dying").notes
    (note,) = (note for note in notes if "lost" in note)
    assert note.startswith("1 of 2 processes that drive the loads was lost in round")
    assert note.endswith("later ones were divided among 1")
    assert any(note.startswith("rounds of 1 process are kept, and") for note in notes)


def test_a_process_that_does_not_answer_in_time_is_lost() -> None:
    """Of two processes one hangs for longer than `--timeout`: its share is lost, and the other goes on."""
    measured = measure("shared.late", database="embedded", budget=1.0, rounds=12, timeout=1.0, processes=2)
    assert 1 == load_of(measured, "late", "hanging").lost_shares
    assert "failed" not in measured.verdicts("late").values()


def test_without_any_process_left_the_strategies_fail() -> None:
    """Where a strategy kills all of them it fails, and so do the others, with a reason."""
    measured = measure("shared.ending", database="embedded", budget=1.0, rounds=12, processes=2)
    assert {"kills_all": "failed", "kills_none": "failed"} == measured.verdicts("ending")
    assert NONE_LEFT == measured.strategy("ending", "kills_none").reason


def test_what_was_measured_before_the_last_process_was_lost_is_kept() -> None:
    """The rounds that were made stand; the point is cut short, and says why."""
    point = measure("shared.ending_late", database="embedded", budget=1.0, rounds=12, processes=2).point("ending_late")
    assert [True, True] == [len(one.samples_ns) >= 3 and one.verdict != "failed" for one in point.strategies]
    assert point.cut_short
    assert any(note.startswith(NONE_LEFT) for note in point.notes)


def test_what_a_strategy_raises_in_one_process_puts_it_out() -> None:
    """It fails with what it raised there, and the others are measured."""
    measured = measure("shared.raising", database="embedded", budget=1.0, rounds=12, processes=2)
    assert {"calm": None, "raises_in_one": "failed"} == measured.verdicts("raising")
    assert "LookupError: nothing in the second" == measured.strategy("raising", "raises_in_one").reason


def test_where_not_all_drive_loads_one_process_times_them() -> None:
    """A note says that several processes bear on loads alone."""
    measured = measure("shared.mixed", database="embedded", budget=1.0, rounds=4, processes=2)
    assert 1 == load_of(measured, "mixed", "loaded").processes
    assert [
        "one process did all of it, for --processes and --workers bear on loads alone: plain drives none"
    ] == measured.point("mixed").notes


def test_no_process_has_a_share_of_a_load_without_a_task_for_it() -> None:
    """One task is driven by one process, on SQLite too."""
    load = load_of(measure("shared.fewer", database="sqlite", budget=1.0, rounds=4, processes=2), "fewer", "one_task")
    assert (1, 1, 50) == (load.processes, load.tasks, load.units)
    assert load.unit is not None
    assert load.samples * 50 == load.unit.count


def test_a_run_that_is_killed_leaves_no_process(tmp_path: Path) -> None:
    """The kernel ends the processes of a fleet with the controller, whatever way that ends."""
    running = Process(
        *("run", "shared.whole", "--scenarios", str(CASES), "--database", "sqlite", "--processes", "2"), cwd=tmp_path
    )
    running.wait_for("rounds")
    assert 2 == len([line for line in processes(tmp_path) if "bench.fleet" in line])

    running.process.kill()
    running.end()

    assert eventually(lambda: not processes(tmp_path))


def test_an_interrupted_run_ends_its_processes(tmp_path: Path) -> None:
    """Ctrl-C once: what was measured is saved, nothing of Dask is on the terminal, no process and no file is left."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    running = Process(
        *("run", "shared.whole", "--scenarios", str(CASES), "--database", "sqlite", "--processes", "2"),
        cwd=tmp_path,
        env={"TMPDIR": str(temporary)},
    )
    running.wait_for("rounds")

    running.process.send_signal(signal.SIGINT)
    ran = running.end()

    assert 130 == ran.code, ran.err
    assert [] == [word for word in ("Traceback", "distributed", "tcp://", "tls://") if word in ran.out + ran.err]
    assert eventually(lambda: not processes(tmp_path))
    assert [] == list(temporary.iterdir())


def test_a_run_is_resumed_with_as_many_processes(tmp_path: Path) -> None:
    """Their number is kept; that of a scheduler's workers is not enough, so that the scheduler is asked for again."""
    cases = ("--scenarios", str(CASES), "--database", "sqlite", "--budget", "2s", "--output", "result.json")
    assert 0 == run("run", "shared.fewer", *cases, "--processes", "2", cwd=tmp_path).code
    path = tmp_path / "result.json"
    path.write_text(path.read_text().replace('"interrupted":false', '"interrupted":true'))
    resumed = run("run", "--resume", "result.json", "--output", "again.json", cwd=tmp_path)
    assert resumed.out.splitlines()[0].endswith("; loads from 2 processes"), resumed.err

    path.write_text(path.read_text().replace('"workers":false', '"workers":true'))

    assert (
        "the run was on a scheduler's workers, whose address is not kept: give --workers again"
        == run("run", "--resume", "result.json", cwd=tmp_path).complaint
    )
