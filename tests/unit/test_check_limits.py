"""What is read of CHECK constraints: bounds, choices, lengths, orders between columns; what is not, is said."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Boolean, CheckConstraint, Column, Date, Integer, MetaData, Numeric, String, Table

from bench.generating.limits import Limits, Order, checks_of


def checked(sql: str) -> Table:
    """A table with columns of several types and a constraint."""
    return Table(
        "item",
        MetaData(),
        Column("size", Integer),
        Column("most", Integer),
        Column("price", Numeric(8, 2)),
        Column("name", String(40)),
        Column("open", Boolean),
        Column("day", Date),
        CheckConstraint(sql, name="rule"),
    )


@pytest.mark.parametrize(
    ("sql", "column", "limits"),
    [
        ("size > 0", "size", {"low": 0, "low_open": True}),
        ("0 <= size", "size", {"low": 0}),
        ("size >= 1 AND size < 10", "size", {"low": 1, "high": 10, "high_open": True}),
        ("size > 0 AND size > 5 AND size >= 3", "size", {"low": 5, "low_open": True}),
        ("size BETWEEN 1 AND 5", "size", {"low": 1, "high": 5}),
        ("size >= -5", "size", {"low": -5}),
        ("(size)::numeric > '3'::numeric", "size", {"low": Decimal(3), "low_open": True}),
        ("price < 99.5", "price", {"high": Decimal("99.5"), "high_open": True}),
        ("size <> 7", "size", {"excluded": (7,)}),
        ("size = 7", "size", {"choices": [7]}),
        ("name IN ('a', 'b')", "name", {"choices": ["a", "b"]}),
        ("name = ANY (ARRAY['a'::text, 'b'::text])", "name", {"choices": ["a", "b"]}),
        (
            "(name)::text = ANY ((ARRAY['a'::character varying, 'b'::character varying])::text[])",
            "name",
            {"choices": ["a", "b"]},
        ),
        ("name <> ''", "name", {"min_length": 1}),
        ("length(name) > 2 AND char_length(name) <= 10", "name", {"min_length": 3, "max_length": 10}),
        ("length(trim(name)) > 0", "name", {"min_length": 1}),
        ("open", "open", {"choices": [True]}),
        ("NOT open", "open", {"choices": [False]}),
        ("day > '2020-01-31'", "day", {"low": date(2020, 1, 31), "low_open": True}),
        ("day >= DATE '2020-01-31'", "day", {"low": date(2020, 1, 31)}),
        ("size IS NULL OR size > 3", "size", {"low": 3, "low_open": True}),
        ("size IS NOT NULL OR most IS NOT NULL", "size", {"required": True}),
    ],
)
def test_a_condition_limits_a_column(sql: str, column: str, limits: dict[str, Any]) -> None:
    """Written as people write them and as PostgreSQL shows them again, all of it is understood."""
    found = checks_of(checked(sql))

    assert {column: Limits(**limits)} == dict(found.limits)
    assert ([], []) == (list(found.unread), list(found.orders))


@pytest.mark.parametrize(
    ("sql", "order"),
    [
        ("size <= most", Order("size", "most", strict=False)),
        ("size < most", Order("size", "most", strict=True)),
        ("size > most", Order("most", "size", strict=True)),
    ],
)
def test_two_columns_have_an_order(sql: str, order: Order) -> None:
    """A comparison of two columns is an order between them."""
    assert [order] == list(checks_of(checked(sql)).orders)


@pytest.mark.parametrize("sql", ["name ~ '^[a-z]'", "size % 2 = 0", "size & most = 1", "lower(name) = name", "??"])
def test_what_is_not_understood_is_named(sql: str) -> None:
    """A constraint that says something else is kept by its name, for who makes rows by it."""
    found = checks_of(checked(sql))

    assert (["rule"], {}) == (list(found.unread), dict(found.limits))


def test_what_is_understood_of_a_constraint_holds_though_the_rest_is_not() -> None:
    """Of two conditions one is read, and the constraint is named all the same."""
    found = checks_of(checked("size > 3 AND name ~ '^x'"))

    assert ({"size": Limits(low=3, low_open=True)}, ["rule"]) == (dict(found.limits), list(found.unread))


def test_a_constraint_of_expressions_is_read_too() -> None:
    """One that was written with columns and not as text says the same."""
    size = Column("size", Integer)
    table = Table("item", MetaData(), size, CheckConstraint(size > 3))

    assert {"size": Limits(low=3, low_open=True)} == dict(checks_of(table).limits)
