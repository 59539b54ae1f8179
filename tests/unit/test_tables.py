"""The table of a point, on a terminal and in Markdown: every strategy is in it, and nothing gets out of its cell."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import Counters, Latency, LoadResult, PointResult, RepeatedLoad, StrategyResult, Witnesses
from bench.reports.formatting import (
    code,
    count,
    data_size,
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
from bench.reports.tables import RATIO_NOTE, footnotes, margin_note, markdown_table, sections_of, terminal_table

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
        "strategy           median   p95   ratio         95 %  verdict   statements  rows\n"
        "                       ms    ms             interval\n"
        "-----------------  ------  ----  ------  -----------  --------  ----------  ----\n"
        "selectin *           8.43  11.0  0.111×  0.108–0.113  faster             2  1100\n"
        "lazy                 76.2  99.8   1.00×            –  baseline         101  1100\n"
        "-----------------  ------  ----  ------  -----------  --------  ----------  ----\n"
        "(reference: rows)\n"
        "json_aggregation     2.13  2.79  0.028×  0.027–0.029  faster             1   100\n"
        "-----------------  ------  ----  ------  -----------  --------  ----------  ----\n"
        "(not ranked)\n"
        "failing                 –     –       –            –  failed             –     –\n"
        "\n"
        "*: not shown to be behind the fastest, after correction for all pairs of strategies\n"
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
        "- ★: not shown to be behind the fastest, after correction for all pairs of strategies",
        f"- {RATIO_NOTE}",
        r"- `wrong` differs: at \['17'\]\[3\]: 'a &#124; b' where the baseline has 'c'",
        "- `failing` failed: ProgrammingError: no such table",
        "- `newest` skipped: needs sqlalchemy&gt;=2.2",
        "- `unset`: MissingGreenlet: not in a greenlet",
    ]


def test_the_legend_has_the_margin_where_it_is_known() -> None:
    """From which difference on strategies are told apart follows from the precision; without one it is not said."""
    said = (
        "a difference counts from 5 % on (the margin of this run) and after correction for the number of strategies: an"
        " interval beside 1 alone decides nothing"
    )
    assert f"- {said}\n" in markdown_table(POINT, precisions=[0.025])
    assert said in terminal_table(POINT, 250, precisions=[0.025])
    assert "a difference counts" not in markdown_table(POINT) + terminal_table(POINT)
    assert "from 2 % or 5 % on (the margins of these runs)" in margin_note([0.025, 0.01])
    assert "from 5 % on (the margin of these runs)" in margin_note([0.025, 0.025])


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


def measured_in_full(name: str, **fields: Any) -> StrategyResult:
    """A strategy of which everything was measured that a table can show."""
    counters = Counters(1001, round_trips=1003, rows=11000, bytes_sent=59_960, bytes_received=992_270, orm_objects=9)
    full = StrategyResult(
        name,
        verdict="inconclusive",
        median_ms=123.4,
        p95_ms=234.5,
        cold_ms=345.6,
        ratio=0.98,
        ratio_low=0.9632,
        ratio_high=0.9721,
        cpu_ms=99.1,
        server_ms=12.3,
        waiting_ms=12.0,
        overlap_ms=0.0,
        at_1ms_ms=1126.4,
        counters=counters,
    )
    return replace(full, **fields)


def headings(table: str) -> list[str]:
    """The headings of a terminal's table, each in one line."""
    first, second, rule = (line.ljust(300) for line in table.splitlines()[:3])
    places = [match.span() for match in re.finditer("-+", rule)]
    return [f"{first[begin:end].strip()} {second[begin:end].strip()}".strip() for begin, end in places]


