"""The directory that the harness keeps its clusters, templates and runs in, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from bench.errors import DatabaseError


def cache_directory() -> Path:
    """The harness's directory, made where it is missing: BENCH_CACHE, or the user's cache directory; for root one that
    an unprivileged server can reach, since root's home is closed to others.

    Raises:
        DatabaseError: It cannot be made.
    """
    return make_directory(_location(), 0o711 if os.geteuid() == 0 else 0o700)


def make_directory(path: Path, mode: int) -> Path:
    """`path`, made with `mode` where it is missing; one that is there stays as it is.

    Raises:
        DatabaseError: It cannot be made.
    """
    try:
        if not path.is_dir():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.mkdir(mode=0o700, exist_ok=True)
            path.chmod(mode)
    except OSError as error:
        raise DatabaseError(
            f"the directory {path} cannot be made ({error.strerror}): set BENCH_CACHE to one that can"
        ) from None
    return path


def _location() -> Path:
    if chosen := os.environ.get("BENCH_CACHE"):
        return Path(chosen).expanduser().absolute()
    if os.geteuid() == 0:
        return Path("/var/cache/querybench")
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("querybench"))
