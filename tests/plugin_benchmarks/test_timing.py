"""Scenarios timed by pytest-benchmark."""

from __future__ import annotations

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import processes
from tests.databases.helpers import cache_apart, eventually
from tests.plugin_benchmarks.helpers import NOWHERE, SQLITE, Ran, benchmarks, place, run, start


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with scenarios and the dataset that they share."""
    place(tmp_path, "shelf", "timed", "judged")
    return tmp_path


@pytest.fixture(scope="module")
def timed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, dict[str, dict[str, Any]]]:
    """A run of the scenarios in `timed`, and what pytest-benchmark wrote."""
    folder = tmp_path_factory.mktemp("timed")
    place(folder, "shelf", "timed")
    ran = run(folder, "scenarios", *SQLITE, "--benchmark-min-rounds", "8", "--benchmark-json", "out.json")
    return ran, benchmarks(folder / "out.json")


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, dict[str, dict[str, Any]]]:
    """A run of the scenarios in `judged`, and what pytest-benchmark wrote."""
    folder = tmp_path_factory.mktemp("judged")
    place(folder, "shelf", "judged")
    ran = run(folder, "scenarios/judged.py", *SQLITE, "-ra", "--benchmark-json", "out.json")
    return ran, benchmarks(folder / "out.json")


def test_each_strategy_is_timed_in_the_group_of_its_scenario(timed: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """Readers and writers, coroutines and plain functions pass, each in as many rounds as are asked for at least."""
    ran, found = timed

    assert (0, "7 passed") == (ran.code, ran.summary)
    assert {
        "at_once": "timed.writing",
        "one_by_one": "timed.writing",
        "plainly": "timed.writing",
        "all_at_once": "timed.asking",
        "until_none_is_left": "timed.asking",
        "counting": "timed.looping",
        "awaiting": "timed.looping",
    } == {one["name"]: one["group"] for one in found.values()}
    assert [] == [name for name, one in found.items() if one["stats"]["rounds"] < 8]


def test_progress_is_said_between_pytests_own_lines(timed: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """What takes long is said where pytest reports, and the line of the module begins anew after it."""
    ran, _ = timed
    lines = [line.partition(" [100%]")[0].rstrip() for line in ran.lines("bench: ", "scenarios/timed.py")]

    assert [
        "scenarios/timed.py",
        "bench: opening the database",
        "bench: sqlite: named by --bench-database; SQLite",
        "bench: proving and counting timed.writing",
        "bench: making the dataset shelf, once",
        "bench: filling books",
        "scenarios/timed.py ...",
        "bench: proving and counting timed.asking",
        "scenarios/timed.py ..",
        "bench: proving and counting timed.looping",
        "scenarios/timed.py ..",
    ] == [re.sub(r"(?<=; SQLite) .*", "", line) for line in lines]


def test_counters_stand_beside_the_times(timed: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """The counters of a warm call are those of the harness, with the parameters and the versions."""
    _, found = timed
    told = {name.rpartition("::")[2]: one["extra_info"] for name, one in found.items()}

    assert {"at_once": 2, "one_by_one": 4, "plainly": 2, "all_at_once": 1, "until_none_is_left": 4} == {
        name: told[name]["statements"]
        for name in ("at_once", "one_by_one", "plainly", "all_at_once", "until_none_is_left")
    }
    assert ({"books": 3}, True, "sqlite", "aiosqlite", "asyncio", []) == tuple(
        told["at_once"][name] for name in ("params", "baseline", "database", "driver", "loop", "notes")
    )
    assert {"sqlite", "sqlalchemy", "aiosqlite", "querybench", "scale", "seed"} <= told["at_once"].keys()
    assert told["at_once"]["event_loop_us"] > 0
    assert ("sqlite3", None) == (told["plainly"]["driver"], told["plainly"].get("event_loop_us"))


def test_a_point_can_be_grouped_by(timed: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """The parameters are those of a parametrized test to pytest-benchmark."""
    _, found = timed

    assert ({"books": 3}, "books=3") == tuple(
        found["scenarios/timed.py::writing::at_once"][name] for name in ("params", "param")
    )


def test_what_is_not_worth_a_time_fails_with_the_reason(judged: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """A strategy that gives another result than the baseline, or raises, fails in a line and is not in the file."""
    ran, found = judged

    assert 1 == ran.code
    assert ["scenarios/judged.py::reading::sound"] == list(found)
    assert [
        "differs: result: expected 2 items, got 1, 'book 2' is missing",
        "failed: LookupError: no such book (judged.py:34)",
    ] == ran.lines("differs: ", "failed: ")
    assert ["_ judged.reading:hasty _", "_ judged.reading:raising _"] == [
        re.sub("_{2,}", "_", line) for line in ran.lines("____")
    ]
    assert "Traceback" not in ran.out


def test_what_is_not_ranked_is_skipped_with_the_reason(judged: tuple[Ran, dict[str, dict[str, Any]]]) -> None:
    """One that declines the point, lacks what it requires, only shows something or is disturbed says so."""
    ran, _ = judged
    reasons = sorted(line.partition(": ")[2] for line in ran.lines("SKIPPED"))

    assert [
        "a demonstration of another answer, which is not ranked",
        "a demonstration that raises ZeroDivisionError, which is not ranked",
        "its loads are disturbed by faults, and what that takes is no time of a strategy's: use `bench run`",
        "only for many books",
    ] == [reason for reason in reasons if not reason.startswith("requires")]
    assert 1 == len([reason for reason in reasons if reason.startswith("requires sqlalchemy>=99, and this is 2.")])
    assert "2 failed, 1 passed, 6 skipped" == ran.summary


def test_a_strategy_is_compared_with_a_baseline_that_is_not_selected(folder: Path) -> None:
    """Where one strategy is selected, the baseline is called all the same, and proves it wrong."""
    ran = run(folder, "scenarios/judged.py::reading::hasty", *SQLITE)

    assert (1, "1 failed") == (ran.code, ran.summary)
    assert ["differs: result: expected 2 items, got 1, 'book 2' is missing"] == ran.lines("differs: ")


def test_what_fails_only_when_it_is_timed_is_said_in_a_line(folder: Path) -> None:
    """An exception in pytest's own process shows no frames, whose arguments have passwords."""
    module = folder / "scenarios" / "judged.py"
    module.write_text(
        module.read_text().replace(
            "    return await _titles(db, books - 1)\n",
            "    import sys\n\n    if 'pytest' in sys.modules:\n        raise LookupError('now')\n"
            "    return await _titles(db, books)\n",
        )
    )

    ran = run(folder, "scenarios/judged.py", "-k", "hasty or sound", *SQLITE, "--benchmark-json", "out.json")

    assert "1 failed, 1 passed" in ran.summary
    assert ["LookupError: now (judged.py:31)"] == ran.lines("LookupError")
    assert ["scenarios/judged.py::reading::sound"] == list(benchmarks(folder / "out.json"))


