"""Servers to test on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.databases import containers
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.errors import DatabaseError
from tests.databases.helpers import Run, ignore


@pytest.fixture(scope="module")
def embedded(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server, for the tests of one module."""
    with open_embedded({}, say=ignore) as server:
        yield server


@pytest.fixture
def home(cache: Path) -> Path:
    """The directory of the embedded cluster, made and not running."""
    open_embedded({}, say=ignore).close()
    return next((cache / "clusters").glob("embedded-*"))


@pytest.fixture
def start_run() -> Iterator[Callable[..., Run]]:
    """Starts runs in processes of their own, and kills what is left of them."""
    started: list[Run] = []

    def start(*spec: str) -> Run:
        started.append(Run(*spec))
        return started[-1]

    yield start
    for run in started:
        run.kill()


@pytest.fixture
def engine() -> Iterator[Any]:
    """The Docker engine; where none answers the test is skipped."""
    try:
        client = containers.connect_engine(timeout=30)
    except DatabaseError as error:
        pytest.skip(str(error))
    yield client
    client.close()
