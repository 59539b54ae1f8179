"""Ctrl-C ends a run with what was measured so far."""

from __future__ import annotations

import signal
from collections.abc import Sequence

from bench.measuring.run import Run
from bench.measuring.watching import Estimate
from tests.databases.helpers import is_alive
from tests.measuring.helpers import Listener, measure, options


class Impatient(Listener):
    """Presses Ctrl-C at a step, or at the first estimates after ten rounds."""

    def __init__(self, step: str | None = None) -> None:
        super().__init__()
        self.at = step

    def step(self, text: str) -> None:
        super().step(text)
        if text == self.at:
            signal.raise_signal(signal.SIGINT)

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        super().estimates(estimates, rounds, seconds_left)
        if self.at is None and rounds >= 10:
            signal.raise_signal(signal.SIGINT)


def test_interrupted_point_has_its_samples_so_far() -> None:
    """The point that was interrupted is unfinished, with the rounds it had, and no other follows."""
    listener = Impatient()
    measured = measure(
        "planted.slower", "paced.alike", listener=listener, database="sqlite", budget=60.0, precision=0.001
    )
    ((_, point),) = measured.results
    assert not point.finished
    assert [point] == listener.finished
    assert point.rounds >= 10
    assert [point.rounds] * len(point.strategies) == [
        len(one.samples_ns) + (point.rounds if one.verdict == "failed" else 0) for one in point.strategies
    ]


def test_interrupted_proof_has_no_samples_and_leaves_no_worker() -> None:
    """A point that was interrupted before its rounds has neither samples nor winners; its worker ends with the run."""
    with Run(options("planted.slower", database="sqlite", budget=60.0), Impatient("proving and counting once")) as run:
        worker = run._session.worker.pid
        ((_, point),) = run.measure(run.plan())
        assert is_alive(worker)
    assert not is_alive(worker)
    assert (False, 0, []) == (point.finished, point.rounds, list(point.winners))
    assert [None, "inconclusive"] == [one.verdict for one in point.strategies]


def test_small_difference_that_was_not_confirmed_is_none() -> None:
    """An interruption while a second worker confirms leaves the small difference unconfirmed: inconclusive."""
    listener = Impatient("timing small differences again in a second worker")
    measured = measure("paced.in_every_process", listener=listener, database="sqlite", budget=40.0, precision=0.01)
    found = measured.strategy("in_every_process", "wait_longer")
    assert found.verdict in ("inconclusive", "same")
    assert len(found.samples_ns) >= 6
