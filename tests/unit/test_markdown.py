"""The report in Markdown: answers first, all that was measured below, and nothing that gets out of its place."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import (
    ClaimResult,
    Counters,
    Environment,
    PointResult,
    Result,
    ScenarioResult,
    Settings,
    Statement,
    StrategyResult,
    Witnesses,
)
from bench.reports.folded import plan_heading, readable_sql
from bench.reports.markdown import markdown_report

ENVIRONMENT = Environment(
    python="3.11.2",
    packages={"sqlalchemy": "2.1.9", "asyncpg": "0.32.0"},
    postgres="18.1",
    settings={"jit": "off", "shared_buffers": "128MB"},
    cpu="a processor",
    cores=2,
    kernel="Linux 6.1",
    git="9f0450d",
    database="embedded: no Docker engine answers",
    driver="asyncpg",
    gc="collected before each sample",
    loop="asyncio",
    seed=7,
    scale=1,
)
LAZY = StrategyResult(
    "lazy",
    description="Touch each author's posts.",
    code="async def lazy(db):\n    return ...\n",
    baseline=True,
    median_ms=76.2,
    ratio=1.0,
    counters=Counters(statements=101),
    statements=(Statement("SELECT 1\nFROM author", 1, "Seq Scan on author"), Statement("SELECT 2", 100)),
)
SELECTIN = StrategyResult(
    "selectin", verdict="faster", winner=True, median_ms=8.43, ratio=0.11, ratio_low=0.1, ratio_high=0.12, behind=1.0
)
WRONG = StrategyResult("wrong", code="def wrong(db): ...", verdict="differs", reason="at [3]: 1 where there is 2")
FAILED = StrategyResult("failing", verdict="failed", error="ProgrammingError: no such table")


def point(authors: int, *more: StrategyResult, finished: bool = True) -> PointResult:
    """A point that selectin won."""
    return PointResult(
        {"authors": authors},
        strategies=(LAZY, SELECTIN, *more),
        winners=("selectin",),
        rounds=212,
        seconds=9.3,
        finished=finished,
    )


def scenario(*points: PointResult, name: str = "loading.one_to_many", question: str = "How to load?") -> ScenarioResult:
    """A scenario with one claim."""
    claims = (ClaimResult("selectin wins", "the manual", "supported", faster="selectin", than="lazy"),)
    return ScenarioResult(name, question, "blog", "entities", "authors", {"authors": 100}, points, claims)


def report(*scenarios: ScenarioResult, interrupted: bool = False, **settings: Any) -> str:
    """The report of these scenarios."""
    asked = Settings(precision=0.01, **settings)
    return markdown_report(Result(ENVIRONMENT, asked, scenarios, "2026-11-22T10:31:05+01:00", 131.4, interrupted))


def environment_of(text: str) -> dict[str, str]:
    """The table of the environment, at the end of a report."""
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {row[0].strip(): row[1].strip() for row in rows}


FULL = replace(
    LAZY,
    server_ms=8.02,
    cpu_ms=60.1,
    waiting_ms=8.08,
    overlap_ms=0.0,
    at_1ms_ms=179.2,
    counters=Counters(statements=101, round_trips=103, bytes_sent=5996, bytes_received=99_227),
    witnesses=Witnesses(101, 101, None, {"server": "a cursor was open"}),
)


def lines_before(text: str, *wanted: str) -> list[int]:
    """Where in the text each of these begins, all of them being there."""
    for part in wanted:
        assert part in text, part
    return [text.index(part) for part in wanted]


def test_a_report_goes_from_the_answer_to_what_it_stands_on() -> None:
    """Title, summary, question, answer, table, claims, code, method and environment stand in this order."""
    text = report(scenario(point(100)))
    places = lines_before(
        text,
        "# What was measured: loading\n",
        (
            "1 scenario, 1 point, 1 claim (1 supported), measured in 2 min 11 s on 2026-11-22 09:31 UTC."
            " PostgreSQL 18.1, SQLAlchemy 2.1.9, asyncpg 0.32.0, Python 3.11.2 on asyncio, a processor, 2 cores.\n"
        ),
        "## How to load?\n",
        "`selectin` wins: 0.11× the time of `lazy` (0.10–0.12), 8.43 ms against 76.2 ms, over 212 paired rounds.\n",
        "The scenario `loading.one_to_many`, on the dataset `blog`.\n",
        "**At `authors=100`**, 212 rounds in 9 s:\n\n| strategy",
        "“selectin wins” (the manual)",
        "Supported: `selectin` is faster than `lazy` at every point that decided.\n",
        "<details><summary><code>lazy</code> Touch each author&#x27;s posts.</summary>\n\n```python\nasync def lazy(",
        "Sent once:\n\n```sql\nSELECT 1\nFROM author\n```\n\nIts plan:\n\n```text\nSeq Scan on author\n```\n",
        "Repeated 100 times:\n\n```sql\nSELECT 2\n```\n\n</details>\n",
        "## How it was measured\n",
        "The margin is 2 %, twice the precision asked.",
    )
    assert places == sorted(places)
    table = environment_of(text)
    assert table["database"] == "embedded: no Docker engine answers"
    assert table["server settings"] == "jit off, shared_buffers 128MB"
    assert table["seed and scale of the data"] == "7 and 1"
    assert text.endswith("|\n")


def test_a_title_of_ones_own() -> None:
    """A title that is given is the heading, harmless."""
    assert markdown_report(Result(ENVIRONMENT), "Mine <b>").startswith("# Mine &lt;b&gt;\n")


def test_nothing_was_measured() -> None:
    """A result without scenarios is a report that says so."""
    assert report().startswith("# What was measured: nothing\n\n0 scenarios, 0 points, measured in 2 min 11 s")


def test_the_typical_point_comes_first() -> None:
    """The typical point stands before the others, which stand open where they are few and folded where many."""
    few = report(scenario(point(10), point(100), point(1000)))
    places = lines_before(
        few, "**At `authors=100`**, the typical point", "**At `authors=10`**", "**At `authors=1000`**"
    )
    assert places == sorted(places)
    assert "further points" not in few
    many = report(scenario(*(point(number) for number in (100, 1, 2, 3, 4))))
    places = lines_before(
        many, "**At `authors=100`**", "<summary>4 further points</summary>", "**At `authors=1`**", "**At `authors=4`**"
    )
    assert places == sorted(places)
    assert many.count("ratio: median of paired rounds") == 1


def test_what_went_wrong_is_shown_for_what_it_is() -> None:
    """Strategies that differ or failed stand in the table, in the answer and with their code."""
    text = report(scenario(point(100, WRONG, FAILED)))
    lines_before(
        text,
        "- Not ranked: `wrong` (differs), `failing` (failed).",
        "- `wrong` differs: at \\[3\\]: 1 where there is 2",
        "- `failing` failed: ProgrammingError: no such table",
        "<summary><code>wrong</code></summary>\n\n```python\ndef wrong(db): ...\n```\n",
    )


def test_an_interrupted_run_says_so() -> None:
    """An interrupted run says how much is missing before anything else, and points that were not measured say so."""
    text = report(
        scenario(point(100), point(10, finished=False)),
        scenario(PointResult({"authors": 100}, finished=False), name="loading.b", question="And b?"),
        interrupted=True,
    )
    places = lines_before(
        text,
        "> **This run was interrupted**: 2 points of it are missing or unfinished.",
        "| [And b?](#and-b) ",
        "## How to load?",
        "- interrupted: this point was not finished",
        "## And b?\n\nNot measured: the run was interrupted before this scenario.\n",
        "- interrupted: this point was not measured",
    )
    assert places == sorted(places)


def test_the_table_of_contents_claims_no_more_than_was_shown() -> None:
    """A fastest strategy that was not shown to beat the baseline stands without a ratio, a baseline that wins too; one
    that is far behind by its estimate is counted among those not ruled out, and not named as fastest.
    """
    doubtful = PointResult(
        {}, strategies=(LAZY, replace(SELECTIN, verdict="inconclusive")), winners=("selectin", "lazy")
    )
    won = PointResult({}, strategies=(LAZY, replace(SELECTIN, verdict="slower")), winners=("lazy",))
    slow = replace(LAZY, behind=9.0, behind_verdict="inconclusive")
    unsettled = PointResult({}, strategies=(slow, SELECTIN), winners=("selectin", "lazy"))
    text = report(
        *(ScenarioResult(name, points=(one,)) for name, one in zip("abc", (doubtful, won, unsettled), strict=True))
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "](#" in line]
    assert rows == [
        ["[a](#a)", "`selectin`, `lazy` (baseline)", "inconclusive"],
        ["[b](#b)", "`lazy` (baseline)", "–"],
        ["[c](#c)", "`selectin` (1 more not ruled out)", "0.11× (0.10–0.12)"],
    ]


def test_the_table_of_contents_links_to_each_question() -> None:
    """Each question leads to its heading; where two ask the same, their names tell them apart."""
    text = report(
        scenario(point(100)), scenario(point(100), name="loading.b"), scenario(point(1), name="c", question="Why: a_b?")
    )
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if "](#" in line]
    assert rows == [
        ["[loading.one_to_many: How to load?](#loadingone_to_many-how-to-load)", "`selectin`", "0.11× (0.10–0.12)"],
        ["[loading.b: How to load?](#loadingb-how-to-load)", "`selectin`", "0.11× (0.10–0.12)"],
        ["[Why: a_b?](#why-a_b)", "`selectin`", "0.11× (0.10–0.12)"],
    ]
    assert "\n## loading.b: How to load?\n" in text


def test_what_a_call_costs_stands_below_its_point() -> None:
    """Below a point's table stand where the time went, open, and all counters, folded."""
    text = report(scenario(point(100, replace(FULL, name="full"))))
    places = lines_before(
        text,
        "**At `authors=100`**, 212 rounds in 9 s:\n\n| strategy",
        "- at 1 ms RTT: ms a call where each round trip takes 1 ms more (≈ estimated: median + round trips × 1 ms;",
        "\n\nWhere the time went, ms a call:\n\n| strategy",
        "\n\n<details><summary>All counters of a warm call</summary>\n\n| a call",
        "- `full`: executions not seen by pg_stat_statements: a cursor was open\n\n</details>\n\n**What is advised",
    )
    assert places == sorted(places)


