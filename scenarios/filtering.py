"""How should rows be filtered, and on which index?"""
# ruff: noqa: F811 - scenarios here share the names of strategies, which are kept by their decorators

from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Date,
    Integer,
    and_,
    any_,
    bindparam,
    cast,
    column,
    false,
    func,
    intersect,
    literal_column,
    not_,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
    union,
    union_all,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH
from sqlalchemy.sql.expression import Select, SelectBase

from bench import Claim, Database, Scenario

from .directory import (
    ACCOUNTS,
    DOMAINS,
    EPOCH,
    SEGMENTS,
    SHARES,
    SURNAMES,
    TEAM_SIZE,
    Account,
    Btree,
    Fitted,
    Plain,
    Sparse,
    Team,
    directory,
    joined_at,
)

PATTERNS = "SQLAlchemy 2.0 Async Patterns, Advanced Query Patterns, Complex Filtering"
DOCS = "PostgreSQL documentation"
COMBINING = f"{DOCS}, Combining Multiple Indexes"
EXPRESSIONS = f"{DOCS}, Indexes on Expressions"
PARTIAL = f"{DOCS}, Partial Indexes"
OPERATOR_CLASSES = f"{DOCS}, Operator Classes and Operator Families"
TRIGRAM = f"{DOCS}, pg_trgm, Index Support"
JSONB_INDEXING = f"{DOCS}, JSON Types, jsonb Indexing"

PLANNED_EACH_TIME = {"connect_args": {"server_settings": {"plan_cache_mode": "force_custom_plan"}}}
"""From the sixth execution of a prepared statement on, the server may else use a plan that is made for no values."""

PLANNED_ONCE = {"connect_args": {"server_settings": {"plan_cache_mode": "force_generic_plan"}}}
"""Such a plan from the first execution on."""

Found = list[tuple[Any, ...]]


def accounts(table: type[Account], *conditions: ColumnElement[bool]) -> Select[tuple[int, str]]:
    """Key and username of the accounts that meet all conditions: in PostgreSQL no index has both, and rows are read."""
    return select(table.id, table.username).where(*conditions)


async def found(db: Database, statement: SelectBase) -> Found:
    """The rows that a statement finds."""
    async with db.session() as session:
        return [tuple(row) for row in await session.execute(statement)]


# AND: accounts that joined in the first days, are active, and have their email at one domain.

conjunction = Scenario(
    dataset=directory,
    question="How should accounts be found that meet three conditions at once?",
    params={"days": (1, 10, 100, 600), "one_in": (10, 100, 1000)},
    typical={"days": 100, "one_in": 100},
    size="days",
    returns="rows",
    claims=[
        Claim("Several conditions go into one and_()", PATTERNS, faster="and_", than="in_python"),
        Claim("Several conditions go into one and_()", PATTERNS, faster="and_", than="intersected"),
        Claim(
            "An index on two columns is typically more efficient than to combine an index on each",
            COMBINING,
            faster="two_column_index",
            than="two_indexes",
        ),
    ],
)


def early(table: type[Account], days: int) -> ColumnElement[bool]:
    """Those who joined in the first days, 72 a day."""
    return table.joined_at < EPOCH + timedelta(days=days)


def active(table: type[Account]) -> ColumnElement[bool]:
    """Nine accounts in ten."""
    return table.false_in_10 == true()


def at_domain(table: type[Account], one_in: int) -> ColumnElement[bool]:
    """One account in so many: the email ends in a domain, in small letters or in capitals."""
    return table.email.ilike(f"%@{DOMAINS[one_in]}")


@conjunction.strategy(name="and_", baseline=True)
async def and_of_three(db: Database, days: int, one_in: int) -> Found:
    """One `and_()` of three conditions, an `ilike` on the email among them."""
    return await found(db, accounts(Btree, and_(active(Btree), at_domain(Btree, one_in), early(Btree, days))))


@conjunction.strategy()
async def chained(db: Database, days: int, one_in: int) -> Found:
    """A `where()` for each condition: the same SQL."""
    statement = accounts(Btree).where(active(Btree)).where(at_domain(Btree, one_in)).where(early(Btree, days))
    return await found(db, statement)


@conjunction.strategy()
async def in_python(db: Database, days: int, one_in: int) -> Found:
    """The date in SQL, the other two conditions in Python."""
    ending = f"@{DOMAINS[one_in]}"
    statement = select(Btree.id, Btree.username, Btree.email, Btree.false_in_10).where(early(Btree, days))
    async with db.session() as session:
        return [
            (key, username)
            for key, username, email, is_active in await session.execute(statement)
            if is_active and email.lower().endswith(ending)
        ]


@conjunction.strategy()
async def intersected(db: Database, days: int, one_in: int) -> Found:
    """INTERSECT of three SELECTs, a condition each."""
    conditions = active(Btree), at_domain(Btree, one_in), early(Btree, days)
    return await found(db, intersect(*(accounts(Btree, condition) for condition in conditions)))


@conjunction.strategy()
async def two_indexes(db: Database, days: int, one_in: int) -> Found:
    """The domain as a column of its own; it and the date have an index each."""
    at = Btree.domain == DOMAINS[one_in]
    return await found(db, accounts(Btree, and_(active(Btree), at, early(Btree, days))))


@conjunction.strategy()
async def two_column_index(db: Database, days: int, one_in: int) -> Found:
    """The domain as a column of its own; it and the date have one index together."""
    at = Fitted.domain == DOMAINS[one_in]
    return await found(db, accounts(Fitted, and_(active(Fitted), at, early(Fitted, days))))


