"""A PostgreSQL cluster of the harness's own, from a directory of binaries: made once, shared by all runs that are on at
the same time, stopped when the last of them ends.

In its directory: `cluster/` (the data and the password, whole or not there), `log`, and the locks. Starting and
leaving go one at a time under `mutex.lock`; each user shares `users.lock`; a guardian process holds `guardian.lock` and
waits to have `users.lock` alone; the server's processes hold `server.lock`; runs that have confined the server to a
core share `pins.lock`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from bench.databases import guardian, locks, postmaster, tuning
from bench.databases.account import Account, detach, server_account
from bench.databases.address import Address
from bench.databases.cache import cache_directory, make_directory
from bench.databases.server import Say, silent
from bench.errors import DatabaseError

USER = "bench"

_START_PATIENCE = 120.0
_GUARDIAN_PATIENCE = 90.0
_LONGEST_SOCKET_DIRECTORY = 80


@dataclass(frozen=True)
class Binaries:
    """An installed PostgreSQL.

    Attributes:
        directory: Where `postgres` and `initdb` are, with links resolved.
        name: The name of the cluster that they run: equal names share one.
        major: The server's major version; a cluster is of one.
    """

    directory: Path
    name: str
    major: int

    def libraries(self) -> tuple[str, ...]:
        """The libraries to preload that this installation has."""
        roots = (self.directory.parent / "lib", self.directory.parent / "lib" / "postgresql")
        names = (f"{tuning.STATEMENTS}{suffix}" for suffix in (".so", ".dylib"))
        there = any((root / name).exists() for name in names for root in roots)
        return (tuning.STATEMENTS,) if there else ()


@dataclass(frozen=True)
class Entered:
    """A cluster that this process uses.

    Attributes:
        address: Its maintenance database, as its superuser.
        home: Its directory.
        binaries: What it runs on.
    """

    address: Address
    home: Path
    binaries: Binaries

    def process(self) -> int | None:
        """The number of its server's first process."""
        return postmaster.first_process(self.home)

    def confine(self, core: int, hold: ExitStack) -> None:
        """Confine its server to a core. Leaving `hold` frees it again, where no other run has confined it too."""
        pins = locks.shared(self.home / "pins.lock")
        hold.callback(_free, self.home, pins)
        postmaster.confine(self.home, {core})

    def restart(self) -> None:
        """Stop its server, whoever uses it, and start it again on the same socket.

        Raises:
            DatabaseError: It did not stop, or not start again.
        """
        with locks.exclusive(self.home / postmaster.MUTEX_LOCK):
            cores = postmaster.cores(self.home)
            if not postmaster.end(self.home):
                raise DatabaseError(f"PostgreSQL of {self.binaries.directory} did not stop to be started again")
            _have_server(self.home, self.binaries, server_account(), postmaster.socket_directory(self.home))
            if cores is not None:
                postmaster.confine(self.home, cores)

    def revive(self) -> bool:
        """Start its server again, on the same socket, where it has ended; whether it had.

        Raises:
            DatabaseError: It did not start.
        """
        with locks.exclusive(self.home / "mutex.lock"):
            # One that was killed leaves a file that says it is ready, and a socket on which nobody listens.
            if postmaster.is_running(self.home) and postmaster.is_ready(self.home):
                return False
            _have_guardian(self.home)
            _have_server(self.home, self.binaries, server_account(), postmaster.socket_directory(self.home))
            return True


def enter_cluster(binaries: Binaries, hold: ExitStack, *, say: Say) -> Entered:
    """Become a user of the cluster of those binaries, made and started where need be; leaving is pushed on `hold`.

    Raises:
        DatabaseError: It could not be made, or did not start; the message has the server's reason.
    """
    account = server_account()
    home = _home(binaries, account)
    with locks.exclusive(home / postmaster.MUTEX_LOCK):
        # Waits where a guardian is just stopping the server.
        users = locks.shared(home / postmaster.USERS_LOCK)
        try:
            if not (home / "cluster").exists():
                say(f"making a PostgreSQL {binaries.major} cluster, once")
                _make(home, binaries, account)
            _have_guardian(home)
            _have_server(home, binaries, account, say=say)
            password = (home / "cluster" / "password").read_text()
        except BaseException:
            _let_go(home, users)
            raise
    hold.callback(_leave, home, users)
    address = Address(
        dialect="postgresql",
        database="postgres",
        host=str(postmaster.socket_directory(home)),
        port=postmaster.PORT,
        user=USER,
        password=password,
        is_own=True,
    )
    return Entered(address, home, binaries)


def _home(binaries: Binaries, account: Account) -> Path:
    mode = 0o700 if account.uid is None else 0o711
    home = make_directory(make_directory(cache_directory() / "clusters", mode) / binaries.name, mode)
    if not account.can_reach(home):
        raise DatabaseError(
            f"the unprivileged user that PostgreSQL runs under cannot reach {home}: set BENCH_CACHE to a directory "
            "that every user can reach, or use --database docker"
        )
    return home