def test_a_narrow_terminal_goes_without_the_least_needed_columns() -> None:
    """Times, ratio, verdict, statements, round trips and the time at 1 ms fit into 92 columns and stay at any width;
    the others come back as there is room.
    """
    fewer = replace(measured_in_full("a").counters, orm_objects=8)
    strategies = (measured_in_full("selectin_chunksize"), measured_in_full("lazy_run_sync", counters=fewer))
    point = PointResult({}, strategies=strategies, winners=("selectin_chunksize",))
    kept = [
        *("strategy", "median ms", "ratio", "95 % interval", "verdict", "statements", "round trips", "at 1 ms RTT"),
    ]
    assert kept == headings(terminal_table(point, width=92)) == headings(terminal_table(point, width=60))
    assert [*kept, "bytes"] == headings(terminal_table(point, width=102))
    assert [
        *("strategy", "median ms", "p95 ms", "ratio", "95 % interval", "verdict", "statements", "round trips"),
        *("at 1 ms RTT", "bytes", "client CPU ms", "server ms", "rows", "ORM objects", "waiting ms", "cold ms"),
    ] == headings(terminal_table(point, width=200))
    assert max(len(line) for line in terminal_table(point, width=92).splitlines()) <= 92
    assert max(len(line) for line in terminal_table(point).splitlines()) <= 100


def test_markdown_has_every_column_and_leaves_waiting_and_cold_calls_to_the_table_of_times() -> None:
    """In Markdown no column is dropped, sizes are in units, and what both moved is one figure."""
    table = cells(markdown_table(PointResult({}, strategies=(measured_in_full("a"),))))
    assert {
        "strategy": "`a`",
        "median ms": "123",
        "p95 ms": "234",
        "ratio": "0.980×",
        "95 % interval": "0.963\N{WORD JOINER}–\N{WORD JOINER}0.972",
        "verdict": "inconclusive",
        "statements": "1001",
        "round trips": "1003",
        "at 1 ms RTT": "≈1126",
        "bytes": "1.05\N{NO-BREAK SPACE}MB",
        "client CPU ms": "99.1",
        "server ms": "12.3",
        "rows": "11,000",
    } == dict(zip(table[0], table[2], strict=True))


def test_bytes_of_one_direction_are_no_sum() -> None:
    """Where what was received is not known, how much was moved is not known."""
    one_way = measured_in_full("a", counters=Counters(1, bytes_sent=100))
    table = cells(markdown_table(PointResult({}, strategies=(one_way, measured_in_full("b")))))
    assert ["–", "1.05\N{NO-BREAK SPACE}MB"] == [row[table[0].index("bytes")] for row in table[2:]]


@pytest.mark.parametrize(
    ("strategies", "shown", "legend"),
    [
        (
            [measured_in_full("a")],
            ["≈1126"],
            "(≈ estimated: median + round trips × 1 ms)",
        ),
        (
            [measured_in_full("a", at_1ms_measured=True)],
            ["1126"],
            "(measured)",
        ),
        (
            [measured_in_full("a"), measured_in_full("b", at_1ms_measured=True), measured_in_full("c", at_1ms_ms=None)],
            ["≈1126", "1126", "–"],
            (
                "(≈ estimated: median + round trips × 1 ms; without ≈ measured;"
                " – where that cannot be told, as with several connections)"
            ),
        ),
    ],
    ids=["estimated", "measured", "all three"],
)
def test_an_estimate_at_1_ms_is_told_from_a_measurement(
    strategies: list[StrategyResult], shown: list[str], legend: str
) -> None:
    """What was estimated has a mark that what was measured lacks, and the legend explains the marks that are there."""
    point = PointResult({}, strategies=strategies)
    table = cells(markdown_table(point))
    assert shown == [row[table[0].index("at 1 ms RTT")] for row in table[2:]]
    said = f"at 1 ms RTT: ms a call where each round trip takes 1 ms more {legend}"
    assert f"- {said}" in markdown_table(point).splitlines()
    assert said in terminal_table(point, width=250).splitlines()
    assert "at 1 ms" not in markdown_table(point, legend=False).partition("\n\n")[2]


def test_a_note_never_ends_a_line_between_a_number_and_its_unit() -> None:
    """Where a note is wrapped, 9.6 % and 1 ms stay together."""
    doubtful = [StrategyResult(name, verdict="inconclusive", smallest_detectable=0.096) for name in "abcdefghij"]
    point = PointResult({}, strategies=doubtful)
    for width in range(60, 100):
        assert not re.search(r"\d\n", terminal_table(point, width).partition("inconclusive; ")[2])


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
        (
            "inconclusive; the smallest differences that could have been seen: `joined` 6.1 %;"
            " only a difference by a factor of 3.8 or more could have been seen: `immediate`"
        ),
        "the witnesses disagree",
    ]


