"""What the samples of a point say: each strategy beside the baseline and the fastest of its kind, and who wins."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bench.scenario import Kind
from bench.verdicts.comparisons import (
    ALPHA,
    SMALL,
    Comparison,
    Sampled,
    Verdict,
    compared,
    fastest,
    judge,
    judge_beside,
    side_of,
)


@dataclass(frozen=True)
class StrategyDecision:
    """What is said of one strategy at a point.

    `ratio` is 1 for the baseline and `behind` is 1 for the fastest of its kind, bounds included; both have no verdict
    there. Where the baseline has no samples, `ratio` and `verdict` are None for all, and `behind` still stands.
    """

    name: str
    kind: Kind
    is_baseline: bool
    is_fastest: bool
    against_baseline: Comparison | None
    against_fastest: Comparison | None

    @property
    def ratio(self) -> float | None:
        """Its time over the baseline's."""
        return 1.0 if self.is_baseline else _ratio(self.against_baseline)

    @property
    def ratio_low(self) -> float | None:
        """The lower bound of `ratio`, at 95 %."""
        return 1.0 if self.is_baseline else _low(self.against_baseline)

    @property
    def ratio_high(self) -> float | None:
        """The upper bound of `ratio`, at 95 %."""
        return 1.0 if self.is_baseline else _high(self.against_baseline)

    @property
    def verdict(self) -> Verdict | None:
        """The verdict on `ratio`."""
        return self.against_baseline.verdict if self.against_baseline else None

    @property
    def behind(self) -> float | None:
        """Its time over that of the fastest of its kind."""
        return 1.0 if self.is_fastest else _ratio(self.against_fastest)

    @property
    def behind_low(self) -> float | None:
        """The lower bound of `behind`, at 95 %."""
        return 1.0 if self.is_fastest else _low(self.against_fastest)

    @property
    def behind_high(self) -> float | None:
        """The upper bound of `behind`, at 95 %."""
        return 1.0 if self.is_fastest else _high(self.against_fastest)

    @property
    def behind_verdict(self) -> Verdict | None:
        """The verdict on `behind`; `slower` is what keeps a strategy from being among the winners."""
        return self.against_fastest.verdict if self.against_fastest else None

    @property
    def smallest_detectable(self) -> float | None:
        """The smallest difference from the baseline that this run could have seen, as a share, if inconclusive.

        Where there is no baseline, that from the fastest of its kind.
        """
        comparison = self.against_baseline or self.against_fastest
        return comparison.smallest_detectable if comparison else None

    @property
    def autocorrelation(self) -> float | None:
        """The highest autocorrelation that its intervals had to allow for; None where they had to allow for none."""
        found = [c.autocorrelation for c in self._comparisons if c.autocorrelation is not None]
        return max(found, default=None)

    @property
    def rounds(self) -> int:
        """How many rounds were compared with the baseline's."""
        return self.against_baseline.rounds if self.against_baseline else 0

    @property
    def needs_confirmation(self) -> bool:
        """Whether one of its verdicts must hold in a second worker to be believed."""
        return any(comparison.needs_confirmation for comparison in self._comparisons)

    @property
    def _comparisons(self) -> list[Comparison]:
        return [comparison for comparison in (self.against_baseline, self.against_fastest) if comparison is not None]


@dataclass(frozen=True)
class PointDecision:
    """What is said of a point.

    Attributes:
        strategies: A decision for each, in the order in which they were given.
        winners: Those of the wanted kind that have samples and are not shown to be behind, the fastest first.
        fastest: The fastest of each kind, by the estimate.
        sampled: What it rests on, by name.
    """

    strategies: tuple[StrategyDecision, ...]
    winners: tuple[str, ...]
    fastest: Mapping[Kind, str]
    wanted: Kind
    sampled: Mapping[str, Sampled]

    def __getitem__(self, name: str) -> StrategyDecision:
        """The decision on the strategy of that name; raises KeyError where there is none."""
        for strategy in self.strategies:
            if strategy.name == name:
                return strategy
        raise KeyError(name)

    @property
    def to_confirm(self) -> tuple[str, ...]:
        """The strategies that a second worker must time again, references included; empty where none needs it."""
        names = {
            name
            for strategy in self.strategies
            for comparison in (strategy.against_baseline, strategy.against_fastest)
            if comparison is not None and comparison.needs_confirmation
            for name in (comparison.strategy, comparison.reference)
        }
        return tuple(strategy.name for strategy in self.strategies if strategy.name in names)

    def between(self, strategy: str, reference: str) -> Comparison | None:
        """What the samples of these two say, without a verdict; None where either is not here."""
        one, other = self.sampled.get(strategy), self.sampled.get(reference)
        return None if one is None or other is None else compared(one, other)


