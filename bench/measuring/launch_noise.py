"""A strategy against itself over launches: what `bench check` can and cannot see on this machine."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median, stdev

from bench.measuring.launch_series import SCREEN_S
from bench.measuring.launches import ArmFailedError
from bench.measuring.neighbours import measuring
from bench.measuring.noise import asked_for
from bench.measuring.options import Options
from bench.measuring.revisions import Revisions
from bench.measuring.watching import Watcher
from bench.regressions.timings import CONFIDENCE, Launch
from bench.revisions.code import HERE
from bench.statistics import student_t_quantile


@dataclass(frozen=True)
class LaunchNoise:
    """What launches of the same code differ by: `spread` is the standard deviation of a launch's log-ratio, of both of
    its pairs together, `within` that of the rounds in one, the median launch. `seconds` is what a launch took.
    """

    strategy: str
    launches: int
    rounds: float
    spread: float
    within: float
    seconds: float

    def can_see(self, launches: int, looks: int = 1) -> float:
        """The smallest slowdown, as a fraction, that so many launches call one at 99 %, one-sided, at the last look."""
        return student_t_quantile(1 - (1 - CONFIDENCE) / looks, launches - 1) * self.spread / math.sqrt(launches)


def compare_launches(options: Options, launches: int, watcher: Watcher) -> Iterator[LaunchNoise]:
    """Launch each selected strategy so many times, as `bench check` does, with one code for base and head.

    A strategy that fails, or does not apply here, is left out. The budget is shared out over them.

    Raises:
        BenchError: A selector that matches nothing, or no database.
        KeyboardInterrupt: It was interrupted.
    """
    with measuring(watcher.say), Revisions(options, watcher, HERE, HERE) as revisions:
        wanted = [
            (replace(pair, strategies=[name]), name)
            for pair in revisions.pairing.pairs
            for name in asked_for(options.selectors, pair.head, list(pair.strategies))
        ]
        for number, (pair, name) in enumerate(wanted):
            subject = revisions.subject(pair, name)
            watcher.launches_started("launching", subject.name, subject.point)
            share = SCREEN_S if options.budget is None else options.budget / len(wanted)
            began, made = time.monotonic(), []
            for launch in range(launches):
                watcher.step(f"launch {launch + 1} of {launches}")
                until = time.monotonic() + (began + share - time.monotonic()) / (launches - launch)
                made += [told for _, told in revisions.launcher.launch(number * launches + launch, [subject], until)]
            failures = [str(one) for one in made if isinstance(one, ArmFailedError)]
            if failures:
                watcher.say(f"{subject.name} is left out: {failures[0]}")
                continue
            done = [one for one in made if isinstance(one, Launch)]
            yield _noise_of(subject.name, done, (time.monotonic() - began) / launches)


def _noise_of(name: str, launches: Sequence[Launch], seconds: float) -> LaunchNoise:
    medians = [median(one.head) for one in launches] + [median(one.again) for one in launches]
    rounds = [stdev(one.head) for one in launches if len(one.head) > 1]
    return LaunchNoise(
        strategy=name,
        launches=len(launches),
        rounds=median(len(one.head) for one in launches),
        # The truth is 0, so that nothing is taken off for a mean.
        spread=math.sqrt(sum(one * one for one in medians) / len(medians)),
        within=median(rounds) if rounds else 0.0,
        seconds=seconds,
    )
