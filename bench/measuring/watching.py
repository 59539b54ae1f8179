"""What somebody who watches a run is told, as it happens; the command line has a live and a plain watcher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bench.measurement import PointResult
from bench.points import Point


@dataclass(frozen=True)
class Estimate:
    """One strategy as it stands while the rounds go on: milliseconds, and the ratio to the baseline with its
    interval.
    """

    name: str
    samples: int
    median_ms: float | None
    ratio: float | None
    low: float | None
    high: float | None


class Watcher:
    """Is told what goes on; this one keeps silent."""

    def say(self, line: str) -> None:
        """A line on long work: an image that is pulled, a dataset that is made."""

    def point_started(self, scenario: str, point: Point, number: int, total: int) -> None:
        """A point begins: the `number`th (from 1) of `total`."""

    def step(self, text: str) -> None:
        """What is being done at the point: what is proved, counted, warmed up."""

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        """The rounds so far, and how long the rest is expected to take at most."""

    def launches_started(self, step: str, scenario: str, point: Point) -> None:
        """Launches of a scenario's strategies begin, to screen them or to confirm what a screen suspects."""

    def launched(self, step: str, number: int, total: int, estimates: Sequence[Estimate]) -> None:
        """The `number`th launch (from 1) of `total` is done; the ratios are to the base."""

    def point_finished(self, scenario: str, result: PointResult) -> None:
        """A point is done."""

    def close(self) -> None:
        """Nothing more comes: the run is done, or was interrupted."""
