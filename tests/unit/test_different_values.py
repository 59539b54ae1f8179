"""Values that are all different: by their place, as many as are said, within what a column takes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    CHAR,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    MetaData,
    Numeric,
    SmallInteger,
    String,
    Table,
    Time,
    TypeDecorator,
    Uuid,
)
from sqlalchemy.dialects.postgresql import CIDR, DATERANGE, INET, MACADDR, NUMRANGE, UUID

from bench.generating.kinds import plain
from bench.generating.limits import Limits
from bench.generating.source import Domain, listed
from bench.generating.values import made_for

TYPES = (
    Boolean(),
    SmallInteger(),
    Integer(),
    BigInteger(),
    Numeric(2, 0),
    Numeric(3),
    Numeric(6, 2),
    Float(),
    Date(),
    DateTime(),
    Time(),
    Interval(),
    Uuid(),
    LargeBinary(2),
    CHAR(2),
    String(3),
    String(40),
    INET(),
    CIDR(),
    MACADDR(),
    DATERANGE(),
    NUMRANGE(),
)


NO_LIMITS = Limits()


def made(kind: Any, limits: Limits = NO_LIMITS) -> Any:
    """What is made for a column of a type."""
    table = Table("item", MetaData(), Column("value", kind))
    return made_for(table.c.value, limits)


@pytest.mark.parametrize("kind", TYPES, ids=repr)
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_values_of_two_places_differ(kind: Any, data: st.DataObject) -> None:
    """Whatever the type, any two places of it have different values, the last one too."""
    domain = made(kind).all
    places = st.integers(0, domain.size - 1) | st.just(domain.size - 1)
    one, other = data.draw(places), data.draw(places)

    assert (one == other) == (domain.at(one) == domain.at(other))


@given(st.lists(st.integers(0, 20), unique=True), st.sets(st.integers(-3, 25)))
def test_what_is_excluded_is_no_value(values: list[int], excluded: set[int]) -> None:
    """Without some values, the others are left in their order."""
    domain = listed(values).without(excluded)

    assert [one for one in values if one not in excluded] == domain.values(range(domain.size))


@pytest.mark.parametrize(
    ("kind", "limits", "size"),
    [
        (Integer(), Limits(low=1, high=5, excluded=(2, 9)), 4),
        (Float(), Limits(), 10**15 + 1),
        (Float(), Limits(low=10**14), 9 * 10**14 + 1),
        (Numeric(2, 1), Limits(low=0, low_open=True, high=1, excluded=(0.5,)), 9),
        (Numeric(2, 0), Limits(), 100),
        (Numeric(4), Limits(), 10_000),
        (CHAR(2), Limits(), 676),
        (LargeBinary(1), Limits(), 256),
        (String(9), Limits(choices=["a", "b"], excluded=("b",)), 1),
    ],
)
def test_a_domain_is_as_large_as_limits_leave_it(kind: Any, limits: Limits, size: int) -> None:
    """Bounds, exclusions and the type's own size count."""
    assert size == made(kind, limits).all.size


def test_values_at_random_are_none_that_is_excluded() -> None:
    """Where a constraint excludes a number or a day, no row has it."""
    numbers = made(Integer(), Limits(low=1, high=3, excluded=(2,))).some(range(50), Random(1))
    amounts = made(Numeric(2, 1), Limits(low=-0.2, high=0.2, excluded=(0,))).some(range(50), Random(1))

    assert ({1, 3}, False) == (set(numbers), 0 in amounts)


class Wrapped(TypeDecorator[Any]):
    """Text that is a UUID on PostgreSQL."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        """As an application would."""
        return dialect.type_descriptor(UUID() if dialect.name == "postgresql" else String(36))


class Zoned(TypeDecorator[Any]):
    """A moment that must have a zone, as SQLAlchemy's documentation writes it."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Refuses one without."""
        if not value.tzinfo:
            raise TypeError("tzinfo is required")
        return value.replace(tzinfo=None)


class Choosy(Zoned):
    """Takes nothing."""

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Refuses everything."""
        raise ValueError("never")


@pytest.mark.parametrize("kind", [Wrapped(), String(36).with_variant(UUID(), "postgresql"), UUID()], ids=repr)
def test_a_type_is_what_it_is_on_postgresql(kind: Any) -> None:
    """A decorator's own choice and a variant are seen through."""
    assert isinstance(plain(kind), Uuid)


def test_an_application_s_type_is_given_what_it_takes() -> None:
    """Moments get a zone where they need one; of what takes nothing, nothing is known."""
    moment = made(Zoned()).some(range(1), Random(1))[0]

    assert (True, None) == (moment.tzinfo is not None, made(Choosy()))


def test_more_values_than_a_sequence_can_have() -> None:
    """A domain may be larger than Python's longest range."""
    domain = Domain(2**80, lambda place: place)

    assert 5 == len(set(domain.at_random()(range(5), Random(1))))
