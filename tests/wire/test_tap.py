"""The tap between real drivers and real servers: it counts, it adds time, it changes nothing, it survives."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import pytest

from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer
from bench.measuring.tap_process import Crossed, TapLostError, TapProcess, Way
from bench.pipe import encode
from bench.worker.engines import Access, asyncpg_arguments, psycopg_arguments
from tests.databases.helpers import eventually, is_alive
from tests.wire.conversation import SSL_REQUEST, STARTUP, shown


def through(way: Way, use: Callable[[Any], Awaitable[Any]], **options: Any) -> Any:
    """What `use` gives with a connection of asyncpg through the tap, opened as the worker opens its own."""

    async def run() -> Any:
        connection = await asyncpg.connect(
            **asyncpg_arguments(Access(way.entrance, "asyncpg", "test", True)), **options
        )
        try:
            return await use(connection)
        finally:
            await connection.close()

    return asyncio.run(run())


def figures(crossed: Crossed) -> dict[str, int]:
    """What crossed, bytes and zeros left out."""
    assert crossed.counts is not None
    return shown(crossed.counts)


def test_a_call_of_asyncpg_is_counted(embedded: PostgresServer, tap: TapProcess) -> None:
    """Three rows by a statement that is prepared and executed: two round trips, one execution."""
    way = tap.open_way(embedded.maintenance, counting=True)

    async def use(connection: Any) -> list[Any]:
        tap.crossed(way)
        found: list[Any] = await connection.fetch("SELECT generate_series(1, 3)")
        return found

    assert 3 == len(through(way, use))
    assert {"round_trips": 2, "executions": 1, "prepares": 1, "rows": 3} == figures(tap.crossed(way))


def test_a_call_of_psycopg_is_counted(embedded: PostgresServer, tap: TapProcess) -> None:
    """A statement with a parameter in a transaction: BEGIN, the statement and COMMIT are a round trip each."""
    way = tap.open_way(embedded.maintenance, counting=True)
    arguments = psycopg_arguments(Access(way.entrance, "psycopg", "test", True))
    with psycopg.connect(**arguments) as connection:
        tap.crossed(way)
        assert [(3,)] == connection.execute("SELECT %s + 1", (2,)).fetchall()
        connection.commit()
        found = figures(tap.crossed(way))
    assert {"round_trips": 3, "executions": 1, "transaction_commands": 2, "prepares": 1, "rows": 1} == found


def test_connecting_is_counted(embedded: PostgresServer, tap: TapProcess) -> None:
    """Over a Unix socket with SCRAM, connecting is three round trips: the start-up and two messages of SCRAM."""
    way = tap.open_way(embedded.maintenance, counting=True)

    async def nothing(connection: Any) -> None:
        assert {"round_trips": 3, "connections": 1} == figures(tap.crossed(way))

    through(way, nothing)
    crossed = tap.crossed(way)
    assert crossed.counts is not None
    assert 5 == crossed.counts.bytes_sent  # Terminate, which waits for nothing


@pytest.mark.parametrize("over_unix", [True, False])
def test_either_side_may_be_a_unix_socket(embedded: PostgresServer, tap: TapProcess, over_unix: bool) -> None:
    """A server on a Unix socket is reached over one and over TCP, by either driver, with the same counts."""
    way = tap.open_way(embedded.maintenance, counting=True, over_unix=over_unix)
    found = []

    async def use(connection: Any) -> int:
        tap.crossed(way)
        value: int = await connection.fetchval("SELECT 7")
        found.append(figures(tap.crossed(way)))
        return value

    assert 7 == through(way, use)
    arguments = psycopg_arguments(Access(way.entrance, "psycopg", "test", True))
    with psycopg.connect(**arguments) as connection:
        assert [(7,)] == connection.execute("SELECT 7").fetchall()
    assert [{"round_trips": 2, "executions": 1, "prepares": 1, "rows": 1}] == found


@pytest.mark.parametrize("mode", ["prefer", "require", "verify-ca", "verify-full"])
@pytest.mark.parametrize("over_unix", [True, False])
def test_tls_is_spoken_to_a_server_that_wants_it(
    over_tcp: Address, tap: TapProcess, mode: str, over_unix: bool
) -> None:
    """A server that insists on TLS is reached by both drivers, and counted as one in plain is.

    Over a Unix socket to the tap, where drivers speak no TLS, the server refuses them in plain words.
    """
    address = replace(over_tcp, options={**over_tcp.options, "sslmode": mode})
    way = tap.open_way(address, counting=True, over_unix=over_unix)
    arguments = psycopg_arguments(Access(way.entrance, "psycopg", "test", True))
    if over_unix:
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            psycopg.connect(**arguments)
        return

    async def use(connection: Any) -> bool:
        connected = figures(tap.crossed(way))
        assert {"round_trips": 4, "connections": 1} == connected  # the request for TLS among them
        encrypted: bool = await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert {"round_trips": 2, "executions": 1, "prepares": 1, "rows": 1} == figures(tap.crossed(way))
        return encrypted

    assert through(way, use)
    with psycopg.connect(**arguments) as connection:
        assert [(7,)] == connection.execute("SELECT 7").fetchall()


def test_a_certificate_that_does_not_verify_is_refused(over_tcp: Address, tap: TapProcess, tmp_path: Path) -> None:
    """The tap verifies the server in the driver's stead, and says what it did not accept."""
    from bench.wire.encryption import own_certificate

    other = own_certificate(tmp_path)
    address = replace(over_tcp, options={"sslmode": "verify-full", "sslrootcert": str(other)})
    way = tap.open_way(address, counting=True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**psycopg_arguments(Access(way.entrance, "psycopg", "test", True)))
    (complaint,) = tap.crossed(way).complaints
    assert complaint.startswith("the server's certificate was refused: ")


