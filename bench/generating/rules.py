"""CHECK constraints that say something of several columns of a row, or offer alternatives: whether a row satisfies one.

What PostgreSQL and Python could see differently (an order of text, a pattern) is not understood here.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.generating.kinds import enumerated

if TYPE_CHECKING:
    from sqlalchemy import Column, Table

Row = Mapping[str, Any]
Node = Any
"""A part of parsed SQL, of sqlglot's."""
Read = Callable[[Row], Any]
"""What an expression is for a row; None is SQL's null, and what is not known."""
_COMPARED: Mapping[str, Callable[[Any, Any], Any]] = {
    "EQ": operator.eq,
    "NEQ": operator.ne,
    "LT": operator.lt,
    "LTE": operator.le,
    "GT": operator.gt,
    "GTE": operator.ge,
    "Add": operator.add,
    "Sub": operator.sub,
    "Mul": operator.mul,
}
_OF_ORDER = ("LT", "LTE", "GT", "GTE")


@dataclass(frozen=True)
class Rule:
    """A condition on a row: the constraint that has it, the columns that it reads, what it compares each of them with,
    what it is for a row, and whether it does no more than compare what is not null.
    """

    name: str
    columns: frozenset[str]
    literals: Mapping[str, Sequence[Any]]
    read: Read
    compares: bool

    def holds(self, row: Row) -> bool:
        """Whether a row satisfies it: as in SQL, what is null does."""
        return self.read(row) is not False


class _NotUnderstoodError(Exception):
    """An expression that says something else."""


def rule_of(
    name: str, condition: Node, table: Table, value_of: Callable[[Node], Any], typed: Callable[[Any, Column[Any]], Any]
) -> Rule | None:
    """A condition as a rule; None where it is not understood.

    Args:
        name: The constraint that has it.
        condition: It, parsed.
        table: Whose rows it is about.
        value_of: The value that an expression writes; None where it is none.
        typed: A value as its column has it.
    """
    from sqlglot import exp

    reading = _Reading(table, value_of, typed)
    try:
        read = reading.read(condition)
    except _NotUnderstoodError:
        return None
    if not reading.columns:
        return None
    compares = type(condition.unnest()).__name__ in _COMPARED and not condition.find(
        exp.Is, exp.Anonymous, exp.Coalesce
    )
    return Rule(name, frozenset(reading.columns), reading.literals, read, compares)


class _Reading:
    """Makes a function of a condition."""

    def __init__(self, table: Table, value_of: Callable[[Node], Any], typed: Callable[[Any, Column[Any]], Any]) -> None:
        self._table = table
        self._value_of = value_of
        self._typed = typed
        self.columns: set[str] = set()
        self.literals: dict[str, list[Any]] = {}

    def read(self, node: Node) -> Read:
        from sqlglot import exp

        node = node.unnest()
        if (value := self._value_of(node)) is not None:
            return lambda row: value
        match node:
            case exp.Null():
                return lambda row: None
            case exp.Column():
                return self._column(node.name)
            case exp.And() | exp.Or():
                return _joined(self.read(node.left), self.read(node.right), all_of=isinstance(node, exp.And))
            case exp.Not():
                return _negated(self.read(node.this))
            case exp.Is():
                return self._is(node)
            case exp.In() if node.expressions:
                return self._any([self._pair("EQ", node.this, one) for one in node.expressions])
            case exp.Between():
                low, high = node.args["low"], node.args["high"]
                return _joined(self._pair("GTE", node.this, low), self._pair("LTE", node.this, high), all_of=True)
            case exp.NullSafeNEQ():
                left, right = self.read(node.left), self.read(node.right)
                return lambda row: left(row) != right(row)
            case exp.Cast():
                return self._cast(node)
            case exp.Length():
                inner = self.read(node.this)
                return lambda row: len(text) if isinstance(text := inner(row), str) else None
            case exp.Coalesce():
                several = [self.read(one) for one in (node.this, *node.expressions)]
                return lambda row: next((value for one in several if (value := one(row)) is not None), None)
            case exp.Anonymous() if node.name.lower() in ("num_nonnulls", "num_nulls"):
                counted = [self.read(one) for one in node.expressions]
                nulls = node.name.lower() == "num_nulls"
                return lambda row: sum((one(row) is None) == nulls for one in counted)
        kind = type(node).__name__
        if kind in _COMPARED:
            return self._pair(kind, node.left, node.right)
        raise _NotUnderstoodError

    def _column(self, name: str) -> Read:
        if name not in self._table.c:
            raise _NotUnderstoodError
        self.columns.add(name)
        written = {id(member): text for text, member in enumerated(self._table.c[name].type)}
        if not written:
            return lambda row: row.get(name)
        return lambda row: written.get(id(row.get(name)), row.get(name))

    def _pair(self, kind: str, left: Node, right: Node) -> Read:
        """Two expressions compared, or added up."""
        one, other = (self._side(side, beside) for side, beside in ((left, right), (right, left)))
        compared, by_order = _COMPARED[kind], kind in _OF_ORDER

        def read(row: Row) -> Any:
            first, second = one(row), other(row)
            if first is None or second is None or (by_order and isinstance(first, str)):
                return None
            try:
                return compared(first, second)
            except TypeError:  # types that Python does not compare, of which PostgreSQL may think otherwise
                return None

        return read

    def _side(self, side: Node, beside: Node) -> Read:
        """A side of a comparison: what is written there is of the type of the column beside it."""
        from sqlglot import exp

        inner, value = beside.unnest(), self._value_of(side.unnest())
        while isinstance(inner, exp.Cast):
            inner = inner.this.unnest()
        if value is None or not isinstance(inner, exp.Column) or inner.name not in self._table.c:
            return self.read(side)
        typed = self._typed(value, self._table.c[inner.name])
        members = dict(enumerated(self._table.c[inner.name].type))
        self.literals.setdefault(inner.name, []).append(members.get(typed, typed))
        return lambda row: typed

    def _is(self, node: Node) -> Read:
        from sqlglot import exp

        inner, negated = self.read(node.this), bool(node.args.get("negate"))
        if isinstance(node.expression, exp.Null):
            return lambda row: (inner(row) is None) is not negated
        if isinstance(node.expression, exp.Boolean):
            wanted = bool(node.expression.this)
            return lambda row: (inner(row) is wanted) is not negated
        raise _NotUnderstoodError

    def _cast(self, node: Node) -> Read:
        inner, whole = self.read(node.this), "INT" in node.to.sql("postgres").upper()
        return lambda row: int(value) if isinstance(value := inner(row), bool) and whole else value

    @staticmethod
    def _any(several: Sequence[Read]) -> Read:
        read = several[0]
        for other in several[1:]:
            read = _joined(read, other, all_of=False)
        return read


def _joined(one: Read, other: Read, *, all_of: bool) -> Read:
    """AND and OR, with what is not known."""

    def read(row: Row) -> Any:
        first = one(row)
        if first is (not all_of):
            return first
        second = other(row)
        return second if second is (not all_of) or first is all_of else None

    return read


def _negated(inner: Read) -> Read:
    return lambda row: None if (value := inner(row)) is None else not value
