"""The launches of all strategies that are compared: a screen of each, and fresh launches of those that it suspects, as
far as the budget goes, what a change has touched first.

Source: the two stages are those of DESIGN's method; that the second is judged by itself keeps the error of a verdict
free of how its subject was chosen.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from statistics import median

from bench.measuring.launches import ArmFailedError, Launcher, Subject
from bench.measuring.options import Options
from bench.measuring.watching import Estimate as Standing
from bench.measuring.watching import Watcher
from bench.points import Point
from bench.regressions.checked import Timing
from bench.regressions.timings import (
    LOOKS,
    PRECISION,
    SHOWN_CONFIDENCE,
    Launch,
    Timed,
    TimingVerdict,
    is_plain,
    is_suspected,
    judge,
    timed,
)

SCREEN_LAUNCHES = 8
CONFIRM_LAUNCHES = LOOKS[-1]
SCREEN_S = 60.0
"""Seconds that a strategy's screen may take, starting processes included."""
CONFIRM_S = 120.0
"""Seconds more that a suspected one may take."""
LEAST_S = 8.0
"""Seconds of a screen below which a strategy is rather not timed: a second for each launch, most of it to start."""
SCREEN_SHARE = 0.5
"""The share of a budget that screens have, where it does not go far enough for all."""
CONFIRM_LEAST_SHARE = 0.25
"""The share of a budget that confirming has in any case, though screens took more than theirs: what they suspect would
be left open, and they would have been for nothing.
"""

NO_TIME = "no time was left for it: give more with --budget"
NULL_IS_OFF = "the base differs from itself by {ratio:+.1%}: something here changes what is timed; see `bench noise`"
UNCONFIRMED = "it was suspected, and no time was left to confirm it: give more with --budget"


@dataclass
class Series:
    """What is known of one strategy so far."""

    subject: Subject
    touched: bool
    screen: list[Launch] = field(default_factory=list)
    confirm: list[Launch] = field(default_factory=list)
    suspected: bool = False
    failure: str | None = None
    head_failed: bool = False

    @property
    def judged(self) -> Sequence[Launch]:
        """The launches that its verdict is by: those after it was suspected, where it was."""
        return self.confirm if self.suspected else self.screen


