"""The batching scenarios: what each strategy sends for a list of ids, and how PostgreSQL goes about it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import InvalidRequestError

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.worker.engines import Access, open_async
from tests.scenarios.helpers import Counted, call_on_sqlite, points_on_postgresql, rows_of, scenarios_of, write_sqlite

SCENARIOS = scenarios_of("batching")
batching: Any = sys.modules[SCENARIOS["any_order"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["any_order"].dataset.rows.__module__]


STRATEGIES = {
    "any_order": [
        "expanding_in",
        "in_chunks",
        "any_array",
        "unnest_join",
        "values_join",
        "temporary_table",
        "temporary_table_copied",
        "temporary_table_analyzed",
        "temporary_table_kept",
        "get_each",
        "gathered",
        "get_each_gathered",
        "gathered_in_one_session",
    ],
    "in_order": [
        "in_and_dict",
        "any_and_dict",
        "in_then_get",
        "get_each",
        "unnest_ordinality",
        "values_position",
        "array_position",
        "case_position",
    ],
    "varied_lengths": [
        "expanding_in",
        "in_not_kept",
        "in_kept",
        "in_padded",
        "in_chunks",
        "any_array",
        "unnest_join",
        "values_join",
    ],
}


@pytest.fixture(scope="module")
def users() -> list[tuple[Any, ...]]:
    """The first twenty users."""
    return [tuple(row.values()) for row in rows_of(blog.rows, users=lambda row: row["id"] <= 20)["users"]]


@pytest.fixture(scope="module")
def few_users(tmp_path_factory: pytest.TempPathFactory, users: list[tuple[Any, ...]]) -> Path:
    """Those users in SQLite."""
    names = [column.name for column in blog.User.__table__.columns]
    rows = [dict(zip(names, row, strict=True)) for row in users]
    return write_sqlite(tmp_path_factory.mktemp("blog") / "users.db", blog.Base.metadata, {"users": rows})


def _found(path: Path, scenario: str, name: str, ids: list[int]) -> Any:
    """What a strategy returns for a list of ids, on SQLite."""
    return call_on_sqlite(path, SCENARIOS[scenario].strategies[name], {"inputs": list(ids)})[0]


def test_the_scenarios_and_their_strategies_are_these() -> None:
    """Names are an interface: results of other versions are compared by them."""
    assert STRATEGIES == {name: list(scenario.strategies) for name, scenario in SCENARIOS.items()}


@pytest.mark.parametrize(
    "name", ["expanding_in", "in_chunks", "temporary_table", "get_each", "gathered", "get_each_gathered"]
)
def test_users_who_are_there_are_found(few_users: Path, users: list[tuple[Any, ...]], name: str) -> None:
    """Of eight ids, three of them nobody's, five users come back; again, for a temporary table is gone by then."""
    wanted = [17, 3, 1_000_000_001, 20, 1_000_000_009, 1, 1_000_000_005, 8]

    for _ in range(2):
        assert [(key, users[key - 1][1], users[key - 1][2]) for key in (1, 3, 8, 17, 20)] == sorted(
            _found(few_users, "any_order", name, wanted)
        )


@pytest.mark.parametrize("name", ["in_and_dict", "in_then_get", "get_each", "case_position"])
def test_users_come_in_the_order_of_the_list(few_users: Path, users: list[tuple[Any, ...]], name: str) -> None:
    """The list is in no order of its own, and the result is in the order of the list."""
    wanted = [17, 3, 20, 1, 8]

    assert [(key, users[key - 1][1], users[key - 1][2]) for key in wanted] == _found(
        few_users, "in_order", name, wanted
    )


def test_one_session_refuses_two_gets_at_once(few_users: Path) -> None:
    """The demonstration raises what SQLAlchemy says of a session that is used by two tasks."""
    with pytest.raises(InvalidRequestError, match="concurrent operations are not permitted"):
        _found(few_users, "any_order", "gathered_in_one_session", [1, 2, 3])


def test_some_ids_are_nobodys() -> None:
    """Half of the ids are a user's, one at least; no id is twice in the list."""
    for ids, there, present in ((1, 50, 1), (10, 50, 5), (101, 50, 51), (100, 100, 100)):
        found = batching.ids_wanted(Random(1), ids, there)
        assert (ids, present) == (len(set(found)), sum(key <= 20_000 for key in found))


def test_a_padded_list_has_one_of_few_lengths() -> None:
    """The last id is repeated up to the next power of two, and a list of such a length stays as it is."""
    assert [7, 8, 9, 9] == batching.padded([7, 8, 9])
    assert [1, 2, 4, 4, 8, 512] == [len(batching.padded(list(range(length)))) for length in (1, 2, 3, 4, 5, 400)]


