"""The systems that the harness measures on."""

from __future__ import annotations

from importlib.util import find_spec

from bench.errors import UsageError

NEEDED = ("fcntl", "pwd", "resource")
"""Modules of the standard library without which nothing is measured: locks that end with their holder, the account that
a server runs as, and the memory of a process. Windows has none of them.
"""


def require_posix(what: str) -> None:
    """Refuse what takes Linux or macOS where this is neither.

    Args:
        what: What was asked for, as it begins a sentence: "`bench run`".

    Raises:
        UsageError: The system lacks one of `NEEDED`.
    """
    if any(find_spec(name) is None for name in NEEDED):
        raise UsageError(
            f"{what} needs Linux or macOS (on Windows: WSL 2, or a Linux container); "
            "`bench report`, `bench compare`, `bench new` and counting queries under pytest work here too"
        )