def test_without_benchmarking_each_is_proved_and_called(folder: Path) -> None:
    """`--benchmark-disable` keeps the proofs and takes no time: scenarios as plain tests."""
    ran = run(folder, "scenarios", *SQLITE, "--benchmark-disable")

    assert (1, "2 failed, 8 passed, 6 skipped") == (ran.code, ran.summary)
    assert "Rounds" not in ran.out


def test_a_run_is_compared_with_one_that_was_saved(folder: Path) -> None:
    """`--benchmark-compare` finds the strategies of an earlier run by their node ids."""
    wanted = ("scenarios/timed.py::looping", *SQLITE)
    assert 0 == run(folder, *wanted, "--benchmark-save", "before").code

    ran = run(folder, *wanted, "--benchmark-compare")

    assert 0 == ran.code
    assert ["awaiting (0001_before)", "awaiting (NOW)", "counting (0001_before)", "counting (NOW)"] == sorted(
        line.partition(")")[0] + ")" for line in ran.lines("counting", "awaiting")
    )


def test_the_configured_database_is_taken(folder: Path) -> None:
    """Without the option `[tool.bench]` decides, as for `bench`; what is quiet says no progress."""
    (folder / "pyproject.toml").write_text('[tool.bench]\ndatabase = "sqlite"\nseed = 7\n')

    ran = run(folder, "scenarios/timed.py::looping", *SQLITE[2:], "-q", "--benchmark-json", "out.json")

    told = benchmarks(folder / "out.json")["scenarios/timed.py::looping::counting"]["extra_info"]
    assert (0, "2 passed", "sqlite", 7) == (ran.code, ran.summary, told["database"], told["seed"])
    assert [] == ran.lines("bench: ")


