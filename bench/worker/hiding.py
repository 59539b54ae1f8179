"""Keeps the values of somebody's rows out of what is said of them: of plans, of differences, of errors."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from bench.errors import BenchError

HIDDEN = "…"
SHOWN_WITH = "hidden, as values of somebody's rows may be in it: --keep-parameters shows it"
_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NUMBER = re.compile(r"(?<![\w$.])-?\d+(?:\.\d+)?(?![\w.])")
_ABOUT_VALUES = ("22", "23")
"""The classes of SQLSTATE whose messages name values: data exceptions, and constraints that are violated.

Source: PostgreSQL documentation, PostgreSQL Error Codes.
"""


def without_values(plan: Any) -> Any:
    """A plan without the values in its conditions: what it counts and how long it takes stays."""
    if isinstance(plan, dict):
        return {key: without_values(value) for key, value in plan.items()}
    if isinstance(plan, list):
        return [without_values(value) for value in plan]
    if isinstance(plan, str):
        return _NUMBER.sub(HIDDEN, _LITERAL.sub(f"'{HIDDEN}'", plan))
    return plan


def said_without_values(error: BaseException) -> str:
    """What an exception says, as far as no value can be in it; else that it is hidden."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        return _of_database(error.orig)
    if isinstance(error, BenchError | SQLAlchemyError):
        return str(error)
    return _of_database(error) if _state(error) else SHOWN_WITH


def _of_database(error: BaseException) -> str:
    state = _state(error)
    if state[:2] in _ABOUT_VALUES:
        diagnosed: Any = getattr(error, "diag", error)
        constraint = getattr(diagnosed, "constraint_name", None)
        return f"SQLSTATE {state}{f', constraint {constraint}' if constraint else ''}; the rest is {SHOWN_WITH}"
    if state:
        # Without what stands below it, DETAIL and CONTEXT, which repeat values.
        primary = getattr(getattr(error, "diag", None), "message_primary", None)
        return str(primary or (error.args[0] if error.args else type(error).__name__))
    return str(error) if type(error).__module__.startswith("sqlite3") else SHOWN_WITH


def _state(error: BaseException) -> str:
    return str(getattr(error, "sqlstate", None) or "")
