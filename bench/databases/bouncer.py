"""PgBouncer in transaction mode in front of a server, in a process that never outlives its run: a guardian starts it,
and ends it when the pipe that it hangs on is closed, which the kernel does however the run ends.
"""

from __future__ import annotations

import os
import re
import secrets
import select
import shutil
import socket
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import IO, cast

from packaging.version import Version

from bench.children import reap
from bench.databases import bouncer_files, guardian
from bench.databases.account import Account, server_account
from bench.databases.address import Address
from bench.databases.bouncer_files import Door
from bench.databases.completing import shields
from bench.databases.connecting import connect
from bench.databases.postgres import PostgresServer
from bench.databases.scratch import Scratch
from bench.errors import DatabaseError

PROGRAM = "pgbouncer"

_PLACES = ("/usr/sbin", "/usr/local/sbin")
"""Where it is installed, and where the search path of an ordinary user does not lead."""
_PATIENCE = 10.0
_PORT = 6432
_LOOPBACK = "127.0.0.1"
_OF_THE_SERVER = ("hostaddr", "requirepeer")


def find_program() -> Path | None:
    """PgBouncer's binary; None where it is not installed."""
    found = shutil.which(PROGRAM, path=os.pathsep.join([os.environ.get("PATH", os.defpath), *_PLACES]))
    return None if found is None else Path(found).resolve()


@cache
def version_of(program: Path) -> str | None:
    """The version of that binary, such as `1.24.1`; None where it does not run or does not say."""
    with suppress(OSError):
        done = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        if match := re.search(r"PgBouncer\D*(\d+(?:\.\d+)+)", done.stdout, re.IGNORECASE):
            return match[1]
    return None


def installed_version() -> str | None:
    """The version of the PgBouncer that is installed; None where none is."""
    program = find_program()
    return version_of(program) if program is not None else None


def missing(requirement: str) -> str:
    """That it is not there, and what to do."""
    return f"requires {requirement}, which is not installed (Debian's package is {PROGRAM})"


def open_bouncer(server: PostgresServer) -> Bouncer:
    """A PgBouncer in front of a server, which takes connections when this returns.

    Raises:
        DatabaseError: It is not installed, did not start, or the server does not let it in.
    """
    program, version = find_program(), installed_version()
    if program is None or version is None:
        raise DatabaseError(missing(PROGRAM))
    bouncer = Bouncer(program, version, server.reached(server.maintenance))
    try:
        bouncer.wait()
    except BaseException:
        bouncer.close()
        raise
    return bouncer