class LaunchSeries:
    """Times strategies; `add` them, `run`, and ask for the `timings` of what was made, after an interruption too.

    Args:
        options: What was asked for; the budget is for all of this.
        watcher: Is told how it goes.
        launcher: Makes launches.
        threshold: The difference from which on one is a regression, as a fraction.
    """

    def __init__(self, options: Options, watcher: Watcher, launcher: Launcher, threshold: float) -> None:
        self._options = options
        self._watcher = watcher
        self._launcher = launcher
        self._threshold = threshold
        self._series: dict[str, Series] = {}
        self._launched = 0
        self._suspects = 0

    @property
    def failed(self) -> dict[str, str]:
        """What strategies failed of in the head while they were timed."""
        return {name: one.failure for name, one in self._series.items() if one.head_failed and one.failure}

    def add(self, subject: Subject, *, touched: bool) -> None:
        """Have a strategy timed; one that the change has `touched` comes first."""
        self._series[subject.name] = Series(subject, touched)

    def run(self) -> None:
        """Make the launches.

        Raises:
            BenchError: A worker or the server failed, and no strategy is to blame.
            KeyboardInterrupt: It was interrupted.
        """
        if not self._series:
            return
        budget = self._options.budget
        screens = SCREEN_S * len(self._series)
        deadline = time.monotonic() + (budget if budget is not None else screens + CONFIRM_S * len(self._series))
        if budget is not None:
            screens = min(screens, budget * SCREEN_SHARE)
        chosen = self._that_matter(math.floor(screens / LEAST_S) or 1)
        for group in _by_point(chosen):
            share = min(SCREEN_S, screens / len(chosen)) * len(group)
            self._launch("screening", group, SCREEN_LAUNCHES, time.monotonic() + share, self._is_plainly_suspected)
            for one in group:
                one.suspected = len(one.screen) > 1 and is_suspected(timed(one.screen), self._threshold)
        # The most suspected first: the budget may end before all are confirmed.
        suspects = sorted((one for one in chosen if one.suspected), key=lambda one: -timed(one.screen).head.value)
        self._suspects = left = len(suspects)
        if budget is not None:
            deadline = max(deadline, time.monotonic() + budget * CONFIRM_LEAST_SHARE)
        for group in _by_point(suspects):
            share = min(CONFIRM_S, max(0.0, deadline - time.monotonic()) / max(1, left)) * len(group)
            if share >= LEAST_S:
                self._launch("confirming", group, CONFIRM_LAUNCHES, time.monotonic() + share, self._is_confirmed)
            left -= len(group)

    def timings(self) -> dict[str, Timing]:
        """What the launches made so far say of each strategy, by name."""
        estimated = {name: timed(one.judged) for name, one in self._series.items() if len(one.judged) > 1}
        of_screens = {name: one for name, one in estimated.items() if not self._series[name].suspected}
        confirmed = {name: one for name, one in estimated.items() if self._series[name].suspected}
        verdicts = judge(of_screens, self._threshold) | judge(confirmed, self._threshold, len(LOOKS))
        return {name: self._timing(one, estimated.get(name), verdicts.get(name)) for name, one in self._series.items()}

    def _timing(self, one: Series, found: Timed | None, verdict: TimingVerdict | None) -> Timing:
        if found is None or verdict is None:
            reason = one.failure or (UNCONFIRMED if one.suspected else NO_TIME)
            screened = timed(one.screen) if len(one.screen) > 1 else None
            unjudged = Timing("inconclusive", suspected=one.suspected, reason=reason)
            return unjudged if screened is None else _with_estimates(unjudged, screened, one.screen)
        timing = Timing(verdict, suspected=one.suspected, confirmed=one.suspected)
        timing = _with_estimates(timing, found, one.judged)
        if one.failure is not None:
            timing = replace(timing, verdict="inconclusive", reason=one.failure)
        elif found.null_is_off(self._threshold):
            timing = replace(timing, reason=NULL_IS_OFF.format(ratio=math.expm1(found.null.value)))
        elif verdict == "slower" and not one.suspected:
            # A screen suspects, and only fresh launches can tell.
            timing = replace(timing, verdict="inconclusive", reason=UNCONFIRMED)
        return timing

    def _that_matter(self, most: int) -> list[Series]:
        """As many as there is time for: what the change has touched before the rest."""
        ordered = sorted(self._series.values(), key=lambda one: not one.touched)
        return ordered[:most]

    def _is_plainly_suspected(self, one: Series) -> bool:
        return len(one.screen) == LOOKS[0] and is_plain(timed(one.screen), self._threshold, tests=1)

    def _is_confirmed(self, one: Series) -> bool:
        tests = len(LOOKS) * self._suspects
        return len(one.confirm) in LOOKS and is_plain(timed(one.confirm), self._threshold, tests)

    def _launch(
        self, step: str, group: Sequence[Series], launches: int, until: float, is_done: Callable[[Series], bool]
    ) -> None:
        """Make launches of strategies at one point, all that are not done in each, until the time is up."""
        began, first = time.monotonic(), self._launched
        self._watcher.launches_started(step, group[0].subject.head.name, group[0].subject.point)
        while self._launched - first < launches:
            made = self._launched - first
            running = [one for one in group if one.failure is None and not is_done(one)]
            each = (time.monotonic() - began) / made if made else 0.0
            if not running or (made > 1 and time.monotonic() + each > until):
                break
            share = max(0.0, until - time.monotonic()) / (launches - made)
            self._watcher.step(f"{step}: launch {made + 1} of {launches}")
            self._one_launch(running, time.monotonic() + share)
            self._watcher.launched(step, made + 1, launches, [_standing(one) for one in running])

    def _one_launch(self, running: Sequence[Series], until: float) -> None:
        by_name = {one.subject.name: one for one in running}
        self._launched += 1
        subjects, precision = [one.subject for one in running], math.log1p(self._threshold) * PRECISION
        for subject, made in self._launcher.launch(self._launched, subjects, until, precision):
            one = by_name[subject.name]
            if isinstance(made, ArmFailedError):
                one.head_failed = made.arm == "head"
                one.failure = f"the {'head' if one.head_failed else 'base'} failed while it was timed: {made}"
            else:
                (one.confirm if one.suspected else one.screen).append(made)


def _by_point(series: Iterable[Series]) -> list[list[Series]]:
    """Those of one scenario at one point together, in the order of the first of each."""
    groups: dict[tuple[str, Point], list[Series]] = {}
    for one in series:
        groups.setdefault((one.subject.head.name, one.subject.point), []).append(one)
    return list(groups.values())


def _with_estimates(timing: Timing, found: Timed, launches: Sequence[Launch]) -> Timing:
    low, high = found.head.interval(SHOWN_CONFIDENCE)
    null_low, null_high = found.null.interval(SHOWN_CONFIDENCE)
    return replace(
        timing,
        ratio=math.exp(found.head.value),
        ratio_low=math.exp(low),
        ratio_high=math.exp(high),
        null_ratio=math.exp(found.null.value),
        null_low=math.exp(null_low),
        null_high=math.exp(null_high),
        base_ms=median(one.base_ms for one in launches),
        head_ms=median(one.head_ms for one in launches),
        launches=len(launches),
        rounds=sum(len(one.head) for one in launches),
    )


def _standing(one: Series) -> Standing:
    """How it stands, for those who watch."""
    launches = one.confirm or one.screen
    found = timed(launches).head if len(launches) > 1 else None
    low, high = found.interval(SHOWN_CONFIDENCE) if found is not None else (None, None)
    return Standing(
        name=one.subject.strategy,
        samples=sum(len(launch.head) for launch in launches),
        median_ms=median(launch.head_ms for launch in launches) if launches else None,
        ratio=math.exp(found.value) if found is not None else None,
        low=math.exp(low) if low is not None else None,
        high=math.exp(high) if high is not None else None,
    )
