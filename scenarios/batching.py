"""How should the objects of a list of ids be loaded?"""
# ruff: noqa: F811 - scenarios here share names such as `expanding_in`: they are kept by their decorators

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sqlalchemy import ARRAY, Column, Integer, MetaData, Select, Table, any_, case, column, func, literal, select, text
from sqlalchemy import values as values_of
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

from bench import Claim, Database, Scenario

from .blog import FIRST_ORGANIC_USER, ORGANIC_USERS, User, blog

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Performance Optimization, Batch loading"
ASYNCPG = "SQLAlchemy documentation, PostgreSQL, asyncpg, Prepared Statement Cache"

USERS = FIRST_ORGANIC_USER + ORGANIC_USERS - 1
"""Users with keys from 1 on, at scale 1."""
FIRST_MISSING = 1_000_000_000
"""Keys from here on are nobody's, at any scale."""
CHUNK = 500
SESSIONS = 5


def users_in(ids: Iterable[int]) -> Select[tuple[User]]:
    """The users with these keys, each key an argument of its own."""
    return select(User).where(User.id.in_(list(ids)))


def array_of(ids: list[int]) -> Any:
    """The keys as one argument, an array."""
    return literal(ids, ARRAY(Integer))


def padded(ids: list[int]) -> list[int]:
    """The keys with the last one repeated up to the next power of two, which an IN is indifferent to."""
    return ids + ids[-1:] * ((1 << (len(ids) - 1).bit_length()) - len(ids))


def chunks(ids: list[int], size: int) -> list[list[int]]:
    """The keys in lists of that size and a shorter last one."""
    return [ids[start : start + size] for start in range(0, len(ids), size)]


def few_enough(ids: int) -> bool | str:
    """Whether a statement for each id is quick enough to be sampled often."""
    return ids <= 501 or f"{ids:,} SELECTs, one for each id, are too slow to be sampled often"


def user_read(user: User) -> tuple[int, str, str]:
    """Reads a user."""
    return user.id, user.username, user.email


async def loaded(db: Database, statement: Select[tuple[User]]) -> list[tuple[int, str, str]]:
    """The users that a statement finds."""
    async with db.session() as session:
        return [user_read(user) for user in await session.scalars(statement)]


# Any order: a set of ids, some of which may be nobody's. No id is in the list twice.


