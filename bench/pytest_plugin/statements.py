"""A statement as a test sees it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.pytest_plugin.lines import place
from bench.pytest_plugin.sendings import Sending
from bench.worker.relationship_loads import Kind


@dataclass(frozen=True)
class Statement:
    """A statement that was sent, without its parameters: they are never kept.

    Attributes:
        sql: Its text, as the driver got it.
        parameter_sets: 1; of an executemany, how many it was sent with.
        callers: The lines of the application and the tests that led to it, from the innermost outwards, each as
            `app/crud.py:40`, below pytest's rootdir. Empty where a task or a thread of a library's sends it.
        relationship: What it loads of one object, as `Author.posts`; None where it does anything else.
        kind: How it does that: `lazy`, when the attribute is read, or `immediate`, one by one while objects are loaded.
    """

    sql: str
    parameter_sets: int
    callers: tuple[str, ...]
    relationship: str | None = None
    kind: Kind | None = None

    @property
    def where(self) -> str | None:
        """The line that sent it, the innermost of `callers`; None where there is none."""
        return self.callers[0] if self.callers else None


def statement_of(sending: Sending, root: Path) -> Statement:
    """What is kept of a statement on its way, its lines named from `root`."""
    origin = sending.origin
    return Statement(
        sending.sql,
        sending.parameter_sets,
        tuple(place(line, root) for line in sending.lines),
        None if origin is None else origin.relationship,
        None if origin is None else origin.kind,
    )


def by_text(statements: Iterable[Statement]) -> dict[str, tuple[Statement, ...]]:
    """Statements by their text, in the order in which each text was first sent."""
    groups: dict[str, list[Statement]] = {}
    for statement in statements:
        groups.setdefault(statement.sql, []).append(statement)
    return {sql: tuple(group) for sql, group in groups.items()}
