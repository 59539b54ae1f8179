"""The sessions scenarios: what each strategy sends, in which transaction, and what it leaves behind."""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.exc import MissingGreenlet

from bench import Dataset
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.sqlite import SqliteServer
from bench.discovery import find_modules, load_module
from bench.measuring.tap_process import TapProcess, Way
from bench.worker.calling import OpenStrategy, inputs_of
from bench.worker.counting import counted
from bench.worker.restoring import Restorer
from tests.worker.helpers import access, rows, seeder

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["sessions"]).items()}
sessions: Any = sys.modules[SCENARIOS["autoflush"].baseline.function.__module__]
blog: Any = sys.modules[SCENARIOS["lifetime"].dataset.rows.__module__]
IS_2_0 = sqlalchemy.__version__.startswith("2.0.")

FIRST, LAST = blog.TENS.user_ids(100)


def _few_users(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    users = next(found for target, found in blog.rows(scale, random) if target is blog.User)
    yield blog.User, islice(users, FIRST - 1, LAST)


few_users = Dataset("few_users", blog.Base.metadata, _few_users)
"""The blog with the hundred users alone that the scenarios read."""


@dataclass(frozen=True)
class Call:
    """What a call returned or raised and sent, the objects that it loaded, its round trips (None where there is no
    wire), and the order lines that it left.
    """

    returned: Any
    statements: int
    objects: int | None
    round_trips: int | None
    lines: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Place:
    """Databases with the few users and with the shop, and the tap in front of them, if any."""

    blog: Address
    shop: Address
    tap: TapProcess | None = None
    way: Way | None = None

    def call(
        self,
        name: str,
        strategy: str,
        *,
        raises: type[Exception] | tuple[()] = (),
        between: Callable[[OpenStrategy], Awaitable[None]] | None = None,
        **chosen: Any,
    ) -> Call:
        """The second call on a connection, at the typical point but for what is chosen; `between` is run before it."""
        scenario = SCENARIOS[name]
        params = {**scenario.typical, **chosen}
        writes = bool(scenario.writes)
        address = self.shop if scenario.dataset is sessions.shop else self.blog
        to = address if self.way is None else self.way.to(address)

        async def called() -> Call:
            restorer = Restorer(access(address, writes=True), scenario.dataset.metadata, scenario.writes)
            opened = OpenStrategy(scenario.strategies[strategy], access(to, writes=writes), params)
            try:
                if writes:
                    await restorer.save()
                await opened.open()
                for number in range(2):
                    if writes:
                        await restorer.restore()
                    if number == 1 and between is not None:
                        await between(opened)
                    self.round_trips()
                    with counted(opened.handle, objects=True) as tally:
                        try:
                            returned = await opened.once(inputs_of(scenario, params, "1"))
                        except raises as error:
                            returned = error
                    round_trips = self.round_trips()
                lines = rows(address, f"SELECT * FROM order_lines WHERE id > {sessions.PRODUCTS}") if writes else []
                return Call(returned, tally.statements, tally.orm_objects, round_trips, lines)
            finally:
                await opened.close()
                if writes:
                    await restorer.close()
                else:
                    await restorer.abandon()

        return asyncio.run(called())

    def round_trips(self) -> int | None:
        """Those since the last time."""
        if self.tap is None or self.way is None:
            return None
        counts = self.tap.crossed(self.way).counts
        assert counts is not None
        return counts.round_trips


@pytest.fixture(scope="module")
def on_postgresql(cache: Path) -> Iterator[Place]:
    """Both databases on PostgreSQL, behind a tap."""
    with open_embedded({}, say=lambda line: None) as server, TapProcess() as tap:
        way = tap.open_way(server.reached(server.maintenance), counting=True)
        databases = [
            server.reached(server.clone(server.template(f"sessions_{dataset.name}", seeder(dataset))))
            for dataset in (few_users, sessions.shop)
        ]
        yield Place(*databases, tap, way)


@pytest.fixture(scope="module")
def on_sqlite(cache: Path) -> Iterator[Place]:
    """Both databases in files of SQLite's."""
    with SqliteServer({}) as server:
        yield Place(
            *(
                server.clone(server.template(f"sessions_{dataset.name}", seeder(dataset)))
                for dataset in (few_users, sessions.shop)
            )
        )


@pytest.fixture(params=["on_postgresql", "on_sqlite"])
def place(request: pytest.FixtureRequest) -> Place:
    """Both databases on either."""
    found: Place = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("name", "strategy", "round_trips"),
    [
        ("lifetime", "per_call", 12),
        ("lifetime", "per_select", 30),
        ("lifetime", "closed_and_reused", 12),
        ("lifetime", "held_open", 10),
        ("transactions", "read_committed", 12),
        ("transactions", "autocommit_engine", 10),
        ("transactions", "autocommit_option", 10),
        ("transactions", "read_only", 12),
        ("transactions", "repeatable_read", 12),
    ],
)
def test_round_trips_of_ten_selects(on_postgresql: Place, name: str, strategy: str, round_trips: int) -> None:
    """A transaction is two more than its SELECTs, whatever its kind; AUTOCOMMIT, or one that stays open, is none."""
    call = on_postgresql.call(name, strategy, selects=10)

    assert (10, round_trips) == (call.statements, call.round_trips)


@pytest.mark.skipif(IS_2_0 and int(sqlalchemy.__version__.split(".")[2]) < 43, reason="skipping came with 2.0.43")
def test_asyncpg_has_no_rollback_under_autocommit_to_skip(on_postgresql: Place) -> None:
    """With `skip_autocommit_rollback` and without, a SELECT under AUTOCOMMIT is one round trip."""
    strategies = ("autocommit_engine", "autocommit_skip_rollback")

    assert [1, 1] == [on_postgresql.call("transactions", strategy, selects=1).round_trips for strategy in strategies]


