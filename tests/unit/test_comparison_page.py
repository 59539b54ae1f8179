"""Two results compared, as a page: what a reader is told first, and that nothing of it can do harm."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt

from bench.measurement import Counters, Result, Settings, Statement, StrategyResult
from bench.regressions.comparing import compare
from bench.reports.comparison import ADVISORY, markdown_comparison, summary, terminal_comparison
from tests.unit.test_comparing import JOINED, LAZY, of, point, result, scenario, timed, with_more
from tests.unit.test_result_file import ENVIRONMENT

BOTH: pytest.MarkDecorator = pytest.mark.parametrize("write", [terminal_comparison, markdown_comparison])


def page(base: Result, new: Result) -> str:
    """The comparison as plain text."""
    return terminal_comparison(compare(base, new, "before.json", "after.json"))


def test_nothing_changed_is_said_in_a_line() -> None:
    """Two results that only count and are the same have a page of a few lines."""
    counted = result(scenario(point(LAZY, JOINED, n=1)), asked=Settings(timed=False))
    at = replace(counted, started="2026-11-22T09:31:00+00:00")

    assert [
        "What changed between two results",
        "",
        "Compared:",
        "  BASE: before.json (2026-11-22 09:31 UTC, revision 9f0450d, counted, not timed)",
        "  NEW: after.json (revision 9f0450d, counted, not timed)",
        "",
        "No regression. 2 strategies compared, each at its point; 2 unchanged.",
    ] == page(at, counted).splitlines()


def test_what_is_wrong_is_said_first() -> None:
    """Failures, what is missing, regressions and budgets stand in the first line, in the order of the exit codes."""
    base = of(LAZY, JOINED, replace(JOINED, name="gone"), replace(LAZY, name="broken"))
    over = replace(JOINED, limits={"statements": 1})
    new = of(with_more(LAZY, rows=1101), over, replace(LAZY, name="broken", verdict="failed", error="KeyError: 1"))

    assert (
        "1 failure, 1 missing, 1 regression, 1 over budget. 3 strategies compared, each at its point; 0 unchanged."
        == (summary(compare(base, new)))
    )


def test_a_regression_has_its_counters_and_its_statements() -> None:
    """Counters stand in a table with what they were and are, statements as a diff below it."""
    base = replace(LAZY, statements=[Statement("SELECT 1", 1)])
    new = replace(with_more(LAZY, statements=52, python_calls=59_141), statements=[Statement("SELECT 1", 51)])

    lines = page(of(base), of(new)).splitlines()

    assert [
        "loading.page: How?",
        "",
        "n=1",
        "",
        "strategy    counter         BASE     NEW    change",
        "----------  ------------  ------  ------  --------  ----------",
        "lazy        statements         2      52       +50  regression",
        "lazy        Python calls  20,000  59,141    +196 %  regression",
        "",
        "Statements of lazy:",
        "  - 1× SELECT 1",
        "  + 51× SELECT 1",
    ] == lines[lines.index("loading.page: How?") :][:12]


def test_the_same_page_is_markdown() -> None:
    """In Markdown there are headings, a table, a block that is a diff, and lists."""
    base = replace(LAZY, statements=[Statement("SELECT 1", 1)])
    new = replace(with_more(LAZY, statements=1), statements=[Statement("SELECT 2", 1)])

    text = markdown_comparison(compare(of(base, JOINED), of(new), "before.json", "after.json"))

    assert text.startswith(
        "# What changed between two results\n\nCompared:\n\n- BASE: `before.json` (revision 9f0450d)\n"
    )
    assert "\nMissing:\n\n- `loading.page:joined` at `n=1`\n" in text
    assert "\n## `loading.page`: How?\n\n**`n=1`**\n\n| strategy   | counter    |   BASE |" in text
    assert "\n| `lazy`     | statements |      2 |     1 |       -1 | fewer |\n" in text
    assert text.endswith("\nStatements of `lazy`:\n\n```diff\n- 1× SELECT 1\n+ 1× SELECT 2\n```")


def test_times_say_what_they_are_worth() -> None:
    """The table has both medians, the ratio and its interval, and below it stands that no interval covers two runs."""
    lines = page(of(timed(LAZY, 10), timed(JOINED, 10)), of(timed(LAZY, 30), timed(JOINED, 10.2))).splitlines()

    assert [
        "strategy      BASE ms    NEW ms    ratio    95 % interval  verdict",
        "----------  ---------  --------  -------  ---------------  ------------",
        "lazy             10.0      30.0  3.0000×    3.0000–3.0000  slower",
        "joined           10.0      10.2  1.0200×    1.0200–1.0200  inconclusive",
    ] == lines[lines.index("n=1") + 2 :][:4]
    assert " ".join(lines[-5:]).startswith(ADVISORY)
    assert "differ by 8 to 21 %" in ADVISORY
    assert "bench check" in ADVISORY


@BOTH
def test_a_refused_verdict_says_why(write: Callable[..., str]) -> None:
    """Where the two were not measured alike, what differs is named, and the table of times has no verdicts."""
    packages = {"sqlalchemy": "2.0.58", "asyncpg": "0.32.0"}
    base = of(timed(LAZY, 10), packages=packages, cpu="one")
    new = of(timed(LAZY, 10), packages=packages | {"sqlalchemy": "2.1.9"}, cpu="another")

    text = " ".join(write(compare(base, new)).split())

    assert "No verdict on timings: SQLAlchemy 2.0.58 against 2.1.9; CPU one against another." in text
    assert "Python calls and bytes are shown, not gated: they depend on what differs: SQLAlchemy 2.0.58 against" in text
    assert "verdict inconclusive" not in text
    assert "95 % interval" in text


def test_many_differences_are_cut_off() -> None:
    """Of dozens of settings that differ, the first are named and the others counted."""
    others = {f"setting_{number}": "on" for number in range(40)}

    text = " ".join(page(of(timed(LAZY, 10)), of(timed(LAZY, 10), settings=others)).split())

    assert "setting setting_10 none against on; and 29 more." in text


def test_other_data_are_said() -> None:
    """With another scale the page says that there is no baseline, in its first line too."""
    text = page(of(LAZY), of(with_more(LAZY, rows=2200), scale=2))

    assert "No baseline for these data. 1 strategy compared" in text
    assert "The data are others: scale of the data 1 against 2." in text
    assert "not gated" in text


def test_a_busy_machine_is_said() -> None:
    """A point whose times have no verdict because of it says so."""
    busy = result(scenario(replace(point(timed(LAZY, 90), n=1), load_per_core=3.0)))

    assert "The machine was busy with something else when this was measured" in page(of(timed(LAZY, 10)), busy)


def test_places_with_the_same_to_say_share_a_line() -> None:
    """A strategy that vanished at many points has one line, with the first of them."""
    base = result(scenario(*(point(LAZY, JOINED, n=number) for number in range(5))))
    new = result(scenario(*(point(LAZY, n=number) for number in range(5))))

    assert "Missing:\n  loading.page:joined at n=0; n=1; n=2; and 2 more points\n" in page(base, new) + "\n"


def test_what_became_of_strategies_is_listed() -> None:
    """What failed, fails still, works again, is new, has a new name or an unchecked budget each has a list."""
    broken = replace(LAZY, verdict="failed", error="KeyError: 1")
    base = of(replace(LAZY, name="a"), replace(broken, name="b"), replace(broken, name="c"), JOINED)
    new = of(
        replace(broken, name="a"),
        replace(broken, name="b"),
        replace(LAZY, name="c", limits={"orm_objects": 1}),
        replace(JOINED, name="joined_all", limits={"rows": 1}),
    )

    lines = page(base, new).splitlines()

    assert [
        "Failed:",
        "  loading.page:a at n=1: failed: KeyError: 1",
        "",
        "Missing:",
        "  loading.page:joined at n=1: is joined_all its new name?",
        "",
        "Over budget:",
        "  loading.page:joined_all at n=1: 1100 rows (at most 1)",
        "",
        "Budgets not checked:",
        "  loading.page:c at n=1: ORM objects could not be counted",
        "",
        "Failed in both:",
        "  loading.page:b at n=1: failed: KeyError: 1",
        "",
        "Measured now:",
        "  loading.page:c at n=1: failed in BASE, measured now",
        "",
        "New:",
        "  loading.page:joined_all at n=1",
    ] == lines[lines.index("Failed:") :]


def test_what_was_not_compared_is_said_once() -> None:
    """Counters that only one of the results has are named once for all strategies."""
    on_sqlite = [replace(one, counters=Counters(statements=2)) for one in (LAZY, JOINED)]

    text = " ".join(page(of(LAZY, JOINED), of(*on_sqlite)).split())

    names = "executions, round trips, rows, connections, Python calls, bytes sent"
    assert f"Not compared, for only one of the results has them: {names} (of 2 strategies)" in text


def test_an_interrupted_result_is_said() -> None:
    """A result of a run that was interrupted says so where it is named."""
    cut = replace(of(LAZY), interrupted=True)

    assert "NEW: after.json (revision 9f0450d, interrupted: what it had until then)" in page(of(LAZY), cut)


@pytest.mark.parametrize("hostile", ["\x1b[31mred\x1b[0m", "| a <script>alert(1)</script> `b` \n# c", "*_[x](y)_*"])
def test_hostile_names_do_no_harm(hostile: str) -> None:
    """Names, questions, reasons and statements of others reach no terminal as codes, and no page as HTML."""
    one = replace(LAZY, name=hostile, limits={"statements": 1}, statements=[Statement(hostile, 1)])
    other = replace(one, statements=[Statement(f"{hostile} x", 2)], counters=replace(one.counters, statements=3))
    failed = StrategyResult(f"{hostile}2", verdict="failed", error=hostile)
    base = result(scenario(point(one, replace(LAZY, name=f"{hostile}2"), n=hostile), name=hostile), cpu=hostile)
    new = result(scenario(point(other, failed, n=hostile), name=hostile), git=hostile, kernel=hostile)
    found = compare(replace(base, started=hostile), new, hostile, hostile)

    html = MarkdownIt("commonmark").enable("table").render(markdown_comparison(found))

    assert "\x1b" not in terminal_comparison(found)
    assert "\x1b" not in markdown_comparison(found)
    assert "<script" not in html
    assert "<h1>c" not in html
    assert "<a " not in html


def test_colour_is_for_a_terminal_that_asks() -> None:
    """Without colour there are no control codes; with it the first line is red where something is wrong."""
    wrong = compare(of(LAZY), of(with_more(LAZY, statements=3)))

    assert "\x1b" not in terminal_comparison(wrong)
    assert "\x1b[31m1 regression." in terminal_comparison(wrong, colour=True)
    assert "\x1b[32mNo regression." in terminal_comparison(compare(of(LAZY), of(LAZY)), colour=True)


def test_a_narrow_terminal_wraps() -> None:
    """Sentences and lists keep to the width."""
    text = terminal_comparison(compare(of(timed(LAZY, 10)), of(timed(LAZY, 10), cpu="another" * 3)), 60)

    assert [] == [line for line in text.splitlines() if len(line) > 71]
    assert ENVIRONMENT.cpu in text
