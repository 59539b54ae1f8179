"""What the tests of the scenario modules share: a few rows in SQLite, a strategy's call there, counts on PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import MetaData, create_engine, event
from sqlalchemy.ext.asyncio import create_async_engine

from bench import Database, Scenario, SyncDatabase
from bench.discovery import find_modules, load_module
from bench.measurement import StrategyResult
from bench.measuring.options import Options
from bench.measuring.run import Run
from bench.points import Point
from bench.scenario import Strategy
from tests.measuring.helpers import Listener

Row = dict[str, Any]
Rows = dict[str, list[Row]]
Counted = dict[str, StrategyResult]

SEED = 1


def scenarios_of(module: str) -> dict[str, Scenario]:
    """The scenarios of a module, by their names in it."""
    return {name.partition(".")[2]: found for name, found in load_module(find_modules()[module]).items()}


def rows_of(make: Callable[..., Any], **kept: Callable[[Row], bool]) -> Rows:
    """Those rows that a dataset makes of the tables named, and that are to be kept, by column."""
    found: Rows = {}
    for target, rows in make(1, Random(SEED)):
        table = getattr(target, "__table__", target)
        if table.name in kept:
            names = [column.name for column in table.columns]
            found[table.name] = list(filter(kept[table.name], (dict(zip(names, row, strict=True)) for row in rows)))
    return found


def write_sqlite(path: Path, metadata: MetaData, rows: Mapping[str, Iterable[Row]]) -> Path:
    """The file at `path`, with all tables, and these rows in them."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        metadata.create_all(connection)
        for name, them in rows.items():
            connection.execute(metadata.tables[name].insert(), list(them))
    engine.dispose()
    return path


def call_on_sqlite(path: Path, strategy: Strategy, given: Mapping[str, Any]) -> tuple[Any, list[str]]:
    """What a strategy returns on SQLite, of what it takes of `given`; and the statements that it sends."""
    statements: list[str] = []
    taken = {name: given[name] for name in strategy.takes if name in given}

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    async def call() -> Any:
        engine = create_async_engine(f"sqlite+aiosqlite:///{path}", **strategy.engine_options)
        event.listen(engine.sync_engine, "before_cursor_execute", note)
        try:
            return await strategy.function(Database(engine, no_driver), **taken)
        finally:
            await engine.dispose()

    if strategy.is_async:
        return asyncio.run(call()), statements
    engine = create_engine(f"sqlite:///{path}", **strategy.engine_options)
    event.listen(engine, "before_cursor_execute", note)
    try:
        return strategy.function(SyncDatabase(engine, no_driver), **taken), statements
    finally:
        engine.dispose()


def found_on_sqlite(
    path: Path, scenario: Scenario, given: Mapping[str, Any], *, differing: bool = False
) -> dict[str, Any]:
    """What each strategy that runs on SQLite returns there, by name; those that are meant to differ where asked for."""
    return {
        strategy.name: call_on_sqlite(path, strategy, given)[0]
        for strategy in scenario.strategies.values()
        if not strategy.requires and strategy.raises is None and (differing or not strategy.differs)
    }


def no_driver() -> Any:
    """In place of the driver's own connection, which nothing here may ask for."""
    raise AssertionError("no strategy that is called on SQLite here uses the driver's own connection")


def points_on_postgresql(
    *selectors: str, loop: str = "asyncio", measures_memory: bool = False, **chosen: Any
) -> dict[str, list[Counted]]:
    """The strategies of each scenario at each chosen point, counted on the embedded server, by the scenario's name in
    its module; a list chooses several values of a parameter. Memory takes a process more, and is left out.
    """
    written = {
        name: ",".join(str(one).lower() for one in (value if isinstance(value, list) else [value]))
        for name, value in chosen.items()
    }
    found = defaultdict(list)
    options = Options(
        selectors=selectors, database="embedded", loop=loop, chosen=written, measures_memory=measures_memory
    )
    with Run(options, Listener()) as run:
        planned = run.plan()
        done = {(scenario.name, Point(point.params, point.rtt_ms)): point for scenario, point in run.count(planned)}
    for one in planned:
        counted = done[one.scenario.name, one.point]
        # Whoever saw the calls of a strategy, events, wire or server, has counted the same.
        assert [] == [each.name for each in counted.strategies if not (each.demonstration or each.witnesses.agree)]
        found[one.scenario.name.partition(".")[2]].append({strategy.name: strategy for strategy in counted.strategies})
    return found


def counted_on_postgresql(
    *selectors: str, loop: str = "asyncio", measures_memory: bool = False, **chosen: Any
) -> dict[str, Counted]:
    """The same where each scenario has one point."""
    found = points_on_postgresql(*selectors, loop=loop, measures_memory=measures_memory, **chosen)
    return {name: by_name for name, (by_name,) in found.items()}


def counters_of(them: Mapping[str, StrategyResult], name: str) -> dict[str, Any]:
    """One counter of each strategy."""
    return {strategy: getattr(one.counters, name) for strategy, one in them.items()}


def plans_of(strategy: StrategyResult) -> str:
    """The plans of a strategy's statements, as text to look for a node in."""
    return json.dumps([statement.plan for statement in strategy.statements])


def unordered(value: Any) -> Any:
    """A result whose lists say nothing by their order."""
    if isinstance(value, dict):
        return {key: unordered(held) for key, held in value.items()}
    if isinstance(value, tuple):
        return tuple(map(unordered, value))
    return sorted(map(unordered, value)) if isinstance(value, list) else value


def all_find(expected: Any, found: Mapping[str, Any]) -> None:
    """Assert that each strategy found what was expected."""
    assert dict.fromkeys(found, expected) == found
