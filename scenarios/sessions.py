"""What do a session, its transaction and its memory of objects cost, and what do they save?"""
# ruff: noqa: F811 - scenarios here share names such as `refresh_each`: they are kept by their decorators

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sqlalchemy import ForeignKey, Select, String, func, select, update
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Claim, Database, Dataset, Scenario

from .blog import TENS, User, blog

BASICS = "SQLAlchemy documentation, Session Basics"
CONSTRUCT = f"{BASICS}, When do I construct a Session, when do I commit it, and when do I close it?"
CACHE = f"{BASICS}, Is the Session a cache?"
ASYNCIO = "SQLAlchemy documentation, Asynchronous I/O (asyncio), Preventing Implicit IO when Using AsyncSession"
REFRESHING = "SQLAlchemy documentation, State Management, Refreshing / Expiring"
LEVELS = "SQLAlchemy documentation, Working with Engines and Connections, Maintaining Multiple Isolation Levels"
AUTOCOMMIT = (
    "SQLAlchemy documentation, Working with Engines and Connections, Fully preventing ROLLBACK calls under autocommit"
)


def by_key(key: int) -> Select[tuple[User]]:
    """The statement that finds one user."""
    return select(User).where(User.id == key)


def first_keys(users: int) -> range:
    """The keys of that many users."""
    first, last = TENS.user_ids(users)
    return range(first, last + 1)


async def read(session: AsyncSession, selects: int) -> list[str]:
    """A unit of work: that many SELECTs, of one user each."""
    return [(await session.scalars(by_key(key))).one().username for key in first_keys(selects)]


# A session for each unit of work, for each statement, or one for all of them.

lifetime = Scenario(
    dataset=blog,
    question="How long should a session live?",
    params={"selects": (1, 10, 100)},
    typical={"selects": 10},
    size="selects",
    claims=[
        Claim(
            "Construct a session at the beginning of a logical operation, external to the functions that use it",
            CONSTRUCT,
            as_fast="per_call",
            than="per_select",
        ),
    ],
)


@asynccontextmanager
async def one_session(db: Database) -> AsyncIterator[AsyncSession]:
    """A session for all calls."""
    async with db.session() as session:
        yield session


@lifetime.strategy(baseline=True)
async def per_call(db: Database, selects: int) -> list[str]:
    """A session for the unit of work: BEGIN, its SELECTs, ROLLBACK."""
    async with db.session() as session:
        return await read(session, selects)


@lifetime.strategy()
async def per_select(db: Database, selects: int) -> list[str]:
    """A session for each SELECT, as in functions that open their own: BEGIN and ROLLBACK each."""
    found = []
    for key in first_keys(selects):
        async with db.session() as session:
            found.append((await session.scalars(by_key(key))).one().username)
    return found


@lifetime.strategy(setup=one_session)
async def closed_and_reused(db: Database, selects: int, state: AsyncSession) -> list[str]:
    """One session object for all calls, closed after each: its transaction ends, its objects are let go of."""
    found = await read(state, selects)
    await state.close()
    return found


# A second connection in its pool is for the harness, which explains the statements on one.
@lifetime.strategy(setup=one_session, engine_options={"pool_size": 2})
async def held_open(db: Database, selects: int, state: AsyncSession) -> list[str]:
    """One session left in one transaction from call to call: no BEGIN, and a connection that is never idle."""
    return await read(state, selects)


# The transaction that reads take place in.

transactions = Scenario(
    dataset=blog,
    question="In what transaction should rows be read?",
    params={"selects": (1, 10, 100)},
    typical={"selects": 1},
    size="selects",
    claims=[
        Claim(
            "A common use case is to use AUTOCOMMIT isolation mode to improve performance",
            AUTOCOMMIT,
            faster="autocommit_engine",
            than="read_committed",
        ),
        Claim(
            "Prefer AUTOCOMMIT set engine-wide: as an execution option it is set and reset at each use of a connection",
            LEVELS,
            faster="autocommit_engine",
            than="autocommit_option",
        ),
        Claim(
            "Under AUTOCOMMIT the rollback at release still is a round trip, which skip_autocommit_rollback disables",
            AUTOCOMMIT,
            less="autocommit_skip_rollback",
            than="autocommit_engine",
            counter="round_trips",
        ),
    ],
)


