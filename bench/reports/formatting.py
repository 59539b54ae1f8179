"""Numbers as they are read, and text of others made harmless: names, errors and statements come from anywhere."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

ABSENT = "–"
"""What stands where nothing was measured."""


def milliseconds(value: float | None) -> str:
    """A time in milliseconds with three significant digits, or all before the point (`0.152`, `8.43`, `1234`)."""
    if value is None:
        return ABSENT
    if value == 0:
        return "0"
    exponent = int(f"{value:.2e}".partition("e")[2])
    return f"{value:.{max(2 - exponent, 0)}f}"


def ratio(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """A ratio as a factor (`1.23×`), with as many decimals as its interval takes."""
    return ABSENT if value is None else f"{value:.{_decimals(value, low, high)}f}×"


def interval(value: float | None, low: float | None, high: float | None) -> str:
    """The bounds of a ratio (`0.98–1.04`), with more decimals where two would hide how narrow they are."""
    if value is None or low is None or high is None:
        return ABSENT
    decimals = _decimals(value, low, high)
    return f"{low:.{decimals}f}–{high:.{decimals}f}"


def percent(fraction: float) -> str:
    """A fraction as a percentage with two significant digits (`2.5 %`, `14 %`)."""
    hundredths = fraction * 100
    return f"{hundredths:.2g} %" if hundredths < 99.5 else f"{hundredths:.0f} %"


def either(fractions: Iterable[float]) -> str:
    """Percentages of which each holds for a part of what was measured (`2 % or 5 %`)."""
    return " or ".join(percent(fraction) for fraction in sorted(set(fractions)))


def factor_seen(fraction: float) -> str | None:
    """By which factor two must differ for a difference of this fraction, from 100 % on (`two`, `3.8`); None below."""
    if fraction < 0.995:
        return None
    return "two" if fraction < 1.05 else f"{1 + fraction:.2g}"


def count(value: int | None) -> str:
    """A whole number, in groups of three from 10,000 on."""
    if value is None:
        return ABSENT
    return f"{value:,}" if abs(value) >= 10_000 else str(value)


def plural(number: int, noun: str) -> str:
    """So many of something (`1 point`, `1200 points`)."""
    return f"{count(number)} {noun}" if number == 1 else f"{count(number)} {noun}s"


def listed(names: Iterable[str]) -> str:
    """Names in a sentence (`a, b and c`); empty where there are none."""
    *rest, last = [*names] or [""]
    return f"{', '.join(rest)} and {last}" if rest else last


def data_size(value: int | None) -> str:
    """A number of bytes in decimal units with three significant digits (`999 B`, `1.23 kB`, `12.0 MB`)."""
    if value is None:
        return ABSENT
    if value < 1000:
        return f"{value} B"
    digits, _, exponent = f"{value:.2e}".partition("e")
    unit, before = divmod(int(exponent), 3)
    if unit >= len(_DATA_UNITS):
        return f"{value / 1000 ** (len(_DATA_UNITS) - 1):.0f} {_DATA_UNITS[-1]}"
    return f"{float(digits) * 10**before:.{2 - before}f} {_DATA_UNITS[unit]}"


def duration(seconds: float) -> str:
    """A length of time in two units at most (`45 s`, `2 min 5 s`, `1 h 20 min`)."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(started: str) -> str:
    """A moment to the minute, in UTC where its zone is known; as it stands where it is no ISO 8601."""
    try:
        known = datetime.fromisoformat(started)
        known = known.astimezone(UTC) if known.tzinfo else known
    except (ValueError, OverflowError):  # the latter where its zone would take it before the year 1 or after 9999
        return plain(started)
    return f"{known:%Y-%m-%d %H:%M} UTC" if known.tzinfo else f"{known:%Y-%m-%d %H:%M}"


def parameters(params: Mapping[str, Any], rtt_ms: float = 0.0) -> str:
    """A point in words (`authors=100, posts=10, 5 ms of added round-trip time`)."""
    parts = [f"{name}={value}" for name, value in params.items()]
    if rtt_ms:
        parts.append(f"{rtt_ms:g} ms of added round-trip time")
    return plain(", ".join(parts)) or "the only point"


def plain(text: str) -> str:
    """Text in one line, without what a terminal would obey: control characters, and those that turn the direction of
    writing, stand as their escapes.
    """
    return "".join(_visible(character) for character in " ".join(text.split()))


def plain_lines(text: str) -> str:
    """The same for text of several lines, whose line ends and indentation stay."""
    lines = text.replace("\r\n", "\n").expandtabs(4).split("\n")
    return "\n".join("".join(_visible(character) for character in line).rstrip() for line in lines).strip("\n")


def shortened(text: str, width: int) -> str:
    """Text cut to `width` characters, the last of which says so."""
    return text if len(text) <= width else f"{text[: max(width - 1, 0)]}…"


def markdown(text: str) -> str:
    """Text that Markdown and HTML take for text alone, in one line; it can stand in a table's cell."""
    return _escaped(plain(text))


def code(text: str) -> str:
    """Text as inline code; it can stand in a table's cell."""
    line = plain(text)
    if not line:
        return ""
    if not set("`|\\") & set(line):
        return f"`{line}`"
    return f"<code>{_as_entities(line)}</code>"


def html(text: str) -> str:
    """Text in one line within a block of HTML, where Markdown is not at work."""
    return escape(plain(text))


def fenced(text: str, language: str) -> str:
    """A block of code whose fence is longer than any run of backticks in it."""
    block = plain_lines(text)
    longest = max((len(run) for run in re.findall("`+", block)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{block}\n{fence}"


def json_text(value: Any, **layout: Any) -> str:
    """A value as JSON in ASCII, so that a terminal obeys nothing of it.

    Args:
        value: Made of what JSON has.
        layout: As `json.dumps` takes it: `indent`, `separators`.
    """
    return json.dumps(value, **layout).replace("\x7f", "\\u007f")


_DATA_UNITS = ("B", "kB", "MB", "GB", "TB")
_HARMLESS = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "\\": "&#92;", "`": "&#96;", "$": "&#36;"}
_HARMLESS |= {character: f"\\{character}" for character in "*[]#~"}
_BEGINS_A_BLOCK = re.compile(r"[-+=]|\d{1,9}[.)](?=\s|$)")


def _escaped(line: str) -> str:
    """Underscores between letters stay as they are, for names are full of them and Markdown leaves those alone."""
    escaped = "".join(_HARMLESS.get(character, character) for character in line)
    escaped = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", escaped)
    if begins := _BEGINS_A_BLOCK.match(escaped):
        return f"{escaped[: begins.end() - 1]}\\{escaped[begins.end() - 1 :]}"
    return escaped


def _as_entities(line: str) -> str:
    return re.sub(r"[^\w\s.,;:()/=%+'–…×-]|_", lambda match: f"&#{ord(match[0])};", line)


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode()
    return character


def _decimals(value: float, low: float | None, high: float | None) -> int:
    decimals = 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0
    spread = value if low is None or high is None else high - low
    while decimals < 4 and 0 < spread < 1.5 * 10.0**-decimals:
        decimals += 1
    return decimals
