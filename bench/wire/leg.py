"""One side of a relayed connection: a socket that never waits, in plain or under TLS."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress

from bench.wire.encryption import HANDSHAKE_PATIENCE

CHUNK = 1 << 16


class Leg:
    """A connected socket, made non-blocking here; it sends small messages at once.

    `looked_for` are the events that a selector looks for on it.
    """

    def __init__(self, connected: socket.socket) -> None:
        connected.setblocking(False)
        with suppress(OSError):
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket = connected
        self.looked_for = 0

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._socket.fileno()

    def receive(self) -> bytes | None:
        """Bytes that have come; None where there are none yet, empty where the other side has closed."""
        try:
            return self._socket.recv(CHUNK)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return None
        except OSError:
            return b""

    @property
    def holds_more(self) -> bool:
        """Whether bytes wait inside TLS, which no look at the descriptor shows."""
        return isinstance(self._socket, ssl.SSLSocket) and self._socket.pending() > 0

    def send(self, data: bytes | memoryview) -> int:
        """How many bytes were taken; 0 where the other side is not ready.

        Raises:
            OSError: The other side has closed.
        """
        try:
            return self._socket.send(data)
        except (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0

    def encrypt(self, context: ssl.SSLContext, *, as_server: bool, host: str | None = None) -> None:
        """Speak TLS from here on; waits for the handshake.

        Raises:
            OSError: The handshake failed, or took longer than ten seconds.
        """
        self._socket.settimeout(HANDSHAKE_PATIENCE)
        self._socket = context.wrap_socket(self._socket, server_side=as_server, server_hostname=host)
        self._socket.setblocking(False)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
