"""How should statements that run again and again be built, compiled, prepared and planned?"""
# ruff: noqa: F811 - some scenarios here have a `default`, an `auto`: they are kept by their decorators

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from random import Random
from typing import Any

from sqlalchemy import Compiled, Select, Update, bindparam, lambda_stmt, literal_column, or_, select, text, update
from sqlalchemy.exc import ArgumentError
from sqlalchemy.orm import DeclarativeBase, Mapped, aliased, mapped_column
from sqlalchemy.sql.lambdas import StatementLambdaElement

from bench import Claim, Database, Dataset, Scenario

from .blog import BUSY, EPOCH, QUIET, Comment, Post, Profile, User, blog, post_tags

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Performance Optimization, Use compiled queries"
CACHING = "SQLAlchemy documentation, Working with Engines and Connections, SQL Compilation Caching"
PREPARED = "SQLAlchemy documentation, PostgreSQL: asyncpg, Prepared Statement Cache"
ASYNCPG = "asyncpg documentation, API Reference, Prepared Statements"
PREPARE = "PostgreSQL documentation, PREPARE"
PLANNING = "PostgreSQL documentation, Query Planning, plan_cache_mode"


# Forms of one statement.


def some_posts(random: Random, queries: int) -> list[int]:
    """A post's key for each query, others in each round."""
    return [BUSY.first_post + int(random.random() * BUSY.all_posts) for _ in range(queries)]


forms = Scenario(
    dataset=blog,
    question="How should a statement be written that runs again and again, each time with another key?",
    params={"queries": (1, 10, 100), "tables": (1, 3)},
    typical={"queries": 10, "tables": 1},
    size="queries",
    inputs=some_posts,
    claims=[
        Claim("Use compiled queries, their values rendered in", PATTERNS, faster="literal_binds", than="built"),
        Claim(
            "Keep a statement that is used again, rather than make it each time",
            PATTERNS,
            faster="prebuilt",
            than="built",
        ),
        Claim(
            "The compiled cache substantially lowers what it costs to make SQL of statements",
            CACHING,
            faster="built",
            than="no_compiled_cache",
        ),
        Claim(
            "Lambdas add significant speed to the production of statements",
            f"{CACHING}, Using Lambdas to add significant speed gains to statement production",
            faster="lambda_statement",
            than="built",
        ),
    ],
)


def posts_or_comments(tables: int) -> Select[Any]:
    """Posts of one table; of three, the newest comments on posts that may be shown. Which post is left to be said."""
    if tables == 1:
        return select(Post)
    return (
        select(Comment)
        .join(Comment.post)
        .join(Comment.author)
        .where(
            Post.status != "archived",
            or_(User.is_active, User.is_superuser),
            Comment.author_id != Post.author_id,
            Comment.created_at >= Post.created_at,
            Comment.text != "",
        )
        .order_by(Comment.created_at.desc(), Comment.id)
        .limit(5)
    )


ENTITY = {1: Post, 3: Comment}
UNKEYED = {tables: posts_or_comments(tables) for tables in ENTITY}
KEYED = {tables: statement.where(Post.id == bindparam("key")) for tables, statement in UNKEYED.items()}
TEXT = {
    1: text("SELECT id, author_id, title, status, views, created_at FROM posts WHERE id = :key").columns(
        Post.id, Post.author_id, Post.title, Post.status, Post.views, Post.created_at
    ),
    3: text(
        """
        SELECT comments.id, comments.post_id, comments.author_id, comments.text, comments.created_at
        FROM comments
        JOIN posts ON posts.id = comments.post_id
        JOIN users ON users.id = comments.author_id
        WHERE posts.id = :key
        AND posts.status != 'archived'
        AND (users.is_active OR users.is_superuser)
        AND comments.author_id != posts.author_id
        AND comments.created_at >= posts.created_at
        AND comments.text != ''
        ORDER BY comments.created_at DESC, comments.id
        LIMIT 5
        """
    ).columns(Comment.id, Comment.post_id, Comment.author_id, Comment.text, Comment.created_at),
}
FROM_TEXT = {tables: select(ENTITY[tables]).from_statement(statement) for tables, statement in TEXT.items()}


