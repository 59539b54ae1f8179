"""What was measured while the machine was busy says so in each answer, cell and verdict that rests on it."""

from __future__ import annotations

from dataclasses import replace

from bench.measurement import ClaimResult, PointResult, ScenarioResult
from bench.reports.busy import busy_note, marked, rests_on_busy
from bench.reports.fastest import fastest
from bench.reports.html.page import html_report
from bench.reports.pages.making import directory, one_page
from bench.reports.sentences import answer, sentences
from bench.reports.sides import sides_of
from tests.unit.pages import NEW, OLD, in_order, point, result, scenario, table, two, under

SAID = (
    "The machine was busy when this was measured (3.2 processes for each core), which can make equal strategies look"
    " different."
)


def busy(one: PointResult) -> PointResult:
    """The same, measured on a busy machine."""
    return replace(one, load_per_core=3.2)


def test_the_answer_ends_by_saying_it() -> None:
    """The sentence on the winner has it at its end, and stays one paragraph; of a quiet machine nothing is said."""
    found = sentences(scenario(busy(point())))
    assert found[0].startswith("selectin wins: ")
    assert found[0].endswith(f" its time. {SAID}")
    assert "busy" not in answer(scenario(point()))


def test_a_change_of_the_winner_names_the_points_that_were_busy() -> None:
    """Of the points along a parameter, those are named at which the machine was busy."""
    line = scenario(point(), busy(point(rtt_ms=1.0)), busy(point("joined", rtt_ms=5.0)))
    assert answer(line).endswith("the measured 1 and 5 ms; the machine was busy at 1 ms and 5 ms.")
    assert answer(scenario(point(), busy(point(authors=10)))).endswith("selectin wins; the machine was busy at 10.")


def test_what_sides_agree_on_says_which_was_busy() -> None:
    """Where the same wins on every side, the figure of the busy one is marked."""
    text = one_page(two(scenario(busy(point())), scenario(point())))
    assert (
        f"({NEW} on a busy machine); 0.10× the time of `lazy` (0.09–0.11), 8.00 ms against 80.0 ms ({OLD});"
        " a busy machine can make equal strategies look different.\n"
    ) in under("## How to load?", text)


def test_the_index_and_the_ledger_mark_it() -> None:
    """The row of a scenario, a changed winner and a claim judged otherwise are marked, and the mark is explained."""
    pages = directory(two(scenario(busy(point())), scenario(point("joined"), verdict="contradicted")))
    index = pages["README.md"]
    assert in_order(
        index,
        (
            "“busy machine” marks what was measured while other processes kept the machine's cores busy, as they did at"
            " 1 of 2 points: that can make equal strategies look different.\n"
        ),
        f"- at `authors=100`: `selectin` ({NEW} on a busy machine); `joined` ({OLD})\n",
        f"supported ({NEW} on a busy machine), contradicted ({OLD}), in [How to load?]",
        f"| supported ({NEW} on a busy machine), contradicted ({OLD}) | “selectin wins”",
    )
    assert ["`selectin` (busy machine): 0.10× (0.09–0.11)", "`joined`: 0.10× (0.09–0.11)"] == table(
        under("### [loading](loading.md)", index)
    )[1][1:3]


def test_a_mark_joins_what_stands_in_parentheses() -> None:
    """No cell has two parentheses in a row."""
    assert "`a` (2 more not ruled out; busy machine)" == marked("`a` (2 more not ruled out)", True)
    assert ("`a` (baseline) (busy machine)", "`a`") == (marked("`a` (baseline)", True), marked("`a`", False))
    assert ("`selectin` (busy machine)", "0.10× (0.09–0.11)") == fastest(busy(point()))


def test_a_page_of_one_result_has_the_note_and_the_html_report_too() -> None:
    """Markdown and HTML say the same of the run, of the row and of the claim; without a busy point there is no note."""
    sides = sides_of([result(scenario(busy(point())), scenario(point(), name="columns.few"))])
    note = busy_note([side.result for side in sides.sides])
    assert "as they did at 1 of 2 points" in note
    assert note in one_page(sides)
    page = html_report(sides)
    assert note.replace("'", "&#x27;") in page
    assert "<code>selectin</code> (busy machine)</td>" in page
    assert "at every point that decided.</span> (busy machine)</p>" in page
    assert SAID in page
    assert "" == busy_note([result(scenario(point()))])


def test_what_a_claim_rests_on() -> None:
    """A verdict on times rests on the points within its limits; a count is the same on a busy machine."""
    both = ScenarioResult("s", points=(point(), busy(point(authors=10))))
    claims = [
        ClaimResult("t", "s", "supported", faster="selectin", than="lazy"),
        ClaimResult("t", "s", "supported", faster="selectin", than="lazy", limits={"authors": 100}),
        ClaimResult("t", "s", "undecided", faster="selectin", than="lazy"),
        ClaimResult("t", "s", "supported", strategy="selectin", counter="statements", equals=2),
    ]
    assert [True, False, False, False] == [rests_on_busy(claim, both) for claim in claims]