def test_a_server_is_reached_by_its_address_where_that_is_given(over_tcp: Address, tap: TapProcess) -> None:
    """With `hostaddr` the tap connects there, as libpq does, whatever the host is called."""
    address = replace(over_tcp, host="db.invalid", options={**over_tcp.options, "hostaddr": "127.0.0.1"})
    way = tap.open_way(address, counting=True)
    with psycopg.connect(**psycopg_arguments(Access(way.entrance, "psycopg", "test", True))) as connection:
        assert [(7,)] == connection.execute("SELECT 7").fetchall()


def test_a_refused_certificate_does_not_name_the_host(over_tcp: Address, tap: TapProcess) -> None:
    """A certificate of another name is refused by verify-full, in words that repeat neither name."""
    options = {**over_tcp.options, "sslmode": "verify-full", "hostaddr": "127.0.0.1"}
    way = tap.open_way(replace(over_tcp, host="db.invalid", options=options), counting=True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**psycopg_arguments(Access(way.entrance, "psycopg", "test", True)))
    assert ("the server's certificate was refused: it is not for the server's name",) == tap.crossed(way).complaints


def test_bytes_go_through_unchanged(embedded: PostgresServer, tap: TapProcess) -> None:
    """Four megabytes of every byte, sent as a parameter and read back, are what they were, with time added too."""
    way = tap.open_way(embedded.maintenance, counting=True)
    data = bytes(range(256)) * (1 << 14)

    async def use(connection: Any) -> bytes:
        tap.hold(way, 0.002)
        found: bytes = await connection.fetchval("SELECT $1::bytea", data)
        return found

    assert data == through(way, use)
    crossed = tap.crossed(way)
    assert crossed.counts is not None
    assert min(crossed.counts.bytes_sent, crossed.counts.bytes_received) > len(data)


def test_added_time_is_at_least_what_the_tap_holds(embedded: PostgresServer, tap: TapProcess) -> None:
    """Held for 20 ms each way, a round trip takes 40 ms or more."""
    way = tap.open_way(embedded.maintenance, counting=False)
    with connect(way.entrance, application_name="test") as connection:
        tap.hold(way, 0.02)
        before = time.monotonic()
        connection.execute("SELECT 1")
        assert 0.04 <= time.monotonic() - before


def test_a_stalled_connection_lets_nothing_through_for_its_time(embedded: PostgresServer, tap: TapProcess) -> None:
    """The connection that has been open the longest waits 200 ms for its answer."""
    way = tap.open_way(embedded.maintenance, counting=False)
    with connect(way.entrance, application_name="test") as connection:
        before = time.monotonic()
        assert tap.stall(way, 0.2)
        connection.execute("SELECT 1")
        assert 0.2 <= time.monotonic() - before


def test_a_connection_that_is_cut_is_lost_on_both_sides(embedded: PostgresServer, tap: TapProcess) -> None:
    """Of two connections the older one is cut, and the other goes on; then there is none left to cut or stall."""
    way = tap.open_way(embedded.maintenance, counting=False)
    with connect(way.entrance, application_name="older") as older:
        with connect(way.entrance, application_name="younger") as younger:
            assert tap.cut(way)
            with pytest.raises(psycopg.OperationalError):
                older.execute("SELECT 1")
            assert (1,) == younger.execute("SELECT 1").fetchone()
            assert tap.cut(way)
        assert [False, False] == [tap.cut(way), tap.stall(way, 0.1)]


