"""Budgets of counters: which apply to a strategy, which it is over, and which nobody could check."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bench.description import ScenarioDescription, StrategyDescription
from bench.measurement import Counters, PointResult, Result, ScenarioResult, StrategyResult
from bench.regressions.counters import GATED
from bench.regressions.limits import LimitPassed, passed_limits, unchecked_limits, with_budgets
from bench.reports.limits import lines_of_limits, of_limits
from tests.unit.test_result_file import ENVIRONMENT

COUNTED = Counters(statements=5, rows=5, round_trips=7)


def strategy(name: str = "lazy", **more: Any) -> StrategyDescription:
    """A strategy as it was declared, with a budget of three statements."""
    values: dict[str, Any] = {field.name: None for field in fields(StrategyDescription)}
    return StrategyDescription(
        **{**values, "name": name, "limits": {"statements": 3}, "differs": False, "requires": (), **more}
    )


def scenario(*strategies: StrategyDescription, **more: Any) -> ScenarioDescription:
    """The scenario `loading.one_to_many` with these strategies."""
    values: dict[str, Any] = {field.name: None for field in fields(ScenarioDescription)}
    return ScenarioDescription(**{**values, "name": "loading.one_to_many", "strategies": strategies, **more})


def limits(budgets: dict[str, dict[str, int]], *strategies: StrategyDescription, **more: Any) -> list[Any]:
    """The budgets of each strategy, with these of the project."""
    found = with_budgets(scenario(*(strategies or (strategy(),)), **more), budgets)
    return [dict(one.limits) for one in found.strategies]


def test_what_takes_more_than_its_budget_is_over_it() -> None:
    """A counter above its limit is told with both numbers; one at its limit is within it."""
    one = StrategyResult("lazy", counters=COUNTED, limits={"rows": 4, "statements": 5, "round_trips": 6})

    assert (LimitPassed("round_trips", 7, 6), LimitPassed("rows", 5, 4)) == passed_limits(one)
    assert () == unchecked_limits(one)


def test_what_was_not_counted_is_not_checked() -> None:
    """A budget on a counter that is not known is named, and so is one on what is no counter of this version."""
    one = StrategyResult("lazy", counters=Counters(statements=5), limits={"rows": 4, "__class__": 1, "statements": 9})

    assert ((), ("rows", "__class__")) == (passed_limits(one), unchecked_limits(one))


def test_a_strategy_that_was_not_ranked_has_no_budget() -> None:
    """One that failed, differs, was skipped or is a demonstration is neither over a budget nor unchecked."""
    over = StrategyResult("lazy", counters=COUNTED, limits={"statements": 1, "executions": 1})
    apart = [replace(over, verdict=verdict) for verdict in ("failed", "differs", "skipped")]
    apart.append(replace(over, demonstration=True))

    assert [((), ())] * 4 == [(passed_limits(one), unchecked_limits(one)) for one in apart]
    assert (LimitPassed("statements", 5, 1),) == passed_limits(over)


def test_without_a_project_the_declared_budget_counts() -> None:
    """No budgets, and those of other scenarios, change nothing."""
    assert [{"statements": 3}] == limits({})
    assert [{"statements": 3}] == limits({"loading.one": {"statements": 9}, "load": {"statements": 9}})


def test_a_project_goes_before_the_scenario() -> None:
    """What pyproject.toml says of a counter replaces what was declared, be it more or less; others stay."""
    assert [{"statements": 9, "rows": 1}] == limits({"loading": {"statements": 9, "rows": 1}})
    assert [{"statements": 1}] == limits({"loading.one_to_many": {"statements": 1}})


def test_the_selector_that_says_most_counts_for_each_counter() -> None:
    """A strategy's budget goes before its scenario's, and that before its module's, wherever they stand in the file."""
    budgets = {
        "loading.one_to_many:lazy": {"statements": 1},
        "loading:lazy": {"statements": 2, "rows": 2},
        "loading.one_to_many": {"statements": 3, "rows": 3, "executions": 3},
        "loading": {"statements": 4, "rows": 4, "executions": 4, "python_calls": 4},
    }

    expected = [
        {"statements": 1, "rows": 2, "executions": 3, "python_calls": 4},
        {"statements": 3, "rows": 3, "executions": 3, "python_calls": 4},
    ]

    assert expected == limits(budgets, strategy(), strategy("joined"))
    assert expected == limits(dict(reversed(budgets.items())), strategy(), strategy("joined"))


def test_a_demonstration_is_given_no_budget() -> None:
    """What is meant to raise, or to differ, is left alone, and so are loads that are disturbed."""
    budgets = {"loading": {"rows": 1}}
    shown = (strategy(limits={}, raises="LookupError"), strategy(limits={}, differs=True))

    assert [{}, {}] == limits(budgets, *shown)
    assert [{}] == limits(budgets, strategy(limits={}), disturbed_by="fault")


def test_remarks_say_what_is_over_and_what_was_not_checked() -> None:
    """Each stands after the strategy's name, with what is taken and what is allowed."""
    one = StrategyResult("lazy", counters=Counters(statements=1), limits={"statements": 0, "round_trips": 4})

    assert [
        "over budget: 1 statement (at most 0)",
        "budget not checked: round trips (at most 4) could not be counted here",
    ] == list(of_limits(one))


def test_a_run_says_each_budget_once() -> None:
    """Points that differ in their added time alone have one line; those of other parameters have their own."""
    over = StrategyResult("la\x1bzy", counters=COUNTED, limits={"statements": 2})
    points = [PointResult({"n": n}, rtt_ms, strategies=[over]) for n in (1, 2) for rtt_ms in (0.0, 5.0)]
    result = Result(ENVIRONMENT, scenarios=[ScenarioResult("a.b", points=points)])

    assert [
        "Over budget: a.b:la\\x1bzy at n=1: 5 statements (at most 2)",
        "Over budget: a.b:la\\x1bzy at n=2: 5 statements (at most 2)",
    ] == lines_of_limits(result)


@given(
    st.dictionaries(st.sampled_from(GATED), st.integers(0, 9)),
    st.builds(Counters, **dict.fromkeys(GATED, st.none() | st.integers(0, 9))),
)
def test_each_budget_is_kept_or_passed_or_not_checked(declared: dict[str, int], counters: Counters) -> None:
    """No budget is lost: what is neither over it nor unchecked was counted, and is within it."""
    one = StrategyResult("lazy", counters=counters, limits=declared)
    over, unchecked = {each.counter for each in passed_limits(one)}, set(unchecked_limits(one))

    kept = {name for name, limit in declared.items() if (getattr(counters, name) or 0) <= limit} - unchecked
    assert set(declared) == over | unchecked | kept
    assert set() == (over & unchecked) | (over & kept)
