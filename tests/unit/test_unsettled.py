"""Where rounds were too few to rule out others, nobody is said to win: not in a sentence, a title or a cell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bench.crossings import ranks_nothing
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.advice import advice_table
from bench.reports.charts.findings import of_point
from bench.reports.fastest import fastest
from bench.reports.formatting import code, markdown
from bench.reports.html.first_view import findings
from bench.reports.html.gathering import page_data
from bench.reports.pages.making import one_page
from bench.reports.pools import pool_sentences
from bench.reports.sentences import answer
from bench.reports.sides import sides_of
from bench.reports.tables import footnotes
from tests.unit.pages import BEHIND, JOINED, LAZY, SELECTIN, result, two, under

OPEN = replace(
    JOINED, **{**BEHIND, "behind": 1.3, "behind_low": 1.05, "behind_high": 1.5, "behind_verdict": "inconclusive"}
)
NEAR = replace(OPEN, name="near", behind=1.02, behind_low=0.98, behind_high=1.06)
NOT_BEHIND = {"behind_low": 7.5, "behind_high": 8.5, "behind_verdict": "inconclusive"}


def measured(*strategies: StrategyResult, winners: tuple[str, ...], rounds: int = 13) -> ScenarioResult:
    """A scenario of the typical point alone."""
    point = PointResult({"authors": 100}, strategies=strategies, winners=winners, rounds=rounds)
    return ScenarioResult("loading.one_to_many", "How to load?", typical={"authors": 100}, points=(point,))


BASELINE_FIRST = (
    replace(LAZY, behind=1.0, behind_low=None, behind_high=None, behind_verdict=None),
    replace(OPEN, verdict="slower"),
)
NOT_FASTER = replace(SELECTIN, verdict="inconclusive", ratio=0.86, ratio_low=0.7, ratio_high=1.1)


@pytest.mark.parametrize(
    ("strategies", "winners", "said", "title"),
    [
        (
            (LAZY, SELECTIN, OPEN),
            ("selectin", "joined"),
            (
                "selectin is ahead: 0.10× the time of lazy (0.09–0.11), 8.00 ms against 80.0 ms, over 13 paired rounds,"
                " but not shown to be faster than joined (1.30×, 1.05–1.50): give more time with --budget."
            ),
            "selectin is ahead: 0.10× the time of lazy, but not shown to be faster than joined",
        ),
        (
            (replace(LAZY, **NOT_BEHIND), SELECTIN, OPEN),
            ("selectin", "joined", "lazy"),
            (
                "selectin is ahead: 0.10× the time of lazy (0.09–0.11), 8.00 ms against 80.0 ms, over 13 paired rounds,"
                " but among all strategies not shown to be faster than joined (1.30×, 1.05–1.50) and lazy (8.00×,"
                " 7.50–8.50): give more time with --budget; against the baseline alone, it is faster."
            ),
            (
                "selectin is ahead: 0.10× the time of lazy, but among all strategies not shown to be faster than joined"
                " and lazy"
            ),
        ),
        (
            (LAZY, NOT_FASTER, OPEN),
            ("selectin", "joined"),
            (
                "selectin is ahead: 0.86× the time of lazy (0.70–1.10), 8.00 ms against 80.0 ms, over 13 paired rounds,"
                " but not shown to be faster than joined (1.30×, 1.05–1.50) and lazy (8.00×, 7.50–8.50):"
                " give more time with --budget."
            ),
            "selectin is ahead: 0.86× the time of lazy, but not shown to be faster than joined and lazy",
        ),
        (
            BASELINE_FIRST,
            ("lazy", "joined"),
            (
                "lazy, the baseline, is ahead, in 80.0 ms, over 13 paired rounds, but not shown to be faster than"
                " joined (1.30×, 1.05–1.50): give more time with --budget."
            ),
            "lazy, the baseline, is ahead, but not shown to be faster than joined",
        ),
        (
            (LAZY, SELECTIN, NEAR, OPEN),
            ("selectin", "near", "joined"),
            (
                "selectin and near are not told apart: near takes 1.02× (0.98–1.06) the time of selectin;"
                " selectin takes 0.10× the time of lazy (0.09–0.11), 8.00 ms against 80.0 ms, over 13 paired rounds;"
                " too few rounds to rule out joined (1.30×, 1.05–1.50): give more time with --budget."
            ),
            (
                "selectin and near are not told apart; selectin takes 0.10× the time of lazy;"
                " too few rounds to rule out joined"
            ),
        ),
    ],
    ids=["one", "the baseline too", "not faster than the baseline", "the baseline ahead", "a tie"],
)
def test_nobody_wins_over_one_that_was_not_shown_to_be_behind(
    strategies: tuple[StrategyResult, ...], winners: tuple[str, ...], said: str, title: str
) -> None:
    """Whoever is ahead is said to be, with each that was not ruled out and its distance; a picture's title agrees."""
    found = measured(*strategies, winners=winners)
    assert said == answer(found)
    assert title == of_point(found.points[0])


def test_a_title_has_no_share_of_a_baseline_that_was_not_beaten() -> None:
    """Of several that are not told apart, the first's time is set against the baseline's where it is faster alone."""
    strategies = (replace(LAZY, **NOT_BEHIND), NOT_FASTER, NEAR)
    found = measured(*strategies, winners=("selectin", "near", "lazy"))

    assert "selectin and near are not told apart; too few rounds to rule out lazy" == of_point(found.points[0])


