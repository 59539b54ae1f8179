"""Messages of PostgreSQL's protocol as the tests write them, and what is counted of a conversation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from bench.wire.counting import ConnectionCounter
from bench.wire.counts import WireCounts

Side = Literal["client", "server"]
Said = tuple[Side, bytes]


def typed(kind: str, payload: bytes = b"") -> bytes:
    """A message with a type."""
    return kind.encode() + (len(payload) + 4).to_bytes(4, "big") + payload


def packet(code: int, payload: bytes = b"") -> bytes:
    """A message before the start-up, which has no type."""
    return (len(payload) + 8).to_bytes(4, "big") + code.to_bytes(4, "big") + payload


STARTUP = packet(3 << 16, b"user\0bench\0\0")
SSL_REQUEST = packet(80877103)
READY = typed("Z", b"I")


def query(text: str) -> bytes:
    """A simple query."""
    return typed("Q", text.encode() + b"\0")


def parse(text: str, name: str = "") -> bytes:
    """A statement to prepare."""
    return typed("P", name.encode() + b"\0" + text.encode() + b"\0\0\0")


def bind(portal: str = "", statement: str = "") -> bytes:
    """A portal of a statement, without parameters."""
    return typed("B", portal.encode() + b"\0" + statement.encode() + b"\0" + b"\0\0\0\0\0\0")


def execute(portal: str = "", rows: int = 0) -> bytes:
    """An execution of a portal, up to so many rows."""
    return typed("E", portal.encode() + b"\0" + rows.to_bytes(4, "big"))


def completed(tag: str) -> bytes:
    """What a statement ends with."""
    return typed("C", tag.encode() + b"\0")


SYNC = typed("S")


def client(*messages: bytes) -> Said:
    """What a client sends at once."""
    return "client", b"".join(messages)


def server(*messages: bytes) -> Said:
    """What a server sends at once."""
    return "server", b"".join(messages)


def listened(said: Iterable[Said]) -> ConnectionCounter:
    """A counter that has heard a conversation."""
    counter = ConnectionCounter()
    for side, data in said:
        if side == "client":
            counter.client_sent(data)
        else:
            counter.server_sent(data)
    return counter


def counts(*said: Said, started: bool = True) -> dict[str, int]:
    """What is counted of a conversation, bytes and zeros left out; after the start-up, which is not counted."""
    counter = listened([client(STARTUP), server(typed("R", b"\0\0\0\0"), READY)] if started else [])
    counter.taken()
    for side, data in said:
        (counter.client_sent if side == "client" else counter.server_sent)(data)
    assert counter.known
    return shown(counter.taken())


def shown(found: WireCounts) -> dict[str, int]:
    """The figures that are not 0, bytes left out."""
    return {name: value for name, value in vars(found).items() if value and not name.startswith("bytes")}
