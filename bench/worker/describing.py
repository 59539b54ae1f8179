"""Scenarios as messages to the controller, which never imports an author's module itself."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from bench.description import ScenarioDescription, StrategyDescription
from bench.pipe import Message
from bench.scenario import Scenario, Strategy

POOL_SIZE, MAX_OVERFLOW = 5, 10
"""SQLAlchemy's, where an engine is given one of them alone."""


def describe(name: str, scenario: Scenario) -> Message:
    """Everything of a scenario that is listed, scheduled or reported, as JSON-ready values."""
    return asdict(
        ScenarioDescription(
            name=name,
            question=scenario.question or "",
            file=scenario.file,
            line=scenario.line,
            dataset=scenario.dataset.name,
            params={parameter: list(values) for parameter, values in scenario.params.items()},
            typical=dict(scenario.typical),
            size=scenario.size,
            returns=scenario.returns,
            headline=scenario.headline,
            disturbed_by=scenario.disturbed_by,
            writes=[str(getattr(target, "__name__", None) or target.name) for target in scenario.writes],
            claims=[asdict(claim) for claim in scenario.claims],
            strategies=[_describe_strategy(scenario, strategy) for strategy in scenario.strategies.values()],
        )
    )


def _describe_strategy(scenario: Scenario, strategy: Strategy) -> StrategyDescription:
    return StrategyDescription(
        name=strategy.name,
        description=strategy.description,
        code=textwrap.dedent(inspect.getsource(strategy.function)),
        baseline=strategy.baseline,
        returns=strategy.returns,
        requires=list(strategy.requires),
        raises=strategy.raises.__name__ if strategy.raises is not None else None,
        differs=strategy.differs,
        driver=strategy.driver,
        through=strategy.through,
        most_connections=_most_connections(strategy.engine_options),
        limits={} if strategy.demonstrates else {**scenario.limits, **strategy.limits},
        line=strategy.line,
    )


def _most_connections(engine_options: Mapping[str, Any]) -> int | None:
    if not {"pool_size", "max_overflow"} & engine_options.keys():
        return None
    size, overflow = engine_options.get("pool_size", POOL_SIZE), engine_options.get("max_overflow", MAX_OVERFLOW)
    # A pool of size 0 has no end, nor has an overflow of -1.
    return size + overflow if size > 0 and overflow >= 0 else None
