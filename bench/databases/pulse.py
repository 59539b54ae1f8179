"""Whether the server at the other end of a connection is still there."""

from __future__ import annotations

import time
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

MOMENT_S = 0.25
"""Seconds that a connection is listened to first: of a server that ends, some connections are closed before others."""


def has_pulse(connection: Connection[Any], patience: float) -> bool:
    """Whether a connection on which nothing goes on answers.

    Args:
        connection: In autocommit mode.
        patience: Seconds after which a server that says nothing is taken to be gone: it may hang, or its machine may be
            out of reach, which a connection by itself notices after many minutes.
    """
    import psycopg
    from psycopg.pq import ExecStatus

    wire = connection.pgconn
    try:
        with DefaultSelector() as incoming:
            incoming.register(wire.socket, EVENT_READ)
            incoming.select(MOMENT_S)
            deadline = time.monotonic() + patience
            wire.send_query(b"SELECT 1")
            wire.flush()
            while wire.is_busy():
                if not incoming.select(max(0.0, deadline - time.monotonic())):
                    return False
                wire.consume_input()
        answered = False
        while (result := wire.get_result()) is not None:
            answered = result.status == ExecStatus.TUPLES_OK
    except (psycopg.Error, OSError):
        return False
    return answered
