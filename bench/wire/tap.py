"""The tap's loop: one thread that moves bytes between drivers and servers, and does what the controller asks.

One thread, because two in one interpreter would wait for each other in the middle of a sample. It waits with
`select.select`, whose time-out has microseconds, on the descriptor of the selector, whose own has milliseconds.
"""

from __future__ import annotations

import select
import selectors
import socket
from pathlib import Path
from time import perf_counter
from typing import Any

from bench.pipe import Message, decode, encode
from bench.wire.leg import Leg
from bench.wire.listening import Listener, Target
from bench.wire.relay import RelayedConnection

_CHUNK = 1 << 16
_LONGEST_LOOK = 1.0
"""Seconds after which counts are told although more comes in."""


class Tap:
    """Serves until the controller closes the pipe.

    Args:
        pipe: The controller's end is the other one.
        directory: A private directory for sockets and the certificate.
    """

    def __init__(self, pipe: socket.socket, directory: Path) -> None:
        self._pipe = pipe
        self._directory = directory
        self._selector = selectors.DefaultSelector()
        self._listeners: dict[int, Listener] = {}
        self._of_connection: dict[RelayedConnection, Listener] = {}
        self._busy: set[RelayedConnection] = set()
        self._begun = bytearray()
        self._served = 0
        self._selector.register(pipe, selectors.EVENT_READ, None)

    def serve(self) -> None:
        """Relay and answer until the controller has gone."""
        timeout: float | None = None
        while self._turn(timeout):
            timeout = self._flush()

    def do_listen(self, host: str, port: int, options: dict[str, str], unix: bool, counting: bool) -> Message:
        """Listen for drivers of one server; `key` names the listener from here on."""
        listener = Listener(Target(host, port, options), counting, self._directory, unix)
        self._served += 1
        self._listeners[self._served] = listener
        self._selector.register(listener.socket, selectors.EVENT_READ, listener)
        return {"key": self._served, **listener.way_in()}

    def do_hold(self, key: int, seconds: float) -> Message:
        """Hold bytes for so long each way."""
        self._listeners[key].hold_for(seconds)
        return {}

    def do_cut(self, key: int) -> Message:
        """Cut the connection that has been open the longest; `found` is whether there is one."""
        connection = next(iter(self._listeners[key].connections), None)
        if connection is not None:
            self._forget(connection)
        return {"found": connection is not None}

    def do_stall(self, key: int, seconds: float) -> Message:
        """Let nothing through for so long, each way, on the connection that has been open the longest; `found` is
        whether there is one.
        """
        connection = next(iter(self._listeners[key].connections), None)
        if connection is not None:
            connection.stalled_until = perf_counter() + seconds
        return {"found": connection is not None}

    def do_taken(self, key: int) -> Message:
        """What crossed since this was last asked, everything that the driver has sent by now among it."""
        until = perf_counter() + _LONGEST_LOOK
        while self._turn(0.0, answering=False) and perf_counter() < until:
            self._flush()
        return self._listeners[key].taken()

    def do_close(self, key: int) -> Message:
        """Close a listener and its connections."""
        listener = self._listeners.pop(key)
        self._selector.unregister(listener.socket)
        for connection in list(listener.connections):
            self._forget(connection)
        listener.close()
        return {}

    def _turn(self, timeout: float | None, *, answering: bool = True) -> bool:
        """Wait for what comes, and take it; False where the controller has gone, or nothing came in no time."""
        took = False
        for key, events in self._wait(timeout):
            if key.data is None:
                if answering and not self._answer():
                    return False
            elif isinstance(key.data, Listener):
                took = self._accept(key.data) or took
            else:
                connection, leg = key.data
                took = self._move(connection, leg, events) or took
        return answering or took

    def _wait(self, timeout: float | None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or not hasattr(self._selector, "fileno"):
            return self._selector.select(timeout)
        select.select([self._selector.fileno()], [], [], timeout)
        return self._selector.select(0)

    def _accept(self, listener: Listener) -> bool:
        connection = listener.accept()
        if connection is None:
            return False
        self._of_connection[connection] = listener
        for leg in (connection.client, connection.server):
            self._look_for(connection, leg)
        return True

    def _move(self, connection: RelayedConnection, leg: Leg, events: int) -> bool:
        """Take in what a side has sent; what waits for room is sent on by the next flush."""
        if connection not in self._of_connection:
            return False  # it was let go of while the events of this turn were looked at
        self._busy.add(connection)
        return bool(events & selectors.EVENT_READ) and connection.read(leg, perf_counter())

    def _flush(self) -> float | None:
        """Send on what is due; seconds until the next is."""
        nearest: float | None = None
        for connection in list(self._busy):
            due = connection.flush(perf_counter())
            if connection.closed:
                self._forget(connection)
                continue
            for leg in (connection.client, connection.server):
                self._look_for(connection, leg)
            if due is not None:
                nearest = due if nearest is None else min(nearest, due)
            elif not connection.holds:
                self._busy.discard(connection)
        return None if nearest is None else max(0.0, nearest - perf_counter())

    def _look_for(self, connection: RelayedConnection, leg: Leg) -> None:
        """Have the selector look for what a connection waits for on one side."""
        reads, writes = connection.wants(leg)
        events = (selectors.EVENT_READ if reads else 0) | (selectors.EVENT_WRITE if writes else 0)
        if events == leg.looked_for:
            return
        if leg.looked_for:
            self._selector.unregister(leg)
        if events:
            self._selector.register(leg, events, (connection, leg))
        leg.looked_for = events

    def _forget(self, connection: RelayedConnection) -> None:
        """Stop looking for it, then close its sockets: a descriptor that is free may be another's at once."""
        for leg in (connection.client, connection.server):
            if leg.looked_for:
                self._selector.unregister(leg)
            leg.close()
        self._busy.discard(connection)
        self._of_connection.pop(connection).let_go(connection)

    def _answer(self) -> bool:
        """Do what the controller has asked; False where it has gone."""
        try:
            data = self._pipe.recv(_CHUNK)
        except OSError:
            return False
        self._begun += data
        while b"\n" in self._begun:
            line, _, rest = self._begun.partition(b"\n")
            self._begun = bytearray(rest)
            message = decode(bytes(line))
            answer = self._done(message)
            self._pipe.sendall(encode({"id": message["id"], **answer}))
        return bool(data)

    def _done(self, message: Message) -> dict[str, Any]:
        operation = getattr(self, f"do_{message['op']}")
        try:
            return {"answer": operation(**message["arguments"])}
        except OSError as error:
            return {"error": error.strerror or type(error).__name__}
