"""Plans: what makes two of them the same, and how they read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.plans import plan_shape, short_form

# As PostgreSQL 18 gave them, less the kinds of blocks of which there were none.
LEFT_JOIN = json.loads("""
{"Plan": {"Node Type": "Nested Loop", "Parallel Aware": false, "Async Capable": false, "Join Type": "Left",
"Startup Cost": 0.56, "Total Cost": 29.34, "Plan Rows": 6, "Plan Width": 4, "Actual Startup Time": 0.067,
"Actual Total Time": 0.075, "Actual Rows": 6.0, "Actual Loops": 1, "Disabled": false, "Inner Unique": false,
"Shared Hit Blocks": 12, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Index Only Scan",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Scan Direction": "Forward",
"Index Name": "parents_pkey", "Relation Name": "parents", "Alias": "p", "Startup Cost": 0.28, "Total Cost": 4.33,
"Plan Rows": 3, "Plan Width": 4, "Actual Startup Time": 0.028, "Actual Total Time": 0.03, "Actual Rows": 3.0,
"Actual Loops": 1, "Disabled": false, "Index Cond": "(id <= 3)", "Rows Removed by Index Recheck": 0,
"Heap Fetches": 0, "Index Searches": 1, "Shared Hit Blocks": 3, "Shared Read Blocks": 0},
{"Node Type": "Index Scan", "Parent Relationship": "Inner", "Parallel Aware": false, "Async Capable": false,
"Scan Direction": "Forward", "Index Name": "ix_children_parent_id", "Relation Name": "children", "Alias": "c",
"Startup Cost": 0.28, "Total Cost": 8.31, "Plan Rows": 2, "Plan Width": 8, "Actual Startup Time": 0.012,
"Actual Total Time": 0.013, "Actual Rows": 2.0, "Actual Loops": 3, "Disabled": false,
"Index Cond": "(parent_id = p.id)", "Rows Removed by Index Recheck": 0, "Index Searches": 3, "Shared Hit Blocks": 9,
"Shared Read Blocks": 0}]}, "Planning": {"Shared Hit Blocks": 165, "Shared Read Blocks": 0}, "Planning Time": 0.924,
"Triggers": [], "Execution Time": 0.117}
""")
PARALLEL = json.loads("""
{"Plan": {"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Finalize", "Parallel Aware": false,
"Async Capable": false, "Startup Cost": 38.85, "Total Cost": 38.86, "Plan Rows": 1, "Plan Width": 8,
"Actual Startup Time": 16.34, "Actual Total Time": 17.581, "Actual Rows": 1.0, "Actual Loops": 1, "Disabled": false,
"Shared Hit Blocks": 18, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Gather", "Parent Relationship": "Outer",
"Parallel Aware": false, "Async Capable": false, "Startup Cost": 38.83, "Total Cost": 38.84, "Plan Rows": 2,
"Plan Width": 8, "Actual Startup Time": 1.529, "Actual Total Time": 17.562, "Actual Rows": 3.0, "Actual Loops": 1,
"Disabled": false, "Workers Planned": 2, "Workers Launched": 2, "Single Copy": false, "Shared Hit Blocks": 18,
"Shared Read Blocks": 0, "Plans": [{"Node Type": "Aggregate", "Strategy": "Plain", "Partial Mode": "Partial",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Startup Cost": 38.83,
"Total Cost": 38.84, "Plan Rows": 1, "Plan Width": 8, "Actual Startup Time": 0.187, "Actual Total Time": 0.188,
"Actual Rows": 1.0, "Actual Loops": 3, "Disabled": false, "Shared Hit Blocks": 18, "Shared Read Blocks": 0,
"Workers": [], "Plans": [{"Node Type": "Seq Scan", "Parent Relationship": "Outer", "Parallel Aware": true,
"Async Capable": false, "Relation Name": "children", "Alias": "children", "Startup Cost": 0.0, "Total Cost": 34.67,
"Plan Rows": 1667, "Plan Width": 0, "Actual Startup Time": 0.003, "Actual Total Time": 0.095,
"Actual Rows": 1333.33, "Actual Loops": 3, "Disabled": false, "Shared Hit Blocks": 18, "Shared Read Blocks": 0,
"Workers": []}]}]}]}, "Planning": {"Shared Hit Blocks": 3, "Shared Read Blocks": 0}, "Planning Time": 0.097,
"Triggers": [], "Execution Time": 17.617}
""")
PAGE = json.loads("""
{"Plan": {"Node Type": "CTE Scan", "Parallel Aware": false, "Async Capable": false, "CTE Name": "page",
"Alias": "page", "Startup Cost": 0.37, "Total Cost": 13.42, "Plan Rows": 3, "Plan Width": 12,
"Actual Startup Time": 0.069, "Actual Total Time": 0.08, "Actual Rows": 3.0, "Actual Loops": 1, "Disabled": false,
"Storage": "Memory", "Maximum Storage": 17, "Shared Hit Blocks": 10, "Shared Read Blocks": 0, "Plans":
[{"Node Type": "Limit", "Parent Relationship": "InitPlan", "Subplan Name": "CTE page", "Parallel Aware": false,
"Async Capable": false, "Startup Cost": 0.28, "Total Cost": 0.37, "Plan Rows": 3, "Plan Width": 4,
"Actual Startup Time": 0.044, "Actual Total Time": 0.045, "Actual Rows": 3.0, "Actual Loops": 1, "Disabled": false,
"Shared Hit Blocks": 3, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Index Only Scan",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Scan Direction": "Backward",
"Index Name": "parents_pkey", "Relation Name": "parents", "Alias": "parents", "Startup Cost": 0.28,
"Total Cost": 62.28, "Plan Rows": 2000, "Plan Width": 4, "Actual Startup Time": 0.043, "Actual Total Time": 0.044,
"Actual Rows": 3.0, "Actual Loops": 1, "Disabled": false, "Heap Fetches": 0, "Index Searches": 1,
"Shared Hit Blocks": 3, "Shared Read Blocks": 0}]}, {"Node Type": "Aggregate", "Strategy": "Plain",
"Partial Mode": "Simple", "Parent Relationship": "SubPlan", "Subplan Name": "SubPlan 2", "Parallel Aware": false,
"Async Capable": false, "Startup Cost": 4.32, "Total Cost": 4.33, "Plan Rows": 1, "Plan Width": 8,
"Actual Startup Time": 0.008, "Actual Total Time": 0.008, "Actual Rows": 1.0, "Actual Loops": 3, "Disabled": false,
"Shared Hit Blocks": 7, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Index Only Scan",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Scan Direction": "Forward",
"Index Name": "ix_children_parent_id", "Relation Name": "children", "Alias": "children", "Startup Cost": 0.28,
"Total Cost": 4.31, "Plan Rows": 2, "Plan Width": 0, "Actual Startup Time": 0.005, "Actual Total Time": 0.006,
"Actual Rows": 2.0, "Actual Loops": 3, "Disabled": false, "Index Cond": "(parent_id = page.id)",
"Rows Removed by Index Recheck": 0, "Heap Fetches": 0, "Index Searches": 3, "Shared Hit Blocks": 7,
"Shared Read Blocks": 0}]}]}, "Planning": {"Shared Hit Blocks": 4, "Shared Read Blocks": 0}, "Planning Time": 0.145,
"Triggers": [], "Execution Time": 0.111}
""")
INSERT = json.loads("""
{"Plan": {"Node Type": "ModifyTable", "Operation": "Insert", "Parallel Aware": false, "Async Capable": false,
"Relation Name": "items", "Alias": "items", "Startup Cost": 0.0, "Total Cost": 0.04, "Plan Rows": 2,
"Plan Width": 36, "Actual Startup Time": 0.311, "Actual Total Time": 0.319, "Actual Rows": 2.0, "Actual Loops": 1,
"Disabled": false, "Shared Hit Blocks": 38, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Values Scan",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Alias": "*VALUES*",
"Startup Cost": 0.0, "Total Cost": 0.04, "Plan Rows": 2, "Plan Width": 36, "Actual Startup Time": 0.119,
"Actual Total Time": 0.123, "Actual Rows": 2.0, "Actual Loops": 1, "Disabled": false, "Shared Hit Blocks": 16,
"Shared Read Blocks": 0}]}, "Planning": {"Shared Hit Blocks": 6, "Shared Read Blocks": 0}, "Planning Time": 0.089,
"Triggers": [], "Execution Time": 0.342}
""")
NEVER = json.loads("""
{"Plan": {"Node Type": "Nested Loop", "Parallel Aware": false, "Async Capable": false, "Join Type": "Inner",
"Startup Cost": 0.56, "Total Cost": 8.63, "Plan Rows": 2, "Plan Width": 4, "Actual Startup Time": 0.014,
"Actual Total Time": 0.014, "Actual Rows": 0.0, "Actual Loops": 1, "Disabled": false, "Inner Unique": false,
"Shared Hit Blocks": 2, "Shared Read Blocks": 0, "Plans": [{"Node Type": "Index Only Scan",
"Parent Relationship": "Outer", "Parallel Aware": false, "Async Capable": false, "Scan Direction": "Forward",
"Index Name": "parents_pkey", "Relation Name": "parents", "Alias": "p", "Startup Cost": 0.28, "Total Cost": 4.29,
"Plan Rows": 1, "Plan Width": 4, "Actual Startup Time": 0.013, "Actual Total Time": 0.014, "Actual Rows": 0.0,
"Actual Loops": 1, "Disabled": false, "Index Cond": "(id = '-1'::integer)", "Rows Removed by Index Recheck": 0,
"Heap Fetches": 0, "Index Searches": 1, "Shared Hit Blocks": 2, "Shared Read Blocks": 0},
{"Node Type": "Index Only Scan", "Parent Relationship": "Inner", "Parallel Aware": false, "Async Capable": false,
"Scan Direction": "Forward", "Index Name": "ix_children_parent_id", "Relation Name": "children", "Alias": "c",
"Startup Cost": 0.28, "Total Cost": 4.31, "Plan Rows": 2, "Plan Width": 4, "Actual Startup Time": 0.0,
"Actual Total Time": 0.0, "Actual Rows": 0, "Actual Loops": 0, "Disabled": false,
"Index Cond": "(parent_id = '-1'::integer)", "Rows Removed by Index Recheck": 0, "Heap Fetches": 0,
"Index Searches": 0, "Shared Hit Blocks": 0, "Shared Read Blocks": 0}]}, "Planning": {"Shared Hit Blocks": 0,
"Shared Read Blocks": 0}, "Planning Time": 0.078, "Triggers": [], "Execution Time": 0.028}
""")
SQLITE = "SEARCH parents USING INTEGER PRIMARY KEY (rowid<?)\nUSE TEMP B-TREE FOR ORDER BY"


def nodes(plan: Any) -> Iterator[Any]:
    """Each node of a plan, to be changed."""
    waiting = [plan["Plan"]]
    while waiting:
        yield (node := waiting.pop(0))
        waiting += node.get("Plans", ())


def changed(plan: Any, number: int, **values: Any) -> Any:
    """A plan, one of whose nodes has other values."""
    copy = deepcopy(plan)
    list(nodes(copy))[number].update({key.replace("_", " "): value for key, value in values.items()})
    return copy


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (LEFT_JOIN, "1cb0ff34c89d"),
        (PARALLEL, "a4087a802ac6"),
        (PAGE, "15a2b2238252"),
        (INSERT, "3d3ff0e3018e"),
        ([LEFT_JOIN], "1cb0ff34c89d"),
        (SQLITE, "c6b514c495a8"),
    ],
)
def test_a_shape_is_the_same_in_every_run(plan: Any, expected: str) -> None:
    """A shape is compared with those in other result files, so it never changes."""
    assert expected == plan_shape(plan)


@pytest.mark.parametrize("plan", [None, "no plan: relation does not exist", "", "\n", {}, [], {"Plan": None}, 7])
def test_where_there_is_no_plan_there_is_no_shape(plan: Any) -> None:
    """What is no plan has no shape, so that two of them are not taken for the same."""
    assert None is plan_shape(plan)


@pytest.mark.parametrize(
    "values",
    [
        {"Total_Cost": 1e6, "Startup_Cost": 5.0, "Plan_Rows": 1, "Plan_Width": 1000},
        {"Actual_Rows": 100.5, "Actual_Loops": 7, "Actual_Total_Time": 3.2},
        {"Shared_Hit_Blocks": 1, "Shared_Read_Blocks": 99, "Temp_Written_Blocks": 4},
        {"Index_Cond": "(id <= 500)", "Filter": "(name = 'a')"},
        {"Alias": "parents_1", "Schema": "other", "Disabled": True},
        {"Workers_Planned": 4, "Workers_Launched": 1, "Workers": [{"Worker Number": 0}]},
        {"A_Key_Of_PostgreSQL_30": {"x": [1]}},
    ],
)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_what_differs_from_run_to_run_is_not_in_the_shape(number: int, values: dict[str, Any]) -> None:
    """Costs, rows, times, buffers, conditions, aliases, workers and what is not known leave the shape as it is."""
    assert plan_shape(LEFT_JOIN) == plan_shape(changed(LEFT_JOIN, number, **values))


def test_a_plan_that_was_not_executed_has_the_shape_of_one_that_was() -> None:
    """EXPLAIN without ANALYZE tells nothing actual, and of the shape all."""
    planned = deepcopy(LEFT_JOIN)
    for node in nodes(planned):
        for key in [key for key in node if key.startswith(("Actual", "Shared", "Index Searches", "Heap"))]:
            del node[key]
    assert plan_shape(LEFT_JOIN) == plan_shape({"Plan": planned["Plan"]})


@pytest.mark.parametrize(
    ("number", "values"),
    [
        (0, {"Node_Type": "Merge Join"}),
        (0, {"Join_Type": "Inner"}),
        (1, {"Relation_Name": "children"}),
        (1, {"Index_Name": "parents_name"}),
        (1, {"Scan_Direction": "Backward"}),
        (1, {"Parallel_Aware": True}),
        (2, {"Parent_Relationship": "SubPlan"}),
        (2, {"Node_Type": "Index Only Scan"}),
        (0, {"Strategy": "Hashed"}),
    ],
)
def test_what_the_server_does_is_in_the_shape(number: int, values: dict[str, Any]) -> None:
    """Another join, table, index, direction or place makes another shape."""
    assert plan_shape(LEFT_JOIN) != plan_shape(changed(LEFT_JOIN, number, **values))


def test_the_tree_and_its_order_are_in_the_shape() -> None:
    """Children in another order, or one below the other, make another shape."""
    outer, inner = LEFT_JOIN["Plan"]["Plans"]
    swapped = changed(LEFT_JOIN, 0, Plans=[inner, outer])
    nested = changed(LEFT_JOIN, 0, Plans=[{**outer, "Plans": [inner]}])
    assert 3 == len({plan_shape(LEFT_JOIN), plan_shape(swapped), plan_shape(nested)})


def test_a_join_is_read_from_the_top() -> None:
    """A node a line, below the one that it feeds, with rows estimated and actual, and loops where there was not one."""
    expected = (
        "Nested Loop (Left)  rows 6 estimated, 6 actual\n"
        "  Index Only Scan on parents using parents_pkey  rows 3 estimated, 3 actual\n"
        "  Index Scan on children using ix_children_parent_id  rows 2 estimated, 2 actual, 3 loops\n"
        "buffers 12 hit, 0 read"
    )
    assert expected == short_form(LEFT_JOIN)


def test_workers_share_their_rows() -> None:
    """A node that ran in three processes has three loops, and the rows of each with two decimals at most."""
    expected = (
        "Aggregate (Finalize)  rows 1 estimated, 1 actual\n"
        "  Gather  rows 2 estimated, 3 actual\n"
        "    Aggregate (Partial)  rows 1 estimated, 1 actual, 3 loops\n"
        "      Parallel Seq Scan on children  rows 1667 estimated, 1333.33 actual, 3 loops\n"
        "buffers 18 hit, 0 read"
    )
    assert expected == short_form(PARALLEL)


def test_subplans_have_their_names() -> None:
    """A common table expression and a subquery stand below what uses them, under their names."""
    expected = (
        "CTE Scan on page  rows 3 estimated, 3 actual\n"
        "  CTE page: Limit  rows 3 estimated, 3 actual\n"
        "    Index Only Scan (Backward) on parents using parents_pkey  rows 2000 estimated, 3 actual\n"
        "  SubPlan 2: Aggregate  rows 1 estimated, 1 actual, 3 loops\n"
        "    Index Only Scan on children using ix_children_parent_id  rows 2 estimated, 2 actual, 3 loops\n"
        "buffers 10 hit, 0 read"
    )
    assert expected == short_form(PAGE)


def test_a_write_says_which() -> None:
    """A node that modifies a table has the operation's name."""
    expected = (
        "Insert on items  rows 2 estimated, 2 actual\n"
        "  Values Scan on *VALUES*  rows 2 estimated, 2 actual\n"
        "buffers 38 hit, 0 read"
    )
    assert expected == short_form(INSERT)


