"""Whether two strategies returned the same: plain data compared by value, and the first difference said in a line."""

from bench.equality.differences import SeenRow, first_difference, require_plain
from bench.equality.keys import MAX_DEPTH, OF_CLASS, TOO_DEEP, NotPlainError, is_plain

__all__ = [
    "MAX_DEPTH",
    "OF_CLASS",
    "TOO_DEEP",
    "NotPlainError",
    "SeenRow",
    "first_difference",
    "is_plain",
    "require_plain",
]