class Bouncer:
    """A PgBouncer that runs; connections through it are for reading alone. Closing it ends it.

    Args:
        program: Its binary.
        version: Its version.
        server: The server behind it, with the host (or the socket's directory) and the port that it is reached at.

    Attributes:
        description: What a reader should know of it, as a clause.

    Raises:
        DatabaseError: The server's address asks for what PgBouncer cannot do.
    """

    def __init__(self, program: Path, version: str, server: Address) -> None:
        self.version = version
        self.description = (
            f"through PgBouncer {version} in transaction mode, with {bouncer_files.POOL_SIZE} connections to the server"
        )
        account, files = server_account(), bouncer_files.tls_files(server)
        # The user's own temporary directory may be closed to the account that it runs under; its path is short, as a
        # socket's has to be.
        self._scratch = Scratch("bouncer")
        self._directory = self._scratch.path
        account.own(self._directory)
        over_unix = (server.host or "").startswith(("/", "@"))
        door = Door(str(self._directory), _PORT) if over_unix else Door(_LOOPBACK, _free_port())
        options = {name: value for name, value in server.options.items() if not _is_of_the_server(name)}
        options |= shields(server.options)
        options |= {"sslmode": "disable", "gssencmode": "disable", "channel_binding": "disable"}
        # A user whom the server trusts has none, and everybody on this machine could come in by PgBouncer.
        password = server.password or secrets.token_urlsafe(24)
        self._entrance = replace(server, host=door.host, port=door.port, password=password, options=options)
        self._guardian = self._start_guardian(program)
        try:
            self._write(account, server, door, files)
        except BaseException:
            self.close()
            raise
        self._start()

    @property
    def runs(self) -> bool:
        """Whether it is there: the pipe that it has inherited says so when it has ended."""
        return not self._has_ended(0.0)

    def to(self, database: Address) -> Address:
        """Where a driver reaches that database of the server through it."""
        return replace(self._entrance, database=database.database)

    def wait(self) -> None:
        """Wait until it takes a connection.

        Raises:
            DatabaseError: It ended, or takes none for ten seconds.
        """
        deadline = time.monotonic() + _PATIENCE
        # The password goes to nobody who has taken the port meanwhile: by SCRAM either side shows that it knows it.
        options = {"connect_timeout": "2", "require_auth": "scram-sha-256"}
        impatient = replace(self._entrance, options={**self._entrance.options, **options})
        while True:
            with suppress(DatabaseError):
                connect(impatient, application_name="bench start").close()
                return
            if self._has_ended(0.02) or time.monotonic() > deadline:
                raise DatabaseError(f"PgBouncer {self.version} takes no connections: {self._last_words()}")

    def close(self) -> None:
        """End it, and return when it has ended; safe to call twice."""
        with suppress(BrokenPipeError):
            self._pipe.close()
        reap(self._guardian)
        self._sign.close()
        self._scratch.cleanup()  # the guardian has done so, if nobody has killed it

    @property
    def _pipe(self) -> IO[bytes]:
        """What the guardian lives for."""
        return cast(IO[bytes], self._guardian.stdin)

    @property
    def _sign(self) -> IO[bytes]:
        """What ends when PgBouncer does."""
        return cast(IO[bytes], self._guardian.stdout)

    def _start_guardian(self, program: Path) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            guardian.command("bouncer", self._directory, program),
            env=guardian.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _write(self, account: Account, server: Address, door: Door, files: Mapping[str, Path]) -> None:
        """Write what it reads; only now that a guardian removes it, whatever happens."""
        copies = {name: self._directory / name for name in files}
        for name, copy in copies.items():
            _write_private(copy, _read(files[name]), account)
        tls = bouncer_files.tls_settings(server, copies)
        settings = bouncer_files.settings_text(server, door, self._directory, Version(self.version), tls)
        verifier = _verifier(server) if server.password is not None else None
        if server.password is not None and verifier is None:
            self.description += ", which takes longer to open a connection because this user may not read pg_authid"
        users = bouncer_files.users_text(str(server.user), verifier or str(self._entrance.password))
        _write_private(self._directory / bouncer_files.SETTINGS, settings.encode(), account)
        _write_private(self._directory / bouncer_files.USERS, users.encode(), account)

    def _start(self) -> None:
        with suppress(BrokenPipeError):  # a guardian that has ended is found to have when it is waited for
            self._pipe.write(b"start\n")
            self._pipe.flush()

    def _has_ended(self, patience: float) -> bool:
        """Whether it has, or does in so many seconds."""
        return bool(select.select([self._sign], [], [], patience)[0])

    def _last_words(self) -> str:
        try:
            log = (self._directory / bouncer_files.LOG).read_text(errors="replace")
        except OSError:
            log = ""
        return bouncer_files.last_words(log)


def _is_of_the_server(option: str) -> bool:
    """Whether a connection option is about the way to the server itself, which is PgBouncer's."""
    return option.startswith("ssl") or option in _OF_THE_SERVER


def _verifier(server: Address) -> str | None:
    """What the server keeps to verify the user's password by SCRAM; None where it does not, or not tell."""
    import psycopg

    with connect(server, application_name="bench start") as connection, suppress(psycopg.errors.InsufficientPrivilege):
        ((kept,),) = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = current_user").fetchall()
        return kept if kept is not None and kept.startswith("SCRAM-") else None
    return None


def _free_port() -> int:
    with socket.create_server((_LOOPBACK, 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DatabaseError(f"a certificate that the URL names cannot be read: {error.strerror}") from None


def _write_private(path: Path, content: bytes, account: Account) -> None:
    """A new file that its owner alone can read."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    account.own(path)