def test_witnesses_that_disagree_are_said() -> None:
    """Where those that saw the call counted differently, each that saw it is quoted."""
    doubted = StrategyResult("lazy", witnesses=Witnesses(51, 52, 51))
    blind = StrategyResult("raw", witnesses=Witnesses(None, 2, 1, {"events": "the driver was used directly"}))
    agreed = StrategyResult("selectin", witnesses=Witnesses(2, None, 2))
    assert footnotes(PointResult({}, strategies=(doubted, blind, agreed))) == [
        ("lazy: the witnesses disagree on its executions: 51 cursor events, 52 on the wire, 51 in pg_stat_statements"),
        "raw: the witnesses disagree on its executions: 2 on the wire, 1 in pg_stat_statements",
    ]


def test_loads_one_by_one_are_said() -> None:
    """A relationship that is loaded for each object is named with how often, and where that is known."""
    load = RepeatedLoad("User.posts", "lazy", 100, "loading.py:98")
    strategies = (
        StrategyResult("lazy", repeated_loads=(load, RepeatedLoad("Post.<b>", "immediate", 12345))),
        StrategyResult("lazy_run_sync", repeated_loads=(load,)),
    )
    assert footnotes(PointResult({}, strategies=strategies), code, markdown) == [
        (
            "`lazy`, `lazy_run_sync`: N+1: User.posts is loaded by a statement of its own 100 times (lazy),"
            " at loading.py:98"
        ),
        "`lazy`: N+1: Post.&lt;b&gt; is loaded by a statement of its own 12,345 times (immediate)",
    ]


@pytest.mark.parametrize(
    ("asked", "added", "said"),
    [
        (1.0, 1.24, ["1.24 ms of round-trip time were really added, where 1 ms were asked for"]),
        (0.05, 0.31, ["0.31 ms of round-trip time were really added, where 0.05 ms were asked for"]),
        (1.0, 1.1, []),
        (0.0, None, []),
    ],
)
def test_time_that_was_added_amiss_is_said(asked: float, added: float | None, said: list[str]) -> None:
    """Where the tap added another time than was asked for, by more than 0.15 ms, both are said."""
    assert said == footnotes(PointResult({}, asked, strategies=(LAZY,), rtt_added_ms=added))


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
    assert [data_size(value) for value in (None, 0, 999, 1000, 1234, 12_340, 123_400, 999_600, 1_100_000)] == [
        *("–", "0 B", "999 B", "1.00 kB", "1.23 kB", "12.3 kB", "123 kB", "1.00 MB", "1.10 MB")
    ]
    assert [data_size(2 * 10**9), data_size(3 * 10**12), data_size(45 * 10**15)] == ["2.00 GB", "3.00 TB", "45000 TB"]
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


def test_a_large_difference_that_few_rounds_left_open_is_no_limit_of_what_could_be_seen() -> None:
    """Where a sixteenth of the time was not called faster for want of rounds, that is what is said."""
    open_one = replace(
        SELECTIN, verdict="inconclusive", ratio=0.06, ratio_low=0.058, ratio_high=0.065, smallest_detectable=0.17
    )
    point = PointResult({}, strategies=(LAZY, open_one))
    assert ["too few rounds for a verdict, however large the difference: selectin; try --budget"] == footnotes(point)


def test_a_busy_machine_is_said() -> None:
    """Where more processes want to run than there are cores, with a little of our own, the reader is warned."""
    assert [] == footnotes(PointResult({}, strategies=(LAZY,), load_per_core=1.25))
    expected = (
        "the machine was busy when this was measured (3.2 processes for each core): that can make equal strategies look"
        " different, so measure again when it is quiet"
    )
    assert [expected] == footnotes(PointResult({}, strategies=(LAZY,), load_per_core=3.2))


