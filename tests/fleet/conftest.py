"""One server for all tests of fleets, and runs of their cases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer


@pytest.fixture(scope="session", autouse=True)
def embedded(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server, kept running between the runs."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server
