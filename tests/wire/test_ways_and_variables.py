"""What libpq's variables say of the way to the server is not meant for the way to the tap."""

from __future__ import annotations

import asyncio

import asyncpg
import psycopg
import pytest

from bench.databases.completing import shields
from bench.databases.postgres import PostgresServer
from bench.measuring.tap_process import TapProcess
from bench.worker.engines import Access, asyncpg_arguments, psycopg_arguments

VARIABLES = {
    "PGHOSTADDR": "192.0.2.1",
    "PGREQUIREPEER": "nobody-of-that-name",
    "PGSSLCERTMODE": "require",
    "PGSSLNEGOTIATION": "direct",
}


def test_without_such_variables_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older libpq is told no option that it does not know."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert {} == shields({})


@pytest.mark.parametrize("over_unix", [True, False], ids=["socket", "loopback"])
def test_both_drivers_find_the_tap(embedded: PostgresServer, monkeypatch: pytest.MonkeyPatch, over_unix: bool) -> None:
    """Whatever number, owner or kind of TLS the environment asks of the server, the drivers come to the tap."""
    for name, value in VARIABLES.items():
        monkeypatch.setenv(name, value)
    with TapProcess() as tap:
        way = tap.open_way(embedded.maintenance, counting=True, over_unix=over_unix)

        async def ask() -> int:
            connection = await asyncpg.connect(**asyncpg_arguments(Access(way.entrance, "asyncpg", "test", True)))
            found: int = await connection.fetchval("SELECT 7")
            await connection.close()
            return found

        with psycopg.connect(**psycopg_arguments(Access(way.entrance, "psycopg", "test", True))) as connection:
            assert (7,) == connection.execute("SELECT 7").fetchone()
        assert 7 == asyncio.run(ask())