def test_strategies_that_were_not_sampled_alike_are_named() -> None:
    """Where one had calls in a row and another, of a time near its own, had single ones, their ratio is put in doubt;
    what takes many times as long does not matter.
    """
    times = (("quick", 0.9, 3), ("other", 1.1, 1), ("slow", 40.0, 1))
    strategies = [StrategyResult(name, median_ms=time, calls_in_a_row=calls) for name, time, calls in times]
    expected = (
        "not sampled alike, so that the ratios between them are not those of equal calls: quick by 3 calls in a row,"
        " other by single calls; measure again"
    )
    assert [expected] == footnotes(PointResult({}, strategies=strategies))
    assert [] == footnotes(PointResult({}, strategies=[strategies[0], strategies[2]]))


def test_medians_of_unlike_rounds_are_put_in_doubt() -> None:
    """Where the machine became faster once the baseline was sampled enough, the other's median and its ratio contradict
    each other, and it is told which of the two holds; a little apart they may be, and of the same rounds anyhow.
    """
    base = StrategyResult("lazy", baseline=True, median_ms=60.0, ratio=1.0, rounds=(0, 1, 2, 3, 4, 5))
    other = StrategyResult("joined", median_ms=3.3, ratio=0.13, ratio_low=0.11, ratio_high=0.14)
    expected = (
        "times changed while this was measured, and the medians of joined are of other rounds than the baseline's, so"
        " that they contradict the ratios (2.0 times): ratios are of the same rounds, and hold; measure again for the"
        " times"
    )
    assert [expected] == footnotes(PointResult({}, strategies=(base, other)))
    for fine in (replace(other, median_ms=5.5), replace(other, median_ms=None), replace(other, rounds=base.rounds)):
        assert [] == footnotes(PointResult({}, strategies=(base, fine)))


def test_the_counter_that_leads_is_the_first_column_and_stands_once() -> None:
    """Memory leads the table where the scenario is about it, in units of bytes, on the narrowest terminal too."""
    led = replace(LAZY, counters=Counters(statements=101, peak_memory=12_345_678))
    for width in (40, 200):
        table = terminal_table(PointResult({}, strategies=(led, SELECTIN)), width=width, headline="peak_memory")
        assert ["strategy", "peak"] == table.splitlines()[0].split()[:2]
        assert 1 == table.count("12.3 MB")
    assert "| strategy   |   peak memory |" in markdown_table(
        PointResult({}, strategies=(led, SELECTIN)), headline="peak_memory"
    )


UNDER_LOAD = LoadResult(
    samples=10,
    tasks=20,
    units=100,
    rate=None,
    throughput=2369.4,
    unit=Latency(1000, 7.5, 9.25, 12.1, 31.0, ""),
    waiting=None,
    loop_lag=Latency(50, 0.1, 0.5, 1.25, 2.0, ""),
    connections_opened=0,
    connections_closed=0,
    most_in_use=15,
    timeouts=5,
    lost=3,
    errors={"TimeoutError": 3},
    client_cpu=0.5,
    machine_cpu=0.6,
    backends=16,
    limited_by="pool",
)


def test_loads_have_columns_of_their_own() -> None:
    """What was seen of loads stands beside the comparison, in Markdown all of it, on a narrow terminal the most needed;
    connections that nobody opened have no column.
    """
    point = PointResult({}, strategies=[replace(LAZY, load=UNDER_LOAD)])
    heading, _, row = markdown_table(point).splitlines()[:3]
    cells = dict(zip(cells_of(heading), cells_of(row), strict=True))
    assert {
        "units /s": "2369",
        "unit p50 ms": "7.50",
        "unit p95 ms": "9.25",
        "unit p99 ms": "12.1",
        "unit max ms": "31.0",
        "in use": "15",
        "backends": "16",
        "timed out": "0.5",
        "lost units": "0.3",
        "loop lag p99 ms": "1.25",
        "limit": "pool",
    }.items() <= cells.items()
    assert not {"opened", "closed", "wait p99 ms"} & cells.keys()
    assert ["strategy", "median", "ratio", "95 %", "verdict", "units", "unit", "timed", "lost"] == (
        re.split(r"  +", terminal_table(point, width=75).splitlines()[0].rstrip())
    )


def cells_of(line: str) -> list[str]:
    """The cells of a line of a table in Markdown."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]
