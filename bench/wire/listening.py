"""Where the tap listens for drivers, and the server that it connects each of them to."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.databases.completing import shields
from bench.databases.encryption import Encryption
from bench.wire.counting import ConnectionCounter
from bench.wire.counts import WireCounts
from bench.wire.encryption import none_revoked, own_certificate
from bench.wire.leg import Leg
from bench.wire.relay import RelayedConnection, Tls

CONNECT_PATIENCE = 10.0
"""Seconds that the server may take to answer."""
LOOPBACK = "127.0.0.1"
WAITING = 1000
"""Drivers that may wait: asyncio takes a connection to a socket whose queue is full for one that is there."""


@dataclass(frozen=True, repr=False)
class Target:
    """The server behind a listener: a host's name or address, or the directory of its Unix socket; and what the address
    asks of TLS.
    """

    host: str
    port: int
    options: Mapping[str, str]

    @property
    def is_unix(self) -> bool:
        """Whether it is reached over a Unix socket."""
        return self.host.startswith(("/", "@"))

    def connect(self) -> socket.socket:
        """A new connection.

        Raises:
            OSError: It does not answer.
        """
        if not self.is_unix:
            return socket.create_connection((self.options.get("hostaddr") or self.host, self.port), CONNECT_PATIENCE)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(CONNECT_PATIENCE)
            path = f"{self.host}/.s.PGSQL.{self.port}"
            connection.connect("\0" + path[1:] if path.startswith("@") else path)
        except OSError:
            connection.close()
            raise
        return connection


@dataclass
class Listener:
    """One way through the tap to one server. Without `counting` only the start of a connection is read, which costs
    samples the least.
    """

    target: Target
    counting: bool
    directory: Path
    over_unix: bool
    hold: float = 0.0
    connections: list[RelayedConnection] = field(default_factory=list)
    gone: WireCounts = field(default_factory=WireCounts)
    gone_known: bool = True
    gone_used: int = 0
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.over_unix:
            self.host, self.port = str(self.directory), 10_000 + secrets.randbelow(50_000)
            self.socket = socket.socket(socket.AF_UNIX)
            while (path := self.directory / f".s.PGSQL.{self.port}").exists():
                self.port += 1
            self.socket.bind(str(path))
        else:
            self.host = LOOPBACK
            self.socket = socket.create_server((LOOPBACK, 0))
            self.port = self.socket.getsockname()[1]
        self.socket.listen(WAITING)
        self.socket.setblocking(False)

    def way_in(self) -> dict[str, Any]:
        """Where a driver connects to, and the connection options that it needs there."""
        asked = Encryption.asked(self.target.options)
        shielded = shields(self.target.options)
        options = {**shielded, "gssencmode": "disable", "channel_binding": "disable", "sslmode": asked.client_mode}
        if self.over_unix:
            options["sslmode"] = "disable"
        elif asked.mode != "disable":
            options["sslrootcert"] = str(own_certificate(self.directory))
            if asked.revoked is not None or asked.revoked_folder is not None:
                options["sslcrl"] = str(none_revoked(self.directory))
        return {"host": self.host, "port": self.port, "options": options}

    def accept(self) -> RelayedConnection | None:
        """The next driver that waits, connected; None where there is none, or the server does not answer."""
        try:
            client, _ = self.socket.accept()
        except OSError:
            return None
        try:
            server = self.target.connect()
        except OSError:
            client.close()
            self.complaints.append("the server behind the tap does not answer")
            return None
        counter = ConnectionCounter(counting=self.counting)
        tls = Tls(Encryption.asked(self.target.options), self._name_to_verify(), self.directory)
        connection = RelayedConnection(
            Leg(client), Leg(server), counter, self.hold, tls, complain=self.complaints.append
        )
        self.connections.append(connection)
        return connection

    def let_go(self, connection: RelayedConnection) -> None:
        """Keep what a connection that has closed was counted for."""
        self.connections.remove(connection)
        self.gone.add(connection.counter.taken())
        self.gone_known = self.gone_known and connection.counter.known
        self.gone_used += connection.was_used

    def taken(self) -> dict[str, Any]:
        """What crossed since this was last asked: the counts, None where something could not be read as the protocol,
        and how many connections sent anything.
        """
        counts, known, used = self.gone, self.gone_known, self.gone_used
        self.gone, self.gone_known, self.gone_used = WireCounts(), True, 0
        for connection in self.connections:
            counts.add(connection.counter.taken())
            known = known and (connection.counter.known or not connection.was_used)
            used += connection.was_used
            connection.was_used = False
        complaints, self.complaints = self.complaints, []
        return {"counts": vars(counts) if known else None, "connections_used": used, "complaints": complaints}

    def hold_for(self, seconds: float) -> None:
        """Hold bytes for so long each way from here on, on connections that are open too."""
        self.hold = seconds
        for connection in self.connections:
            connection.hold = seconds

    def close(self) -> None:
        """Listen no more."""
        self.socket.close()
        if self.over_unix:
            (self.directory / f".s.PGSQL.{self.port}").unlink(missing_ok=True)

    def _name_to_verify(self) -> str | None:
        return None if self.target.is_unix else self.target.host
