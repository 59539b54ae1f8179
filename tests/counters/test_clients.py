"""Who else uses a server is counted, whoever it is, and the run that looks is not among them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.counters.clients import other_clients
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.owned import RUN_NAME
from bench.databases.postgres import PostgresServer
from tests.databases.helpers import eventually, run_statement, seed_three

ANOTHER = "0123456789ab"


@pytest.fixture(scope="module")
def server(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


@pytest.fixture
def stranger(server: PostgresServer) -> Iterator[Address]:
    """The maintenance database, as a user who may see nothing of what others do."""
    run_statement(server.maintenance, "CREATE ROLE stranger LOGIN PASSWORD 'strange'")
    yield replace(server.maintenance, user="stranger", password="strange")
    run_statement(server.maintenance, "DROP ROLE stranger")


def test_client_that_sends_something_is_counted(server: PostgresServer) -> None:
    """One that is only connected is not; one that has sent something since the look before is, though it rests now."""
    database = server.maintenance
    with connect(database, application_name="psql") as one, connect(database, application_name="psql"):
        before = other_clients(database, server.run)
        assert frozenset() == before.working
        one.execute("SELECT 1")
        assert frozenset({one.info.backend_pid}) == other_clients(database, server.run, before.at).working
        assert frozenset() == other_clients(database, server.run).working


def test_client_that_keeps_a_transaction_open_is_counted(server: PostgresServer) -> None:
    """It holds back what could be tidied up, as long as it lasts."""
    database = server.maintenance
    with connect(database, application_name="psql") as one, one.transaction():
        one.execute("SELECT 1")
        assert frozenset({one.info.backend_pid}) == other_clients(database, server.run).working


def test_client_is_counted_whatever_it_is_called(server: PostgresServer) -> None:
    """A name that only begins like the harness's own is another's."""
    database = server.maintenance
    before = other_clients(database, server.run)
    with connect(database, application_name="benchmark") as one, connect(database, application_name="") as other:
        expected = {one.info.backend_pid, other.info.backend_pid}
        assert expected == other_clients(database, server.run, before.at).working


def test_run_does_not_count_itself(server: PostgresServer) -> None:
    """Neither its connections nor those to its databases are another's, whatever they are called."""
    before = other_clients(server.maintenance, server.run)
    clone = server.clone(server.template("clients", seed_three))
    with (
        connect(clone, application_name="bench 01234567") as worker,
        connect(clone, application_name="a strategy's own") as own,
    ):
        worker.execute("SELECT 1")
        own.execute("SELECT 1")
        seen = other_clients(server.maintenance, server.run, before.at)
    assert (frozenset(), frozenset(), 0) == (seen.working, seen.runs, seen.untold)


def test_other_runs_are_told_apart_from_other_clients(server: PostgresServer) -> None:
    """A run that does nothing is not named; one that does is, by its own connection or one to its database."""
    before = other_clients(server.maintenance, server.run)
    with connect(server.maintenance, application_name=RUN_NAME + ANOTHER):
        seen = other_clients(server.maintenance, server.run, before.at)
        assert (frozenset(), frozenset({ANOTHER})) == (seen.working, seen.runs)
        assert frozenset() == other_clients(server.maintenance, server.run).runs
    with open_embedded({}, say=lambda line: None) as another:
        clone = another.clone(another.template("clients", seed_three))
        before = other_clients(server.maintenance, server.run)
        with connect(clone, application_name="bench 01234567"):
            assert frozenset({another.run}) == other_clients(server.maintenance, server.run, before.at).runs


def test_what_a_user_may_not_see_is_not_called_quiet(server: PostgresServer, stranger: Address) -> None:
    """To others than the client's own user the server does not tell whether it works."""
    with connect(server.maintenance, application_name="psql") as one:
        before = other_clients(stranger, server.run)
        one.execute("SELECT 1")
        seen = other_clients(stranger, server.run, before.at)
        assert (frozenset(), True) == (seen.working, seen.untold >= 1)


def test_transactions_of_clients_that_have_left_are_counted(server: PostgresServer) -> None:
    """A thousand of a client that nobody met, though not those in the harness's own databases."""
    clone = server.clone(server.template("clients", seed_three))
    before = other_clients(server.maintenance, server.run)
    for database in (clone, server.maintenance):
        with connect(database, application_name="psql") as one:
            for _ in range(1000):
                one.execute("SELECT 1")

    def ended() -> int:
        return other_clients(server.maintenance, server.run).transactions - before.transactions

    assert eventually(lambda: ended() >= 1000)
    assert ended() < 2000


def test_transactions_in_somebody_s_database_are_not_taken_for_others(server: PostgresServer) -> None:
    """In the database that is read as it stands the run's own are among them, so that none there counts."""
    somebodys = replace(server.maintenance, is_read_only=True)
    before, before_here = (other_clients(where, server.run).transactions for where in (somebodys, server.maintenance))
    with connect(server.maintenance, application_name="psql") as one:
        for _ in range(1000):
            one.execute("SELECT 1")

    assert eventually(lambda: other_clients(server.maintenance, server.run).transactions - before_here >= 1000)
    assert other_clients(somebodys, server.run).transactions - before < 1000
