"""How long a million rows over five tables take to be made and loaded, beside psql's \\copy of the same rows."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKey, MetaData, Numeric, String, Text, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from bench import Dataset, generated
from bench.databases.address import Address
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.worker.dumps import _environment, _program
from bench.worker.seeding import _ddl
from tests.worker.helpers import access, rows, seeder


class Base(DeclarativeBase):
    """What these classes are mapped by."""


class Customer(Base):
    """Who orders."""

    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(120), unique=True)
    born: Mapped[datetime]


class Product(Base):
    """What is ordered."""

    __tablename__ = "product"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(120))
    price: Mapped[Decimal] = mapped_column(Numeric(8, 2))
    about: Mapped[str | None] = mapped_column(Text)


class Order(Base):
    """What a customer ordered at once."""

    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    state: Mapped[str] = mapped_column(String(10))
    __table_args__ = (CheckConstraint("state IN ('new', 'paid', 'sent')"),)


class Line(Base):
    """One product of an order."""

    __tablename__ = "line"
    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    pieces: Mapped[int] = mapped_column(CheckConstraint("pieces BETWEEN 1 AND 20"))


class Review(Base):
    """What a customer says of a product."""

    __tablename__ = "review"
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"), primary_key=True)
    stars: Mapped[int]
    said: Mapped[str] = mapped_column(String(200))


COPY = "psql's \\copy"
AMOUNTS = {"customer": 50_000, "product": 10_000, "orders": 200_000, "line": 700_000, "review": 40_000}


@pytest.fixture(scope="module")
def postgresql(cache: Path) -> Iterator[PostgresServer]:
    """The embedded server."""
    with open_embedded({}, say=lambda line: None) as server:
        yield server


def psql(address: Address, *commands: str) -> None:
    """Run commands of psql's there."""
    words = [word for command in commands for word in ("--command", command)]
    subprocess.run(
        [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", *words],
        env=_environment(access(address)),
        check=True,
        stdout=subprocess.DEVNULL,
    )


def seconds(work: Callable[[], Any]) -> float:
    """What a piece of work took."""
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_a_million_rows(
    postgresql: PostgresServer, tmp_path: Path, benchmark: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made, loaded and indexed, and copied by psql into the same tables, which are indexed after that too."""
    dataset = Dataset("million", Base.metadata, generated(Base, AMOUNTS))
    plans = generated(Base, AMOUNTS)
    found: dict[str, float] = {}

    def run() -> None:
        found["made alone"] = seconds(lambda: [sum(1 for _ in each) for _, each in plans(1, Random(1))])
        found["made and loaded"] = seconds(lambda: postgresql.template("a_million", seeder(dataset)))
        filled = postgresql.clone(postgresql.template("a_million", seeder(dataset)))
        assert [(sum(AMOUNTS.values()),)] == rows(
            filled, f"SELECT {' + '.join(f'(SELECT count(*) FROM {name})' for name in AMOUNTS)}"
        )
        psql(filled, *(f"\\copy {name} TO '{tmp_path / name}.csv' CSV" for name in AMOUNTS))
        nothing = Dataset("nothing", MetaData(), lambda scale, random: iter(()))
        empty = postgresql.clone(postgresql.template("no_rows", seeder(nothing)))
        before, after = _ddl(Base.metadata)
        copies = [f"\\copy {name} FROM '{tmp_path / name}.csv' CSV" for name in AMOUNTS]
        found[COPY] = seconds(lambda: psql(empty, *before, *copies, *after, "VACUUM ANALYZE"))

    benchmark.pedantic(run, rounds=1)
    with capsys.disabled():
        print()
        for what, took in found.items():
            print(f"  {what}: {took:.1f} s, {took / found[COPY]:.2f} times that of psql")
