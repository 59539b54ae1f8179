"""Pages of several results side by side: what changed on top, each side's figures, and nothing left out."""

from __future__ import annotations

import re
from dataclasses import replace

from bench.measurement import ClaimResult, Counters, PointResult, Settings, Statement
from bench.reports.pages.making import directory, one_page
from bench.reports.picture import Picture
from bench.reports.sides import Sides, sides_of
from tests.unit.pages import (
    BEHIND,
    JOINED,
    LAZY,
    NEW,
    OLD,
    OLDER,
    SELECTIN,
    in_order,
    point,
    result,
    scenario,
    table,
    two,
    under,
)


def test_what_changed_its_winner_stands_on_top() -> None:
    """A page of two results says what differs, then where the winner changed, then what was found."""
    text = one_page(two(scenario(point(), point(rtt_ms=1.0)), scenario(point("joined"), point(rtt_ms=1.0))))

    assert in_order(
        text,
        f"# loading: {NEW} and {OLD} side by side\n",
        "| SQLAlchemy           | 2.1.9",
        "differ by 8 to 21 %",
        "## What changed its winner\n",
        "## What was found\n",
        "## How to load?\n",
        "**What is advised, and what was measured of it:**",
        "**The code of each strategy, and what it sent:**",
        "## How it was measured\n",
    )
    assert under("## What changed its winner", text) == (
        "The winner changed in 1 of 1 scenario that can be compared, at 1 of 2 points: no strategy is among the"
        " winners on both sides there.\n\n"
        "- [How to load?](#how-to-load)\n"
        f"  - at `authors=100`: `selectin` ({NEW}); `joined` ({OLD})"
    )
    assert table(under("## What was found", text)) == [
        ["question", f"fastest: {NEW}", f"fastest: {OLD}", "winner"],
        [
            "[How to load?](#how-to-load)",
            "`selectin`: 0.10× (0.09–0.11)",
            "`joined`: 0.10× (0.09–0.11)",
            "**changed**",
        ],
    ]


def test_a_winner_that_is_among_those_of_each_side_has_not_changed() -> None:
    """Where a strategy is among the winners on every side, or only could not be ruled out, nothing changed."""
    tied = replace(point(), winners=("joined", "selectin"))
    doubtful = replace(JOINED, behind=1.3, behind_verdict="inconclusive", behind_low=0.9, behind_high=1.5)
    unsettled = PointResult({"authors": 100}, strategies=(LAZY, SELECTIN, doubtful), winners=("selectin", "joined"))
    text = one_page(
        two(
            [scenario(point(), name="m.a", question="A?"), scenario(unsettled, name="m.b", question="B?")],
            [scenario(tied, name="m.a", question="A?"), scenario(point("joined"), name="m.b", question="B?")],
        )
    )

    assert under("## What changed its winner", text) == (
        "Nothing: in 2 scenarios that can be compared, at 2 points, some strategy is always among the winners on every"
        " side."
    )
    assert ["the same", "not shown to have changed"] == [row[-1] for row in table(under("## What was found", text))[1:]]


def test_a_winner_that_another_side_has_not_got_is_said_to_be_missing() -> None:
    """Where the winner of one side was skipped or is missing on another, that stands beside the change."""
    skipped = replace(
        SELECTIN, verdict="skipped", winner=False, reason="needs SQLAlchemy 2.1", median_ms=None, behind=None
    )
    old = PointResult({"authors": 100}, strategies=(LAZY, skipped, JOINED), winners=("joined",))
    text = one_page(two(scenario(point()), scenario(old)))

    assert f"; `joined` ({OLD}): `selectin` is skipped with {OLD}" in under("## What changed its winner", text)
    assert f"- {OLD}: `selectin` skipped: needs SQLAlchemy 2.1" in text


