"""What should be done about rows that are there already, and about statements that fail?"""
# ruff: noqa: F811 - scenarios here share names such as `on_conflict`: they are kept by their decorators

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, String, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError, IntegrityError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Claim, Database, Dataset, Scenario

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Error Handling"
SAVEPOINT = "SQLAlchemy documentation, Transactions and Connection Management, Using SAVEPOINT"
UPSERT = 'SQLAlchemy documentation, ORM-Enabled INSERT, UPDATE, and DELETE statements, ORM "upsert" Statements'
INSERT = "PostgreSQL documentation, INSERT, ON CONFLICT Clause"
MERGE = "PostgreSQL documentation, MERGE"
TRAPPING = "PostgreSQL documentation, PL/pgSQL Control Structures, Trapping Errors"

Given = dict[str, str]
"""What somebody signs up with: email, username and full name."""


class Base(DeclarativeBase):
    """The one table of users."""


class User(Base):
    """Somebody who signed up; nobody else may have their address or their name."""

    __tablename__ = "users"
    # PostgreSQL refuses a longer name for its type; SQLite knows no length, and needs to be told.
    __table_args__ = (CheckConstraint("length(username) <= 40"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    full_name: Mapped[str] = mapped_column(String(80))


USERS = 2000


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Users who signed up before."""
    yield User, ((number, *somebody(number).values()) for number in range(1, USERS * scale + 1))


def somebody(number: int) -> Given:
    """One of those who signed up before; from a million on, one who is new at any scale."""
    return {"email": f"user{number}@example.com", "username": f"user{number}", "full_name": f"User Number {number}"}


members = Dataset("members", Base.metadata, rows)

CONSTRUCTS = {"postgresql": postgresql_insert, "sqlite": sqlite_insert}
"""Each database has an INSERT of its own that knows ON CONFLICT."""


def taken(users: list[Given]) -> Any:
    """SELECT the email and username of all who have one of these."""
    emails, usernames = [user["email"] for user in users], [user["username"] for user in users]
    return select(User.email, User.username).where(or_(User.email.in_(emails), User.username.in_(usernames)))


async def begin(db: Database, session: AsyncSession) -> None:
    """Begin a transaction where the driver would not: that of SQLite begins one before an INSERT alone, so that
    the first SAVEPOINT would be the transaction, and its release a commit.
    """
    if db.dialect == "sqlite":
        await session.execute(text("BEGIN"))


# One who signs up, as in a request: 201, or 409 where the user exists. Whoever looks first has to catch the error all
# the same in production, of somebody who signs up in between; that costs nothing where nobody does.


def one(random: Random, exists: bool) -> Given:
    """Somebody new, or somebody whose email or username is taken."""
    return some(random, 1, 100 if exists else 0)[0]


def existing(random: Random, users: int, conflicts: int) -> list[int]:
    """Keys of users who exist: a share in percent of that many, rounded up, so that 1 % of 20 are one."""
    return random.sample(range(1, USERS + 1), -(-users * conflicts // 100))


def some(random: Random, users: int, conflicts: int) -> list[Given]:
    """People who sign up, in any order; of a share of them, either the email or the username is taken."""
    given = []
    for place, known in enumerate(existing(random, users, conflicts)):
        kept = "email" if place % 2 == 0 else "username"
        given.append({**somebody(2_000_000 + place), kept: somebody(known)[kept]})
    given += [somebody(1_000_000 + place) for place in range(users - len(given))]
    random.shuffle(given)
    return given


sign_up = Scenario(
    dataset=members,
    question="How should one user be inserted who may exist already?",
    params={"exists": (False, True)},
    typical={"exists": False},
    size="exists",
    inputs=one,
    writes=[User],
    claims=[
        Claim(
            "Insert and commit; an IntegrityError says that the user exists, and is answered with a rollback",
            PATTERNS,
            faster="insert_and_catch",
            than="select_first",
        ),
        Claim(
            "Insert and commit; an IntegrityError says that the user exists, and is answered with a rollback",
            PATTERNS,
            as_fast="insert_and_catch",
            than="on_conflict",
        ),
    ],
)


@sign_up.strategy(baseline=True)
async def insert_and_catch(db: Database, inputs: Given) -> bool:
    """Add and commit; catch IntegrityError and roll back."""
    async with db.session() as session:
        session.add(User(**inputs))
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
            return False
        return True


@sign_up.strategy()
async def savepoint(db: Database, inputs: Given) -> bool:
    """Add under a SAVEPOINT, so that an IntegrityError ends no more than that; commit."""
    async with db.session() as session:
        await begin(db, session)
        try:
            async with session.begin_nested():
                session.add(User(**inputs))
        except IntegrityError:
            return False
        await session.commit()
        return True


@sign_up.strategy()
async def select_first(db: Database, inputs: Given) -> bool:
    """SELECT who has the email or the username; insert and commit where nobody has."""
    async with db.session() as session:
        if (await session.execute(taken([inputs]).limit(1))).first() is not None:
            return False
        session.add(User(**inputs))
        await session.commit()
        return True


@sign_up.strategy()
async def on_conflict(db: Database, inputs: Given) -> bool:
    """INSERT ON CONFLICT DO NOTHING RETURNING: no row comes back of a user who exists; commit."""
    insert = CONSTRUCTS[db.dialect]
    async with db.session() as session:
        statement = insert(User).values(**inputs).on_conflict_do_nothing().returning(User.id)
        if await session.scalar(statement) is None:
            return False
        await session.commit()
        return True


# Many who may exist already: keep those who are there, insert the others, and say who was inserted.

keep = Scenario(
    dataset=members,
    question="How should many users be inserted of whom some exist already, and are to be kept as they are?",
    params={"users": (5, 20, 70, 80, 500), "conflicts": (0, 1, 50)},
    typical={"users": 20, "conflicts": 1},
    size="users",
    inputs=some,
    writes=[User],
    claims=[
        Claim(
            "Catch IntegrityError and roll back, a commit for each user",
            PATTERNS,
            faster="commit_each",
            than="select_each",
        ),
        Claim(
            "A SAVEPOINT for each record is ideal for catching IntegrityError to detect duplicate rows",
            SAVEPOINT,
            faster="savepoint_each",
            than="commit_each",
        ),
        Claim(
            "A SAVEPOINT for each record is ideal for catching IntegrityError to detect duplicate rows",
            SAVEPOINT,
            faster="savepoint_each",
            than="on_conflict",
        ),
        Claim(
            "A block that traps errors, under a SAVEPOINT, is significantly more expensive to enter and exit",
            TRAPPING,
            faster="on_conflict_each",
            than="savepoint_each",
        ),
        Claim(
            "ON CONFLICT specifies an alternative action to raising a unique violation error",
            INSERT,
            faster="on_conflict_each",
            than="commit_each",
        ),
        Claim(
            "For an ON CONFLICT clause, embed the desired rows in Insert.values()",
            UPSERT,
            as_fast="on_conflict_values",
            than="on_conflict",
        ),
    ],
)


@keep.strategy(baseline=True)
async def commit_each(db: Database, inputs: list[Given]) -> list[str]:
    """Add and commit one by one; catch IntegrityError and roll back."""
    inserted = []
    async with db.session() as session:
        for user in inputs:
            session.add(User(**user))
            try:
                await session.commit()
            except IntegrityError:
                await session.rollback()
            else:
                inserted.append(user["email"])
    return inserted


@keep.strategy()
async def savepoint_each(db: Database, inputs: list[Given]) -> list[str]:
    """Add each under a SAVEPOINT of its own and catch IntegrityError; one commit."""
    return await savepoints(db, inputs)


async def savepoints(db: Database, inputs: list[Given]) -> list[str]:
    """Inserts each user under a SAVEPOINT, and commits; the emails of those who were new."""
    inserted = []
    async with db.session() as session:
        await begin(db, session)
        for user in inputs:
            try:
                async with session.begin_nested():
                    session.add(User(**user))
            except IntegrityError:
                continue
            inserted.append(user["email"])
        await session.commit()
    return inserted


# SAVEPOINTs are numbered, so that each is a statement of its own to prepare: from 75 users on those of one call are
# more than the 150 that SQLAlchemy keeps of a connection when it is told to keep 100, and none is found again.
ROOM_FOR_SAVEPOINTS = {"prepared_statement_cache_size": 5000}


def overflows(users: int) -> bool | str:
    """Whether the SAVEPOINTs of that many users are more statements than are kept."""
    return users >= 75 or "the SAVEPOINTs of fewer than 75 users fit into the cache of statements as it is"


@keep.strategy(
    driver="asyncpg", requires="postgresql", where=overflows, engine_options={"connect_args": ROOM_FOR_SAVEPOINTS}
)
async def savepoint_each_cached(db: Database, inputs: list[Given]) -> list[str]:
    """The same on a connection that keeps 5,000 prepared statements: every numbered SAVEPOINT is one."""
    return await savepoints(db, inputs)


@keep.strategy()
async def select_each(db: Database, inputs: list[Given]) -> list[str]:
    """Look each up by email and username first, a SELECT that flushes the user before; one commit."""
    inserted = []
    async with db.session() as session:
        for user in inputs:
            if (await session.execute(taken([user]).limit(1))).first() is None:
                session.add(User(**user))
                inserted.append(user["email"])
        await session.commit()
    return inserted


@keep.strategy()
async def select_first(db: Database, inputs: list[Given]) -> list[str]:
    """One SELECT of all emails and usernames that are taken; add the others, one flush and commit."""
    async with db.session() as session:
        return await insert_others(session, inputs)


async def insert_others(session: AsyncSession, users: list[Given]) -> list[str]:
    """Inserts and commits all whose email and username nobody has; their emails."""
    found = (await session.execute(taken(users))).all()
    emails, usernames = {row.email for row in found}, {row.username for row in found}
    new = [user for user in users if user["email"] not in emails and user["username"] not in usernames]
    session.add_all([User(**user) for user in new])
    await session.commit()
    return [user["email"] for user in new]


@keep.strategy()
async def insert_else_select(db: Database, inputs: list[Given]) -> list[str]:
    """Add all and commit; only where that raises IntegrityError, roll back and go on as `select_first`."""
    async with db.session() as session:
        session.add_all([User(**user) for user in inputs])
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
            return await insert_others(session, inputs)
    return [user["email"] for user in inputs]


@keep.strategy()
async def on_conflict_each(db: Database, inputs: list[Given]) -> list[str]:
    """INSERT ON CONFLICT DO NOTHING RETURNING one by one; one commit."""
    insert = CONSTRUCTS[db.dialect]
    inserted = []
    async with db.session() as session:
        for user in inputs:
            statement = insert(User).values(**user).on_conflict_do_nothing().returning(User.email)
            inserted += await session.scalars(statement)
        await session.commit()
    return inserted


@keep.strategy()
async def on_conflict(db: Database, inputs: list[Given]) -> list[str]:
    """The same with a list of all: one statement for every 1,000 rows (insertmanyvalues); one commit."""
    insert = CONSTRUCTS[db.dialect]
    async with db.session() as session:
        statement = insert(User).on_conflict_do_nothing().returning(User.email)
        inserted = list(await session.scalars(statement, inputs))
        await session.commit()
    return inserted


@keep.strategy()
async def on_conflict_values(db: Database, inputs: list[Given]) -> list[str]:
    """The same with all in `values()`: one statement, compiled anew for each call; one commit."""
    insert = CONSTRUCTS[db.dialect]
    async with db.session() as session:
        statement = insert(User).values(inputs).on_conflict_do_nothing().returning(User.email)
        inserted = list(await session.scalars(statement))
        await session.commit()
    return inserted


# Many who may exist already: replace the name of those who are there, insert the others.


def renamed(random: Random, users: int, conflicts: int) -> list[Given]:
    """People with a new name, in any order, of whom a share exist already."""
    known = existing(random, users, conflicts)
    given = [{**somebody(number), "full_name": f"Renamed Number {number}"} for number in known]
    given += [somebody(1_000_000 + place) for place in range(users - len(given))]
    random.shuffle(given)
    return given


replace = Scenario(
    dataset=members,
    question="How should many users be inserted of whom some exist already, and are to get the new name?",
    params={"users": (1, 5, 20, 100, 500), "conflicts": (0, 1, 50, 100)},
    typical={"users": 20, "conflicts": 50},
    size="users",
    inputs=renamed,
    writes=[User],
    claims=[
        Claim(
            'With ON CONFLICT, INSERTs do an "upsert": existing rows are turned into an UPDATE by the statement itself',
            UPSERT,
            faster="do_update_values",
            than="select_and_change",
        ),
        Claim(
            "For an ON CONFLICT clause, embed the desired rows in Insert.values()",
            UPSERT,
            as_fast="do_update_values",
            than="do_update",
        ),
        Claim(
            "MERGE does in a single statement what would otherwise require multiple procedural ones",
            MERGE,
            strategy="merge_unnest",
            counter="statements",
            equals=1,
        ),
        Claim(
            "MERGE does in a single statement what would otherwise require multiple procedural ones",
            MERGE,
            faster="merge_unnest",
            than="select_and_change",
        ),
        Claim(
            "INSERT ON CONFLICT is an alternative statement to MERGE, which runs an UPDATE where an INSERT conflicts",
            MERGE,
            strategy="do_update_unnest",
            counter="statements",
            equals=1,
        ),
    ],
)


def columns(users: list[Given]) -> dict[str, list[str]]:
    """The same users as a list for each column."""
    return {name: [user[name] for user in users] for name in ("email", "username", "full_name")}


@replace.strategy(baseline=True)
async def select_each(db: Database, inputs: list[Given]) -> None:
    """SELECT each by email, which flushes the one before; change the name or add the user; one commit."""
    async with db.session() as session:
        for given in inputs:
            user = await session.scalar(select(User).where(User.email == given["email"]))
            if user is None:
                session.add(User(**given))
            else:
                user.full_name = given["full_name"]
        await session.commit()


@replace.strategy()
async def select_and_change(db: Database, inputs: list[Given]) -> None:
    """One SELECT of all who are there; change their names, add the others, one flush and commit."""
    async with db.session() as session:
        statement = select(User).where(User.email.in_([given["email"] for given in inputs]))
        found = {user.email: user for user in await session.scalars(statement)}
        for given in inputs:
            user = found.get(given["email"])
            if user is None:
                session.add(User(**given))
            else:
                user.full_name = given["full_name"]
        await session.commit()


def with_update(insert: Any) -> Any:
    """The INSERT with ON CONFLICT DO UPDATE of the name."""
    return insert.on_conflict_do_update(index_elements=["email"], set_={"full_name": insert.excluded.full_name})


@replace.strategy()
async def do_update(db: Database, inputs: list[Given]) -> None:
    """INSERT ON CONFLICT DO UPDATE with a list of all, as an executemany; one commit."""
    async with db.session() as session:
        await session.execute(with_update(CONSTRUCTS[db.dialect](User)), inputs)
        await session.commit()


@replace.strategy()
async def do_update_values(db: Database, inputs: list[Given]) -> None:
    """The same with all in `values()`: one statement, compiled anew for each call; one commit."""
    async with db.session() as session:
        await session.execute(with_update(CONSTRUCTS[db.dialect](User).values(inputs)))
        await session.commit()


@replace.strategy(requires="postgresql")
async def do_update_unnest(db: Database, inputs: list[Given]) -> None:
    """The same from a SELECT on unnest: one statement with an array for each column; one commit."""
    names = ["email", "username", "full_name"]
    arrays = [bindparam(name, type_=ARRAY(String)) for name in names]
    given = func.unnest(*arrays).table_valued(*names, name="given").render_derived()
    # Of the table: where the class is inserted into, the ORM takes the parameters for rows.
    statement = with_update(postgresql_insert(User.__table__).from_select(names, select(*given.c)))
    async with db.session() as session:
        await session.execute(statement, columns(inputs))
        await session.commit()


INTO_USERS = """
MERGE INTO users USING {source} ON users.email = given.email
WHEN MATCHED THEN UPDATE SET full_name = given.full_name
WHEN NOT MATCHED THEN INSERT (email, username, full_name) VALUES (given.email, given.username, given.full_name)
"""
EACH_GIVEN = "(VALUES (CAST(:email AS text), CAST(:username AS text), CAST(:full_name AS text)))"
ALL_GIVEN = "unnest(CAST(:email AS text[]), CAST(:username AS text[]), CAST(:full_name AS text[]))"
MERGE_EACH, MERGE_ALL = (
    text(INTO_USERS.format(source=f"{source} AS given (email, username, full_name)"))
    for source in (EACH_GIVEN, ALL_GIVEN)
)


@replace.strategy(requires="postgresql>=15")
async def merge(db: Database, inputs: list[Given]) -> None:
    """MERGE with a list of all, as an executemany; one commit."""
    async with db.session() as session:
        await session.execute(MERGE_EACH, inputs)
        await session.commit()


@replace.strategy(requires="postgresql>=15")
async def merge_unnest(db: Database, inputs: list[Given]) -> None:
    """MERGE from unnest: one statement with an array for each column; one commit."""
    async with db.session() as session:
        await session.execute(MERGE_ALL, columns(inputs))
        await session.commit()


# A transaction of several statements, of which some fail: the work of the others is to be committed.


def work(random: Random, statements: int, failures: int) -> list[tuple[Given, bool]]:
    """Users to insert with a statement each, and which of them are risky: as many as fail, evenly spread, for a name
    that is too long; or one in the midst that succeeds.
    """
    given = [somebody(1_000_000 + place) for place in range(statements)]
    risky = [(2 * number + 1) * statements // (2 * failures) for number in range(failures)]
    for place in risky:
        given[place]["username"] = "x" * 41
    return [(user, place in (risky or [statements // 2])) for place, user in enumerate(given)]


recovery = Scenario(
    dataset=members,
    question="How should a transaction recover from statements in its midst that fail?",
    params={"statements": (10, 30, 100), "failures": (0, 1, 5)},
    typical={"statements": 10, "failures": 1},
    size="statements",
    inputs=work,
    writes=[User],
    claims=[
        *(
            # BEGIN and ROLLBACK of each transaction that failed, BEGIN and COMMIT of the last.
            Claim(
                "A DBAPIError is answered with a rollback",
                PATTERNS,
                strategy="rollback_and_redo",
                counter="transaction_commands",
                equals=2 * failures + 2,
                where={"failures": failures},
            )
            for failures in (1, 5)
        ),
        Claim("A DBAPIError is answered with a rollback", PATTERNS, as_fast="rollback_and_redo", than="savepoint_each"),
        *(
            # What was not rolled back is not executed again.
            Claim(
                "Errors of one instance may be caught under a SAVEPOINT without rolling back the whole transaction",
                SAVEPOINT,
                less=under_savepoint,
                than="rollback_and_redo",
                counter="executions",
                where={"failures": failures},
            )
            for under_savepoint in ("savepoint_each", "savepoint_risky")
            for failures in (1, 5)
        ),
        Claim(
            "A block that traps errors, under a SAVEPOINT, is significantly more expensive: not without need",
            TRAPPING,
            faster="rollback_and_redo",
            than="savepoint_each",
            where={"failures": 0},
        ),
    ],
)


def some_fail(failures: int) -> bool | str:
    """Whether there is anything to go on after."""
    return failures > 0 or "nothing fails"


async def run_statement(session: AsyncSession, user: Given) -> None:
    """One of the statements of the transaction."""
    session.add(User(**user))
    await session.flush()


async def succeeds(session: AsyncSession, user: Given) -> bool:
    """Run one of the statements under a SAVEPOINT, and say whether it succeeded."""
    try:
        async with session.begin_nested():
            await run_statement(session, user)
    except DBAPIError:
        return False
    return True


@recovery.strategy(baseline=True)
async def rollback_and_redo(db: Database, inputs: list[tuple[Given, bool]]) -> list[str]:
    """Roll back where one fails, and do the others again from the start."""
    remaining = [user for user, _ in inputs]
    async with db.session() as session:
        while True:
            try:
                for user in remaining:
                    await run_statement(session, user)
            except DBAPIError:
                await session.rollback()
                remaining = [other for other in remaining if other is not user]
            else:
                await session.commit()
                return [user["username"] for user in remaining]


@recovery.strategy()
async def savepoint_each(db: Database, inputs: list[tuple[Given, bool]]) -> list[str]:
    """A SAVEPOINT for each, as any of them may fail."""
    async with db.session() as session:
        await begin(db, session)
        done = [user["username"] for user, _ in inputs if await succeeds(session, user)]
        await session.commit()
        return done


@recovery.strategy()
async def savepoint_risky(db: Database, inputs: list[tuple[Given, bool]]) -> list[str]:
    """A SAVEPOINT for those alone that are known to be risky."""
    done = []
    async with db.session() as session:
        await begin(db, session)
        for user, is_risky in inputs:
            if is_risky:
                if not await succeeds(session, user):
                    continue
            else:
                await run_statement(session, user)
            done.append(user["username"])
        await session.commit()
        return done


@recovery.strategy(where=some_fail, raises=PendingRollbackError)
async def no_rollback(db: Database, inputs: list[tuple[Given, bool]]) -> list[str]:
    """Catch the error and go on without a rollback: the session refuses the next statement."""
    done = []
    async with db.session() as session:
        for user, _ in inputs:
            try:
                await run_statement(session, user)
            except DBAPIError:
                continue
            done.append(user["username"])
        await session.commit()
        return done