# OR against UNION: the account of a name, and those with a flag.

disjunction = Scenario(
    dataset=directory,
    question="How should accounts be found that meet one of two conditions, on a table that has an index for each?",
    params={"one_in": (2, 10, 100, 1000)},
    typical={"one_in": 1000},
    size="one_in",
    returns="rows",
    claims=[
        Claim("One condition or another goes into or_()", PATTERNS, as_fast="or_", than="union"),
        Claim("One condition or another goes into or_()", PATTERNS, as_fast="or_", than="two_selects"),
        Claim(
            "PostgreSQL combines an index for each side of an OR",
            COMBINING,
            as_fast="or_",
            than="union_all",
        ),
    ],
)


def flagged(table: type[Account], one_in: int) -> ColumnElement[bool]:
    """One account in so many."""
    flag: ColumnElement[bool] = getattr(table, f"true_in_{one_in}")
    return flag == true()


@disjunction.strategy(name="or_", baseline=True)
async def or_of_two(db: Database, one_in: int) -> Found:
    """One `or_()` of the two conditions."""
    return await found(db, accounts(Btree, or_(Btree.username == "admin", flagged(Btree, one_in))))


@disjunction.strategy(name="union")
async def union_of_two(db: Database, one_in: int) -> Found:
    """UNION of two SELECTs."""
    return await found(db, union(accounts(Btree, Btree.username == "admin"), accounts(Btree, flagged(Btree, one_in))))


@disjunction.strategy(name="union_all")
async def union_all_of_two(db: Database, one_in: int) -> Found:
    """UNION ALL of two SELECTs, the second without what the first has found."""
    rest = accounts(Btree, flagged(Btree, one_in), Btree.username != "admin")
    return await found(db, union_all(accounts(Btree, Btree.username == "admin"), rest))


@disjunction.strategy()
async def two_selects(db: Database, one_in: int) -> Found:
    """Two SELECTs, put together in Python by key."""
    async with db.session() as session:
        one = await session.execute(accounts(Btree, Btree.username == "admin"))
        other = await session.execute(accounts(Btree, flagged(Btree, one_in)))
        return list({row.id: tuple(row) for row in (*one, *other)}.values())


# OR over two tables: the account of a name, and the members of teams of some names.

disjunction_over_tables = Scenario(
    dataset=directory,
    question="How should accounts be found that meet a condition of their own, or one of a table they belong to?",
    params={"teams": (1, 10, 100, 1000)},
    typical={"teams": 1},
    size="teams",
    returns="rows",
    claims=[
        Claim("One condition or another goes into or_()", PATTERNS, as_fast="or_", than="union"),
        Claim("One condition or another goes into or_()", PATTERNS, as_fast="or_", than="two_selects"),
    ],
)


def team_named(teams: int) -> ColumnElement[bool]:
    """So many teams, of 25 accounts each."""
    return Team.name.in_([f"team {number}" for number in range(1, teams + 1)])


@disjunction_over_tables.strategy(name="or_", baseline=True)
async def or_over_join(db: Database, teams: int) -> Found:
    """One `or_()` over a JOIN of both tables."""
    either = or_(Btree.username == "admin", team_named(teams))
    return await found(db, accounts(Btree, either).join(Team, Team.id == Btree.team_id))


@disjunction_over_tables.strategy(requires="postgresql", driver="asyncpg", engine_options=PLANNED_EACH_TIME)
async def or_planned_each_time(db: Database, teams: int) -> Found:
    """The same with `plan_cache_mode=force_custom_plan`, so that the plan knows the names."""
    return await or_over_join(db, teams)


@disjunction_over_tables.strategy()
async def or_in_subquery(db: Database, teams: int) -> Found:
    """One `or_()` of the name and an IN with a SELECT of the teams' keys."""
    keys = select(Team.id).where(team_named(teams))
    return await found(db, accounts(Btree, or_(Btree.username == "admin", Btree.team_id.in_(keys))))


@disjunction_over_tables.strategy(requires="postgresql")
async def or_any_array(db: Database, teams: int) -> Found:
    """One `or_()` of the name and `= ANY` of an ARRAY of the teams' keys, which is made first."""
    keys = func.array(select(Team.id).where(team_named(teams)).scalar_subquery(), type_=ARRAY(Integer))
    return await found(db, accounts(Btree, or_(Btree.username == "admin", Btree.team_id == any_(keys))))


@disjunction_over_tables.strategy(name="union")
async def union_over_tables(db: Database, teams: int) -> Found:
    """UNION of two SELECTs, of which the second joins the teams."""
    members = accounts(Btree, team_named(teams)).join(Team, Team.id == Btree.team_id)
    return await found(db, union(accounts(Btree, Btree.username == "admin"), members))


@disjunction_over_tables.strategy()
async def two_selects(db: Database, teams: int) -> Found:
    """Two SELECTs, of which the second joins the teams, put together in Python by key."""
    async with db.session() as session:
        one = await session.execute(accounts(Btree, Btree.username == "admin"))
        members = accounts(Btree, team_named(teams)).join(Team, Team.id == Btree.team_id)
        return list({row.id: tuple(row) for row in (*one, *await session.execute(members))}.values())


# A flag that is set, as in `User.is_active == True`.