async def read_with(db: Database, selects: int, **execution_options: Any) -> list[str]:
    """The unit of work in a session whose connection has these options."""
    async with db.session() as session:
        await session.connection(execution_options=execution_options)
        return await read(session, selects)


@transactions.strategy(baseline=True)
async def read_committed(db: Database, selects: int) -> list[str]:
    """What a session does by itself: BEGIN, the SELECTs, ROLLBACK."""
    async with db.session() as session:
        return await read(session, selects)


@transactions.strategy(engine_options={"isolation_level": "AUTOCOMMIT"})
async def autocommit_engine(db: Database, selects: int) -> list[str]:
    """An engine with `isolation_level="AUTOCOMMIT"`: each SELECT by itself, no BEGIN."""
    async with db.session() as session:
        return await read(session, selects)


SKIPPING = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}


@transactions.strategy(requires=("postgresql", "sqlalchemy>=2.0.43"), engine_options=SKIPPING)
async def autocommit_skip_rollback(db: Database, selects: int) -> list[str]:
    """The same with `skip_autocommit_rollback`: no rollback when the connection is given back."""
    async with db.session() as session:
        return await read(session, selects)


@transactions.strategy()
async def autocommit_option(db: Database, selects: int) -> list[str]:
    """AUTOCOMMIT as an execution option of the session's connection, set and reset at each use."""
    return await read_with(db, selects, isolation_level="AUTOCOMMIT")


@transactions.strategy(requires="postgresql")
async def read_only(db: Database, selects: int) -> list[str]:
    """The option `postgresql_readonly`: BEGIN READ ONLY."""
    return await read_with(db, selects, postgresql_readonly=True)


@transactions.strategy(requires="postgresql")
async def repeatable_read(db: Database, selects: int) -> list[str]:
    """The option `isolation_level="REPEATABLE READ"`: one snapshot for all SELECTs."""
    return await read_with(db, selects, isolation_level="REPEATABLE READ")


# The identity map: users that a unit of work asks for again and again, as its different parts do.

identity_map = Scenario(
    dataset=blog,
    question="How should users be read by key that a unit of work needs more than once?",
    params={"users": (1, 10, 100), "times": (1, 2, 10)},
    typical={"users": 10, "times": 2},
    size="users",
    claims=[
        Claim(
            "get() looks in the identity map first, and queries the database for what is not present alone",
            f"{BASICS}, Get by Primary Key",
            strategy="get",
            counter="statements",
            equals=10,
            where={"users": 10},
        ),
        Claim(
            "get() looks in the identity map first, and queries the database for what is not present alone",
            f"{BASICS}, Get by Primary Key",
            faster="get",
            than="select_each",
        ),
        Claim(
            "The session is no cache of queries: a SELECT is emitted for an object that is in the identity map",
            CACHE,
            strategy="select_each",
            counter="statements",
            equals=20,
            where={"users": 10, "times": 2},
        ),
        Claim(
            "The session stores objects by weak reference, which defeats its use as a cache",
            CACHE,
            strategy="get_and_let_go",
            counter="statements",
            equals=20,
            where={"users": 10, "times": 2},
        ),
    ],
)


def keys_asked_for(users: int, times: int) -> list[int]:
    """All keys, and all of them again."""
    return [*first_keys(users)] * times


@identity_map.strategy(baseline=True)
async def select_each(db: Database, users: int, times: int) -> list[str]:
    """A SELECT by key each time; the objects are kept, and found again only once the row is there."""
    async with db.session() as session:
        found = [(await session.scalars(by_key(key))).one() for key in keys_asked_for(users, times)]
        return [user.username for user in found]


@identity_map.strategy()
async def get(db: Database, users: int, times: int) -> list[str]:
    """`session.get` each time; the objects are kept, so that only the first time emits a SELECT."""
    async with db.session() as session:
        found = [await session.get_one(User, key) for key in keys_asked_for(users, times)]
        return [user.username for user in found]