def test_the_answer_is_given_once_where_the_sides_agree() -> None:
    """Where the same wins on every side there is one sentence with the figure of each, else one for each side."""
    agreed = one_page(two(scenario(point()), scenario(point())))
    apart = one_page(two(scenario(point()), scenario(point("joined"))))

    assert under("## How to load?", agreed).startswith(
        f"`selectin` wins on every side: 0.10× the time of `lazy` (0.09–0.11), 8.00 ms against 80.0 ms ({NEW});"
        f" 0.10× the time of `lazy` (0.09–0.11), 8.00 ms against 80.0 ms ({OLD}).\n\n"
    )
    assert under("## How to load?", apart).startswith(
        f"- **{NEW}**: `selectin` wins: 0.10× the time of `lazy` (0.09–0.11), 8.00 ms against 80.0 ms, over 212 paired"
        " rounds; next is `joined`, which takes 1.50× (1.40–1.60) its time.\n"
        f"- **{OLD}**: `joined` wins: 0.10× the time of `lazy` (0.09–0.11), 8.00 ms against 80.0 ms, over 212 paired"
        " rounds; next is `selectin`, which takes 1.50× (1.40–1.60) its time.\n\n"
    )


def test_a_baseline_that_wins_on_every_side_is_called_that() -> None:
    """Where the baseline wins everywhere, the one sentence says so, with its time on each side."""
    won = PointResult(
        {"authors": 100}, 0.0, (replace(LAZY, behind=1.0, behind_verdict=None), replace(SELECTIN, **BEHIND)), ("lazy",)
    )
    text = one_page(two(scenario(won), scenario(won)))

    assert f"`lazy`, the baseline, wins on every side: 80.0 ms ({NEW}); 80.0 ms ({OLD}).\n" in text


def test_a_table_has_a_group_of_columns_for_each_side() -> None:
    """Each side has its median and what it is against the baseline; a counter that differs stands in its group, one
    that is alike once.
    """
    more = replace(SELECTIN, counters=Counters(statements=3, round_trips=4))
    old = PointResult({"authors": 100}, strategies=(LAZY, more), winners=("selectin",))
    text = one_page(two(scenario(point()), scenario(old)))

    found = table(text.partition("**At `authors=100`**:")[2].replace("\N{WORD JOINER}", ""))

    assert found == [
        [
            *("strategy", f"{NEW}: median\N{NO-BREAK SPACE}ms", "against the baseline", "statements"),
            *(f"{OLD}: median\N{NO-BREAK SPACE}ms", "against the baseline", "statements", "round trips"),
        ],
        [
            "`selectin`",
            "8.00\N{NO-BREAK SPACE}★",
            "0.10× (0.09–0.11) faster",
            "2",
            *("8.00\N{NO-BREAK SPACE}★", "0.10× (0.09–0.11) faster", "3", "4"),
        ],
        ["`joined`", "12.0", "0.15× (0.14–0.16) faster", "2", "–", "–", "–", "4"],
        ["`lazy`", "80.0", "baseline", "101", "80.0", "baseline", "101", "103"],
    ]
    assert f"- `joined`: not with {OLD}\n" in text
    assert f"- [How to load?](#how-to-load): `selectin` takes 2 statements ({NEW}), 3 statements ({OLD})" in text


def test_what_is_alike_in_the_details_stands_once() -> None:
    """Code, statements and plans that all sides have alike are shown once, and for each side where they differ."""
    replanned = replace(LAZY, statements=(Statement("SELECT 1", 101, "Seq Scan", "abc"),))
    old = PointResult({"authors": 100}, strategies=(replanned, SELECTIN), winners=("selectin",))
    text = one_page(two(scenario(point()), scenario(old)))

    assert ["async def lazy", "async def selectin"] == re.findall("async def (?:lazy|selectin)", text)
    assert 1 == text.partition("<summary><code>selectin</code>")[2].partition("</details>")[0].count("SELECT 2\n")
    assert in_order(
        text,
        "<summary><code>lazy</code> Touch each author&#x27;s posts.</summary>\n\n```python\nasync def lazy",
        f"**With {NEW}, what was sent:**\n\nRepeated 101 times:\n\n```sql\nSELECT 1\n```\n\n"
        f"**With {OLD}, what was sent:**\n\nRepeated 101 times:\n\n```sql\nSELECT 1\n```\n\nIts plan (shape abc):",
    )


