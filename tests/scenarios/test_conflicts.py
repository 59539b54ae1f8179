"""The conflicts scenarios: who is inserted, what it takes to insert them, and what is left after a statement failed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import PendingRollbackError

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.sqlite import SqliteServer
from bench.discovery import find_modules, load_module
from bench.measuring.tap_process import TapProcess, Way
from bench.worker.calling import OpenStrategy, declines, inputs_of
from bench.worker.counting import counted
from bench.worker.restoring import Restorer
from tests.scenarios.helpers import counted_on_postgresql, counters_of
from tests.worker.helpers import access, rows, seeder

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["conflicts"]).items()}
conflicts: Any = sys.modules[SCENARIOS["keep"].baseline.function.__module__]

ADA = {"email": "ada@example.com", "username": "ada", "full_name": "Ada"}
BOB = {"email": "bob@example.com", "username": "bob", "full_name": "Bob"}
EMAIL_TAKEN = {**ADA, "email": "user7@example.com"}
USERNAME_TAKEN = {**BOB, "username": "user8"}
TOO_LONG = {**ADA, "username": "a" * 41}


@dataclass(frozen=True)
class Call:
    """What a call returned and sent, the round trips that it took (None where there is no wire), and the users left."""

    returned: Any
    statements: list[str]
    sent: int
    round_trips: int | None
    left: list[tuple[Any, ...]]

    @property
    def new(self) -> list[str]:
        """The usernames of those who were not there before."""
        return sorted(username for key, _, username, _ in self.left if key > conflicts.USERS)


@dataclass(frozen=True)
class Members:
    """A database with the members, which each call finds as they were, and the tap in front of it, if any."""

    address: Address
    tap: TapProcess | None = None
    way: Way | None = None

    def call(
        self,
        name: str,
        strategy: str,
        inputs: Any = None,
        calls: int = 1,
        raises: type[Exception] | None = None,
        **chosen: Any,
    ) -> Call:
        """The last of some calls on one connection, at the typical point but for what is chosen; what it is to raise
        is returned.
        """
        scenario = SCENARIOS[name]
        params = {**scenario.typical, **chosen}
        given = inputs_of(scenario, params, "1") if inputs is None else inputs
        to = self.address if self.way is None else self.way.to(self.address)

        async def called() -> Call:
            restorer = Restorer(access(self.address, writes=True), scenario.dataset.metadata, scenario.writes)
            opened = OpenStrategy(scenario.strategies[strategy], access(to, writes=True), params)
            try:
                await restorer.save()
                await opened.open()
                for _ in range(calls):
                    await restorer.restore()
                    self.round_trips()
                    with counted(opened.handle, objects=False) as tally:
                        try:
                            returned = await opened.once(given)
                        except Exception as error:
                            if raises is None or not isinstance(error, raises):
                                raise
                            returned = error
                    round_trips = self.round_trips()
                left = rows(self.address, "SELECT id, email, username, full_name FROM users ORDER BY id")
                return Call(returned, list(tally.texts), tally.statements, round_trips, left)
            finally:
                await opened.close()
                await restorer.close()

        return asyncio.run(called())

    def round_trips(self) -> int | None:
        """Those since the last time."""
        if self.tap is None or self.way is None:
            return None
        counts = self.tap.crossed(self.way).counts
        assert counts is not None
        return counts.round_trips


@pytest.fixture(scope="module")
def on_postgresql(cache: Path) -> Iterator[Members]:
    """The members on PostgreSQL, behind a tap."""
    with open_embedded({}, say=lambda line: None) as server, TapProcess() as tap:
        way = tap.open_way(server.reached(server.maintenance), counting=True)
        clone = server.clone(server.template("conflicts", seeder(conflicts.members)))
        yield Members(server.reached(clone), tap, way)


@pytest.fixture(scope="module")
def on_sqlite(cache: Path) -> Iterator[Members]:
    """The members in a file of SQLite's."""
    with SqliteServer({}) as server:
        yield Members(server.clone(server.template("conflicts", seeder(conflicts.members))))


@pytest.fixture(params=["on_postgresql", "on_sqlite"])
def members(request: pytest.FixtureRequest) -> Members:
    """The members on either."""
    found: Members = request.getfixturevalue(request.param)
    return found


def _seeded() -> list[tuple[Any, ...]]:
    """The users who were there before."""
    return [tuple(row) for _, users in conflicts.rows(1, Random(1)) for row in users]


