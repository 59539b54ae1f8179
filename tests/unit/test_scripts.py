"""What of a script of SQL is let through to a database, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import DatabaseError
from bench.worker.scripts import Script


def allowed(text: str) -> str:
    """What is let through of a script."""
    return b"".join(Script("shop.sql", text.encode().splitlines(keepends=True)).allowed()).decode()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GRANT SELECT ON t TO somebody;\nSELECT 1;", "\nSELECT 1;"),
        ("alter table t\n  owner to somebody; SELECT 1;", "\n SELECT 1;"),
        ("-- of t\nALTER FUNCTION f(text DEFAULT ';') OWNER TO x;\nSELECT 1;", "\n\nSELECT 1;"),
        ("\\restrict abc\nSELECT 1;\n\\unrestrict abc\n", "\nSELECT 1;\n\n"),
        ("CREATE USER MAPPING FOR x SERVER y;\nSELECT 1", "\nSELECT 1"),
    ],
)
def test_roles_and_rights_are_left_out(text: str, expected: str) -> None:
    """A statement that names a role is gone, wherever it begins and ends, and the others keep their lines."""
    assert expected == allowed(text)


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES ('a\nGRANT x;\nDROP DATABASE d;\n\\connect d\n');",
        "INSERT INTO t VALUES (E'it\\'s\nDROP DATABASE d;', 'it''s; DROP DATABASE d;');",
        'SELECT 1 AS "a;\nDROP DATABASE d;";',
        "CREATE FUNCTION f() RETURNS void AS $$\nBEGIN\nGRANT x TO y;\nDROP DATABASE d;\nEND $$ LANGUAGE plpgsql;",
        "DO $a$ BEGIN RAISE NOTICE $$;\nDROP DATABASE d;$$; END $a$;",
        "/* /* \\connect d */ DROP DATABASE d; */ SELECT 1; -- DROP DATABASE d;\nSELECT a$b$ FROM t;",
        "COPY t (a) FROM stdin;\nDROP DATABASE d;\n\\N\nGRANT x TO y;\n\\.\nSELECT 1;",
        "COPY t FROM STDIN WITH (FORMAT csv); -- rows\n'\n\\.\nSELECT '\\';",
        "SET standard_conforming_strings = off;\nSELECT 'it\\'s\nDROP DATABASE d;';",
    ],
)
def test_what_only_looks_like_a_statement_is_let_through(text: str) -> None:
    """Strings, names, bodies of functions, comments and rows are as they were."""
    assert text == allowed(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1;\nDROP DATABASE shop;", "line 2 has `DROP DATABASE`: write it by pg_dump, without --create"),
        ("/* */ create\n  database shop", "line 2 has `CREATE DATABASE`"),
        ("ALTER DATABASE shop SET work_mem = 1;", "line 1 has `ALTER DATABASE`"),
        ("COMMENT ON DATABASE shop IS 'x';", "line 1 has `COMMENT ON DATABASE`"),
        ("ALTER ROLE postgres PASSWORD 'x';", "line 1 has `ALTER ROLE`"),
        ("ALTER SYSTEM SET fsync = off;", "line 1 has `ALTER SYSTEM`"),
        ("\\connect shop\n", r"line 1 has `\\connect`: psql's commands are not run: take it out"),
        ("SELECT 'rm' \\gexec\n", r"line 1 has `\\gexec`"),
        ("SELECT 1\n\\! rm -rf /\n", r"line 2 has `\\!`"),
        ("SELECT $1$; DROP DATABASE d; --$1$", "line 1 has `DROP DATABASE`"),
        ("SELECT '\\'; DROP DATABASE d; --'", "line 1 has `DROP DATABASE`"),
        ("COPY t FROM stdin; SELECT 1;\n1\n\\.\n", "line 1 has a COPY: its rows begin in the next line"),
    ],
)
def test_what_reaches_beyond_the_database_is_refused(text: str, complaint: str) -> None:
    """The line and the statement are named, with what to do."""
    with pytest.raises(DatabaseError, match=rf"^shop\.sql is not restored: {complaint}"):
        allowed(text)


PIECES = [
    "'a''b'",
    "E'\\'' ",
    '"x"',
    "$$;$$",
    "$a$ $$ $a$",
    "-- ;'\n",
    "/* ' /* */ */",
    "\n",
    " 1 ",
    ";",
    "INSERT ",
    "INSERT INTO t VALUES (1, 'a;');\n",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_a_script_without_roles_is_let_through_whole(text: str) -> None:
    """Whatever is quoted or commented, nothing is lost and nothing is added, and what comes after it is still seen."""
    assert text == allowed(text)
    with pytest.raises(DatabaseError, match="DROP DATABASE"):
        allowed(f"{text}\n;DROP DATABASE shop;")