def test_added_time_is_shown_as_it_really_was() -> None:
    """A point with added round-trip time says how much was really added; its counters stand at the one without."""
    near = PointResult({"authors": 100}, strategies=(FULL,), winners=("lazy",), rounds=30, seconds=5)
    far = replace(near, rtt_ms=1, rtt_added_ms=1.0432)
    text = report(scenario(near, far), rtts_ms=(0, 1))
    lines_before(
        text,
        "**At `authors=100`**, the typical point, 30 rounds in 5 s:",
        "**At `authors=100, 1 ms of added round-trip time`**, 1.04 ms really added, 30 rounds in 5 s:",
        "Calls without added round-trip time went straight to the server, those with it through the tap",
    )
    assert text.count("All counters of a warm call") == 1
    assert environment_of(text)["added round-trip times asked for"] == "0 ms, 1 ms"


def test_the_method_says_what_was_at_work() -> None:
    """The tap, the witnesses and the server's time are described where there were any, and nowhere else."""
    seen = report(scenario(PointResult({"authors": 100}, strategies=(FULL,))))
    lines_before(
        seen, "So was what crossed the wire: a tap,", "SQLAlchemy's events, the tap and", "by pg_stat_statements"
    )
    assert environment_of(seen)["executions counted by"] == "SQLAlchemy's events, the tap"
    unseen = report(scenario(point(100)))
    assert not re.search("the tap|pg_stat_statements|round-trip time", unseen)
    assert "executions counted by" not in environment_of(unseen)


