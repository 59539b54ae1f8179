"""What a call costs beside what is compared: the table of `bench count`, where the time went, and all counters."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import Counters, LoadResult, PointResult, RepeatedLoad, StrategyResult, Witnesses
from bench.reports.costs import (
    OVERLAP_NOTE,
    SIDE_BY_SIDE_NOTE,
    SUM_NOTE,
    TX_NOTE,
    all_counters,
    counters_table,
    markdown_counters_table,
    time_table,
)

LAZY = StrategyResult(
    "lazy",
    baseline=True,
    median_ms=76.2,
    cpu_ms=60.1,
    server_ms=8.02,
    waiting_ms=8.08,
    overlap_ms=0.0,
    counters=Counters(
        statements=101,
        executions=101,
        pings=0,
        transaction_commands=2,
        round_trips=103,
        rows=1100,
        bytes_sent=5996,
        bytes_received=99_227,
        connections=0,
        orm_objects=1100,
        python_calls=59_121,
        buffers=1211,
    ),
    cold_counters=Counters(round_trips=118, connections=1),
    repeated_loads=(RepeatedLoad("User.posts", "lazy", 100, "loading.py:98"),),
)
SELECTIN = StrategyResult(
    "selectin",
    median_ms=8.43,
    cpu_ms=8.0,
    server_ms=1.4,
    waiting_ms=0.0,
    overlap_ms=0.97,
    counters=replace(LAZY.counters, statements=2, executions=2, round_trips=4, pings=0, python_calls=None),
)
GONE = StrategyResult("newest", verdict="skipped", reason="needs sqlalchemy>=2.2")
POINT = PointResult({}, strategies=(LAZY, SELECTIN, GONE), winners=("selectin",))


def cells(table: str) -> list[list[str]]:
    """The cells of a Markdown table, as they stand between its pipes."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def notes(table: str) -> list[str]:
    """The list below a table."""
    return [line for line in table.splitlines() if line.startswith("- ")]


def test_the_table_of_counters() -> None:
    """Strategies stand as they are declared, without a clock, a ratio or a winner, and with the notes of any table."""
    assert counters_table(POINT) == (
        "strategy  statements  executions  round        tx  rows  bytes     bytes      ORM  Python  buffers\n"
        "                                  trips  commands         sent  received  objects   calls\n"
        "--------  ----------  ----------  -----  --------  ----  -----  --------  -------  ------  -------\n"
        "lazy             101         101    103         2  1100   5996    99,227     1100  59,121     1211\n"
        "selectin           2           2      4         2  1100   5996    99,227     1100       –     1211\n"
        "newest             –           –      –         –     –      –         –        –       –        –\n"
        "\n"
        "tx commands: BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin\n"
        "lazy: N+1: User.posts is loaded by a statement of its own 100 times (lazy), at loading.py:98\n"
        "newest skipped: needs sqlalchemy>=2.2"
    )


def test_a_narrow_terminal_keeps_the_counters_that_matter() -> None:
    """Statements, round trips and rows stay at any width, and a heading that went is not explained."""
    narrow = counters_table(POINT, width=40)
    assert narrow.splitlines()[:2] == [
        "strategy  statements  round  rows",
        "                      trips",
    ]
    assert "tx commands" not in narrow
    assert max(map(len, counters_table(POINT, width=70).splitlines())) <= 70


def test_connections_are_counted_where_one_is_opened() -> None:
    """A warm call that opens a connection has a column for it."""
    opening = replace(SELECTIN, counters=Counters(statements=1, connections=1))
    assert "connections" not in counters_table(POINT)
    assert "connections" in counters_table(PointResult({}, strategies=(LAZY, opening)), width=200)


def test_nothing_counted_is_no_table() -> None:
    """A point without strategies has no table, and says that it was not measured."""
    point = PointResult({}, finished=False)
    assert counters_table(point) == "interrupted: this point was not measured"
    assert markdown_counters_table(point) == "- interrupted: this point was not measured"
    assert (time_table(point), all_counters(point)) == ("", "")


def test_the_counters_in_markdown() -> None:
    """Every column that says something is there, with its legend unless another table has it."""
    table = markdown_counters_table(POINT)
    assert cells(table)[3] == ["`selectin`", "2", "2", "4", "2", "1100", "5996", "99,227", "1100", "–", "1211"]
    assert notes(table)[0] == f"- {TX_NOTE}"
    assert TX_NOTE not in markdown_counters_table(POINT, legend=False)