boolean = Scenario(
    dataset=directory,
    question="How should the accounts be found whose flag is set?",
    params={"one_in": (2, 10, 100, 1000)},
    typical={"one_in": 100},
    size="one_in",
    returns="rows",
    claims=[
        Claim("A flag is compared with True", PATTERNS, as_fast="equals_true", than="is_true"),
        Claim(
            "A partial index is smaller, which speeds up the queries that use it",
            PARTIAL,
            faster="partial_index",
            than="equals_true",
        ),
        Claim(
            "A query for more than a few per cent of the rows does not use the index anyway",
            PARTIAL,
            as_fast="no_index",
            than="equals_true",
            where={"one_in": 2},
        ),
    ],
)


@boolean.strategy(baseline=True)
async def equals_true(db: Database, one_in: int) -> Found:
    """`flag == True`, with an ordinary index."""
    return await found(db, accounts(Btree, flagged(Btree, one_in)))


@boolean.strategy()
async def bare(db: Database, one_in: int) -> Found:
    """The flag alone, with an ordinary index."""
    return await found(db, accounts(Btree, getattr(Btree, f"true_in_{one_in}")))


@boolean.strategy()
async def is_true(db: Database, one_in: int) -> Found:
    """`flag.is_(True)`, with an ordinary index."""
    return await found(db, accounts(Btree, getattr(Btree, f"true_in_{one_in}").is_(True)))


@boolean.strategy()
async def no_index(db: Database, one_in: int) -> Found:
    """`flag == True`, without an index."""
    return await found(db, accounts(Plain, flagged(Plain, one_in)))


@boolean.strategy()
async def partial_index(db: Database, one_in: int) -> Found:
    """`flag == True`, with an index of the rows where it is."""
    return await found(db, accounts(Sparse, flagged(Sparse, one_in)))


# NOT: a flag that is not set, as in `not_(User.is_active)`.

negation = Scenario(
    dataset=directory,
    question="How should the accounts be found whose flag is not set?",
    params={"one_in": SHARES},
    typical={"one_in": 100},
    size="one_in",
    returns="rows",
    claims=[
        Claim("A condition is turned round by not_()", PATTERNS, as_fast="not_", than="equals_false"),
        Claim("A condition is turned round by not_()", PATTERNS, as_fast="not_", than="is_not_true"),
        Claim(
            "A partial index is smaller, which speeds up the queries that use it",
            PARTIAL,
            faster="partial_index",
            than="not_",
        ),
    ],
)


def unset(table: type[Account], one_in: int) -> Any:
    """The flag that is false in one account of so many."""
    return getattr(table, f"false_in_{one_in}")


@negation.strategy(name="not_", baseline=True)
async def not_flag(db: Database, one_in: int) -> Found:
    """`not_(flag)`, with an ordinary index."""
    return await found(db, accounts(Btree, not_(unset(Btree, one_in))))


@negation.strategy()
async def equals_false(db: Database, one_in: int) -> Found:
    """`flag == False`, with an ordinary index."""
    return await found(db, accounts(Btree, unset(Btree, one_in) == false()))


@negation.strategy()
async def is_not_true(db: Database, one_in: int) -> Found:
    """`flag.is_not(True)`, which holds for NULL too, with an ordinary index."""
    return await found(db, accounts(Btree, unset(Btree, one_in).is_not(True)))


@negation.strategy()
async def no_index(db: Database, one_in: int) -> Found:
    """`not_(flag)`, without an index."""
    return await found(db, accounts(Plain, not_(unset(Plain, one_in))))


@negation.strategy()
async def partial_index(db: Database, one_in: int) -> Found:
    """`not_(flag)`, with an index of the rows where it is not."""
    return await found(db, accounts(Sparse, not_(unset(Sparse, one_in))))


# Not equal: a status that is another than the common one.

inequality = Scenario(
    dataset=directory,
    question="How should the accounts be found whose status is another than the common one?",
    params={"one_in": SHARES},
    typical={"one_in": 100},
    size="one_in",
    returns="rows",
    claims=[
        Claim(
            "With a parameter in the condition a partial index is not used",
            PARTIAL,
            less="partial_literal",
            than="partial_parameter",
            counter="buffers",
        ),
        Claim(
            "A partial index can leave out the values that the queries are not interested in",
            PARTIAL,
            faster="partial_literal",
            than="not_equal",
        ),
    ],
)


def status(table: type[Account], one_in: int) -> Any:
    """A status that is not `active` in one account of so many."""
    return getattr(table, f"status_in_{one_in}")


@inequality.strategy(baseline=True)
async def not_equal(db: Database, one_in: int) -> Found:
    """`status != "active"`, with an ordinary index."""
    return await found(db, accounts(Btree, status(Btree, one_in) != "active"))


@inequality.strategy()
async def in_the_others(db: Database, one_in: int) -> Found:
    """`status.in_(…)` with all other statuses that there are, with an ordinary index."""
    return await found(db, accounts(Btree, status(Btree, one_in).in_(["closed", "suspended"])))


@inequality.strategy()
async def below_or_above(db: Database, one_in: int) -> Found:
    """`or_(status < "active", status > "active")`, with an ordinary index."""
    compared = status(Btree, one_in)
    return await found(db, accounts(Btree, or_(compared < "active", compared > "active")))


@inequality.strategy()
async def partial_parameter(db: Database, one_in: int) -> Found:
    """`status != "active"`, with an index of the rows where it is: the value is a parameter."""
    return await found(db, accounts(Sparse, status(Sparse, one_in) != "active"))