@pytest.mark.parametrize(
    ("strategy", "begins"),
    [
        ("read_committed", ["BEGIN;"]),
        ("autocommit_engine", []),
        ("autocommit_option", []),
        ("read_only", ["BEGIN READ ONLY;"]),
        ("repeatable_read", ["BEGIN ISOLATION LEVEL REPEATABLE READ;"]),
    ],
)
def test_the_transaction_is_of_the_kind_that_its_name_says(
    on_postgresql: Place, strategy: str, begins: list[str]
) -> None:
    """The server is told by BEGIN, and under AUTOCOMMIT there is none."""
    with connect(on_postgresql.blog, application_name="witness") as witness:

        async def forget(opened: OpenStrategy) -> None:
            witness.execute("SELECT pg_stat_statements_reset()")

        on_postgresql.call("transactions", strategy, between=forget)
        found = witness.execute("SELECT query FROM pg_stat_statements WHERE query LIKE 'BEGIN%'").fetchall()

    assert begins == [query if query.endswith(";") else f"{query};" for (query,) in found]


@pytest.mark.parametrize(
    ("strategy", "state"), [("per_call", "idle"), ("closed_and_reused", "idle"), ("held_open", "idle in transaction")]
)
def test_what_a_session_leaves_its_connection_in(on_postgresql: Place, strategy: str, state: str) -> None:
    """A session that is held open keeps its connection in a transaction; one that was closed does not."""
    found: list[Any] = []

    async def look(opened: OpenStrategy) -> None:
        found.extend(
            rows(
                on_postgresql.blog,
                "SELECT state FROM pg_stat_activity"
                " WHERE application_name = 'bench tested' AND datname = current_database()",
            )
        )

    on_postgresql.call("lifetime", strategy, between=look)

    assert [(state,)] == found


@pytest.mark.parametrize(
    ("strategy", "statements", "objects"),
    [("select_each", 20, 10), ("get", 10, 10), ("get_and_let_go", 20, 20), ("prefetched", 1, 10)],
)
def test_what_the_identity_map_saves(place: Place, strategy: str, statements: int, objects: int) -> None:
    """Ten users twice: a SELECT knows nothing of the map, get() does, and the map forgets what nobody keeps."""
    call = place.call("identity_map", strategy)

    assert (statements, objects) == (call.statements, call.objects)


@pytest.mark.parametrize(
    ("strategy", "statements"),
    [("refresh_each", 12), ("awaitable_attrs", 12), ("select_again", 3), ("not_expired", 2)],
)
def test_statements_to_read_ten_products_after_a_commit(place: Place, strategy: str, statements: int) -> None:
    """A SELECT and an UPDATE; then ten SELECTs, one, or none. All of them say what was committed."""
    call = place.call("after_commit", strategy)

    assert statements == call.statements
    assert [(f"P{number:06d}", 99) for number in range(1, 11)] == call.returned


@pytest.mark.filterwarnings("ignore:coroutine '.*' was never awaited")
def test_an_expired_attribute_cannot_be_read_without_await(place: Place) -> None:
    """The demonstration of it raises MissingGreenlet, on either database."""
    assert MissingGreenlet is SCENARIOS["after_commit"].strategies["expired"].raises
    assert MissingGreenlet is type(place.call("after_commit", "expired", raises=MissingGreenlet).returned)
    gc.collect()  # what was to be awaited is warned of when it goes: here, and not in the midst of another test


@pytest.mark.parametrize(
    ("strategy", "statements", "stock"),
    [
        ("new_session", 3, 99),
        ("populate_existing", 3, 99),
        ("expire_all", 3, 99),
        ("refresh_each", 12, 99),
        ("select_again", 3, 100),
        ("get", 2, 100),
    ],
)
def test_what_others_changed_is_seen_by_who_asks_for_it(
    place: Place, strategy: str, statements: int, stock: int
) -> None:
    """Ten products after somebody else took one of each: a SELECT and the UPDATE, and what reads them again. The
    demonstrations, a SELECT that overwrites nothing and get(), show the stock of a hundred that there was.
    """
    call = place.call("changed_since", strategy)

    assert statements == call.statements
    assert [(f"P{number:06d}", stock) for number in range(1, 11)] == call.returned
    assert (stock == 100) is SCENARIOS["changed_since"].strategies[strategy].differs


@pytest.mark.parametrize(
    ("strategy", "statements"),
    [
        ("autoflushed", 21),
        ("no_autoflush", 12),
        ("autoflush_off", 12),
        ("core_selects", 12 if IS_2_0 else 21),
        ("look_up_first", 12),
    ],
)
def test_statements_to_add_ten_lines_with_a_query_before_each(
    on_postgresql: Place, strategy: str, statements: int
) -> None:
    """Ten SELECTs and the total, and an INSERT for each line or one for all; a Core SELECT flushes from 2.1 on."""
    call = on_postgresql.call("autoflush", strategy)
    ordered = sum(quantity for _, quantity in inputs_of(SCENARIOS["autoflush"], {"lines": 10}, "1"))

    assert (statements, ordered) == (call.statements, call.returned)
    assert (10, ordered) == (len(call.lines), sum(quantity for *_, quantity in call.lines))


def test_without_a_flush_a_query_does_not_see_what_is_pending(place: Place) -> None:
    """The demonstration of it counts nothing, although the lines are committed in the end."""
    assert SCENARIOS["autoflush"].strategies["forgotten_flush"].differs
    call = place.call("autoflush", "forgotten_flush")

    assert (0, 10) == (call.returned, len(call.lines))
