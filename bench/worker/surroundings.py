"""What a worker runs on, as far as only it knows: interpreter, packages, garbage collector, event loop."""

from __future__ import annotations

import asyncio
import gc
import platform
from importlib.metadata import PackageNotFoundError, version

from bench.pipe import Message

PACKAGES = ("querybench", "sqlalchemy", "asyncpg", "psycopg", "aiosqlite", "greenlet", "uvloop")


def surroundings() -> Message:
    """Versions and settings of this process; a package that is not installed is left out."""
    found = {package: version_of(package) for package in PACKAGES}
    packages = {package: number for package, number in found.items() if number is not None}
    return {
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": packages,
        "gc": f"collected and frozen before a sample, {'on' if gc.isenabled() else 'off'} in it, {gc.get_threshold()}",
        "loop": type(asyncio.get_running_loop()).__module__.partition(".")[0],
    }


def version_of(package: str) -> str | None:
    """The version of a package; None where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None