@inequality.strategy()
async def partial_literal(db: Database, one_in: int) -> Found:
    """The same with the value in the text of the statement."""
    return await found(db, accounts(Sparse, status(Sparse, one_in) != literal_column("'active'")))


# NULL, as in `User.phone.is_(None)` and `User.phone.isnot(None)`.

null = Scenario(
    dataset=directory,
    question="How should the accounts be found where a column is NULL, or is not?",
    params={"one_in": SHARES, "wanted": ("null", "value")},
    typical={"one_in": 100, "wanted": "null"},
    size="one_in",
    returns="rows",
    claims=[
        Claim("NULL is looked for by is_(None)", PATTERNS, faster="btree", than="coalesced", where={"wanted": "null"}),
        Claim(
            "What is not NULL, by isnot(None)", PATTERNS, faster="btree", than="coalesced", where={"wanted": "value"}
        ),
        Claim(
            "IS NULL and IS NOT NULL can use a B-tree index",
            f"{DOCS}, Index Types, B-Tree",
            faster="btree",
            than="no_index",
        ),
        Claim(
            "A partial index is smaller, which speeds up the queries that use it",
            PARTIAL,
            faster="partial_index",
            than="btree",
        ),
    ],
)


def numbered(table: type[Account], one_in: int, wanted: str) -> Any:
    """A number, greater than 0, that is NULL in one account of so many, or that is set in one of so many."""
    return getattr(table, f"{'null' if wanted == 'null' else 'set'}_in_{one_in}")


def checked(number: Any, wanted: str) -> ColumnElement[bool]:
    """IS NULL or IS NOT NULL."""
    condition: ColumnElement[bool] = number.is_(None) if wanted == "null" else number.is_not(None)
    return condition


@null.strategy(baseline=True)
async def no_index(db: Database, one_in: int, wanted: str) -> Found:
    """`is_(None)` or `is_not(None)`, without an index."""
    return await found(db, accounts(Plain, checked(numbered(Plain, one_in, wanted), wanted)))


@null.strategy()
async def btree(db: Database, one_in: int, wanted: str) -> Found:
    """`is_(None)` or `is_not(None)`, with an ordinary index."""
    return await found(db, accounts(Btree, checked(numbered(Btree, one_in, wanted), wanted)))


@null.strategy()
async def coalesced(db: Database, one_in: int, wanted: str) -> Found:
    """`coalesce(column, 0)` compared with 0, with an ordinary index."""
    number = func.coalesce(numbered(Btree, one_in, wanted), 0)
    return await found(db, accounts(Btree, number == 0 if wanted == "null" else number != 0))


@null.strategy()
async def partial_index(db: Database, one_in: int, wanted: str) -> Found:
    """`is_(None)` or `is_not(None)`, with an index of the rows where that is so."""
    return await found(db, accounts(Sparse, checked(numbered(Sparse, one_in, wanted), wanted)))


# IN, as in `User.id.in_([1, 2, 3])`: members of some teams.

TEAMS = ACCOUNTS // TEAM_SIZE


def some_teams(random: Random, teams: int, indexed: bool) -> list[int]:
    """Keys of so many teams, of 25 accounts each."""
    return random.sample(range(1, TEAMS + 1), teams)


membership = Scenario(
    dataset=directory,
    question="How should the accounts be found whose team is one of a list?",
    params={"teams": (1, 3, 10, 100, 500), "indexed": (False, True)},
    typical={"teams": 10, "indexed": True},
    size="teams",
    inputs=some_teams,
    returns="rows",
    claims=[
        Claim("A list of values goes into in_()", PATTERNS, as_fast="in_", than="or_"),
        Claim("A list of values goes into in_()", PATTERNS, faster="in_", than="one_by_one"),
        Claim("A list of values goes into in_()", PATTERNS, as_fast="in_", than="any_array"),
        Claim(
            "OR of many values is broken down into a scan of the index for each",
            COMBINING,
            as_fast="or_",
            than="in_",
        ),
    ],
)


def teamed(indexed: bool) -> type[Account]:
    """The table that has an index on the team, or the one that has not."""
    return Btree if indexed else Plain


@membership.strategy(name="in_", baseline=True)
async def in_list(db: Database, inputs: list[int], indexed: bool) -> Found:
    """`in_()` with a parameter for each value."""
    table = teamed(indexed)
    return await found(db, accounts(table, table.team_id.in_(inputs)))


@membership.strategy(name="or_")
async def or_list(db: Database, inputs: list[int], indexed: bool) -> Found:
    """`or_()` of a comparison with each value."""
    table = teamed(indexed)
    return await found(db, accounts(table, or_(*(table.team_id == team for team in inputs))))


@membership.strategy(requires="postgresql")
async def any_array(db: Database, inputs: list[int], indexed: bool) -> Found:
    """`= ANY` of one array parameter."""
    table = teamed(indexed)
    wanted = bindparam("wanted", inputs, type_=ARRAY(Integer))
    return await found(db, accounts(table, table.team_id == any_(wanted)))


@membership.strategy()
async def in_literals(db: Database, inputs: list[int], indexed: bool) -> Found:
    """`in_()` with the values in the text of the statement."""
    table = teamed(indexed)
    wanted = bindparam("wanted", inputs, expanding=True, literal_execute=True)
    return await found(db, accounts(table, table.team_id.in_(wanted)))