def test_a_database_that_cannot_be_had_is_said_once_a_strategy_and_without_secrets(folder: Path) -> None:
    """Each strategy has an error of one line, in which neither host nor password is."""
    ran = run(folder, "scenarios/timed.py::looping", *NOWHERE, "--showlocals")

    assert (1, "2 errors") == (ran.code, ran.summary)
    assert ["the database server does not answer: check that it runs, and host and port in the URL"] * 2 == ran.lines(
        "the database server"
    )
    assert [] == [secret for secret in ("hunter2", "localhost", "somebody") if secret in ran.out]


def test_fixtures_of_every_scope_are_used(folder: Path) -> None:
    """What a conftest has its tests use by themselves, scenarios use as well."""
    (folder / "conftest.py").write_text(
        "import pytest\nfrom pathlib import Path\n"
        + "".join(
            f"\n@pytest.fixture(scope='{scope}', autouse=True)\ndef of_{scope}():\n    yield\n"
            f"    with Path('used').open('a') as used:\n        used.write('{scope} ')\n"
            for scope in ("session", "package", "module", "class", "function")
        )
    )

    assert 0 == run(folder, "scenarios/timed.py::looping::counting", *SQLITE).code
    assert "function class module package session " == (folder / "used").read_text()


def test_postgresql_is_measured_with_its_counters(folder: Path) -> None:
    """On a real server the counters of the wire are there, and writers find their tables put back."""
    ran = run(folder, "scenarios/timed.py", "--bench-database", "embedded", *SQLITE[2:], "--benchmark-json", "out.json")

    assert (0, "7 passed") == (ran.code, ran.summary), ran.out
    found = benchmarks(folder / "out.json")
    told = {name.rpartition("::")[2]: one["extra_info"] for name, one in found.items()}
    assert {"counting": (1, 1, 3), "all_at_once": (1, 1, 3), "until_none_is_left": (4, 4, 6)} == {
        name: tuple(told[name][counter] for counter in ("statements", "executions", "round_trips"))
        for name in ("counting", "all_at_once", "until_none_is_left")
    }
    assert ("asyncpg", "psycopg", "embedded") == (
        told["counting"]["driver"],
        told["plainly"]["driver"],
        told["counting"]["database"],
    )
    assert told["counting"]["postgresql"].startswith("18.")
    assert re.search(r"password|host", json.dumps(told)) is None


def test_an_interrupted_run_leaves_nothing(folder: Path) -> None:
    """Ctrl-C while a strategy is timed ends the run: no worker, no server, no database's files of it stay."""
    place(folder, "held")
    with cache_apart() as cache:
        process = start(folder, "scenarios/held.py", "--bench-database", "embedded", *SQLITE[2:])
        assert eventually(lambda: (folder / "held").exists() or process.poll() is not None)
        os.kill(process.pid, signal.SIGINT)
        out, _ = process.communicate(timeout=120)

        assert 2 == process.returncode, out
        assert "KeyboardInterrupt" in out
        assert eventually(lambda: not processes(folder, cache)), processes(folder, cache)
        assert [] == [path.name for path in (cache / "runs").glob("*")]
