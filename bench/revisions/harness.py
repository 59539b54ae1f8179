"""A copy of `bench` in a folder of its own, for workers whose code is not to come with this process's packages."""

from __future__ import annotations

import shutil
from pathlib import Path

import bench


def package_folder() -> Path:
    """The folder that this process has `bench` from."""
    return Path(bench.__file__).resolve().parent.parent


def copy_harness(folder: Path) -> Path:
    """Copy the package, without the scenarios that it may hold, and return the folder to put on a path."""
    package = Path(bench.__file__).resolve().parent
    shutil.copytree(package, folder / "bench", ignore=shutil.ignore_patterns("__pycache__", "_scenarios"))
    return folder
