"""Results that somebody has crafted: a few places of a real one are something else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

Choose = Callable[[int, int], int]
"""Gives a whole number from the first to the second; who fuzzes decides which."""

TEXTS = (
    "",
    "\x1b[2J\x1b]0;title\x07",
    "\x9b31mred\x7f\x00",
    "\u202eleft\u2066\u200b\ufeff\u2028",
    "<script>alert(1)</script>",
    "</script><!--<img src=x onerror=alert(1)>",
    "</code></summary></details>\n\n# x\n\n| a | b |",
    "```\n~~~\n`|`\\",
    "![x](https://example.org/x.png) [y](javascript:alert(1)) <https://example.org>",
    "=cmd|' /C calc'!A1",
    "@SUM(1)$x$${y}%s{0}",
    "../../../up",
    "/etc/passwd",
    "..\\..\\up:con",
    ".",
    "loading.one_to_many",
    "added round-trip time",
    "README",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "a" * 3000,
    "\u00e9\u4e2d\U0001f600\uffff" * 60,
    "statements",
    "__class__",
)
NUMBERS = (
    *(0, 1, -1, 2, 7, 1000, 2**53, 2**63 - 1, -(2**63), 2**63, 10**40),
    *(0.0, -0.0, 0.5, -0.5, 1.0, 1e-9, 5e-324, 1e15, 1e16, 1e100, 1.7e308, -1.7e308),
    *(float("nan"), float("inf"), float("-inf")),
)
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": {}}, {"name": "one"})
DEEPEST = 300


def mutated(seed: str, choose: Choose) -> bytes:
    """A file that is like a result in all but a few places.

    Args:
        seed: A real one, as JSON.
        choose: Where, and what is there instead.
    """
    document = json.loads(seed)
    for _ in range(choose(1, 4)):
        _change(document, choose)
    raw = json.dumps(document).encode()
    kind = choose(0, 19)
    if kind == 0:
        return raw[: choose(0, len(raw))]
    if kind == 1:
        place = choose(0, len(raw) - 1)
        return raw[:place] + bytes([choose(0, 255)]) + raw[place + 1 :]
    return raw


def _change(document: Any, choose: Choose) -> None:
    """Replace, take away, repeat or add one part of a document, wherever that is in it."""
    holder, key = _place(document, choose)
    match choose(0, 9):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, list):
            holder.insert(key, json.loads(json.dumps(holder[key])))
        case 1:
            holder[TEXTS[choose(0, len(TEXTS) - 1)]] = holder[key]
        case 2:
            other, at = _place(document, choose)
            holder[key] = json.loads(json.dumps(other[at]))
        case _:
            holder[key] = _value(choose)


def _place(document: Any, choose: Choose) -> tuple[Any, Any]:
    """A container somewhere in a document, and the key of one of its parts."""
    holder, key = document, _key(document, choose)
    while isinstance(holder[key], dict | list) and holder[key] and choose(0, 9):
        holder = holder[key]
        key = _key(holder, choose)
    return holder, key


def _key(holder: Any, choose: Choose) -> Any:
    keys = list(holder) if isinstance(holder, dict) else range(len(holder))
    return keys[choose(0, len(keys) - 1)]


def _value(choose: Choose) -> Any:
    kind = choose(0, 9)
    if kind < 4:
        return TEXTS[choose(0, len(TEXTS) - 1)]
    if kind < 8:
        return NUMBERS[choose(0, len(NUMBERS) - 1)]
    if kind == 8:
        return OTHERS[choose(0, len(OTHERS) - 1)]
    deep: Any = choose(0, 1)
    for _ in range(choose(1, DEEPEST)):
        deep = [deep] if choose(0, 1) else {"Plan": deep}
    return deep
