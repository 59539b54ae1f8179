"""What a result or a journal may be, before anything is made of it: it is data, and it may come from anybody.

Names and texts are not refused, whatever is in them: a strategy may be called anything, and all that shows a name shows
control characters as their escapes (`bench.reports.formatting.plain`). What a run is asked for may have none.
"""

from __future__ import annotations

import math
import os
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path

from bench.errors import ResultError
from bench.measurement import Environment, Settings

LARGEST_FILE = 200_000_000
"""Bytes; ten thousand rounds of a thousand strategies take a quarter of that."""
MOST_VALUES = 25_000_000
"""In a file: two bytes of JSON can be fifty in memory."""
DEEPEST = 300
"""How deep values may lie in each other. A plan has two levels a node; what reads one calls itself as deep."""
LARGEST = 2**63
"""Integers from here on are refused: no other reader of JSON is sure to keep them."""
MOST_ROUNDS = 10_000
MOST_PROCESSES = 1000
LARGEST_SCALE = 10_000
LONGEST_TIMEOUT_S = 1_000_000
_OF_SINGLE_VALUES = (".params", ".typical")
"""Fields whose values are those of a scenario's parameters, which points are told apart by."""


def read_limited(path: Path) -> bytes:
    """The bytes of a file, a pipe or a device, of which no more is read than a result can have.

    Raises:
        ResultError: It cannot be read, or there is more of it.
    """
    try:
        with path.open("rb") as file:
            is_larger = os.fstat(file.fileno()).st_size > LARGEST_FILE
            raw = b"" if is_larger else file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise ResultError(f"cannot read {path}: {error.strerror or error}") from error
    if is_larger or len(raw) > LARGEST_FILE:
        raise ResultError(f"{path} has more than {LARGEST_FILE // 1_000_000} MB: no result or journal of `bench` has")
    if sum(raw.count(mark) for mark in (b",", b"[", b"{")) > MOST_VALUES:
        raise ResultError(f"{path} has more than {MOST_VALUES:,} values: no result or journal of `bench` has")
    return raw


def refuse_odd_values(value: object, path: str = "$", depth: int = 0) -> None:
    """Refuse what JSON cannot hold, or its readers cannot bear.

    Raises:
        ResultError: A number that JSON does not have (NaN, infinity) or that is beyond 64 bits, or a parameter of a
            point that is no single value; with its place.
        RecursionError: It is nested too deeply.
    """
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(value, float) and not math.isfinite(value):
        raise ResultError(f"{path} is {value}, which JSON does not have")
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        raise ResultError(f"{path} is an integer beyond 64 bits")
    for name, part in _parts(value):
        if name in _OF_SINGLE_VALUES and is_dataclass(value):
            _refuse_several(part, f"{path}{name}")
        refuse_odd_values(part, f"{path}{name}", depth + 1)


def refuse_odd_request(settings: Settings, environment: Environment, where: str) -> None:
    """Refuse to go on with what nobody can have asked of a run: a file's word is what the command line would refuse.

    Args:
        settings: What was asked.
        environment: Where it was; the loop, the driver, the seed and the scale that a run goes on with.
        where: What is being read, for the message.

    Raises:
        ResultError: The first thing that is odd, by its name in the file.
    """
    odd = next((name for name, is_sound in _requests(settings, environment) if not is_sound), None)
    if odd is not None:
        raise ResultError(f"{where} is not as `bench` writes it: {odd} is none that a run can be asked for")


def _requests(settings: Settings, environment: Environment) -> Iterator[tuple[str, bool]]:
    yield "settings.grid", settings.grid in ("typical", "each", "full")
    yield "settings.precision", 0.001 <= settings.precision <= 0.5
    yield "settings.timeout_s", 0 < settings.timeout_s <= LONGEST_TIMEOUT_S
    yield "settings.rounds", 0 <= settings.rounds <= MOST_ROUNDS
    yield "settings.processes", 1 <= settings.processes <= MOST_PROCESSES
    yield "settings.rtts_ms", all(0 <= rtt_ms <= 1000 for rtt_ms in settings.rtts_ms)
    yield "environment.loop", environment.loop in ("asyncio", "uvloop")
    yield "environment.driver", environment.driver in ("asyncpg", "psycopg", "aiosqlite")
    yield "environment.seed", environment.seed >= 0
    yield "environment.scale", 1 <= environment.scale <= LARGEST_SCALE
    texts = {
        "database": [settings.database],
        "places": settings.places,
        "selectors": settings.selectors,
        "chosen": [*settings.chosen, *settings.chosen.values()],
        "server_settings": [*settings.server_settings, *settings.server_settings.values()],
    }
    for name, asked in texts.items():
        yield f"settings.{name}", not any(map(_steers, asked))


def _steers(text: str) -> bool:
    """Whether a text has control characters in it, or ends a line."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)


def _refuse_several(params: object, path: str) -> None:
    for name, value in params.items() if isinstance(params, Mapping) else ():
        if isinstance(value, Mapping | list | tuple):
            raise ResultError(f"{path}.{name} is no single value")


def _parts(value: object) -> Iterator[tuple[str, object]]:
    if is_dataclass(value):
        for field in fields(value):
            yield f".{field.name}", getattr(value, field.name)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield f".{key}", part
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes):
        if value and set(map(type, value)) == {int}:  # raw samples: thousands, of which the extremes say it all
            value = (min(value), max(value))
        for number, part in enumerate(value):
            yield f"[{number}]", part