def counted_report(*scenarios: ScenarioResult) -> str:
    """The report of scenarios that were counted and not timed."""
    return report(*scenarios, timed=False)


def test_a_report_of_counters_judges_no_times() -> None:
    """What was counted without a clock has tables of counters and the claims about them, and no word of a winner."""
    strategies = tuple(
        StrategyResult(
            name, code="x", baseline=name == "lazy", counters=Counters(statements=sent, round_trips=sent + 2)
        )
        for name, sent in (("lazy", 101), ("joined", 1))
    )
    claims = (
        ClaimResult("joined is faster", "a blog", faster="joined", than="lazy"),
        ClaimResult(
            "joined is one SELECT", "the manual", "supported", strategy="joined", counter="statements", equals=1
        ),
    )
    whole = replace(scenario(PointResult({"authors": 100}, strategies=strategies)), claims=claims)
    text = counted_report(whole, replace(whole, question="And b?"))
    places = lines_before(
        text,
        "# What was counted: loading\n",
        "2 scenarios, 2 points, 2 claims (2 supported), counted in 2 min 11 s",
        "| [How to load?](#how-to-load) | 3 to 103 round trips |",
        "A warm call takes 3 (`joined`) to 103 (`lazy`) round trips.\n",
        "**At `authors=100`**:\n\n| strategy   |   statements |   round trips |\n",
        "<summary>All counters of a warm call</summary>",
        "Supported: `joined` has 1 statement at every point.",
        "<summary><code>lazy</code></summary>",
        "## How it was counted\n\nAt each choice of parameters every strategy was called twice",
    )
    assert places == sorted(places)
    assert not re.search("faster|slower|ratio|winner|wins|ranked|precision|margin|baseline \\|", text)


