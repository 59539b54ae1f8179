"""The points that a run measures: one choice of a scenario's parameters each, the added round-trip time included."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

from bench.errors import UsageError

Grid = Literal["typical", "each", "full"]


@dataclass(frozen=True)
class Point:
    """One choice of parameters, and the round-trip time added to it, in milliseconds."""

    params: Mapping[str, Any]
    rtt_ms: float = 0.0

    def __hash__(self) -> int:
        return hash((tuple(sorted(self.params.items())), self.rtt_ms))

    def __str__(self) -> str:
        parts = [f"{name}={value}" for name, value in self.params.items()]
        if self.rtt_ms:
            parts.append(f"rtt={self.rtt_ms:g}ms")
        return " ".join(parts)


def points(
    params: Mapping[str, Sequence[Any]],
    typical: Mapping[str, Any],
    grid: Grid = "typical",
    chosen: Mapping[str, Sequence[Any]] | None = None,
    rtts_ms: Sequence[float] = (),
) -> list[Point]:
    """The points to measure, the typical one first where it is among them, none twice.

    Those of one choice of parameters follow each other.

    Args:
        params: Each parameter with its grid values.
        typical: The value of each parameter at the typical point.
        grid: `typical` is the one point; `each` varies each parameter alone through it; `full` takes the product.
        chosen: Values that replace the typical one (and the grid's) of a parameter; their product is measured.
        rtts_ms: Round-trip times to add, in milliseconds, each of which every choice of parameters is measured at; none
            means 0 alone.
    """
    return [
        Point(point.params, rtt_ms)
        for point in _choices(params, typical, grid, chosen)
        for rtt_ms in dict.fromkeys(rtts_ms or (0.0,))
    ]


def _choices(
    params: Mapping[str, Sequence[Any]],
    typical: Mapping[str, Any],
    grid: Grid,
    chosen: Mapping[str, Sequence[Any]] | None,
) -> list[Point]:
    chosen = {name: list(values) for name, values in (chosen or {}).items() if name in params}
    if grid == "full":
        choices = [chosen.get(name, list(values)) for name, values in params.items()]
        found = _product(params, choices)
        return sorted(found, key=lambda point: dict(point.params) != dict(typical))
    bases = _product(params, [chosen.get(name, [typical[name]]) for name in params])
    found = list(bases)
    if grid == "each":
        for base in bases:
            for name, values in params.items():
                if name not in chosen:
                    found += [Point({**base.params, name: value}) for value in values]
    return _distinct(found)


def parse_values(name: str, text: str, params: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The values of `--set NAME=V,V` as the parameter's own type: float where its grid has whole and broken numbers.

    Raises:
        UsageError: A value that is not of the type that the parameter's grid has, or no finite number.
    """
    kinds = {type(value) for value in params[name]}
    kind = float if kinds == {int, float} else type(params[name][0])
    values: list[Any] = []
    for part in text.split(","):
        try:
            value = _BOOLEANS[part.strip().lower()] if kind is bool else kind(part.strip())
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError
            values.append(value)
        except (ValueError, KeyError):
            raise UsageError(
                f"--set {name}={text}: {part.strip()!r} is no {kind.__name__}, as {name} wants"
                f" (for example {name}={params[name][0]})"
            ) from None
    return values


_BOOLEANS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def _product(names: Iterable[str], choices: Sequence[Sequence[Any]]) -> list[Point]:
    return _distinct(Point(dict(zip(names, values, strict=True))) for values in product(*choices))


def _distinct(found: Iterable[Point]) -> list[Point]:
    kept: list[Point] = []
    for point in found:
        if point not in kept:
            kept.append(point)
    return kept
