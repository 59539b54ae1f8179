"""Claims: what a sentence of advice is worth against what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.claim import Claim
from bench.judged_claims import judge
from bench.measurement import ClaimVerdict, Counters, PointResult, StrategyResult, Verdict

ADVICE = Claim("selectin beats joined", source="the manual", faster="selectin", than="joined")
COUNTED = Claim("two statements", source="the manual", strategy="selectin", counter="statements", equals=2)


def sampled(name: str, ratio: float, rounds: int = 100, seed: int = 1, **fields: Any) -> StrategyResult:
    """A strategy of 10 ms times a ratio in each round, with 3 % of noise."""
    random = Random(f"{name} {seed}")
    samples = [round(1e7 * ratio * random.lognormvariate(0, 0.03)) for _ in range(rounds)]
    return StrategyResult(name, rounds=tuple(range(rounds)), samples_ns=tuple(samples), **fields)


def at(authors: int, ratio: float, rounds: int = 100, rtt_ms: float = 0.0) -> PointResult:
    """A point at which selectin takes `ratio` of the time of joined, and neither is the baseline."""
    strategies = (sampled("selectin", ratio, rounds, authors), sampled("joined", 1.0, rounds, authors))
    return PointResult({"authors": authors, "posts": 10}, rtt_ms, strategies)


@pytest.mark.parametrize(
    ("points", "verdict", "where"),
    [
        ([at(10, 0.5), at(100, 0.8)], "supported", ""),
        ([at(10, 1.5), at(100, 1.0)], "contradicted", ""),
        (
            [at(10, 0.5), at(100, 0.5), at(1000, 2.0)],
            "depends",
            "holds at authors=10, 100; not at authors=1000",
        ),
        (
            [at(10, 0.5), at(100, 1.2), at(100, 0.5, rtt_ms=5.0)],
            "depends",
            "holds at (authors=10, rtt_ms=0.0), (authors=100, rtt_ms=5.0); not at (authors=100, rtt_ms=0.0)",
        ),
        ([at(10, 0.5, rounds=5)], "undecided", ""),
        ([], "undecided", ""),
        ([PointResult({"authors": 1}, strategies=(sampled("selectin", 1.0),))], "undecided", ""),
    ],
)
def test_advice_on_times(points: Sequence[PointResult], verdict: ClaimVerdict, where: str) -> None:
    """Advice holds where its strategy is faster, not where it is the same or slower, and few rounds say nothing."""
    judged = judge(ADVICE, points)
    assert (judged.verdict, judged.where) == (verdict, where)
    assert (judged.text, judged.source, judged.faster, judged.than) == (
        "selectin beats joined",
        "the manual",
        "selectin",
        "joined",
    )


def test_points_that_do_not_decide_are_left_out() -> None:
    """A point with too few rounds neither supports nor contradicts what another one shows."""
    assert judge(ADVICE, [at(10, 0.5), at(100, 1.5, rounds=5)]).verdict == "supported"


def test_slow_strategies_are_judged_by_their_three_samples() -> None:
    """Of two that were sampled three times, one is faster where the other's samples all exceed twice its own."""
    assert judge(ADVICE, [at(10, 0.3, rounds=3)]).verdict == "supported"
    assert judge(ADVICE, [at(10, 0.7, rounds=3)]).verdict == "undecided"


def test_a_small_difference_needs_a_second_worker() -> None:
    """A difference of 3 % that the run did not confirm is not decided, though it is beyond the margin of 2 %."""
    assert judge(ADVICE, [at(10, 0.97, rounds=1000)], precision=0.01).verdict == "undecided"


def test_the_margin_follows_the_precision() -> None:
    """A difference of 8 % supports advice at a precision of 2.5 %, and is the same at one of 10 %."""
    assert judge(ADVICE, [at(10, 0.92)], precision=0.025).verdict == "supported"
    assert judge(ADVICE, [at(10, 0.92)], precision=0.1).verdict == "contradicted"