def test_where_the_time_went() -> None:
    """The parts of a call stand beside the whole, in the order of the point's table; overlap where there is any."""
    assert cells(time_table(POINT)) == [
        ["strategy", "client CPU", "server", "waiting", "overlap", "wall"],
        [":-----------", "-------------:", "---------:", "----------:", "----------:", "-------:"],
        ["`selectin`", "8.00", "1.40", "0", "0.970", "8.43"],
        ["`lazy`", "60.1", "8.02", "8.08", "0", "76.2"],
    ]
    assert notes(time_table(POINT)) == [f"- {OVERLAP_NOTE}"]
    alone = PointResult({}, strategies=(LAZY,))
    assert cells(time_table(alone))[0] == ["strategy", "client CPU", "server", "waiting", "wall"]
    assert notes(time_table(alone)) == [f"- {SUM_NOTE}"]
    assert notes(time_table(alone, legend=False)) == []


def test_the_parts_of_a_load_are_not_added_up() -> None:
    """Connections work side by side: what the server spent on all of them leaves nothing for waiting or overlap."""
    load = LoadResult(10, 20, 100, None, 800.0, None, None, None, 0, 0, 20, 0, 0, {}, 0.6)
    table = time_table(PointResult({}, strategies=(replace(LAZY, server_ms=2063.0, load=load),)))
    assert cells(table)[0] == ["strategy", "client CPU", "server", "wall"]
    assert cells(table)[2] == ["`lazy`", "60.1", "2063", "76.2"]
    assert notes(table) == [f"- {SIDE_BY_SIDE_NOTE}"]


def test_the_cold_call_stands_beside_the_warm() -> None:
    """What the first call of all took, straight to the server, is in the table of points without added time."""
    cold = replace(LAZY, cold_ms=345.6)
    assert "346" == cells(time_table(PointResult({}, strategies=(cold,))))[2][-1]
    assert "76.2" == cells(time_table(PointResult({}, rtt_ms=1.0, strategies=(cold,))))[2][-1]


def test_why_the_servers_time_is_not_known() -> None:
    """Where the server's part is missing, the reason stands below, once for all that it holds for."""
    unseen = replace(LAZY, server_ms=None, waiting_ms=None, overlap_ms=None, server_unseen="SQLite | no statistics")
    table = time_table(PointResult({}, strategies=(unseen, replace(unseen, name="joined"))))
    assert cells(table)[0] == ["strategy", "client CPU", "wall"]
    assert notes(table) == ["- `lazy`, `joined`: the server's time is not known: SQLite &#124; no statistics"]


def test_a_result_from_before_has_no_table_of_times() -> None:
    """Where nobody asked for the server's time, nothing is split."""
    assert time_table(PointResult({}, strategies=(StrategyResult("lazy", median_ms=76.2, cpu_ms=60.1),))) == ""


def test_all_counters() -> None:
    """What is known of any strategy has its row, the cold call beside the warm; what is 0 for all is named below."""
    table = all_counters(POINT)
    assert cells(table)[0] == ["a call", "`lazy`", "`selectin`"]
    assert cells(table)[2:] == [
        ["statements", "101", "2"],
        ["executions", "101", "2"],
        ["transaction commands", "2", "2"],
        ["round trips", "103", "4"],
        ["round trips, cold call", "118", "–"],
        ["rows", "1100", "1100"],
        ["bytes sent", "5996", "5996"],
        ["bytes received", "99,227", "99,227"],
        ["connections, cold call", "1", "–"],
        ["ORM objects", "1100", "1100"],
        ["Python calls", "59,121", "–"],
        ["buffers", "1211", "1211"],
    ]
    assert notes(table) == ["- 0 of each: pings, connections"]


def test_a_witness_that_saw_nothing_is_named() -> None:
    """Who could not see the executions, and why, is said once for all strategies that it holds for."""
    blind = replace(LAZY, witnesses=Witnesses(1, 1, None, {"server": "a cursor was <open>"}))
    table = all_counters(PointResult({}, strategies=(blind, replace(blind, name="joined"), SELECTIN)))
    assert notes(table)[1:] == [
        "- `lazy`, `joined`: executions not seen by pg_stat_statements: a cursor was &lt;open&gt;"
    ]


hostile = st.text(st.characters(), max_size=30) | st.text("|\\`*_<>&[]()!#~$-+=1. \n\r\t\x1b\u202ea", max_size=30)
parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@given(hostile, hostile)
def test_names_and_reasons_never_break_a_table(name: str, reason: str) -> None:
    """Whatever strategies are called and servers say, each table is one table with one list below it."""
    odd = replace(
        LAZY,
        name=name,
        server_ms=None,
        server_unseen=f"r{reason}",
        witnesses=Witnesses(1, 1, None, {"server": f"r{reason}"}),
        repeated_loads=(RepeatedLoad(name, "lazy", 3, reason),),
    )
    point = PointResult({}, strategies=(odd, SELECTIN))
    for table in (time_table(point), all_counters(point), markdown_counters_table(point)):
        rendered = parser.render(table)
        assert (rendered.count("<table>"), rendered.count("<ul>")) == (1, 1)
        assert len({line.count("|") for line in table.splitlines() if line.startswith("|")}) == 1
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", counters_table(point))
