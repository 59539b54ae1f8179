"""What is said of errors where rows are somebody's: their kind, and no value."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Integer, String, TypeDecorator, literal, select, text

from bench.databases.address import Address
from bench.equality import first_difference
from bench.plans import NO_PLAN
from bench.worker.engines import dispose, open_async, open_sync
from bench.worker.hiding import SHOWN_WITH, without_values
from bench.worker.places import Places
from tests.worker.helpers import access
from tests.worker.shelf import Item, Parent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

HIDDEN = f"; the rest is {SHOWN_WITH}"


class Refusing(TypeDecorator[str]):
    """A type of an application's, that says what it does not take."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> str:
        """Refuse whatever it is."""
        raise ValueError(f"{value} is none")


def said(error: BaseException) -> str:
    """What is said of an error where no value may be."""
    places = Places()
    places.hides_values = True
    return places.said(error)


def error_of(address: Address, driver: str, work: Callable[[Session], Any]) -> str:
    """What is said of the error that work with a session ends with."""

    async def fail() -> str:
        handle = open_async(access(address, driver, writes=True), {})
        try:
            async with handle.session() as session:
                await session.run_sync(work)
        except Exception as error:  # noqa: BLE001 - what it is is the question
            return said(error)
        finally:
            await dispose(handle)
        raise AssertionError("nothing failed")

    return asyncio.run(fail())


def failed_twice(session: Session) -> None:
    """A session whose flush failed is used again."""
    session.add(Item(id=1, name="canary"))
    with pytest.raises(Exception, match="items_pkey"):
        session.flush()
    session.scalars(select(Item))


def conflicting(session: Session) -> None:
    """Two objects have one key."""
    session.add_all([Item(id=1, name="canary"), Item(id=1, name="canary")])
    session.flush()


KINDS: tuple[tuple[str, Callable[[Session], Any], str, str], ...] = (
    (
        "value",
        lambda session: session.execute(text("SELECT name::int FROM (VALUES ('canary')) AS v (name)")),
        "DBAPIError|DataError",
        rf"SQLSTATE 22P02 \(InvalidTextRepresentation(Error)?\){HIDDEN}",
    ),
    (
        "constraint",
        lambda session: session.execute(text("INSERT INTO items VALUES (1, 'canary')")),
        "IntegrityError",
        rf"SQLSTATE 23505 \(UniqueViolation(Error)?\), constraint items_pkey{HIDDEN}",
    ),
    (
        "raised",
        lambda session: session.execute(text("DO $$ BEGIN RAISE 'canary'; END $$")),
        "DBAPIError|InternalError|ProgrammingError",
        rf"SQLSTATE P0001 \(Raise(Error|Exception)\){HIDDEN}",
    ),
    (
        "raised under another name",
        lambda session: session.execute(text("DO $$ BEGIN RAISE 'canary' USING ERRCODE = '42501'; END $$")),
        "DBAPIError|ProgrammingError",
        rf"SQLSTATE 42501 \(InsufficientPrivilege(Error)?\){HIDDEN}",
    ),
    (
        "type",
        lambda session: session.execute(select(Item).where(Item.name == literal("canary", Refusing))),
        "StatementError",
        SHOWN_WITH,
    ),
    ("failed before", failed_twice, "PendingRollbackError", r"This Session's transaction has been rolled back .*"),
    ("same key", conflicting, "FlushError|IntegrityError", ".*"),
    (
        "column",
        lambda session: session.execute(text("SELECT gone FROM items WHERE name = 'canary'")),
        "ProgrammingError",
        'column "gone" does not exist',
    ),
    (
        "table",
        lambda session: session.execute(text("SELECT 1 FROM gone WHERE name = 'canary'")),
        "ProgrammingError",
        'relation "gone" does not exist',
    ),
)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
@pytest.mark.parametrize(("work", "kind", "expected"), [one[1:] for one in KINDS], ids=[one[0] for one in KINDS])
def test_no_value_is_in_what_is_said_of_an_error(
    shelf_on_postgresql: Address, driver: str, work: Callable[[Session], Any], kind: str, expected: str
) -> None:
    """Neither the server's words nor SQLAlchemy's repeat one; what names tables and columns alone is said."""
    shown = error_of(shelf_on_postgresql, driver, work)

    assert "canary" not in shown
    assert (1, shown) == (len(shown.splitlines()), shown)
    name, _, rest = shown.partition(": ")
    assert name in kind.split("|")
    assert re.fullmatch(expected, rest), rest


def test_what_a_driver_cannot_send_is_not_repeated(shelf_on_postgresql: Address) -> None:
    """asyncpg names the value that is none of a parameter's type, and no parameter is said."""
    shown = error_of(
        shelf_on_postgresql,
        "asyncpg",
        lambda session: session.execute(select(Parent).where(Parent.id == literal("canary", Integer))),
    )
    assert f"DBAPIError: SQLSTATE 22000 (DataError){HIDDEN}" == shown


def test_values_that_sqlite_refuses_are_not_repeated(shelf_on_sqlite: Address) -> None:
    """SQLite names the constraint; the parameters that SQLAlchemy adds are left out, and so is what a trigger says."""
    handle = open_sync(access(shelf_on_sqlite, writes=True), {})
    found = []
    try:
        for statement in (
            "INSERT INTO items VALUES (1, 'canary')",
            "INSERT INTO marks VALUES (77, 1)",
            "SELECT 'canary",
        ):
            with handle.session() as session:
                trigger = "CREATE TEMP TRIGGER IF NOT EXISTS t BEFORE INSERT ON marks"
                session.execute(text(f"{trigger} BEGIN SELECT RAISE(ABORT, 'canary'); END"))
                with pytest.raises(Exception, match="canary") as caught:
                    session.execute(text(statement))
                found.append(said(caught.value))
    finally:
        asyncio.run(dispose(handle))

    assert [
        "IntegrityError: UNIQUE constraint failed: items.id",
        f"IntegrityError: {SHOWN_WITH}",
        f"OperationalError: {SHOWN_WITH}",
    ] == found


def test_what_is_no_plain_data_is_named_by_its_type() -> None:
    """It is said what to return, and the keys of a mapping are not."""
    with pytest.raises(TypeError) as caught:
        first_difference({"canary": [1]}, {"canary": object()}, ordered=False, shows_values=False)
    assert (
        "NotPlainError: result[<str>] is of the type object, which cannot be compared by value:"
        " return plain data (numbers, text, dates, tuples, lists, dicts)"
    ) == said(caught.value)


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        ({"Filter": "((name)::text = 'it''s canary'::text)"}, {"Filter": "((name)::text = '…'::text)"}),
        (
            {"Filter": "(a > 1.5e+10) AND (t2.b = -7)", "Plan Rows": 7},
            {"Filter": "(a > …) AND (t2.b = …)", "Plan Rows": 7},
        ),
        (f'{NO_PLAN} invalid input syntax for type integer: "canary"', f"{NO_PLAN} the reason is {SHOWN_WITH}"),
    ],
)
def test_a_plan_has_no_values(plan: Any, expected: Any) -> None:
    """Conditions stay without their constants, and why there is no plan is not said in words that repeat one."""
    assert expected == without_values(plan)
