"""How should many rows be updated?"""
# ruff: noqa: F811 - scenarios here share names such as `load_and_change`: the strategies are kept by their decorators

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import (
    ARRAY,
    DDL,
    ColumnElement,
    Index,
    Integer,
    String,
    and_,
    bindparam,
    case,
    column,
    event,
    func,
    inspect,
    literal,
    select,
    table,
    text,
    update,
    values,
)
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Claim, Database, Dataset, Scenario

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Bulk Operations, Bulk Update"
DOCS = "SQLAlchemy documentation, ORM-Enabled INSERT, UPDATE, and DELETE statements"
BY_KEY = f"{DOCS}, ORM Bulk UPDATE by Primary Key"
CAVEATS = f"{DOCS}, Important Notes and Caveats for ORM-Enabled Update and Delete"
SYNCHRONIZING = f"{DOCS}, Selecting a Synchronization Strategy"
HOT = "PostgreSQL documentation, Heap-Only Tuples (HOT)"

PRODUCTS = 5000
USERS = 2000
JOBS = 1000

ROOMY = DDL("ALTER TABLE %(table)s SET (fillfactor = 45)").execute_if(dialect="postgresql")
"""Has the pages of a new table keep room for a second version of each of their rows, as heap-only updates need it."""


class Base(DeclarativeBase):
    """Mapped classes."""


class Product(Base):
    """Something that is sold; its price has no index, its stock has one. Its pages have room."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    price: Mapped[int]
    stock: Mapped[int] = mapped_column(index=True)


class User(Base):
    """Somebody with an account; those with odd keys have never confirmed it, and are not active."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40))
    email: Mapped[str] = mapped_column(String(80))
    is_active: Mapped[bool]


class Job:
    """A job of a queue, which waits until it is taken."""

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(10))
    queue: Mapped[int] = mapped_column(index=True)


class PackedJob(Job, Base):
    """Jobs on pages as full as they go."""

    __tablename__ = "jobs_packed"


class RoomyJob(Job, Base):
    """Jobs on pages with room."""

    __tablename__ = "jobs_roomy"


class IndexedJob(Job, Base):
    """Jobs on pages with room, the column that changes indexed."""

    __tablename__ = "jobs_indexed"
    __table_args__ = (Index("ix_jobs_indexed_state", "state"),)


class SummarizedJob(Job, Base):
    """Jobs on pages with room, the column that changes in an index which only summarizes pages."""

    __tablename__ = "jobs_summarized"
    __table_args__ = (Index("ix_jobs_summarized_state", "state", postgresql_using="brin"),)


