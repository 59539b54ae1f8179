"""The exit codes, and which one a run ends with where several hold."""

from __future__ import annotations

from collections.abc import Iterable

DONE = 0
REGRESSION = 1
USAGE = 2
INCONCLUSIVE = 3
FAILED = 4
MISSING = 5
FAULT = 70
INTERRUPTED = 130

PRECEDENCE = (FAULT, INTERRUPTED, USAGE, FAILED, MISSING, REGRESSION, INCONCLUSIVE, DONE)


def worst(codes: Iterable[int]) -> int:
    """The code that counts where several hold; 0 where none does."""
    found = {*codes, DONE}
    return next(code for code in PRECEDENCE if code in found)
