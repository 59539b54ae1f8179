"""What a call is given, and which points a strategy declines."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from sqlalchemy import MetaData

from bench import Dataset, Scenario
from bench.scenario import Strategy
from bench.worker.calling import declines, inputs_of

nothing = Dataset("nothing", MetaData(), lambda scale, random: iter(()))


def scenario(inputs: Callable[..., Any] | None = None) -> Scenario:
    return Scenario(
        dataset=nothing, params={"size": (1,), "width": (1,)}, typical={"size": 1, "width": 1}, inputs=inputs
    )


def strategy(where: Callable[..., bool | str] | None) -> Strategy:
    declared = scenario()

    @declared.strategy(where=where)
    async def one(db: Any) -> None:
        """Do nothing."""

    return declared.strategies["one"]


@given(some.text(max_size=20), some.integers(1, 50))
def test_equal_seeds_give_equal_inputs(seed: str, size: int) -> None:
    """Inputs are drawn from the seed alone, so that each strategy of a round can be given equal ones."""
    drawing = scenario(lambda random, size: [random.random() for _ in range(size)])
    first = inputs_of(drawing, {"size": size, "width": 2}, seed)
    assert [Random(seed).random(), size] == [first[0], len(first)]
    assert first == inputs_of(drawing, {"size": size, "width": 2}, seed)


def test_inputs_take_the_parameters_that_they_name() -> None:
    """A function of inputs that names one of two parameters is given that one; with `**params` it is given both."""
    params = {"size": 3, "width": 4}
    assert 3 == inputs_of(scenario(lambda random, size: size), params, "seed")
    assert params == inputs_of(scenario(lambda random, **params: params), params, "seed")


def test_scenario_without_inputs_has_none() -> None:
    """Where there are no inputs, a round has None."""
    assert None is inputs_of(scenario(), {"size": 1, "width": 1}, "seed")


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (None, None),
        (lambda size: size < 10, None),
        (lambda size: size > 10, "declines size=5, width=7"),
        (lambda width: width < 7 or "too wide", "too wide"),
        (lambda **params: set(params) == {"size", "width"}, None),
    ],
    ids=["none", "true", "false", "reason", "all parameters"],
)
def test_where_declines_a_point(where: Callable[..., bool | str] | None, expected: str | None) -> None:
    """False declines a point with its parameters for a reason, text declines it with that reason, True does not."""
    assert expected == declines(strategy(where), {"size": 5, "width": 7})
