"""The account that a server runs under: PostgreSQL refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import DatabaseError

UNPRIVILEGED = "nobody"

_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")


@dataclass(frozen=True)
class Account:
    """Who a server runs as. Both are None for whoever runs the harness."""

    uid: int | None = None
    gid: int | None = None

    def process_options(self) -> dict[str, Any]:
        """Arguments for `subprocess`: the account, an environment without PG* variables, a place to stand in."""
        options: dict[str, Any] = {
            "env": {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C"},
            "cwd": "/",
            "umask": 0o077,
        }
        if self.uid is not None:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options

    def run(self, *argv: str | Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this account, its output captured.

        Raises:
            OSError: The account cannot reach the program.
        """
        return subprocess.run(
            argv, **self.process_options(), capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )

    def can_reach(self, directory: Path) -> bool:
        """Whether this account gets into that directory."""
        return self.run("/bin/sh", "-c", 'cd -- "$1"', "sh", directory).returncode == 0

    def own(self, *paths: Path) -> None:
        """Give files or directories of the harness to this account."""
        if self.uid is not None and self.gid is not None:
            for path in paths:
                os.chown(path, self.uid, self.gid)


def server_account() -> Account:
    """The account for a server that this process starts.

    Raises:
        DatabaseError: This is root, and there is no unprivileged account.
    """
    if os.geteuid() != 0:
        return Account()
    try:
        entry = pwd.getpwnam(UNPRIVILEGED)
    except KeyError:
        raise DatabaseError(
            f"PostgreSQL does not run as root, and there is no user `{UNPRIVILEGED}` here: "
            "run bench as an ordinary user, or use --database docker or a URL"
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


def detach(argv: Sequence[str], *, output: Any = subprocess.DEVNULL, **options: Any) -> None:
    """Start a process that outlives this one and is nobody's child, in a session of its own."""
    subprocess.run(
        ["/bin/sh", "-c", '"$@" &', "sh", *argv],
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
        **options,
    )
