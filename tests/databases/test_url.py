"""A server that is there already, named by a URL."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.databases.address import Address
from bench.databases.connecting import explain
from bench.databases.postgres import PostgresServer
from bench.databases.url import open_url, parse_url
from bench.errors import BenchError, DatabaseError, UsageError
from tests.databases.helpers import databases, rows, run_statement, seed_three

PASSWORD = "hush/hush:@?#"


def url_of(address: Address, scheme: str = "postgresql", password: str | None = None) -> str:
    """The URL of a database on a server that listens on a socket alone."""
    secret = quote(password or str(address.password), safe="")
    return f"{scheme}://{address.user}:{secret}@/{address.database}?host={quote(str(address.host), safe='')}"


@pytest.fixture
def plain_role(embedded: PostgresServer) -> Iterator[Address]:
    """The server's address as a role that may log in and nothing else."""
    run_statement(embedded._address, f"CREATE ROLE plain LOGIN PASSWORD '{PASSWORD}'")
    yield replace(embedded._address, user="plain", password=PASSWORD)
    run_statement(embedded._address, "DROP OWNED BY plain")
    run_statement(embedded._address, "DROP ROLE plain")


@pytest.fixture
def creating_role(embedded: PostgresServer, plain_role: Address) -> Address:
    """The server's address as an ordinary role that may create databases."""
    run_statement(embedded._address, "ALTER ROLE plain CREATEDB")
    return plain_role


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgresql://ann:p%40ss@h:5433/d?sslmode=require",
            Address("postgresql", "d", "h", 5433, "ann", "p@ss", {"sslmode": "require"}),
        ),
        ("postgres://ann@h/d", Address("postgresql", "d", "h", None, "ann")),
        (
            "postgresql+asyncpg://ann@h/d?ssl=prefer",
            Address("postgresql", "d", "h", None, "ann", None, {"sslmode": "prefer"}),
        ),
        ("postgresql+psycopg://h", Address("postgresql", "postgres", "h")),
        ("postgresql:///d?host=/run/pg&port=6000", Address("postgresql", "d", "/run/pg", 6000)),
        ("postgresql://?service=mine", Address("postgresql", "", options={"service": "mine"})),
        ("postgresql://[::1]:5432/d", Address("postgresql", "d", "::1", 5432)),
    ],
)
def test_url_is_read(url: str, expected: Address) -> None:
    """Each form of URL gives its address, options and all; what it leaves out is left to the driver."""
    assert expected == parse_url(url)


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_password_comes_through_as_it_is(password: str) -> None:
    """Any password, quoted as URLs ask, is read back unchanged, and the address does not show it."""
    address = parse_url(f"postgresql://ann:{quote(password, safe='')}@h/d")
    assert password == address.password
    assert "Address(postgresql, 'd')" == repr(address)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:hush@h:x/d", "the port in the URL is no number"),
        ("postgresql://u:hush@a,b/d", "the URL names several hosts: name the one to measure"),
        ("postgresql://u:hush@h/d?bogus=1", "cannot be read: write it like postgresql://user@host:5432/database"),
        ("postgresql://u:hu%zzsh@h/d", "cannot be read: write it like postgresql://user@host:5432/database"),
    ],
)
def test_url_that_cannot_be_read_is_not_shown(url: str, expected: str) -> None:
    """A URL with a mistake in it is answered without any part of it, for it may hold a password."""
    with pytest.raises(UsageError, match="--database") as caught:
        parse_url(url)
    assert str(caught.value).endswith(expected)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
def test_ordinary_role_has_templates_and_clones(creating_role: Address, scheme: str) -> None:
    """A role that may create databases needs no other right to seed and clone, and leaves no clone."""
    with open_url(url_of(creating_role, scheme), {}) as server:
        clone = server.clone(server.template("ordinary", seed_three))
        assert [(3, "plain")] == rows(clone, "SELECT count(*), min(current_user) FROM numbers")
        assert "url" == server.kind
        server.drop(clone)
        assert clone.database not in databases(server)
        server.remove(next(each for each in server.owned_databases() if each.name == "bench_ordinary"))


def test_ordinary_role_has_templates_of_its_own_beside_a_superusers(
    embedded: PostgresServer, creating_role: Address
) -> None:
    """What somebody else has made of the same dataset is neither used nor in the way."""
    theirs = embedded.template("shared", seed_three)
    with open_url(url_of(creating_role), {}) as server:
        own = server.template("shared", seed_three)
        assert ("bench_shared", "bench_shared_") == (theirs, own[:-6])
        assert own == server.template("shared", seed_three)
        assert [(3, "plain")] == rows(server.clone(own), "SELECT count(*), min(current_user) FROM numbers")
        listed = {each.name: each for each in server.owned_databases()}
        assert "bench_shared" not in listed
        server.remove(listed[own])
    assert "bench_shared" in databases(embedded)