def test_ids_are_shared_out_over_the_sessions() -> None:
    """Five sessions get a fifth each; with fewer ids than sessions, some stay closed."""
    assert [20, 20, 20, 20, 20] == [len(share) for share in batching.shares(list(range(100)))]
    assert [[1], [2], [3]] == batching.shares([1, 2, 3])


def test_lengths_vary_around_the_number_of_ids() -> None:
    """400 lengths around 400 ids are those from 200 to 599; one length is that number."""
    drawn = Random(1)
    lengths = {len(batching.ids_of_varied_length(drawn, 400, 400)) for _ in range(50)}

    assert 200 == batching.shortest(400, 400)
    assert lengths <= set(range(200, 600))
    assert len(lengths) > 30
    assert 400 == len(batching.ids_of_varied_length(drawn, 400, 1))


def test_grids_have_both_sides_of_what_a_connection_keeps() -> None:
    """140 lengths can be kept and 160 cannot, unless 1,000 may be; chunks have fifty lengths."""
    assert {140, 160} <= set(SCENARIOS["varied_lengths"].params["lengths"])
    assert [50] * 8 + [1] == [len(chunk) for chunk in batching.chunks(list(range(401)), batching.SHORT_CHUNK)]


def test_points_that_are_declined_say_why() -> None:
    """A SELECT for each of very many ids, a CASE of them all, and statements that fill the server's memory."""
    assert True is batching.few_enough(501)
    assert "1,000 SELECTs, one for each id, are too slow to be sampled often" == batching.few_enough(1000)
    assert "a CASE with 10,000 branches takes seconds" == batching.few_cases(10_000)
    assert "one id alone is nothing to gather" == batching.several(1)
    assert True is batching.bearable_to_keep(1000, 400)
    assert "400 prepared statements of about 2,000 arguments take the server 480 MB" == batching.bearable_to_keep(
        2000, 400
    )


@pytest.fixture(scope="module")
def counted(cache: Path) -> dict[int, Counted]:
    """What some strategies cost on PostgreSQL, by the number of ids."""
    names = ("unnest_join", "temporary_table_analyzed", "temporary_table_kept")
    found = points_on_postgresql(*(f"batching.any_order:{name}" for name in names), ids=[100, 500])["any_order"]
    return dict(zip((100, 500), found, strict=True))


def test_the_call_that_is_counted_has_a_length_of_its_own(cache: Path) -> None:
    """Of 160 lengths around 400 ids, that of the counted call was not seen before: its statement is prepared once."""
    found = points_on_postgresql("batching.varied_lengths:expanding_in", ids=400, lengths=160)["varied_lengths"]

    assert [1] == [by_name["expanding_in"].counters.prepares for by_name in found]


def test_a_table_of_ids_costs_more_round_trips_than_an_argument(counted: dict[int, Counted]) -> None:
    """One statement is three with BEGIN and ROLLBACK; CREATE, COPY (two) and ANALYZE are added to them."""
    trips = {name: one.counters.round_trips for name, one in counted[500].items()}

    assert {
        "expanding_in": 3,
        "unnest_join": 3,
        "temporary_table_analyzed": 7,
        "temporary_table_kept": 6,
    } == trips


def test_the_planner_joins_in_another_way_on_the_other_side_of_the_grid(counted: dict[int, Counted]) -> None:
    """A hundred unnested ids are looked up in the index one by one; for 500 the whole table is read."""
    assert {100: "Nested Loop", 500: "Hash Join"} == {
        ids: one["unnest_join"].statements[0].plan["Plan"]["Node Type"] for ids, one in counted.items()
    }
    assert {100, 500} <= set(SCENARIOS["any_order"].params["ids"])


def test_a_table_that_nobody_analyzed_is_taken_for_a_large_one(counted: dict[int, Counted]) -> None:
    """For a hundred ids in a temporary table the whole table of users is read; for a hundred in an array it is not."""
    buffers = {name: one.counters.buffers or 0 for name, one in counted[100].items()}

    assert buffers["temporary_table_kept"] > 1500
    assert 0 < buffers["unnest_join"] < 500


@pytest.fixture(scope="module")
def empty(cache: Path) -> Iterator[Address]:
    """A database of PostgreSQL's with the blog's tables, and nobody in them."""

    def fill(address: Address) -> None:
        async def create() -> None:
            handle = open_async(Access(address, "asyncpg", "tests", writes=True), {})
            async with handle.engine.begin() as connection:
                await connection.run_sync(blog.Base.metadata.create_all)
            await handle.engine.dispose()

        asyncio.run(create())

    with open_embedded({}, say=lambda line: None) as server:
        yield server.clone(server.template("emptyblog", fill))


