"""`[tool.bench]` in pyproject.toml: everything that a flag sets can stand there."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from bench.errors import UsageError

KEYS = (
    "database",
    "scenarios",
    "driver",
    "loop",
    "setting",
    "scale",
    "budget",
    "timeout",
    "seed",
    "output",
    "precision",
    "pin",
    "grid",
    "set",
    "report",
)
"""The names of the flags that a configuration may set; a test holds them against the commands."""


def configured(folder: Path | None = None) -> dict[str, Any]:
    """The flags that the nearest pyproject.toml at or above `folder` sets, by the names that the commands know them by.

    Raises:
        UsageError: The file is no TOML, or names a flag that does not exist.
    """
    for place in [(folder or Path.cwd()).resolve(), *(folder or Path.cwd()).resolve().parents]:
        path = place / "pyproject.toml"
        if path.is_file():
            return _read(path)
    return {}


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("bench", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}") from None
    if not isinstance(table, dict):
        raise UsageError(f"[tool.bench] in {path.name} must be a table")
    values = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in KEYS:
            from bench.discovery import close_to

            raise UsageError(f"[tool.bench] in {path.name} sets {key!r}, which no flag is{close_to(key, KEYS)}")
        values[name] = _places(value, path.parent) if name == "scenarios" else value
    return values


def _places(value: Any, folder: Path) -> list[str]:
    """Paths are meant from the file that names them; what is no path there is a dotted name."""
    places = [value] if isinstance(value, str) else list(value)
    return [str(folder / place) if (folder / place).exists() else place for place in places]
