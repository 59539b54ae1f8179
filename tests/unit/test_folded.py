"""What is folded away of a strategy: plans in short, loads that were repeated, and where its Python time goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import CostlyFunction, RepeatedLoad, Statement, StrategyResult
from bench.reports.folded import folded, strategy_details

# As PostgreSQL 18 gave it, with the keys that are shown.
PLAN = {
    "Plan": {
        "Node Type": "Nested Loop",
        "Join Type": "Left",
        "Plan Rows": 6,
        "Actual Rows": 6.0,
        "Actual Loops": 1,
        "Shared Hit Blocks": 12,
        "Shared Read Blocks": 0,
        "Plans": [
            {
                "Node Type": "Index Only Scan",
                "Index Name": "parents_pkey",
                "Relation Name": "parents",
                "Plan Rows": 3,
                "Actual Rows": 3.0,
                "Actual Loops": 1,
            },
            {
                "Node Type": "Index Scan",
                "Index Name": "ix_children_parent_id",
                "Relation Name": "children",
                "Plan Rows": 2,
                "Actual Rows": 2.0,
                "Actual Loops": 3,
            },
        ],
    },
    "Planning Time": 0.924,
    "Triggers": [],
    "Execution Time": 0.117,
}
IN_SHORT = """\
```text
Nested Loop (Left)  rows 6 estimated, 6 actual
  Index Only Scan on parents using parents_pkey  rows 3 estimated, 3 actual
  Index Scan on children using ix_children_parent_id  rows 2 estimated, 2 actual, 3 loops
buffers 12 hit, 0 read
```"""
FETCH = CostlyFunction("<method 'fetch' of 'Cursor'>", "asyncpg/cursor.py:204", 12_000, 3.217)
parser = MarkdownIt("commonmark").enable("table")


def details(*statements: Statement, **fields: Any) -> str:
    """What is folded away of a strategy that sent these."""
    return strategy_details(StrategyResult("one", statements=statements, **fields))


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ({}, "Its plan"),
        ({"plan_shape": "1cb0ff34c89d"}, "Its plan (shape 1cb0ff34c89d)"),
        (
            {"plan_shape": "1cb0ff34c89d", "generic_plans": 12_000, "custom_plans": 5},
            "Its plan (shape 1cb0ff34c89d), generic plan used 12,000 times, custom plan 5 times",
        ),
        (
            {"plan_shape": "1cb0ff34c89d", "generic_plans": 0, "custom_plans": 1},
            "Its plan (shape 1cb0ff34c89d), generic plan used 0 times, custom plan once",
        ),
    ],
)
def test_a_plan_is_folded_away_in_short(fields: dict[str, Any], summary: str) -> None:
    """Below its statement stand a plan's shape, and how often which kind was used; folded away, its nodes."""
    expected = (
        f"Sent once:\n\n```sql\nSELECT 1\n```\n\n<details><summary>{summary}</summary>\n\n{IN_SHORT}\n\n</details>"
    )
    assert expected == details(Statement("SELECT 1", 1, PLAN, **fields))


@pytest.mark.parametrize("plan", ["SCAN parents\nSCAN children", "no plan: relation passing does not exist"])
def test_a_plan_that_is_text_stands_open(plan: str) -> None:
    """SQLite's few lines, and the reason why there is no plan, are shown as they are."""
    expected = f"Sent once:\n\n```sql\nSELECT 1\n```\n\nIts plan (shape 8a):\n\n```text\n{plan}\n```"
    assert expected == details(Statement("SELECT 1", 1, plan, "8a"))


@pytest.mark.parametrize("plan", [None, {}, [], {"Plan": 7}])
def test_where_there_is_no_plan_nothing_is_said_of_one(plan: Any) -> None:
    """A statement without a plan stands alone."""
    assert "Sent once:\n\n```sql\nSELECT 1\n```" == details(Statement("SELECT 1", 1, plan))


@pytest.mark.parametrize(("calls", "said"), [(1, "Sent once:"), (2, "Repeated 2 times:"), (100, "Repeated 100 times:")])
def test_a_statement_that_was_sent_again_was_repeated(calls: int, said: str) -> None:
    """Only what was sent once was sent; the rest was repeated."""
    assert f"{said}\n\n```sql\nSELECT 1\n```" == details(Statement("SELECT 1", calls))


def test_a_repeated_load_is_named_before_its_statements() -> None:
    """A relationship that was loaded object by object is an N+1, with the line that caused it where that is known."""
    loads = (
        RepeatedLoad("User.posts", "lazy", 100, "loading.py:98"),
        RepeatedLoad("Post.tags", "immediate", 12_000),
    )
    expected = (
        "N+1: `User.posts` is loaded by a statement of its own for each of 100 objects (lazy), at `loading.py:98`.\n\n"
        "N+1: `Post.tags` is loaded by a statement of its own for each of 12,000 objects (immediate).\n\n"
        "Repeated 100 times:\n\n```sql\nSELECT 1\n```"
    )
    assert expected == details(Statement("SELECT 1", 100), repeated_loads=loads)


def test_python_time_is_a_table_of_five() -> None:
    """The five functions with the most time of their own stand in a table, the costliest first."""
    others = tuple(CostlyFunction(f"f{number}", f"a.py:{number}", 1, number / 10) for number in range(1, 8))
    expected = [
        ["`<method 'fetch' of 'Cursor'>`", "`asyncpg/cursor.py:204`", "12,000", "3.22"],
        ["`f7`", "`a.py:7`", "1", "0.700"],
        ["`f6`", "`a.py:6`", "1", "0.600"],
        ["`f5`", "`a.py:5`", "1", "0.500"],
        ["`f4`", "`a.py:4`", "1", "0.400"],
    ]
    line, table = details(costliest=(*others, FETCH)).split("\n\n")
    heading, rule, *rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.split("\n")]
    assert "Where its Python time goes, under the profiler:" == line
    assert ["function", "where", "calls", "own ms"] == heading
    assert [":", ":", "-:", "-:"] == [re.sub("-+", "-", cell).removesuffix("-") for cell in rule]
    assert expected == rows


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
        "<details>",
    ]
)
SHAPE = re.compile(r"</?(?:h[1-6]|table|thead|tr|th|td|ul|details|summary|pre|blockquote|hr|script|img|ol)\b")


@settings(max_examples=80, deadline=None)
@given(hostile, hostile, hostile)
def test_nothing_hostile_leaves_its_fold(one: str, other: str, third: str) -> None:
    """Whatever tables, functions and relationships are called, there are as many folds, tables and blocks of code."""

    def rendered(one: str, other: str, third: str) -> str:
        node = {"Node Type": f"n{one}", "Relation Name": other, "Index Name": third, "Join Type": one}
        statement = Statement(f"s{other}", 2, {"Plan": {**node, "Plans": [node]}}, f"p{third}", 1, 2)
        text = Statement(f"s{one}", 1, f"p{other}", f"p{one}")
        loads = (RepeatedLoad(f"r{one}", "lazy", 3, f"w{other}"),)
        functions = (CostlyFunction(f"f{third}", f"w{one}", 1, 1.0), CostlyFunction(other, third, 2, 0.5))
        return parser.render(folded("one", details(statement, text, repeated_loads=loads, costliest=functions)))

    found = rendered(one, other, third)
    assert SHAPE.findall(rendered("a", "b", "c")) == SHAPE.findall(found)
    assert "\x1b" not in found
