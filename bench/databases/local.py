"""An installed PostgreSQL's binaries, run as a cluster of the harness's own."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

from bench.databases.account import server_account
from bench.databases.cluster import Binaries, enter_cluster
from bench.databases.embedded import major_version
from bench.databases.postgres import PostgresServer
from bench.databases.server import Say
from bench.errors import DatabaseError

_PROGRAMS = ("postgres", "initdb")


def open_local(
    directory: str | None, settings: Mapping[str, str], *, say: Say, reason: str = "named by --database"
) -> PostgresServer:
    """A server from the binaries in `directory`, or from those that are installed; a cluster of our own, not theirs.

    Raises:
        DatabaseError: There are no such binaries, or their server did not start.
        UsageError: The server refuses one of `settings`.
    """
    with ExitStack() as hold:
        cluster = enter_cluster(_binaries(directory), hold, say=say)
        return PostgresServer("local", reason, cluster.address, settings, hold.pop_all(), own=cluster, say=say)


def _binaries(directory: str | None) -> Binaries:
    found = _named(directory) if directory else _installed()
    try:
        major = major_version(found, server_account())
    except OSError as error:
        raise DatabaseError(
            f"the user that PostgreSQL runs under cannot run {found / 'postgres'} ({error.strerror}): "
            "name binaries that every user can reach, as local:BINDIR"
        ) from None
    digest = hashlib.sha256(str(found).encode()).hexdigest()[:8]
    return Binaries(found, f"local-{major}-{digest}", major)


def _named(directory: str) -> Path:
    path = Path(directory).expanduser().absolute()
    if not _is_server(path):
        raise DatabaseError(
            f"{path} has no `postgres` and `initdb`: give the directory of a server's binaries, "
            "such as local:/usr/lib/postgresql/18/bin"
        )
    return path.resolve()


def _installed() -> Path:
    for path in _candidates():
        if _is_server(path):
            return path
    raise DatabaseError(
        "no PostgreSQL server is installed where pg_ctl, pg_config or Debian's directories lead: "
        "name its binaries, such as local:/usr/lib/postgresql/18/bin"
    )


def _candidates() -> Iterator[Path]:
    if control := shutil.which("pg_ctl"):
        # Packages link from a directory on the path to where the server is.
        yield Path(control).resolve().parent
    if config := shutil.which("pg_config"):
        done = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            yield Path(done.stdout.strip()).resolve()
    versions = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if path.parent.name.isdigit()]
    yield from sorted(versions, key=lambda path: int(path.parent.name), reverse=True)


def _is_server(directory: Path) -> bool:
    return all((directory / program).is_file() for program in _PROGRAMS)
