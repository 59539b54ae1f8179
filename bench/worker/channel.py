"""What a worker says over its private pipe.

The controller sends `{"id": 1, "op": "open", ...}` and gets `{"id": 1, "answer": {...}}` or `{"id": 1, "error":
{...}}`.
Before each call of a strategy the worker sends `{"event": "call", "strategy": ...}`, so that the controller knows
whose time it is; and `{"event": "prepare", "strategy": ...}` before what it does for one itself, such as putting
tables back, which may fail by what the strategy left. `{"event": "disturb", "strategy": ...}` asks, in the midst of a
load, for the fault that disturbs it. `{"event": "private"}` says that the worker's log has values of somebody's rows
from here on, and is quoted nowhere.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

LINE_LIMIT = 1 << 28
"""Longest line that either side reads, in bytes; a describe of many modules with their source is the longest there
is.
"""

Announce = Callable[[str, Literal["call", "prepare", "disturb"]], Awaitable[None]]
"""Tells the controller which strategy what comes next is for, or that its load is to be disturbed now."""
