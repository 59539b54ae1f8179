"""What kind of statement a text is, for all who count: SQLAlchemy's events, the wire and the server must mean the same.

An execution is a statement that does the user's work. Transaction control is counted apart, fetches from a cursor that
was declared before belong to its statement, and what only tidies up a connection is no execution at all.
"""

from __future__ import annotations

import re
from typing import Final, Literal

StatementKind = Literal["execution", "transaction", "fetch", "housekeeping", "ping"]

LONGEST_START: Final = 8192
"""How many bytes of a statement tell its kind: comments longer than that in front of it hide it."""

_SPACE = re.compile(r"(?:[\s;]+|--[^\n]*(?:\n|\Z))+")
_COMMENT_MARK = re.compile(r"/\*|\*/")
_TRANSACTION = re.compile(
    r"(?:BEGIN|START\s+TRANSACTION|COMMIT|END|ROLLBACK|ABORT|SAVEPOINT|RELEASE|PREPARE\s+TRANSACTION)\b", re.IGNORECASE
)
_FETCH = re.compile(r"(?:FETCH|MOVE)\b", re.IGNORECASE)
_HOUSEKEEPING = re.compile(r"(?:DEALLOCATE|CLOSE|PREPARE)\b", re.IGNORECASE)
_READING = re.compile(r"(?:SELECT|VALUES|TABLE|WITH)\b|\(", re.IGNORECASE)
_WRITING = re.compile(r"(?:INSERT|UPDATE|DELETE|MERGE)\b", re.IGNORECASE)
_WRITING_BELOW_WITH = re.compile(
    r"WITH\b.*?\b(?:INSERT\s+INTO|UPDATE\s+\S+\s+SET|DELETE\s+FROM|MERGE\s+INTO)\b", re.IGNORECASE | re.DOTALL
)
_PLANNED = re.compile(r"(?:SELECT|INSERT|UPDATE|DELETE|MERGE|VALUES|WITH|TABLE)\b|\(", re.IGNORECASE)


def statement_kind(text: str) -> StatementKind:
    """The kind of a statement by its first word, comments and white space before it left out; `ping` has none.

    The tag of a CommandComplete message (`SELECT 5`, `COMMIT`, `CLOSE CURSOR`) is told in the same way.
    """
    start = _first_word(text)
    if start == len(text):
        return "ping"
    if _TRANSACTION.match(text, start):
        return "transaction"
    if _FETCH.match(text, start):
        return "fetch"
    if _HOUSEKEEPING.match(text, start):
        return "housekeeping"
    return "execution"


def is_planned(text: str) -> bool:
    """Whether the server plans a statement; of others, such as DO or TRUNCATE, it counts a prepared one once alone."""
    return _PLANNED.match(text, _first_word(text)) is not None


def is_read(text: str) -> bool:
    """Whether a statement brings rows and changes none, by its words: what a function in it does is not seen."""
    return _READING.match(text, _first_word(text)) is not None and not is_write(text)


def is_write(text: str) -> bool:
    """Whether a statement inserts, updates or deletes rows, below a WITH too."""
    start = _first_word(text)
    return (_WRITING.match(text, start) or _WRITING_BELOW_WITH.match(text, start)) is not None


def _first_word(text: str) -> int:
    """Where a statement begins, after comments (which nest in PostgreSQL), white space and semicolons."""
    start = 0
    while True:
        blank = _SPACE.match(text, start)
        start = blank.end() if blank else start
        if not text.startswith("/*", start):
            return start
        start = _end_of_comment(text, start)


def _end_of_comment(text: str, start: int) -> int:
    depth = 0
    for mark in _COMMENT_MARK.finditer(text, start):
        depth += 1 if mark[0] == "/*" else -1
        if depth == 0:
            return mark.end()
    return len(text)
