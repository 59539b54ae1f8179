"""How should many rows be deleted?"""
# ruff: noqa: F811 - scenarios here may share names: the strategies are kept by their decorators

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Select,
    String,
    Table,
    TextClause,
    any_,
    delete,
    literal,
    select,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

from bench import Claim, Database, Dataset, Scenario

DML = "SQLAlchemy documentation, ORM-Enabled INSERT, UPDATE, and DELETE statements"
CAVEATS = f"{DML}, Important Notes and Caveats for ORM-Enabled Update and Delete"
JOINED = f"{DML}, UPDATE/DELETE with Custom WHERE Criteria for Joined Table Inheritance"
SYNCHRONIZING = f"{DML}, Selecting a Synchronization Strategy"
CASCADES = "SQLAlchemy documentation, Cascades, Using foreign key ON DELETE cascade with ORM relationships"
FOREIGN_KEYS = "PostgreSQL documentation, Constraints, Foreign Keys"
TRUNCATE = "PostgreSQL documentation, TRUNCATE"

EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC, without a zone: SQLite would not give one back
ENTRIES = 3000
ORDERS = {1: 100, 10: 100, 100: 10}
"""How many orders there are with that many items each."""


class Base(DeclarativeBase):
    """Mapped classes."""


class Entry(Base):
    """A line of a log, one a minute; its key follows its time."""

    __tablename__ = "entries"

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime] = mapped_column(index=True)
    message: Mapped[str] = mapped_column(String(80))


class Item(Base):
    """An item of an order; the foreign key has an index."""

    __tablename__ = "items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id", ondelete="CASCADE"), index=True)
    product: Mapped[str] = mapped_column(String(40))


class Order(Base):
    """An order whose items are for the ORM to delete: it loads them first."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(40))

    items: Mapped[list[Item]] = relationship(cascade="all, delete-orphan")


class PassiveOrder(Base):
    """The same orders, whose items are for the database to delete, unless they are loaded."""

    __table__ = Order.__table__

    items: Mapped[list[Item]] = relationship(cascade="all, delete-orphan", passive_deletes=True, overlaps="items")


class BareOrder(Base):
    """The same orders, in tables without an index on the foreign key."""

    __tablename__ = "bare_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer: Mapped[str] = mapped_column(String(40))


class BareItem(Base):
    """An item of such an order."""

    __tablename__ = "bare_items"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("bare_orders.id", ondelete="CASCADE"))
    product: Mapped[str] = mapped_column(String(40))


def log_of(rows: int) -> Table:
    """A table with that many rows, to be emptied."""
    return Table(
        f"log_of_{rows}",
        Base.metadata,
        Column("id", Integer, primary_key=True),
        Column("message", String(80)),
    )


LOGS = {rows: log_of(rows) for rows in (10, 1000, 10_000)}


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Each table with its rows."""
    minute = timedelta(minutes=1)
    yield Entry, ((key, EPOCH + key * minute, f"message {key}, {'x' * 40}") for key in range(1, ENTRIES * scale + 1))
    for order, item in ((Order, Item), (BareOrder, BareItem)):
        yield order, ((key, f"customer {key}") for key in range(1, sum(ORDERS.values()) + 1))
        yield item, _items()
    for size, log in LOGS.items():
        yield log, ((key, f"message {key}") for key in range(1, size + 1))


def _items() -> Iterator[tuple[Any, ...]]:
    """Items with keys in the order in which they were bought: those of an order lie apart."""
    key = 0
    for items, orders in ORDERS.items():
        first, last = order_ids(orders, items)
        for number in range(items):
            for order in range(first, last + 1):
                key += 1
                yield key, order, f"product {number}"


def order_ids(orders: int, items: int) -> tuple[int, int]:
    """First and last key of that many orders with that many items each, both included."""
    first = 1 + sum(count for each, count in ORDERS.items() if each < items)
    return first, first + orders - 1


archive = Dataset("bulk_delete", Base.metadata, rows)