def ids_wanted(random: Random, ids: int, there: int) -> list[int]:
    """That many different keys in no order, `there` per cent of them somebody's."""
    present = -(-ids * there // 100)
    keys = random.sample(range(1, USERS + 1), present)
    keys += random.sample(range(FIRST_MISSING, FIRST_MISSING + USERS), ids - present)
    return random.sample(keys, ids)


any_order = Scenario(
    dataset=blog,
    question="How should the objects of a list of ids be loaded, in any order?",
    params={"ids": (1, 10, 100, 500, 501, 1000, 10_000), "there": (50, 100)},
    typical={"ids": 100, "there": 100},
    size="ids",
    inputs=ids_wanted,
    claims=[
        Claim("One SELECT with IN loads many objects efficiently", PATTERNS, faster="expanding_in", than="get_each"),
        Claim(
            "One SELECT with IN loads many objects efficiently",
            PATTERNS,
            strategy="expanding_in",
            counter="statements",
            equals=1,
        ),
        Claim(
            "Statements gathered over many sessions are not necessarily faster than one session",
            "SQLAlchemy documentation, ORM Examples, Asyncio Integration, gather_orm_statements.py",
            as_fast="expanding_in",
            than="gathered",
        ),
        Claim(
            "It is wise to run ANALYZE on a temporary table once it is filled",
            "PostgreSQL documentation, CREATE TABLE, TEMPORARY",
            faster="temporary_table_analyzed",
            than="temporary_table_copied",
        ),
    ],
)


@any_order.strategy(baseline=True)
async def expanding_in(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN, an argument for each id."""
    return await loaded(db, users_in(inputs))


@any_order.strategy()
async def in_chunks(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN for every 500 ids, one after the other in one session."""
    async with db.session() as session:
        return [user_read(user) for chunk in chunks(inputs, CHUNK) for user in await session.scalars(users_in(chunk))]


@any_order.strategy(requires="postgresql")
async def any_array(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with = ANY, all ids in one argument, an array."""
    return await loaded(db, select(User).where(User.id == any_(array_of(inputs))))


def unnested(ids: list[int]) -> Any:
    """The keys as a table of one column, made from one argument."""
    return func.unnest(array_of(ids)).table_valued("id").render_derived(name="wanted")


@any_order.strategy(requires="postgresql")
async def unnest_join(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to the unnested array of ids."""
    wanted = unnested(inputs)
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id))


def values_table(ids: list[int]) -> Any:
    """The keys as a VALUES list of one column, each an argument of its own."""
    return values_of(column("id", Integer), name="wanted").data([(key,) for key in ids])


# SQLite has VALUES too, but cannot name its columns as SQLAlchemy writes it.
@any_order.strategy(requires="postgresql")
async def values_join(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to a VALUES list with an argument for each id."""
    wanted = values_table(inputs)
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id))


# A temporary table of ids: CREATE is refused in the read-only transactions that strategies which do not write are
# given, so the one connection of these is told beforehand that it may.

wanted_ids = Table("wanted_ids", MetaData(), Column("id", Integer))
CREATE_WANTED = text("CREATE TEMPORARY TABLE wanted_ids (id INTEGER)")
USERS_WANTED = select(User).join(wanted_ids, wanted_ids.c.id == User.id)


@asynccontextmanager
async def may_create(db: Database) -> AsyncIterator[None]:
    """Lets the pooled connection create temporary tables."""
    async with db.connection() as connection:
        if db.dialect == "postgresql":
            await connection.execute(text("SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"))
            await connection.commit()
        else:
            await connection.execute(text("PRAGMA query_only = OFF"))
    yield


async def copy_wanted(session: AsyncSession, ids: list[int]) -> None:
    """Fill the temporary table with one COPY, in the session's transaction."""
    connection = await session.connection()
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.copy_records_to_table("wanted_ids", records=[(key,) for key in ids], columns=["id"])


@any_order.strategy(setup=may_create)
async def temporary_table(db: Database, inputs: list[int]) -> list[Any]:
    """A temporary table is made, filled by executemany and joined, and is gone with the transaction."""
    async with db.session() as session:
        await session.execute(CREATE_WANTED)
        await session.execute(wanted_ids.insert(), [{"id": key} for key in inputs])
        found = [user_read(user) for user in await session.scalars(USERS_WANTED)]
        if db.dialect == "sqlite":
            # Its driver starts no transaction for CREATE, so that a rollback leaves the table.
            await session.execute(text("DROP TABLE wanted_ids"))
            await session.commit()
        return found


@any_order.strategy(setup=may_create, requires="postgresql", driver="asyncpg")
async def temporary_table_copied(db: Database, inputs: list[int]) -> list[Any]:
    """The same, filled by COPY."""
    async with db.session() as session:
        await session.execute(CREATE_WANTED)
        await copy_wanted(session, inputs)
        return [user_read(user) for user in await session.scalars(USERS_WANTED)]


@any_order.strategy(setup=may_create, requires="postgresql", driver="asyncpg")
async def temporary_table_analyzed(db: Database, inputs: list[int]) -> list[Any]:
    """The same, filled by COPY, with an ANALYZE before the join."""
    async with db.session() as session:
        await session.execute(CREATE_WANTED)
        await copy_wanted(session, inputs)
        await session.execute(text("ANALYZE wanted_ids"))
        return [user_read(user) for user in await session.scalars(USERS_WANTED)]


@asynccontextmanager
async def kept_table(db: Database) -> AsyncIterator[None]:
    """Makes the temporary table once, on the pooled connection; every transaction leaves it empty."""
    async with may_create(db), db.connection() as connection:
        await connection.execute(text(f"{CREATE_WANTED.text} ON COMMIT DELETE ROWS"))
        await connection.commit()
    yield


@any_order.strategy(setup=kept_table, requires="postgresql", driver="asyncpg")
async def temporary_table_kept(db: Database, inputs: list[int]) -> list[Any]:
    """A temporary table that the connection keeps is filled by COPY and joined."""
    async with db.session() as session:
        # The transaction starts with SQLAlchemy's first statement; a COPY before it would be one of its own.
        await session.execute(select(1))
        await copy_wanted(session, inputs)
        return [user_read(user) for user in await session.scalars(USERS_WANTED)]


async def got_each(db: Database, ids: list[int]) -> list[tuple[int, str, str]]:
    """The users with these keys, one after the other in one session."""
    async with db.session() as session:
        found = [await session.get(User, key) for key in ids]
        return [user_read(user) for user in found if user is not None]


@any_order.strategy(where=few_enough)
async def get_each(db: Database, inputs: list[int]) -> list[Any]:
    """`session.get` for each id, one SELECT each."""
    return await got_each(db, inputs)


SEVERAL = {"pool_size": SESSIONS, "max_overflow": 0}


def shares(ids: list[int]) -> list[list[int]]:
    """The keys in five lists of about the same length, or as many as there are keys."""
    return [ids[start::SESSIONS] for start in range(min(SESSIONS, len(ids)))]


@any_order.strategy(engine_options=SEVERAL)
async def gathered(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN in each of five sessions at once, with a fifth of the ids."""
    parts = await asyncio.gather(*(loaded(db, users_in(share)) for share in shares(inputs)))
    return [user for part in parts for user in part]


@any_order.strategy(engine_options=SEVERAL, where=few_enough)
async def get_each_gathered(db: Database, inputs: list[int]) -> list[Any]:
    """`session.get` for each id, in five sessions at once with a fifth of the ids each."""
    parts = await asyncio.gather(*(got_each(db, share) for share in shares(inputs)))
    return [user for part in parts for user in part]


def several(ids: int) -> bool | str:
    """Whether there is something to gather."""
    return ids > 1 or "one id alone is nothing to gather"


@any_order.strategy(where=several, raises=InvalidRequestError)
async def gathered_in_one_session(db: Database, inputs: list[int]) -> list[Any]:
    """Two `session.get` at once in one session: refused."""
    async with db.session() as session:
        outcomes = await asyncio.gather(*(session.get(User, key) for key in inputs[:2]), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return [user_read(user) for user in outcomes if isinstance(user, User)]


# The order of the list: what a search engine or a cache has ranked is shown in that order.


def ids_ranked(random: Random, ids: int) -> list[int]:
    """That many different keys of users in no order of theirs."""
    return random.sample(range(1, USERS + 1), ids)


in_order = Scenario(
    dataset=blog,
    question="How should the objects of a list of ids be loaded in the order of the list?",
    params={"ids": (1, 10, 100, 500, 1000)},
    typical={"ids": 100},
    size="ids",
    inputs=ids_ranked,
    ordered=True,
    claims=[
        Claim(
            "session.get emits no SQL for an object that is in the identity map",
            "SQLAlchemy documentation, Session API, Session.get",
            strategy="in_then_get",
            counter="statements",
            equals=1,
        ),
    ],
)


@in_order.strategy(baseline=True)
async def in_and_dict(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN; the order is made in Python, by a dictionary."""
    async with db.session() as session:
        found = {user.id: user for user in await session.scalars(users_in(inputs))}
        return [user_read(found[key]) for key in inputs]


@in_order.strategy(requires="postgresql")
async def any_and_dict(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with = ANY of an array; the order is made in Python, by a dictionary."""
    async with db.session() as session:
        statement = select(User).where(User.id == any_(array_of(inputs)))
        found = {user.id: user for user in await session.scalars(statement)}
        return [user_read(found[key]) for key in inputs]


@in_order.strategy()
async def in_then_get(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN, then `session.get` for each id, which finds it in the identity map."""
    async with db.session() as session:
        # The identity map alone would let go of the objects that nobody else holds.
        _held = (await session.scalars(users_in(inputs))).all()
        return [user_read(await session.get_one(User, key)) for key in inputs]


@in_order.strategy(where=few_enough)
async def get_each(db: Database, inputs: list[int]) -> list[Any]:
    """`session.get` for each id in its turn, one SELECT each."""
    async with db.session() as session:
        return [user_read(await session.get_one(User, key)) for key in inputs]


@in_order.strategy(requires="postgresql")
async def unnest_ordinality(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to the unnested array WITH ORDINALITY, ORDER BY that."""
    array = func.unnest(array_of(inputs)).table_valued("id", with_ordinality="place")
    wanted = array.render_derived(name="wanted")
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id).order_by(wanted.c.place))


@in_order.strategy(requires="postgresql")
async def values_position(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to a VALUES list of ids and places, ORDER BY place."""
    columns = column("id", Integer), column("place", Integer)
    wanted = values_of(*columns, name="wanted").data([(key, place) for place, key in enumerate(inputs)])
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id).order_by(wanted.c.place))


@in_order.strategy(requires="postgresql")
async def array_position(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with = ANY, ORDER BY array_position, which looks through the array for each row."""
    array = array_of(inputs)
    return await loaded(db, select(User).where(User.id == any_(array)).order_by(func.array_position(array, User.id)))


def few_cases(ids: int) -> bool | str:
    """Whether a CASE of all ids is still worth to be waited for."""
    return ids <= 1000 or f"a CASE with {ids:,} branches takes seconds"


@in_order.strategy(where=few_cases)
async def case_position(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN, ORDER BY a CASE with a branch for each id."""
    place = case({key: place for place, key in enumerate(inputs)}, value=User.id)
    return await loaded(db, users_in(inputs).order_by(place))


# Lengths that vary from call to call. A statement with an argument for each id is another statement at every length,
# and a connection keeps a hundred prepared ones: up to 150 in truth, and at the next its cache goes back to the hundred
# that were used last. The lists are long enough for a call of more than 1 ms: a quicker one would be called in a row
# with the same list, and would find its statement prepared from the second call on. The call that is counted has, where
# lengths are many, one that its connection has not seen before.

KEPT_STATEMENTS = 1000
SHORT_CHUNK = 50
BYTES_AN_ARGUMENT = 600
"""What a server keeps for each argument of a prepared IN, measured on PostgreSQL 18."""


def shortest(ids: int, lengths: int) -> int:
    """The shortest of that many lengths around `ids`, one at least."""
    return max(1, ids - lengths // 2)


def ids_of_varied_length(random: Random, ids: int, lengths: int) -> list[int]:
    """Different keys of users, of one of `lengths` lengths around `ids`, each equally likely."""
    return random.sample(range(1, USERS + 1), shortest(ids, lengths) + int(lengths * random.random()))


varied_lengths = Scenario(
    dataset=blog,
    question="How should the objects of a list of ids be loaded where its length varies from call to call?",
    params={"ids": (400, 1000, 2000), "lengths": (1, 140, 160, 400)},
    typical={"ids": 400, "lengths": 160},
    size="lengths",
    inputs=ids_of_varied_length,
    claims=[
        Claim(
            "Prepared statements that are kept make statements 10 % faster or more",
            ASYNCPG,
            faster="expanding_in",
            than="in_not_kept",
            by=1.1,
        ),
        Claim(
            "A connection keeps 100 prepared statements, which may be adjusted where there are more",
            ASYNCPG,
            faster="in_kept",
            than="expanding_in",
            where={"lengths": 160},
        ),
    ],
)


@varied_lengths.strategy(baseline=True)
async def expanding_in(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN, an argument for each id; a hundred prepared statements are kept."""
    return await loaded(db, users_in(inputs))


@varied_lengths.strategy(
    requires="postgresql", driver="asyncpg", engine_options={"connect_args": {"prepared_statement_cache_size": 0}}
)
async def in_not_kept(db: Database, inputs: list[int]) -> list[Any]:
    """The same with `prepared_statement_cache_size=0`: none is kept."""
    return await loaded(db, users_in(inputs))


@asynccontextmanager
async def every_length_seen(db: Database, ids: int, lengths: int) -> AsyncIterator[None]:
    """Prepares the statement of every length, as the traffic of some minutes would."""
    async with db.session() as session:
        for length in range(shortest(ids, lengths), shortest(ids, lengths) + lengths):
            await session.execute(users_in(range(FIRST_MISSING, FIRST_MISSING + length)))
    yield


def bearable_to_keep(ids: int, lengths: int) -> bool | str:
    """Whether the statements of all lengths are small enough to be kept on a connection."""
    megabytes = ids * lengths * BYTES_AN_ARGUMENT // 1_000_000
    return (
        megabytes <= 250 or f"{lengths} prepared statements of about {ids:,} arguments take the server {megabytes} MB"
    )


@varied_lengths.strategy(
    requires="postgresql",
    driver="asyncpg",
    engine_options={"connect_args": {"prepared_statement_cache_size": KEPT_STATEMENTS}},
    setup=every_length_seen,
    where=bearable_to_keep,
)
async def in_kept(db: Database, inputs: list[int]) -> list[Any]:
    """The same with `prepared_statement_cache_size=1000`: every length is kept, once it was seen."""
    return await loaded(db, users_in(inputs))


@varied_lengths.strategy()
async def in_padded(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN, the last id repeated up to the next power of two."""
    return await loaded(db, users_in(padded(inputs)))


@varied_lengths.strategy()
async def in_chunks(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with IN for every 50 ids: no more than fifty different statements."""
    async with db.session() as session:
        return [
            user_read(user) for chunk in chunks(inputs, SHORT_CHUNK) for user in await session.scalars(users_in(chunk))
        ]


@varied_lengths.strategy(requires="postgresql")
async def any_array(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT with = ANY, all ids in one argument, an array."""
    return await loaded(db, select(User).where(User.id == any_(array_of(inputs))))


@varied_lengths.strategy(requires="postgresql")
async def unnest_join(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to the unnested array of ids."""
    wanted = unnested(inputs)
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id))


@varied_lengths.strategy(requires="postgresql")
async def values_join(db: Database, inputs: list[int]) -> list[Any]:
    """One SELECT, joined to a VALUES list with an argument for each id."""
    wanted = values_table(inputs)
    return await loaded(db, select(User).join(wanted, wanted.c.id == User.id))
