"""What a column's type is on PostgreSQL, below what an application has wrapped it in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Enum, Interval, TypeDecorator
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect

if TYPE_CHECKING:
    from sqlalchemy.types import TypeEngine


def plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """A type as it is on PostgreSQL, without what an application has wrapped it in, or what a domain is made of."""
    dialect = asyncpg_dialect.dialect()
    while True:
        variant = kind._variant_mapping.get(dialect.name)  # noqa: SLF001 - no public name gives it as it was written
        if variant is not None and variant is not kind:
            kind = variant
        elif isinstance(kind, TypeDecorator) and not isinstance(kind, Interval):
            kind = kind.load_dialect_impl(dialect)
        elif isinstance(kind, postgresql.DOMAIN):
            kind = kind.data_type
        else:
            return kind


def enumerated(kind: TypeEngine[Any]) -> Sequence[tuple[str, Any]]:
    """What the database has for the values of an enumeration, and the values; nothing of another type."""
    kind = plain(kind)
    if not isinstance(kind, Enum):
        return []
    members = list(kind.enum_class) if kind.enum_class is not None else kind.enums
    return list(zip(kind.enums, members, strict=False))
