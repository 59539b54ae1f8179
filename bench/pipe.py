"""The private pipe between the controller and a process that it started: one JSON object a line, either way."""

from __future__ import annotations

import json
from typing import Any

Message = dict[str, Any]


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
