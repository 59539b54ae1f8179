"""A result that no run can have written is refused with its place, and every result of a run is none of these."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.errors import ResultError
from bench.measurement import ClaimResult, DisturbedResult, PointResult, Result, ScenarioResult, StrategyResult
from bench.results.file import read_result, write_result
from bench.results.plausible import read_plausible, refuse_implausible
from tests.browser.made import READING
from tests.reports.measured import load
from tests.unit.pages import point, result, scenario

PUBLISHED = sorted((Path(__file__).resolve().parents[2] / "reports" / "results").glob("*.json"))
SEEN = DisturbedResult(10, [1, 2], [0, 0], [2.0, 3.0], [3.0, None], [0.0, 0.0], {"OSError": 3})


def of(strategy: StrategyResult) -> Result:
    """A result of one strategy."""
    return result(ScenarioResult("a.b", points=(PointResult({}, strategies=(strategy,)),)))


def at(*points: PointResult, **more: Any) -> Result:
    """A result of a scenario with these points."""
    return result(ScenarioResult("a.b", points=points, **more))


def refused(implausible: Result) -> str:
    """What is said of it after the name of the file."""
    with pytest.raises(ResultError) as caught:
        refuse_implausible(implausible, "x.json")
    begins = "x.json is not as `bench` writes it: "
    assert str(caught.value).startswith(begins)
    return str(caught.value).removeprefix(begins)


S = ".scenarios[0].points[0].strategies[0]"


@pytest.mark.parametrize(
    ("member", "value", "complaint"),
    [
        ("median_ms", 1e16, "1e+16 is beyond what a run comes to"),
        ("waiting_ms", -1e300, "-1e+300 is beyond what a run comes to"),
        ("median_ms", -1.0, "-1 is below 0"),
        ("median_low_ms", 5e-324, "4.94066e-324 ms is shorter than a clock tells"),
        ("ratio", -0.5, "-0.5 is below 0"),
        ("behind_high", -0.5, "-0.5 is below 0"),
        ("smallest_detectable", -2.0, "-2 is below 0"),
        ("samples_ns", (3, -7), "-7 is below 0"),
        ("load", replace(load(1, 2, 3), samples=0), "a load is driven once at least"),
        ("load", replace(load(1, 2, 3), throughput=-1.0), "-1 is below 0"),
        ("load", load(1.0, 2.0, -3.0), "-3 is below 0"),
        ("disturbed", replace(SEEN, lost=[1]), "there is not a value for each load"),
        ("disturbed", DisturbedResult(10, [], [], [], [], [], {}), "there is not a value for each load"),
        ("disturbed", replace(SEEN, outage_ms=[0.0, -1.0]), "-1 is below 0"),
    ],
)
def test_a_figure_that_no_clock_and_no_count_gives_is_refused(member: str, value: object, complaint: str) -> None:
    """What is said of a strategy is within what can be measured, and each refusal names the place."""
    said = refused(of(replace(StrategyResult("one"), **{member: value})))

    assert said.startswith(f"{complaint} - at `${S}.{member}")


@pytest.mark.parametrize(
    ("implausible", "complaint"),
    [
        (
            at(PointResult({}, rtt_ms=1e9)),
            "1e+09 ms is no round-trip time: from 0 to 1000 ms - at `$.scenarios[0].points[0].rtt_ms`",
        ),
        (at(PointResult({}, rtt_ms=-1.0)), "-1 is below 0 - at `$.scenarios[0].points[0].rtt_ms`"),
        (
            at(PointResult({"n": [1]})),
            "it is neither a number nor text - at `$.scenarios[0].points[0].params.n`",
        ),
        (
            at(PointResult({"n": None})),
            "it is neither a number nor text - at `$.scenarios[0].points[0].params.n`",
        ),
        (
            at(PointResult({"n": 1e300})),
            "1e+300 is no number that can be drawn - at `$.scenarios[0].points[0].params.n`",
        ),
        (
            at(PointResult({"n": 1}), PointResult({"m": 1})),
            "the first point of the scenario has others - at `$.scenarios[0].points[1].params`",
        ),
        (at(PointResult({"n": 1}), PointResult({"n": 1.0})), "it is there twice - at `$.scenarios[0].points[1]`"),
        (at(PointResult({"n": 1}), size="m"), "it is no parameter of the points - at `$.scenarios[0].size`"),
        (at(typical={"n": {}}), "it is neither a number nor text - at `$.scenarios[0].typical.n`"),
        (
            at(claims=(ClaimResult("c", "s", limits={"n": []}),)),
            "it is neither a number nor text - at `$.scenarios[0].claims[0].limits.n`",
        ),
        (
            at(PointResult({}, strategies=(StrategyResult("one"), StrategyResult("one")))),
            "2 of them are called 'one' - at `$.scenarios[0].points[0].strategies`",
        ),
        (result(scenario(), scenario()), "2 of them are called 'loading.one_to_many' - at `$.scenarios`"),
        (replace(result(), seconds=-1.0), "-1 is below 0 - at `$.seconds`"),
        (
            replace(result(), settings=replace(result().settings, rtts_ms=(0.0, 1e20))),
            "1e+20 is beyond what a run comes to - at `$.settings.rtts_ms[1]`",
        ),
    ],
)
def test_what_contradicts_itself_is_refused(implausible: Result, complaint: str) -> None:
    """Points, parameters and names are such as one scenario can have, and each refusal names the place."""
    assert complaint == refused(implausible)


def test_a_long_name_is_quoted_in_short() -> None:
    """Of a name as long as a book a few words stand in the complaint."""
    long = StrategyResult("x" * 100_000)

    said = refused(at(PointResult({}, strategies=(long, long))))

    assert f"2 of them are called '{'x' * 60}' - at `$.scenarios[0].points[0].strategies`" == said


@pytest.mark.parametrize(
    "plausible",
    [
        pytest.param(result(), id="nothing measured"),
        pytest.param(result(scenario(point(), point(authors=10), point(rtt_ms=1000.0))), id="far away"),
        pytest.param(result(READING), id="with claims and a failure"),
        pytest.param(of(StrategyResult("one", waiting_ms=-1e-16, cpu_ms=0.0, median_ms=0.0)), id="remainders"),
        pytest.param(of(StrategyResult("one", load=load(0.0, 2, 3))), id="a load"),
        pytest.param(of(StrategyResult("one", disturbed=SEEN)), id="a fault"),
        pytest.param(at(*(PointResult({"n": value}) for value in (1, "all", False, -1e-20))), id="values of all kinds"),
    ],
)
def test_a_result_that_a_run_may_write_is_read(tmp_path: Path, plausible: Result) -> None:
    """Remainders below nothing, times of nothing, loads, faults and parameters of any kind are read as ever."""
    path = tmp_path / "result.json"
    write_result(path, plausible)

    assert read_result(path) == read_plausible(path)


@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
def test_what_is_published_is_plausible(path: Path) -> None:
    """Each result that is published is read, for runs have written it."""
    assert read_result(path) == read_plausible(path)
