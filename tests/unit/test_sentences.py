"""The answer in a sentence: who wins, by how much, how sure that is, and where it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bench.measurement import ClaimResult, Counters, Latency, LoadResult, PointResult, ScenarioResult, StrategyResult
from bench.reports.charts.findings import of_point
from bench.reports.claims import claim_sentence
from bench.reports.formatting import code, markdown, plain
from bench.reports.pools import latency_table, pool_sentences
from bench.reports.sentences import answer, changes, counted_answer, counted_range

LAZY = StrategyResult("lazy", baseline=True, median_ms=76.2, ratio=1.0, behind=9.03, behind_verdict="slower")
SELECTIN = StrategyResult(
    "selectin", verdict="faster", median_ms=8.43, ratio=0.11, ratio_low=0.1, ratio_high=0.12, behind=1.0
)
JOINED = StrategyResult(
    "joined",
    verdict="faster",
    median_ms=11.2,
    ratio=0.147,
    ratio_low=0.13,
    ratio_high=0.16,
    behind=1.33,
    behind_low=1.28,
    behind_high=1.37,
    behind_verdict="slower",
)


def one_point(*strategies: StrategyResult, winners: Sequence[str] = (), **fields: Any) -> ScenarioResult:
    """A scenario that was measured at its typical point alone."""
    point = PointResult({"authors": 100}, strategies=strategies, winners=winners, rounds=212, **fields)
    return ScenarioResult("loading.one_to_many", typical={"authors": 100}, points=(point,))


def test_a_winner() -> None:
    """One winner is named with its ratio, interval, times and paired rounds, and with the next behind it."""
    assert answer(one_point(LAZY, SELECTIN, JOINED, winners=["selectin"])) == (
        "selectin wins: 0.11× the time of lazy (0.10–0.12), 8.43 ms against 76.2 ms, over 212 paired rounds;"
        " next is joined, which takes 1.33× (1.28–1.37) its time."
    )


def test_the_rounds_are_those_that_both_were_sampled_in() -> None:
    """A baseline that was sampled in every fourth round is compared in those alone, and the sentence says how many."""
    lazy, selectin = replace(LAZY, rounds=range(0, 212, 4)), replace(SELECTIN, rounds=range(212))
    assert answer(one_point(lazy, selectin, winners=["selectin"])).startswith(
        "selectin wins: 0.11× the time of lazy (0.10–0.12), 8.43 ms against 76.2 ms, over 53 paired rounds"
    )


def test_times_that_contradict_the_ratio_are_left_out() -> None:
    """Where times changed between the rounds that both were sampled in and the others, the sentence has the ratio."""
    lazy, selectin = replace(LAZY, rounds=range(0, 212, 4)), replace(SELECTIN, rounds=range(212), median_ms=4.2)
    assert answer(one_point(lazy, selectin, winners=["selectin"])) == (
        "selectin wins: 0.11× the time of lazy (0.10–0.12), over 53 paired rounds."
    )


def test_strategies_that_are_not_told_apart() -> None:
    """Several winners are named together, with what lies between them and what they gain on the baseline."""
    near = replace(JOINED, behind=1.01, behind_low=0.98, behind_high=1.04, behind_verdict="inconclusive")
    assert answer(one_point(LAZY, SELECTIN, near, winners=["selectin", "joined"])) == (
        "selectin and joined are not told apart: joined takes 1.01× (0.98–1.04) the time of selectin;"
        " selectin takes 0.11× the time of lazy (0.10–0.12), 8.43 ms against 76.2 ms,"
        " over 212 paired rounds; a finer one (--precision 1%) may tell more."
    )


def test_what_had_too_few_rounds_is_no_tie() -> None:
    """One that is far behind by its estimate, and not shown to be, is named apart with what to do."""
    far = replace(JOINED, behind=4.2, behind_low=None, behind_high=None, behind_verdict="inconclusive")
    assert answer(one_point(LAZY, SELECTIN, far, winners=["selectin", "joined"])) == (
        "selectin is ahead: 0.11× the time of lazy (0.10–0.12), 8.43 ms against 76.2 ms, over 212 paired rounds,"
        " but not shown to be faster than joined (4.20×): give more time with --budget."
    )


def test_a_single_survivor_wins_over_nobody() -> None:
    """Where one strategy alone could be timed, the sentence does not call it a winner."""
    gone = StrategyResult("wrong", verdict="differs")
    assert answer(one_point(replace(LAZY, behind=1.0, behind_verdict=None), gone, winners=["lazy"])) == (
        "only lazy could be ranked, in 76.2 ms: there is nothing to compare it with. Not ranked: wrong (differs)."
    )


def test_many_that_are_not_told_apart() -> None:
    """Of more than two, the distances of the nearest and the farthest are said; those that are the same stay so."""
    near = replace(JOINED, behind=1.01, behind_low=0.98, behind_high=1.04, behind_verdict="same")
    far = replace(near, name="subquery", behind=1.02, behind_low=0.97, behind_high=1.03)
    assert answer(one_point(LAZY, SELECTIN, far, near, winners=["selectin", "joined", "subquery"])) == (
        "selectin, joined and subquery are not told apart: the others take 1.01× (0.98–1.04) to 1.02× (0.97–1.03)"
        " the time of selectin; selectin takes 0.11× the time of lazy (0.10–0.12), 8.43 ms against 76.2 ms,"
        " over 212 paired rounds."
    )


def test_a_tie_with_a_baseline_that_was_beaten() -> None:
    """Where the baseline is not told from the fastest, one that is faster than it alone is still said to be."""
    first = replace(LAZY, behind=1.1, behind_low=0.99, behind_high=1.2, behind_verdict="inconclusive")
    assert answer(one_point(first, SELECTIN, winners=["selectin", "lazy"])) == (
        "selectin and lazy are not told apart: lazy takes 1.10× (0.99–1.20) the time of selectin;"
        " against the baseline alone, selectin is faster, over 212 paired rounds;"
        " a finer one (--precision 1%) may tell more."
    )


def test_the_baseline_wins() -> None:
    """A baseline that wins is said to, with the next behind it."""
    first = replace(LAZY, median_ms=8.0, behind=1.0, behind_verdict=None)
    other = replace(JOINED, verdict="slower")
    assert answer(one_point(other, first, winners=["lazy"])) == (
        "lazy, the baseline, wins, in 8.00 ms, over 212 paired rounds;"
        " next is joined, which takes 1.33× (1.28–1.37) its time."
    )


def test_nothing_beats_the_baseline() -> None:
    """A tie with the baseline says so, and the smallest difference that the run could have seen."""
    near = replace(JOINED, verdict="inconclusive", behind=1.0, behind_verdict=None, smallest_detectable=0.061)
    first = replace(LAZY, behind=1.02, behind_low=0.97, behind_high=1.06, behind_verdict="inconclusive")
    assert answer(one_point(first, near, winners=["joined", "lazy"])) == (
        "joined and lazy are not told apart: lazy takes 1.02× (0.97–1.06) the time of joined;"
        " none of them was shown to beat the baseline, where a difference under 6.1 % could not have been seen,"
        " over 212 paired rounds; a finer one (--precision 1%) may tell more."
    )


def test_ahead_and_not_faster() -> None:
    """One that is ahead of all others but was not shown to be faster than the baseline is not said to win."""
    doubtful = replace(SELECTIN, verdict="inconclusive", ratio=0.97, ratio_low=0.93, ratio_high=1.01)
    assert answer(one_point(LAZY, doubtful, winners=["selectin"])) == (
        "selectin is ahead of the others, not shown to be faster than lazy: 0.97× the time of lazy (0.93–1.01),"
        " 8.43 ms against 76.2 ms, over 212 paired rounds."
    )


def test_those_that_fell_out_are_named() -> None:
    """Strategies that failed or differ are named beside the winner; one that declined the point is not."""
    fallen = [
        StrategyResult("wrong", verdict="differs"),
        StrategyResult("failing", verdict="failed"),
        StrategyResult("newest", verdict="skipped"),
    ]
    said = answer(one_point(LAZY, SELECTIN, *fallen, winners=["selectin"]))
    assert said.endswith("over 212 paired rounds. Not ranked: wrong (differs), failing (failed).")


def test_no_winner() -> None:
    """Where everything failed, no winner is made up."""
    failed = [replace(LAZY, verdict="failed"), replace(SELECTIN, verdict="failed")]
    assert answer(one_point(*failed)) == "No strategy could be ranked. Not ranked: lazy (failed), selectin (failed)."


@pytest.mark.parametrize("verdict", ["failed", "skipped"])
def test_without_a_baseline_to_compare_with(verdict: str) -> None:
    """Where the baseline fell out or declined the point, what is faster than all others wins, and that is said."""
    out = replace(LAZY, verdict=verdict, median_ms=None, behind=None, behind_verdict=None)
    first, second = (
        replace(one, verdict=None, ratio=None, ratio_low=None, ratio_high=None) for one in (SELECTIN, JOINED)
    )
    scenario = one_point(out, first, replace(second, behind_verdict="slower"), winners=["selectin"])

    assert answer(scenario) == (
        "selectin wins, in 8.43 ms, over 212 paired rounds; next is joined, which takes 1.33× (1.28–1.37) its time."
        f" Not ranked: lazy ({verdict})."
    )
    assert "selectin wins" == of_point(scenario.points[0])


def test_one_that_fell_out_is_not_in_doubt() -> None:
    """Where rounds were too few, those are named that were not ruled out, and no baseline that was never timed."""
    out = replace(LAZY, verdict="skipped", median_ms=None, behind=None, behind_verdict=None)
    first, second = (
        replace(one, verdict=None, ratio=None, ratio_low=None, ratio_high=None) for one in (SELECTIN, JOINED)
    )
    scenario = one_point(out, first, replace(second, behind_verdict="inconclusive"), winners=["selectin", "joined"])

    assert answer(scenario) == (
        "selectin is ahead, over 212 paired rounds, but not shown to be faster than joined (1.33×, 1.28–1.37): give"
        " more time with --budget. Not ranked: lazy (skipped)."
    )
    assert "selectin is ahead, but not shown to be faster than joined" == of_point(scenario.points[0])


def test_not_measured() -> None:
    """A scenario without points, or whose points were not reached, claims nothing."""
    assert answer(ScenarioResult("a")) == "Not measured."
    assert answer(one_point(finished=False)) == "Not measured: the run was interrupted before this scenario."


def test_interrupted() -> None:
    """A point that was broken off says so after what was found."""
    said = answer(one_point(LAZY, SELECTIN, winners=["selectin"], finished=False))
    assert said.endswith("rounds. The run was interrupted at this point, so more rounds were to come.")


def grid(*measured: tuple[int, int, float, Sequence[str]]) -> ScenarioResult:
    """A scenario measured at points (authors, posts, rtt_ms) with their winners; 100 and 10 are typical."""
    strategies = (LAZY, SELECTIN, JOINED)
    points = [
        PointResult({"posts": posts, "authors": authors}, rtt_ms, strategies=strategies, winners=winners)
        for authors, posts, rtt_ms, winners in measured
    ]
    return ScenarioResult("s", size="authors", typical={"posts": 10, "authors": 100}, points=points)


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (
            [(100, 10, 0, ["selectin"]), (10, 10, 0, ["joined"]), (1000, 10, 0, ["selectin"])],
            "The winner changes with authors: up to authors=10, joined wins; from authors=100 on, selectin wins.",
        ),
        (
            [(100, 10, 0, ["selectin", "joined"]), (10, 10, 0, ["joined"]), (1000, 10, 0, ["selectin"])],
            (
                "The winner changes with authors: up to authors=100, joined is among the winners;"
                " from authors=1000 on, selectin wins."
            ),
        ),
        (
            [(100, 10, 0, ["selectin"]), (10, 10, 0, ["selectin", "joined"]), (1000, 10, 0, [])],
            "At authors of 10 and 100 alike, selectin is among the winners; alone at 100.",
        ),
        (
            [(100, 10, 0, ["selectin"]), (100, 1, 0, ["selectin"]), (10, 10, 0, ["joined"])],
            (
                "The winner changes with authors: up to authors=10, joined wins; from authors=100 on, selectin wins."
                " At posts of 1 and 10 alike, selectin wins."
            ),
        ),
        (
            [(100, 10, 0, ["selectin"]), (100, 10, 5, ["joined"])],
            (
                "The winner changes with added round-trip time: with none added, selectin wins;"
                " from 5 ms of it on, joined wins."
            ),
        ),
        ([(100, 10, 0, ["selectin"]), (10, 1, 0, ["joined"])], ""),
    ],
)
def test_where_the_winner_changes(measured: Sequence[tuple[int, int, float, Sequence[str]]], said: str) -> None:
    """Along each parameter through the typical point, the two points between which the winner changes are named."""
    found = answer(grid(*measured))
    head, _, rest = found.partition("its time.")
    assert head.startswith("At posts=10, authors=100, selectin")
    assert (rest or found.partition("76.2 ms.")[2]).strip() == said


def crossing(*measured: tuple[dict[str, Any], float, float, float, float | None]) -> ScenarioResult:
    """A scenario measured at points (params, rtt_ms, medians of lazy and joined, rtt_added_ms), the first typical."""
    points = [
        PointResult(
            params,
            rtt_ms,
            strategies=(StrategyResult("lazy", median_ms=lazy), StrategyResult("joined", median_ms=joined)),
            winners=("lazy",) if lazy < joined else ("joined",),
            rtt_added_ms=added_ms,
        )
        for params, rtt_ms, lazy, joined, added_ms in measured
    ]
    return ScenarioResult("s", typical=measured[0][0], points=points)


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (
            [({"authors": 10}, 0, 1, 3, None), ({"authors": 100}, 0, 21, 7, None)],
            (
                "The winner changes with authors: up to authors=10, lazy wins; from authors=100 on, joined wins;"
                " they cross at about authors=32, between the measured 10 and 100."
            ),
        ),
        (
            [({"authors": 101}, 0, 1, 1.1, None), ({"authors": 104}, 0, 1.1, 1, None)],
            (
                "The winner changes with authors: up to authors=101, lazy wins; from authors=104 on, joined wins;"
                " they cross at about authors=102, between the measured 101 and 104."
            ),
        ),
        (
            [({"part": 0.25}, 0, 1, 3, None), ({"part": 0.5}, 0, 3, 1, None)],
            (
                "The winner changes with part: up to part=0.25, lazy wins; from part=0.5 on, joined wins;"
                " they cross at about part=0.35, between the measured 0.25 and 0.5."
            ),
        ),
        (
            [({"n": 10}, 0, 1, 2, None), ({"n": 4000}, 0, 2, 1, None), ({"n": 160_000}, 0, 1, 2, None)],
            (
                "The winner changes with n: up to n=10, lazy wins; from n=4000 on, joined wins; from n=160000 on,"
                " lazy wins; lazy and joined cross at about n=200, between the measured 10 and 4000;"
                " joined and lazy cross at about n=25000, between the measured 4000 and 160000."
            ),
        ),
        (
            [({"n": 1}, 0.5, 4, 4.6, 0.5), ({"n": 1}, 1, 5, 4.6, 1)],
            (
                "The winner changes with added round-trip time: up to 0.5 ms of it, lazy wins; from 1 ms of it on,"
                " joined wins; they cross at about 0.8 ms of added round-trip time,"
                " between the measured 0.5 and 1 ms."
            ),
        ),
        (
            [({"n": 1}, 0, 2, 5, None), ({"n": 1}, 5, 22.2, 10.04, 5.04)],
            (
                "The winner changes with added round-trip time: with none added, lazy wins; from 5 ms of it on,"
                " joined wins; they cross at about 1 ms of added round-trip time,"
                " between the measured 0 and 5 ms."
            ),
        ),
        (
            [({"kind": "a"}, 0, 1, 3, None), ({"kind": "b"}, 0, 3, 1, None)],
            "The winner changes with kind: up to kind=a, lazy wins; from kind=b on, joined wins.",
        ),
    ],
    ids=["size", "whole between near points", "broken", "twice", "added time", "time really added", "words"],
)
def test_where_two_strategies_cross(measured: Sequence[Any], said: str) -> None:
    """Where times can be interpolated, the value at which both take as long is said to two digits, and between what."""
    assert changes(crossing(*measured)) == [said]


def test_those_that_cross_are_named_where_several_win() -> None:
    """Where more than one strategy wins a stretch, it is said which two cross."""
    found = crossing(({"n": 10}, 0, 1, 9, None), ({"n": 1000}, 0, 9, 1, None))
    tied = replace(
        found.points[1],
        strategies=(*found.points[1].strategies, StrategyResult("selectin", median_ms=1.0)),
        winners=("joined", "selectin"),
    )
    assert changes(replace(found, points=(found.points[0], tied)), code) == [
        (
            "The winner changes with `n`: up to `n=10`, `lazy` wins; from `n=1000` on, `joined` and `selectin` are"
            " among the winners; `lazy` and `joined` cross at about `n=100`, between the measured 10 and 1000."
        )
    ]


def counted(*strategies: tuple[str, int | None, int | None]) -> ScenarioResult:
    """A scenario that was counted: strategies with their statements and round trips."""
    point = PointResult(
        {"n": 1},
        strategies=[
            StrategyResult(name, counters=Counters(sent, round_trips=trips)) for name, sent, trips in strategies
        ],
    )
    return ScenarioResult("s", typical={"n": 1}, points=(point,))


@pytest.mark.parametrize(
    ("strategies", "said", "short"),
    [
        (
            [("lazy", 101, 103), ("joined", 1, 3), ("Sub", 1, 3)],
            "A warm call takes 3 (joined and Sub) to 103 (lazy) round trips.",
            "3 to 103 round trips",
        ),
        (
            [("lazy", 12345, None), ("joined", 1, None)],
            "A warm call takes 1 (joined) to 12,345 (lazy) statements.",
            "1 to 12,345 statements",
        ),
        ([("lazy", 1, None)], "A warm call takes 1 statement, whatever the strategy.", "1 statement"),
        (
            [*((f"s{n}", 1, 3) for n in range(4)), ("lazy", 2, 4)],
            "A warm call takes 3 (4 strategies) to 4 (lazy) round trips.",
            "3 to 4 round trips",
        ),
        ([("raw", None, None)], "Nothing could be counted.", ""),
    ],
)
def test_what_was_counted(strategies: Sequence[tuple[str, int, int]], said: str, short: str) -> None:
    """Without a clock, the answer is between what and what the strategies lie, with their names."""
    found = counted(*strategies)
    assert counted_answer(found) == said
    assert counted_range(found.points[0]) == short


def test_what_was_not_counted() -> None:
    """Where there is no point, or none was reached, nothing is said to be counted; a place is named if needed."""
    assert counted_answer(ScenarioResult("a")) == "Not counted."
    missed = PointResult({"n": 1}, finished=False)
    assert counted_answer(ScenarioResult("a", points=(missed,))).startswith("Not counted: the run was interrupted")
    other = replace(counted(("lazy", 1, 3)), typical={"n": 2})
    assert counted_answer(other, code) == "At `n=1`, a warm call takes 3 round trips, whatever the strategy."


def test_names_are_quoted() -> None:
    """Names of others are made harmless by the function that is given for them."""
    odd = replace(SELECTIN, name="sel|ect`in")
    assert answer(one_point(replace(LAZY, name="<b>"), odd, winners=["sel|ect`in"]), code).startswith(
        "<code>sel&#124;ect&#96;in</code> wins: 0.11× the time of `<b>` (0.10–0.12)"
    )


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (
            ClaimResult("t", "s", "supported", faster="a", than="b"),
            "Supported: a is faster than b at every point that decided.",
        ),
        (
            ClaimResult("t", "s", "contradicted", faster="a", than="b", limits={"n": 1}),
            "Contradicted: a is not faster than b at any point where n=1 that decided.",
        ),
        (
            ClaimResult("t", "s", "depends", "holds at n=1; not at n=2", faster="a", than="b"),
            "Depends: a faster than b: holds at n=1; not at n=2.",
        ),
        (
            ClaimResult("t", "s", "undecided", faster="a", than="b"),
            "Undecided: nothing that was measured decides whether a is faster than b.",
        ),
        (
            ClaimResult("t", "s", "supported", strategy="a", counter="round_trips", equals=2),
            "Supported: a has 2 round trips at every point.",
        ),
        (
            ClaimResult("t", "s", "contradicted", strategy="a", counter="statements", equals=1),
            "Contradicted: a does not have 1 statement at any point.",
        ),
        (
            ClaimResult("t", "s", "depends", "holds at n=1; not at n=2", strategy="a", counter="rows", equals=0),
            "Depends: a with 0 rows: holds at n=1; not at n=2.",
        ),
        (
            ClaimResult("t", "s", "contradicted", faster="a", than="b", by=5),
            "Contradicted: a is not 5 times as fast as b at any point that decided.",
        ),
        (
            ClaimResult("t", "s", "depends", "holds at n=1; not at n=2", faster="a", than="b", by=1.1),
            "Depends: a at least 1.1 times as fast as b: holds at n=1; not at n=2.",
        ),
        (
            ClaimResult("t", "s", "supported", as_fast="a", than="b"),
            "Supported: a is as fast as b, or faster, at every point that decided.",
        ),
        (
            ClaimResult("t", "s", "depends", "holds at n=1; not at n=2", as_fast="a", than="b"),
            "Depends: a as fast as b, or faster: holds at n=1; not at n=2.",
        ),
        (
            ClaimResult("t", "s", "contradicted", less="a", than="b", counter="peak_memory"),
            "Contradicted: a does not have less peak memory than b at any point that decided.",
        ),
        (
            ClaimResult("t", "s", "undecided", less="a", than="b", counter="rows"),
            "Undecided: nothing that was counted decides whether a has fewer rows than b.",
        ),
        (
            ClaimResult("t", "s", "undecided", strategy="a", counter="rows", equals=0),
            "Undecided: nothing that was counted decides whether a has 0 rows.",
        ),
    ],
)
def test_claims(claim: ClaimResult, said: str) -> None:
    """Each verdict on a claim has its sentence, in which names and places are those that were measured."""
    assert claim_sentence(claim) == said


def test_a_claim_about_what_was_not_measured_says_so() -> None:
    """Where no point is within its limits, it is said what was not measured; where one is, that it did not decide."""
    limited = ClaimResult("t", "s", "undecided", faster="a", than="b", limits={"rows": 10000})
    counted = ClaimResult("t", "s", "undecided", strategy="a", counter="statements", equals=2, limits={"rows": 10000})
    small, large = (PointResult({"rows": rows}, strategies=(LAZY,)) for rows in (200, 10000))
    unreached = replace(large, strategies=())
    missing = "Undecided: not measured at `rows=10000`, so that nothing says whether `a` is faster than `b` there."
    assert missing == claim_sentence(limited, code, measured=[small, unreached])
    assert claim_sentence(counted, measured=[small]) == (
        "Undecided: not measured at rows=10000, so that nothing says whether a has 2 statements there."
    )
    assert claim_sentence(limited, measured=[small, large]) == (
        "Undecided: nothing that was measured decides whether a is faster than b where rows=10000."
    )


def test_claims_are_quoted() -> None:
    """The names in a claim are quoted apart from the words about its places."""
    claim = ClaimResult("t", "s", "depends", "holds at n=a|b; not at n=2", faster="a", than="b")
    assert claim_sentence(claim, code, markdown) == "Depends: `a` faster than `b`: holds at n=a&#124;b; not at n=2."


def test_the_counter_that_leads_comes_after_the_winner() -> None:
    """Where a scenario is about a counter, those within what it varies by are named with the least, and the baseline's.

    A demonstration is not among them.
    """
    strategies = (
        StrategyResult("all", baseline=True, counters=Counters(peak_memory=12_345_678, round_trips=3)),
        StrategyResult("paged", counters=Counters(peak_memory=7_000_000, round_trips=40)),
        StrategyResult("streamed", counters=Counters(peak_memory=7_600_000, round_trips=40)),
        StrategyResult("shown", demonstration=True, counters=Counters(peak_memory=1)),
    )
    led = ScenarioResult("s", points=(PointResult({}, strategies=strategies),), headline="peak_memory")
    expected = "Least peak memory: 7.00 MB (paged and streamed), against 12.3 MB of all, the baseline."
    assert expected == answer(led).partition(". ")[2]
    assert expected == counted_answer(led).partition(". ")[2]


def pool(most: int | None, p99_ms: float, behind: tuple[float, float | None, float | None], rate: float) -> Any:
    """A strategy that drove a load through a pool of at most so many connections."""
    load = LoadResult(
        samples=10,
        tasks=20,
        units=100,
        rate=None,
        throughput=rate,
        unit=Latency(1000, 1.0, 2.0, p99_ms, 9.0, ""),
        waiting=None,
        loop_lag=None,
        connections_opened=0,
        connections_closed=0,
        most_in_use=1,
        timeouts=0,
        lost=0,
        errors={},
        client_cpu=0.5,
        most_connections=most,
    )
    middle, low, high = behind
    name = f"up_to_{most}"
    return StrategyResult(
        name, median_ms=100_000 / rate, ratio=1.0, behind=middle, behind_low=low, behind_high=high, load=load
    )


TWENTY = pool(20, 30.5, (1.0, None, None), 2000.0)
UNBOUND = pool(None, 12.25, (1.5, 1.4, 1.6), 1333.0)


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        (
            [TWENTY, pool(5, 40.0, (1.02, 1.0, 1.04), 1960.4), pool(1, 50.0, (1.5, 1.4, 1.6), 1333.0), UNBOUND],
            (
                "The smallest pool within 5 % of the best throughput is that of up_to_5: at most 5 connections,"
                " 1960 units a second; the least 99th percentile of a unit that was seen is 12.2 ms,"
                " of up_to_None."
            ),
        ),
        (
            [TWENTY, pool(5, 40.0, (1.02, 0.9, 1.2), 1960.4)],
            (
                "The smallest pool within 5 % of the best throughput is that of up_to_5, as far as these rounds tell:"
                " at most 5 connections, 1960 units a second; the least 99th percentile of a unit that was seen is"
                " 30.5 ms, of up_to_20."
            ),
        ),
        (
            [TWENTY, pool(5, 40.0, (1.2, 1.0, 1.4), 1666.0)],
            (
                "The smallest pool within 5 % of the best throughput is that of up_to_20, as far as these rounds tell:"
                " at most 20 connections, 2000 units a second; the least 99th percentile of a unit that was seen is"
                " 30.5 ms, of up_to_20."
            ),
        ),
        ([TWENTY, UNBOUND], None),
        # One that was never sampled beside the fastest is not taken for as fast.
        (
            [TWENTY, replace(pool(5, 40.0, (1.0, None, None), 1000.0), behind=None)],
            (
                "The smallest pool within 5 % of the best throughput is that of up_to_20, as far as these rounds tell:"
                " at most 20 connections, 2000 units a second; the least 99th percentile of a unit that was seen is"
                " 30.5 ms, of up_to_20."
            ),
        ),
    ],
)
def test_the_smallest_pool_that_is_large_enough_is_named(pools: Sequence[StrategyResult], said: str | None) -> None:
    """With its figures, and no more certainty than its interval and those of the smaller ones have; nothing is said of
    pools that are all of one size.
    """
    assert ([said] if said is not None else []) == pool_sentences(PointResult({}, strategies=pools), plain)


def test_latency_stands_against_load() -> None:
    """A line for each size in its order, with who drove a load there; points that differ in something else are left
    out.
    """
    points = [
        PointResult({"tasks": 20, "work": "short"}, strategies=[TWENTY, UNBOUND]),
        PointResult({"tasks": 1, "work": "short"}, strategies=[pool(20, 1.5, (1.0, None, None), 800.0)]),
        PointResult({"tasks": 1, "work": "slow"}, strategies=[pool(20, 9.5, (1.0, None, None), 100.0)]),
    ]
    scenario = ScenarioResult("pools", size="tasks", typical={"tasks": 20, "work": "short"}, points=points)
    assert latency_table(scenario).splitlines()[2:] == [
        "|   `tasks` |   `up_to_20` |   `up_to_None` |",
        "|----------:|-------------:|---------------:|",
        "|         1 |   1.50 (800) |              – |",
        "|        20 |  30.5 (2000) |    12.2 (1333) |",
    ]
    assert "" == latency_table(replace(scenario, points=points[:1]))
