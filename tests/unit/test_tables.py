"""The table of a point, on a terminal and in Markdown: every strategy is in it, and nothing gets out of its cell."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import Counters, PointResult, StrategyResult
from bench.reports.formatting import (
    code,
    count,
    duration,
    fenced,
    html,
    interval,
    markdown,
    milliseconds,
    parameters,
    percent,
    plain,
    plain_lines,
    ratio,
)
from bench.reports.tables import RATIO_NOTE, footnotes, markdown_table, sections_of, terminal_table

LAZY = StrategyResult(
    "lazy", baseline=True, median_ms=76.2, p95_ms=99.8, ratio=1.0, counters=Counters(statements=101, rows=1100)
)
SELECTIN = StrategyResult(
    "selectin",
    verdict="faster",
    winner=True,
    median_ms=8.432,
    p95_ms=11.0,
    ratio=0.1107,
    ratio_low=0.1079,
    ratio_high=0.1134,
    counters=Counters(statements=2, rows=1100, connections=0),
)
AGGREGATED = StrategyResult(
    "json_aggregation",
    returns="rows",
    verdict="faster",
    winner=True,
    median_ms=2.13,
    p95_ms=2.79,
    ratio=0.028,
    ratio_low=0.027,
    ratio_high=0.029,
    counters=Counters(statements=1, rows=100),
)
WRONG = StrategyResult("wrong", verdict="differs", reason="at ['17'][3]: 'a | b' where the baseline has 'c'")
FAILED = StrategyResult("failing", verdict="failed", reason="at round 3", error="ProgrammingError: no such\ntable")
SKIPPED = StrategyResult("newest", verdict="skipped", reason="needs sqlalchemy>=2.2")
SHOWN = StrategyResult("unset", demonstration=True, reason="MissingGreenlet: not in a greenlet")
POINT = PointResult(
    {"authors": 100},
    strategies=(WRONG, LAZY, AGGREGATED, FAILED, SELECTIN, SKIPPED, SHOWN),
    winners=("selectin",),
    rounds=212,
)


def cells(table: str) -> list[list[str]]:
    """The cells of a Markdown table, as they stand between its pipes."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_a_terminal() -> None:
    """Strategies stand by their time, those of another kind and those not ranked below lines; the winner is marked."""
    assert terminal_table(PointResult({}, strategies=POINT.strategies[1:5], winners=("selectin",))) == (
        "strategy             median    p95    ratio         95 %  verdict      statements    rows\n"
        "                         ms     ms              interval\n"
        "-----------------  --------  -----  -------  -----------  ---------  ------------  ------\n"
        "selectin *             8.43   11.0   0.111×  0.108–0.113  faster                2    1100\n"
        "lazy                   76.2   99.8    1.00×            –  baseline            101    1100\n"
        "-----------------  --------  -----  -------  -----------  ---------  ------------  ------\n"
        "(reference: rows)\n"
        "json_aggregation       2.13   2.79   0.028×  0.027–0.029  faster                1     100\n"
        "-----------------  --------  -----  -------  -----------  ---------  ------------  ------\n"
        "(not ranked)\n"
        "failing                   –      –        –            –  failed                –       –\n"
        "\n"
        "*: not shown to be behind the fastest\n"
        "ratio: median of paired rounds against the baseline with its 95 % interval; it is not the quotient\n"
        "  of the medians\n"
        "failing failed: ProgrammingError: no such table"
    )


def test_the_table_in_markdown() -> None:
    """Every strategy of the point has its row, the winner is marked, and what is behind a verdict stands below."""
    table = markdown_table(POINT).replace("\N{WORD JOINER}", "")
    assert cells(table)[2:] == [
        ["`selectin`\N{NO-BREAK SPACE}★", "8.43", "11.0", "0.111×", "0.108–0.113", "faster", "2", "1100"],
        ["`lazy`", "76.2", "99.8", "1.00×", "–", "baseline", "101", "1100"],
        ["*reference: rows*", "", "", "", "", "", "", ""],
        ["`json_aggregation`", "2.13", "2.79", "0.028×", "0.027–0.029", "faster", "1", "100"],
        ["*demonstration*", "", "", "", "", "", "", ""],
        ["`unset`", "–", "–", "–", "–", "as expected", "–", "–"],
        ["*not ranked*", "", "", "", "", "", "", ""],
        ["`wrong`", "–", "–", "–", "–", "differs", "–", "–"],
        ["`failing`", "–", "–", "–", "–", "failed", "–", "–"],
        ["`newest`", "–", "–", "–", "–", "skipped", "–", "–"],
    ]
    assert [line for line in table.splitlines() if line.startswith("- ")] == [
        "- ★: not shown to be behind the fastest",
        f"- {RATIO_NOTE}",
        r"- `wrong` differs: at \['17'\]\[3\]: 'a &#124; b' where the baseline has 'c'",
        "- `failing` failed: ProgrammingError: no such table",
        "- `newest` skipped: needs sqlalchemy&gt;=2.2",
        "- `unset`: MissingGreenlet: not in a greenlet",
    ]


