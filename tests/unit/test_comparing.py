"""Two results compared: what is a regression, a failure or missing, and of what nothing is concluded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.measurement import (
    Counters,
    Environment,
    PointResult,
    Result,
    ScenarioResult,
    Settings,
    Statement,
    StrategyResult,
    Verdict,
)
from bench.regressions.comparing import NOT_REACHED, compare
from bench.regressions.comparison import Comparison, StrategyComparison, Unpaired
from bench.regressions.counters import CounterChange
from bench.regressions.limits import LimitPassed
from bench.regressions.statements import StatementChange
from bench.regressions.surroundings import Difference
from tests.unit.test_result_file import ENVIRONMENT

COUNTERS = Counters(
    statements=2, executions=2, round_trips=4, rows=1100, connections=0, bytes_sent=1000, python_calls=20_000
)
LAZY = StrategyResult("lazy", baseline=True, counters=COUNTERS, code="async def lazy(db):\n    return await one(db)")
JOINED = StrategyResult(
    "joined", counters=COUNTERS, code="async def joined(db):\n    return [x async for x in all(db)]"
)


def point(*strategies: StrategyResult, rtt_ms: float = 0.0, **params: Any) -> PointResult:
    """A point of these strategies."""
    return PointResult(params, rtt_ms, strategies=strategies)


def scenario(*points: PointResult, name: str = "loading.page") -> ScenarioResult:
    """A scenario of these points."""
    return ScenarioResult(name, question="How?", points=points)


def result(*scenarios: ScenarioResult, asked: Settings | None = None, **environment: Any) -> Result:
    """A result of these scenarios, measured here but for what is said."""
    return Result(replace(ENVIRONMENT, **environment), settings=asked or Settings(), scenarios=scenarios)


def of(*strategies: StrategyResult, **environment: Any) -> Result:
    """A result of one point with these strategies."""
    return result(scenario(point(*strategies, n=1)), **environment)


def only(comparison: Comparison) -> StrategyComparison:
    """The one strategy that was compared."""
    ((_, _, strategy),) = comparison.strategies
    return strategy


def ended(comparison: Comparison) -> tuple[bool, bool, bool]:
    """Whether something broke, is missing, or got worse."""
    return comparison.broke, comparison.missing, comparison.regressed


def with_more(strategy: StrategyResult, **counters: int) -> StrategyResult:
    """The strategy with other values of some counters."""
    return replace(strategy, counters=replace(strategy.counters, **counters))


def test_a_result_is_no_change_from_itself() -> None:
    """The same file twice has nothing that got worse, failed or is missing."""
    same = of(LAZY, JOINED)

    found = compare(same, same, "a.json", "b.json")

    assert (False, False, False) == ended(found)
    assert ("a.json", "b.json", (), (), ()) == (
        found.base.file,
        found.new.file,
        found.vanished,
        found.appeared,
        found.differences,
    )
    assert [False, False] == [one.changed for _, _, one in found.strategies]


def test_a_counter_that_grew_is_a_regression() -> None:
    """One statement more is enough, and what was sent more often is there."""
    base = replace(LAZY, statements=[Statement("SELECT 1", 1)])
    new = replace(with_more(LAZY, statements=3, rows=1000), statements=[Statement("SELECT 1", 2)])

    found = compare(of(base), of(new))

    assert (False, False, True) == ended(found)
    assert ((CounterChange("statements", 2, 3),), (CounterChange("rows", 1100, 1000),)) == (
        only(found).more,
        only(found).fewer,
    )
    assert (StatementChange("SELECT 1", 1, 2),) == only(found).statements


def test_a_counter_that_fell_is_no_error() -> None:
    """Fewer statements are told as fewer."""
    found = compare(of(LAZY), of(with_more(LAZY, statements=1)))

    assert (False, False, False) == ended(found)
    assert (CounterChange("statements", 2, 1),) == only(found).fewer


@pytest.mark.parametrize(("calls", "regressed"), [(20_800, False), (20_801, True), (40_000, True)])
def test_python_calls_are_gated_beyond_chance(calls: int, regressed: bool) -> None:
    """Two counts of the same code differ by more than 1 % now and then; what they never differ by is a regression."""
    assert regressed == compare(of(LAZY), of(with_more(LAZY, python_calls=calls))).regressed


@pytest.mark.parametrize(
    "environment",
    [
        {"python": "3.14.0"},
        {"packages": {**ENVIRONMENT.packages, "sqlalchemy": "2.0.58"}},
        {"packages": {**ENVIRONMENT.packages, "asyncpg": "0.33.0"}},
        {"driver": "psycopg"},
        {"postgres": "15.4"},
        {"loop": "uvloop"},
    ],
)
def test_where_the_client_differs_what_it_counts_in_itself_is_shown(environment: dict[str, Any]) -> None:
    """Python calls and bytes are shown and not gated under another Python, package, driver, loop or server; statements
    are gated.
    """
    doubled = of(with_more(LAZY, python_calls=40_000, bytes_sent=2000), **environment)

    found = compare(of(LAZY), doubled)

    assert (False, False, False) == ended(found)
    assert ["python_calls", "bytes_sent"] == [change.counter for change in only(found).shown]
    assert compare(of(LAZY), of(with_more(LAZY, statements=3), **environment)).regressed


@pytest.mark.parametrize(("name", "value"), [("scale", 2), ("seed", 7)])
def test_other_data_are_no_baseline(name: str, value: int) -> None:
    """With another scale or seed no counter is gated, and that there is no baseline is an error of its own."""
    found = compare(of(LAZY), of(with_more(LAZY, rows=2200), **{name: value}))

    assert (False, True, False) == ended(found)
    assert found.other_data
    assert (CounterChange("rows", 1100, 2200),) == only(found).shown


def test_a_difference_of_the_machine_bears_on_time_alone() -> None:
    """On another machine all counters are gated."""
    found = compare(of(LAZY), of(with_more(LAZY, python_calls=40_000), cpu="another", cores=64, kernel="Linux 7"))

    assert (False, False, True) == ended(found)
    assert ["CPU", "cores", "kernel"] == [one.what for one in found.differences]


def test_what_only_one_result_knows_is_not_compared() -> None:
    """A counter that the other result does not have is named, and no change."""
    found = compare(of(LAZY), of(replace(LAZY, counters=replace(COUNTERS, round_trips=None, python_calls=None))))

    assert (False, False, False) == ended(found)
    assert ("round_trips", "python_calls") == only(found).uncompared


def test_a_race_for_connections_is_no_regression() -> None:
    """In a load, one connection more and what it costs is shown; a statement more is a regression."""
    load = replace(with_more(LAZY, connections=14, round_trips=236), drives_load=True)

    raced = compare(of(load), of(with_more(load, connections=15, round_trips=240)))

    assert (False, False, False) == ended(raced)
    assert ["round_trips", "connections"] == [change.counter for change in only(raced).shown]
    assert compare(of(load), of(with_more(load, statements=3))).regressed


def test_drivers_write_placeholders_their_own_way() -> None:
    """Statements that differ in their placeholders alone are the same where the drivers differ, and only there."""
    one = replace(LAZY, statements=[Statement("SELECT a FROM t WHERE b = $1::INTEGER AND c = $2", 1)])
    other = replace(LAZY, statements=[Statement("SELECT a FROM t WHERE b = %(b_1)s::INTEGER AND c = %(c_1)s", 1)])

    assert () == only(compare(of(one), of(other, driver="psycopg"))).statements
    assert 2 == len(only(compare(of(one), of(other))).statements)


@pytest.mark.parametrize("verdict", ["failed", "differs"])
def test_a_strategy_that_broke_is_a_failure(verdict: Verdict) -> None:
    """One that was measured, or skipped, and fails or differs now, with the reason and without counts."""
    broken = replace(LAZY, verdict=verdict, reason="at round 3", error="KeyError: 1" if verdict == "failed" else None)

    found = compare(of(LAZY), of(broken))

    assert (True, False, False) == ended(found)
    assert ("measured", verdict, "KeyError: 1" if verdict == "failed" else "at round 3") == (
        only(found).before,
        only(found).after,
        only(found).reason,
    )
    assert compare(of(replace(LAZY, verdict="skipped")), of(broken)).broke


def test_a_strategy_that_failed_before_is_no_new_failure() -> None:
    """One that fails in both is told as that, one that works now as mended."""
    broken = replace(LAZY, verdict="failed", counters=Counters())

    assert (False, False, False) == ended(compare(of(broken), of(replace(broken, verdict="differs"))))
    assert only(compare(of(broken), of(LAZY))).mended
    assert (False, False, False) == ended(compare(of(broken), of(LAZY)))


@pytest.mark.parametrize(
    "lost",
    [
        replace(LAZY, verdict="skipped", reason="needs PostgreSQL"),
        replace(LAZY, demonstration=True),
        replace(LAZY, counters=Counters()),
    ],
    ids=["skipped", "demonstration", "not counted"],
)
def test_a_strategy_that_is_no_longer_measured_is_missing(lost: StrategyResult) -> None:
    """One that is skipped now, made a demonstration, or was not reached, is missing although its name is there."""
    found = compare(of(LAZY), of(lost))

    assert (False, True, False) == ended(found)
    assert only(found).lost
    assert (False, False, False) == ended(compare(of(lost), of(lost)))
    assert only(compare(of(lost), of(LAZY))).began


def test_a_strategy_that_vanished_is_missing() -> None:
    """A name that is not there any more is listed with its point, whatever became of it before."""
    found = compare(of(LAZY, replace(JOINED, verdict="skipped")), of(LAZY))

    assert (False, True, False) == ended(found)
    assert (Unpaired("loading.page", {"n": 1}, 0.0, "joined"),) == found.vanished


def test_a_renamed_strategy_is_missing_and_found_again() -> None:
    """One whose code is the same under another name is named beside the old one."""
    renamed = replace(JOINED, name="joined_all", code=JOINED.code.replace("joined", "joined_all"))

    found = compare(of(LAZY, JOINED), of(LAZY, renamed))

    assert found.missing
    assert ["joined_all"] == [one.renamed for one in found.vanished]
    assert ["joined_all"] == [one.strategy for one in found.appeared]


def test_what_sends_the_same_may_be_the_same() -> None:
    """A new name whose code was written anew, but which sends the same statements as often, is named too."""
    sends = [Statement("SELECT a FROM t", 2)]
    gone = replace(JOINED, statements=sends)
    anew = StrategyResult("anew", code="def anew(db): ...", counters=COUNTERS, statements=sends)

    assert ["anew"] == [one.renamed for one in compare(of(LAZY, gone), of(LAZY, anew)).vanished]
    assert [None] == [one.renamed for one in compare(of(LAZY, gone), of(LAZY, replace(anew, statements=()))).vanished]


def test_a_point_that_vanished_is_missing() -> None:
    """Points are the same by parameters and added time; True is not 1, and the order of names is nothing."""
    base = result(scenario(point(LAZY, a=1, b=2), point(LAZY, a=1, b=2, rtt_ms=5), point(LAZY, a=True, b=2)))
    new = result(scenario(point(LAZY, b=2, a=1)))

    found = compare(base, new)

    assert found.missing
    assert [({"a": 1, "b": 2}, 5), ({"a": True, "b": 2}, 0.0)] == [(one.params, one.rtt_ms) for one in found.vanished]


def test_a_renamed_parameter_is_found_again() -> None:
    """A point of the same values under other names is named beside the one that vanished."""
    found = compare(result(scenario(point(LAZY, authors=7))), result(scenario(point(LAZY, size=7))))

    assert [("size=7", {"authors": 7})] == [(one.renamed, one.params) for one in found.vanished]


def test_a_scenario_that_vanished_is_missing() -> None:
    """It is listed once, with the one of the same code that may be its new name."""
    found = compare(of(LAZY, JOINED), result(scenario(point(LAZY, JOINED, n=1), name="loading.list")))

    assert (False, True, False) == ended(found)
    assert (Unpaired("loading.page", renamed="loading.list"),) == found.vanished
    assert (Unpaired("loading.list"),) == found.appeared


def test_what_appeared_is_no_error() -> None:
    """A new scenario, point or strategy is listed; one that fails is listed with the reason."""
    failing = replace(JOINED, verdict="failed", error="KeyError: 1")
    new = result(
        scenario(point(LAZY, failing, n=1), point(LAZY, n=2)), scenario(point(failing, n=1), name="loading.new")
    )

    found = compare(of(LAZY), new)

    assert (False, False, False) == ended(found)
    assert (
        Unpaired("loading.new"),
        Unpaired("loading.new", {"n": 1}, 0.0, "joined", reason="failed: KeyError: 1"),
        Unpaired("loading.page", {"n": 2}),
        Unpaired("loading.page", {"n": 1}, 0.0, "joined", reason="failed: KeyError: 1"),
    ) == found.appeared


def test_a_point_that_an_interruption_left_out_is_missing() -> None:
    """What the new run did not reach is missing, and says why; what the base did not reach is new."""
    unreached = PointResult({"n": 2}, finished=False)
    whole, cut = result(scenario(point(LAZY, n=1), point(LAZY, n=2))), result(scenario(point(LAZY, n=1), unreached))

    assert [NOT_REACHED] == [one.reason for one in compare(whole, cut).vanished]
    assert (False, False, False) == ended(compare(cut, whole))
    assert (Unpaired("loading.page", {"n": 2}),) == compare(cut, whole).appeared
    assert [NOT_REACHED] == [one.reason for one in compare(whole, result(scenario(unreached))).vanished]


def test_a_budget_is_a_regression_without_any_baseline() -> None:
    """What the new result takes above its budget is a regression, also where the strategy is new or always did."""
    over = replace(LAZY, limits={"statements": 1, "rows": 5000, "orm_objects": 1})

    both, appeared = compare(of(over), of(over)), compare(of(JOINED), of(JOINED, over))

    assert (False, False, True) == ended(both)
    assert ((LimitPassed("statements", 2, 1),), ("orm_objects",)) == (only(both).passed, only(both).unchecked)
    assert (False, False, True) == ended(appeared)
    assert [(LimitPassed("statements", 2, 1),)] == [one.passed for one in appeared.appeared]
    assert compare(of(JOINED), result(scenario(point(JOINED, n=1)), scenario(point(over), name="b.c"))).regressed
    assert (False, False, False) == ended(compare(of(over), of(replace(over, limits={}))))


def timed(strategy: StrategyResult, ms: float, rounds: int = 9) -> StrategyResult:
    """The strategy with samples about so many milliseconds."""
    return replace(strategy, samples_ns=[round(ms * 1e6) + number for number in range(rounds)])


def verdicts(comparison: Comparison) -> Sequence[str | None]:
    """The verdict on the time of each strategy."""
    return [one.time.verdict if one.time else None for _, _, one in comparison.strategies]


def test_times_are_advice() -> None:
    """A strategy that takes three times as long is called slower, and is no regression."""
    found = compare(of(timed(LAZY, 10), timed(JOINED, 10)), of(timed(LAZY, 11), timed(JOINED, 30)))

    assert ["inconclusive", "slower"] == verdicts(found)
    assert (False, False, False) == ended(found)


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        ({"cpu": "another"}, "CPU"),
        ({"cores": 3}, "cores"),
        ({"kernel": "Linux 7"}, "kernel"),
        ({"python": "3.12.0"}, "Python"),
        ({"packages": {**ENVIRONMENT.packages, "sqlalchemy": "2.0.58"}}, "SQLAlchemy"),
        ({"packages": {**ENVIRONMENT.packages, "asyncpg": "0.33.0"}}, "asyncpg"),
        ({"driver": "psycopg"}, "driver"),
        ({"postgres": "17.2"}, "PostgreSQL"),
        ({"loop": "uvloop"}, "event loop"),
        ({"settings": {"jit": "on"}}, "setting jit"),
        ({"settings": {"jit": "off", "work_mem": "4MB"}}, "setting work_mem"),
        ({"database": "docker: named by --database"}, "database"),
        ({"gc": "off"}, "garbage collection"),
        ({"pinned": True}, "worker and server on a core each"),
        ({"scale": 2}, "scale of the data"),
        ({"seed": 2}, "seed of the data"),
    ],
)
def test_times_that_were_not_measured_alike_have_no_verdict(environment: dict[str, Any], what: str) -> None:
    """Each thing that bears on time and differs is named, and the ratio stands without a verdict."""
    found = compare(of(timed(LAZY, 10)), of(timed(LAZY, 90), **environment))

    assert what in [one.what for one in found.differences]
    assert [None] == verdicts(found)
    assert only(found).time is not None


def test_what_bears_on_nothing_is_no_difference() -> None:
    """Why a database was chosen, the revision, and a package that nothing runs on may differ."""
    packages = {**ENVIRONMENT.packages, "aiosqlite": "0.1", "uvloop": "0.1"}
    other = of(timed(LAZY, 90), database="embedded: no Docker engine answers", git="another", packages=packages)

    found = compare(of(timed(LAZY, 10)), other)

    assert ((), ["slower"]) == (found.differences, verdicts(found))


def test_another_number_of_processes_is_a_difference() -> None:
    """Loads that several processes drove are not timed like those of one."""
    found = compare(of(LAZY), result(scenario(point(LAZY, n=1)), asked=Settings(processes=4)))

    assert (Difference("processes that drive a load", "1", "4", "time"),) == found.differences


def test_a_busy_machine_has_no_verdict() -> None:
    """Where something else ran on the machine in either result, the times of that point have no verdict."""
    base, busy = point(timed(LAZY, 10), n=1), replace(point(timed(LAZY, 90), n=1), load_per_core=2.0)

    found = compare(result(scenario(base)), result(scenario(busy)))

    assert [None] == verdicts(found)
    assert ["slower"] == verdicts(compare(result(scenario(base)), result(scenario(replace(busy, load_per_core=0.9)))))


def test_results_that_only_count_have_no_times() -> None:
    """Where one of them has no samples, counters are compared and times are not."""
    found = compare(of(timed(LAZY, 10)), result(scenario(point(LAZY, n=1)), asked=Settings(timed=False)))

    assert (None, True, False) == (only(found).time, found.base.timed, found.new.timed)
    assert (False, False, False) == ended(found)


def test_environment_is_whole() -> None:
    """Each field of the environment is compared, or is named here as one that bears on nothing."""
    assert {"git"} == set(Environment.__annotations__) - {
        *("python", "packages", "postgres", "settings", "cpu", "cores", "kernel", "database", "driver", "gc", "loop"),
        *("seed", "scale", "pinned"),
    }
