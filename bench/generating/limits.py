"""What CHECK constraints allow a column, read from their SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Integer, Numeric, Table
from sqlalchemy.dialects.postgresql import dialect as postgresql_dialect
from sqlalchemy.exc import SQLAlchemyError

from bench.generating.rules import Rule, rule_of

MIRRORED = {"LT": "GT", "LTE": "GTE", "GT": "LT", "GTE": "LTE"}
Node = Any
"""A part of parsed SQL, of sqlglot's."""
if TYPE_CHECKING:
    from sqlalchemy.sql import ClauseElement

Bound = int | float | Decimal | date | datetime


@dataclass(frozen=True)
class Limits:
    """What a column's values are held to.

    `low` and `high` are allowed themselves unless they are `open`; `choices` are all that is allowed, where there are
    any; `min_length` and `max_length` count letters; `excluded` are values that are not allowed; `required` is whether
    null is none that is.
    """

    low: Bound | None = None
    low_open: bool = False
    high: Bound | None = None
    high_open: bool = False
    choices: Sequence[Any] | None = None
    min_length: int = 0
    max_length: int | None = None
    excluded: Sequence[Any] = ()
    required: bool = False

    def allows(self, value: Any) -> bool:
        """Whether a value that is not null is within them."""
        if isinstance(value, datetime):
            value = value.replace(tzinfo=None)
        try:
            return (
                (self.choices is None or value in self.choices)
                and value not in self.excluded
                and (self.low is None or (value > self.low if self.low_open else value >= self.low))
                and (self.high is None or (value < self.high if self.high_open else value <= self.high))
                and (not isinstance(value, str) or self.min_length <= len(value) <= (self.max_length or len(value)))
            )
        except TypeError:  # a moment with a zone and a bound without: nobody knows
            return False


@dataclass(frozen=True)
class Order:
    """Two columns of a row, of which the first must not be after the second, or has to be before it."""

    first: str
    second: str
    strict: bool


@dataclass(frozen=True)
class Checks:
    """What was read of a table's CHECK constraints: by column, between columns, of a row as a whole, and the names of
    those that were not understood, or not wholly. What a row is held to is in `rules`, the orders too.
    """

    limits: Mapping[str, Limits] = field(default_factory=dict)
    orders: Sequence[Order] = ()
    unread: Sequence[str] = ()
    rules: Sequence[Rule] = ()


def checks_of(table: Table) -> Checks:
    """What a table's CHECK constraints allow."""
    limits: dict[str, Limits] = {}
    rules: list[Rule] = []
    orders: list[Order] = []
    unread: list[str] = []
    of_columns = {constraint for column in table.columns for constraint in column.constraints}
    checks = [one for one in table.constraints | of_columns if isinstance(one, CheckConstraint)]
    # Those without a name have an order too, which is the same in every process.
    for constraint in sorted(checks, key=lambda one: (str(one.name), str(one.sqltext))):
        name = str(constraint.name or constraint.sqltext)
        condition = _parsed(constraint.sqltext)
        if condition is None or not _read(name, condition, table, limits, orders, rules):
            unread.append(name)
    return Checks(limits, orders, unread, rules)


def _read(
    name: str, condition: Node, table: Table, limits: dict[str, Limits], orders: list[Order], rules: list[Rule]
) -> bool:
    """Whether all of a constraint was understood; what was, is added."""
    from sqlglot import exp

    read = True
    for part in _parts(condition):
        rule = rule_of(name, part, table, _value, _of_column)
        found = _order(part) or _limit(part, table)
        if isinstance(found, tuple):
            limits[found[0]] = _narrowed(limits.get(found[0], Limits()), found[1])
            continue
        if isinstance(found, Order):
            orders.append(found)
        if rule is not None:
            rules.append(rule)
        elif isinstance(part, exp.Or):
            # Who satisfies one side satisfies them all.
            sides = [side for side in _sides(part) if _nullness(side) is not True] or [part.left]
            read = _read(name, sides[0], table, limits, orders, rules) and read
        else:
            # Nothing else is known to hold where it is not null.
            read = read and (found is not None or isinstance(part, exp.Boolean))
    return read


def said_by(condition: ClauseElement, table: Table) -> list[tuple[str, Mapping[str, Any]]]:
    """What must hold together where a condition does, each of one column; what is not understood is left out."""
    parsed = _parsed(condition)
    found = [_limit(part, table) for part in _parts(parsed)] if parsed is not None else []
    return [one for one in found if one is not None]


def columns_in(expression: ClauseElement) -> list[str]:
    """The names of the columns in an expression; none where it is not understood."""
    from sqlglot import exp

    parsed = _parsed(expression)
    return [] if parsed is None else [column.name for column in parsed.find_all(exp.Column)]