@membership.strategy(requires="postgresql")
async def join_values(db: Database, inputs: list[int], indexed: bool) -> Found:
    """A JOIN with a VALUES list of the values."""
    table = teamed(indexed)
    wanted = values(column("team_id", Integer), name="wanted").data([(team,) for team in inputs])
    return await found(db, accounts(table).join(wanted, wanted.c.team_id == table.team_id))


@membership.strategy(
    where=lambda teams, indexed: indexed or teams <= 10 or "that many scans of the whole table take seconds",
)
async def one_by_one(db: Database, inputs: list[int], indexed: bool) -> Found:
    """A SELECT for each value."""
    table = teamed(indexed)
    async with db.session() as session:
        return [tuple(row) for team in inputs for row in await session.execute(accounts(table, table.team_id == team))]


# LIKE with the beginning of a text, as a search box that completes what is typed.

STARTS = {1: "k", 2: "ke", 3: "kem", 4: "kemo"}

prefix = Scenario(
    dataset=directory,
    question="How should the accounts be found whose username begins with what was typed?",
    params={"letters": (1, 2, 3, 4)},
    typical={"letters": 3},
    size="letters",
    returns="rows",
    claims=[
        Claim("Text is searched by LIKE or ILIKE", PATTERNS, as_fast="like", than="range_c_collation"),
        Claim("Text is searched by LIKE or ILIKE", PATTERNS, as_fast="ilike", than="like"),
        Claim(
            "text_pattern_ops is for LIKE where the locale is not C",
            OPERATOR_CLASSES,
            faster="like_pattern_ops",
            than="like",
        ),
        Claim(
            "An index for LIKE wants a pattern that is a constant",
            f"{DOCS}, Index Types, B-Tree",
            faster="literal_pattern_ops",
            than="like_pattern_ops_planned_once",
        ),
    ],
)


@prefix.strategy(baseline=True)
async def like(db: Database, letters: int) -> Found:
    """`like("kem%")`, with an ordinary index in the collation of the column, which is not C."""
    return await found(db, accounts(Btree, Btree.username.like(f"{STARTS[letters]}%")))


@prefix.strategy()
async def ilike(db: Database, letters: int) -> Found:
    """`ilike("kem%")`, with an ordinary index."""
    return await found(db, accounts(Btree, Btree.username.ilike(f"{STARTS[letters]}%")))


@prefix.strategy(requires="postgresql")
async def like_pattern_ops(db: Database, letters: int) -> Found:
    """`like("kem%")`, with an index of `text_pattern_ops`."""
    return await found(db, accounts(Fitted, Fitted.username.like(f"{STARTS[letters]}%")))


@prefix.strategy(requires="postgresql")
async def literal_pattern_ops(db: Database, letters: int) -> Found:
    """The same with the pattern in the text of the statement: a constant."""
    pattern = literal_column(f"'{STARTS[letters]}%'")
    return await found(db, accounts(Fitted, Fitted.username.like(pattern)))


@prefix.strategy(requires="postgresql>=12", driver="asyncpg", engine_options=PLANNED_ONCE)
async def like_pattern_ops_planned_once(db: Database, letters: int) -> Found:
    """The same with a parameter and `plan_cache_mode=force_generic_plan`: one plan for whatever pattern comes."""
    return await like_pattern_ops(db, letters)


@prefix.strategy(requires="postgresql")
async def startswith_pattern_ops(db: Database, letters: int) -> Found:
    """`startswith("kem")`: the server appends the `%`; with an index of `text_pattern_ops`."""
    return await found(db, accounts(Fitted, Fitted.username.startswith(STARTS[letters])))


@prefix.strategy(requires="postgresql")
async def like_c_collation(db: Database, letters: int) -> Found:
    """`like("kem%")`, with an ordinary index on a column in C collation."""
    return await found(db, accounts(Btree, Btree.username_c.like(f"{STARTS[letters]}%")))


@prefix.strategy(requires="postgresql")
async def operator_c_collation(db: Database, letters: int) -> Found:
    """`username ^@ "kem"`, with an ordinary index on a column in C collation."""
    return await found(db, accounts(Btree, Btree.username_c.bool_op("^@")(STARTS[letters])))


@prefix.strategy()
async def range_c_collation(db: Database, letters: int) -> Found:
    """From `"kem"` to before `"ken"`, with an ordinary index on a column in C collation."""
    start = STARTS[letters]
    end = start[:-1] + chr(ord(start[-1]) + 1)
    return await found(db, accounts(Btree, Btree.username_c >= start, Btree.username_c < end))


@prefix.strategy(requires="extension pg_trgm")
async def ilike_trigrams(db: Database, letters: int) -> Found:
    """`ilike("kem%")`, with a GIN index of trigrams."""
    return await found(db, accounts(Fitted, Fitted.username_c.ilike(f"{STARTS[letters]}%")))


# ILIKE with a piece from the middle, as in `User.email.ilike("%example%")`.

PIECES = {2: "em", 3: "emo", 4: "kemo", 7: "kemoman"}