# By WHERE: all rows that match.

by_where = Scenario(
    dataset=archive,
    question="How should all rows that match be deleted, such as all that are older than a day?",
    params={"rows": (1, 10, 100, 1000, ENTRIES)},
    typical={"rows": 100},
    size="rows",
    writes=[Entry],
    claims=[
        Claim(
            "Performance is the reason for a DELETE with WHERE in place of the unit of work",
            JOINED,
            faster="one_delete",
            than="objects",
        ),
        Claim(
            "An ORM DELETE with WHERE is a single statement that matches many rows at once",
            CAVEATS,
            strategy="one_delete",
            counter="statements",
            equals=1,
        ),
        Claim(
            "The default, 'auto', is 'fetch' where the database has RETURNING: the keys come back",
            SYNCHRONIZING,
            strategy="one_delete",
            counter="rows",
            equals=100,
            where={"rows": 100},
        ),
    ],
)


def old(rows: int) -> ColumnElement[bool]:
    """That many entries, the oldest."""
    return Entry.created_at <= EPOCH + timedelta(minutes=rows)


@by_where.strategy(baseline=True)
async def objects(db: Database, rows: int) -> int:
    """Load the objects that match, `session.delete` each, and commit."""
    async with db.session() as session:
        found = (await session.scalars(select(Entry).where(old(rows)))).all()
        for entry in found:
            await session.delete(entry)
        await session.commit()
        return len(found)


async def deleted(db: Database, rows: int, **options: Any) -> int:
    """How many rows one DELETE with WHERE deletes."""
    async with db.session() as session:
        result: Any = await session.execute(delete(Entry).where(old(rows)).execution_options(**options))
        await session.commit()
        return int(result.rowcount)


@by_where.strategy()
async def one_delete(db: Database, rows: int) -> int:
    """One DELETE with WHERE in the session, synchronized as by default: 'auto'."""
    return await deleted(db, rows)


@by_where.strategy()
async def fetch(db: Database, rows: int) -> int:
    """The same with `synchronize_session='fetch'`: the keys of the rows that it deleted come back."""
    return await deleted(db, rows, synchronize_session="fetch")


@by_where.strategy()
async def core_delete(db: Database, rows: int) -> int:
    """The same DELETE on a Core connection, without a session."""
    async with db.connection() as connection:
        result = await connection.execute(delete(Entry.__table__).where(old(rows)))
        await connection.commit()
        return result.rowcount


@by_where.strategy()
async def keys_then_delete(db: Database, rows: int) -> int:
    """SELECT the keys that match, then one DELETE with all of them in an IN."""
    async with db.connection() as connection:
        keys = (await connection.scalars(select(Entry.id).where(old(rows)))).all()
        result = await connection.execute(delete(Entry.__table__).where(Entry.id.in_(keys)))
        await connection.commit()
        return result.rowcount


@by_where.strategy(requires="postgresql")
async def keys_then_delete_any(db: Database, rows: int) -> int:
    """SELECT the keys that match, then one DELETE with `= ANY` of one array of them."""
    async with db.connection() as connection:
        keys = (await connection.scalars(select(Entry.id).where(old(rows)))).all()
        is_one = Entry.id == any_(literal(keys, ARRAY(Integer)))
        result = await connection.execute(delete(Entry.__table__).where(is_one))
        await connection.commit()
        return result.rowcount


async def deleted_in_chunks(db: Database, rows: int, size: int) -> int:
    """How many rows are deleted by DELETEs of at most `size` rows, each committed, until one finds fewer."""
    chunk = select(Entry.id).where(old(rows)).order_by(Entry.created_at).limit(size)
    statement = delete(Entry.__table__).where(Entry.id.in_(chunk))
    count = 0
    async with db.connection() as connection:
        while True:
            result = await connection.execute(statement)
            await connection.commit()
            count += result.rowcount
            if result.rowcount < size:
                return count


