"""The private pipe between controller and worker: one JSON object a line, either way.

The controller sends `{"id": 1, "op": "open", ...}` and gets `{"id": 1, "answer": {...}}` or `{"id": 1, "error":
{...}}`.
Before each call of a strategy the worker sends `{"event": "call", "strategy": ...}`, so that the controller knows
whose time it is; and `{"event": "prepare", "strategy": ...}` before what it does for one itself, such as putting
tables back, which may fail by what the strategy left.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any, Literal

LINE_LIMIT = 1 << 28
"""Longest line that either side reads, in bytes; a describe of many modules with their source is the longest there
is.
"""

Message = dict[str, Any]
Announce = Callable[[str, Literal["call", "prepare"]], Awaitable[None]]
"""Tells the controller which strategy what comes next is for."""


def encode(message: Message) -> bytes:
    """One line of JSON, the line feed included."""
    return json.dumps(message, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=str).encode() + b"\n"


def decode(line: bytes) -> Message:
    """The message that a line holds.

    Raises:
        ValueError: The line is no JSON object.
    """
    message = json.loads(line)
    if not isinstance(message, dict):
        raise ValueError("a message is a JSON object")
    return message