infix = Scenario(
    dataset=directory,
    question="How should the accounts be found whose email has a piece of text in it, in small letters or in capitals?",
    params={"letters": (2, 3, 4, 7)},
    typical={"letters": 4},
    size="letters",
    returns="rows",
    claims=[
        Claim("A piece of text is found by ilike()", PATTERNS, as_fast="ilike", than="lower_like"),
        Claim("A piece of text is found by ilike()", PATTERNS, as_fast="ilike", than="regular_expression"),
        Claim(
            "An index of trigrams serves a pattern that does not begin at the left",
            TRIGRAM,
            faster="ilike_trigrams",
            than="ilike",
        ),
        Claim(
            "A pattern without trigrams comes down to a scan of the whole index",
            TRIGRAM,
            as_fast="ilike",
            than="ilike_trigrams",
            where={"letters": 2},
        ),
    ],
)


@infix.strategy(baseline=True)
async def ilike(db: Database, letters: int) -> Found:
    """`ilike("%kemo%")`, which an ordinary index cannot serve."""
    return await found(db, accounts(Btree, Btree.email.ilike(f"%{PIECES[letters]}%")))


@infix.strategy()
async def lower_like(db: Database, letters: int) -> Found:
    """`lower(email)` with `like("%kemo%")`."""
    return await found(db, accounts(Btree, func.lower(Btree.email).like(f"%{PIECES[letters]}%")))


@infix.strategy(requires="postgresql")
async def regular_expression(db: Database, letters: int) -> Found:
    """`regexp_match("kemo", flags="i")`: PostgreSQL's `~*`."""
    return await found(db, accounts(Btree, Btree.email.regexp_match(PIECES[letters], flags="i")))


@infix.strategy(requires="extension pg_trgm")
async def ilike_trigrams(db: Database, letters: int) -> Found:
    """`ilike("%kemo%")`, with a GIN index of trigrams."""
    return await found(db, accounts(Fitted, Fitted.email.ilike(f"%{PIECES[letters]}%")))


@infix.strategy(requires="extension pg_trgm", driver="asyncpg", engine_options=PLANNED_EACH_TIME)
async def ilike_trigrams_planned_each_time(db: Database, letters: int) -> Found:
    """The same with `plan_cache_mode=force_custom_plan`, so that the plan knows the pattern."""
    return await found(db, accounts(Fitted, Fitted.email.ilike(f"%{PIECES[letters]}%")))


@infix.strategy(requires="extension pg_trgm")
async def icontains_trigrams(db: Database, letters: int) -> Found:
    """`icontains("kemo")`: the server appends the `%`; with a GIN index of trigrams."""
    return await found(db, accounts(Fitted, Fitted.email.icontains(PIECES[letters])))


@infix.strategy(requires="extension pg_trgm")
async def lower_like_trigrams(db: Database, letters: int) -> Found:
    """`lower(email)` with `like("%kemo%")`, where the GIN index of trigrams is on `email`."""
    return await found(db, accounts(Fitted, func.lower(Fitted.email).like(f"%{PIECES[letters]}%")))


# ILIKE with the end of a text, as in `User.email.ilike("%@example.com")`.

suffix = Scenario(
    dataset=directory,
    question="How should the accounts be found whose email is at a domain, in small letters or in capitals?",
    params={"one_in": (*SHARES, 10_000)},
    typical={"one_in": 1000},
    size="one_in",
    returns="rows",
    claims=[
        Claim("The end of a text is found by ilike()", PATTERNS, as_fast="ilike", than="own_column"),
        Claim("The end of a text is found by ilike()", PATTERNS, as_fast="ilike", than="reversed_index"),
        Claim(
            "An index on an expression gives fast access to what is computed from a row",
            EXPRESSIONS,
            faster="reversed_index",
            than="ilike",
        ),
    ],
)


@suffix.strategy(baseline=True)
async def ilike(db: Database, one_in: int) -> Found:
    """`ilike("%@example.net")`, which an ordinary index cannot serve."""
    return await found(db, accounts(Btree, at_domain(Btree, one_in)))


@suffix.strategy(requires="extension pg_trgm")
async def ilike_trigrams(db: Database, one_in: int) -> Found:
    """`ilike("%@example.net")`, with a GIN index of trigrams."""
    return await found(db, accounts(Fitted, at_domain(Fitted, one_in)))


@suffix.strategy(requires="postgresql")
async def reversed_index(db: Database, one_in: int) -> Found:
    """The email turned round with `like("ten.elpmaxe@%")`, with an index on that expression."""
    turned = func.reverse(func.lower(Fitted.email))
    return await found(db, accounts(Fitted, turned.like(f"{DOMAINS[one_in][::-1]}@%")))


@suffix.strategy()
async def own_column(db: Database, one_in: int) -> Found:
    """The domain as a column of its own, in small letters, with an ordinary index."""
    return await found(db, accounts(Btree, Btree.domain == DOMAINS[one_in]))


# Expression indexes: equal in small letters or in capitals.

expression = Scenario(
    dataset=directory,
    question="How should the accounts of a surname be found, in whatever capitals it is written?",
    params={"one_in": (*SHARES, 10_000)},
    typical={"one_in": 1000},
    size="one_in",
    returns="rows",
    claims=[
        Claim(
            "lower(column) = value can use an index on lower(column)",
            EXPRESSIONS,
            faster="lower_indexed",
            than="lower",
        ),
    ],
)


@expression.strategy(baseline=True)
async def lower(db: Database, one_in: int) -> Found:
    """`lower(surname) ==`, with an ordinary index on the surname, which does not serve it."""
    return await found(db, accounts(Btree, func.lower(Btree.surname) == SURNAMES[one_in]))


@expression.strategy()
async def lower_indexed(db: Database, one_in: int) -> Found:
    """`lower(surname) ==`, with an index on that expression."""
    return await found(db, accounts(Fitted, func.lower(Fitted.surname) == SURNAMES[one_in]))


