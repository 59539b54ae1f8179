"""Where one database is and how to get in: handed to the worker over its private pipe, and shown to nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Dialect = Literal["postgresql", "sqlite"]


@dataclass(frozen=True, repr=False)
class Address:
    """One database. `database` is its name, or the path of the file for SQLite; `host` may be a socket directory.

    `options` are connection options as they stand in the query of a libpq URL (`sslmode`, `sslrootcert`, …).
    What is None is left to the driver, which looks where psql looks (PGPASSWORD, .pgpass, service files).
    `is_read_only` is whether every session there is read-only, the harness's own too: the database is somebody's.
    `is_own` is whether the server is one that the harness has started, which is reached by what stands here alone.
    """

    dialect: Dialect
    database: str
    host: str | None = None
    port: int | None = None
    user: str | None = None
    password: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    is_read_only: bool = False
    is_own: bool = False

    def __repr__(self) -> str:
        """Neither password nor host, so that no traceback and no log shows them."""
        return f"Address({self.dialect}, {self.database!r})"

    def as_message(self) -> dict[str, Any]:
        """As JSON-ready values, for the worker's private pipe alone."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: Mapping[str, Any]) -> Address:
        """The address that `as_message` was made from."""
        return cls(**message)
