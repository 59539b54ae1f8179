"""What a file may hold before anything is made of it: a result is data, and may come from anybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import ResultError
from bench.measurement import PointResult, Result, ScenarioResult, Statement, StrategyResult
from bench.results import limits
from bench.results.file import read_result, write_result
from bench.results.journal import Journal, JournalHeader, read_resumable
from tests.unit.test_journal import ENVIRONMENT, HEADER

PLACE = "a plan"


def with_plan(plan: Any) -> Result:
    """A result with one statement, which has that plan."""
    strategy = StrategyResult("lazy", statements=(Statement("SELECT 1", 1, plan),))
    return Result(ENVIRONMENT, scenarios=(ScenarioResult("s", points=(PointResult({"n": 12345}, 0.0, (strategy,)),)),))


def nested(depth: int) -> Any:
    """Lists in each other."""
    plan: Any = "Result"
    for _ in range(depth):
        plan = [plan]
    return plan


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A result as it is written, with a plan to be put in the place of."""
    write_result(tmp_path / "result.json", with_plan(PLACE))
    return tmp_path / "result.json"


def test_a_plan_may_have_more_nodes_than_any_has(path: Path) -> None:
    """A hundred and twenty nodes, two levels each, are written and read again."""
    write_result(path, with_plan(nested(240)))

    assert with_plan(nested(240)) == read_result(path)


@pytest.mark.parametrize("depth", [300, 900, 20_000])
def test_what_is_nested_more_deeply_is_refused(path: Path, depth: int) -> None:
    """Deep or deeper, it is one line, and nobody who reads a result runs out of stack."""
    path.write_bytes(path.read_bytes().replace(f'"{PLACE}"'.encode(), b"[" * depth + b"1" + b"]" * depth))

    with pytest.raises(ResultError) as refused:
        read_result(path)
    assert f"{path} is not as `bench` writes it: it is nested too deeply" == str(refused.value)


def test_what_could_not_be_read_is_not_written(path: Path) -> None:
    """A result that is nested too deeply is refused when it is written, and what was there stays."""
    with pytest.raises(ResultError, match=r"^the result cannot be written: something in it is nested too deeply$"):
        write_result(path, with_plan(nested(300)))

    assert with_plan(PLACE) == read_result(path)


@pytest.mark.parametrize("number", ["1" + "0" * 20, "1" + "0" * 5000, "-" + "9" * 100_000, "1e999", "-1e999", "NaN"])
def test_numbers_that_are_too_large_are_refused(path: Path, number: str) -> None:
    """Whole or broken, of a few digits or many thousand: a line that names the file, where any value may stand."""
    path.write_bytes(path.read_bytes().replace(f'"{PLACE}"'.encode(), number.encode()))

    with pytest.raises(ResultError) as refused:
        read_result(path)
    assert str(refused.value).startswith(f"{path} is not ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("value", ["[1]", '{"a":1}', "[]"])
def test_a_parameter_is_a_single_value(path: Path, value: str) -> None:
    """Points are told apart by their parameters, which lists and mappings cannot be."""
    path.write_bytes(path.read_bytes().replace(b"12345", value.encode()))

    with pytest.raises(ResultError) as refused:
        read_result(path)
    expected = f"{path} is not as `bench` writes it: $.scenarios[0].points[0].params.n is no single value"
    assert expected == str(refused.value)


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    """More than 200 MB, of which this one has nothing on the disk, is no result."""
    path = tmp_path / "result.json"
    with path.open("wb") as file:
        file.truncate(200_000_001)

    with pytest.raises(ResultError, match=r"result\.json has more than 200 MB: no result or journal of `bench` has$"):
        read_result(path)


def test_a_device_without_an_end_is_not_read_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells no size is read as far as a result can go."""
    monkeypatch.setattr(limits, "LARGEST_FILE", 2_000_000)

    with pytest.raises(ResultError, match=r"^/dev/zero has more than 2 MB: no result or journal of `bench` has$"):
        read_result(Path("/dev/zero"))


def test_a_file_of_too_many_values_is_not_made_anything_of(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small values take many times their bytes in memory, so that they are counted first."""
    monkeypatch.setattr(limits, "MOST_VALUES", 1000)
    path.write_bytes(path.read_bytes().replace(f'"{PLACE}"'.encode(), b"[" + b"[]," * 1000 + b"[]]"))

    with pytest.raises(ResultError, match=r"result\.json has more than 1,000 values: no result or journal of `bench`"):
        read_result(path)


def settings(**changed: Any) -> JournalHeader:
    """A header whose run was asked for something else."""
    return replace(HEADER, settings=replace(HEADER.settings, **changed))


def environment(**changed: Any) -> JournalHeader:
    """A header whose run was somewhere else."""
    return replace(HEADER, environment=replace(HEADER.environment, **changed))


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (settings(grid="fuller"), "settings.grid"),
        (settings(precision=0.9), "settings.precision"),
        (settings(timeout_s=0.0), "settings.timeout_s"),
        (settings(timeout_s=1e300), "settings.timeout_s"),
        (settings(rounds=10_001), "settings.rounds"),
        (settings(processes=0), "settings.processes"),
        (settings(processes=1001), "settings.processes"),
        (settings(rtts_ms=(0.0, -1.0)), "settings.rtts_ms"),
        (settings(database="sqlite\n"), "settings.database"),
        (settings(selectors=("small\x1b[2J",)), "settings.selectors"),
        (settings(places=("a\0b",)), "settings.places"),
        (settings(chosen={"count": "1\r2"}), "settings.chosen"),
        (settings(server_settings={"work\x07mem": "1"}), "settings.server_settings"),
        (environment(loop="trio"), "environment.loop"),
        (environment(driver="pg8000"), "environment.driver"),
        (environment(seed=-1), "environment.seed"),
        (environment(scale=10**9), "environment.scale"),
    ],
)
def test_what_nobody_can_ask_of_a_run_is_not_gone_on_with(tmp_path: Path, header: JournalHeader, named: str) -> None:
    """A journal that asks for what the command line would refuse is refused by the name of it."""
    path = tmp_path / "x.journal"
    Journal.create(path, header).close()

    with pytest.raises(ResultError) as refused:
        read_resumable(path)
    assert f"{path} is not as `bench` writes it: {named} is none that a run can be asked for" == str(refused.value)
