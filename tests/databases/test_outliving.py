"""Whether a server is still there, and having it back where it has ended."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.pulse import has_pulse
from bench.databases.sqlite import SqliteServer
from bench.errors import DatabaseError
from tests.databases.helpers import cache_apart, ignore, rows, seed_three

if TYPE_CHECKING:
    from psycopg import Connection


@pytest.fixture
def connection(embedded: PostgresServer) -> Iterator[Connection[Any]]:
    """A connection on which nothing goes on."""
    with closing(connect(embedded.maintenance, application_name="test")) as opened:
        yield opened


@pytest.fixture
def apart() -> Iterator[PostgresServer]:
    """A server that nobody else uses, so that it can be killed."""
    with cache_apart(), open_embedded({}, say=ignore) as server:
        yield server


def test_a_connection_that_answers_has_a_pulse(connection: Connection[Any]) -> None:
    """It is left as it was, so that it is asked again, and used."""
    assert [True, True] == [has_pulse(connection, 10.0) for _ in range(2)]
    assert (1,) == connection.execute("SELECT 1").fetchone()


def test_a_connection_that_was_ended_has_none(embedded: PostgresServer, connection: Connection[Any]) -> None:
    """The server has said so already, or says so now."""
    with connect(embedded.maintenance, application_name="operator") as operator:
        operator.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    assert not has_pulse(connection, 10.0)


def test_a_server_that_hangs_has_none(connection: Connection[Any]) -> None:
    """Of one that says nothing it is not waited for without end."""
    os.kill(connection.info.backend_pid, signal.SIGSTOP)
    try:
        assert not has_pulse(connection, 0.2)
    finally:
        os.kill(connection.info.backend_pid, signal.SIGCONT)


def test_a_killed_server_is_started_again_with_its_clones(apart: PostgresServer) -> None:
    """At the same address, with the rows that were there; its end is told once."""
    clone = apart.clone(apart.template("killed", seed_three))
    assert 0 == apart.times_ended()
    kill(apart)
    assert [1, 1] == [apart.times_ended() for _ in range(2)]
    assert "was started again" == apart.revive()
    assert 1 == apart.times_ended()
    assert [(3,)] == rows(clone, "SELECT count(*) FROM numbers")


def test_a_server_that_was_restarted_came_back(apart: PostgresServer) -> None:
    """Who has not restarted it himself finds that it ended, and has nothing to start."""
    assert apart._own is not None
    apart._own.restart()
    assert 1 == apart.times_ended()
    assert "came back" == apart.revive()


def test_a_restart_that_was_asked_for_is_no_end(apart: PostgresServer) -> None:
    """A fault that a scenario asks for is none of the server's."""
    apart.restart()
    assert 0 == apart.times_ended()


def test_an_end_is_told_though_the_connection_was_renewed_since(apart: PostgresServer) -> None:
    """Whatever asks the server first finds the broken connection, and makes a new one."""
    assert apart._own is not None
    apart._own.restart()
    with pytest.raises(DatabaseError):
        apart.settings()
    assert apart.settings()
    assert 1 == apart.times_ended()


def test_sqlite_never_ends() -> None:
    """It runs in the worker, so that there is nothing to have back."""
    with SqliteServer({}) as server:
        assert 0 == server.times_ended()
        with pytest.raises(DatabaseError, match="there is no server to start again with sqlite"):
            server.revive()


def kill(server: PostgresServer) -> None:
    """End the server's first process, as a kernel does that has no memory left."""
    assert server._own is not None
    process = server._own.process()
    assert process is not None
    os.kill(process, signal.SIGKILL)
