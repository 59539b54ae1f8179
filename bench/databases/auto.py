"""The choice for who names no database: Docker where it can be had, else the embedded server, and why."""

from __future__ import annotations

from collections.abc import Mapping

from bench.databases import containers
from bench.databases.docker import IMAGE, open_docker
from bench.databases.embedded import open_embedded
from bench.databases.postgres import PostgresServer
from bench.databases.server import Say
from bench.errors import DatabaseError

_PATIENCE = 0.9
"""Seconds that an engine has to answer, once."""


def open_auto(settings: Mapping[str, str], *, say: Say) -> PostgresServer:
    """A Docker container where an engine answers and the image is there or can be pulled, else the embedded server.

    Raises:
        DatabaseError: Neither can be had; the message is the embedded server's.
        UsageError: The server refuses one of `settings`.
    """
    try:
        containers.connect_engine(timeout=_PATIENCE).close()
    except DatabaseError as error:
        return open_embedded(settings, say=say, reason=_clause(error))
    try:
        return open_docker(IMAGE, settings, say=say, reason=f"Docker answers with {IMAGE}")
    except DatabaseError as error:
        say(f"using the embedded server: {_clause(error)}")
        return open_embedded(settings, say=say, reason=_clause(error))


def _clause(error: DatabaseError) -> str:
    """What happened, without the advice on what to do that follows a colon."""
    return str(error).split(": ", 1)[0]
