"""One relayed connection: bytes go through in order and unchanged, each after the time that it is held for."""

from __future__ import annotations

import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench.databases.encryption import Encryption
from bench.wire.counting import ConnectionCounter
from bench.wire.encryption import to_client
from bench.wire.leg import Leg

_WRONG_NAME = (62, 64)
"""OpenSSL's codes for a certificate of another host or address, whose words would name it."""
MOST_HELD = 16 << 20
"""Bytes on their way in one direction from which on the sender has to wait."""


@dataclass
class _Direction:
    """Bytes on their way, each with the moment when they are due; None among them is where TLS begins."""

    source: Leg
    target: Leg
    queue: deque[tuple[float, bytes | None]] = field(default_factory=deque)
    held: int = 0
    ended: bool = False
    blocked: bool = False


@dataclass(frozen=True)
class Tls:
    """How to speak TLS on both sides, should the server consent to it."""

    asked: Encryption
    host: str | None
    directory: Path


class RelayedConnection:
    """A client's connection and the one to the server that was opened for it.

    Args:
        client, server: Both sides, connected.
        counter: Counts what crosses.
        hold: Seconds that bytes are held each way.
        tls: For when both agree on TLS.
        complain: Hears why TLS failed, where it does.
    """

    def __init__(
        self,
        client: Leg,
        server: Leg,
        counter: ConnectionCounter,
        hold: float,
        tls: Tls,
        complain: Callable[[str], None],
    ) -> None:
        self.client = client
        self.server = server
        self.counter = counter
        self.was_used = False
        self.closed = False  # from then on whoever looks after it lets go of the sockets
        self.hold = hold
        self.stalled_until = 0.0
        self._tls = tls
        self._complain = complain
        self._up = _Direction(client, server)
        self._down = _Direction(server, client)

    def wants(self, leg: Leg) -> tuple[bool, bool]:
        """Whether it waits for bytes from a side, and whether for room to send to it."""
        coming, going = (self._up, self._down) if leg is self.client else (self._down, self._up)
        return not coming.ended and coming.held < MOST_HELD, going.blocked

    def read(self, leg: Leg, now: float) -> bool:
        """Take in what a side has sent; whether there was anything."""
        direction = self._up if leg is self.client else self._down
        took = False
        while not self.closed and not direction.ended:
            data = leg.receive()
            if data is None:
                break
            took = True
            if not data:
                direction.ended = True
                break
            self._take_in(direction, data, now)
            if not leg.holds_more:
                break
        self.flush(now)
        return took

    def flush(self, now: float) -> float | None:
        """Send on what is due; when the next is, None where nothing is held or the other side is not ready."""
        due = [moment for moment in (self._send_on(one, now) for one in (self._up, self._down)) if moment]
        if not self.closed and any(one.ended and not one.queue for one in (self._up, self._down)):
            self.closed = True
        return min(due, default=None) if not self.closed else None

    @property
    def holds(self) -> bool:
        """Whether bytes are on their way."""
        return bool(self._up.queue or self._down.queue)

    def _take_in(self, direction: _Direction, data: bytes, now: float) -> None:
        due = max(now + self.hold, self.stalled_until)
        direction.queue.append((due, data))
        direction.held += len(data)
        if direction is self._up:
            self.was_used = True
            self.counter.client_sent(data)
        elif self.counter.server_sent(data):
            self._encrypt_server()
            direction.queue.append((due, None))

    def _send_on(self, direction: _Direction, now: float) -> float | None:
        queue = direction.queue
        direction.blocked = False
        while queue and not self.closed:
            moment, data = queue[0]
            if moment > now:
                return moment
            if data is None:
                queue.popleft()
                self._encrypt_client()
                continue
            try:
                sent = direction.target.send(data)
            except OSError:
                self.closed = True
                return None
            direction.held -= sent
            if sent == len(data):
                queue.popleft()
                continue
            queue[0] = (moment, data[sent:])
            direction.blocked = sent == 0
            if direction.blocked:
                return None
        return None

    def _encrypt_server(self) -> None:
        try:
            self.server.encrypt(self._tls.asked.to_server(), as_server=False, host=self._tls.host)
        except ssl.SSLCertVerificationError as error:
            refused = "it is not for the server's name" if error.verify_code in _WRONG_NAME else error.verify_message
            self._give_up(f"the server's certificate was refused: {refused}")
        except (OSError, ValueError) as error:
            self._give_up(f"TLS with the server failed: {_reason(error)}")

    def _encrypt_client(self) -> None:
        try:
            self.client.encrypt(to_client(self._tls.directory), as_server=True)
        except OSError:
            self.closed = True  # the driver says why in its own words

    def _give_up(self, reason: str) -> None:
        self._complain(reason)
        self.closed = True


def _reason(error: OSError | ValueError) -> str:
    """Why TLS failed, without the file or the host that it was about."""
    if isinstance(error, OSError):
        return str(getattr(error, "reason", None) or error.strerror or "no answer")
    return str(error)
