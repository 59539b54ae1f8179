"""What kind of statement a text is, by its words."""

from __future__ import annotations

import pytest

from bench.statement_kinds import is_read, is_write, statement_kind

READS = [
    "SELECT 1",
    "select 1 for update",
    "/* a comment: INSERT */ SELECT 1",
    "-- DELETE FROM posts\nSELECT 1",
    "(SELECT 1) UNION (SELECT 2)",
    "VALUES (1)",
    "TABLE posts",
    "WITH newest AS (SELECT max(id) FROM posts) SELECT * FROM newest",
    "WITH one AS (SELECT id FROM posts FOR UPDATE SKIP LOCKED) SELECT * FROM one",
    "SELECT 'INSERT INTO posts'",
]
WRITES = [
    "INSERT INTO posts VALUES (1) RETURNING id",
    "update posts set title = ''",
    "DELETE FROM posts",
    "MERGE INTO posts USING authors ON true WHEN MATCHED THEN DELETE",
    "WITH old AS (SELECT 1) INSERT INTO posts SELECT * FROM old",
    "WITH gone AS (DELETE FROM posts RETURNING id) SELECT count(*) FROM gone",
    "WITH new AS (UPDATE posts SET title = '' RETURNING id) SELECT * FROM new",
    "/* a comment: SELECT */ INSERT INTO posts VALUES (1)",
]
NEITHER = [
    "",
    "-- nothing",
    "BEGIN",
    "SAVEPOINT one",
    "SET search_path TO shop",
    "CREATE TABLE posts (id int)",
    "INSERTED",
]


@pytest.mark.parametrize("text", READS)
def test_read_brings_rows_and_changes_none(text: str) -> None:
    """A SELECT and its kin are reads, whatever stands in their comments and strings."""
    assert (True, False, "execution") == (is_read(text), is_write(text), statement_kind(text))


@pytest.mark.parametrize("text", WRITES)
def test_write_changes_rows_below_a_with_too(text: str) -> None:
    """An INSERT and its kin are writes, also those that bring rows, and those that a WITH hides."""
    assert (False, True, "execution") == (is_read(text), is_write(text), statement_kind(text))


@pytest.mark.parametrize("text", NEITHER)
def test_what_touches_no_rows_is_neither(text: str) -> None:
    """Transaction control, settings and definitions are neither read nor write."""
    assert (False, False) == (is_read(text), is_write(text))
