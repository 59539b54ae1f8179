"""Text of a column, as long as it may be, and different in each row where it must."""

from __future__ import annotations

import string
from collections.abc import Callable
from random import Random
from typing import Any

from sqlalchemy import Text

from bench.generating.limits import Limits
from bench.generating.source import Domain, Made

# fmt: off
WORDS = (
    "amber", "birch", "canyon", "delta", "ember", "fjord", "garnet", "harbor", "indigo", "juniper", "kestrel",
    "lagoon", "meadow", "nectar", "orchid", "pepper", "quartz", "river", "saffron", "timber", "umber", "velvet",
    "willow", "yonder", "zephyr",
)
# fmt: on
LONG_TEXT = (200, 2_000)
"""Letters of what is mapped as Text and has no length, at least and at most."""
USUAL_TEXT = 24
"""Letters of other text, at most; twice as many where its column has no length."""


def text(kind: Any, name: str, limits: Limits) -> Made:
    shape = {"email": "{}@example.com", "url": "https://example.com/{}"}.get(_written_as(name), "{}")
    different = _different(kind, shape, limits)
    least, most = lengths(kind, limits, distinct=False)
    if len(shape) > 2:
        # Some of them stay within what a column of few letters can tell apart.
        return Made(lambda numbers, _: different.values(number % different.size for number in numbers), different)
    pool = _pool(most)
    return Made(
        lambda numbers, random: [
            _cut(pool, random.randrange(len(pool) - most), random.randint(least, most)) for _ in numbers
        ],
        different,
    )


def _different(kind: Any, shape: str, limits: Limits) -> Domain:
    least, most = lengths(kind, limits, distinct=True)
    roomy = min(2 * USUAL_TEXT, kind.length or 2 * USUAL_TEXT, limits.max_length or 2 * USUAL_TEXT)
    if roomy >= len(shape) + 12:
        return Domain(10**9, _numbered(shape, least, roomy))
    short = max(least, 1)
    codes = Domain(len(string.ascii_uppercase) ** min(most, 12), lambda number: _code(number, short, most), _place)
    return codes.without(value for value in limits.excluded if isinstance(value, str) and len(value) == short)


def lengths(kind: Any, limits: Limits, distinct: bool) -> tuple[int, int]:
    longest = [length for length in (kind.length, limits.max_length) if length is not None]
    if longest:
        most = min(longest)
        usual = min(most, max(USUAL_TEXT, limits.min_length))
        return max(limits.min_length, min(4, usual)), usual
    if distinct or not isinstance(kind, Text):
        return max(limits.min_length, 4), max(limits.min_length, 2 * USUAL_TEXT)
    return max(limits.min_length, LONG_TEXT[0]), max(limits.min_length, LONG_TEXT[1])


def _numbered(shape: str, least: int, most: int) -> Callable[[int], str]:
    """Words with the row's number behind, as long as is asked."""
    room = most - len(shape) + 2
    before, _, after = shape.partition("{}")

    def made(number: int) -> str:
        return f"{before}{f'{WORDS[number % 25]}-{number}'[-room:]}{after}".ljust(least, "x")

    return made


def _code(number: int, least: int, most: int) -> str:
    """A number in few letters, such as a country's code has."""
    letters = string.ascii_uppercase
    text = ""
    while number or not text:
        number, place = divmod(number, len(letters))
        text = letters[place] + text
    return text[-most:].rjust(least, letters[0])


def _place(code: str) -> int | None:
    """The number that is written as a code; None where it is none."""
    if not code or set(code) - set(string.ascii_uppercase):
        return None
    place = 0
    for letter in code:
        place = len(string.ascii_uppercase) * place + string.ascii_uppercase.index(letter)
    return place


def _pool(most: int) -> str:
    """Text to cut from, the same each time."""
    random = Random(0)
    return " ".join(random.choices(WORDS, k=2_000 + most // 2))


def _cut(pool: str, start: int, length: int) -> str:
    cut = pool[start : start + length]
    # A space at an end would be another value where a column is trimmed.
    return cut.strip().ljust(length, "x") if cut[:1] == " " or cut[-1:] == " " else cut


def _written_as(name: str) -> str:
    name = name.lower()
    return next((kind for kind in ("email", "url") if kind in name), "text")