def decide(strategies: Sequence[Sampled], precision: float, wanted: Kind, *, cut_short: bool = False) -> PointDecision:
    """Judge a point by its samples.

    A strategy is faster or slower than its reference where the 95 % interval of the median log-ratio lies wholly on one
    side of 0, the estimate is beyond the margin of twice the precision, and the exact sign test holds at 5 % after
    Holm: over all strategies for the baseline, over all pairs of one kind for the fastest. Where every sample of one
    exceeds every one of the other, their ranks may hold in place of the signs. It is the same where the interval
    lies wholly inside the margin. Where either is slow it is slower if its three samples all exceed twice
    every sample of the other, and faster the other way round. All else is inconclusive.

    Args:
        strategies: Those that can be ranked; none that failed, differs or was skipped. Where one of these is the
            baseline, there is none here, and each `ratio` and `verdict` is None.
        precision: The half-width asked of an interval, as a share.
        wanted: The kind that the scenario asks for, among which the winners are sought.
        cut_short: Whether the budget ended the rounds before the intervals were as narrow as asked: the sign tests hold
            at 1 % then. Of equal strategies cut short after 40 rounds, 2 % were called faster or slower at 5 %.

    Raises:
        ValueError: Two strategies of one name, two baselines, or a sample that is not above 0.
    """
    _check(strategies)
    margin = math.log1p(2 * precision)
    baseline = next((one for one in strategies if one.baseline and one.samples), None)
    others = [one for one in strategies if not one.baseline]
    ratios = judge([(one, baseline) for one in others], margin, cut_short=cut_short) if baseline else []
    by_name = {one.name: one for one in strategies}
    best: dict[Kind, str] = {}
    behind: list[Comparison] = []
    for kind in sorted({one.kind for one in strategies}):
        ranked = [one for one in strategies if one.kind == kind]
        name = fastest({one.name: one.samples for one in ranked})
        if name is not None:
            best[kind] = name
            behind += judge_beside(by_name[name], ranked, margin, cut_short=cut_short)
    identities = [(one.name, one.kind, one is baseline) for one in strategies]
    return _point(identities, best, wanted, ratios, behind, by_name)


def confirm(first: PointDecision, second: PointDecision) -> PointDecision:
    """The first decision, keeping of its small differences those that a second worker shows too.

    A verdict of faster or slower by less than 5 % is kept where the second decision's interval for the same two lies
    wholly on the same side, its sign test holds at 5 %, and its estimate is at least a third of the first; otherwise it
    turns inconclusive, and the winners follow.
    """
    ratios = [one.against_baseline for one in first.strategies if one.against_baseline is not None]
    behind = [one.against_fastest for one in first.strategies if one.against_fastest is not None]
    return _point(
        [(one.name, one.kind, one.is_baseline) for one in first.strategies],
        first.fastest,
        first.wanted,
        [_confirmed(ratio, second) for ratio in ratios],
        [_confirmed(comparison, second) for comparison in behind],
        first.sampled,
    )


def _check(strategies: Sequence[Sampled]) -> None:
    if len({one.name for one in strategies}) < len(strategies):
        raise ValueError("two strategies have one name")
    if sum(one.baseline for one in strategies) > 1:
        raise ValueError("two strategies are the baseline")
    for one in strategies:
        if any(value <= 0 for value in one.samples.values()):
            raise ValueError(f"a sample of {one.name} is not above 0")


def _confirmed(comparison: Comparison, second: PointDecision) -> Comparison:
    if not comparison.needs_confirmation:
        return comparison
    again = second.between(comparison.strategy, comparison.reference)
    if (
        again is not None
        and side_of(again) == comparison.verdict
        and again.p_value is not None
        and again.p_value <= ALPHA
        and _is_as_large(again, comparison)
    ):
        return replace(comparison, confirmed=True)
    return replace(comparison, verdict="inconclusive", smallest_detectable=SMALL)


def _is_as_large(again: Comparison, first: Comparison) -> bool:
    """Whether a second worker shows at least a third of the first one's difference: a trace of it confirms nothing."""
    if again.ratio is None or first.ratio is None:
        return False
    return abs(math.log(again.ratio)) >= abs(math.log(first.ratio)) / 3


def _point(
    strategies: Sequence[tuple[str, Kind, bool]],
    best: Mapping[Kind, str],
    wanted: Kind,
    ratios: Iterable[Comparison],
    behind: Iterable[Comparison],
    sampled: Mapping[str, Sampled],
) -> PointDecision:
    against_baseline = {one.strategy: one for one in ratios}
    against_fastest = {one.strategy: one for one in behind}
    decisions = tuple(
        StrategyDecision(
            name,
            kind,
            is_baseline,
            best.get(kind) == name,
            against_baseline.get(name),
            against_fastest.get(name),
        )
        for name, kind, is_baseline in strategies
    )
    winning = [
        (one.behind, one.name)
        for one in decisions
        if one.kind == wanted and one.behind is not None and one.behind_verdict != "slower"
    ]
    return PointDecision(decisions, tuple(name for _, name in sorted(winning)), dict(best), wanted, sampled)


def _ratio(comparison: Comparison | None) -> float | None:
    return comparison.ratio if comparison else None


def _low(comparison: Comparison | None) -> float | None:
    return comparison.low if comparison else None


def _high(comparison: Comparison | None) -> float | None:
    return comparison.high if comparison else None
