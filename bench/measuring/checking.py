"""A comparison of two revisions, from what each declares to a verdict on every strategy: counters first, exactly; then
times, by launches, where counters have not decided.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bench.errors import UsageError
from bench.measurement import PointResult, StrategyResult
from bench.measuring.launch_series import LaunchSeries
from bench.measuring.neighbours import measuring
from bench.measuring.options import Options
from bench.measuring.revisions import Revisions
from bench.measuring.watching import Watcher
from bench.regressions.chance import beyond_chance, up_to_the_tasks
from bench.regressions.checked import Check, CheckedStrategy, Timing
from bench.regressions.counters import counter_changes, uncompared
from bench.regressions.limits import passed_limits, unchecked_limits
from bench.regressions.pairing import Gone, Pair
from bench.regressions.statements import statement_changes
from bench.revisions.code import Code

OTHER_DATA = (
    "its dataset {dataset} has other rows now, or lacks columns, so that there is no base for what is read of it"
)
CHANGED_DATA = (
    "its dataset {dataset} has other columns, tables, indexes or constraints now, and the same rows: each revision"
    " reads its own"
)


@dataclass(frozen=True)
class Compared:
    """What is compared: the code of both, what they are called, and from which difference on one is a regression."""

    base: Code
    head: Code
    base_name: str
    head_name: str
    threshold: float


@dataclass(frozen=True)
class Found:
    """What the counts of a pair say."""

    strategies: list[CheckedStrategy] = field(default_factory=list)
    vanished: list[Gone] = field(default_factory=list)
    appeared: list[str] = field(default_factory=list)
    missing: list[Gone] = field(default_factory=list)


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
        self._began = time.monotonic()

    def run(self, *, times: bool = True) -> None:
        """Compare; interrupted, what was found stays.

        Args:
            times: Whether to compare times too, where counters have not decided.

        Raises:
            BenchError: The base cannot be had or does not import, a selector matches nothing, or no database.
            KeyboardInterrupt: It was interrupted.
        """
        with Revisions(self._options, self._watcher, self._compared.base, self._compared.head) as revisions:
            pairing = revisions.pairing
            self._vanished, self._appeared = list(pairing.vanished), list(pairing.appeared)
            if self._options.selectors and not pairing.pairs:
                self._missing = [Gone(name, reason="the base lacks it") for name in pairing.appeared]
            if self._options.selectors and pairing.unranked:
                left_out = ", ".join(pairing.unranked)
                if not (pairing.pairs or pairing.vanished or pairing.appeared):
                    raise UsageError(f"{left_out}: shown in a run and never ranked, so there is nothing to compare")
                self._watcher.say(f"{left_out}: left out, for it is shown in a run and never ranked")
            self._check = replace(self._check, differs=revisions.differences)
            self._count(revisions, pairing.pairs)
            new = [gone.name for gone in pairing.vanished if gone.reason is not None and ":" not in gone.name]
            self._look_at_new(revisions, [*pairing.appeared, *new])
            if any(one.verdict in ("more", "failed") for one in self._found.values()):
                return
            if times:
                self._time(revisions, pairing.pairs)

    def result(self, *, interrupted: bool = False) -> Check:
        """What was found so far."""
        return replace(
            self._check,
            strategies=list(self._found.values()),
            vanished=self._vanished,
            appeared=self._appeared,
            missing=self._missing,
            seconds=time.monotonic() - self._began,
            interrupted=interrupted,
        )

    def _count(self, revisions: Revisions, pairs: Sequence[Pair]) -> None:
        for number, one in enumerate(pairs, 1):
            self._watcher.point_started(one.head.name, one.point, number, len(pairs))
            counted = revisions.count(one)
            relation = revisions.datasets(one) if counted[1].finished else "same"
            found = self._compare(one, counted, gate_all=relation == "same" and not revisions.differences)
            if any(not change.is_exact for each in found.strategies for change in each.counters):
                found = replace(found, strategies=self._confirm(revisions, one, found.strategies))
            if relation == "other":
                found = _of_other_data(one, found)
            elif relation == "changed":
                found = _of_changed_data(one, found)
            self._found |= {each.name: each for each in found.strategies}
            self._vanished += found.vanished
            self._appeared += found.appeared
            self._missing += found.missing
            self._watcher.point_finished(one.head.name, counted[1])

    def _look_at_new(self, revisions: Revisions, names: Sequence[str]) -> None:
        """Count what has no base: it must work, and no base is needed to tell that a budget is passed."""
        wanted: dict[str, list[str]] = {}
        for name in names:
            scenario, _, only = name.partition(":")
            strategies = revisions.scenarios[scenario].strategies
            wanted.setdefault(scenario, []).extend(
                one.name for one in strategies if only in ("", one.name) and not one.demonstrates
            )
        for scenario, selected in wanted.items():
            if revisions.scenarios[scenario].disturbed_by is not None:
                continue
            point = revisions.count_head(scenario, selected)
            if not point.finished:
                raise KeyboardInterrupt
            self._found |= {
                found.name: found
                for one in point.strategies
                if one.name in selected and (found := _of_new(scenario, point, one)) is not None
            }

    def _compare(self, one: Pair, counted: tuple[PointResult, PointResult], *, gate_all: bool) -> Found:
        """The strategies of a pair by what was counted of them."""
        if not all(point.finished for point in counted):
            raise KeyboardInterrupt
        before, after = ({each.name: each for each in point.strategies} for point in counted)
        found = Found()
        for strategy in one.strategies:
            base, head = before[strategy], after[strategy]
            name = f"{one.head.name}:{strategy}"
            if head.verdict in ("failed", "differs"):
                found.strategies.append(_failed(one, head))
            elif base.verdict == "skipped" and head.verdict == "skipped":
                continue
            elif head.verdict == "skipped":
                found.vanished.append(Gone(name, reason=f"it is skipped now: {head.reason}"))
            elif base.verdict == "skipped":
                found.appeared.append(name)
            elif base.verdict in ("failed", "differs"):
                found.missing.append(Gone(name, reason=f"the base {base.verdict}: {base.reason}"))
            else:
                found.strategies.append(self._counted(one, base, head, gate_all=gate_all))
            if (base.verdict is not None and head.verdict is None) and (limits := passed_limits(head)):
                params = dict(one.point.params)
                found.strategies.append(CheckedStrategy(one.head.name, strategy, params, limits=limits))
        return found

    def _counted(self, one: Pair, base: StrategyResult, head: StrategyResult, *, gate_all: bool) -> CheckedStrategy:
        changes = [
            change for change in counter_changes(base.counters, head.counters) if beyond_chance(change, base.counters)
        ]
        gated = [
            change for change in changes if (change.is_exact or gate_all) and not up_to_the_tasks(change, base, head)
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
        """The same, less the inexact counters that did not change in a second process too; one that fails there has
        failed.
        """
        self._watcher.step("counting again in other processes")
        again = {each.name: each for each in self._compare(one, revisions.count_again(one), gate_all=True).strategies}
        confirmed = []
        for each in found:
            second = again.get(each.name)
            if second is None or each.error is not None:
                confirmed.append(each)
                continue
            if second.error is not None:
                confirmed.append(second)
                continue
            known = {(change.counter, change.is_more) for change in second.counters}
            held = [change for change in each.counters if change.is_exact or (change.counter, change.is_more) in known]
            dropped = [change for change in each.counters if change not in held]
            confirmed.append(replace(each, counters=held, ungated=[*each.ungated, *dropped]))
        return confirmed

    def _time(self, revisions: Revisions, pairs: Sequence[Pair]) -> None:
        series = LaunchSeries(self._options, self._watcher, revisions.launcher, self._compared.threshold)
        for one in pairs:
            for strategy in one.strategies:
                name = f"{one.head.name}:{strategy}"
                if name not in self._found or self._found[name].without_base:
                    continue
                if (reason := revisions.untimed(one, strategy)) is not None:
                    self._found[name] = replace(self._found[name], timing=Timing("inconclusive", reason=reason))
                else:
                    series.add(revisions.subject(one, strategy), touched=name in self._touched)
        self._check = replace(self._check, timed=True)
        try:
            with measuring(self._watcher.say):
                series.run()
        finally:
            for name, timing in series.timings().items():
                self._found[name] = replace(self._found[name], timing=timing)
            for name, reason in series.failed.items():
                self._found[name] = replace(self._found[name], error=reason)


def _of_other_data(one: Pair, found: Found) -> Found:
    """What was found where the two make different data: there is no base for counts or times, only for failures."""
    return replace(
        found,
        strategies=[
            replace(each, counters=(), ungated=[*each.ungated, *each.counters], without_base=True)
            for each in found.strategies
        ],
        missing=[*found.missing, Gone(one.head.name, reason=OTHER_DATA.format(dataset=one.head.dataset))],
    )


def _of_changed_data(one: Pair, found: Found) -> Found:
    """What was found where the head's data are the base's, and something more or around them."""
    note = CHANGED_DATA.format(dataset=one.head.dataset)
    return replace(found, strategies=[replace(each, notes=[*each.notes, note]) for each in found.strategies])


def _of_new(scenario: str, point: PointResult, one: StrategyResult) -> CheckedStrategy | None:
    """What is to be said of a strategy that has no base; None where it works, within its budget if it has one."""
    error = (one.reason or one.verdict) if one.verdict in ("failed", "differs") else None
    limits = passed_limits(one)
    if error is None and not limits:
        return None
    return CheckedStrategy(scenario, one.name, dict(point.params), limits=limits, error=error, notes=["it is new"])


def _failed(one: Pair, head: StrategyResult) -> CheckedStrategy:
    return CheckedStrategy(one.head.name, head.name, dict(one.point.params), error=head.reason or head.verdict)


def _is_touched(base: StrategyResult, head: StrategyResult) -> bool:
    """Whether anything that is known of a strategy has changed, so that its time is the likelier to have."""
    before = [(one.sql, one.calls, one.plan_shape) for one in base.statements]
    after = [(one.sql, one.calls, one.plan_shape) for one in head.statements]
    return base.code != head.code or before != after or bool(counter_changes(base.counters, head.counters))
