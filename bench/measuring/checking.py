"""A comparison of two revisions, from what each declares to a verdict on every strategy: counters first, exactly; then
times, by launches, where counters have not decided.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.measurement import PointResult, StrategyResult
from bench.measuring.launch_series import LaunchSeries
from bench.measuring.options import Options
from bench.measuring.revisions import Revisions
from bench.measuring.watching import Watcher
from bench.regressions.chance import beyond_chance, up_to_the_tasks
from bench.regressions.checked import Check, CheckedStrategy
from bench.regressions.counters import counter_changes, uncompared
from bench.regressions.limits import passed_limits, unchecked_limits
from bench.regressions.pairing import Gone, Pair
from bench.regressions.statements import statement_changes
from bench.revisions.code import Code

OTHER_DATA = "the two make different data: {dataset} is compared with what it was, not with itself"


@dataclass(frozen=True)
class Compared:
    """What is compared: the code of both, what they are called, and from which difference on one is a regression."""

    base: Code
    head: Code
    base_name: str
    head_name: str
    threshold: float


class Checking:
    """Makes a comparison; what has been found so far can be asked for at any time, after an interruption too.

    Args:
        options: What was asked for; its budget is for the timings.
        watcher: Is told of long work.
        compared: What is compared.
    """

    def __init__(self, options: Options, watcher: Watcher, compared: Compared) -> None:
        self._options = options
        self._watcher = watcher
        self._compared = compared
        self._found: dict[str, CheckedStrategy] = {}
        self._check = Check(compared.base_name, compared.head_name, compared.threshold)
        self._vanished: list[Gone] = []
        self._missing: list[Gone] = []
        self._appeared: list[str] = []
        self._touched: set[str] = set()
        self._notes: list[str] = []
        self._began = time.monotonic()

    def run(self) -> None:
        """Compare; interrupted, what was found stays.

        Raises:
            BenchError: The base cannot be had or does not import, a selector matches nothing, or no database.
            KeyboardInterrupt: It was interrupted.
        """
        with Revisions(self._options, self._watcher, self._compared.base, self._compared.head) as revisions:
            pairing = revisions.pairing
            self._vanished, self._appeared = list(pairing.vanished), list(pairing.appeared)
            if self._options.selectors and not pairing.pairs:
                self._missing = [Gone(name, reason="the base lacks it") for name in pairing.appeared]
            self._check = replace(self._check, differs=revisions.differences)
            self._count(revisions, pairing.pairs)
            self._hold_to_budgets(revisions, pairing.appeared)
            if any(one.verdict in ("more", "failed") for one in self._found.values()):
                return
            self._time(revisions, pairing.pairs)

    def result(self, *, interrupted: bool = False) -> Check:
        """What was found so far."""
        return replace(
            self._check,
            strategies=list(self._found.values()),
            vanished=self._vanished,
            appeared=self._appeared,
            missing=self._missing,
            notes=self._notes,
            seconds=time.monotonic() - self._began,
            interrupted=interrupted,
        )

    def _count(self, revisions: Revisions, pairs: Sequence[Pair]) -> None:
        for number, one in enumerate(pairs, 1):
            self._watcher.point_started(one.head.name, one.point, number, len(pairs))
            counted = revisions.count(one)
            found = self._compare(one, counted, gate_all=not revisions.differences)
            if any(not change.is_exact for each in found for change in each.counters):
                found = self._confirm(revisions, one, found)
            self._found |= {each.name: each for each in found}
            self._watcher.point_finished(one.head.name, counted[1])
            if not revisions.same_dataset(one):
                self._notes.append(OTHER_DATA.format(dataset=one.head.dataset))

    def _hold_to_budgets(self, revisions: Revisions, appeared: Sequence[str]) -> None:
        """Count what is new and has a budget: no base is needed to tell that it is passed."""
        for name in appeared:
            scenario, _, only = name.partition(":")
            strategies = [one for one in revisions.scenarios[scenario].strategies if only in ("", one.name)]
            limited = [one.name for one in strategies if one.limits and not one.demonstrates]
            counted = revisions.count_head(scenario, limited).strategies if limited else ()
            for one in counted:
                if one.name in limited and (limits := passed_limits(one)):
                    params = dict(revisions.scenarios[scenario].typical)
                    found = CheckedStrategy(scenario, one.name, params, limits=limits, notes=["it is new"])
                    self._found[found.name] = found

    def _compare(self, one: Pair, counted: tuple[PointResult, PointResult], *, gate_all: bool) -> list[CheckedStrategy]:
        """The strategies of a pair by what was counted of them."""
        if not all(point.finished for point in counted):
            raise KeyboardInterrupt
        before, after = ({each.name: each for each in point.strategies} for point in counted)
        found = []
        for name in one.strategies:
            base, head = before[name], after[name]
            if head.verdict in ("failed", "differs"):
                found.append(_failed(one, head))
            elif base.verdict == "skipped" and head.verdict == "skipped":
                continue
            elif head.verdict == "skipped":
                self._vanished.append(Gone(f"{one.head.name}:{name}", reason=f"it is skipped now: {head.reason}"))
            elif base.verdict == "skipped":
                self._appeared.append(f"{one.head.name}:{name}")
            elif base.verdict in ("failed", "differs"):
                self._missing.append(Gone(f"{one.head.name}:{name}", reason=f"the base {base.verdict}: {base.reason}"))
            else:
                found.append(self._counted(one, base, head, gate_all=gate_all))
        return found

    def _counted(self, one: Pair, base: StrategyResult, head: StrategyResult, *, gate_all: bool) -> CheckedStrategy:
        changes = counter_changes(base.counters, head.counters)
        gated = [
            change
            for change in changes
            if (change.is_exact or (gate_all and beyond_chance(change, base.counters)))
            and not up_to_the_tasks(change, base, head)
        ]
        statements = statement_changes(base.statements, head.statements)
        if _is_touched(base, head):
            self._touched.add(f"{one.head.name}:{head.name}")
        return CheckedStrategy(
            scenario=one.head.name,
            strategy=head.name,
            params=dict(one.point.params),
            counters=gated,
            ungated=[change for change in changes if change not in gated],
            statements=statements,
            limits=passed_limits(head),
            unchecked=unchecked_limits(head),
            uncompared=uncompared(base.counters, head.counters),
        )

    def _confirm(self, revisions: Revisions, one: Pair, found: Sequence[CheckedStrategy]) -> list[CheckedStrategy]:
        """The same, less the inexact counters that did not change in a second process too."""
        self._watcher.step("counting again in other processes")
        again = {each.name: each for each in self._compare(one, revisions.count_again(one), gate_all=True)}
        confirmed = []
        for each in found:
            changes = again[each.name].counters if each.name in again else ()
            known = {(change.counter, change.is_more) for change in changes}
            held = [change for change in each.counters if change.is_exact or (change.counter, change.is_more) in known]
            dropped = [change for change in each.counters if change not in held]
            confirmed.append(replace(each, counters=held, ungated=[*each.ungated, *dropped]))
        return confirmed

    def _time(self, revisions: Revisions, pairs: Sequence[Pair]) -> None:
        series = LaunchSeries(self._options, self._watcher, revisions.launcher, self._compared.threshold)
        for one in pairs:
            for strategy in one.strategies:
                name = f"{one.head.name}:{strategy}"
                if name in self._found:
                    series.add(revisions.subject(one, strategy), touched=name in self._touched)
        self._check = replace(self._check, timed=True)
        try:
            series.run()
        finally:
            for name, timing in series.timings().items():
                self._found[name] = replace(self._found[name], timing=timing)
            for name, reason in series.failed.items():
                self._found[name] = replace(self._found[name], error=reason)


def _failed(one: Pair, head: StrategyResult) -> CheckedStrategy:
    return CheckedStrategy(one.head.name, head.name, dict(one.point.params), error=head.reason or head.verdict)


def _is_touched(base: StrategyResult, head: StrategyResult) -> bool:
    """Whether anything that is known of a strategy has changed, so that its time is the likelier to have."""
    before = [(one.sql, one.calls, one.plan_shape) for one in base.statements]
    after = [(one.sql, one.calls, one.plan_shape) for one in head.statements]
    exact = [(one.counters.python_calls, one.counters.bytes_received, one.counters.buffers) for one in (base, head)]
    return base.code != head.code or before != after or exact[0] != exact[1]