def _parsed(expression: ClauseElement) -> Node | None:
    """An expression as PostgreSQL would have it, parsed; None where it is not understood."""
    from sqlglot import parse_one
    from sqlglot.errors import SqlglotError

    try:
        sql = str(expression.compile(dialect=postgresql_dialect(), compile_kwargs={"literal_binds": True}))
        return parse_one(sql, dialect="postgres")
    except (SQLAlchemyError, SqlglotError, ValueError):
        return None


def _parts(condition: Node) -> Iterator[Node]:
    """What must hold together. Of alternatives of which all but one allow null to what the other is about, it alone."""
    from sqlglot import exp

    condition = condition.unnest()
    if isinstance(condition, exp.And):
        yield from _parts(condition.left)
        yield from _parts(condition.right)
    elif isinstance(condition, exp.Or):
        sides = _sides(condition)
        if all(_nullness(side) is False for side in sides):
            yield sides[0]
            return
        kept = [side for side in sides if _nullness(side) is not True]
        nulls = {_column(side.this) for side in sides if _nullness(side) is True}
        if len(kept) == 1 and nulls == {column.name for column in kept[0].find_all(exp.Column)}:
            yield from _parts(kept[0])
        else:
            yield condition
    else:
        yield condition


def _sides(condition: Node) -> list[Node]:
    """The alternatives of several ORs."""
    from sqlglot import exp

    condition = condition.unnest()
    return [*_sides(condition.left), *_sides(condition.right)] if isinstance(condition, exp.Or) else [condition]


def _order(condition: Node) -> Order | None:
    from sqlglot import exp

    if not isinstance(condition, exp.LT | exp.LTE | exp.GT | exp.GTE):
        return None
    left, right = _column(condition.left), _column(condition.right)
    if left is None or right is None:
        return None
    first, second = (left, right) if isinstance(condition, exp.LT | exp.LTE) else (right, left)
    return Order(first, second, isinstance(condition, exp.LT | exp.GT))


def _limit(condition: Node, table: Table) -> tuple[str, dict[str, Any]] | None:
    """A column of the table, and what a condition says of it."""
    found = _said(condition)
    if found is None or found[0] not in table.c:
        return None
    column, said = found
    return column, {name: _of_column(value, table.c[column]) for name, value in said.items()}


def _said(condition: Node) -> tuple[str, dict[str, Any]] | None:
    from sqlglot import exp

    negated = isinstance(condition, exp.Not)
    inner = condition.this.unnest() if negated else condition
    if (column := _column(inner)) is not None:
        return column, {"choices": [not negated]}
    if isinstance(condition, exp.Or):
        return _one_of(condition)
    if _nullness(condition) is True:
        return (column, {"choices": [None]}) if (column := _column(inner.this)) is not None else None
    if _nullness(condition) is False:
        return (column, {"required": True}) if (column := _column(inner.this)) is not None else None
    if isinstance(condition, exp.Between):
        column, low, high = _column(condition.this), _value(condition.args["low"]), _value(condition.args["high"])
        return (column, {"low": low, "high": high}) if column is not None and None not in (low, high) else None
    if isinstance(inner, exp.In) and negated:
        found = _choice(inner.this, inner.expressions)
        return found and (found[0], {"excluded": found[1]["choices"]})
    if isinstance(condition, exp.In):
        return _choice(condition.this, condition.expressions)
    if isinstance(condition, exp.EQ | exp.NEQ | exp.LT | exp.LTE | exp.GT | exp.GTE):
        return _compared(condition)
    return None


def _one_of(condition: Node) -> tuple[str, dict[str, Any]] | None:
    """Alternatives of which each gives the same column a choice."""
    found = [_said(side) for side in _sides(condition)]
    columns = {one[0] for one in found if one is not None and list(one[1]) == ["choices"]}
    if len(columns) != 1 or not all(one is not None and list(one[1]) == ["choices"] for one in found):
        return None
    return columns.pop(), {"choices": [value for one in found if one is not None for value in one[1]["choices"]]}


def _nullness(condition: Node) -> bool | None:
    """Whether it says that something is null, or that it is not; None where it says something else."""
    from sqlglot import exp

    negated = isinstance(condition, exp.Not)
    inner = condition.this.unnest() if negated else condition
    if not isinstance(inner, exp.Is) or not isinstance(inner.expression, exp.Null):
        return None
    return not (negated or inner.args.get("negate"))


def _choice(tested: Node, listed: Iterable[Node]) -> tuple[str, dict[str, Any]] | None:
    column, values = _column(tested), [_value(one) for one in listed]
    return (column, {"choices": values}) if column is not None and values and None not in values else None