@by_where.strategy()
async def chunks_of_100(db: Database, rows: int) -> int:
    """DELETEs of the oldest 100 that match, each committed: shorter locks for others."""
    return await deleted_in_chunks(db, rows, 100)


@by_where.strategy()
async def chunks_of_1000(db: Database, rows: int) -> int:
    """DELETEs of the oldest 1,000 that match, each committed."""
    return await deleted_in_chunks(db, rows, 1000)


# Parents with their children.

cascade = Scenario(
    dataset=archive,
    question="How should parents be deleted with their children?",
    params={"orders": (1, 10, 100), "items": tuple(ORDERS)},
    typical={"orders": 10, "items": 10},
    size="orders",
    writes=[Order, Item],
    claims=[
        Claim(
            "ON DELETE CASCADE is generally much more efficient than the cascade of the ORM",
            CASCADES,
            faster="passive_deletes",
            than="orm_cascade",
        ),
        Claim(
            "The cascade of the ORM loads each collection by itself, and then deletes",
            CASCADES,
            strategy="orm_cascade_no_autoflush",
            counter="statements",
            equals=13,
            where={"orders": 10},
        ),
        Claim(
            "With passive_deletes, no DELETE is emitted for a collection that is not loaded, and no SELECT",
            CASCADES,
            strategy="passive_deletes",
            counter="statements",
            equals=2,
        ),
        Claim(
            "With passive_deletes, what is loaded of a collection is deleted by the ORM all the same",
            CASCADES,
            strategy="passive_deletes_loaded",
            counter="statements",
            equals=4,
        ),
    ],
)


def enough_orders(orders: int, items: int) -> bool | str:
    """Whether there are so many orders with so many items."""
    return orders <= ORDERS[items] or f"there are {ORDERS[items]} orders with {items} items each"


def chosen(order: Any, orders: int, items: int) -> ColumnElement[bool]:
    """Which orders are deleted."""
    return order.id.between(*order_ids(orders, items))


async def deleted_objects(db: Database, statement: Select[Any], **options: Any) -> int:
    """How many parents, loaded by the statement, are deleted as objects, in a session with these options."""
    async with db.session(**options) as session:
        found = (await session.scalars(statement)).all()
        for order in found:
            await session.delete(order)
        await session.commit()
        return len(found)


@cascade.strategy(baseline=True, where=enough_orders)
async def orm_cascade(db: Database, orders: int, items: int) -> int:
    """`session.delete` loads each order's items, which flushes the deletion of the order before it."""
    return await deleted_objects(db, select(Order).where(chosen(Order, orders, items)))


@cascade.strategy(where=enough_orders)
async def orm_cascade_no_autoflush(db: Database, orders: int, items: int) -> int:
    """The same with `autoflush=False`: items are loaded order by order, and all are deleted in one flush."""
    statement = select(Order).where(chosen(Order, orders, items))
    return await deleted_objects(db, statement, autoflush=False)


@cascade.strategy(where=enough_orders)
async def orm_cascade_selectin(db: Database, orders: int, items: int) -> int:
    """The items of all orders are loaded beforehand by selectinload, and all are deleted in one flush."""
    statement = select(Order).where(chosen(Order, orders, items))
    return await deleted_objects(db, statement.options(selectinload(Order.items)))


@cascade.strategy(where=enough_orders, requires="postgresql")
async def passive_deletes(db: Database, orders: int, items: int) -> int:
    """`passive_deletes=True`: orders are deleted as objects, their items by ON DELETE CASCADE."""
    return await deleted_objects(db, select(PassiveOrder).where(chosen(PassiveOrder, orders, items)))


@cascade.strategy(where=enough_orders, requires="postgresql")
async def passive_deletes_loaded(db: Database, orders: int, items: int) -> int:
    """`passive_deletes=True`, but the items are loaded: the ORM deletes them by key."""
    statement = select(PassiveOrder).where(chosen(PassiveOrder, orders, items))
    return await deleted_objects(db, statement.options(selectinload(PassiveOrder.items)))


