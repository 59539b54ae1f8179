"""`[tool.bench]` in pyproject.toml: everything that a flag sets can stand there, and budgets of counters."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.errors import UsageError
from bench.regressions.counters import GATED
from bench.regressions.limits import Budgets

Value = str | bool | list[str]

BUDGETS = "budgets"
"""The table beside the flags: what a call may take of a counter at most, by selector."""

_UNITS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Seconds, above 0, of a length of time written as 30s, 5m, 1h, 500ms or a plain number of seconds.

    Raises:
        ValueError: It is none; the message says how one is written.
    """
    matched = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|)\s*", text)
    if matched is None or float(matched[1]) == 0:
        raise ValueError(f"{text!r} is no duration: write for example 30s, 5m or 500ms")
    return float(matched[1]) * _UNITS[matched[2]]


def configured(folder: Path | None = None) -> dict[str, Value]:
    """What the nearest pyproject.toml at or above `folder` sets: flags by their names without dashes in front, their
    values as they would be typed. Paths are meant from the file that names them.

    Raises:
        UsageError: The file cannot be read, names a flag that does not exist, or gives one a value of another kind.
    """
    path = _nearest(folder)
    return _read(path) if path is not None else {}


def configured_budgets(folder: Path | None = None) -> Budgets:
    """The budgets that the same file sets in `[tool.bench.budgets]`: for each selector, counters with their most.

    Raises:
        UsageError: The file cannot be read, or names a counter that cannot have a budget or gives one no whole number.
    """
    path = _nearest(folder)
    return _budgets(_table(path).get(BUDGETS, {}), path) if path is not None else {}


def _nearest(folder: Path | None) -> Path | None:
    start = (folder or Path.cwd()).resolve()
    files = (place / "pyproject.toml" for place in (start, *start.parents))
    return next((path for path in files if path.is_file()), None)


def _table(path: Path) -> dict[str, Any]:
    try:
        tool = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path.name} cannot be read: {error}") from None
    table = tool.get("bench", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise UsageError(f"[tool.bench] in {path.name} must be a table")
    return table


def _read(path: Path) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for key, value in _table(path).items():
        if key == BUDGETS:
            _budgets(value, path)  # a mistake in there is said by every command
            continue
        if key not in KEYS:
            from bench.discovery import close_to

            raise UsageError(f"[tool.bench] in {path.name} sets {key!r}, which no flag is{close_to(key, KEYS)}")
        try:
            values[key] = KEYS[key](value, path.parent)
        except ValueError as error:
            raise UsageError(f"[tool.bench] in {path.name}: {key} should be {error}, not {value!r}") from None
    return values


def _budgets(value: Any, path: Path) -> Budgets:
    if not isinstance(value, dict):
        raise UsageError(f"[tool.bench.{BUDGETS}] in {path.name} must be a table")
    found: dict[str, dict[str, int]] = {}
    for selector, key, limit in _budget_entries(value, path):
        found.setdefault(selector, {})[_counter_of(key, selector, path)] = _limit(limit, key, selector, path)
    return found


def _budget_entries(table: Mapping[str, Any], path: Path, above: str = "") -> Iterator[tuple[str, str, Any]]:
    """Selector, key and value of each budget. A selector without quotes, `loading.one_to_many`, is tables in tables."""
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _budget_entries(value, path, f"{above}.{name}".lstrip("."))
        elif above:
            yield above, name, value
        else:
            raise UsageError(
                f"[tool.bench.{BUDGETS}] in {path.name}: {name} should be a table such as {{ max_statements = 2 }},"
                f" not {value!r}"
            )


def _counter_of(key: str, selector: str, path: Path) -> str:
    known = {f"max_{counter}": counter for counter in GATED}
    if key not in known:
        from bench.discovery import close_to

        raise UsageError(
            f"[tool.bench.{BUDGETS}] in {path.name}: {selector} has {key!r}, which is no budget{close_to(key, known)}"
        )
    return known[key]


def _limit(value: Any, key: str, selector: str, path: Path) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UsageError(
            f"[tool.bench.{BUDGETS}] in {path.name}: {key} of {selector} should be a whole number, 0 or more,"
            f" not {value!r}"
        )
    return value


def _scalar(value: Any, folder: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("text or a number")
    return str(value)


def _flag(value: Any, folder: Path) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def _grid(value: Any, folder: Path) -> str:
    if isinstance(value, bool):
        return "each" if value else "typical"
    return _text(value, 'true or "full"')


def _rtt(value: Any, folder: Path) -> str:
    """A number, a list of numbers, or as it would be typed."""
    values = value if isinstance(value, list) else [value]
    return ",".join(_scalar(each, folder) for each in values)


def _list(value: Any, folder: Path) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [_text(each, "text, or a list of texts") for each in values]


def _places(value: Any, folder: Path) -> list[str]:
    """What is no path there is a dotted name."""
    return [_path(place, folder) if (folder / place).exists() else place for place in _list(value, folder)]


def _path(value: Any, folder: Path) -> str:
    # Relative to here, as it would be typed: a result names its places, and an absolute path may name its user.
    return os.path.relpath(folder / _text(value, "a path"))


def _text(value: Any, wanted: str) -> str:
    if not isinstance(value, str):
        raise ValueError(wanted)
    return value


KEYS: Mapping[str, Callable[[Any, Path], Value]] = {
    "database": _scalar,
    "scenarios": _places,
    "driver": _scalar,
    "loop": _scalar,
    "setting": _list,
    "scale": _scalar,
    "budget": _scalar,
    "timeout": _scalar,
    "seed": _scalar,
    "output": _path,
    "precision": _scalar,
    "rounds": _scalar,
    "pin": _flag,
    "allow-missing": _flag,
    "comparisons": _scalar,
    "launches": _scalar,
    "jobs": _scalar,
    "processes": _scalar,
    "workers": _scalar,
    "grid": _grid,
    "rtt": _rtt,
    "set": _list,
    "report": _path,
    "against": _scalar,
    "threshold": _scalar,
    "no-timings": _flag,
    "strict": _flag,
    "existing": _flag,
    "keep-parameters": _flag,
    "dataset": _scalar,
    "fill": _scalar,
    "rows": _list,
    "only": _list,
    "depth": _scalar,
    "sync": _flag,
    "trust-stored-timings": _flag,
}
"""The flags that a configuration may set, each with what reads its value; a test holds them against the commands."""
