"""What a strategy requires is there, or is named."""

from __future__ import annotations

import pytest

from bench.databases.postgres import PostgresServer
from bench.databases.sqlite import SqliteServer
from bench.errors import ScenarioError
from bench.measuring.requirements import unmet

PACKAGES = {"sqlalchemy": "2.1.9", "asyncpg": "0.32.0", "psycopg": "3.3.0b1", "odd": "1.2+local (patched)"}


@pytest.mark.parametrize(
    "requires",
    [
        [],
        ["postgresql"],
        ["PostgreSQL>=13"],
        ["sqlalchemy>=2.1"],
        ["SQLAlchemy>=2.0,!=2.1.0", "asyncpg"],
        ["psycopg>=3.3.0a1"],
        ["odd>=1.2"],
    ],
)
def test_what_is_there_is_met(embedded: PostgresServer, requires: list[str]) -> None:
    """A database or a package in any version, or in one that fits; a prerelease counts."""
    assert unmet(requires, embedded, PACKAGES) is None


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        (["sqlalchemy>=99"], "requires sqlalchemy>=99, and this is 2.1.9"),
        (["sqlalchemy", "uvloop"], "requires uvloop, which is not installed"),
        (["asyncpg<0.32"], "requires asyncpg<0.32, and this is 0.32.0"),
    ],
)
def test_package_that_is_not_there_is_named(embedded: PostgresServer, requires: list[str], expected: str) -> None:
    """The first that is missing, or has another version, is the reason."""
    assert expected == unmet(requires, embedded, PACKAGES)


def test_other_database_is_named(embedded: PostgresServer) -> None:
    """A database that is required and not this one is said with the one that it is."""
    with SqliteServer({}) as sqlite:
        here = f"this is sqlite {sqlite.version}"
        assert f"requires postgresql>=15, and {here}" == unmet(["postgresql>=15"], sqlite, PACKAGES)
        assert unmet(["sqlite>=3"], sqlite, PACKAGES) is None
    assert f"requires sqlite, and this is postgresql {embedded.version}" == unmet(["sqlite"], embedded, PACKAGES)
    assert f"requires postgresql>=999, and this is {embedded.version}" == unmet(["postgresql>=999"], embedded, {})


def test_requirement_that_cannot_be_read_is_refused(embedded: PostgresServer) -> None:
    """What is no requirement is said with an example of one."""
    with pytest.raises(ScenarioError, match=r"cannot be read: write for example sqlalchemy>=2\.1"):
        unmet(["sqlalchemy at least 2"], embedded, PACKAGES)
