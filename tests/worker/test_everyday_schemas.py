"""Rows are made for tables as applications have them, and PostgreSQL takes them all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from sqlalchemy import Column, Index, Integer, MetaData, String, Table
from sqlalchemy.types import TypeDecorator

from bench import Dataset, generated
from bench.databases.address import Address
from bench.databases.postgres import PostgresServer
from bench.errors import ScenarioError
from bench.worker.seeding import _converted, seed
from tests.worker import everyday_schemas as schemas
from tests.worker.helpers import access, rows, seeder


@pytest.fixture(scope="module")
def filled(postgresql: PostgresServer) -> Callable[..., Address]:
    """Makes a database of a schema's rows, once."""

    @cache
    def make(schema: Callable[[], Any], number: int = 1) -> Address:
        name, base = schema.__name__, schema()
        dataset = Dataset(name, base.metadata, generated(base))
        return postgresql.clone(postgresql.template(f"everyday_{name}_{number}", seeder(dataset, number=number)))

    return make


COUNTS = {
    schemas.intervals: {"task": 1000},
    schemas.few_values: {"person": 1000, "day": 5000, "country": 676, "region": 3380, "grade": 100, "slot": 40},
    schemas.one_to_one: {"account": 1000, "profile": 1000, "post": 5000},
    schemas.tenants: {"tenant": 1000, "member": 5000, "team": 5000, "membership": 15000},
    schemas.orders_of_columns: {"plan": 1000, "starts": 1000},
    schemas.friends: {"person": 1000, "friendship": 3000, "follow": 3000, "transfer": 5000},
    schemas.nulls: {"post": 1000, "photo": 1000, "comment": 5000, "payment": 1000},
    schemas.trees: {"node": 1000, "step": 1000, "side": 1000},
    schemas.counts: {"person": 1000, "address": 5000, "animal": 1000, "dog": 500, "visit": 20000, "badge": 5000},
    schemas.partly_unique: {"person": 1000, "address": 5000, "subscription": 5000},
    schemas.wrapped: {"thing": 1000},
}


@pytest.mark.parametrize("schema", COUNTS, ids=lambda one: one.__name__)
def test_postgresql_takes_the_rows(filled: Callable[..., Address], schema: Callable[[], Any]) -> None:
    """Keys, uniqueness and CHECK constraints hold, of another seed than below, and every table has its rows."""
    address = filled(schema, 2)

    assert COUNTS[schema] == {name: rows(address, f"SELECT count(*) FROM {name}")[0][0] for name in COUNTS[schema]}


def test_a_relationship_to_one_object_has_one_row(filled: Callable[..., Address]) -> None:
    """Without uniqueness too; a list of the same rows has several."""
    address = filled(schemas.one_to_one)

    assert [(1,)] == rows(address, "SELECT DISTINCT count(*) FROM profile GROUP BY account_id")
    assert len(rows(address, "SELECT DISTINCT count(*) FROM post GROUP BY account_id")) > 5


def test_what_is_unique_in_some_rows_leaves_the_others(filled: Callable[..., Address]) -> None:
    """A user has several addresses, of which one may be the first."""
    address = filled(schemas.partly_unique)

    assert len(rows(address, "SELECT DISTINCT count(*) FROM address GROUP BY user_id")) > 5
    for table, where in (
        ("address", "is_primary"),
        ("subscription", "ended IS NULL"),
        ("subscription", "state = 'PAID'"),
    ):
        assert rows(address, f"SELECT count(*) FROM {table} WHERE {where}") > [(10,)]


def test_a_tree_has_branches_within_its_tenant(filled: Callable[..., Address]) -> None:
    """Most rows of a tree have a parent, and only few are without."""
    address = filled(schemas.trees)

    assert rows(address, "SELECT count(parent_id) FROM node") > [(700,)]
    assert rows(address, "SELECT count(after_id) FROM step") > [(500,)]
    assert [] == rows(address, "SELECT id FROM side WHERE parent_id >= id")


def test_alternatives_are_all_there(filled: Callable[..., Address]) -> None:
    """Where one column or another has a value, both occur."""
    address = filled(schemas.nulls)

    assert rows(address, "SELECT count(post_id), count(photo_id), count(day), count(at) FROM comment") > [
        (1000, 1000, 1000, 1000)
    ]
    assert [("large",), ("small",)] == rows(address, "SELECT DISTINCT size FROM comment ORDER BY size")
    assert rows(address, "SELECT count(*) FROM payment WHERE state = 'SENT'") > [(100,)]


def test_references_that_share_a_column_agree(filled: Callable[..., Address]) -> None:
    """A tenant's ten seats are its own, and its memberships of many groups."""
    address = filled(schemas.tenants)

    assert rows(address, "SELECT count(*) FROM seat") > [(9000,)]
    assert len(rows(address, "SELECT DISTINCT count(*) FROM membership GROUP BY tenant_id, user_id")) > 3


def test_an_index_that_only_migrations_can_make_is_left_out(postgresql: PostgresServer) -> None:
    """Without an extension's operator class, or under a name that is taken, it is said, and rows are there."""
    columns = Column("id", Integer, primary_key=True), Column("name", String)
    table = Table("item", MetaData(), *columns, Index("by_words", "name", postgresql_using="gin"))
    Index("by_name", table.c.name)
    Index("by_name", table.c.id)
    said: list[str] = []
    dataset = Dataset("indexed", table.metadata, generated(table.metadata, {"item": 3}))
    template = postgresql.template(
        "left_out", lambda address: asyncio.run(seed(dataset, access(address, writes=True), 1, 1, said.append))
    )

    assert [(3,)] == rows(postgresql.clone(template), "SELECT count(*) FROM item")
    assert ["by_name", "by_words"] == sorted(
        line.split()[2] for line in said if line.startswith("the index ") and " is left out: " in line
    )


class Whimsical(TypeDecorator[Any]):
    """Takes what it likes."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Refuses odd numbers."""
        return {0: "even"}[value % 2] and value


def test_a_type_that_does_not_take_a_value_is_named() -> None:
    """The column and what went wrong are said, and not the value."""
    table = Table("item", MetaData(), Column("size", Whimsical()))

    assert [(2,), (None,)] == list(_converted([table.c.size], [(2,), (None,)]))
    with pytest.raises(
        ScenarioError,
        match=r"^item\.size: its type Whimsical does not take what was made for it \(KeyError\): give values for it$",
    ):
        list(_converted([table.c.size], [(4711,)]))