@pytest.mark.parametrize("strategy", ["insert_and_catch", "savepoint", "select_first", "on_conflict"])
def test_a_taken_email_or_username_is_a_conflict(members: Members, strategy: str) -> None:
    """Each way to sign up refuses who has another's email alone, or another's username alone, and leaves no trace."""
    for given in (EMAIL_TAKEN, USERNAME_TAKEN):
        refused = members.call("sign_up", strategy, given)
        assert (False, _seeded()) == (refused.returned, refused.left)

    accepted = members.call("sign_up", strategy, ADA)
    assert (True, ["ada"]) == (accepted.returned, accepted.new)


def test_the_grid_has_the_share_of_conflicts_that_it_says() -> None:
    """Of 20 users at 0, 1 and 50 per cent, 0, 1 (it is rounded up) and 10 exist, half by their username alone."""
    found = []
    for share in SCENARIOS["keep"].params["conflicts"]:
        given = conflicts.some(Random(1), 20, share)
        emails = [user for user in given if user["email"].startswith("user") and int(user["email"][4:-12]) <= 2000]
        names = [user for user in given if int(user["username"][4:]) <= 2000]
        found.append((len(given), len(emails), len(names)))

    assert [(20, 0, 0), (20, 1, 0), (20, 5, 5)] == found


def test_who_is_there_is_kept_and_the_others_are_inserted(members: Members) -> None:
    """The baseline commits the two who are new, and touches nobody who was there."""
    cleo = {"email": "cleo@example.com", "username": "cleo", "full_name": "Cleo"}
    kept = members.call("keep", "commit_each", [ADA, {**EMAIL_TAKEN, "username": "eve"}, USERNAME_TAKEN, cleo])

    assert ["ada@example.com", "cleo@example.com"] == kept.returned
    assert ["ada", "cleo"] == kept.new
    assert _seeded() == kept.left[: conflicts.USERS]


def test_who_is_there_gets_the_new_name_and_keeps_the_key(members: Members) -> None:
    """The baseline changes one name and inserts one user; everything else is as it was."""
    renamed = {**conflicts.somebody(7), "full_name": "Somebody Else"}
    replaced = members.call("replace", "select_each", [renamed, ADA])

    assert ["ada"] == replaced.new
    assert [(7, "user7@example.com", "user7", "Somebody Else")] == [
        row for row, before in zip(replaced.left, _seeded(), strict=False) if row != before
    ]


@pytest.mark.parametrize(
    ("strategy", "round_trips"),
    [
        ("commit_each", 30),
        ("savepoint_each", 32),
        ("select_each", 22),
        ("select_first", 4),
        ("insert_else_select", 3),
        ("on_conflict_each", 12),
        ("on_conflict", 3),
        ("on_conflict_values", 3),
    ],
)
def test_round_trips_of_ten_users_who_are_new(on_postgresql: Members, strategy: str, round_trips: int) -> None:
    """BEGIN and COMMIT once, or three a user; SAVEPOINT and RELEASE two more a user; a list in one statement one."""
    assert round_trips == on_postgresql.call("keep", strategy, calls=2, users=10, conflicts=0).round_trips


def test_one_conflict_costs_the_optimist_everything_twice(on_postgresql: Members) -> None:
    """`insert_else_select` sends one INSERT where nobody exists; one who does makes it three statements."""
    assert [1, 3] == [on_postgresql.call("keep", "insert_else_select", conflicts=share).sent for share in (0, 1)]


def test_numbered_savepoints_overflow_the_statement_cache(on_postgresql: Members) -> None:
    """70 users take three round trips each; 80 take five or more, unless the connection keeps more statements."""
    assert {70, 80} <= set(SCENARIOS["keep"].params["users"])
    kept = on_postgresql.call("keep", "savepoint_each", calls=2, users=70, conflicts=0)
    forgotten = on_postgresql.call("keep", "savepoint_each", calls=2, users=80, conflicts=0)
    cured = on_postgresql.call("keep", "savepoint_each_cached", calls=2, users=80, conflicts=0)

    assert "SAVEPOINT sa_savepoint_70" in kept.statements
    assert (212, 242) == (kept.round_trips, cured.round_trips)
    assert (forgotten.round_trips or 0) > 5 * 80
    assert "the SAVEPOINTs of fewer than 75 users fit into the cache of statements as it is" == declines(
        SCENARIOS["keep"].strategies["savepoint_each_cached"], {"users": 70}
    )