@cascade.strategy(where=enough_orders, requires="postgresql")
async def one_delete(db: Database, orders: int, items: int) -> int:
    """One DELETE of the orders, without objects; their items go by ON DELETE CASCADE."""
    async with db.connection() as connection:
        result = await connection.execute(delete(Order.__table__).where(chosen(Order, orders, items)))
        await connection.commit()
        return result.rowcount


@cascade.strategy(where=enough_orders)
async def children_first(db: Database, orders: int, items: int) -> int:
    """One DELETE of the items, then one of the orders: needs no cascade."""
    theirs = Item.order_id.between(*order_ids(orders, items))
    async with db.connection() as connection:
        await connection.execute(delete(Item.__table__).where(theirs))
        result = await connection.execute(delete(Order.__table__).where(chosen(Order, orders, items)))
        await connection.commit()
        return result.rowcount


# The foreign key: whether the database finds the children by an index.

foreign_key = Scenario(
    dataset=archive,
    question="What is an index on the foreign key worth where parents are deleted?",
    params={"orders": (1, 10, 100)},
    typical={"orders": 10},
    size="orders",
    writes=[Order, Item, BareOrder, BareItem],
    claims=[
        Claim(
            "It is often a good idea to index the referencing columns: each DELETE of a referenced row scans for them",
            FOREIGN_KEYS,
            faster="index",
            than="no_index",
        ),
    ],
)


async def deleted_and_back(db: Database, order: Any, orders: int, *before: TextClause) -> int:
    """How many orders are deleted, with ten items each by ON DELETE CASCADE, and put back by a rollback.

    Thus what is left is the same, whichever of the tables it was done to.
    """
    async with db.connection() as connection:
        for statement in before:
            await connection.execute(statement)
        result = await connection.execute(delete(order.__table__).where(chosen(order, orders, 10)))
        await connection.rollback()
        return result.rowcount


@foreign_key.strategy(baseline=True)
async def no_index(db: Database, orders: int) -> int:
    """The foreign key has no index: for each order all items are read. The DELETE is rolled back."""
    return await deleted_and_back(db, BareOrder, orders)


@foreign_key.strategy(requires="postgresql")
async def index(db: Database, orders: int) -> int:
    """The foreign key has an index. The DELETE is rolled back."""
    return await deleted_and_back(db, Order, orders)


@foreign_key.strategy(requires="postgresql")
async def index_first(db: Database, orders: int) -> int:
    """The index that the foreign key lacks is made for the DELETE. Both are rolled back."""
    return await deleted_and_back(db, BareOrder, orders, text("CREATE INDEX made_for_it ON bare_items (order_id)"))


# All rows of a table.

empty = Scenario(
    dataset=archive,
    question="How should a table be emptied?",
    params={"rows": tuple(LOGS)},
    typical={"rows": 1000},
    size="rows",
    writes=list(LOGS.values()),
    claims=[
        Claim(
            "TRUNCATE has the same effect as an unqualified DELETE, and is faster, as it does not scan the table",
            TRUNCATE,
            faster="truncate",
            than="delete_all",
        ),
    ],
)


@empty.strategy(baseline=True)
async def delete_all(db: Database, rows: int) -> None:
    """DELETE without WHERE."""
    async with db.connection() as connection:
        await connection.execute(delete(LOGS[rows]))
        await connection.commit()


@empty.strategy(requires="postgresql")
async def truncate(db: Database, rows: int) -> None:
    """TRUNCATE: new, empty files for the table and its index."""
    async with db.connection() as connection:
        await connection.execute(text(f"TRUNCATE {LOGS[rows].name}"))
        await connection.commit()


@empty.strategy()
async def drop_and_create(db: Database, rows: int) -> None:
    """DROP TABLE, then CREATE TABLE, as tests do between one another."""
    async with db.connection() as connection:
        await connection.run_sync(LOGS[rows].drop)
        await connection.run_sync(LOGS[rows].create)
        await connection.commit()
