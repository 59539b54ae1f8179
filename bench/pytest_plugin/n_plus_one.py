"""Finds N+1: objects that are asked for one by one, with a statement each, where one statement would do for all."""

from __future__ import annotations

import asyncio
import weakref
from collections import Counter
from collections.abc import Collection
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from threading import get_ident
from typing import Any

from bench.pytest_plugin.lines import Line
from bench.pytest_plugin.sendings import Sending
from bench.pytest_plugin.showing import NOWHERE, short
from bench.pytest_plugin.statements import Statement, statement_of
from bench.reports.formatting import plain
from bench.statement_kinds import is_read, is_write


@dataclass(frozen=True)
class Repetition:
    """A statement that was sent again and again by one way through the code, and how often."""

    statement: Statement
    times: int

    def told(self) -> str:
        """What it is, where it comes from, and what can be done about it."""
        return "\n".join([self._what(), *self._way(), f"  {short(self.statement.sql)}", f"  {self._what_to_do()}"])

    def _what(self) -> str:
        relationship = self.statement.relationship
        if relationship is None:
            return f"N+1: the same SELECT was sent {self.times} times:"
        return f"N+1: {relationship} was loaded {self.times} times, for one object each ({self.statement.kind} load):"

    def _way(self) -> list[str]:
        innermost, *outer = dict.fromkeys(map(plain, self.statement.callers or [NOWHERE]))
        return [f"  {innermost}", *(f"    called by {outer_line}" for outer_line in outer)]

    def _what_to_do(self) -> str:
        relationship = self.statement.relationship
        if relationship is None:
            return "Ask for all of them at once, as by WHERE … IN, or allow it: @pytest.mark.allow_n_plus_one"
        return (
            f"Load it with its objects, as by selectinload({relationship}), or allow it: "
            f'@pytest.mark.allow_n_plus_one("{relationship}")'
        )


@dataclass(frozen=True)
class _Way:
    """What makes two statements the same, sent for the same end: what they load, the lines that led to them (once each:
    a recursion is one way at every depth), the session or connection, and the task or call that they belong to.
    """

    what: str
    lines: tuple[Line, ...]
    session: weakref.ref[Any]
    unit: object
    refreshes: bool


class Repetitions:
    """Notes how often one way through the code sends the same SELECT, or loads the same relationship of one object.

    It is within one session (or connection, where no session is) that this counts, so that a test which asks an
    application for three pages finds nothing of what each page needs once. What loads a relationship of many objects
    is left out: a long list takes several. So are objects that are refreshed one by one between writes, for they
    are made one by one.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._running: Counter[_Way] = Counter()
        self._found: dict[_Way, Repetition] = {}

    def hear(self, sending: Sending) -> None:
        """Take note of a statement."""
        unit = _unit_of_work()
        if is_write(sending.sql):
            self._forget_refreshes(unit)
        origin = sending.origin
        if not is_read(sending.sql) or (origin is not None and origin.eager):
            return
        statement = statement_of(sending, self._root)
        way = _Way(
            what=statement.relationship or statement.sql,
            lines=tuple(dict.fromkeys(sending.lines)),
            session=weakref.ref(sending.connection) if origin is None else origin.session,
            unit=unit,
            refreshes=origin is not None and origin.refreshes,
        )
        self._running[way] += 1
        before = self._found.get(way)
        if before is None or before.times < self._running[way]:
            self._found[way] = Repetition(before.statement if before else statement, self._running[way])

    def found(self, threshold: int, allowed: Collection[str] = ()) -> list[Repetition]:
        """What was repeated so many times or more, without the relationships that are allowed; the most frequent first.

        What the same line sent in several sessions is one, with all its times.
        """
        together: dict[tuple[str, str | None], Repetition] = {}
        for way, one in self._found.items():
            if one.times >= threshold and one.statement.relationship not in allowed:
                other = together.get((way.what, one.statement.where))
                together[way.what, one.statement.where] = Repetition(
                    other.statement if other else one.statement, one.times + (other.times if other else 0)
                )
        return sorted(together.values(), key=lambda one: -one.times)

    def _forget_refreshes(self, unit: object) -> None:
        for way in [way for way in self._running if way.unit is unit and way.refreshes]:
            del self._running[way]


_UNIT: ContextVar[tuple[object, object]] = ContextVar("bench_unit_of_work")


def _unit_of_work() -> object:
    """What is one and the same for all that a task sends, or a call in a thread that has a context of its own.

    A test client runs its application in another thread, where no line of the test tells one request from the next:
    each is a task, and what it calls in a pool's thread has a copy of that task's context.
    """
    owner = (get_ident(), _current_task())
    known = _UNIT.get(None)
    if known is None or known[0] != owner:
        known = (owner, object())
        _UNIT.set(known)
    return known[1]


def _current_task() -> weakref.ref[asyncio.Task[Any]] | None:
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else weakref.ref(task)