def echo_server() -> tuple[int, threading.Thread]:
    """A server on loopback that sends one client's bytes back until it has no more; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as connection:
            while data := connection.recv(1 << 16):
                connection.sendall(data)

    thread = threading.Thread(target=serve)
    thread.start()
    return listening.getsockname()[1], thread


@pytest.mark.parametrize("opening", [b"", STARTUP, SSL_REQUEST], ids=["none", "started", "asked"])
def test_rubbish_is_relayed_and_marks_the_counts_unknown(tap: TapProcess, opening: bytes) -> None:
    """What is no PostgreSQL comes through unchanged both ways; the counts are unknown, not wrong, and the tap lives."""
    port, thread = echo_server()
    way = tap.open_way(Address("postgresql", "x", "127.0.0.1", port), counting=True)
    rubbish = opening + os.urandom(200_000).replace(b"S", b"s")
    with socket.create_connection(("127.0.0.1", way.entrance.port or 0)) as client:
        sender = threading.Thread(target=client.sendall, args=(rubbish,))
        sender.start()
        back = b""
        while len(back) < len(rubbish) and (data := client.recv(1 << 16)):
            back += data
        sender.join()
        assert rubbish == back
        assert tap.crossed(way).counts is None
    thread.join()
    assert tap.lost() is None


def test_unknown_counts_are_of_one_connection_alone(embedded: PostgresServer, tap: TapProcess) -> None:
    """After rubbish on one connection has been told once, what another sends is counted again."""
    way = tap.open_way(embedded.maintenance, counting=True, over_unix=False)
    with socket.create_connection(("127.0.0.1", way.entrance.port or 0)) as client:
        client.sendall(b"\xff" * 100)
        assert tap.crossed(way).counts is None

        async def use(connection: Any) -> None:
            tap.crossed(way)
            await connection.fetchval("SELECT 7")

        through(way, use)
    assert {"round_trips": 2, "executions": 1, "prepares": 1, "rows": 1} == figures(tap.crossed(way))


def test_a_server_that_closes_in_the_middle(embedded: PostgresServer, tap: TapProcess) -> None:
    """A backend that is terminated in a statement is an error for its client alone; the next one is served."""
    way = tap.open_way(embedded.maintenance, counting=True)

    async def use(connection: Any) -> None:
        await connection.fetchval("SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(asyncpg.PostgresError):
        through(way, use)

    async def again(connection: Any) -> int:
        value: int = await connection.fetchval("SELECT 7")
        return value

    assert 7 == through(way, again)


def test_a_server_that_is_not_there(tap: TapProcess) -> None:
    """A driver is let go of where the server does not answer, and the tap says so, without its host."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    way = tap.open_way(Address("postgresql", "x", "127.0.0.1", port, "u", "p"), counting=True)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(**psycopg_arguments(Access(way.entrance, "psycopg", "test", True)))
    assert ("the server behind the tap does not answer",) == tap.crossed(way).complaints


def test_a_tap_that_was_killed_says_so(embedded: PostgresServer, tap: TapProcess) -> None:
    """Whoever asks a tap that is dead hears how it ended, and nothing waits for it."""
    way = tap.open_way(embedded.maintenance, counting=True)
    os.kill(tap.pid, signal.SIGKILL)
    with pytest.raises(TapLostError, match="the relay that its calls went through, was killed by SIGKILL"):
        tap.crossed(way)


@pytest.mark.parametrize("op", ["close", "taken"])
def test_a_request_and_the_end_of_a_connection_at_once(embedded: PostgresServer, tap: TapProcess, op: str) -> None:
    """A connection that ends in the very moment when the controller asks for something costs the tap nothing."""
    way = tap.open_way(embedded.maintenance, counting=True)
    connection = connect(way.entrance, application_name="test")
    os.kill(tap.pid, signal.SIGSTOP)  # so that both have arrived when it looks again
    tap._pipe.sendall(encode({"id": 99, "op": op, "arguments": {"key": way.key}}))
    connection.close()
    os.kill(tap.pid, signal.SIGCONT)
    assert tap._pipe.recv(1 << 16).startswith(b'{"id":99,"answer"')
    assert tap.lost() is None


def test_a_tap_ends_with_its_controller(embedded: PostgresServer) -> None:
    """When its pipe closes, whatever way, the tap ends, and its directory with the key and the sockets is gone."""
    tap = TapProcess()
    way = tap.open_way(embedded.maintenance, counting=True)
    directory = Path(str(way.entrance.host))
    assert directory.exists()
    tap._pipe.close()
    assert eventually(lambda: not is_alive(tap.pid))
    assert not directory.exists()
    tap.end()


def test_a_way_that_is_closed_lets_nobody_in(embedded: PostgresServer, tap: TapProcess) -> None:
    """After its close a way has no socket any more, and the connections through it are cut."""
    way = tap.open_way(embedded.maintenance, counting=True)
    connection = connect(way.entrance, application_name="test")
    tap.close_way(way)
    with pytest.raises(psycopg.OperationalError):
        connection.execute("SELECT 1")
    connection.close()
    assert [] == list(Path(str(way.entrance.host)).glob(".s.PGSQL.*"))
