"""Hears what a test's call sends, and fails the test where that is not what is asked of it."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import pytest

from bench.pytest_plugin import snapshot
from bench.pytest_plugin.asked import Asked
from bench.pytest_plugin.n_plus_one import Repetitions
from bench.pytest_plugin.sendings import Sending, heard
from bench.pytest_plugin.showing import grouped, number_of
from bench.pytest_plugin.statements import Statement, statement_of


def checked(item: pytest.Item, asked: Asked) -> Generator[None, object, object]:
    """Run around a test's call, which is at the `yield`; a call that fails by itself is not judged."""
    root = item.config.rootpath
    seen: list[Statement] = []
    repetitions = Repetitions(root)

    def hear(sending: Sending) -> None:
        seen.append(statement_of(sending, root))
        if asked.n_plus_one is not None:
            repetitions.hear(sending)

    with heard(hear):
        result = yield
    complaints = [
        *_too_many(seen, asked.max_queries),
        *(one.told() for one in repetitions.found(asked.n_plus_one or 0, asked.allowed)),
        *(snapshot.changes(item, seen) if asked.snapshot else ()),
    ]
    if complaints:
        pytest.fail("\n\n".join(complaints), pytrace=False)
    return result


def _too_many(seen: Sequence[Statement], most: int | None) -> list[str]:
    if most is None or len(seen) <= most:
        return []
    first = f"max_queries({most}): {number_of(len(seen))} {'was' if len(seen) == 1 else 'were'} sent:"
    return ["\n".join([first, *(f"  {line}" for line in grouped(seen))])]
