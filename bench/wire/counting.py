"""Counts one connection from the messages that its client and its server send.

A round trip is a message whose reply the client waits for, never a change of direction: that depends on how the
kernel's buffers happened to fill. Nothing here waits, writes or changes a byte.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final, Literal

from bench.statement_kinds import LONGEST_START, StatementKind, is_planned, statement_kind
from bench.wire.counts import WireCounts
from bench.wire.framing import HEADER, Message, MessageReader, ProtocolError, StartupReader

SSL_REQUEST: Final = 80877103
GSS_REQUEST: Final = 80877104
CANCEL_REQUEST: Final = 80877102
PROTOCOL_3: Final = 3

CLIENT_KINDS: Final = b"BCDEFHPQSXcdfp"
CLIENT_READ: Final = b"BCEPQ"
SERVER_KINDS: Final = b"123ACDEGHIKNRSTVWZcdnstv"
SERVER_READ: Final = b"C"

Phase = Literal["starting", "asked", "started", "unknown"]
"""Before the start-up message; between a request for encryption and its answer; after the start-up; out of step."""


@dataclass
class _Portal:
    kind: StatementKind
    is_planned: bool = True
    was_executed: bool = False


class ConnectionCounter:
    """What crossed one connection so far.

    Args:
        counting: Without it, only the start of the connection is read, in which encryption is agreed on.
    """

    def __init__(self, *, counting: bool = True) -> None:
        self.counts = WireCounts()
        self.phase: Phase = "starting"
        self._counting = counting
        self._startup = StartupReader()
        self._client = MessageReader(CLIENT_KINDS, CLIENT_READ)
        self._server = MessageReader(SERVER_KINDS, SERVER_READ)
        self._statements: dict[bytes, tuple[StatementKind, bool]] = {}
        self._portals: dict[bytes, _Portal] = {}
        self._named: set[bytes] = set()
        self._cycles: deque[Literal["simple", "extended", "call"]] = deque()
        self._simple_kind: deque[StatementKind] = deque()
        self._completed = 0
        self._copy_is_done = False
        self._synced = False

    @property
    def known(self) -> bool:
        """Whether everything so far could be read as the protocol."""
        return self.phase != "unknown"

    def client_sent(self, data: bytes) -> None:
        """Count bytes from the client."""
        self.counts.bytes_sent += len(data)
        try:
            if self.phase == "starting":
                self._start(data)
            elif self.phase == "asked":
                raise ProtocolError  # a client waits for the answer
            elif self.phase == "started" and self._counting:
                self._count_client(data)
        except ProtocolError:
            self.phase = "unknown"

    def server_sent(self, data: bytes) -> bool:
        """Count bytes from the server; whether they are its consent to encrypt with TLS from here on."""
        self.counts.bytes_received += len(data)
        try:
            if self.phase == "asked":
                return self._answer(data)
            if self.phase == "started" and self._counting:
                self._count_server(data)
        except ProtocolError:
            self.phase = "unknown"
        return False

    def taken(self) -> WireCounts:
        """What was counted since this was last asked."""
        self.counts.portals_left = len(self._named)
        counts, self.counts = self.counts, WireCounts()
        self._named.clear()
        return counts

    def _start(self, data: bytes) -> None:
        packet = self._startup.feed(data)
        if packet is None:
            return
        code, _, rest = packet
        if code in (SSL_REQUEST, GSS_REQUEST):
            self.counts.round_trips += 1
            self.phase = "asked"
            if rest:
                raise ProtocolError
        elif code == CANCEL_REQUEST:
            self.phase = "started"
        elif code >> 16 == PROTOCOL_3:
            self.counts.round_trips += 1
            self.counts.connections += 1
            self.phase = "started"
            if rest and self._counting:
                self._count_client(rest)
        else:
            raise ProtocolError

    def _answer(self, data: bytes) -> bool:
        self.phase = "starting"
        if data == b"S":
            return True
        if data != b"N":
            raise ProtocolError  # consent to GSS encryption, or an error of a server too old to know the request
        return False

    def _count_client(self, data: bytes) -> None:
        for message in self._client.feed(data):
            self._count_client_message(message)

    def _count_client_message(self, message: Message) -> None:
        counts, copy_is_done, self._copy_is_done = self.counts, self._copy_is_done, False
        synced, self._synced = self._synced, False
        match chr(message.kind):
            case "Q":
                counts.round_trips += 1
                self._cycles.append("simple")
                self._simple_kind.append(_kind_of(message.start))
            case "P":
                counts.prepares += 1
                name, _, text = message.start.partition(b"\0")
                self._statements[name] = (_kind_of(text), is_planned(_decoded(text)))
            case "B":
                self._bind(*message.start.split(b"\0", 2)[:2])
            case "E":
                self._execute(message.start.partition(b"\0")[0])
            case "C":
                self._close(message.start[:1], message.start[1:].partition(b"\0")[0])
            case "S":
                # Directly after CopyDone it is one and the same wait.
                counts.round_trips += 0 if copy_is_done else 1
                self._cycles.append("extended")
                self._synced = True
            case "F":
                counts.round_trips += 1
                counts.executions += 1
                self._cycles.append("call")
            case "c":
                counts.round_trips += 1
                self._copy_is_done = True
            case "H" if synced:
                pass
            case "H" | "f" | "p":
                counts.round_trips += 1
            case "d":
                counts.copy_bytes += message.size - HEADER

    def _bind(self, portal: bytes = b"", statement: bytes = b"") -> None:
        self._portals[portal] = _Portal(*self._statements.get(statement, ("execution", True)))
        if portal:
            self._named.add(portal)

    def _execute(self, name: bytes) -> None:
        portal = self._portals.setdefault(name, _Portal("execution"))
        if portal.was_executed:
            self.counts.fetches += 1
        else:
            self._count_statement(portal.kind)
            self.counts.unplanned += portal.kind == "execution" and not portal.is_planned
        portal.was_executed = True

    def _close(self, what: bytes, name: bytes) -> None:
        if what == b"S":
            self._statements.pop(name, None)
        else:
            self._portals.pop(name, None)
            self._named.discard(name)

    def _count_statement(self, kind: StatementKind) -> None:
        match kind:
            case "execution":
                self.counts.executions += 1
            case "transaction":
                self.counts.transaction_commands += 1
            case "fetch":
                self.counts.fetches += 1
            case "ping":
                self.counts.pings += 1

    def _count_server(self, data: bytes) -> None:
        counts = self.counts
        for message in self._server.feed(data):
            match chr(message.kind):
                case "D":
                    counts.rows += 1
                case "d":
                    counts.copy_bytes += message.size - HEADER
                case "C" if self._is_simple:
                    self._completed += 1
                    self._count_statement(_kind_of(message.start))
                case "I" if self._is_simple:
                    counts.pings += 1
                case "E":
                    counts.errors += 1
                    if self._is_simple:
                        self._count_failed()
                case "G" if self._cycles and not self._is_simple:
                    self._cycles.popleft()  # while it takes COPY's data, the server ignores the Sync that was sent
                case "Z" if self._cycles:
                    if self._cycles.popleft() == "simple":
                        self._simple_kind.popleft()
                    self._completed = 0

    @property
    def _is_simple(self) -> bool:
        """Whether the server is answering a simple query: its statements are told by what completes, for there may be
        several in one.
        """
        return bool(self._cycles) and self._cycles[0] == "simple"

    def _count_failed(self) -> None:
        kind = self._simple_kind[0]
        self._count_statement(kind if not self._completed and kind != "ping" else "execution")


def _kind_of(text: bytes) -> StatementKind:
    kind = statement_kind(_decoded(text))
    # What is cut off in the midst of a comment goes on with a statement.
    return "execution" if kind == "ping" and len(text) >= LONGEST_START else kind


def _decoded(text: bytes) -> str:
    return text.partition(b"\0")[0].decode("latin-1")
