"""A directory of accounts: one table of rows four times over, each with other indexes.

So a strategy is the same question put to the table that is indexed for it, and all else about it stays equal. What is
looked for comes in known shares: of `true_in_100`, `null_in_100`, the surname `SURNAMES[100]` and so on it is one
account in a hundred, spread over the table at random.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import DDL, JSON, ForeignKey, Index, String, event, false, func, literal_column, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Dataset

NOT_C = "not_c"
"""A collation of our own for usernames: as most databases have by default, where those of the harness have C."""


class Base(DeclarativeBase):
    """Mapped classes of the directory."""


class Team(Base):
    """25 accounts, scattered over the table."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)


class Account(Base):
    """What the four tables have in common.

    `joined_at` follows the keys, three accounts at the same moment; `seen_at` has the same values in no order. Some
    emails and surnames are in capitals, as some people write them; usernames and domains never are. `username_c` is the
    username in C collation, the order of bytes.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    username: Mapped[str] = mapped_column(String(20).with_variant(String(20, collation=NOT_C), "postgresql"))
    username_c: Mapped[str] = mapped_column(String(20).with_variant(String(20, collation="C"), "postgresql"))
    email: Mapped[str] = mapped_column(String(60))
    domain: Mapped[str] = mapped_column(String(30))
    surname: Mapped[str] = mapped_column(String(20))
    joined_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))
    status_in_10: Mapped[str] = mapped_column(String(10))
    status_in_100: Mapped[str] = mapped_column(String(10))
    status_in_1000: Mapped[str] = mapped_column(String(10))
    true_in_2: Mapped[bool]
    true_in_10: Mapped[bool]
    true_in_100: Mapped[bool]
    true_in_1000: Mapped[bool]
    false_in_10: Mapped[bool]
    false_in_100: Mapped[bool]
    false_in_1000: Mapped[bool]
    null_in_10: Mapped[int | None]
    null_in_100: Mapped[int | None]
    null_in_1000: Mapped[int | None]
    set_in_10: Mapped[int | None]
    set_in_100: Mapped[int | None]
    set_in_1000: Mapped[int | None]


class Plain(Account):
    """No index but the key's."""

    __tablename__ = "accounts_plain"


class Btree(Account):
    """An ordinary index on each column, as `index=True` makes it; of JSONB, a GIN one of the default kind."""

    __tablename__ = "accounts_btree"


class Sparse(Account):
    """Indexes that leave most of the table out: partial ones, and BRIN."""

    __tablename__ = "accounts_sparse"


class Fitted(Account):
    """Indexes made for a question: on expressions, of patterns, on two columns; GIN of JSONB with `jsonb_path_ops`, and
    of trigrams where the server has pg_trgm.
    """

    __tablename__ = "accounts_fitted"


TABLES = (Plain, Btree, Sparse, Fitted)
SHARES = (10, 100, 1000)
"""One account in so many: what a status is, where a flag is true or false, where a number is null or set."""
KINDS = {
    "true": (2, *SHARES),
    "false": SHARES,
    "null": SHARES,
    "set": SHARES,
    "status": SHARES,
}


def _declare_btree() -> None:
    column = Btree.__table__.c
    names = ("team_id", "username", "username_c", "email", "domain", "surname", "joined_at", "seen_at")
    shared = [f"{kind}_in_{one_in}" for kind, shares in KINDS.items() for one_in in shares]
    for name in (*names, *shared):
        Index(f"ix_btree_{name}", column[name])
    Index("ix_btree_attributes", column.attributes, postgresql_using="gin").ddl_if(dialect="postgresql")


def _declare_sparse() -> None:
    column = Sparse.__table__.c
    conditions: dict[str, Callable[[Any], Any]] = {
        "true": lambda flag: flag == true(),
        "false": lambda flag: flag == false(),
        "null": lambda number: number.is_(None),
        "set": lambda number: number.is_not(None),
        "status": lambda status: status != "active",
    }
    for kind, shares in KINDS.items():
        for one_in in shares:
            condition = conditions[kind](column[f"{kind}_in_{one_in}"])
            Index(f"ix_sparse_{kind}_in_{one_in}", column.id, postgresql_where=condition, sqlite_where=condition)
    for name in ("joined_at", "seen_at"):
        Index(f"ix_sparse_{name}", column[name], postgresql_using="brin").ddl_if(dialect="postgresql")


def _declare_fitted() -> None:
    column = Fitted.__table__.c
    reversed_email = func.reverse(func.lower(column.email)).label("reversed")
    for name, *of in (
        ("domain_joined_at", column.domain, column.joined_at),
        ("joined_at_id", column.joined_at, column.id),
        ("lower_surname", func.lower(column.surname)),
        ("joined_on", func.date(column.joined_at)),
        ("seen_on", func.date(column.seen_at)),
        ("segment", column.attributes.op("->>")(literal_column("'segment'"))),
    ):
        Index(f"ix_fitted_{name}", *of)
    for name, of, operators in (
        ("username", column.username, {"username": "text_pattern_ops"}),
        ("reversed_email", reversed_email, {"reversed": "text_pattern_ops"}),
    ):
        Index(f"ix_fitted_{name}", of, postgresql_ops=operators).ddl_if(dialect="postgresql")
    Index(
        "ix_fitted_attributes",
        column.attributes,
        postgresql_using="gin",
        postgresql_ops={"attributes": "jsonb_path_ops"},
    ).ddl_if(dialect="postgresql")


