"""Keeps hosts and passwords out of what is said of an error: drivers name them in their messages."""

from __future__ import annotations

import re

from sqlalchemy.exc import StatementError

from bench.databases.address import Address
from bench.worker.hiding import missing_right, said_without_values

_HIDDEN = "…"
_NAMED_BY_DRIVERS = (
    re.compile(r"(?<=connection to server at )\"[^\"]*\"(?: \([^)]*\))?, port \d+"),
    re.compile(r"(?<=Connect call failed )\([^)]*\)"),
    re.compile(r"(?<=resolve host )'[^']*'"),
    re.compile(r"(?<=pg_hba.conf entry for host )\"[^\"]*\""),
)


class Places:
    """The hosts and passwords of the addresses that a worker was given, which no message repeats.

    Attributes:
        hides_values: Whether messages repeat no values of rows either.
    """

    def __init__(self) -> None:
        self._private: set[str] = set()
        self.hides_values = False

    def known(self, address: Address) -> Address:
        """The same address, after remembering what of it is private."""
        self.keep_private(address.host, address.password)
        return address

    def keep_private(self, *parts: str | None) -> None:
        """Remember what is private of something else than an address."""
        self._private |= {part for part in parts if part}

    def said(self, error: BaseException) -> str:
        """An exception in one line."""
        # SQLAlchemy's own text repeats the statement and its parameters, which may be somebody's data.
        cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
        text = self.hidden(" ".join((said_without_values(error) if self.hides_values else str(cause)).split()))
        return f"{type(error).__name__}: {text}{missing_right(error)}" if text else type(error).__name__

    def hidden(self, text: str) -> str:
        """A text without hosts, their numbers and passwords."""
        for pattern in _NAMED_BY_DRIVERS:
            text = pattern.sub(_HIDDEN, text)
        for part in sorted(self._private, key=len, reverse=True):
            text = re.sub(rf"(?<![\w-]){re.escape(part)}(?![\w-])", _HIDDEN, text)
        return text