def _sent(address: Address, scenario: str, name: str, lengths: Iterable[int], ask: str) -> tuple[list[str], Any]:
    """The statements that a strategy sends for lists of these lengths; and what its connection then says to `ask`."""
    strategy = SCENARIOS[scenario].strategies[name]
    # That of the varied lengths would prepare them all; the others make ready for a temporary table.
    setup = strategy.setup if scenario == "any_order" else None
    statements: list[str] = []

    async def call() -> tuple[list[str], Any]:
        handle: Any = open_async(Access(address, "asyncpg", "tests", writes=False), strategy.engine_options)
        try:
            async with setup(handle) if setup else nullcontext():

                @event.listens_for(handle.engine.sync_engine, "before_cursor_execute")
                def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
                    statements.append(statement)

                for length in lengths:
                    await strategy.function(handle, inputs=list(range(length)))
                sent = list(statements)
                async with handle.connection() as connection:
                    return sent, (await connection.execute(text(ask))).scalar_one()
        finally:
            await handle.engine.dispose()

    return asyncio.run(call())


def test_a_chunk_holds_500_ids(empty: Address) -> None:
    """500 ids are one statement, 501 are two; both are on the grid."""
    assert {500: 1, 501: 2} == {
        ids: len(_sent(empty, "any_order", "in_chunks", [ids], "SELECT 1")[0]) for ids in (500, 501)
    }
    assert {500, 501} <= set(SCENARIOS["any_order"].params["ids"])


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("expanding_in", "WHERE users.id IN ($1::INTEGER, $2::INTEGER)"),
        ("any_array", "WHERE users.id = ANY ($1::INTEGER[])"),
        ("unnest_join", "JOIN unnest($1::INTEGER[]) AS wanted(id) ON wanted.id = users.id"),
        ("values_join", "JOIN (VALUES ($1::INTEGER), ($2::INTEGER)) AS wanted (id) ON wanted.id = users.id"),
        ("temporary_table", "JOIN wanted_ids ON wanted_ids.id = users.id"),
    ],
)
def test_a_set_of_ids_is_asked_for_in_this_way(empty: Address, name: str, condition: str) -> None:
    """The last statement of a strategy ends with this."""
    statements, _ = _sent(empty, "any_order", name, [2], "SELECT 1")

    assert statements[-1].replace("\n", "").endswith(f"FROM users {condition}")


@pytest.mark.parametrize(
    ("name", "order"),
    [
        ("unnest_ordinality", "wanted.place"),
        ("values_position", "wanted.place"),
        ("array_position", "array_position($1::INTEGER[], users.id)"),
    ],
)
def test_the_server_makes_the_order_of_the_list(empty: Address, name: str, order: str) -> None:
    """These strategies leave nothing to sort in Python: one statement, in the order of places in the list."""
    (statement,), _ = _sent(empty, "in_order", name, [2], "SELECT 1")

    assert order == statement.partition("ORDER BY ")[2]


KEPT = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT users.id%'"


@pytest.mark.parametrize(
    ("name", "of_140", "of_160"),
    [
        ("expanding_in", 140, 110),
        ("in_kept", 140, 160),
        ("in_not_kept", 0, 0),
        ("in_padded", 9, 9),
        ("in_chunks", 50, 50),
        ("any_array", 1, 1),
    ],
)
def test_a_connection_keeps_100_prepared_statements_and_half_as_many_more(
    empty: Address, name: str, of_140: int, of_160: int
) -> None:
    """Of 140 lengths all are kept; one more than 150 in all, some of SQLAlchemy's own among them, takes it back to a
    hundred. Padded or in chunks there are fewer.
    """
    assert (of_140, pytest.approx(of_160, abs=5)) == tuple(
        _sent(empty, "varied_lengths", name, range(1, longest + 1), KEPT)[1] for longest in (140, 160)
    )


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("temporary_table", 0),
        ("temporary_table_copied", 0),
        ("temporary_table_analyzed", 0),
        ("temporary_table_kept", 1),
    ],
)
def test_a_temporary_table_is_gone_with_the_transaction(empty: Address, name: str, left: int) -> None:
    """No table is left on the connection after a call, or one without a row where the connection keeps it."""
    tables = "SELECT count(*) FROM pg_class WHERE relname = 'wanted_ids'"
    assert left == _sent(empty, "any_order", name, [3, 3], tables)[1]
    if left:
        assert 0 == _sent(empty, "any_order", name, [3, 3], "SELECT count(*) FROM wanted_ids")[1]
