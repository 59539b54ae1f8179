"""How should many rows be inserted?"""
# ruff: noqa: F811 - scenarios here share the names of their strategies: they are kept by their decorators

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from io import StringIO
from random import Random
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import (
    ARRAY,
    Index,
    Insert,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.sql.functions import FunctionElement

from bench import Claim, Database, Dataset, Scenario

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Bulk Operations, Bulk Insert"
DML = "SQLAlchemy documentation, ORM-Enabled INSERT, UPDATE, and DELETE statements"
MANY_VALUES = "SQLAlchemy documentation, Working with Engines and Connections"
POPULATE = "PostgreSQL documentation, Populating a Database"

MOST_ARGUMENTS = 32_767
"""Arguments that asyncpg sends with one statement, at most."""


# Contacts with 4 or 20 columns beside the key, with and without indexes; the tables begin empty.


class Base(DeclarativeBase):
    """Mapped classes of this module."""


class NarrowColumns:
    """What every contact has; the telephone number is what some have not."""

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime]


class WideColumns(NarrowColumns):
    """Sixteen columns more, of the types that an import of contacts has."""

    first_name: Mapped[str] = mapped_column(String(40))
    last_name: Mapped[str] = mapped_column(String(40))
    company: Mapped[str] = mapped_column(String(60))
    job_title: Mapped[str] = mapped_column(String(60))
    street: Mapped[str] = mapped_column(String(80))
    city: Mapped[str] = mapped_column(String(40))
    postcode: Mapped[str] = mapped_column(String(10))
    country: Mapped[str] = mapped_column(String(2))
    language: Mapped[str] = mapped_column(String(5))
    time_zone: Mapped[str] = mapped_column(String(30))
    birthday: Mapped[date]
    is_active: Mapped[bool]
    is_subscribed: Mapped[bool]
    logins: Mapped[int]
    balance_cents: Mapped[int]
    rating: Mapped[float]


class FourIndexes:
    """One unique index and three others, beside that of the primary key."""

    @declared_attr.directive
    def __table_args__(cls) -> tuple[Index, ...]:  # noqa: N805 - it is called with the class
        return (
            Index(None, "username", unique=True),
            Index(None, "email"),
            Index(None, "phone"),
            Index(None, "created_at"),
        )


class Contact(NarrowColumns, Base):
    """A narrow contact without indexes."""

    __tablename__ = "contacts"


class IndexedContact(FourIndexes, NarrowColumns, Base):
    """A narrow contact with indexes."""

    __tablename__ = "indexed_contacts"


class WideContact(WideColumns, Base):
    """A wide contact without indexes."""

    __tablename__ = "wide_contacts"


class IndexedWideContact(FourIndexes, WideColumns, Base):
    """A wide contact with indexes."""

    __tablename__ = "indexed_wide_contacts"


CONTACTS: dict[tuple[int, int], Any] = {
    (4, 0): Contact,
    (4, 4): IndexedContact,
    (20, 0): WideContact,
    (20, 4): IndexedWideContact,
}
"""The mapped class, by its columns beside the key and its indexes beside that of the key."""


class random_uuid(FunctionElement[UUID]):  # noqa: N801 - named as SQL functions are
    """A random UUID that the server makes."""

    inherit_cache = True


@compiles(random_uuid)
def _random_uuid(element: Any, compiler: Any, **options: Any) -> str:
    return "gen_random_uuid()"


@compiles(random_uuid, "sqlite")
def _random_uuid_on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "(lower(hex(randomblob(16))))"


class Document(Base):
    """A document with a UUID for its key, which the server makes where the client gives none."""

    __tablename__ = "documents"

    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=random_uuid())
    title: Mapped[str] = mapped_column(String(60))
    body: Mapped[str] = mapped_column(Text)


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterable[tuple[Any, ...]]]]:
    """Every table empty: all rows come with the calls."""
    for table in (*CONTACTS.values(), Document):
        yield table, ()


imports = Dataset("imports", Base.metadata, rows)

EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC, without a zone: SQLite would not give one back
NAMES = ("Ada", "Bob", "Chen", "Dmitri", "Elena", "Fatima", "Gabriel", "Hana", "Ivan", "Jo", "Kofi", "Leila", "Mateo")
CITIES = ("Amsterdam", "Bogotá", "Chennai", "Dakar", "Exeter", "Fukuoka", "Graz", "Hamburg", "Izmir", "Jaipur")


def contacts(random: Random, rows: int, columns: int = 4) -> list[dict[str, Any]]:
    """That many new contacts as an application has them from a request or a file: dictionaries, in no order."""
    return [(narrow if columns == 4 else wide)(random, number) for number in random.sample(range(10 * rows), rows)]


def narrow(random: Random, number: int) -> dict[str, Any]:
    """A contact's four columns; no two numbers share a user name."""
    name = NAMES[number % len(NAMES)].lower()
    return {
        "username": f"{name}{number}",
        "email": f"{name}.{number}@example.com",
        "phone": f"+49{int(1e10 * random.random()):010d}",
        "created_at": EPOCH + timedelta(seconds=int(1e8 * random.random())),
    }


def wide(random: Random, number: int) -> dict[str, Any]:
    """A contact's twenty columns."""
    draw = random.random
    return {
        **narrow(random, number),
        "first_name": NAMES[number % len(NAMES)],
        "last_name": f"Example{int(1e4 * draw())}",
        "company": f"Example Company {int(1e3 * draw())}",
        "job_title": "Engineer" if draw() < 0.5 else "Gardener, half-time",
        "street": f"{int(1e3 * draw())} Example Street",
        "city": CITIES[int(len(CITIES) * draw())],
        "postcode": f"{int(1e5 * draw()):05d}",
        "country": "DE",
        "language": "de-DE",
        "time_zone": "Europe/Berlin",
        "birthday": date(1950, 1, 1) + timedelta(days=int(2e4 * draw())),
        "is_active": draw() < 0.9,
        "is_subscribed": draw() < 0.3,
        "logins": int(1e3 * draw()),
        "balance_cents": int(1e6 * draw()),
        "rating": draw(),
    }


def values_up_to(most: int) -> Callable[..., Literal[True] | str]:
    """Declines points with more values than the strategy writes in about two seconds."""

    def where(rows: int, columns: int) -> Literal[True] | str:
        return rows * columns <= most or f"{rows * columns:,} values take it more than two seconds"

    return where


OBJECTS = values_up_to(200_000)
"""For an object of a mapped class for each row."""
AS_THEY_ARE = values_up_to(400_000)
"""For rows that are sent as they are; binary COPY alone writes all that the grid has."""


MANY_ROWS = (200, 1000, 10_000)
"""Numbers of rows that are many, for claims about many rows."""
MANY_WRITTEN = (200, 1000, 8192, 100_000)
"""The same for rows of which nothing is wanted back: 8,192 stand for 10,000."""


def few_arguments(rows: int, columns: int) -> Literal[True] | str:
    """Whether one statement takes an argument for each value."""
    arguments = rows * columns
    return arguments <= MOST_ARGUMENTS or f"{arguments:,} arguments, of which asyncpg sends {MOST_ARGUMENTS:,} at most"


