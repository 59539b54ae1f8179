"""What stands beside the times of a strategy in pytest-benchmark's file: its counters, and where it was measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.databases.server import Server
from bench.measurement import PointResult, StrategyResult
from bench.measuring.options import Options
from bench.reports.exports.entries import counters_of
from bench.scenario import Strategy


def extra_info(
    point: PointResult,
    result: StrategyResult,
    strategy: Strategy,
    options: Options,
    server: Server,
    packages: Mapping[str, str],
) -> dict[str, Any]:
    """Values ready for JSON, without a host name or a password: the parameters, each counter that was counted, by its
    name in a result file, notes, and the versions.
    """
    driver = _driver(strategy, options, server)
    there = {name: packages[name] for name in ("querybench", "sqlalchemy", driver) if name in packages}
    return {
        "params": dict(point.params),
        "baseline": result.baseline,
        "returns": result.returns,
        **counters_of(result),
        "notes": [*result.notes, *point.notes],
        "database": server.kind,
        server.dialect: server.version,
        "driver": driver,
        **there,
        "scale": options.scale,
        "seed": options.seed,
    }


def _driver(strategy: Strategy, options: Options, server: Server) -> str:
    if server.dialect == "sqlite":
        return "aiosqlite" if strategy.is_async else "sqlite3"
    return strategy.driver or (options.driver if strategy.is_async else "psycopg")
