"""Sequences that give a column's values without belonging to it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Sequence
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect


def named_sequence(column: Column[Any]) -> str | None:
    """The quoted name of the `Sequence` that a column was declared with; the server knows of no tie between the two."""
    if not isinstance(column.default, Sequence):
        return None
    return postgresql_dialect().identifier_preparer.format_sequence(column.default)