for roomy_table in (Product, RoomyJob, IndexedJob, SummarizedJob):
    event.listen(roomy_table.__table__, "after_create", ROOMY)


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Each table with its rows; prices and stocks are below a million, and whatever a strategy sets is above."""
    draw = random.random
    numbers = range(1, PRODUCTS * scale + 1)
    yield Product, ((key, f"product {key}", int(1e6 * draw()), int(1e6 * draw())) for key in numbers)
    users = range(1, USERS * scale + 1)
    yield User, ((key, f"user{key}", f"user{key}@example.com", key % 2 == 0) for key in users)
    for jobs in (PackedJob, RoomyJob, IndexedJob, SummarizedJob):
        yield jobs, ((key, f"job {key}, {'x' * 40}", "waiting", key % 50) for key in range(1, JOBS * scale + 1))


shop = Dataset("bulk_update", Base.metadata, rows)


# By key: each row gets a value of its own.


def new_values(random: Random, rows: int) -> list[tuple[int, int]]:
    """Keys of that many products, in no order, and a new value for each."""
    keys = random.sample(range(1, PRODUCTS + 1), rows)
    return [(key, 1_000_000 + int(1e6 * random.random())) for key in keys]


by_key = Scenario(
    dataset=shop,
    question="How should many rows, known by their keys, each be given a new value of its own?",
    params={"rows": (1, 10, 100, 1000, PRODUCTS), "indexed": (False, True)},
    typical={"rows": 100, "indexed": False},
    size="rows",
    inputs=new_values,
    writes=[Product],
    claims=[
        Claim(
            "ORM bulk UPDATE by primary key is one executemany of one UPDATE",
            BY_KEY,
            strategy="orm_by_key",
            counter="statements",
            equals=1,
        ),
        Claim(
            "ORM bulk UPDATE by primary key is one UPDATE for each row",
            BY_KEY,
            strategy="orm_by_key",
            counter="executions",
            equals=100,
            where={"rows": 100},
        ),
    ],
)


def changed(indexed: bool) -> str:
    """The name of the column that gets the new values: one that has an index, or one that has none."""
    return "stock" if indexed else "price"


@by_key.strategy(baseline=True)
async def load_and_change(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """Load the objects by their keys, set the attribute of each, and commit."""
    value_of = dict(inputs)
    async with db.session() as session:
        for product in await session.scalars(select(Product).where(Product.id.in_(list(value_of)))):
            setattr(product, changed(indexed), value_of[product.id])
        await session.commit()


def bearable_loop(rows: int) -> bool | str:
    """Whether a round trip for each row can be waited for."""
    return rows <= 1000 or f"{rows:,} round trips, one after the other"


@by_key.strategy(where=bearable_loop)
async def update_each(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """An UPDATE for each row, awaited one after the other, in one transaction."""
    products = Product.__table__
    async with db.connection() as connection:
        for key, value in inputs:
            await connection.execute(update(products).where(products.c.id == key).values({changed(indexed): value}))
        await connection.commit()


@by_key.strategy()
async def orm_by_key(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """ORM bulk UPDATE by primary key: `session.execute(update(Product), [...])`."""
    name = changed(indexed)
    async with db.session() as session:
        await session.execute(update(Product), [{"id": key, name: value} for key, value in inputs])
        await session.commit()


@by_key.strategy()
async def core_executemany(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """A Core UPDATE with bound key and value, run by executemany."""
    products = Product.__table__
    statement = update(products).where(products.c.id == bindparam("key")).values({changed(indexed): bindparam("value")})
    async with db.connection() as connection:
        await connection.execute(statement, [{"key": key, "value": value} for key, value in inputs])
        await connection.commit()


def bearable_case(rows: int) -> bool | str:
    """Whether CASE, which tries its branches one after the other for every row, can be waited for."""
    return rows <= 1000 or f"each of {rows:,} rows would be compared with {rows // 2:,} branches on average"


@by_key.strategy(where=bearable_case)
async def case_by_key(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """One UPDATE that picks each row's value in a CASE, with all keys in an IN."""
    products = Product.__table__
    value_of = dict(inputs)
    statement = update(products).where(products.c.id.in_(list(value_of)))
    async with db.connection() as connection:
        await connection.execute(statement.values({changed(indexed): case(value_of, value=products.c.id)}))
        await connection.commit()