def test_what_only_one_side_has_is_shown_and_said() -> None:
    """A scenario, or a point, that only one result has is there, and it is said which has not got it."""
    only = scenario(point(), name="loading.only", question="Only here?")
    text = one_page(two([scenario(point(), point(authors=10)), only], scenario(point())))

    assert f"- Not in the results of {OLD}: [Only here?](#only-here)" in under("### What cannot be compared", text)
    assert under("## Only here?", text).startswith(f"> Not in the results of {OLD}.\n\n`selectin` wins: ")
    assert "not in this result" == table(under("## What was found", text))[2][2]
    assert f"\n- not measured: {OLD}\n" in text.partition("**At `authors=10`**:")[2]


def test_failed_and_interrupted_strategies_are_shown() -> None:
    """Strategies that fail or differ on a side stand in the table, with why; an interrupted side says so on top."""
    failed = replace(
        SELECTIN, name="unsound", verdict="failed", error="LookupError: <none>", median_ms=None, behind=None
    )
    unreached = PointResult({"authors": 10}, finished=False)
    sides = sides_of(
        [
            result(scenario(point("selectin", 100, 0.0, failed))),
            result(scenario(point(), unreached), environment=OLDER, interrupted=True),
        ]
    )
    text = one_page(sides)

    assert f"\n> **{OLD}**: **This run was interrupted**: 1 point of it is missing or unfinished." in text
    assert "| *not ranked* " in text
    assert f"- {NEW}: `unsound` failed: LookupError: &lt;none&gt;\n" in text
    assert f"- **{NEW}**: Not ranked: `unsound` (failed).\n" in text
    assert "Not measured: the run was interrupted before it." in text.partition("**At `authors=10`**:")[2]


def test_results_without_anything_are_shown_for_what_they_are() -> None:
    """A result of nothing, alone, beside another of nothing, or beside one of something, is a page that says so."""
    empty = replace(result(environment=OLDER), interrupted=True)

    assert one_page(sides_of([result()])).startswith("# What was measured: nothing\n")
    assert "0 scenarios, 0 points" in one_page(sides_of([result(), empty]))
    assert f"Not in the results of {OLD}: [How to load?]" in one_page(sides_of([result(scenario(point())), empty]))
    assert "Nothing was measured." in directory(sides_of([result()]))["README.md"]


def test_advice_that_is_judged_otherwise_is_told() -> None:
    """A claim with two verdicts stands on top with both; one that a side could not decide contradicts nothing."""
    undecided = [scenario(point()), scenario(point(), verdict="undecided")]
    text = one_page(two(scenario(point()), scenario(point(), verdict="contradicted")))

    assert under("### Advice that is judged otherwise", text) == (
        f"- “selectin wins” (`selectin` beside `lazy`): supported ({NEW}), contradicted ({OLD}),"
        " in [How to load?](#how-to-load)"
    )
    assert in_order(
        text,
        f"- “selectin wins” (the manual)  \n  {NEW}: Supported: `selectin` is faster than `lazy` at every point that",
        f"decided.  \n  {OLD}: Contradicted: `selectin` is not faster than `lazy` at any point that decided.\n",
    )
    assert "judged otherwise" not in one_page(two(*undecided))


def test_advice_that_is_judged_otherwise_names_what_it_was_judged_by() -> None:
    """Of a sentence that is a claim of several pairs of strategies, each with its own limits, it is told which one."""
    claims = (
        ClaimResult("it wins", "the manual", "supported", faster="selectin", than="lazy"),
        ClaimResult("it wins", "the manual", "supported", as_fast="joined", than="lazy", limits={"authors": 10}),
        ClaimResult("it wins", "the manual", "supported", strategy="joined", counter="statements", equals=1),
    )
    new, old = replace(scenario(point()), claims=claims), [replace(one, verdict="contradicted") for one in claims]
    found = under("### Advice that is judged otherwise", one_page(two(new, replace(scenario(point()), claims=old))))

    assert re.findall(r"“it wins” (.*?): supported", found) == [
        "(`selectin` beside `lazy`)",
        "(`joined` beside `lazy` where `authors=10`)",
        "(`joined`)",
    ]