@pytest.mark.parametrize(("comment", "left"), [("querybench clone, format 1", False), ("somebody's", True)])
def test_database_that_was_half_dropped_is_dropped(embedded: PostgresServer, comment: str, left: bool) -> None:
    """A clone of a dead run that the server stopped dropping midway has no marker to be read: its comment tells."""
    name = "bench_clone_0123456789ab_1"
    run_statement(embedded._address, f"CREATE DATABASE {name}")
    run_statement(embedded._address, "COMMENT ON DATABASE {} IS '{}'".format(name, comment.replace("'", "''")))
    run_statement(embedded._address, f"UPDATE pg_database SET datconnlimit = -2 WHERE datname = '{name}'")
    with open_url(url_of(embedded._address), {}) as server:
        assert left is (name in databases(server))
    run_statement(embedded._address, f"DROP DATABASE IF EXISTS {name}")


def test_role_without_the_right_is_told_how_to_get_it(plain_role: Address) -> None:
    """A role that may not create databases is told the statement that allows it."""
    with pytest.raises(DatabaseError) as caught:
        open_url(url_of(plain_role), {})
    assert (
        "this user may not create databases, and bench works in databases of its own: "
        'allow it with `ALTER ROLE "plain" CREATEDB`' == str(caught.value)
    )


def test_password_comes_from_the_environment(creating_role: Address, monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL without a password is no obstacle where PGPASSWORD has it."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with open_url(f"postgresql://plain@/postgres?host={quote(str(creating_role.host), safe='')}", {}) as server:
        assert [("plain",)] == rows(server._address, "SELECT current_user")


def failure(url: str) -> str:
    """What opening a URL that leads nowhere says."""
    with pytest.raises(BenchError) as caught:
        open_url(url, {})
    assert "\n" not in str(caught.value)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


def test_wrong_password_is_one_line(embedded: PostgresServer) -> None:
    """A password that the server refuses is said to be that, and not shown."""
    assert "the database refused user or password: correct them in the URL" == failure(
        url_of(embedded._address, password=PASSWORD)
    )


def test_missing_password_is_one_line(embedded: PostgresServer) -> None:
    """Where the server asks for a password and none is given, the places to give it are named."""
    address = embedded._address
    assert "the database asks for a password: give it in the URL, in PGPASSWORD or in .pgpass" == failure(
        f"postgresql://{address.user}@/postgres?host={quote(str(address.host), safe='')}&passfile=/dev/null"
    )


def test_unknown_database_is_one_line(embedded: PostgresServer) -> None:
    """A database that the server does not have is said to be that."""
    assert "the server has no database of that name: name one that exists in the URL, such as `postgres`" == failure(
        url_of(replace(embedded._address, database="nowhere"))
    )


def test_closed_port_is_one_line() -> None:
    """Where nobody listens, the message says so without naming the host."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert "the database server does not answer: check that it runs, and host and port in the URL" == failure(
        f"postgresql://u:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/d"
    )


def test_host_that_hangs_is_given_up() -> None:
    """A host that takes the connection and says nothing is given up after the URL's own time limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert "the database server does not answer: check that it runs, and host and port in the URL" == failure(
            f"postgresql://u:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/d?connect_timeout=2"
        )


def test_unknown_host_is_one_line() -> None:
    """A host that no name service knows is said to be that, and not shown."""
    assert "no machine of that name is known: correct the host in the URL" == failure("postgresql://u@db.invalid/d")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ('FATAL:  no pg_hba.conf entry for host "1.2.3.4", user "u", database "d", no encryption', "pg_hba.conf"),
        ("FATAL:  sorry, too many clients already", "max_connections"),
        ('FATAL:  role "u" does not exist', "does not know the user"),
        ("server does not support SSL, but SSL was required", "sslmode"),
        ('definition of service "x" not found', "PGSERVICE"),
    ],
)
def test_failures_that_need_another_server_are_explained(message: str, expected: str) -> None:
    """Each known refusal of a server is answered with what to do about it, without the host."""
    assert expected in explain(f'connection to server at "secret.example" (1.2.3.4), port 5432 failed: {message}')
    assert "secret.example" not in explain(f'connection to server at "secret.example" failed: {message}')