def read(found: Iterable[Any]) -> list[tuple[int, str]]:
    """What a post or a comment says, of entities or of rows."""
    return [(one.id, one.text if hasattr(one, "text") else one.title) for one in found]


async def built_each_time(db: Database, keys: Sequence[int], tables: int) -> list[Any]:
    """What the statement finds for each key, built anew for each."""
    async with db.session() as session:
        return [read(await session.scalars(posts_or_comments(tables).where(Post.id == key))) for key in keys]


@forms.strategy(baseline=True)
async def built(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """Built for each query, as most code does, and found in the compiled cache."""
    return await built_each_time(db, inputs, tables)


@forms.strategy(engine_options={"query_cache_size": 0})
async def no_compiled_cache(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """Built for each query and compiled each time: `query_cache_size=0`."""
    return await built_each_time(db, inputs, tables)


@forms.strategy()
async def prebuilt(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """Built once, at the top of the module, with a bindparam for the key."""
    async with db.session() as session:
        return [read(await session.scalars(KEYED[tables], {"key": key})) for key in inputs]


def by_lambdas(key: int, tables: int) -> StatementLambdaElement:
    """The statement as lambdas, which run once for each place in the code; their variables become its values."""
    statement = lambda_stmt((lambda: posts_or_comments(1)) if tables == 1 else (lambda: posts_or_comments(3)))
    statement += lambda unkeyed: unkeyed.where(Post.id == key)
    return statement


@forms.strategy()
async def lambda_statement(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """`lambda_stmt`: built at the first query, found by its place in the code after that."""
    async with db.session() as session:
        return [read(await session.scalars(by_lambdas(key, tables))) for key in inputs]


@forms.strategy()
async def from_text(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """SQL by hand in `text()`, made entities by `from_statement`, both at the top of the module."""
    async with db.session() as session:
        return [read(await session.scalars(FROM_TEXT[tables], {"key": key})) for key in inputs]


@forms.strategy(returns="rows")
async def text_rows(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """SQL by hand in `text()`, its rows as they come."""
    async with db.session() as session:
        return [read(await session.execute(TEXT[tables], {"key": key})) for key in inputs]


@forms.strategy()
async def literal_binds(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """Compiled for each query with `literal_binds`, its real key in the SQL, run as `text()`."""
    async with db.session() as session:
        found = []
        for key in inputs:
            statement = posts_or_comments(tables).where(Post.id == key)
            sql = str(statement.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True}))
            found.append(read(await session.scalars(select(ENTITY[tables]).from_statement(text(sql)))))
        return found


LITERAL_KEY = {
    tables: statement.where(Post.id == bindparam("key", literal_execute=True)) for tables, statement in UNKEYED.items()
}


@forms.strategy()
async def literal_execute(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """Built once, compiled once, and the key put into the SQL at each execution: `literal_execute`."""
    async with db.session() as session:
        return [read(await session.scalars(LITERAL_KEY[tables], {"key": key})) for key in inputs]


@asynccontextmanager
async def compiled_beforehand(db: Database, tables: int) -> AsyncIterator[Compiled]:
    """The statement, compiled for this dialect."""
    yield KEYED[tables].compile(dialect=db.engine.dialect)


@forms.strategy(requires="sqlalchemy<2.1", returns="rows", setup=compiled_beforehand)
async def compiled(db: Database, inputs: list[int], tables: int, state: Compiled) -> list[Any]:
    """Compiled once, and run on a Core connection: SQLAlchemy 2.1 refuses it."""
    async with db.connection() as connection:
        return [read(await connection.execute(state, {"key": key})) for key in inputs]


@forms.strategy(raises=ArgumentError)
async def patterns_compiled(db: Database, inputs: list[int]) -> list[Any]:
    """The patterns' own example, its value not set, given to a session: it does not take what is compiled."""
    compiled = select(User).where(User.id == bindparam("user_id")).compile(compile_kwargs={"literal_binds": True})
    async with db.session() as session:
        return [read(await session.scalars(compiled, {"user_id": key})) for key in inputs]


@forms.strategy(differs=True)
async def patterns_text(db: Database, inputs: list[int], tables: int) -> list[Any]:
    """The SQL that the patterns' example renders: `id = NULL`, which is true of nothing."""
    statement = posts_or_comments(tables).where(Post.id == bindparam("key"))
    sql = str(statement.compile(dialect=db.engine.dialect, compile_kwargs={"literal_binds": True}))
    async with db.session() as session:
        from_sql = select(ENTITY[tables]).from_statement(text(sql))
        return [read(await session.scalars(from_sql, {"key": key})) for key in inputs]


# The compiled cache: many different statements, as a search form makes by which of its fields are filled in.

compiled_cache = Scenario(
    dataset=blog,
    question="How large should the compiled cache be, for a program that has many different statements?",
    params={"statements": (10, 30, 31, 50, 100, 751)},
    typical={"statements": 50},
    size="statements",
    returns="rows",
    claims=[
        Claim(
            "Statements that are generated again and again may mean that query_cache_size is too small",
            f"{CACHING}, Estimating Cache Performance Using Logging",
            faster="default",
            than="small",
            where={"statements": 50},
        ),
        Claim(
            "The cache can grow to 150 % of its size before it is pruned",
            f"{CACHING}, Configuration",
            as_fast="small",
            than="default",
            where={"statements": 30},
        ),
        Claim(
            "The cache, of 500 by default, can grow to 150 % of its size before it is pruned",
            f"{CACHING}, Configuration",
            faster="large",
            than="default",
            where={"statements": 751},
        ),
    ],
)

FIELDS = (
    *(Post.views >= 0, Post.views < 10**9, Post.title != "", Post.status != "deleted", Post.created_at >= EPOCH),
    *(Post.author_id > 0, Post.author_id < 10**9, Post.title >= "A", Post.status >= "a", Post.created_at != EPOCH),
)
"""Ten conditions, which every post meets."""


def search(number: int) -> Select[Any]:
    """A statement of its own for each number below 1,024, which all find the same post."""
    filled_in = [condition for place, condition in enumerate(FIELDS) if number >> place & 1]
    return select(Post.id, Post.title).where(Post.id == BUSY.first_post + number, *filled_in)


async def searched(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """What that many different statements find, each run once."""
    async with db.session() as session:
        return [tuple((await session.execute(search(number))).one()) for number in range(statements)]


@compiled_cache.strategy(baseline=True)
async def default(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """500 statements, the default; more than 750 are too many."""
    return await searched(db, statements)


def few_enough(statements: int) -> bool | str:
    """Whether a small cache has something to show that fewer statements do not show."""
    return statements <= 100 or "of more than 30 statements in turn it keeps none, as with 100"


@compiled_cache.strategy(where=few_enough, engine_options={"query_cache_size": 20})
async def small(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`query_cache_size=20`: more than 30 statements are too many."""
    return await searched(db, statements)


@compiled_cache.strategy(engine_options={"query_cache_size": 2000})
async def large(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`query_cache_size=2000`."""
    return await searched(db, statements)


@compiled_cache.strategy(engine_options={"query_cache_size": 0})
async def off(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`query_cache_size=0`: compiled each time."""
    return await searched(db, statements)


# Two caches of prepared statements: SQLAlchemy's, for statements that are executed once each ...

SQLALCHEMYS_OFF = {"connect_args": {"prepared_statement_cache_size": 0}}
SQLALCHEMYS_LARGE = {"connect_args": {"prepared_statement_cache_size": 1000}}
ASYNCPGS_OFF = {"connect_args": {"statement_cache_size": 0}}
ASYNCPGS_LARGE = {"connect_args": {"statement_cache_size": 1000}}
BOTH_OFF = {"connect_args": {"prepared_statement_cache_size": 0, "statement_cache_size": 0}}

prepared = Scenario(
    dataset=blog,
    question="How large should the caches of prepared statements be, for statements that are executed one by one?",
    params={"statements": (1, 10, 100, 140, 151, 300)},
    typical={"statements": 10},
    size="statements",
    returns="rows",
    claims=[
        Claim(
            "Keeping prepared statements appears to gain 10 % or more",
            PREPARED,
            faster="default",
            than="sqlalchemys_off",
            by=1.1,
        ),
        Claim(
            "Prepared statements optimize queries that are executed more than once",
            ASYNCPG,
            faster="default",
            than="both_off",
        ),
    ],
)


@prepared.strategy(baseline=True, driver="asyncpg")
async def default(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """Both at 100 a connection, the default."""
    return await searched(db, statements)


@prepared.strategy(requires="postgresql", driver="asyncpg", engine_options=SQLALCHEMYS_OFF)
async def sqlalchemys_off(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`prepared_statement_cache_size=0`, SQLAlchemy's: prepared at each execution."""
    return await searched(db, statements)


@prepared.strategy(requires="postgresql", driver="asyncpg", engine_options=SQLALCHEMYS_LARGE)
async def sqlalchemys_large(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`prepared_statement_cache_size=1000`, SQLAlchemy's."""
    return await searched(db, statements)


@prepared.strategy(requires="postgresql", driver="asyncpg", engine_options=ASYNCPGS_OFF)
async def asyncpgs_off(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`statement_cache_size=0`, asyncpg's: prepared without a name, and parsed again at each execution."""
    return await searched(db, statements)


@prepared.strategy(requires="postgresql", driver="asyncpg", engine_options=ASYNCPGS_LARGE)
async def asyncpgs_large(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """`statement_cache_size=1000`, asyncpg's."""
    return await searched(db, statements)


@prepared.strategy(requires="postgresql", driver="asyncpg", engine_options=BOTH_OFF)
async def both_off(db: Database, statements: int) -> list[tuple[Any, ...]]:
    """Neither, as pools of connections such as PgBouncer's may ask for."""
    return await searched(db, statements)


# ... and asyncpg's own, for executemany.


class Base(DeclarativeBase):
    """The mapped class of the counters."""


class Counter(Base):
    """What one page counts, day by day of the week and altogether: eight columns that an UPDATE may set or not."""

    __tablename__ = "counters"

    id: Mapped[int] = mapped_column(primary_key=True)
    monday: Mapped[int]
    tuesday: Mapped[int]
    wednesday: Mapped[int]
    thursday: Mapped[int]
    friday: Mapped[int]
    saturday: Mapped[int]
    sunday: Mapped[int]
    altogether: Mapped[int]


COUNTERS = 2000
COUNTED = [column.name for column in Counter.__table__.columns if column.name != "id"]
ROWS_EACH = 10


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterable[tuple[Any, ...]]]]:
    """Counters that stand at nothing."""
    yield Counter, ((number, *(0 for _ in COUNTED)) for number in range(1, COUNTERS * scale + 1))


counters = Dataset("counters", Base.metadata, rows)


def new_counts(random: Random, statements: int) -> list[list[dict[str, int]]]:
    """For each of that many different UPDATEs the counts of ten pages; which columns they set makes them differ."""
    chosen = [
        [name for place, name in enumerate(COUNTED) if number >> place & 1] for number in range(1, statements + 1)
    ]
    return [
        [
            {"key": 1 + place, **{f"new_{name}": int(1000 * random.random()) for name in names}}
            for place in sorted(random.sample(range(COUNTERS), ROWS_EACH))
        ]
        for names in chosen
    ]


executemany = Scenario(
    dataset=counters,
    question="How large should the caches of prepared statements be, for statements that are executed for many rows?",
    params={"statements": (1, 10, 100, 101, 200)},
    typical={"statements": 10},
    size="statements",
    inputs=new_counts,
    writes=[Counter],
    returns="rows",
    claims=[
        Claim(
            "SQLAlchemy keeps the prepared statements of all statements, which appears to gain 10 % or more",
            PREPARED,
            faster="default",
            than="sqlalchemys_off",
            by=1.1,
        ),
        Claim(
            "Prepared statements optimize queries that are executed more than once",
            ASYNCPG,
            faster="default",
            than="asyncpgs_off",
        ),
    ],
)


def update_of(counts: dict[str, int]) -> Update:
    """The UPDATE that sets what these counts of a page have."""
    new = {name: bindparam(f"new_{name}") for name in COUNTED if f"new_{name}" in counts}
    return update(Counter.__table__).where(Counter.__table__.c.id == bindparam("key")).values(new)


async def updated(db: Database, inputs: list[list[dict[str, int]]]) -> int:
    """Each UPDATE with the counts of its ten pages, in one transaction; how many pages that were."""
    async with db.connection() as connection:
        for counts in inputs:
            await connection.execute(update_of(counts[0]), counts)
        await connection.commit()
    return sum(map(len, inputs))


@executemany.strategy(baseline=True, driver="asyncpg")
async def default(db: Database, inputs: list[list[dict[str, int]]]) -> int:
    """Both at 100 a connection, the default."""
    return await updated(db, inputs)


@executemany.strategy(requires="postgresql", driver="asyncpg", engine_options=SQLALCHEMYS_OFF)
async def sqlalchemys_off(db: Database, inputs: list[list[dict[str, int]]]) -> int:
    """`prepared_statement_cache_size=0`, SQLAlchemy's."""
    return await updated(db, inputs)


@executemany.strategy(requires="postgresql", driver="asyncpg", engine_options=ASYNCPGS_OFF)
async def asyncpgs_off(db: Database, inputs: list[list[dict[str, int]]]) -> int:
    """`statement_cache_size=0`, asyncpg's: prepared at each execution."""
    return await updated(db, inputs)


@executemany.strategy(requires="postgresql", driver="asyncpg", engine_options=ASYNCPGS_LARGE)
async def asyncpgs_large(db: Database, inputs: list[list[dict[str, int]]]) -> int:
    """`statement_cache_size=1000`, asyncpg's."""
    return await updated(db, inputs)


# Plans: from the sixth execution on the server may keep one plan for all values. `limit(10)` binds its ten, so that a
# plan for all values is for any number of rows too; where the SQL itself says ten, `inlined_limit`, it is another plan.

CUSTOM = {"connect_args": {"server_settings": {"plan_cache_mode": "force_custom_plan"}}}
GENERIC = {"connect_args": {"server_settings": {"plan_cache_mode": "force_generic_plan"}}}

skewed_value = Scenario(
    dataset=blog,
    question="How should the newest posts with a tag be planned, when some tags are on most posts and others on few?",
    params={"tag": (1, 2, 5, 20, 100, 500), "inlined_limit": (False, True)},
    typical={"tag": 500, "inlined_limit": True},
    size="tag",
    ordered=True,
    returns="rows",
    claims=[
        Claim(
            "Where the ideal plan depends strongly on the values a generic plan may be inefficient",
            PLANNING,
            faster="custom",
            than="generic",
        ),
        Claim(
            "The server chooses by itself: generic where that costs not so much more as to make replanning preferable",
            f"{PREPARE}, Notes",
            as_fast="auto",
            than="custom",
        ),
    ],
)


def newest_by_tag(tag: Any, inlined_limit: bool) -> Select[Any]:
    """The newest posts with a tag, of which no two are of the same moment."""
    return (
        select(Post.id, Post.title)
        .join(post_tags, post_tags.c.post_id == Post.id)
        .where(post_tags.c.tag_id == tag)
        .order_by(Post.created_at.desc())
        .limit(literal_column("10") if inlined_limit else 10)
    )


NEWEST = {inlined: newest_by_tag(bindparam("tag"), inlined) for inlined in (False, True)}
NEWEST_LITERAL = {inlined: newest_by_tag(bindparam("tag", literal_execute=True), inlined) for inlined in (False, True)}


async def newest(db: Database, statement: Select[Any], tag: int) -> list[tuple[Any, ...]]:
    """The newest posts with a tag, newest first."""
    async with db.session() as session:
        return [tuple(row) for row in await session.execute(statement, {"tag": tag})]


@skewed_value.strategy(baseline=True, driver="asyncpg")
async def auto(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=auto`, the default: from the sixth execution on the server chooses."""
    return await newest(db, NEWEST[inlined_limit], tag)


@skewed_value.strategy(requires="postgresql>=12", driver="asyncpg", engine_options=CUSTOM)
async def custom(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=force_custom_plan`: planned for the tag at each execution."""
    return await newest(db, NEWEST[inlined_limit], tag)


@skewed_value.strategy(requires="postgresql>=12", driver="asyncpg", engine_options=GENERIC)
async def generic(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=force_generic_plan`: planned once, for any tag."""
    return await newest(db, NEWEST[inlined_limit], tag)


@skewed_value.strategy(requires="postgresql>=12", driver="asyncpg")
async def custom_here(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """`SET LOCAL plan_cache_mode = force_custom_plan` in the transaction, a statement more."""
    async with db.session() as session:
        await session.execute(text("SET LOCAL plan_cache_mode = force_custom_plan"))
        return [tuple(row) for row in await session.execute(NEWEST[inlined_limit], {"tag": tag})]


@skewed_value.strategy(requires="postgresql", driver="asyncpg", engine_options=SQLALCHEMYS_OFF)
async def unprepared(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """No prepared statement is kept, so that each is planned for its tag: `prepared_statement_cache_size=0`."""
    return await newest(db, NEWEST[inlined_limit], tag)


@skewed_value.strategy(driver="asyncpg")
async def literal(db: Database, tag: int, inlined_limit: bool) -> list[tuple[Any, ...]]:
    """The tag put into the SQL by `literal_execute`: a prepared statement for each tag, planned once for it."""
    return await newest(db, NEWEST_LITERAL[inlined_limit], tag)


# What one plan for all values saves.

FIRST_COMMENT = QUIET.all_posts * QUIET.comments + 1
"""The first comment on a post of the cohort whose posts have ten each; all of that cohort have a profile."""


def some_comments(random: Random) -> list[int]:
    """Keys of ten comments, others in each round."""
    return [FIRST_COMMENT + int(random.random() * BUSY.all_posts * BUSY.comments) for _ in range(10)]


planning = Scenario(
    dataset=blog,
    question="What does planning a statement at each execution cost, by how many tables it joins?",
    params={"tables": (1, 2, 4, 6)},
    typical={"tables": 4},
    size="tables",
    inputs=some_comments,
    returns="rows",
    claims=[
        Claim("A generic plan saves planning time", PLANNING, faster="generic", than="custom"),
        Claim(
            "Prepared statements gain most where they are complex to plan, as a join of many tables is",
            f"{PREPARE}, Description",
            faster="auto",
            than="unprepared",
            where={"tables": 6},
        ),
    ],
)


def chain(tables: int) -> Select[Any]:
    """A comment with its post, the post's author and their profile, and its own author and their profile."""
    author, commenter = aliased(User), aliased(User)
    authors, commenters = aliased(Profile), aliased(Profile)
    joins = (
        (Post, Post.id == Comment.post_id, Post.title),
        (author, author.id == Post.author_id, author.username),
        (authors, authors.user_id == author.id, authors.display_name),
        (commenter, commenter.id == Comment.author_id, commenter.username),
        (commenters, commenters.user_id == commenter.id, commenters.display_name),
    )
    statement = select(Comment.text).where(Comment.id == bindparam("key"))
    for target, on, shown in joins[: tables - 1]:
        statement = statement.join(target, on).add_columns(shown)
    return statement


CHAINS = {tables: chain(tables) for tables in (1, 2, 4, 6)}


async def chained(db: Database, keys: list[int], tables: int) -> list[tuple[Any, ...]]:
    """What the statement finds for each comment."""
    async with db.session() as session:
        return [tuple((await session.execute(CHAINS[tables], {"key": key})).one()) for key in keys]


@planning.strategy(baseline=True, driver="asyncpg")
async def auto(db: Database, inputs: list[int], tables: int) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=auto`, the default."""
    return await chained(db, inputs, tables)


@planning.strategy(requires="postgresql>=12", driver="asyncpg", engine_options=CUSTOM)
async def custom(db: Database, inputs: list[int], tables: int) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=force_custom_plan`: planned at each execution, but parsed once."""
    return await chained(db, inputs, tables)


@planning.strategy(requires="postgresql>=12", driver="asyncpg", engine_options=GENERIC)
async def generic(db: Database, inputs: list[int], tables: int) -> list[tuple[Any, ...]]:
    """`plan_cache_mode=force_generic_plan`: planned once."""
    return await chained(db, inputs, tables)


@planning.strategy(requires="postgresql", driver="asyncpg", engine_options=SQLALCHEMYS_OFF)
async def unprepared(db: Database, inputs: list[int], tables: int) -> list[tuple[Any, ...]]:
    """Parsed and planned at each execution: `prepared_statement_cache_size=0`."""
    return await chained(db, inputs, tables)