def _make(home: Path, binaries: Binaries, account: Account) -> None:
    """Make the cluster beside its place, and put it there when it is whole."""
    making = home / "making"
    shutil.rmtree(making, ignore_errors=True)
    data = make_directory(make_directory(making, 0o711) / "data", 0o700)
    password = _write_secret(making / "password", secrets.token_urlsafe(24))
    handed = _write_secret(making / "handed", password.read_text())
    account.own(data, handed)
    # The same order of strings and the same speed of comparing them on every machine.
    locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else []
    done = account.run(
        binaries.directory / "initdb",
        f"--pgdata={data}",
        f"--username={USER}",
        f"--pwfile={handed}",
        "--auth-local=scram-sha-256",
        "--auth-host=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        *locale,
    )
    handed.unlink()
    if done.returncode != 0:
        raise DatabaseError(f"initdb of {binaries.directory} failed: {_last_line(done.stderr or done.stdout)}")
    making.rename(home / "cluster")


def _write_secret(path: Path, secret: str) -> Path:
    with _private(path, os.O_EXCL) as file:
        file.write(secret)
    return path


def _private(path: Path, how: int) -> TextIO:
    """A new or emptied file that its owner alone can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | how, 0o600), "w")


def _have_guardian(home: Path) -> None:
    lock = locks.try_exclusive(home / postmaster.GUARDIAN_LOCK)
    if lock is None:
        return
    with lock:
        detach(
            guardian.command("cluster", home, lock.fileno()),
            env=guardian.environment(),
            pass_fds=(lock.fileno(),),
            cwd="/",
        )


def _have_server(
    home: Path, binaries: Binaries, account: Account, sockets: Path | None = None, *, say: Say = silent
) -> None:
    """Start the server unless it runs, with its socket in a directory that is there or in a new one; return when it
    takes connections.
    """
    if postmaster.was_killed(home) and not postmaster.is_ready(home):
        say("PostgreSQL did not end in good order the last time, and recovers first")
        postmaster.end(home)
    deadline = time.monotonic() + _START_PATIENCE
    started = False
    while not (postmaster.is_running(home) and postmaster.is_ready(home)):
        if time.monotonic() > deadline:
            raise DatabaseError(f"PostgreSQL of {binaries.directory} takes no connections; its log is {home / 'log'}")
        if not postmaster.is_running(home):
            if started:
                last = _last_line((home / "log").read_text(errors="replace"))
                raise DatabaseError(f"PostgreSQL of {binaries.directory} did not start: {last}")
            _start(home, binaries, account, sockets or _make_socket_directory(home, account))
            started = True
        time.sleep(0.005)


def _start(home: Path, binaries: Binaries, account: Account, sockets: Path) -> None:
    lock = locks.exclusive(home / postmaster.SERVER_LOCK)
    # No server process is left, so files that a crash left would only name a process of somebody else.
    (postmaster.data_directory(home) / "postmaster.pid").unlink(missing_ok=True)
    (sockets / f".s.PGSQL.{postmaster.PORT}.lock").unlink(missing_ok=True)
    settings = {
        **tuning.server_settings(binaries.libraries()),
        "listen_addresses": "",
        "unix_socket_directories": str(sockets),
        "unix_socket_permissions": "0700",
        "port": str(postmaster.PORT),
    }
    program, data = str(binaries.directory / "postgres"), str(postmaster.data_directory(home))
    with lock, _private(home / "log", os.O_TRUNC) as log:
        detach(
            [program, "-D", data, *tuning.as_arguments(settings)],
            output=log,
            pass_fds=(lock.fileno(),),
            **account.process_options(),
        )


def _make_socket_directory(home: Path, account: Account) -> Path:
    """A private directory for the socket, fresh; under the temporary directory where ours is too long for a socket."""
    record = home / "socket-directory"
    if record.exists():
        shutil.rmtree(record.read_text(), ignore_errors=True)
    directory = home / "socket"
    if len(os.fsencode(directory)) > _LONGEST_SOCKET_DIRECTORY:
        directory = Path(tempfile.mkdtemp(prefix="querybench-"))
    with _private(record, os.O_TRUNC) as file:  # what it names is removed, whoever has written it
        file.write(str(directory))
    account.own(make_directory(directory, 0o700))
    return directory


def _free(home: Path, pins: locks.Lock) -> None:
    """Give the server all cores that this process has, where nobody else wants it confined."""
    with pins:
        if pins.try_exclusive():
            postmaster.confine(home, os.sched_getaffinity(0))


def _leave(home: Path, users: locks.Lock) -> None:
    with locks.exclusive(home / postmaster.MUTEX_LOCK):
        _let_go(home, users)


def _let_go(home: Path, users: locks.Lock) -> None:
    """Stop being a user; the last one stops the server, and waits for the guardian to end. Under the mutex."""
    with users:
        last = users.try_exclusive()
        if last:
            postmaster.stop(home)
        elif users.try_shared():
            return  # others use it
    # The last, or the guardian was quicker: under the mutex nobody new can come.
    locks.wait_until_free(home / postmaster.GUARDIAN_LOCK, _GUARDIAN_PATIENCE)


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "error" in line]
    return (telling or lines or ["it said nothing"])[-1].strip()
