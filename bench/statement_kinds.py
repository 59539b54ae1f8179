"""What kind of statement a text is, for all who count: SQLAlchemy's events, the wire and the server must mean the same.

An execution is a statement that does the user's work. Transaction control is counted apart, fetches from a cursor that
was declared before belong to its statement, and what only tidies up a connection is no execution at all.
"""

from __future__ import annotations

import re
from typing import Final, Literal

StatementKind = Literal["execution", "transaction", "fetch", "housekeeping", "ping"]

LONGEST_START: Final = 1024
"""How many bytes of a statement tell its kind: comments longer than that in front of it hide it."""

_SPACE = re.compile(r"(?:[\s;]+|--[^\n]*(?:\n|\Z)|/\*.*?\*/)+", re.DOTALL)
_TRANSACTION = re.compile(
    r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.IGNORECASE
)
_FETCH = re.compile(r"(?:FETCH|MOVE)\b", re.IGNORECASE)
_HOUSEKEEPING = re.compile(r"(?:DEALLOCATE|CLOSE)\b", re.IGNORECASE)


def statement_kind(text: str) -> StatementKind:
    """The kind of a statement by its first word, comments and white space before it left out; `ping` has none.

    The tag of a CommandComplete message (`SELECT 5`, `COMMIT`, `CLOSE CURSOR`) is told in the same way.
    """
    blank = _SPACE.match(text)
    start = blank.end() if blank else 0
    if start == len(text):
        return "ping"
    if _TRANSACTION.match(text, start):
        return "transaction"
    if _FETCH.match(text, start):
        return "fetch"
    if _HOUSEKEEPING.match(text, start):
        return "housekeeping"
    return "execution"
