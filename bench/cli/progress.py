"""What a run shows while it goes on: live on a terminal, plain lines anywhere else. It writes to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from bench.cli.interruption import hang_up
from bench.cli.output import is_unseen
from bench.measurement import PointResult
from bench.measuring.watching import Estimate, Watcher
from bench.points import Point
from bench.reports.formatting import milliseconds, plain

if TYPE_CHECKING:
    from rich.console import RenderableType

PLAIN_EVERY = 10.0
"""Seconds between two plain lines on one point."""
LIVE_EVERY = 0.5
"""Seconds between two drawings: the terminal's work must not disturb the samples."""


def watcher() -> Watcher:
    """The watcher that suits standard error."""
    return LiveWatcher() if sys.stderr.isatty() else PlainWatcher()


def duration(seconds: float) -> str:
    """Seconds as a reader says them: 8 s, 2 min 05 s."""
    whole = max(0, round(seconds))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02} s"


class PlainWatcher(Watcher):
    """Lines without control codes, for a file, a pipe or a log of CI."""

    def __init__(self) -> None:
        self._shown = 0.0
        self._title = ""

    def say(self, line: str) -> None:
        """A line on long work."""
        click.echo(plain(line), err=True)

    def point_started(self, scenario: str, point: Point, number: int, total: int) -> None:
        """The point that begins."""
        _end_unseen()
        self._title = plain(f"{scenario} {point}")
        self._shown = time.monotonic()
        click.echo(f"[{number}/{total}] {self._title}", err=True)

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        """How it stands, every ten seconds."""
        _end_unseen()
        if time.monotonic() - self._shown >= PLAIN_EVERY:
            self._shown = time.monotonic()
            standing = ", ".join(_standing(one) for one in estimates if one.median_ms is not None)
            click.echo(f"  {rounds} rounds, at most {duration(seconds_left)} left: {standing}", err=True)

    def launches_started(self, step: str, scenario: str, point: Point) -> None:
        """What is launched, and what for."""
        _end_unseen()
        self._title = plain(f"{scenario} {point}")
        self._shown = time.monotonic()
        click.echo(f"{step} {self._title}", err=True)

    def launched(self, step: str, number: int, total: int, estimates: Sequence[Estimate]) -> None:
        """How it stands, every ten seconds and at the end."""
        _end_unseen()
        if number == total or time.monotonic() - self._shown >= PLAIN_EVERY:
            self._shown = time.monotonic()
            standing = ", ".join(_standing(one, "the base") for one in estimates if one.median_ms is not None)
            click.echo(f"  launch {number} of {total}: {standing}", err=True)

    def point_finished(self, scenario: str, result: PointResult) -> None:
        """How many rounds it took, if any."""
        rounds = "1 round" if result.rounds == 1 else f"{result.rounds} rounds" if result.rounds else "done"
        title = plain(f"{scenario} {Point(result.params, result.rtt_ms)}")
        of_another = "" if title == self._title else f"{title}: "
        click.echo(f"  {of_another}{rounds} in {duration(result.seconds)}", err=True)


class LiveWatcher(Watcher):
    """A small table that is drawn anew while the rounds go on, and is gone when the point is done."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._live: Any = None
        self._title = ""
        self._shown = 0.0

    def say(self, line: str) -> None:
        """A line on long work."""
        self._console.print(plain(line), style="dim", highlight=False, markup=False)

    def point_started(self, scenario: str, point: Point, number: int, total: int) -> None:
        """The point that begins."""
        _end_unseen()
        self._begin(f"[{number}/{total}] {scenario} {point}")

    def step(self, text: str) -> None:
        """What is being done now."""
        if self._live is not None:
            self._live.update(self._line(text), refresh=True)

    def estimates(self, estimates: Sequence[Estimate], rounds: int, seconds_left: float) -> None:
        """How it stands, twice a second."""
        _end_unseen()
        if self._live is not None and time.monotonic() - self._shown >= LIVE_EVERY:
            self._shown = time.monotonic()
            standing = f"{rounds} round{'s' if rounds > 1 else ''}, at most {duration(seconds_left)} left"
            self._live.update(self._table(estimates, standing), refresh=True)

    def launches_started(self, step: str, scenario: str, point: Point) -> None:
        """What is launched, and what for."""
        _end_unseen()
        self._begin(f"{step} {scenario} {point}")

    def launched(self, step: str, number: int, total: int, estimates: Sequence[Estimate]) -> None:
        """How it stands after each launch."""
        _end_unseen()
        if self._live is not None:
            self._live.update(self._table(estimates, f"launch {number} of {total}"), refresh=True)

    def point_finished(self, scenario: str, result: PointResult) -> None:
        """Make way for what comes next."""
        self.close()

    def close(self) -> None:
        """Leave the terminal as it was."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _begin(self, title: str) -> None:
        from rich.live import Live

        self.close()  # of several at once, the one that began last is shown
        self._title = plain(title)
        self._live = Live(self._line("opening"), console=self._console, auto_refresh=False, transient=True)
        self._live.start()

    def _line(self, text: str) -> RenderableType:
        from rich.text import Text

        return Text.assemble((self._title, "bold"), f"  {plain(text)}")

    def _table(self, estimates: Sequence[Estimate], standing: str) -> RenderableType:
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for heading in ("strategy", "median ms", "ratio", "95 % interval", "samples"):
            table.add_column(heading, justify="left" if heading == "strategy" else "right")
        for one in estimates:
            interval = f"{one.low:.3f} to {one.high:.3f}" if one.low is not None and one.high is not None else ""
            table.add_row(
                Text(plain(one.name)),  # not as markup, which a plain string would be
                f"{one.median_ms:.3g}" if one.median_ms is not None else "",
                f"{one.ratio:.3f}" if one.ratio is not None else "",
                interval,
                str(one.samples),
            )
        return Group(self._line(standing), table)


def _end_unseen() -> None:
    """Have the run end as by Ctrl-C where nobody can see any more how it goes: said here, where no point is lost by it,
    and not where something is written.
    """
    if is_unseen():
        hang_up()


def _standing(one: Estimate, reference: str = "the baseline") -> str:
    ratio = f" ({one.ratio:.2f} times {reference})" if one.ratio is not None else ""
    return f"{plain(one.name)} {milliseconds(one.median_ms)} ms{ratio}"