@pytest.mark.parametrize(
    ("verdict", "as_advised", "reversed_advice"),
    [
        ("faster", "supported", "contradicted"),
        ("slower", "contradicted", "supported"),
        ("same", "contradicted", "contradicted"),
        ("inconclusive", "undecided", "undecided"),
        ("failed", "undecided", "undecided"),
        ("differs", "undecided", "undecided"),
    ],
)
def test_a_claim_never_contradicts_the_table(
    verdict: Verdict, as_advised: ClaimVerdict, reversed_advice: ClaimVerdict
) -> None:
    """Where one of the two is the baseline, the claim follows the verdict of the table, whatever the samples are."""
    strategies = (sampled("selectin", 0.5, verdict=verdict), sampled("joined", 1.0, baseline=True))
    other_way = Claim("joined beats selectin", source="a blog", faster="joined", than="selectin")
    assert judge(ADVICE, [PointResult({}, strategies=strategies)]).verdict == as_advised
    assert judge(other_way, [PointResult({}, strategies=strategies)]).verdict == reversed_advice


def test_a_claim_follows_what_was_found_of_the_fastest() -> None:
    """Where one of the two is the fastest of their kind, the claim follows the verdict on the one behind."""
    fastest = sampled("selectin", 0.5, verdict="faster", behind=1.0)
    point = PointResult(
        {}, strategies=(fastest, sampled("joined", 1.0, verdict="same", behind=1.01, behind_verdict="same"))
    )
    assert judge(ADVICE, [point]).verdict == "contradicted"
    point = PointResult({}, strategies=(fastest, sampled("joined", 0.5, behind=2.0, behind_verdict="slower")))
    assert judge(ADVICE, [point]).verdict == "supported"


def test_strategies_of_two_kinds_are_compared() -> None:
    """Advice may weigh rows against entities: their samples are paired by round, though not ranked together."""
    strategies = (
        sampled("selectin", 0.5, verdict="faster", behind=1.0),
        sampled("joined", 1.0, returns="rows", verdict="faster", behind=1.0),
    )
    assert judge(ADVICE, [PointResult({}, strategies=strategies)]).verdict == "supported"


def test_a_claim_is_limited_to_its_points() -> None:
    """Only points with the values in `where` are judged, and the result says so."""
    limited = Claim("up to 100", source="x", faster="selectin", than="joined", where={"authors": 10})
    judged = judge(limited, [at(10, 0.5), at(100, 2.0)])
    assert (judged.verdict, judged.limits) == ("supported", {"authors": 10})


def counted(authors: int, statements: int | None, verdict: Verdict | None = "faster") -> PointResult:
    """A point at which selectin sent so many statements."""
    strategy = StrategyResult("selectin", verdict=verdict, counters=Counters(statements=statements))
    return PointResult({"authors": authors}, strategies=(strategy,))


@pytest.mark.parametrize(
    ("points", "verdict", "where"),
    [
        ([counted(10, 2), counted(500, 2)], "supported", ""),
        ([counted(10, 3)], "contradicted", ""),
        ([counted(10, 2), counted(500, 2), counted(501, 3)], "depends", "holds at authors=10, 500; not at authors=501"),
        ([counted(10, None)], "undecided", ""),
        ([counted(10, 2, "failed")], "undecided", ""),
        ([counted(10, 0, None)], "contradicted", ""),
    ],
)
def test_advice_on_counters(points: Sequence[PointResult], verdict: ClaimVerdict, where: str) -> None:
    """Advice on a counter holds where the count is exactly what was said; what was not counted decides nothing."""
    judged = judge(COUNTED, points)
    assert (judged.verdict, judged.where) == (verdict, where)
    assert (judged.strategy, judged.counter, judged.equals) == ("selectin", "statements", 2)


@given(st.lists(st.sampled_from(["faster", "slower", "same", "inconclusive", "failed"]), max_size=6))
def test_the_verdict_is_that_of_the_points_that_decide(verdicts: list[Verdict]) -> None:
    """Whatever the points say, the claim depends where they disagree and is undecided where none decides."""
    points = [
        PointResult(
            {"n": n}, strategies=(StrategyResult("selectin", verdict=verdict), StrategyResult("joined", baseline=True))
        )
        for n, verdict in enumerate(verdicts)
    ]
    found = {verdict == "faster" for verdict in verdicts if verdict not in ("inconclusive", "failed")}
    expected = {(): "undecided", (True,): "supported", (False,): "contradicted", (False, True): "depends"}
    assert judge(ADVICE, points).verdict == expected[tuple(sorted(found))]