@by_key.strategy(requires="postgresql")
async def from_values(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """One UPDATE FROM VALUES, with two arguments a row."""
    products = Product.__table__
    new = values(column("key", Integer), column("value", Integer), name="new").data(inputs)
    statement = update(products).where(products.c.id == new.c.key).values({changed(indexed): new.c.value})
    async with db.connection() as connection:
        await connection.execute(statement)
        await connection.commit()


@by_key.strategy(requires="postgresql")
async def from_unnest(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """One UPDATE FROM unnest of two arrays, which are its only arguments."""
    products = Product.__table__
    keys, new_values = zip(*inputs, strict=True)
    arrays = (literal(list(keys), ARRAY(Integer)), literal(list(new_values), ARRAY(Integer)))
    new = func.unnest(*arrays).table_valued("key", "value").render_derived(name="new")
    statement = update(products).where(products.c.id == new.c.key).values({changed(indexed): new.c.value})
    async with db.connection() as connection:
        await connection.execute(statement)
        await connection.commit()


@by_key.strategy(requires="postgresql", driver="asyncpg")
async def from_copy(db: Database, inputs: list[tuple[int, int]], indexed: bool) -> None:
    """COPY into a temporary table, then one UPDATE FROM it."""
    products = Product.__table__
    new = table("new", column("key", Integer), column("value", Integer))
    statement = update(products).where(products.c.id == new.c.key).values({changed(indexed): new.c.value})
    async with db.connection() as connection:
        await connection.execute(text("CREATE TEMPORARY TABLE new (key integer, value integer) ON COMMIT DROP"))
        driver: Any = (await connection.get_raw_connection()).driver_connection
        await driver.copy_records_to_table("new", records=inputs)
        await connection.execute(statement)
        await connection.commit()


# By WHERE: all rows that match get the same value.

by_where = Scenario(
    dataset=shop,
    question="How should all rows that match be given the same value, where the session holds none of them?",
    params={"rows": (1, 10, 100, 1000)},
    typical={"rows": 100},
    size="rows",
    writes=[User],
    claims=[
        Claim("One UPDATE with WHERE is how to update in bulk", PATTERNS, faster="one_update", than="load_and_change"),
        Claim(
            "An ORM UPDATE with WHERE is a single statement that matches many rows at once",
            CAVEATS,
            strategy="one_update",
            counter="statements",
            equals=1,
        ),
        Claim(
            "The default, 'auto', is 'fetch' where the database has RETURNING: the keys come back",
            SYNCHRONIZING,
            strategy="one_update",
            counter="rows",
            equals=100,
            where={"rows": 100},
        ),
        Claim("'evaluate' adds no round trip", SYNCHRONIZING, strategy="evaluate", counter="statements", equals=1),
    ],
)


def inactive(rows: int) -> ColumnElement[bool]:
    """That many users who are not active, for it is those with odd keys."""
    return and_(User.is_active == False, User.id <= 2 * rows)  # noqa: E712 - as the advice writes it


@by_where.strategy(baseline=True)
async def load_and_change(db: Database, rows: int) -> int:
    """Load the objects that match, set the attribute of each, and commit."""
    async with db.session() as session:
        found = (await session.scalars(select(User).where(inactive(rows)))).all()
        for user in found:
            user.is_active = True
        await session.commit()
        return len(found)


async def updated(db: Database, rows: int, **options: Any) -> int:
    """How many rows the seed's UPDATE changes in a session that holds no objects."""
    statement = update(User).where(inactive(rows)).values(is_active=True).execution_options(**options)
    async with db.session() as session:
        result: Any = await session.execute(statement)
        await session.commit()
        return int(result.rowcount)


@by_where.strategy()
async def one_update(db: Database, rows: int) -> int:
    """One UPDATE with WHERE in the session, synchronized as by default: 'auto'."""
    return await updated(db, rows)


@by_where.strategy()
async def fetch(db: Database, rows: int) -> int:
    """The same with `synchronize_session='fetch'`: the keys of the rows that it changed come back."""
    return await updated(db, rows, synchronize_session="fetch")


@by_where.strategy()
async def evaluate(db: Database, rows: int) -> int:
    """The same with `synchronize_session='evaluate'`: the WHERE is made a Python function too."""
    return await updated(db, rows, synchronize_session="evaluate")


@by_where.strategy()
async def unsynchronized(db: Database, rows: int) -> int:
    """The same with `synchronize_session=False`: nothing is done for objects."""
    return await updated(db, rows, synchronize_session=False)


@by_where.strategy()
async def core_update(db: Database, rows: int) -> int:
    """The same UPDATE on a Core connection, without a session."""
    statement = update(User.__table__).where(inactive(rows)).values(is_active=True)
    async with db.connection() as connection:
        result = await connection.execute(statement)
        await connection.commit()
        return result.rowcount


@by_where.strategy()
async def keys_then_update(db: Database, rows: int) -> int:
    """SELECT the keys that match, then one UPDATE with all of them in an IN."""
    async with db.session() as session:
        keys = (await session.scalars(select(User.id).where(inactive(rows)))).all()
        statement = update(User).where(User.id.in_(keys)).values(is_active=True)
        result: Any = await session.execute(statement, execution_options={"synchronize_session": False})
        await session.commit()
        return int(result.rowcount)


# By WHERE, with objects in the session: what they show afterwards is part of the result.

by_where_with_objects = Scenario(
    dataset=shop,
    question="How should all rows that match be updated, so that the objects in the session show it?",
    params={"held": (10, 100, 1000), "rows": (10, 100, 1000), "expired": (False, True)},
    typical={"held": 100, "rows": 100, "expired": False},
    size="held",
    writes=[User],
    claims=[
        Claim("One UPDATE with WHERE is how to update in bulk", PATTERNS, faster="one_update", than="load_and_change"),
        Claim(
            "'evaluate' adds no round trip",
            SYNCHRONIZING,
            strategy="evaluate",
            counter="statements",
            equals=2,
            where={"expired": False},
        ),
        Claim(
            "'evaluate' emits a SELECT for each object that is expired",
            SYNCHRONIZING,
            strategy="evaluate",
            counter="statements",
            equals=102,
            where={"held": 100, "expired": True},
        ),
        Claim(
            "'fetch' should be preferred to 'evaluate' where many objects are expired",
            SYNCHRONIZING,
            faster="fetch",
            than="evaluate",
            where={"expired": True},
        ),
    ],
)


async def held_users(session: AsyncSession, held: int, expired: bool) -> list[User]:
    """Users as the session holds them before the update, every second one inactive; expired as after a commit."""
    users = list((await session.scalars(select(User).where(User.id <= held).order_by(User.id))).all())
    if expired:
        session.expire_all()
    return users


async def shown(session: AsyncSession, users: list[User]) -> list[bool]:
    """What the objects show; those of them that are expired are read anew in one SELECT."""
    expired = [inspect(user).identity for user in users if "is_active" in inspect(user).unloaded]
    if expired:
        await session.scalars(select(User).where(User.id.in_([key for (key,) in expired if key])))
    return [user.is_active for user in users]


@by_where_with_objects.strategy(baseline=True)
async def load_and_change(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """Load the objects that match, set the attribute of each, and commit."""
    async with db.session() as session:
        users = await held_users(session, held, expired)
        for user in await session.scalars(select(User).where(inactive(rows))):
            user.is_active = True
        await session.commit()
        return await shown(session, users)


async def shown_after(
    db: Database, held: int, rows: int, expired: bool, *criteria: ColumnElement[bool], **options: Any
) -> list[bool]:
    """What the objects show after the seed's UPDATE."""
    statement = update(User).where(inactive(rows), *criteria).values(is_active=True).execution_options(**options)
    async with db.session() as session:
        users = await held_users(session, held, expired)
        await session.execute(statement)
        await session.commit()
        return await shown(session, users)


@by_where_with_objects.strategy()
async def one_update(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """One UPDATE with WHERE, synchronized as by default: 'auto'."""
    return await shown_after(db, held, rows, expired)


@by_where_with_objects.strategy()
async def fetch(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """`synchronize_session='fetch'`: the UPDATE returns the keys of the rows it changed."""
    return await shown_after(db, held, rows, expired, synchronize_session="fetch")


@by_where_with_objects.strategy()
async def evaluate(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """`synchronize_session='evaluate'`: the WHERE is tried in Python on each object held."""
    return await shown_after(db, held, rows, expired, synchronize_session="evaluate")


@by_where_with_objects.strategy()
async def expire_all(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """`synchronize_session=False`, then `expire_all`: the objects are read anew in one SELECT."""
    statement = update(User).where(inactive(rows)).values(is_active=True)
    async with db.session() as session:
        users = await held_users(session, held, expired)
        await session.execute(statement, execution_options={"synchronize_session": False})
        await session.commit()
        session.expire_all()
        return await shown(session, users)


@by_where_with_objects.strategy()
async def returning(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """The UPDATE returns whole rows, by which `populate_existing` refreshes the objects."""
    statement = update(User).where(inactive(rows)).values(is_active=True).returning(User)
    async with db.session() as session:
        users = await held_users(session, held, expired)
        (await session.scalars(statement, execution_options={"populate_existing": True})).all()
        await session.commit()
        return await shown(session, users)


def still_loaded(expired: bool) -> bool | str:
    """Whether the objects show what they were loaded with."""
    return not expired or "objects that are expired are read anew, and show what is in the table"


@by_where_with_objects.strategy(where=still_loaded, differs=True)
async def unsynchronized(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """`synchronize_session=False` alone: the objects go on showing what they were loaded with."""
    return await shown_after(db, held, rows, expired, synchronize_session=False)


@by_where_with_objects.strategy()
async def auto_function(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """'auto' with a function in the WHERE, which Python cannot evaluate: it is 'fetch' then."""
    return await shown_after(db, held, rows, expired, func.length(User.email) > 0)


@by_where_with_objects.strategy(raises=InvalidRequestError)
async def evaluate_function(db: Database, held: int, rows: int, expired: bool) -> list[bool]:
    """'evaluate' with a function in the WHERE: an error."""
    return await shown_after(db, held, rows, expired, func.length(User.email) > 0, synchronize_session="evaluate")


# Heap-only tuples: the same updates on the same rows, laid out in other ways.

layout = Scenario(
    dataset=shop,
    question="How should a table be laid out whose rows are updated again and again?",
    params={"rows": (1, 10, 100, JOBS)},
    typical={"rows": 100},
    size="rows",
    headline="wal_bytes",
    writes=[PackedJob, RoomyJob, IndexedJob, SummarizedJob],
    claims=[
        Claim("A lower fillfactor makes updates heap-only, and so cheaper", HOT, faster="roomy", than="packed"),
        Claim("A heap-only update needs no new index entries", HOT, less="roomy", than="packed", counter="wal_bytes"),
        Claim("An update of an indexed column is not heap-only", HOT, faster="roomy", than="indexed"),
        Claim(
            "An update of an indexed column is not heap-only", HOT, less="roomy", than="indexed", counter="wal_bytes"
        ),
        Claim(
            "A summarizing index, which BRIN is, lets an update be heap-only",
            HOT,
            less="summarized",
            than="indexed",
            counter="wal_bytes",
        ),
    ],
)


async def taken_and_given_back(db: Database, job: type[Base], rows: int) -> tuple[int, int]:
    """How many jobs are marked as running in one transaction, and as waiting again in the next."""
    jobs = job.__table__
    counts = []
    async with db.connection() as connection:
        for state in ("running", "waiting"):
            result = await connection.execute(update(jobs).where(jobs.c.id <= rows).values(state=state))
            await connection.commit()
            counts.append(result.rowcount)
    return counts[0], counts[1]


@layout.strategy(baseline=True)
async def packed(db: Database, rows: int) -> tuple[int, int]:
    """`fillfactor` is 100, as by default: new versions go to other pages, and into each index."""
    return await taken_and_given_back(db, PackedJob, rows)


@layout.strategy()
async def roomy(db: Database, rows: int) -> tuple[int, int]:
    """`fillfactor` is 45: new versions stay on the page, and out of the indexes."""
    return await taken_and_given_back(db, RoomyJob, rows)


@layout.strategy()
async def indexed(db: Database, rows: int) -> tuple[int, int]:
    """`fillfactor` is 45, but the column that changes has an index: new versions go into each index."""
    return await taken_and_given_back(db, IndexedJob, rows)


@layout.strategy(requires="postgresql>=16")
async def summarized(db: Database, rows: int) -> tuple[int, int]:
    """`fillfactor` is 45, and the index on the column that changes is BRIN, which only summarizes pages."""
    return await taken_and_given_back(db, SummarizedJob, rows)