def test_advice_is_compared_by_the_points_that_all_sides_have() -> None:
    """Where one side was measured at further points, its verdict is that of the part that has the others' alone; where
    no part has just these, it is told that the verdict cannot be compared.
    """
    typical = [point(), point(rtt_ms=0.5)]
    supported, contradicted = (scenario(*typical, verdict=verdict) for verdict in ("supported", "contradicted"))
    grid = result(scenario(point(), point(authors=10), verdict="contradicted"))
    old = result(supported, environment=OLDER)
    texts = [one_page(sides_of(results)) for results in ([grid, old], [result(supported), grid, old])]
    whole, parts = (under("### Advice that is judged otherwise", text) for text in texts)
    other = under("### Advice that is judged otherwise", one_page(sides_of([result(contradicted), grid, old])))

    unlike = "the verdicts differ by points that not every side measured: that says nothing of the sides."
    assert [f"Of 1 claim {unlike}"] * 2 == [whole, parts]
    assert in_order(texts[1], f"{NEW}: Depends: ", f"{OLD}: Supported: ")
    assert other == (
        f"- “selectin wins” (`selectin` beside `lazy`): contradicted ({NEW}), supported ({OLD}),"
        " in [How to load?](#how-to-load)"
    )


def test_advice_that_more_points_judge_otherwise_is_told_as_such() -> None:
    """Where a side's further points make another verdict of a claim, as the ledger has it, both verdicts are told."""
    typical = [point(), point(rtt_ms=0.5)]
    grid = result(scenario(point(), point(authors=10), verdict="supported"))
    new = result(scenario(*typical, verdict="contradicted"))
    old = result(scenario(*typical, verdict="supported"), environment=OLDER)
    text = one_page(sides_of([new, grid, old]))

    assert under("### Advice that is judged otherwise", text) == (
        f"- “selectin wins” (`selectin` beside `lazy`): contradicted ({NEW}), supported ({OLD}) at the points that all"
        f" sides have; by all of its own depends ({NEW}), in [How to load?](#how-to-load)"
    )


def test_what_was_counted_side_by_side_has_no_winner() -> None:
    """Of results without a clock the page tells what is sent otherwise, and has no word of winners or times."""
    counted = Settings(timed=False)
    points = [
        PointResult(
            {"authors": 100},
            strategies=(
                replace(
                    LAZY,
                    median_ms=None,
                    ratio=None,
                    behind=None,
                    behind_verdict=None,
                    counters=Counters(statements=sent),
                ),
            ),
        )
        for sent in (101, 102)
    ]
    sides = [
        result(replace(scenario(points[0]), claims=()), settings=counted),
        result(replace(scenario(points[1]), claims=()), settings=counted, environment=OLDER),
    ]
    text = one_page(sides_of(sides))

    assert f"`lazy` takes 101 statements ({NEW}), 102 statements ({OLD})" in text
    assert [["strategy", f"{NEW}: statements", f"{OLD}: statements"], ["`lazy`", "101", "102"]] == table(
        text.partition("**At `authors=100`**:")[2]
    )
    assert not re.search("changed its winner|ratio|median|fastest of|differ by 8 to 21", text)