@identity_map.strategy()
async def get_and_let_go(db: Database, users: int, times: int) -> list[str]:
    """`session.get` each time, and nobody keeps the objects: the identity map is weak, and forgets them."""
    async with db.session() as session:
        return [(await session.get_one(User, key)).username for key in keys_asked_for(users, times)]


@identity_map.strategy()
async def prefetched(db: Database, users: int, times: int) -> list[str]:
    """One SELECT of all beforehand, kept; then `session.get` each time, which emits nothing."""
    async with db.session() as session:
        kept = (await session.scalars(select(User).where(User.id.between(*TENS.user_ids(users))))).all()
        found = [await session.get_one(User, key) for key in keys_asked_for(users, times)]
        del kept
        return [user.username for user in found]


# A shop of its own, for what is written: products, and the lines of orders that are imported.


class Base(AsyncAttrs, DeclarativeBase):
    """Mapped classes whose attributes can be awaited."""


class Product(Base):
    """A product, known to those who order it by its code."""

    __tablename__ = "products"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(12), unique=True)
    stock: Mapped[int]


class Line(Base):
    """A line of an order: how many of a product."""

    __tablename__ = "order_lines"

    id: Mapped[int] = mapped_column(primary_key=True)
    order_number: Mapped[int] = mapped_column(index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    quantity: Mapped[int]


PRODUCTS = 1000


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Products, and as many lines of earlier orders."""
    products = PRODUCTS * scale
    yield Product, ((number, f"P{number:06d}", 100) for number in range(1, products + 1))
    yield Line, ((number, number // 5, 1 + int(products * random.random()), 1) for number in range(1, products + 1))


shop = Dataset("shop", Base.metadata, rows)

NEW_ORDER = 1_000_000
"""An order number that no earlier order has."""


# Attributes that are read after a commit.

after_commit = Scenario(
    dataset=shop,
    question="How should objects be read after the commit of their changes?",
    params={"products": (1, 10, 100)},
    typical={"products": 10},
    size="products",
    writes=[Product],
    claims=[
        Claim(
            "With asyncio set expire_on_commit=False, to access attributes after a commit",
            ASYNCIO,
            faster="not_expired",
            than="refresh_each",
        ),
        Claim(
            "Set expire_on_commit=False: access to objects after a commit need not emit new SQL",
            CONSTRUCT,
            less="not_expired",
            than="select_again",
            counter="statements",
        ),
        Claim(
            "A commit expires all objects, so that each receives the most recent state when it is next accessed",
            f"{BASICS}, Committing",
            strategy="awaitable_attrs",
            counter="statements",
            equals=12,
            where={"products": 10},
        ),
    ],
)


def some_products(products: int) -> Select[tuple[Product]]:
    """The statement that finds that many products."""
    return select(Product).where(Product.id <= products).order_by(Product.id)


async def sell_one_each(session: AsyncSession, products: int) -> list[Product]:
    """Takes one of each product out of the stock, and commits; they are kept."""
    found = list(await session.scalars(some_products(products)))
    for product in found:
        product.stock -= 1
    await session.commit()
    return found


def shown(products: list[Product]) -> list[tuple[str, int]]:
    """What is said of the products afterwards."""
    return [(product.code, product.stock) for product in products]


@after_commit.strategy(baseline=True)
async def refresh_each(db: Database, products: int) -> list[tuple[str, int]]:
    """`expire_on_commit=True`, and `session.refresh` of each after the commit: a SELECT each."""
    async with db.session(expire_on_commit=True) as session:
        found = await sell_one_each(session, products)
        for product in found:
            await session.refresh(product)
        return shown(found)


@after_commit.strategy()
async def awaitable_attrs(db: Database, products: int) -> list[tuple[str, int]]:
    """`expire_on_commit=True`, and `awaitable_attrs` of each after the commit: a SELECT each."""
    async with db.session(expire_on_commit=True) as session:
        found = await sell_one_each(session, products)
        return [(await product.awaitable_attrs.code, product.stock) for product in found]


@after_commit.strategy()
async def select_again(db: Database, products: int) -> list[tuple[str, int]]:
    """`expire_on_commit=True`, and the first SELECT once more, which refreshes all."""
    async with db.session(expire_on_commit=True) as session:
        found = await sell_one_each(session, products)
        await session.scalars(some_products(products))
        return shown(found)


@after_commit.strategy()
async def not_expired(db: Database, products: int) -> list[tuple[str, int]]:
    """`expire_on_commit=False`: the objects keep what was committed; no SELECT."""
    async with db.session(expire_on_commit=False) as session:
        return shown(await sell_one_each(session, products))


@after_commit.strategy(raises=MissingGreenlet)
async def expired(db: Database, products: int) -> list[tuple[str, int]]:
    """`expire_on_commit=True`, and read as if nothing had happened: a SELECT where nothing is awaited."""
    async with db.session(expire_on_commit=True) as session:
        found = await sell_one_each(session, products)
        try:
            return shown(found)
        except StatementError as error:  # so wrapped where the driver begins a transaction without a word
            raise error.orig or error from error


# Objects that a session read before somebody else changed them: what a session saves that is kept from one unit of work
# to the next, and what it does not see.

changed_since = Scenario(
    dataset=shop,
    question="How should objects be read again that a session has in memory, and that others have changed since?",
    params={"products": (1, 10, 100)},
    typical={"products": 10},
    size="products",
    writes=[Product],
    claims=[
        Claim(
            "With populate_existing any SELECT refreshes the objects that are loaded already",
            REFRESHING,
            strategy="populate_existing",
            counter="statements",
            equals=3,
        ),
        Claim(
            "refresh() emits SQL at once, for one object",
            REFRESHING,
            strategy="refresh_each",
            counter="statements",
            equals=12,
            where={"products": 10},
        ),
    ],
)


async def read_and_changed(db: Database, session: AsyncSession, products: int) -> list[Product]:
    """The products as a session has read them, before somebody else takes one of each out of the stock."""
    found = list(await session.scalars(some_products(products)))
    # The transaction ends, as with a unit of work; the objects are kept as they are.
    await session.commit()
    async with db.session() as other:
        await other.execute(update(Product).where(Product.id <= products).values(stock=Product.stock - 1))
        await other.commit()
    return found


@changed_since.strategy(baseline=True)
async def new_session(db: Database, products: int) -> list[tuple[str, int]]:
    """The SELECT once more in a session of its own, which knows none of the objects."""
    async with db.session() as session:
        await read_and_changed(db, session, products)
    async with db.session() as session:
        return shown(list(await session.scalars(some_products(products))))


@changed_since.strategy()
async def populate_existing(db: Database, products: int) -> list[tuple[str, int]]:
    """The SELECT once more with `populate_existing`, which overwrites what the objects have."""
    async with db.session() as session:
        found = await read_and_changed(db, session, products)
        (await session.scalars(some_products(products).execution_options(populate_existing=True))).all()
        return shown(found)


@changed_since.strategy()
async def expire_all(db: Database, products: int) -> list[tuple[str, int]]:
    """`session.expire_all()`, and the SELECT once more, which fills the objects again."""
    async with db.session() as session:
        found = await read_and_changed(db, session, products)
        session.expire_all()
        (await session.scalars(some_products(products))).all()
        return shown(found)


@changed_since.strategy()
async def refresh_each(db: Database, products: int) -> list[tuple[str, int]]:
    """`session.refresh` of each: a SELECT each."""
    async with db.session() as session:
        found = await read_and_changed(db, session, products)
        for product in found:
            await session.refresh(product)
        return shown(found)


@changed_since.strategy(differs=True)
async def select_again(db: Database, products: int) -> list[tuple[str, int]]:
    """The SELECT once more and no more than that: its rows are left aside for the objects that are there."""
    async with db.session() as session:
        found = await read_and_changed(db, session, products)
        (await session.scalars(some_products(products))).all()
        return shown(found)


@changed_since.strategy(differs=True)
async def get(db: Database, products: int) -> list[tuple[str, int]]:
    """`session.get` of each: no SELECT, and the objects as they were."""
    async with db.session() as session:
        found = await read_and_changed(db, session, products)
        return shown([await session.get_one(Product, product.id) for product in found])


# Queries between the objects that are added: an import that looks up a product for each line of an order.


def ordered(random: Random, lines: int) -> list[tuple[str, int]]:
    """The lines of an order: a product's code, and how many of it."""
    return [(f"P{random.randrange(1, PRODUCTS + 1):06d}", random.randrange(1, 10)) for _ in range(lines)]


autoflush = Scenario(
    dataset=shop,
    question="How should many objects be added when there are queries between them?",
    params={"lines": (1, 10, 100)},
    typical={"lines": 10},
    size="lines",
    inputs=ordered,
    writes=[Line],
    claims=[
        Claim(
            "Autoflush can be disabled within a flow by the no_autoflush context manager",
            f"{BASICS}, Flushing",
            faster="no_autoflush",
            than="autoflushed",
        ),
        Claim(
            "A commit flushes always: with autoflush off, pending objects are inserted then, in fewer statements",
            f"{BASICS}, Flushing",
            less="autoflush_off",
            than="autoflushed",
            counter="statements",
        ),
    ],
)


async def add_lines(session: AsyncSession, given: list[tuple[str, int]], key: Any, code: Any) -> None:
    """Adds each line after a SELECT of its product's key, by the columns of the class or of the table."""
    for product, quantity in given:
        found = await session.scalar(select(key).where(code == product))
        session.add(Line(order_number=NEW_ORDER, product_id=found, quantity=quantity))


async def total(session: AsyncSession) -> int:
    """How many things were ordered, as the database has it."""
    statement = select(func.coalesce(func.sum(Line.quantity), 0)).where(Line.order_number == NEW_ORDER)
    return int((await session.scalars(statement)).one())


@autoflush.strategy(baseline=True)
async def autoflushed(db: Database, inputs: list[tuple[str, int]]) -> int:
    """What a session does by itself: each look-up flushes the line before it, an INSERT each."""
    async with db.session() as session:
        await add_lines(session, inputs, Product.id, Product.code)
        found = await total(session)
        await session.commit()
        return found


@autoflush.strategy()
async def no_autoflush(db: Database, inputs: list[tuple[str, int]]) -> int:
    """The look-ups in a block `session.no_autoflush`: all lines are flushed after it, in one INSERT."""
    async with db.session() as session:
        with session.no_autoflush:
            await add_lines(session, inputs, Product.id, Product.code)
        found = await total(session)
        await session.commit()
        return found


@autoflush.strategy()
async def autoflush_off(db: Database, inputs: list[tuple[str, int]]) -> int:
    """A session with `autoflush=False`, and `flush()` before the query that has to see the lines."""
    async with db.session(autoflush=False) as session:
        await add_lines(session, inputs, Product.id, Product.code)
        await session.flush()
        found = await total(session)
        await session.commit()
        return found


@autoflush.strategy()
async def core_selects(db: Database, inputs: list[tuple[str, int]]) -> int:
    """Autoflush on, the look-ups by SELECTs of the table: they flush from SQLAlchemy 2.1 on, and not before."""
    columns = Product.__table__.c
    async with db.session() as session:
        await add_lines(session, inputs, columns.id, columns.code)
        found = await total(session)
        await session.commit()
        return found


@autoflush.strategy()
async def look_up_first(db: Database, inputs: list[tuple[str, int]]) -> int:
    """All look-ups before the first line is added: nothing is pending that they could flush."""
    async with db.session() as session:
        keys = [await session.scalar(select(Product.id).where(Product.code == code)) for code, _ in inputs]
        lines = zip(keys, inputs, strict=True)
        session.add_all(
            [Line(order_number=NEW_ORDER, product_id=key, quantity=quantity) for key, (_, quantity) in lines]
        )
        found = await total(session)
        await session.commit()
        return found


@autoflush.strategy(differs=True)
async def forgotten_flush(db: Database, inputs: list[tuple[str, int]]) -> int:
    """A session with `autoflush=False` and no `flush()`: the query does not see the lines."""
    async with db.session(autoflush=False) as session:
        await add_lines(session, inputs, Product.id, Product.code)
        found = await total(session)
        await session.commit()
        return found