def values_of(inputs: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The same contacts as tuples, as asyncpg takes them."""
    return [tuple(row.values()) for row in inputs]


@cache
def insert_from_unnest(table: Table, *names: str) -> Insert:
    """INSERT … SELECT from an array for each column: as many arguments as columns, whatever the number of rows."""
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    source = func.unnest(*arrays).table_valued(*names).render_derived(name="given")
    return insert(table).from_select(list(names), select(*source.c))


def arrays_of(inputs: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The same contacts as a list for each column."""
    return {name: [row[name] for row in inputs] for name in inputs[0]}


async def driver_in_transaction(connection: AsyncConnection) -> Any:
    """The driver's connection behind SQLAlchemy's, within its transaction.

    SQLAlchemy sends BEGIN with its first statement: a COPY before that would commit by itself, whatever comes after.
    """
    await connection.execute(text("SELECT 1"))
    return (await connection.get_raw_connection()).driver_connection


# Written, and nothing of them wanted back.

written = Scenario(
    dataset=imports,
    question="How should many rows be written, when nothing of them is wanted back?",
    params={
        "rows": (1, 10, 100, 200, 1000, 8191, 8192, 100_000),
        "columns": (4, 20),
        "indexes": (0, 4),
    },
    typical={"rows": 200, "columns": 4, "indexes": 0},
    size="rows",
    inputs=contacts,
    writes=list(CONTACTS.values()),
    claims=[
        Claim("add_all and one commit is how to insert in bulk", PATTERNS, as_fast="add_all", than="core_executemany"),
        Claim("add_all and one commit is how to insert in bulk", PATTERNS, as_fast="add_all", than="copy_records"),
        Claim(
            "A list of dictionaries with insert() is optimized as much as possible for many rows",
            f"{DML}, ORM Bulk INSERT Statements",
            faster="bulk_insert",
            than="add_all",
        ),
        Claim(
            "A list given to Insert.values() is generally not recommended",
            f"{DML}, ORM Bulk Insert with Per Row SQL Expressions",
            faster="bulk_insert",
            than="multi_values",
        ),
        Claim(
            "The unit of work is preferred to bulk_save_objects: insertmanyvalues has solved its slowness",
            "SQLAlchemy documentation, Session API, Session.bulk_save_objects",
            as_fast="add_all",
            than="bulk_save_objects",
        ),
        *(
            Claim(
                "To load many rows COPY is almost always faster than INSERT, prepared and in one transaction",
                f"{POPULATE}, Use COPY",
                faster="copy_records",
                than=inserted,
                where={"rows": rows},
            )
            for inserted in ("asyncpg_executemany", "unnest")
            for rows in MANY_WRITTEN
        ),
        Claim(
            "The binary format of COPY is somewhat faster than text and CSV",
            "PostgreSQL documentation, COPY, Binary Format",
            faster="copy_records",
            than="copy_csv",
        ),
    ],
)


@written.strategy(baseline=True, where=OBJECTS)
async def add_all(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """An object for each row, `add_all`, one commit; the keys come back with RETURNING."""
    contact = CONTACTS[columns, indexes]
    async with db.session() as session:
        session.add_all([contact(**row) for row in inputs])
        await session.commit()


@written.strategy(where=OBJECTS)
async def bulk_save_objects(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """The legacy `bulk_save_objects`: an object for each row, their keys not fetched."""
    contact = CONTACTS[columns, indexes]
    async with db.session() as session:
        found = [contact(**row) for row in inputs]
        await session.run_sync(lambda session: session.bulk_save_objects(found))
        await session.commit()


@written.strategy(where=AS_THEY_ARE)
async def bulk_insert(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """ORM bulk INSERT: the dictionaries with `insert(Class)`, in the session."""
    async with db.session() as session:
        await session.execute(insert(CONTACTS[columns, indexes]), inputs)
        await session.commit()


@written.strategy(where=AS_THEY_ARE)
async def core_executemany(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """Core: the dictionaries with `insert(table)`, an executemany of the driver's."""
    async with db.connection() as connection:
        await connection.execute(insert(CONTACTS[columns, indexes].__table__), inputs)
        await connection.commit()


@written.strategy(where=few_arguments)
async def multi_values(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """Core: one INSERT with all rows in its VALUES, an argument for each value."""
    async with db.connection() as connection:
        await connection.execute(insert(CONTACTS[columns, indexes].__table__).values(inputs))
        await connection.commit()


@written.strategy(requires="postgresql", where=AS_THEY_ARE)
async def unnest(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """Core: one INSERT … SELECT FROM unnest, an array for each column."""
    async with db.connection() as connection:
        await connection.execute(
            insert_from_unnest(CONTACTS[columns, indexes].__table__, *inputs[0]), arrays_of(inputs)
        )
        await connection.commit()


@written.strategy(driver="asyncpg", requires="postgresql", where=AS_THEY_ARE)
async def asyncpg_executemany(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """asyncpg alone: its `executemany`, which is one transaction by itself."""
    table = CONTACTS[columns, indexes].__table__
    arguments = ", ".join(f"${number}" for number in range(1, columns + 1))
    async with db.driver() as connection:
        await connection.executemany(
            f"INSERT INTO {table.name} ({', '.join(inputs[0])}) VALUES ({arguments})",  # noqa: S608 - names of ours
            values_of(inputs),
        )


@written.strategy(driver="asyncpg", requires="postgresql")
async def copy_records(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """Binary COPY by asyncpg's `copy_records_to_table`, within SQLAlchemy's transaction."""
    async with db.connection() as connection:
        driver = await driver_in_transaction(connection)
        await driver.copy_records_to_table(
            CONTACTS[columns, indexes].__table__.name, columns=list(inputs[0]), records=values_of(inputs)
        )
        await connection.commit()


@written.strategy(driver="asyncpg", requires="postgresql", where=AS_THEY_ARE)
async def copy_csv(db: Database, inputs: list[dict[str, Any]], columns: int, indexes: int) -> None:
    """COPY of CSV, written by Python's `csv`, within SQLAlchemy's transaction."""
    lines = StringIO()
    csv.writer(lines).writerows(values_of(inputs))
    async with db.connection() as connection:
        driver = await driver_in_transaction(connection)
        await driver.copy_to_table(
            CONTACTS[columns, indexes].__table__.name,
            columns=list(inputs[0]),
            # Not bytes, which asyncpg takes for the name of a file.
            source=memoryview(lines.getvalue().encode()),
            format="csv",
        )
        await connection.commit()


# Written, and the key that the server gave to each row wanted back: a list of keys in the order of the rows.

with_keys = Scenario(
    dataset=imports,
    question="How should many rows be written, when the key that the server gives to each is wanted back?",
    params={"rows": (1, 10, 100, 200, 1000, 1001, 10_000), "columns": (4, 20)},
    typical={"rows": 200, "columns": 4},
    size="rows",
    inputs=contacts,
    writes=[Contact, WideContact],
    ordered=True,
    claims=[
        Claim(
            "An INSERT of insertmanyvalues takes 1,000 rows by default",
            f"{MANY_VALUES}, Controlling the Batch Size",
            strategy="add_all",
            counter="statements",
            equals=1,
            where={"rows": 1000},
        ),
        Claim(
            "An INSERT of insertmanyvalues takes 1,000 rows by default",
            f"{MANY_VALUES}, Controlling the Batch Size",
            strategy="add_all",
            counter="statements",
            equals=2,
            where={"rows": 1001},
        ),
        # Up to a hundred rows batches of a hundred and of a thousand are one and the same statement.
        *(
            Claim(
                "A larger batch may be faster for small rows",
                f"{MANY_VALUES}, Controlling the Batch Size",
                faster="core_ordered",
                than="core_page_100",
                where={"columns": 4, "rows": rows},
            )
            for rows in MANY_ROWS
        ),
        *(
            Claim(
                "A smaller batch may be better for large rows",
                f"{MANY_VALUES}, Controlling the Batch Size",
                faster="core_page_100",
                than="core_ordered",
                where={"columns": 20, "rows": rows},
            )
            for rows in MANY_ROWS
            if AS_THEY_ARE(rows, 20) is True
        ),
        Claim(
            "sort_by_parameter_order keeps the order without significant loss of performance",
            f"{DML}, Correlating RETURNING records with input data order",
            as_fast="bulk_insert_ordered",
            than="bulk_insert_by_name",
        ),
    ],
)


def keys_by_name(inputs: list[dict[str, Any]], found: Iterable[Any]) -> list[int]:
    """The keys in the order of the rows, from rows of key and user name that come in any order."""
    key_of = {username: key for key, username in found}
    return [key_of[row["username"]] for row in inputs]


def reserved_keys(table: Table, rows: int) -> Any:
    """SELECT that many keys from the table's sequence, which gives none of them to anybody else."""
    key = func.nextval(literal_column(f"'{table.name}_id_seq'"))
    return select(key).select_from(func.generate_series(1, rows).table_valued("number"))


@with_keys.strategy(baseline=True, where=OBJECTS)
async def add_all(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """An object for each row, `add_all`, one commit: the objects have their keys then."""
    contact = CONTACTS[columns, 0]
    async with db.session() as session:
        found = [contact(**row) for row in inputs]
        session.add_all(found)
        await session.commit()
        return [contact.id for contact in found]


@with_keys.strategy(where=OBJECTS)
async def bulk_insert_objects(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """ORM bulk INSERT with RETURNING of whole objects, in the order of the rows."""
    contact = CONTACTS[columns, 0]
    async with db.session() as session:
        statement = insert(contact).returning(contact, sort_by_parameter_order=True)
        found = (await session.scalars(statement, inputs)).all()
        await session.commit()
        return [contact.id for contact in found]


@with_keys.strategy(where=AS_THEY_ARE)
async def bulk_insert_ordered(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """ORM bulk INSERT with RETURNING of the keys, in the order of the rows."""
    contact = CONTACTS[columns, 0]
    async with db.session() as session:
        keys = await session.scalars(insert(contact).returning(contact.id, sort_by_parameter_order=True), inputs)
        await session.commit()
        return list(keys)


@with_keys.strategy(where=AS_THEY_ARE)
async def bulk_insert_by_name(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """ORM bulk INSERT, RETURNING key and user name in any order, matched in Python."""
    contact = CONTACTS[columns, 0]
    async with db.session() as session:
        found = await session.execute(insert(contact).returning(contact.id, contact.username), inputs)
        await session.commit()
        return keys_by_name(inputs, found)


async def core_returning(db: Database, inputs: list[dict[str, Any]], columns: int, **options: Any) -> list[int]:
    """The keys of rows that a Core INSERT with RETURNING writes, in the order of the rows."""
    table = CONTACTS[columns, 0].__table__
    statement = insert(table).returning(table.c.id, sort_by_parameter_order=True).execution_options(**options)
    async with db.connection() as connection:
        keys = (await connection.scalars(statement, inputs)).all()
        await connection.commit()
        return list(keys)


@with_keys.strategy(where=AS_THEY_ARE)
async def core_ordered(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """Core: RETURNING of the keys in the order of the rows, at most 1,000 rows a statement."""
    return await core_returning(db, inputs, columns)


@with_keys.strategy(where=AS_THEY_ARE)
async def core_page_100(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """The same with `insertmanyvalues_page_size=100`."""
    return await core_returning(db, inputs, columns, insertmanyvalues_page_size=100)


@with_keys.strategy(where=AS_THEY_ARE)
async def core_page_10000(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """The same with `insertmanyvalues_page_size=10000`, at most 32,700 arguments each."""
    return await core_returning(db, inputs, columns, insertmanyvalues_page_size=10_000)


@with_keys.strategy(where=few_arguments)
async def multi_values(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """Core: one INSERT with all rows in its VALUES, RETURNING key and user name."""
    table = CONTACTS[columns, 0].__table__
    async with db.connection() as connection:
        found = await connection.execute(insert(table).values(inputs).returning(table.c.id, table.c.username))
        await connection.commit()
        return keys_by_name(inputs, found)


@with_keys.strategy(requires="postgresql", where=AS_THEY_ARE)
async def unnest(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """Core: one INSERT … SELECT FROM unnest, RETURNING key and user name."""
    table = CONTACTS[columns, 0].__table__
    statement = insert_from_unnest(table, *inputs[0]).returning(table.c.id, table.c.username)
    async with db.connection() as connection:
        found = await connection.execute(statement, arrays_of(inputs))
        await connection.commit()
        return keys_by_name(inputs, found)


@with_keys.strategy(requires="postgresql", where=OBJECTS)
async def add_all_reserved_keys(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """SELECT the keys from the sequence, then `add_all`: an executemany without RETURNING."""
    contact = CONTACTS[columns, 0]
    async with db.session() as session:
        keys = (await session.scalars(reserved_keys(contact.__table__, len(inputs)))).all()
        session.add_all([contact(id=key, **row) for key, row in zip(keys, inputs, strict=True)])
        await session.commit()
        return list(keys)


@with_keys.strategy(driver="asyncpg", requires="postgresql")
async def copy_reserved_keys(db: Database, inputs: list[dict[str, Any]], columns: int) -> list[int]:
    """SELECT the keys from the sequence, then binary COPY, in one transaction."""
    table = CONTACTS[columns, 0].__table__
    async with db.connection() as connection:
        # SQLAlchemy sends BEGIN with this statement, so that the COPY belongs to its transaction.
        keys = (await connection.scalars(reserved_keys(table, len(inputs)))).all()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table(
            table.name,
            columns=["id", *inputs[0]],
            records=[(key, *row.values()) for key, row in zip(keys, inputs, strict=True)],
        )
        await connection.commit()
        return list(keys)


# One at a time, or together.

one_by_one = Scenario(
    dataset=imports,
    question="How much does it cost to flush or to commit each new row by itself?",
    params={"rows": (1, 10, 20, 100, 1000)},
    typical={"rows": 20},
    size="rows",
    inputs=contacts,
    writes=[Contact],
    ordered=True,
    claims=[
        Claim(
            "add_all and one commit is how to insert in bulk",
            PATTERNS,
            faster="add_all",
            than="commit_each",
        ),
        Claim(
            "With many INSERTs, do one commit at the end",
            f"{POPULATE}, Disable Autocommit",
            faster="flush_each",
            than="commit_each",
        ),
        Claim(
            "With many INSERTs, do one commit at the end",
            f"{POPULATE}, Disable Autocommit",
            faster="core_each",
            than="autocommit_each",
        ),
        Claim(
            "The batched form of an INSERT with RETURNING takes much fewer round trips",
            f"{MANY_VALUES}, Batched Mode Operation",
            less="add_all",
            than="add_all_unbatched",
            counter="round_trips",
            where={"rows": 20},
        ),
        Claim(
            "The batched form of an INSERT with RETURNING is a dramatic improvement",
            f"{MANY_VALUES}, Batched Mode Operation",
            faster="add_all",
            than="add_all_unbatched",
        ),
    ],
)


def few_transactions(rows: int) -> Literal[True] | str:
    """Whether a transaction or a SAVEPOINT for each row can be waited for."""
    return rows <= 100 or f"{rows:,} transactions or savepoints, one after the other"


@one_by_one.strategy(baseline=True, where=few_transactions)
async def commit_each(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """Add an object and commit it, for each row, in one session."""
    keys = []
    async with db.session() as session:
        for row in inputs:
            contact = Contact(**row)
            session.add(contact)
            await session.commit()
            keys.append(contact.id)
    return keys


@one_by_one.strategy(where=few_transactions)
async def autocommit_each(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """Core: an INSERT for each row under AUTOCOMMIT, which needs neither BEGIN nor COMMIT."""
    keys = []
    async with db.connection(isolation_level="AUTOCOMMIT") as connection:
        for row in inputs:
            keys.append(await connection.scalar(insert(Contact.__table__).returning(Contact.id), row))  # noqa: PERF401
    return keys


@one_by_one.strategy()
async def core_each(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """Core: an INSERT for each row; one commit."""
    keys = []
    async with db.connection() as connection:
        for row in inputs:
            keys.append(await connection.scalar(insert(Contact.__table__).returning(Contact.id), row))  # noqa: PERF401
        await connection.commit()
    return keys


@one_by_one.strategy()
async def commit_every_10(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """`add_all` and commit for every ten rows."""
    keys = []
    async with db.session() as session:
        for start in range(0, len(inputs), 10):
            found = [Contact(**row) for row in inputs[start : start + 10]]
            session.add_all(found)
            await session.commit()
            keys += [contact.id for contact in found]
    return keys


@one_by_one.strategy(where=few_transactions)
async def savepoint_each(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """Add each object within a SAVEPOINT of its own; one commit."""
    keys = []
    async with db.session() as session:
        for row in inputs:
            async with session.begin_nested():
                contact = Contact(**row)
                session.add(contact)
            keys.append(contact.id)
        await session.commit()
    return keys


@one_by_one.strategy()
async def flush_each(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """Add each object and flush it for its key; one commit."""
    keys = []
    async with db.session() as session:
        for row in inputs:
            contact = Contact(**row)
            session.add(contact)
            await session.flush()
            keys.append(contact.id)
        await session.commit()
    return keys


async def added_together(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """The keys of objects that are added, flushed and committed together."""
    async with db.session() as session:
        found = [Contact(**row) for row in inputs]
        session.add_all(found)
        await session.commit()
        return [contact.id for contact in found]


@one_by_one.strategy(engine_options={"use_insertmanyvalues": False})
async def add_all_unbatched(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """`add_all` with `use_insertmanyvalues=False`: an INSERT for each row; one commit."""
    return await added_together(db, inputs)


@one_by_one.strategy()
async def add_all(db: Database, inputs: list[dict[str, Any]]) -> list[int]:
    """`add_all`: all rows flushed together; one commit."""
    return await added_together(db, inputs)


# Written, and then rolled back: the count of rows that are left.

rolled_back = Scenario(
    dataset=imports,
    question="Is a COPY undone when SQLAlchemy's transaction is rolled back?",
    params={"rows": (1, 100, 10_000)},
    typical={"rows": 100},
    size="rows",
    inputs=contacts,
    writes=[Contact],
)


async def left(db: Database) -> int | None:
    """How many contacts there are."""
    async with db.connection() as connection:
        return await connection.scalar(select(func.count()).select_from(Contact))


@rolled_back.strategy(baseline=True)
async def inserted(db: Database, inputs: list[dict[str, Any]]) -> int | None:
    """Core INSERT, then ROLLBACK."""
    async with db.connection() as connection:
        await connection.execute(insert(Contact.__table__), inputs)
        await connection.rollback()
    return await left(db)


@rolled_back.strategy(driver="asyncpg", requires="postgresql")
async def copied_after_a_statement(db: Database, inputs: list[dict[str, Any]]) -> int | None:
    """A statement, with which SQLAlchemy sends BEGIN, then COPY, then ROLLBACK."""
    async with db.connection() as connection:
        driver = await driver_in_transaction(connection)
        await driver.copy_records_to_table("contacts", columns=list(inputs[0]), records=values_of(inputs))
        await connection.rollback()
    return await left(db)


@rolled_back.strategy(driver="asyncpg", requires="postgresql", differs=True)
async def copied_first(db: Database, inputs: list[dict[str, Any]]) -> int | None:
    """COPY before any statement, which commits by itself; the rollback has nothing to undo."""
    async with db.connection() as connection:
        await connection.begin()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("contacts", columns=list(inputs[0]), records=values_of(inputs))
        await connection.rollback()
    return await left(db)


# Rows of which some have NULL in a column.

nulls = Scenario(
    dataset=imports,
    question="How should many rows be written, of which some have NULL in a column?",
    params={"rows": (10, 100, 1000), "null_percent": (0, 1, 10, 50, 100)},
    typical={"rows": 100, "null_percent": 10},
    size="rows",
    inputs=lambda random, rows, null_percent: [
        {**row, "phone": None} if 100 * random.random() < null_percent else row for row in contacts(random, rows)
    ],
    writes=[Contact],
    claims=[
        Claim(
            "render_nulls=True writes all rows in a single batch, NULL or not",
            f"{DML}, Sending NULL values in ORM bulk INSERT statements",
            strategy="render_nulls",
            counter="statements",
            equals=1,
        ),
        Claim(
            "NULLs in random rows break a bulk INSERT into many smaller ones, which may be undesirable",
            f"{DML}, Sending NULL values in ORM bulk INSERT statements",
            faster="render_nulls",
            than="bulk_insert",
            where={"null_percent": 10},
        ),
    ],
)


def few_runs(rows: int, null_percent: int) -> Literal[True] | str:
    """Whether a statement for each run of rows with or without NULL can be waited for."""
    runs = 2 * rows * null_percent * (100 - null_percent) // 100**2
    return runs <= 2000 or f"about {runs:,} statements"


@nulls.strategy(baseline=True, where=few_runs)
async def bulk_insert(db: Database, inputs: list[dict[str, Any]]) -> None:
    """ORM bulk INSERT, a statement for each run of rows that have or have not NULL."""
    async with db.session() as session:
        await session.execute(insert(Contact), inputs)
        await session.commit()


@nulls.strategy()
async def sorted_first(db: Database, inputs: list[dict[str, Any]]) -> None:
    """The same, the rows with NULL put last: two statements."""
    async with db.session() as session:
        await session.execute(insert(Contact), sorted(inputs, key=lambda row: row["phone"] is None))
        await session.commit()


@nulls.strategy()
async def render_nulls(db: Database, inputs: list[dict[str, Any]]) -> None:
    """ORM bulk INSERT with `render_nulls=True`: one statement."""
    async with db.session() as session:
        await session.execute(insert(Contact).execution_options(render_nulls=True), inputs)
        await session.commit()


@nulls.strategy()
async def add_all(db: Database, inputs: list[dict[str, Any]]) -> None:
    """`add_all`, one commit: NULL is sent as any other value is."""
    async with db.session() as session:
        session.add_all([Contact(**row) for row in inputs])
        await session.commit()


@nulls.strategy()
async def core_executemany(db: Database, inputs: list[dict[str, Any]]) -> None:
    """Core: the dictionaries with `insert(table)`: one statement."""
    async with db.connection() as connection:
        await connection.execute(insert(Contact.__table__), inputs)
        await connection.commit()


# Keys that are UUIDs.

uuid_keys = Scenario(
    dataset=imports,
    question="Should the server or the client make the key of each new row, when it is a random UUID?",
    params={"rows": (1, 10, 100, 1000)},
    typical={"rows": 100},
    size="rows",
    inputs=lambda random, rows: [
        {"title": f"Document {number}", "body": "Lorem ipsum dolor sit amet, " * (1 + int(4 * random.random()))}
        for number in range(rows)
    ],
    writes=[Document],
    claims=[
        Claim(
            "Where the server makes a key that is no number, insertmanyvalues degrades to a row at a time",
            f"{MANY_VALUES}, Configuring Sentinel Columns",
            strategy="add_all_server",
            counter="statements",
            equals=100,
            where={"rows": 100},
        ),
        Claim(
            "Keys that the client makes allow rows to be written in a batch",
            f"{MANY_VALUES}, Correlating RETURNING rows to parameter sets",
            strategy="add_all_client",
            counter="statements",
            equals=1,
            where={"rows": 100},
        ),
    ],
)


def few_statements(rows: int) -> Literal[True] | str:
    """Whether a statement for each row can be waited for."""
    return rows <= 1000 or f"{rows:,} statements, one for each row"


@uuid_keys.strategy(baseline=True, where=few_statements)
async def add_all_server(db: Database, inputs: list[dict[str, Any]]) -> int:
    """`add_all`, the keys from the column's `server_default`: an INSERT for each row."""
    async with db.session() as session:
        found = [Document(**row) for row in inputs]
        session.add_all(found)
        await session.commit()
        return len({document.id for document in found})


@uuid_keys.strategy()
async def add_all_client(db: Database, inputs: list[dict[str, Any]]) -> int:
    """`add_all`, the keys from Python's `uuid4`: an executemany without RETURNING."""
    async with db.session() as session:
        found = [Document(id=uuid4(), **row) for row in inputs]
        session.add_all(found)
        await session.commit()
        return len({document.id for document in found})


@uuid_keys.strategy()
async def bulk_insert_server(db: Database, inputs: list[dict[str, Any]]) -> int:
    """ORM bulk INSERT, the keys from the server by RETURNING, in any order and with the titles."""
    async with db.session() as session:
        found = await session.execute(insert(Document).returning(Document.id, Document.title), inputs)
        await session.commit()
        key_of = {title: key for key, title in found}
        return len({key_of[row["title"]] for row in inputs})


@uuid_keys.strategy()
async def bulk_insert_client(db: Database, inputs: list[dict[str, Any]]) -> int:
    """ORM bulk INSERT, the keys from Python's `uuid4`: an executemany without RETURNING."""
    given = [{"id": uuid4(), **row} for row in inputs]
    async with db.session() as session:
        await session.execute(insert(Document), given)
        await session.commit()
        return len({row["id"] for row in given})