def test_a_report_of_counters_that_was_interrupted() -> None:
    """Scenarios that were not reached by the counting say so."""
    text = counted_report(scenario(PointResult({"authors": 100}, finished=False)), ScenarioResult("b"))
    lines_before(
        text,
        "| [How to load?](#how-to-load) | not counted ",
        "Not counted: the run was interrupted before this scenario.\n",
        "Not counted.\n",
    )


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("SELECT 1", "SELECT 1"),
        (
            f"SELECT a \nFROM b \nWHERE c IN ({', '.join(f'${n}::INTEGER' for n in range(1, 501))}) AND d = $501",
            "SELECT a \nFROM b \nWHERE c IN ($1::INTEGER, … 500 in all) AND d = $501",
        ),
        ("SELECT a WHERE b IN (?, ?, ?, ?, ?, ?, ?, ?)", "SELECT a WHERE b IN (?, … 8 in all)"),
        ("SELECT a WHERE b IN (%s, %s, %s)", "SELECT a WHERE b IN (%s, %s, %s)"),
        (
            f"VALUES {', '.join(f'($1::TIMESTAMP WITH TIME ZONE, ${n}::NUMERIC(10, 2), {n})' for n in range(2, 10))}",
            "VALUES ($1::TIMESTAMP WITH TIME ZONE, $2::NUMERIC(10, 2), 2), … 8 rows in all",
        ),
        (
            f"VALUES {', '.join(f'({n}, NULL)' for n in range(9))}",
            f"VALUES {', '.join(f'({n}, NULL)' for n in range(9))}",
        ),
        (f"SELECT {'x' * 60}, {'y' * 60}", f"SELECT {'x' * 60},\n    {'y' * 60}"),
        (f"SELECT '{'x' * 60}, {'y' * 60}'", f"SELECT '{'x' * 60}, {'y' * 60}'"),
    ],
)
def test_long_statements_are_made_readable(sql: str, shown: str) -> None:
    """Of long lists and rows the first and their number are shown, and long lines broken after commas but in quotes."""
    assert readable_sql(sql) == shown


def test_many_statements_are_counted() -> None:
    """Of more than twenty distinct statements the rest is counted."""
    sent = tuple(Statement(f"SELECT {number}", 1) for number in range(25))
    measured = PointResult({}, strategies=(replace(LAZY, statements=sent),))
    text = report(ScenarioResult("s", points=(measured,)))
    assert text.count("Sent once:") == 20
    assert "And 5 more distinct statements, which the result file has." in text


hostile = st.text(st.characters(), max_size=30) | st.sampled_from(
    [
        "```\n</details><script>alert(1)</script>",
        "| a | b |\n|---|---|",
        "</code></summary></details># x",
        "![x](y) [a](b) <!-- ",
        "\n\n# heading\n\n- item",
        "\x1b[31m\u202e\x00",
        "a\\|b\\",
        "````",
        "    code",
        "<details>",
    ]
)
parser = MarkdownIt("commonmark").enable("table")
SHAPE = re.compile(r"</?(?:h[1-6]|table|thead|tr|th|td|ul|details|summary|pre|blockquote|hr|script|img|ol)\b")


@hypothesis_settings(max_examples=80, deadline=None)
@given(hostile, hostile, hostile)
def test_nothing_hostile_changes_the_report(one: str, other: str, third: str) -> None:
    """Whatever scenarios, databases and errors say, the report keeps its headings, tables and folds."""

    def built(one: str, other: str, third: str) -> str:
        hostile_statement = Statement(third, 2, other)
        strategies = (
            replace(FULL, description=one, code=f"x{other}", statements=(hostile_statement,), notes=(third,)),
            StrategyResult(f"n{one}", verdict="failed", error=f"e{other}"),
            StrategyResult(f"d{third}", verdict="differs", reason=f"r{one}"),
        )
        measured = PointResult({f"p{one}": other}, strategies=strategies, winners=("lazy",), rounds=3, notes=(other,))
        claim = ClaimResult(f"c{one}", f"s{other}", "depends", f"w{third}", faster=f"f{one}", than=f"t{other}")
        whole = ScenarioResult(f"m{one}", f"q{other}", f"d{third}", typical={}, points=(measured,), claims=(claim,))
        environment = replace(ENVIRONMENT, cpu=f"c{one}", database=f"d{other}", settings={"jit": f"j{third}"})
        return markdown_report(Result(environment, scenarios=(whole,), started=f"s{third}"), f"t{one}")

    shape = SHAPE.findall(parser.render(built("a", "b", "c")))
    rendered = parser.render(built(one, other, third))
    assert SHAPE.findall(rendered) == shape
    assert "\x1b" not in rendered


def test_what_is_hostile_can_still_be_read() -> None:
    """An error that looks like HTML is shown as it was said."""
    error = "<script>alert('1')</script> | *x* `y`"
    text = parser.render(report(scenario(point(100, StrategyResult("failing", verdict="failed", error=error)))))
    assert error in unescape(re.sub(r"</?code>", "", text))


def test_a_plan_that_was_left_out_is_told_by_its_shape() -> None:
    """Of a compact result's other points the shape alone may be kept, which is that of the typical point."""
    left_out = Statement("SELECT 1", 1, None, "0123456789ab")

    assert "Its plan (shape 0123456789ab, as at the typical point)" == plan_heading(left_out)