def counting(name: str, **counters: int) -> StrategyResult:
    """A strategy that was counted."""
    return StrategyResult(name, counters=Counters(**counters))


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ({"rows": 9}, {"rows": 10}, "supported"),
        ({"rows": 10}, {"rows": 10}, "contradicted"),
        ({"rows": 11}, {"rows": 10}, "contradicted"),
        ({"rows": 11}, {}, "undecided"),
    ],
)
def test_less_of_a_counter(one: dict[str, int], other: dict[str, int], verdict: ClaimVerdict) -> None:
    """A claim of less is supported where it is less, contradicted where not, undecided where one is not known."""
    claim = Claim("fewer rows", source="the manual", less="new", than="old", counter="rows")
    point = PointResult({}, strategies=(counting("new", **one), counting("old", **other)))
    assert verdict == judge(claim, [point]).verdict


def test_less_memory_is_less_by_more_than_it_varies() -> None:
    """Of 10 MB a twentieth less is not less, and a fifth less is; of a megabyte, a quarter less may be less or not."""
    claim = Claim("less memory", source="the manual", less="new", than="old", counter="peak_memory")
    found = []
    for new, old in (
        (9_500_000, 10_000_000),
        (8_000_000, 10_000_000),
        (500_000, 900_000),
        (100_000, 900_000),
        (807_000, 1_069_000),
        (1_200_000, 1_069_000),
        (1_600_000, 1_069_000),
    ):
        strategies = (counting("new", peak_memory=new), counting("old", peak_memory=old))
        found.append(judge(claim, [PointResult({}, strategies=strategies)]).verdict)
    assert ["contradicted", "supported", "undecided", "supported", "undecided", "undecided", "contradicted"] == found


@pytest.mark.parametrize(("ratio", "verdict"), [(0.5, "supported"), (1.0, "supported"), (1.5, "contradicted")])
def test_as_fast_is_faster_or_the_same(ratio: float, verdict: ClaimVerdict) -> None:
    """A claim of as fast holds where the strategy is faster or the same, and not where it is slower."""
    claim = Claim("no slower", source="the manual", as_fast="selectin", than="joined")
    assert verdict == judge(claim, [at(10, ratio, rounds=400)]).verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"),
    [(0.15, "supported"), (0.2, "undecided"), (0.5, "contradicted"), (1.0, "contradicted"), (1.5, "contradicted")],
)
@pytest.mark.parametrize("judged_before", [True, False])
def test_so_many_times_as_fast(ratio: float, verdict: ClaimVerdict, judged_before: bool) -> None:
    """Five times as fast holds where the whole interval is beyond five, not where it is below, nor where slower."""
    claim = Claim("5x", source="the manual", faster="selectin", than="joined", by=5)
    point = at(10, ratio, rounds=400)
    if judged_before:
        told: Verdict = "same" if ratio == 1.0 else "faster" if ratio < 1 else "slower"
        new, old = point.strategies
        new = replace(new, verdict=told, ratio=ratio, ratio_low=ratio * 0.99, ratio_high=ratio * 1.01)
        point = replace(point, strategies=(new, replace(old, baseline=True)))
    assert verdict == judge(claim, [point]).verdict
    swapped = Claim("5x", source="the manual", faster="joined", than="selectin", by=1.2)
    assert ("supported" if ratio == 1.5 else "contradicted") == judge(swapped, [point]).verdict


def test_how_many_times_as_fast_is_not_told_without_an_interval() -> None:
    """Of two slow strategies, sampled three times each, no interval tells by how much the one is faster."""
    claim = Claim("twice", source="the manual", faster="selectin", than="joined", by=2)
    assert "undecided" == judge(claim, [at(10, 0.1, rounds=3)]).verdict
