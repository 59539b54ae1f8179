"""What pytest collects of scenarios, and when."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.plugin_benchmarks.helpers import NOWHERE, SQLITE, collected, place, run

TIMED = [
    "scenarios/timed.py::writing::at_once",
    "scenarios/timed.py::writing::one_by_one",
    "scenarios/timed.py::writing::plainly",
    "scenarios/timed.py::asking::all_at_once",
    "scenarios/timed.py::asking::until_none_is_left",
    "scenarios/timed.py::looping::counting",
    "scenarios/timed.py::looping::awaiting",
]
TEST = "def test_something():\n    pass\n"
UNTOUCHABLE = "from bench import Scenario\nraise RuntimeError('a scenario module was imported')\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with scenarios and the dataset that they share."""
    place(tmp_path, "shelf", "timed")
    return tmp_path


@pytest.mark.parametrize("path", ["scenarios", "scenarios/", "scenarios/timed.py", "./scenarios/../scenarios"])
def test_a_path_that_is_named_is_collected(folder: Path, path: str) -> None:
    """A folder of scenarios, or a module, gives each strategy of each scenario, in the order of their declaration."""
    assert TIMED == collected(folder, path)


def test_a_node_id_and_a_keyword_select(folder: Path) -> None:
    """A scenario, a strategy and `-k` select as they do among tests."""
    assert TIMED[3:5] == collected(folder, "scenarios/timed.py::asking")
    assert TIMED[1:2] == collected(folder, "scenarios/timed.py::writing::one_by_one")
    assert [TIMED[0], *TIMED[3:4]] == collected(folder, "scenarios", "-k", "at_once")


def test_nothing_is_collected_where_no_path_is_named(folder: Path) -> None:
    """Neither pytest alone, nor a folder above or beside, nor `testpaths` imports a scenario module."""
    (folder / "scenarios" / "untouchable.py").write_text(UNTOUCHABLE)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_something.py").write_text(TEST)
    own = ["tests/test_something.py::test_something"]

    assert [own] * 3 == [collected(folder, *paths) for paths in ([], ["."], ["tests"])]
    (folder / "pytest.ini").write_text("[pytest]\ntestpaths = scenarios tests\n")
    assert own == collected(folder)


def test_tests_and_scenarios_are_collected_together(folder: Path) -> None:
    """Where both are named, tests stay tests; those that import bench are no scenarios, whatever lies beside them."""
    text = f"from bench import Scenario\n{TEST}"
    (folder / "scenarios" / "test_scenarios.py").write_text(text)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_something.py").write_text(text)
    (folder / "tests" / "helpers.py").write_text("import bench\nraise RuntimeError('a helper was imported')\n")

    assert [
        "scenarios/test_scenarios.py::test_something",
        *TIMED,
        "tests/test_something.py::test_something",
    ] == collected(folder, "scenarios", "tests")


def test_a_run_of_tests_imports_nothing_of_bench(folder: Path) -> None:
    """Where no path of a scenario is named, the plugin costs its own two modules, whatever is beside the tests."""
    tests = folder / "tests"
    tests.mkdir()
    (tests / "test_something.py").write_text(TEST)
    (tests / "helpers.py").write_text("import nothing\n")
    (tests / "conftest.py").write_text(
        "import sys\n\ndef pytest_unconfigure():\n"
        "    print('loaded', sorted(name for name in sys.modules if name.partition('.')[0] == 'bench'))\n"
    )

    assert ["loaded ['bench', 'bench.pytest_plugin', 'bench.pytest_plugin.collecting']"] == run(folder, "tests").lines(
        "loaded"
    )


def test_a_module_without_a_scenario_is_passed_over(folder: Path) -> None:
    """The module of a dataset gives nothing, named or not, and neither does a script that does not import bench."""
    (folder / "scenarios" / "script.py").write_text("raise SystemExit('I was run')\n")

    assert TIMED == collected(folder, "scenarios")
    assert [] == collected(folder, "scenarios/shelf.py")


def test_a_module_imports_what_lies_in_the_current_directory(folder: Path) -> None:
    """As in a worker, an author's own models are importable from where pytest is started."""
    (folder / "own_models.py").write_text("BOOKS = 3\n")
    module = folder / "scenarios" / "timed.py"
    module.write_text(module.read_text().replace('{"books": 3}', '{"books": BOOKS}'))
    module.write_text(
        module.read_text().replace("from bench import", "from own_models import BOOKS\nfrom bench import")
    )

    assert TIMED == collected(folder, "scenarios")


def test_collecting_opens_no_database(folder: Path) -> None:
    """`--collect-only` succeeds where the database that is named cannot be had."""
    ran = run(folder, "scenarios", "--collect-only", *NOWHERE)

    assert (0, "7 tests collected") == (ran.code, ran.summary)


def test_skipping_benchmarks_opens_no_database(folder: Path) -> None:
    """`--benchmark-skip` skips each strategy before anything is opened."""
    ran = run(folder, "scenarios", "--benchmark-skip", *NOWHERE)

    assert (0, "7 skipped") == (ran.code, ran.summary)


def test_a_module_that_does_not_import_is_said_in_a_line(folder: Path) -> None:
    """A mistake in a scenario module is an error of collecting, with file and line, and without a traceback."""
    (folder / "scenarios" / "broken.py").write_text("from bench import Scenario\n\nScenario(dataset=nothing)\n")

    ran = run(folder, "scenarios", *SQLITE)

    assert 2 == ran.code
    assert ["scenarios/broken.py:3: NameError: name 'nothing' is not defined"] == ran.lines("scenarios/broken.py:3")
    assert "Traceback" not in ran.out


def test_a_missing_pytest_benchmark_is_said(folder: Path) -> None:
    """Where there is no pytest-benchmark, a named scenario is a wrong use, and the answer says what to install."""
    ran = run(folder, "scenarios", "-p", "no:benchmark", "--bench-database", "sqlite")

    assert 4 == ran.code
    (error,) = ran.lines("ERROR")
    assert (
        "ERROR: scenarios are collected as benchmarks of pytest-benchmark, which is not there: install it"
        " (pip install 'pytest-benchmark>=5.2'), or name no scenario's path"
    ) == error


def test_two_modules_of_one_name_are_refused(folder: Path) -> None:
    """A scenario is called by its module's name, so that two of them in one run could not be told apart."""
    shutil.copytree(folder / "scenarios", folder / "other")

    ran = run(folder, "scenarios", "other", *SQLITE)

    assert 4 == ran.code
    assert ["ERROR: two scenario modules are named 'timed': name the path of one of them at a time"] == ran.lines(
        "ERROR"
    )


def test_a_configuration_that_makes_no_sense_is_refused(folder: Path) -> None:
    """What `[tool.bench]` sets is read as `bench` reads it."""
    (folder / "pyproject.toml").write_text('[tool.bench]\ndriver = "odbc"\n')

    ran = run(folder, "scenarios", *SQLITE)

    assert 4 == ran.code
    assert ["ERROR: [tool.bench] in pyproject.toml: driver: 'odbc' is none of asyncpg, psycopg"] == ran.lines("ERROR")
