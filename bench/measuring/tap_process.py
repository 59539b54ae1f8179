"""A tap as the controller sees it: a process that is started, asked for ways through it, and ended."""

from __future__ import annotations

import select
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from bench.children import ends_within, has_ended, how_it_ended, reap
from bench.databases.address import Address
from bench.databases.scratch import Scratch
from bench.errors import BenchError
from bench.pipe import Message, decode, encode
from bench.wire.counts import WireCounts

PATIENCE = 30.0
"""Seconds that the tap may take to answer; it waits ten for a server, and ten for a handshake."""
_CHUNK = 1 << 16
_MOMENT = 0.05
_OF_THE_CLIENT = ("sslcert", "sslkey", "sslpassword")
"""Options that name the files of the client's own certificate: the tap asks for none, but drivers read them, and would
read those of the environment or of the home directory in their place, without the password.
"""


class TapLostError(BenchError):
    """The tap died or does not answer; what went through it failed."""

    exit_code = 4


@dataclass(frozen=True)
class Crossed:
    """What crossed a way since it was last asked: None where something could not be read as the protocol.

    `connections_used` are those that sent anything; `complaints` what the tap itself has to say.
    """

    counts: WireCounts | None
    connections_used: int
    complaints: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """A way through the tap to one server: where the driver connects to in the server's stead."""

    key: int
    entrance: Address

    def to(self, database: Address) -> Address:
        """The same way to another database of that server."""
        return replace(self.entrance, database=database.database, user=database.user, password=database.password)


def _is_of_the_server(option: str) -> bool:
    """Whether a connection option is about the way to the server itself, which is the tap's."""
    if option in _OF_THE_CLIENT:
        return False
    return option.startswith("ssl") or option in ("hostaddr", "requirepeer")


class TapProcess:
    """One tap process. Use it as a context manager: leaving it ends the process."""

    def __init__(self) -> None:
        self._number = 0
        self._buffer = bytearray()
        self._directory = Scratch("tap")
        self._log = tempfile.TemporaryFile(prefix="bench-tap-")  # noqa: SIM115 - open as long as the process
        self._pipe, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "bench.wire", str(theirs.fileno()), self._directory.name],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        except BaseException:
            self._pipe.close()
            self._log.close()
            self._directory.cleanup()
            raise
        finally:
            theirs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it is there, as far as can be seen at once."""
        return not has_ended(self._process)

    def lost(self) -> str | None:
        """How it ended, if it has; what went through it fails a moment earlier, which is waited for."""
        if not ends_within(self._process, _MOMENT):
            return None
        return f"the tap, the relay that its calls went through, {how_it_ended(self._process)}"

    def open_way(self, server: Address, *, counting: bool, over_unix: bool | None = None) -> Way:
        """A way to a server.

        Args:
            server: With the host (or the socket's directory) and the port that it is really reached at.
            counting: Whether to count what crosses, which takes the tap a microsecond a message.
            over_unix: Whether drivers come over a Unix socket; without it, as they come to the server itself.

        Raises:
            TapLostError: The tap has died.
        """
        host, port = server.host or "", server.port or 5432
        unix = host.startswith(("/", "@")) if over_unix is None else over_unix
        way = self._ask("listen", host=host, port=port, options=dict(server.options), unix=unix, counting=counting)
        options = {name: value for name, value in server.options.items() if not _is_of_the_server(name)}
        entrance = replace(server, host=way["host"], port=way["port"], options={**options, **way["options"]})
        return Way(way["key"], entrance)

    def hold(self, way: Way, seconds: float) -> None:
        """Hold what crosses a way for so long, each way."""
        self._ask("hold", key=way.key, seconds=seconds)

    def cut(self, way: Way) -> bool:
        """Cut the connection through a way that has been open the longest; whether there was one."""
        return bool(self._ask("cut", key=way.key)["found"])

    def stall(self, way: Way, seconds: float) -> bool:
        """Let nothing through for so long on the connection that has been open the longest; whether there was one."""
        return bool(self._ask("stall", key=way.key, seconds=seconds)["found"])

    def crossed(self, way: Way) -> Crossed:
        """What crossed a way since this was last asked."""
        taken = self._ask("taken", key=way.key)
        counts: Mapping[str, int] | None = taken["counts"]
        known = None if counts is None else WireCounts(**counts)
        return Crossed(known, taken["connections_used"], tuple(taken["complaints"]))

    def close_way(self, way: Way) -> None:
        """Close a way and the connections through it."""
        self._ask("close", key=way.key)

    def end(self) -> None:
        """End the process; safe to call twice."""
        self._pipe.close()
        if not ends_within(self._process, 2.0):
            self._process.kill()
        reap(self._process)
        self._log.close()
        self._directory.cleanup()

    def _ask(self, op: str, **arguments: Any) -> Message:
        self._number += 1
        try:
            self._pipe.sendall(encode({"id": self._number, "op": op, "arguments": arguments}))
            while b"\n" not in self._buffer:
                if not select.select([self._pipe], [], [], PATIENCE)[0]:
                    self._process.kill()
                    raise TapLostError("the tap did not answer in time and was ended")
                chunk = self._pipe.recv(_CHUNK)
                if not chunk:
                    raise ConnectionResetError
                self._buffer += chunk
        except OSError:
            raise TapLostError(self.lost() or "the tap closed its pipe") from None
        line, _, rest = self._buffer.partition(b"\n")
        self._buffer = bytearray(rest)
        message = decode(bytes(line))
        if "error" in message:
            raise BenchError(f"the tap could not {op}: {message['error']}")
        answer: Message = message["answer"]
        return answer
