"""What is said of an error: one line, without hosts and passwords, and without values of rows where they are hidden."""

from __future__ import annotations

from sqlalchemy.exc import StatementError

from bench.databases.address import Address
from bench.databases.redaction import Redaction
from bench.worker.hiding import missing_right, said_without_values


class Places:
    """The hosts, passwords and keys of the addresses that a worker was given and of its environment, which no message
    repeats.

    Attributes:
        hides_values: Whether messages repeat no values of rows either.
    """

    def __init__(self) -> None:
        self._private = Redaction.of_environment()
        self.hides_values = False

    def known(self, address: Address) -> Address:
        """The same address, after remembering what of it is private."""
        self._private.know(address)
        return address

    def said(self, error: BaseException) -> str:
        """An exception in one line."""
        # SQLAlchemy's own text repeats the statement and its parameters, which may be somebody's data.
        cause = error.orig if isinstance(error, StatementError) and error.orig is not None else error
        text = self.hidden(" ".join((said_without_values(error) if self.hides_values else str(cause)).split()))
        return f"{type(error).__name__}: {text}{missing_right(error)}" if text else type(error).__name__

    def hidden(self, text: str) -> str:
        """A text without hosts, their numbers, passwords, and the files that they lie in."""
        return self._private.hidden(text)
