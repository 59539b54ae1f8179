"""Servers to relay to, one of them under TLS, and a tap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.measuring.tap_process import TapProcess
from tests.databases.tls import server_with_tls


@pytest.fixture(scope="session")
def embedded(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server, on a Unix socket."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


@pytest.fixture
def tap() -> Iterator[TapProcess]:
    """A tap of the test's own."""
    with TapProcess() as tap:
        yield tap


@pytest.fixture(scope="session")
def over_tcp() -> Iterator[Address]:
    """A server that listens on loopback and insists on TLS and SCRAM."""
    with server_with_tls() as address:
        yield address
