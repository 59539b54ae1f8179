"""One server, one database and one tap for all of these tests."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.measuring.tap_process import TapProcess
from bench.worker.engines import Access
from bench.worker.seeding import seed
from tests.facts.costs import Costs
from tests.facts.library import library


@pytest.fixture(scope="session")
def embedded(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server: PostgreSQL 18 on a Unix socket, with SCRAM."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


@pytest.fixture(scope="session")
def database(embedded: PostgresServer) -> Address:
    """A database with the library; a test that writes takes it back."""

    def fill(address: Address) -> None:
        asyncio.run(seed(library, Access(address, "asyncpg", "bench tested", True), 1, 1, lambda line: None))

    return embedded.reached(embedded.clone(embedded.template("library", fill)))


@pytest.fixture(scope="session")
def tap() -> Iterator[TapProcess]:
    """The tap."""
    with TapProcess() as tap:
        yield tap


@pytest.fixture(scope="session")
def costs(embedded: PostgresServer, database: Address, tap: TapProcess) -> Costs:
    """Counts calls on the library."""
    return Costs(tap, tap.open_way(embedded.reached(embedded.maintenance), counting=True), database)