@expression.strategy()
async def ilike(db: Database, one_in: int) -> Found:
    """`ilike` without any `%`, with an ordinary index, which does not serve it."""
    return await found(db, accounts(Btree, Btree.surname.ilike(SURNAMES[one_in])))


@expression.strategy(requires="extension pg_trgm")
async def ilike_trigrams(db: Database, one_in: int) -> Found:
    """`ilike` without any `%`, with a GIN index of trigrams."""
    return await found(db, accounts(Fitted, Fitted.surname.ilike(SURNAMES[one_in])))


@expression.strategy()
async def spellings(db: Database, one_in: int) -> Found:
    """`in_()` of the three spellings that there are, with an ordinary index."""
    name = SURNAMES[one_in]
    return await found(db, accounts(Btree, Btree.surname.in_([name, name.capitalize(), name.upper()])))


# Ranges: the accounts of some days.

FIRST_DAY = EPOCH + timedelta(days=30)

ranges = Scenario(
    dataset=directory,
    question="How should the accounts of some days be found?",
    params={"days": (1, 10, 100, 600), "scattered": (False, True)},
    typical={"days": 10, "scattered": False},
    size="days",
    returns="rows",
    claims=[
        Claim(
            "BRIN is for a column that follows the order of the rows in the table",
            f"{DOCS}, BRIN Indexes, Introduction",
            faster="brin",
            than="no_index",
            where={"scattered": False},
        ),
        Claim(
            "An index on an expression makes the search as fast as one on a column",
            EXPRESSIONS,
            as_fast="date_indexed",
            than="half_open",
        ),
        Claim("Rows since a date are found by comparing the column", PATTERNS, faster="half_open", than="date_of"),
    ],
)


def moment(table: type[Account], scattered: bool) -> Any:
    """When an account was seen, in any order, or when it joined, in the order of the rows."""
    return table.seen_at if scattered else table.joined_at


def half_open_range(table: type[Account], days: int, scattered: bool) -> ColumnElement[bool]:
    """From the first day on, before the day after the last."""
    at = moment(table, scattered)
    return and_(at >= FIRST_DAY, at < FIRST_DAY + timedelta(days=days))


def date_range(table: type[Account], days: int, scattered: bool) -> ColumnElement[bool]:
    """From the first day to the last, of the moment's date."""
    first = FIRST_DAY.date()
    on: ColumnElement[Any] = func.date(moment(table, scattered), type_=Date)
    return on.between(first, first + timedelta(days=days - 1))


@ranges.strategy(baseline=True)
async def between(db: Database, days: int, scattered: bool) -> Found:
    """`between` the first and the last microsecond, with an ordinary index."""
    last = FIRST_DAY + timedelta(days=days, microseconds=-1)
    return await found(db, accounts(Btree, moment(Btree, scattered).between(FIRST_DAY, last)))


@ranges.strategy()
async def half_open(db: Database, days: int, scattered: bool) -> Found:
    """`>=` the first day and `<` the day after the last, with an ordinary index."""
    return await found(db, accounts(Btree, half_open_range(Btree, days, scattered)))


@ranges.strategy()
async def date_of(db: Database, days: int, scattered: bool) -> Found:
    """`date(moment)` between two dates, which an ordinary index on the moment does not serve."""
    return await found(db, accounts(Btree, date_range(Btree, days, scattered)))


@ranges.strategy()
async def date_indexed(db: Database, days: int, scattered: bool) -> Found:
    """`date(moment)` between two dates, with an index on that expression."""
    return await found(db, accounts(Fitted, date_range(Fitted, days, scattered)))


@ranges.strategy()
async def no_index(db: Database, days: int, scattered: bool) -> Found:
    """`>=` and `<`, without an index."""
    return await found(db, accounts(Plain, half_open_range(Plain, days, scattered)))


@ranges.strategy(requires="postgresql")
async def brin(db: Database, days: int, scattered: bool) -> Found:
    """`>=` and `<`, with a BRIN index."""
    return await found(db, accounts(Sparse, half_open_range(Sparse, days, scattered)))


# JSONB: a key of a column of attributes has a value.

containment = Scenario(
    dataset=directory,
    question="How should the accounts be found whose JSONB attributes have a key with a value?",
    params={"one_in": (*SHARES, 10_000)},
    typical={"one_in": 1000},
    size="one_in",
    returns="rows",
    claims=[
        Claim(
            "A GIN index searches efficiently for keys and values in many documents",
            JSONB_INDEXING,
            faster="contains_gin",
            than="contains",
        ),
        Claim(
            "With jsonb_path_ops searches typically perform better than with the default operator class",
            JSONB_INDEXING,
            faster="contains_path_ops",
            than="contains_gin",
        ),
        Claim(
            "An index on one key's expression is likely faster to search than one of the whole column",
            JSONB_INDEXING,
            faster="arrow_indexed",
            than="contains_gin",
        ),
    ],
)


def contains_segment(table: type[Account], one_in: int) -> ColumnElement[bool]:
    """`@>`, which JSON alone does not have."""
    return type_coerce(table.attributes, JSONB).contains({"segment": SEGMENTS[one_in]})


@containment.strategy(baseline=True)
async def arrow(db: Database, one_in: int) -> Found:
    """`attributes["segment"].as_string() ==`, without an index."""
    return await found(db, accounts(Plain, Plain.attributes["segment"].as_string() == SEGMENTS[one_in]))