def test_a_baseline_that_fell_out_says_both() -> None:
    """A baseline that failed is shown as failed, and as the baseline."""
    point = PointResult({}, strategies=(StrategyResult("lazy", baseline=True, verdict="failed"), SELECTIN))
    assert "failed (baseline)" in terminal_table(point)


def test_what_the_scenario_asks_for_stands_first() -> None:
    """Where a scenario asks for rows, entities are the reference."""
    sections = [(label, [one.name for one in part]) for label, part in sections_of(POINT, "rows")]
    assert sections[:2] == [("", ["json_aggregation"]), ("reference: entities", ["selectin", "lazy"])]


def test_strategies_stand_in_the_order_of_the_winners() -> None:
    """The fastest by paired rounds stands first, though another has the smaller median."""
    strategies = (
        StrategyResult("b", median_ms=10.7, behind=1.0),
        StrategyResult("a", median_ms=9.3, behind=1.09),
        StrategyResult("c", median_ms=9.9, behind=1.05),
    )
    assert [one.name for one in sections_of(PointResult({}, strategies=strategies))[0][1]] == ["b", "c", "a"]


def test_columns_stand_where_they_say_something() -> None:
    """Connections are shown where a call opens one, ORM objects where strategies of one kind differ in them."""
    opening = StrategyResult("opening", median_ms=20.0, counters=Counters(connections=1, orm_objects=7))
    loading = StrategyResult("loading", median_ms=10.0, counters=Counters(connections=0, orm_objects=7))
    more = StrategyResult("more", median_ms=10.0, counters=Counters(connections=0, orm_objects=8))
    assert "connections" not in markdown_table(PointResult({}, strategies=(loading, more)))
    assert "connections" in markdown_table(PointResult({}, strategies=(loading, opening)))
    assert "ORM objects" not in markdown_table(PointResult({}, strategies=(loading, opening)))
    assert "ORM objects" in markdown_table(PointResult({}, strategies=(loading, more)))


def test_a_narrow_terminal_goes_without_the_least_needed_columns() -> None:
    """At 100 columns everything fits that the loading scenarios measure; at 80, p95 goes and the verdict stays."""
    strategies = [
        StrategyResult(
            name, verdict="inconclusive", median_ms=123.4, p95_ms=234.5, cold_ms=345.6, cpu_ms=99.1, ratio=0.98,
            ratio_low=0.9632, ratio_high=0.9721, counters=Counters(statements=1001, rows=11000, orm_objects=len(name)),
        )
        for name in ("selectin_chunksize", "lazy_run_sync")
    ]  # fmt: skip
    point = PointResult({}, strategies=strategies, winners=("selectin_chunksize",))
    wide, narrow = terminal_table(point), terminal_table(point, width=92)
    assert max(map(len, wide.splitlines())) <= 100
    assert max(map(len, narrow.splitlines())) <= 92
    assert "p95" in wide
    assert "p95" not in narrow
    assert "inconclusive" in narrow
    assert "ORM" in terminal_table(point, width=200)


def test_colour_is_given_when_it_is_asked_for_alone() -> None:
    """Without colour there is no control code; with it, the text is the same but for the codes."""
    coloured = terminal_table(POINT, colour=True)
    assert "\x1b[32mfaster" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == terminal_table(POINT)


def test_what_could_not_be_seen_and_notes_are_said() -> None:
    """Inconclusive strategies have the smallest differences that could be seen; one note of several stands once."""
    doubtful = StrategyResult("joined", verdict="inconclusive", smallest_detectable=0.061, notes=("drifts | a lot",))
    strategies = (doubtful, replace(doubtful, name="immediate", smallest_detectable=2.84))
    point = PointResult({}, strategies=strategies, finished=False, notes=("the witnesses\ndisagree",))
    assert footnotes(point, code, markdown) == [
        "interrupted: this point was not finished",
        "`joined`, `immediate`: drifts &#124; a lot",
        "inconclusive; the smallest differences that could have been seen: `joined` 6.1 %, `immediate` 284 %",
        "the witnesses disagree",
    ]


def test_a_point_that_was_not_measured() -> None:
    """A point without strategies has no table, and says that it was not measured."""
    point = PointResult({"n": 1}, finished=False)
    assert terminal_table(point) == "interrupted: this point was not measured"
    assert markdown_table(point) == "- interrupted: this point was not measured"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (0.0, "0"),
        (0.15234, "0.152"),
        (8.4321, "8.43"),
        (9.996, "10.0"),
        (76.24, "76.2"),
        (123.4, "123"),
        (1234.5, "1234"),
        (0.000123456, "0.000123"),
    ],
)
def test_times_have_three_digits(value: float | None, shown: str) -> None:
    """A time has three significant digits, and all of those before the point."""
    assert milliseconds(value) == shown