def _compared(condition: Any) -> tuple[str, dict[str, Any]] | None:
    from sqlglot import exp

    left, right, kind = condition.left, condition.right, type(condition).__name__
    if type(right).__name__ in ("Any", "ArrayAny"):
        listed = _uncast(right.this)
        return _choice(left, listed.expressions) if isinstance(listed, exp.Array) and kind == "EQ" else None
    if _value(left) is not None:
        left, right, kind = right, left, MIRRORED.get(kind, kind)
    value = _value(right)
    if value is None:
        return None
    if isinstance(left.unnest(), exp.Length):
        measured = left.unnest().this
        return _length(_column(measured.this if isinstance(measured, exp.Trim) else measured), kind, value)
    column = _column(left)
    if column is None:
        return None
    if value == "" and kind in ("NEQ", "GT"):
        return column, {"min_length": 1}
    said = {
        "EQ": {"choices": [value]},
        "NEQ": {"excluded": [value]},
        "LT": {"high": value, "high_open": True},
        "LTE": {"high": value},
        "GT": {"low": value, "low_open": True},
        "GTE": {"low": value},
    }[kind]
    return column, said


def _length(column: str | None, kind: str, value: Any) -> tuple[str, dict[str, Any]] | None:
    if column is None or not isinstance(value, int):
        return None
    said = {
        "EQ": {"min_length": value, "max_length": value},
        "NEQ": {"min_length": value + 1},
        "LT": {"max_length": value - 1},
        "LTE": {"max_length": value},
        "GT": {"min_length": value + 1},
        "GTE": {"min_length": value},
    }
    return column, said[kind]


def _column(expression: Node) -> str | None:
    """The column that an expression is, whatever it is cast to."""
    from sqlglot import exp

    expression = _uncast(expression)
    return expression.name if isinstance(expression, exp.Column) else None


def _uncast(expression: Node) -> Node:
    from sqlglot import exp

    expression = expression.unnest()
    while isinstance(expression, exp.Cast):
        expression = expression.this.unnest()
    return expression


def _value(expression: Node) -> Any:
    """The value that is written there; None where it is none."""
    from sqlglot import exp

    expression = expression.unnest()
    if isinstance(expression, exp.Cast):
        return _of_type(_value(expression.this), expression.to.sql("postgres").upper())
    if isinstance(expression, exp.Neg):
        value = _value(expression.this)
        return -value if isinstance(value, int | Decimal) else None
    if isinstance(expression, exp.Boolean):
        return bool(expression.this)
    if not isinstance(expression, exp.Literal):
        return None
    if expression.is_string:
        return expression.this
    return int(expression.this) if re.fullmatch(r"\d+", expression.this) else Decimal(expression.this)


def _of_type(value: Any, name: str) -> Any:
    if not isinstance(value, str):
        return value
    with suppress(ValueError, ArithmeticError):
        if name == "DATE":
            return date.fromisoformat(value)
        if name.startswith("TIMESTAMP"):
            return datetime.fromisoformat(value)
        if name.startswith(("INT", "BIGINT", "SMALLINT")):
            return int(value)
        if name.startswith(("DECIMAL", "NUMERIC", "DOUBLE", "REAL")):
            return Decimal(value)
    return value


def _of_column(value: Any, column: Column[Any]) -> Any:
    """A value as its column has it, where it was written as text."""
    if isinstance(value, list):
        return [_of_column(one, column) for one in value]
    if not isinstance(value, str):
        return value
    for kind, name in ((DateTime, "TIMESTAMP"), (Date, "DATE"), (Numeric, "NUMERIC"), (Integer, "INT")):
        if isinstance(column.type, kind):
            return _of_type(value, name)
    return value


def _narrowed(limits: Limits, more: Mapping[str, Any]) -> Limits:
    """Limits, and one more condition beside them."""
    found = limits
    if (low := more.get("low")) is not None and (found.low is None or low >= found.low):
        found = replace(found, low=low, low_open=more.get("low_open", False))
    if (high := more.get("high")) is not None and (found.high is None or high <= found.high):
        found = replace(found, high=high, high_open=more.get("high_open", False))
    if (choices := more.get("choices")) is not None:
        found = replace(found, choices=[one for one in choices if found.choices is None or one in found.choices])
    lengths = [length for length in (found.max_length, more.get("max_length")) if length is not None]
    return replace(
        found,
        min_length=max(found.min_length, more.get("min_length", 0)),
        max_length=min(lengths) if lengths else None,
        excluded=(*found.excluded, *more.get("excluded", ())),
        required=found.required or more.get("required", False),
    )
