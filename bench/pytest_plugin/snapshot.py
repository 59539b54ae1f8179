"""The snapshot: how many statements each test sent when somebody last looked, kept in a file beside the code.

A test that sends none has no line in it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from bench.errors import UsageError
from bench.pytest_plugin.showing import grouped, number_of
from bench.pytest_plugin.statements import Statement

COUNT = pytest.StashKey[int]()
"""How many statements the call of a test sent, on a test that is in the snapshot."""

_COUNTS = pytest.StashKey[Mapping[str, int]]()


def name_of_file(config: pytest.Config) -> str:
    """The snapshot's file as it is configured."""
    return str(config.getini("queries_file"))


def path_of_file(config: pytest.Config) -> Path:
    """The snapshot's file."""
    return config.rootpath / name_of_file(config)


def name_of_test(item: pytest.Item) -> str:
    """The node id of a test; without what pytest-xdist adds to it for a group."""
    return item.nodeid if item.parent is None else f"{item.parent.nodeid}::{item.name}"


def read_counts(config: pytest.Config) -> Mapping[str, int]:
    """Statements by test; none where there is no file yet.

    Raises:
        UsageError: The file cannot be read, or is something else.
    """
    name = name_of_file(config)
    instead = "mend it, or remove it and run pytest --queries-update, or name another file with queries_file"
    try:
        counts = json.loads(path_of_file(config).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise UsageError(f"{name}, the snapshot of queries, cannot be read: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise UsageError(
            f"{name}, the snapshot of queries, is no JSON from line {error.lineno} on: {instead}"
        ) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{name}, the snapshot of queries, is no JSON: {instead}") from error
    if not isinstance(counts, dict) or not all(type(count) is int and count >= 0 for count in counts.values()):
        raise UsageError(f"{name}, the snapshot of queries, does not hold a number for each test: {instead}")
    return counts


def write_counts(config: pytest.Config, counts: Mapping[str, int]) -> None:
    """Put counts in the place of those that the file has, sorted by test, whole or not at all.

    Raises:
        UsageError: The file cannot be written.
    """
    path = path_of_file(config)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(json.dumps(dict(sorted(counts.items())), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise UsageError(
            f"{name_of_file(config)}, the snapshot of queries, cannot be written: {error.strerror}"
        ) from error


def known_counts(config: pytest.Config) -> Mapping[str, int]:
    """The counts that the run compares with, read once.

    Raises:
        UsageError: The file cannot be read, or is something else.
    """
    if _COUNTS not in config.stash:
        config.stash[_COUNTS] = read_counts(config)
    return config.stash[_COUNTS]


def check(config: pytest.Config) -> None:
    """Read the counts that the run compares with, before its first test.

    Raises:
        pytest.UsageError: The file cannot be read, or is something else.
    """
    try:
        known_counts(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def changes(item: pytest.Item, seen: Sequence[Statement]) -> list[str]:
    """What a test's call sent that the snapshot does not have; nothing while the snapshot is updated."""
    item.stash[COUNT] = len(seen)
    if item.config.getoption("queries_update"):
        return []
    try:
        known = known_counts(item.config)
    except UsageError as error:
        return [str(error)]
    before = known.get(name_of_test(item))
    if len(seen) == (before or 0):
        return []
    name = name_of_file(item.config)
    now = f"{number_of(len(seen))} now"
    first = f"{now}, and no count of this test in {name}:" if before is None else f"{now}, {before} in {name}:"
    last = "If that is as it should be, run pytest --queries-update"
    return ["\n".join([first, *(f"  {line}" for line in (*grouped(seen), last))])]