@pytest.mark.parametrize(
    ("bounds", "shown", "within"),
    [
        ((None, None, None), "–", "–"),
        ((1.01, 0.98, 1.04), "1.01×", "0.98–1.04"),
        ((0.11, 0.10, 0.12), "0.11×", "0.10–0.12"),
        ((0.1107, 0.1079, 0.1134), "0.111×", "0.108–0.113"),
        ((12.34, 12.0, 12.9), "12.3×", "12.0–12.9"),
        ((123.4, 110.0, 140.0), "123×", "110–140"),
        ((2.31, None, None), "2.31×", "–"),
        ((0.0021, 0.0019, 0.0023), "0.0021×", "0.0019–0.0023"),
    ],
)
def test_ratios_have_the_decimals_of_their_interval(
    bounds: tuple[float | None, float | None, float | None], shown: str, within: str
) -> None:
    """A ratio and its bounds have the same decimals, more where the interval is narrow."""
    assert (ratio(*bounds), interval(*bounds)) == (shown, within)


def test_other_numbers() -> None:
    """Percentages, counts, lengths of time and points as they are read."""
    assert [percent(0.025), percent(0.14321), percent(0.996), percent(2.5)] == ["2.5 %", "14 %", "100 %", "250 %"]
    assert [count(None), count(0), count(1100), count(12345)] == ["–", "0", "1100", "12,345"]
    assert [duration(9.4), duration(60), duration(131.4), duration(4800)] == [
        "9 s",
        "1 min",
        "2 min 11 s",
        "1 h 20 min",
    ]
    assert parameters({"a": 1, "b": "x\ty"}, 0.5) == "a=1, b=x y, 0.5 ms of added round-trip time"


hostile = st.text(st.characters(), max_size=40) | st.text("|\\`*_<>&[]()!#~$-+=1. \n\r\t\x1b\u202ea", max_size=30)
parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def text_of(rendered: str) -> str:
    """The text of HTML, as a browser shows it."""
    from html import unescape

    return unescape(re.sub(r"<[^>]*>", "", rendered))


@given(hostile)
def test_markdown_shows_text_as_it_is(text: str) -> None:
    """Whatever the text, Markdown shows it in one paragraph, character by character, and takes none for markup."""
    rendered = parser.render(markdown(text))
    assert rendered == "" or re.fullmatch(r"<p>[^<]*</p>\n", rendered)
    assert text_of(rendered).strip("\n") == plain(text)


@given(hostile)
def test_code_shows_text_as_it_is(text: str) -> None:
    """Whatever the text, it comes out as one piece of inline code."""
    rendered = parser.render(f"x {code(text)} x")
    assert text_of(rendered) == (f"x {plain(text)} x\n" if plain(text) else "x  x\n")
    assert rendered.count("<code>") == (1 if plain(text) else 0)


@given(hostile, hostile, hostile)
def test_a_cell_never_breaks_the_table(name: str, reason: str, note: str) -> None:
    """Whatever strategies are called and say, all rows of the table have as many cells, and no row is added."""
    strategies = (LAZY, StrategyResult(name, verdict="failed", error=reason, notes=(note,)))
    table = markdown_table(PointResult({}, strategies=strategies, winners=("lazy", name), notes=(note,)))
    rows = [line for line in table.splitlines() if line.startswith("|")]
    assert {line.count("|") for line in rows} == {rows[0].count("|")}
    rendered = parser.render(table)
    assert rendered.count("<tr>") == 4
    assert rendered.count("<td") == 3 * rendered.count("<th ")
    assert rendered.count("<table>") == rendered.count("<ul>") == 1


@given(hostile, hostile)
def test_nothing_hostile_reaches_a_terminal(name: str, reason: str) -> None:
    """Whatever strategies are called and say, the table holds no control character but its line ends."""
    strategies = (StrategyResult(name, median_ms=1.0), StrategyResult("b", verdict="differs", reason=reason))
    shown = terminal_table(PointResult({}, strategies=strategies))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@given(hostile)
def test_a_fence_holds(text: str) -> None:
    """Whatever the text, a fenced block of it is one block of code with that text."""
    rendered = parser.render(f"before\n\n{fenced(text, 'sql')}\n\nafter")
    shown = f"{plain_lines(text)}\n"
    assert text_of(rendered) == f"before\n{shown}\nafter\n"
    assert rendered.count("<pre>") == 1


def test_escapes_are_seen() -> None:
    """Control characters and overrides of direction stand as their escapes, in HTML as elsewhere."""
    assert plain("a\x1b[31m\nb\u202ec") == r"a\x1b[31m b\u202ec"
    assert html("<b>a\x00</b>") == r"&lt;b&gt;a\x00&lt;/b&gt;"
