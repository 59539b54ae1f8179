"""What an assertion about a number of statements says when it fails."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from bench.pytest_plugin import RUNNING
from bench.pytest_plugin.counter import Count
from bench.pytest_plugin.showing import shown, shown_lines

if TYPE_CHECKING:
    import pytest

_SHOWN_BY_PYTEST = (8, 640)
"""The lines and characters of an explanation that pytest shows without -vv."""


def explained(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """The lines of a comparison that failed; None where neither side is a number of statements.

    pytest cuts short what is long, so that the whole goes into a section of the test's report too.
    """
    counts = [side for side in (left, right) if isinstance(side, Count)]
    if not counts:
        return None
    lines = [f"{left!r} {op} {right!r}", *(line for count in counts for line in shown_lines(count.statements))]
    if RUNNING in config.stash and _is_cut_short(config, lines):
        for count in counts:
            config.stash[RUNNING].add_report_section("call", "statements", shown(count.statements))
    return lines


def _is_cut_short(config: pytest.Config, lines: list[str]) -> bool:
    if config.getoption("verbose") >= 2 or os.environ.get("CI") or os.environ.get("BUILD_NUMBER"):
        return False
    most_lines, most_characters = _SHOWN_BY_PYTEST
    return len(lines) > most_lines or sum(map(len, lines)) > most_characters
