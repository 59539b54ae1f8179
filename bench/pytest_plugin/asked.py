"""What is asked of a test: by its markers and fixtures, and by options for the whole suite."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import NoReturn

import pytest

from bench.pytest_plugin import THRESHOLD, of_suite


@dataclass(frozen=True)
class Asked:
    """What is asked of one test's call.

    Attributes:
        max_queries: How many statements it may send; None for any number.
        n_plus_one: How often it is N+1 from; None where nobody looks for it.
        allowed: The relationships that may be loaded one by one all the same.
        snapshot: Whether its count is kept in the snapshot.
    """

    max_queries: int | None
    n_plus_one: int | None
    allowed: frozenset[str]
    snapshot: bool


def asked_of(item: pytest.Item) -> Asked:
    """What is asked of a test; fails it where a marker of it cannot be understood."""
    allowed = _allowed(item)
    fixtures = getattr(item, "fixturenames", ())
    looked_for = "no_n_plus_one" in fixtures or (
        of_suite(item.config, "queries_n_plus_one") and not _repeats_itself(item, fixtures)
    )
    return Asked(
        max_queries=_max_queries(item),
        n_plus_one=item.config.stash[THRESHOLD] if looked_for and allowed is not None else None,
        allowed=allowed or frozenset(),
        snapshot=in_snapshot(item),
    )


def in_snapshot(item: pytest.Item) -> bool:
    """Whether a test's count is kept: its marker says so, or it has none and the suite's option does."""
    mark = item.get_closest_marker("query_snapshot")
    if mark is None:
        return of_suite(item.config, "queries_snapshot")
    if mark.kwargs or len(mark.args) > 1 or not all(isinstance(argument, bool) for argument in mark.args):
        _misused(item, "query_snapshot takes nothing, or False to leave the test out")
    return all(mark.args)


def _repeats_itself(item: pytest.Item, fixtures: Collection[str]) -> bool:
    """Whether what the test does is done again and again: by pytest-benchmark or Hypothesis, whose loop is no N+1."""
    return "benchmark" in fixtures or getattr(getattr(item, "obj", None), "is_hypothesis_test", False)


def _max_queries(item: pytest.Item) -> int | None:
    mark = item.get_closest_marker("max_queries")
    if mark is None:
        return None
    most = mark.args[0] if len(mark.args) == 1 and not mark.kwargs else None
    if type(most) is not int or most < 0:
        _misused(item, "max_queries takes one whole number of statements, as in @pytest.mark.max_queries(3)")
    return most


def _allowed(item: pytest.Item) -> frozenset[str] | None:
    """The relationships that may be loaded one by one; None where everything may be repeated."""
    marks = list(item.iter_markers("allow_n_plus_one"))
    if any(mark.kwargs.keys() - {"reason"} or not all(_is_relationship(name) for name in mark.args) for mark in marks):
        _misused(
            item,
            "allow_n_plus_one takes relationships by their names, as in "
            '@pytest.mark.allow_n_plus_one("Author.posts"), or nothing, and a reason',
        )
    if any(not mark.args for mark in marks):
        return None
    return frozenset(name for mark in marks for name in mark.args)


def _is_relationship(name: object) -> bool:
    return isinstance(name, str) and [part.isidentifier() for part in name.split(".")] == [True, True]


def _misused(item: pytest.Item, message: str) -> NoReturn:
    pytest.fail(f"{item.nodeid}: {message}", pytrace=False)