FIRST = replace(SELECTIN, verdict="inconclusive", ratio_low=None, ratio_high=None)
UNKNOWN = {"behind_low": None, "behind_high": None, "behind_verdict": "inconclusive", "ratio_low": None}
NEXT = replace(OPEN, **UNKNOWN, ratio_high=None, verdict="inconclusive", behind=1.19)
LAST = replace(LAZY, **UNKNOWN, behind=14.4)
NOTHING = measured(LAST, FIRST, NEXT, winners=("selectin", "joined", "lazy"), rounds=5)


def test_rounds_that_rank_nothing_are_said_to() -> None:
    """Without an interval or a verdict there is the least median, from where to where the others lie, and no rank."""
    assert (
        "5 rounds are too few to rank anything: selectin has the least median, 8.00 ms; the others take 1.19× to 14.4×"
        " its time."
    ) == answer(NOTHING)
    assert "Too few rounds to rank anything: selectin has the least median" == of_point(NOTHING.points[0])
    assert ("too few rounds to rank anything", "–") == fastest(NOTHING.points[0])
    page = page_data(sides_of([result(NOTHING)]).sides)
    assert '<td class="lead" data-run="0" data-label="Fastest">too few rounds to rank anything</td>' in findings(page)


def test_sides_that_rank_nothing_agree_on_nothing() -> None:
    """Where every side has too few rounds, each says so, and no sentence has the same winners on every side."""
    near = replace(LAST, behind=1.01)
    found = measured(near, FIRST, winners=("selectin", "lazy"), rounds=5)
    text = under("## How to load?", one_page(two(found, found)))
    assert text.startswith(
        "- 5 rounds are too few to rank anything: `selectin` has the least median, 8.00 ms; `lazy` takes 1.01× its"
        " time."
    )


def test_what_cannot_be_compared_says_why() -> None:
    """A side that has too few rounds to name a winner is told from one where nothing could be ranked."""
    found = measured(LAZY, SELECTIN, winners=("selectin",))
    failed = measured(replace(LAZY, verdict="failed"), replace(SELECTIN, verdict="failed"), winners=())
    too_few, nothing = (
        under("### What cannot be compared", one_page(two(found, other))) for other in (NOTHING, failed)
    )
    assert too_few.startswith("- At least one side had too few rounds to name a winner: [How to load?]")
    assert nothing.startswith("- Fewer than two sides name a winner: [How to load?]")


def test_advice_waits_for_more_rounds() -> None:
    """What nothing was ranked for has no advice yet."""
    name = NOTHING.name
    table = advice_table(result(NOTHING), {name: "User.posts"}, {name: "lazy"})
    assert ["User.posts", "lazy", "nothing yet: too few rounds to rank anything"] == re.split(
        "  +", table.splitlines()[2]
    )[:3]


def test_the_first_by_paired_rounds_need_not_have_the_least_median() -> None:
    """Where another has the smaller median, it is not said that the first has the least; of two there are no others."""
    pair = measured(replace(LAST, median_ms=7.9), FIRST, winners=("selectin", "lazy"), rounds=1)
    assert answer(pair) == (
        "1 round is too few to rank anything: selectin is the fastest by paired rounds, with a median of 8.00 ms; lazy"
        " takes 14.4× its time."
    )
    assert "Too few rounds to rank anything" == of_point(pair.points[0])


def test_the_rounds_are_those_of_the_pairs_that_had_most() -> None:
    """Slow strategies are sampled in few rounds, and it is these that are too few."""
    sampled = [replace(LAST, rounds=range(3)), replace(FIRST, rounds=range(30)), replace(NEXT, rounds=range(2))]
    assert answer(measured(*sampled, winners=("selectin", "joined", "lazy"), rounds=30)).startswith("3 rounds are too")


@pytest.mark.parametrize(
    "known",
    [
        replace(NEXT, behind_verdict="slower"),
        replace(NEXT, behind_low=1.01, behind_high=1.4),
        replace(NEXT, verdict="faster"),
    ],
    ids=["one is behind", "an interval", "a verdict on the baseline"],
)
def test_one_verdict_or_interval_is_a_rank(known: StrategyResult) -> None:
    """Where something is known of any strategy, the rounds rank that at least."""
    point = measured(LAST, FIRST, known, winners=("selectin", "joined", "lazy")).points[0]
    assert not ranks_nothing(point)
    assert not ranks_nothing(replace(point, strategies=(FIRST,), winners=("selectin",)))
    assert not ranks_nothing(PointResult({}))


def test_a_baseline_that_is_marked_beside_a_faster_one_is_explained() -> None:
    """A mark beside a verdict that seems to contradict it has the reason below the table."""
    baseline, beaten = (
        replace(LAZY, **NOT_BEHIND),
        (
            "`lazy` is marked too, though `selectin` is faster than it: a verdict is corrected for comparisons with the"
            " baseline alone, the mark for all pairs of strategies, which takes more rounds"
        ),
    )
    assert [beaten] == footnotes(
        PointResult({}, strategies=(baseline, SELECTIN), winners=("selectin", "lazy")), code, markdown
    )
    assert [] == footnotes(PointResult({}, strategies=(LAZY, SELECTIN), winners=("selectin",)), code, markdown)


def test_the_smallest_pool_is_not_sure_where_nothing_is_ranked() -> None:
    """What names the best throughput says that it rests on these rounds."""
    from tests.unit.test_sentences import pool

    pools = [pool(20, 30.5, (1.0, None, None), 2000.0), pool(50, 40.0, (1.2, None, None), 1666.0)]
    pools[1] = replace(pools[1], behind_verdict="inconclusive")
    point = PointResult({}, strategies=pools, winners=[one.name for one in pools], rounds=2)
    (said,) = pool_sentences(point, code)
    assert "that of `up_to_20`, as far as these rounds tell: at most 20 connections" in said
