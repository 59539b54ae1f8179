"""An existing database is as it was, whatever strategies try, though their role may write."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.worker.dumps import _environment, _program
from bench.worker.engines import Access
from tests.cli.helpers import run
from tests.databases.helpers import ignore, run_statement
from tests.databases.test_existing import MODELS
from tests.databases.test_url import url_of
from tests.reliability.observing import Observer

QUERIES = """
import os

import asyncpg
import psycopg
from shop import Author
from sqlalchemy import select, text
from sqlalchemy.orm import Session

ASK = "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE"
OTHERWISE = "SELECT set_config('default_transaction_' || 'read_only', 'off', false)"
INSERT = "INSERT INTO authors VALUES (999, 'new')"

async def reading(session):
    return [tuple(row) for row in await session.execute(select(Author.id, Author.name))]

async def asking(session):
    await session.execute(text(ASK))
    await session.execute(text(INSERT))
    await session.commit()

async def asking_the_driver(session):
    raw = (await (await session.connection()).get_raw_connection()).driver_connection
    await raw.execute(ASK)
    await raw.execute(INSERT)

async def let_out(session):
    await session.execute(text(OTHERWISE))
    await session.commit()

async def by_asyncpg(session):
    connection = await asyncpg.connect(os.environ["SOMEBODYS"])
    try:
        await connection.execute(INSERT)
    finally:
        await connection.close()

async def by_psycopg(session):
    async with await psycopg.AsyncConnection.connect(os.environ["SOMEBODYS"]) as connection:
        await connection.execute(INSERT)

def by_psycopg_plainly(session: Session):
    with psycopg.connect(os.environ["SOMEBODYS"]) as connection:
        connection.execute(INSERT)
"""
REFUSED = "an existing database is never written: its sessions stay read-only"
FOUND_OUT = "an existing database is never written: a session of this one was let out of being read-only"
BY_THE_SERVER = "cannot execute INSERT in a read-only transaction"
WAYS = {
    "asking": REFUSED,
    "asking_the_driver": REFUSED,
    "let_out": FOUND_OUT,
    "by_asyncpg": BY_THE_SERVER,
    "by_psycopg": BY_THE_SERVER,
    "by_psycopg_plainly": BY_THE_SERVER,
}
"""What comes of each."""


@pytest.fixture
def owned(cache: Path, tmp_path: Path) -> Iterator[Address]:
    """Somebody's database, as the one whose it is."""
    (tmp_path / "shop.py").write_text(MODELS)
    (tmp_path / "queries.py").write_text(QUERIES)
    with open_embedded({}, say=ignore) as server:
        run_statement(server.maintenance, "CREATE DATABASE kept_as_it_is")
        owned = replace(server.maintenance, database="kept_as_it_is")
        for statement in (
            "CREATE TABLE authors (id int PRIMARY KEY, name text NOT NULL)",
            "CREATE TABLE posts (id int PRIMARY KEY, author_id int NOT NULL REFERENCES authors)",
            "INSERT INTO authors VALUES (1, 'somebody')",
        ):
            run_statement(owned, statement)
        yield owned
        run_statement(server.maintenance, "DROP DATABASE kept_as_it_is WITH (FORCE)")


def dumped(address: Address) -> bytes:
    """All that a database has."""
    environment = _environment(Access(address, "psycopg", "dumping", writes=False))
    command = [_program("pg_dump"), "--restrict-key=same"]
    return subprocess.run(command, env=environment, capture_output=True, check=True).stdout


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_nothing_is_written(owned: Address, tmp_path: Path, driver: str, observed: Observer) -> None:
    """A strategy that asks to write, has got the right, or comes by a connection of its own, fails with the reason."""
    before, url = dumped(owned), url_of(owned)
    with observed("existing-written") as seen:
        ran = run(
            *("run", "queries.py::reading", *(f"queries.py::{way}" for way in WAYS)),
            *("--existing", "--database", url, "--driver", driver, "--budget", "2s"),
            cwd=tmp_path,
            env={"SOMEBODYS": url},
        )
        assert 4 == ran.code, ran.out + ran.err
        said = " ".join(ran.out.split())
        assert {} == {way: expected for way, expected in WAYS.items() if expected not in said or way not in said}
        assert before == dumped(owned)
        seen.says("exit code 4; each strategy failed with the reason; the dump is the same")
