"""What is asked of the harness under pytest: by `--bench-database`, and by `[tool.bench]` in pyproject.toml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from bench.configuration import Value, configured, seconds
from bench.errors import UsageError
from bench.measuring.options import Options


def options_for(database: str | None, modules: Iterable[tuple[str, Path]]) -> Options:
    """The options of a run of these modules.

    Args:
        database: The value of `--bench-database`; None where it was not given.
        modules: Name and file of each.

    Raises:
        UsageError: `[tool.bench]` cannot be read, or sets something that makes no sense.
    """
    named = dict(modules)
    values = {_FIELDS.get(key, key): _read(key, value) for key, value in configured().items() if key in _READERS}
    if database is not None:
        values["database"] = database
    return Options(selectors=list(named), scenarios=[str(path) for path in named.values()], **values)


def _read(key: str, value: Value) -> Any:
    try:
        return _READERS[key](value)
    except ValueError as error:
        raise UsageError(f"[tool.bench] in pyproject.toml: {key}: {error}") from None


def _one_of(*known: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return str(value)

    return read


def _at_least(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not str(value).isdecimal() or int(value) < least:
            raise ValueError(f"{value!r} is no whole number from {least} on")
        return int(value)

    return read


def _settings(values: Iterable[str]) -> dict[str, str]:
    pairs = [value.partition("=") for value in values]
    for name, equals, text in pairs:
        if not equals or not name.strip():
            raise ValueError(f"{name + equals + text!r} should be NAME=VALUE")
    return {name.strip(): text.strip() for name, _, text in pairs}


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "database": str,
    "driver": _one_of("asyncpg", "psycopg"),
    "loop": _one_of("asyncio", "uvloop"),
    "scale": _at_least(1),
    "seed": _at_least(0),
    "setting": _settings,
    "timeout": seconds,
}
_FIELDS = {"setting": "settings"}
