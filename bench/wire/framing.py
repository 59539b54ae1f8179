"""Cuts a stream of PostgreSQL's protocol into messages, wherever reads have split or joined them.

Source: PostgreSQL documentation, Frontend/Backend Protocol, Message Formats (protocol 3.0 and 3.2).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from bench.statement_kinds import LONGEST_START

HEADER = 5
"""Bytes of a message's type and length."""
LONGEST_NAME = 128
"""How many bytes of a payload are kept for names in front of a statement's start: PostgreSQL's own end at 63."""
KEPT = LONGEST_START + LONGEST_NAME
LARGEST_MESSAGE = 1 << 30


class ProtocolError(Exception):
    """What is read is no message of the protocol: nothing that follows can be told apart any more."""


class Message(NamedTuple):
    """A whole message: its type, its size in bytes with the header, and how its payload starts where that is asked."""

    kind: int
    size: int
    start: bytes


class MessageReader:
    """Reads typed messages of one direction.

    Args:
        kinds: The types that this direction has; another is a ProtocolError.
        read: The types whose payload is looked into; of the others the header alone is read.
    """

    def __init__(self, kinds: Collection[int], read: Collection[int]) -> None:
        self._kinds = frozenset(kinds)
        self._read = frozenset(read)
        self._begun = bytearray()
        self._left = 0

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are whole with these bytes, in order.

        Raises:
            ProtocolError: An unknown type, or a length that no message has.
        """
        messages: list[Message] = []
        position = self._go_on(data, messages) if self._begun else 0
        size, kinds, read = len(data), self._kinds, self._read
        while size - position >= HEADER:
            kind = data[position]
            length = int.from_bytes(data[position + 1 : position + HEADER], "big")
            if kind not in kinds or not 4 <= length <= LARGEST_MESSAGE:
                raise ProtocolError
            end = position + 1 + length
            if end > size:
                break
            start = data[position + HEADER : min(end, position + HEADER + KEPT)] if kind in read else b""
            messages.append(Message(kind, length + 1, start))
            position = end
        if position < size:
            self._begin(data[position:])
        return messages

    def _begin(self, rest: bytes) -> None:
        """Keep what has come of a message that is not whole."""
        self._begun += rest[: HEADER + KEPT]
        if len(self._begun) >= HEADER:
            self._left = self._payload() - (len(rest) - HEADER)

    def _go_on(self, data: bytes, messages: list[Message]) -> int:
        """Go on with the message that was begun; how many of the bytes belong to it."""
        position = 0
        if len(self._begun) < HEADER:
            position = min(HEADER - len(self._begun), len(data))
            self._begun += data[:position]
            if len(self._begun) < HEADER:
                return position
            self._left = self._payload()
        taken = min(self._left, len(data) - position)
        room = max(0, HEADER + KEPT - len(self._begun))
        self._begun += data[position : position + min(taken, room)]
        self._left -= taken
        if self._left == 0:
            kind, size = self._begun[0], self._payload() + HEADER
            messages.append(Message(kind, size, bytes(self._begun[HEADER:]) if kind in self._read else b""))
            self._begun.clear()
        return position + taken

    def _payload(self) -> int:
        """Bytes that follow the header of the message that was begun."""
        length = int.from_bytes(self._begun[1:HEADER], "big")
        if self._begun[0] not in self._kinds or not 4 <= length <= LARGEST_MESSAGE:
            raise ProtocolError
        return length - 4


class StartupReader:
    """Reads what a client sends before its messages have a type: requests for encryption, then the start-up."""

    LARGEST = 10_000

    def __init__(self) -> None:
        self._begun = bytearray()

    def feed(self, data: bytes) -> tuple[int, int, bytes] | None:
        """The request code and the size of the packet that is whole with these bytes, and the bytes after it; None
        where it is not whole.

        Raises:
            ProtocolError: A length that no such packet has.
        """
        self._begun += data
        if len(self._begun) < 4:
            return None
        length = int.from_bytes(self._begun[:4], "big")
        if not 8 <= length <= self.LARGEST:
            raise ProtocolError
        if len(self._begun) < length:
            return None
        code, rest = int.from_bytes(self._begun[4:8], "big"), bytes(self._begun[length:])
        self._begun.clear()
        return code, length, rest