def test_times_by_distance_stand_in_one_table() -> None:
    """The points that differ in added round-trip time alone become columns; what failed at one of them says so."""
    failed = replace(SELECTIN, verdict="failed", winner=False, median_ms=None, behind=None)
    far = PointResult({"authors": 100}, 1.0, (replace(LAZY, median_ms=190.0), failed), ("lazy",))
    text = one_page(two(scenario(point(), far), scenario(point(), point(rtt_ms=5.0))))

    assert table(text.partition("Median ms a call by added round-trip time:")[2]) == [
        [
            "strategy",
            f"{NEW}: 0\N{NO-BREAK SPACE}ms",
            "1\N{NO-BREAK SPACE}ms",
            f"{OLD}: 0\N{NO-BREAK SPACE}ms",
            "5\N{NO-BREAK SPACE}ms",
        ],
        ["`selectin`", "8.00\N{NO-BREAK SPACE}★", "failed", "8.00\N{NO-BREAK SPACE}★", "8.00\N{NO-BREAK SPACE}★"],
        ["`joined`", "12.0", "–", "12.0", "12.0"],
        ["`lazy`", "80.0", "190\N{NO-BREAK SPACE}★", "80.0", "80.0"],
    ]
    assert 1 == text.count("★: not shown to be behind the fastest at that point")


def test_a_page_of_one_result_has_tables_along_its_parameters() -> None:
    """Times by size and by distance stand open, and the points that they were taken from are folded."""
    grid = [point(), point("joined", 10), point(authors=1000), point(rtt_ms=1.0)]
    text = one_page(sides_of([result(scenario(*grid))]))

    assert table(text.partition("Median ms a call by `authors`:")[2])[0] == ["strategy", "10", "100", "1000"]
    assert table(text.partition("Median ms a call by added round-trip time:")[2])[0] == [
        "strategy",
        "0\N{NO-BREAK SPACE}ms",
        "1\N{NO-BREAK SPACE}ms",
    ]
    assert "<details><summary>3 further points</summary>\n\n**At `authors=10`**" in text


def test_pictures_stand_below_the_table_with_their_text() -> None:
    """A picture is embedded with its text, its path as a link takes it; those of the second side are folded."""
    pictures = {"loading.one_to_many": [Picture("charts/a b|.svg", "It [grows] | <fast>")]}
    alone = sides_of([result(scenario(point()))])
    (side,) = alone.sides
    shown = one_page(Sides([replace(side, pictures=pictures)]))

    assert in_order(
        shown,
        "| `selectin`",
        "\n\n![It \\[grows\\] &#124; &lt;fast&gt;](charts/a%20b%7C.svg)\n\n",
        "**What is advised",
    )
    both = two(scenario(point()), scenario(point()))
    text = one_page(Sides([replace(side, pictures=pictures) for side in both.sides]))
    assert in_order(
        text, f"With {NEW}:\n\n![It ", f"<details><summary>The same with {OLD}</summary>\n\n![It ", "All figures"
    )


def test_what_must_be_said_of_a_page_stands_once() -> None:
    """Remarks, such as how to get charts, are on a page, on the index of a directory, and not on its other pages."""
    sides = two([scenario(point()), scenario(point(), name="columns.few")], scenario(point()))
    pages = directory(sides, remarks=["Charts need <more>."])

    assert 1 == one_page(sides, remarks=["Charts need <more>."]).count("Charts need &lt;more&gt;.")
    assert {"README.md"} == {name for name, text in pages.items() if "Charts need &lt;more&gt;." in text}


def test_how_much_each_side_measured_is_said() -> None:
    """Below a table stand the rounds of each side, and the time that was really added to a round trip."""
    far = replace(point(rtt_ms=1.0), rtt_added_ms=1.0432)
    text = one_page(two(scenario(point(), far), scenario(point(), replace(far, rounds=7))))

    assert f"\n- {NEW}: 212 rounds in 9 s; {OLD}: 212 rounds in 9 s\n" in text
    assert f"\n- {NEW}: 1.04 ms really added, 212 rounds in 9 s; {OLD}: 1.04 ms really added, 7 rounds in 9 s\n" in text


def test_a_scenario_that_a_side_lacks_wins_on_those_that_have_it() -> None:
    """What the others agree on is not said of every side where one has not got the scenario."""
    both = [result(scenario(point())), result(scenario(point()), environment=OLDER)]
    other = result(scenario(point(), name="columns.few", question="B?"), environment=replace(OLDER, python="PyPy 3.11"))
    text = one_page(sides_of([*both, other]))

    assert "`selectin` wins on each side that has it: 0.10×" in under("## How to load?", text)
