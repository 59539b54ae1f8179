"""Keeps the values of somebody's rows out of what is said of them: of plans, of differences, of errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy.exc import InvalidRequestError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import DetachedInstanceError, StaleDataError

from bench.dataset import Dataset
from bench.equality import NotPlainError
from bench.errors import BenchError
from bench.plans import NO_PLAN
from bench.privacy import Hides

HIDDEN = "…"
SHOWN_WITH = "hidden, as values of somebody's rows may be in it: --keep-parameters shows it"
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"(?<![\w$.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])")
_TELLING = frozenset({"08", "0A", "21", "25", "26", "2B", "34", "3D", "3F", "40", "42", "44", "53", "54", "55", "57"})
"""The classes of SQLSTATE whose messages name tables, columns, types and what the server lacks, and no value of a row.

Source: PostgreSQL documentation, PostgreSQL Error Codes.
"""
_DENIED = re.compile(r"permission denied for (table|view|materialized view|sequence|schema) (\S+)$")
_RAISED = "exec_stmt_raise"
"""The server's function that raises what a function in PL/pgSQL asks for, with any words and any SQLSTATE."""
_NAMING = (InvalidRequestError, PoolTimeoutError, StaleDataError, DetachedInstanceError, NotPlainError)
"""Exceptions that name classes, attributes and types."""
_BEFORE = re.compile(r"\n| Original exception was|\[(?:SQL|parameters): ")
"""Where what others said begins, which repeats values."""


@dataclass(frozen=True)
class Said:
    """What PostgreSQL said of an error.

    Attributes:
        state: Its SQLSTATE, empty where none is known.
        name: What the error is called.
        message: Its primary message.
        constraint: The constraint that it is about.
        function: The server's function that it comes from.
    """

    state: str
    name: str
    message: str
    constraint: str | None = None
    function: str | None = None

    @classmethod
    def by(cls, error: BaseException) -> Self:
        """What a driver's exception has of it, or that from which SQLAlchemy's adapter made it."""
        source: Any = error.__cause__ if type(error).__module__.startswith("sqlalchemy") and error.__cause__ else error
        diagnosed: Any = getattr(source, "diag", source)
        message = getattr(diagnosed, "message_primary", None) or getattr(source, "message", None)
        return cls(
            str(getattr(source, "sqlstate", None) or getattr(error, "sqlstate", None) or ""),
            type(source).__name__,
            str(message or (source.args[0] if source.args else "")),
            getattr(diagnosed, "constraint_name", None),
            getattr(diagnosed, "source_function", None) or getattr(source, "server_source_function", None),
        )


def without_row_values(said: Said) -> str:
    """The server's words where no value of a row can be in them; else what kind of error it is."""
    if said.state[:2] in _TELLING and said.function != _RAISED:
        return _line(said.message)
    constraint = f", constraint {said.constraint}" if said.constraint else ""
    return f"SQLSTATE {said.state} ({said.name}){constraint}"


def are_hidden(hides: Hides, dataset: Dataset) -> bool:
    """Whether no value of a dataset's rows is repeated."""
    return hides == "all" or (hides == "somebodys" and dataset.is_somebodys)


def without_values(plan: Any) -> Any:
    """A plan without the values in its conditions: what it counts and how long it takes stays."""
    if isinstance(plan, dict):
        return {key: without_values(value) for key, value in plan.items()}
    if isinstance(plan, list):
        return [without_values(value) for value in plan]
    if isinstance(plan, str) and plan.startswith(NO_PLAN):
        return f"{NO_PLAN} the reason is {SHOWN_WITH}"
    if isinstance(plan, str):
        return _NUMBER.sub(HIDDEN, _LITERAL.sub(f"'{HIDDEN}'", plan))
    return plan


def said_without_values(error: BaseException) -> str:
    """What an exception says, as far as no value can be in it; else that it is hidden."""
    if isinstance(error, StatementError) and error.orig is not None:
        return said_without_values(error.orig)
    if isinstance(error, BenchError):
        return str(error)
    if isinstance(error, _NAMING):
        return _line(str(error))
    if type(error).__module__.startswith("sqlite3"):
        return said_by_sqlite(error)
    said = Said.by(error)
    if not said.state:
        return SHOWN_WITH
    shown = without_row_values(said)
    return f"{shown}; the rest is {SHOWN_WITH}" if shown.startswith("SQLSTATE") else shown


def said_by_sqlite(error: BaseException) -> str:
    """SQLite's words where no value of a row can be in them."""
    # A trigger may raise with any words, and a token that is not understood may be a value.
    is_raised = getattr(error, "sqlite_errorname", None) == "SQLITE_CONSTRAINT_TRIGGER"
    return SHOWN_WITH if is_raised or "token" in str(error) else _line(str(error))


def missing_right(error: BaseException) -> str:
    """What to grant where the server says that a right is missing, as a clause; else nothing."""
    cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
    said = Said.by(cause)
    denied = _DENIED.match(said.message) if said.state == "42501" else None
    if denied is None:
        return ""
    right, kind = ("USAGE", "SCHEMA ") if denied[1] == "schema" else ("SELECT", "")
    return f": allow it with `GRANT {right} ON {kind}{denied[2]} TO …`, to the user of the URL"


def _line(message: str) -> str:
    """The first line, without what follows in it that others said."""
    return _BEFORE.split(message, maxsplit=1)[0].strip()
