"""Reads what a call has left in the tables that it writes, so that it can be compared with what another has left."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DefaultClause, FetchedValue, Table, TextClause, select
from sqlalchemy.sql.elements import False_, Null, True_

from bench.equality import SeenRow

Values = tuple[Any, ...]

SCALARS = frozenset({type(None), bool, int, float, str, bytes, Decimal, date, datetime, time, timedelta, UUID})
"""Types whose equal values are the same to a comparison too; what is inside of others may be equal and of another type.
"""
CONSTANT = re.compile(r"\s*('[^']*'|[-+]?[\d.]+|true|false|null)(::[\w ]+)?\s*", re.IGNORECASE)
"""A default of the server's that is a literal."""


@dataclass(frozen=True)
class _Kept:
    """A row as it was before a call, the types of its values, and what is compared of it where it has not changed."""

    row: Values
    types: tuple[type, ...]
    compared: SeenRow


class Before:
    """The rows of the written tables before any call, the same in the clones of all strategies of a point.

    Args:
        rows: Of each table the rows, with the values of its columns in their order.
    """

    def __init__(self, rows: Mapping[Table, Sequence[Values]]) -> None:
        self._keys: dict[Table, frozenset[Values]] = {}
        self._values: dict[Column[Any], frozenset[Any]] = {}
        self._kept: dict[Table, dict[Values, _Kept]] = {}
        self._places = {table: _places(table) for table in rows}
        self._of_known = {table: _but(table, _changes_by_itself) for table in rows}
        self._of_new = {table: _but(table, _is_generated) for table in rows}
        for table, found in rows.items():
            keys = [self._key(table, row) for row in found] if table.primary_key.columns else []
            self._keys[table] = frozenset(keys)
            for place, column in enumerate(table.primary_key):
                self._values[column] = frozenset(key[place] for key in keys)
        for table, found in rows.items():
            # Only once all keys are known, for those of other tables tell what a foreign key refers to.
            self._kept[table] = {
                self._key(table, row): _Kept(row, tuple(map(type, row)), SeenRow(self._compared(table, row)))
                for row in found
                if self._keys[table] and SCALARS.issuperset(map(type, row))
            }

    async def compared(self, connection: Any) -> dict[str, list[Values]]:
        """The rows that are in the tables now, by table. A row that was there before is read whole, but for what each
        update changes by itself; of a new one, what the server or a default makes is left out, and the keys of other
        new rows.

        Rows that have not changed are the very same objects for all strategies, which makes comparing them quick.
        """
        found = {}
        for table, kept in self._kept.items():
            rows = (await connection.execute(select(*table.columns).order_by(*table.primary_key))).all()
            found[table.fullname] = [self._compared_now(table, tuple(row), kept) for row in rows]
        return found

    def _compared_now(self, table: Table, row: Values, kept: Mapping[Values, _Kept]) -> Values:
        known = kept.get(self._key(table, row))
        if known is not None and known.row == row and known.types == tuple(map(type, row)):
            return known.compared
        return self._compared(table, row)

    def _key(self, table: Table, row: Values) -> Values:
        return tuple([row[place] for place in self._places[table]])

    def _compared(self, table: Table, row: Values) -> Values:
        if self._key(table, row) in self._keys[table]:
            return tuple([row[place] for place, _ in self._of_known[table]])
        return tuple(
            [
                row[place]
                for place, column in self._of_new[table]
                if not column.foreign_keys or not self._is_key_of_a_new_row(column, row[place])
            ]
        )

    def _is_key_of_a_new_row(self, column: Column[Any], value: Any) -> bool:
        """Whether a foreign key refers to a row that was not there before, by a key that the server generated for
        it.
        """
        return value is not None and any(
            key.column.table in self._keys
            and value not in self._values.get(key.column, ())
            and self._comes_from_a_generated_key(key.column, frozenset())
            for key in column.foreign_keys
        )

    def _comes_from_a_generated_key(self, column: Column[Any], seen: frozenset[Column[Any]]) -> bool:
        referred = {key.column for key in column.foreign_keys if key.column.table in self._keys} - seen
        return _is_generated(column) or any(self._comes_from_a_generated_key(one, seen | {column}) for one in referred)


def _places(table: Table) -> tuple[int, ...]:
    """Where the columns of its primary key stand in a row."""
    columns = list(table.columns)
    return tuple(columns.index(column) for column in table.primary_key)


def _but(table: Table, left_out: Callable[[Column[Any]], bool]) -> Sequence[tuple[int, Column[Any]]]:
    """Its other columns with where they stand in a row: asked once, for tables of a hundred thousand rows."""
    return [(place, column) for place, column in enumerate(table.columns) if not left_out(column)]


def _is_generated(column: Column[Any]) -> bool:
    if column.computed is not None or column.identity is not None:
        return True
    if column.server_default is not None and not _is_constant(column.server_default):
        return True
    if column.default is not None and not column.default.is_scalar:
        return True
    return column is column.table.autoincrement_column


def _changes_by_itself(column: Column[Any]) -> bool:
    """Whether each update of a row gives it a new value, such as the time of the update; what is computed has none."""
    if column.computed is not None:
        return False
    return column.server_onupdate is not None or (column.onupdate is not None and not column.onupdate.is_scalar)


def _is_constant(default: FetchedValue) -> bool:
    """Whether the server gives the same value each time: then who gives another one leaves something else."""
    given = default.arg if isinstance(default, DefaultClause) else None
    return isinstance(given, str | True_ | False_ | Null) or (
        isinstance(given, TextClause) and CONSTANT.fullmatch(given.text) is not None
    )