def test_what_was_never_executed_says_so() -> None:
    """A node that nothing was asked of is told from one that found nothing."""
    expected = (
        "Nested Loop  rows 2 estimated, 0 actual\n"
        "  Index Only Scan on parents using parents_pkey  rows 1 estimated, 0 actual\n"
        "  Index Only Scan on children using ix_children_parent_id  rows 2 estimated, never executed\n"
        "buffers 2 hit, 0 read"
    )
    assert expected == short_form(NEVER)


def test_what_a_plan_does_not_tell_is_left_out() -> None:
    """A plan that was not executed has no actual rows and no buffers; a node without a type has a question mark."""
    plan = {"Plan": {"Node Type": "Result", "Plan Rows": 1, "Plans": [{"Relation Name": "a\n b", "Actual Rows": 2}]}}
    assert "Result  rows 1 estimated\n  ? on a b  rows 2 actual" == short_form(plan)


def test_a_statement_that_a_rule_made_two_of() -> None:
    """Several plans stand one after the other, each with its buffers."""
    assert f"{short_form(INSERT)}\n{short_form(NEVER)}" == short_form([INSERT, NEVER])


@pytest.mark.parametrize("plan", [SQLITE, "no plan: relation does not exist", "a\n  b "])
def test_text_stays_as_it_is(plan: str) -> None:
    """SQLite's plan, and the reason why there is none, are short already."""
    assert plan == short_form(plan)


KEYS = st.sampled_from(
    sorted({key for plan in (LEFT_JOIN, PARALLEL, PAGE, INSERT) for node in nodes(plan) for key in node})
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(10**400),
    lambda part: st.lists(part, max_size=3) | st.dictionaries(KEYS | st.just("Plan") | st.text(), part, max_size=6),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(ODD, st.integers(0, 2), KEYS)
def test_no_plan_is_too_odd(odd: Any, number: int, key: str) -> None:
    """Whatever another version says, and wherever it does, there is a text, and a shape where there is a node."""
    for plan in (odd, [odd], {"Plan": odd}, changed(LEFT_JOIN, number, **{key: odd})):
        shape = plan_shape(plan)
        assert isinstance(short_form(plan), str)
        assert shape is None or 12 == len(shape)


def test_no_plan_is_too_deep() -> None:
    """A plan of two thousand levels is read to its end."""
    plan: dict[str, Any] = {"Node Type": "Result"}
    for _ in range(2000):
        plan = {"Node Type": "Append", "Plans": [plan]}
    assert ["Result"] == short_form({"Plan": plan}).split()[-1:]