@containment.strategy()
async def arrow_indexed(db: Database, one_in: int) -> Found:
    """`attributes ->> 'segment' =`, with an index on that expression."""
    segment = Fitted.attributes.op("->>")(literal_column("'segment'"))
    return await found(db, accounts(Fitted, segment == SEGMENTS[one_in]))


@containment.strategy(requires="postgresql")
async def contains(db: Database, one_in: int) -> Found:
    """`@> {"segment": …}`, without an index."""
    return await found(db, accounts(Plain, contains_segment(Plain, one_in)))


@containment.strategy(requires="postgresql")
async def contains_gin(db: Database, one_in: int) -> Found:
    """`@> {"segment": …}`, with a GIN index of the default operator class."""
    return await found(db, accounts(Btree, contains_segment(Btree, one_in)))


@containment.strategy(requires="postgresql")
async def contains_path_ops(db: Database, one_in: int) -> Found:
    """`@> {"segment": …}`, with a GIN index of `jsonb_path_ops`."""
    return await found(db, accounts(Fitted, contains_segment(Fitted, one_in)))


@containment.strategy(requires="postgresql")
async def path_match_path_ops(db: Database, one_in: int) -> Found:
    """`@@ '$.segment == "…"'`, with a GIN index of `jsonb_path_ops`."""
    path = cast(f'$.segment == "{SEGMENTS[one_in]}"', JSONPATH)
    return await found(db, accounts(Fitted, type_coerce(Fitted.attributes, JSONB).path_match(path)))


# Pages: all accounts in the order in which they joined, 25 a page; three joined at the same moment.

PAGE = 25

pagination = Scenario(
    dataset=directory,
    question="How should a page of a long list be read?",
    params={"page": (1, 10, 100, 1000)},
    typical={"page": 100},
    size="page",
    ordered=True,
    returns="rows",
    claims=[
        Claim(
            "Rows that OFFSET skips are computed all the same, so a large OFFSET might be inefficient",
            f"{DOCS}, LIMIT and OFFSET",
            faster="keyset_tuple",
            than="offset",
            where={"page": 1000},
        ),
        Claim(
            "Rows that OFFSET skips are computed all the same, so a large OFFSET might be inefficient",
            f"{DOCS}, LIMIT and OFFSET",
            less="keyset_tuple",
            than="offset",
            counter="buffers",
            where={"page": 1000},
        ),
        Claim(
            "With LIMIT and an index in the order of ORDER BY the first rows come without a scan of the rest",
            f"{DOCS}, Indexes and ORDER BY",
            less="offset",
            than="no_index",
            counter="buffers",
            where={"page": 1},
        ),
    ],
)


def listed(*conditions: ColumnElement[bool]) -> Select[tuple[int, str]]:
    """All accounts in the order in which they joined, or those that meet the conditions; there is an index for it."""
    return accounts(Fitted, *conditions).order_by(Fitted.joined_at, Fitted.id).limit(PAGE)


def after(page: int, condition: Callable[[Any, int], ColumnElement[bool]]) -> Select[tuple[int, str]]:
    """The page that follows the account which a reader of the page before has seen last; the first has none before."""
    last = (page - 1) * PAGE
    return listed(condition(joined_at(last), last)) if last else listed()


@pagination.strategy(baseline=True)
async def offset(db: Database, page: int) -> Found:
    """LIMIT and OFFSET."""
    return await found(db, listed().offset((page - 1) * PAGE))


@pagination.strategy()
async def no_index(db: Database, page: int) -> Found:
    """LIMIT and OFFSET, on a table without an index for that order: all accounts are read and sorted."""
    statement = accounts(Plain).order_by(Plain.joined_at, Plain.id).limit(PAGE)
    return await found(db, statement.offset((page - 1) * PAGE))


@pagination.strategy()
async def offset_keys(db: Database, page: int) -> Found:
    """LIMIT and OFFSET of the keys alone, out of the index; then the rows of the page."""
    keys = select(Fitted.id, Fitted.joined_at).order_by(Fitted.joined_at, Fitted.id)
    wanted = keys.limit(PAGE).offset((page - 1) * PAGE).subquery()
    statement = accounts(Fitted).join(wanted, wanted.c.id == Fitted.id).order_by(wanted.c.joined_at, wanted.c.id)
    return await found(db, statement)


@pagination.strategy()
async def keyset_tuple(db: Database, page: int) -> Found:
    """`(joined_at, id) > (…, …)` of the last row of the page before."""
    return await found(db, after(page, lambda moment, key: tuple_(Fitted.joined_at, Fitted.id) > tuple_(moment, key)))


@pagination.strategy()
async def keyset_or(db: Database, page: int) -> Found:
    """The same written out: `joined_at > … OR (joined_at = … AND id > …)`."""
    return await found(
        db,
        after(
            page,
            lambda moment, key: or_(Fitted.joined_at > moment, and_(Fitted.joined_at == moment, Fitted.id > key)),
        ),
    )


@pagination.strategy()
async def keyset_and_or(db: Database, page: int) -> Found:
    """The same with a bound for the index: `joined_at >= … AND (joined_at > … OR id > …)`."""
    return await found(
        db,
        after(
            page,
            lambda moment, key: and_(Fitted.joined_at >= moment, or_(Fitted.joined_at > moment, Fitted.id > key)),
        ),
    )
