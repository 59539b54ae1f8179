"""What the page shows of a strategy on demand: its code, what it sent, plans, and where its time went."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bench.measurement import COUNTERS, PointResult, Result, Statement, StrategyResult
from bench.plans import short_form
from bench.reports.columns import counter_value, shown_counter
from bench.reports.costs import COLD
from bench.reports.folded import MOST_FUNCTIONS, MOST_STATEMENTS, plan_heading, readable_sql
from bench.reports.formatting import count, milliseconds, parameters, plain, plain_lines
from bench.reports.html.data import Details, SentStatement, StrategyDetails
from bench.reports.html.gathering import places
from bench.reports.tables import drives_loads, why


class Texts:
    """Texts of which many are the same: each is kept once, and known by its place."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        """The place of a text, which is put at the end where it is not there yet."""
        return self._places.setdefault(plain_lines(text), len(self._places))

    def all(self) -> list[str]:
        """The texts in the order of their places."""
        return list(self._places)


def details(results: Sequence[Result]) -> Details:
    """What is shown of the strategies of results on demand: at each place as they were counted there, which is the
    same at every distance.
    """
    texts = Texts()
    scenarios: dict[str, list[dict[str, dict[str, StrategyDetails]]]] = {}
    for number, result in enumerate(results):
        for scenario in result.scenarios:
            of_runs = scenarios.setdefault(plain(scenario.name), [{} for _ in results])
            of_runs[number] = {
                parameters(points[0].params): {
                    plain(strategy.name): _details(strategy, points[0], texts) for strategy in points[0].strategies
                }
                for points in places(scenario)
            }
    return Details(texts.all(), scenarios)


def _details(strategy: StrategyResult, point: PointResult, texts: Texts) -> StrategyDetails:
    said = why(strategy)
    functions = sorted(strategy.costliest, key=lambda function: -function.own_ms)[:MOST_FUNCTIONS]
    return StrategyDetails(
        code=texts.place(strategy.code) if strategy.code.strip() else None,
        remarks=[said] if said else [],
        times=list(_times(strategy, point)),
        counters=list(_counters(strategy)),
        statements=[_statement(statement, texts) for statement in strategy.statements[:MOST_STATEMENTS]],
        left_out=max(len(strategy.statements) - MOST_STATEMENTS, 0),
        functions=[
            (plain(one.name), plain(one.where), count(one.calls), milliseconds(one.own_ms)) for one in functions
        ],
    )


def _times(strategy: StrategyResult, point: PointResult) -> Iterable[tuple[str, str]]:
    """The parts that a call's time is made of, with its first call of all, which is made without added time."""
    beside = drives_loads(point)
    parts = (
        ("client CPU", strategy.cpu_ms),
        ("server", strategy.server_ms),
        ("waiting", None if beside else strategy.waiting_ms),
        ("less overlap", None if beside else strategy.overlap_ms or None),
        ("median of a call", strategy.median_ms),
        ("95th percentile", strategy.p95_ms),
        (COLD, strategy.cold_ms if point.rtt_ms == 0 else None),
    )
    return ((title, f"{milliseconds(value)} ms") for title, value in parts if value is not None)


def _counters(strategy: StrategyResult) -> Iterable[tuple[str, str]]:
    for name in COUNTERS:
        value = getattr(strategy.counters, name)
        if value is not None:
            yield shown_counter(name), counter_value(name, value)


def _statement(statement: Statement, texts: Texts) -> SentStatement:
    plan = short_form(statement.plan) if statement.plan else ""
    return SentStatement(
        calls=statement.calls,
        sql=texts.place(readable_sql(statement.sql)),
        plan=texts.place(plan) if plan else None,
        about_plan=plain(plan_heading(statement)) if statement.plan_shape or plan else "",
    )