_declare_btree()
_declare_sparse()
_declare_fitted()

# ICU's, or where the server was built without it one of the system's, which PostgreSQL does not take for C either.
COLLATION = DDL(f"""
DO $$ BEGIN
    CREATE COLLATION {NOT_C} (provider = icu, locale = 'und');
EXCEPTION WHEN feature_not_supported THEN
    BEGIN
        CREATE COLLATION {NOT_C} (provider = libc, locale = 'C.UTF-8');
    EXCEPTION WHEN OTHERS THEN
        CREATE COLLATION {NOT_C} FROM "C";
    END;
END $$
""")
TRIGRAMS = DDL("""
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm') THEN
        CREATE EXTENSION pg_trgm;
        CREATE INDEX ix_fitted_trigrams ON accounts_fitted
            USING gin (username_c gin_trgm_ops, email gin_trgm_ops, surname gin_trgm_ops);
    END IF;
END $$
""")
event.listen(Base.metadata, "before_create", COLLATION.execute_if(dialect="postgresql"))
event.listen(Base.metadata, "after_create", TRIGRAMS.execute_if(dialect="postgresql"))

ACCOUNTS = 50_000
"""Accounts in each table at scale 1; teams grow with them."""
TEAM_SIZE = 25
TIED = 3
"""Accounts that joined at the same moment, an hour after those before them: 72 a day."""
STRIDE = 7919
"""A prime: multiplying by it scatters the members of a team over the keys."""

EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC, without a zone: SQLite would not give one back

SURNAMES = {10: "silva", 100: "okafor", 1000: "lindqvist", 10_000: "zhuravleva"}
DOMAINS = {10: "example.com", 100: "example.org", 1000: "example.net", 10_000: "mail.example.edu"}
SEGMENTS = {10: "retail", 100: "travel", 1000: "energy", 10_000: "museums"}
"""Each by its share: one account in ten has the first."""

SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvwz" for vowel in "aeiou"]
PAIRS = [first + second for first in SYLLABLES for second in SYLLABLES]


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Each table with its rows; the four of accounts have the same. Only `Random.random` is used, which is the same in
    every version of Python.
    """
    accounts = ACCOUNTS * scale
    start = int(random.random() * 2**53)
    yield Team, ((number, f"team {number}") for number in range(1, accounts // TEAM_SIZE + 1))
    for table in TABLES:
        # Made anew for each, so that memory stays flat at any scale.
        yield table, _accounts(accounts, Random(start))


def joined_at(number: int) -> datetime:
    """When the account with this key joined."""
    return EPOCH + timedelta(hours=(number - 1) // TIED)


def _accounts(accounts: int, random: Random) -> Iterator[tuple[Any, ...]]:
    draw = random.random
    surnames, domains, segments = (_in_shares(names) for names in (SURNAMES, DOMAINS, SEGMENTS))
    shares = [tuple(number % one_in == 0 for one_in in SHARES) for number in range(1000)]
    flags = [(number % 2 == 0, *true, *(not flag for flag in true)) for number, true in enumerate(shares)]
    statuses = [tuple("suspended" if other else "active" for other in true) for true in shares]
    moments = [joined_at(number) for number in range(1, accounts + 1, TIED)]
    teams = accounts // TEAM_SIZE
    for number in range(1, accounts + 1):
        username = f"{PAIRS[int(6400 * draw())]}{number}" if number > 1 else "admin"
        domain = domains[int(10_000 * draw())] or f"{PAIRS[int(6400 * draw())]}.example"
        surname = surnames[int(10_000 * draw())] or f"{PAIRS[int(6400 * draw())]}man"
        email = f"{surname}.{username}@{domain}"
        case = draw()
        tenth, hundredth, thousandth = shares[int(1000 * draw())]
        yield (
            number,
            1 + number * STRIDE % teams,
            username,
            username,
            email.upper() if case < 0.1 else email,
            domain,
            surname.upper() if case < 0.1 else surname if case < 0.2 else surname.capitalize(),
            moments[(number - 1) // TIED],
            moments[int(accounts * draw()) // TIED],
            {
                "theme": "dark" if case < 0.3 else "light",
                "segment": segments[int(10_000 * draw())] or "other",
                "seats": number % 9,
            },
            *statuses[int(1000 * draw())],
            *flags[int(1000 * draw())],
            None if tenth else number,
            None if hundredth else number,
            None if thousandth else number,
            number if tenth else None,
            number if hundredth else None,
            number if thousandth else None,
        )


def _in_shares(names: dict[int, str]) -> list[str]:
    """Ten thousand places: each name has as many as its share of them, the others are empty."""
    held = [name for one_in, name in names.items() for _ in range(10_000 // one_in)]
    return held + [""] * (10_000 - len(held))


directory = Dataset("directory", Base.metadata, rows)