def test_a_savepoint_of_sqlite_is_within_a_transaction(on_sqlite: Members) -> None:
    """What goes wrong after the first user takes them back too: their SAVEPOINT was not the transaction itself."""
    failed = on_sqlite.call("keep", "savepoint_each", [ADA, {"nickname": "bob"}], raises=TypeError)

    assert "'nickname' is an invalid keyword argument for User" == str(failed.returned)
    assert (["BEGIN", "SAVEPOINT sa_savepoint_1"], []) == (failed.statements[:2], failed.new)


@pytest.mark.parametrize(
    ("strategy", "statement"),
    [
        ("do_update", "INSERT INTO users (email, username, full_name) VALUES (…) ON CONFLICT (email) DO UPDATE"),
        ("do_update_values", "INSERT INTO users (email, username, full_name) VALUES (…), (…) ON CONFLICT (email)"),
        ("do_update_unnest", "INSERT INTO users (email, username, full_name) SELECT"),
        ("merge", "MERGE INTO users USING (VALUES (CAST("),
        ("merge_unnest", "MERGE INTO users USING unnest(CAST("),
    ],
)
def test_users_are_replaced_in_one_statement(on_postgresql: Members, strategy: str, statement: str) -> None:
    """Each sends one statement, its own, in three round trips with BEGIN and COMMIT."""
    replaced = on_postgresql.call("replace", strategy, calls=2, users=2, conflicts=50)
    (sent,) = replaced.statements

    assert (1, 3) == (replaced.sent, replaced.round_trips)
    assert " ".join(_without_values(sent).split()).startswith(statement)


def _without_values(statement: str) -> str:
    """An INSERT with `(…)` for each row of its values."""
    head, found, tail = statement.partition(" VALUES ")
    if not found or statement.startswith("\nMERGE"):
        return statement
    values, _, rest = tail.partition(" ON CONFLICT")
    return f"{head} VALUES {', '.join('(…)' for _ in range(values.count('(')))} ON CONFLICT{rest}"


@pytest.mark.parametrize(
    ("failures", "sent"),
    [
        (0, {"rollback_and_redo": 10, "savepoint_each": 30, "savepoint_risky": 12}),
        (1, {"rollback_and_redo": 15, "savepoint_each": 30, "savepoint_risky": 12}),
        (5, {"rollback_and_redo": 25, "savepoint_each": 30, "savepoint_risky": 20}),
    ],
)
def test_what_recovery_sends(on_postgresql: Members, failures: int, sent: dict[str, int]) -> None:
    """Of ten statements: a rollback repeats those before each failure, a SAVEPOINT is two more for each that has one.

    All of them leave those who did not fail.
    """
    found = {strategy: on_postgresql.call("recovery", strategy, failures=failures) for strategy in sent}

    assert sent == {strategy: one.sent for strategy, one in found.items()}
    assert [10 - failures] * 3 == [len(one.new) for one in found.values()]


@pytest.mark.parametrize(
    ("failures", "executions", "commands"),
    [
        (1, {"rollback_and_redo": 15, "savepoint_each": 10, "savepoint_risky": 10}, 4),
        (5, {"rollback_and_redo": 25, "savepoint_each": 10, "savepoint_risky": 10}, 12),
    ],
)
def test_what_a_rollback_takes_back_is_done_again(
    cache: Path, failures: int, executions: dict[str, int], commands: int
) -> None:
    """Of ten statements under SAVEPOINTs each is executed once; after a rollback those before the failure are again,
    between a BEGIN and a ROLLBACK for each failure, and at last a BEGIN and a COMMIT.
    """
    selectors = [f"conflicts.recovery:{strategy}" for strategy in executions]
    found = counted_on_postgresql(*selectors, failures=failures)["recovery"]

    assert executions == counters_of(found, "executions")
    assert commands == found["rollback_and_redo"].counters.transaction_commands


def test_going_on_without_a_rollback_is_refused(members: Members) -> None:
    """The demonstration of it raises PendingRollbackError and leaves nothing; where nothing fails it declines."""
    shown = SCENARIOS["recovery"].strategies["no_rollback"]
    refused = members.call(
        "recovery", "no_rollback", [(BOB, False), (TOO_LONG, True), (ADA, False)], raises=shown.raises
    )

    assert (PendingRollbackError, []) == (type(refused.returned), refused.new)
    assert ("nothing fails", None) == (declines(shown, {"failures": 0}), declines(shown, {"failures": 1}))
