"""What all charts look like: the frame with its title and notes, and how much room text takes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from unicodedata import east_asian_width

from bench.reports.charts.marks import SMALL, TEXT, TITLE, Layer, texts
from bench.reports.charts.palette import GRID, INK, MUTED

WIDTH = 760
"""Of a whole chart in pixels, which a page of GitHub has room for."""
FONT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif"
"""What the reader's system writes with."""
LONGEST_NAME = 34
"""Letters of a strategy's name that a chart has room for."""

_MARGIN, _SUBTITLE_GAP = 6, 3
_TITLE_LINE, _TEXT_LINE, _NOTE_LINE = TITLE + 4, TEXT + 4, SMALL + 4
_NARROW, _SLIM, _WIDE = set("ijlI|.,:;'!"), set("frt()[]/- "), set("mwMW@%—…★")
_BOLD = 1.13
_NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Sheet:
    """A chart without what is drawn in it: sizes in pixels, `left` of them for what stands before the plot.

    `notes` stand below, each a sentence; `below` is how much room what hangs from the plot's lower edge takes.
    """

    title: str
    subtitle: str
    width: float
    height: float
    left: float
    notes: Sequence[str] = field(default_factory=tuple)
    above: float = 26
    below: float = 48

    @property
    def heading(self) -> float:
        """Pixels that title and subtitle take."""
        titles, subtitles = len(_title_lines(self.title)), len(_lines(self.subtitle, TEXT))
        return titles * _TITLE_LINE + subtitles * _TEXT_LINE + _SUBTITLE_GAP

    @property
    def padding(self) -> dict[str, float]:
        """Pixels around the plot, so that a chart is as large as its sheet whatever it is written with."""
        notes = sum(len(_lines(note, SMALL)) for note in self.notes) * _NOTE_LINE
        return {
            "left": self.left + _MARGIN,
            "right": WIDTH - self.left - self.width + _MARGIN,
            "top": self.heading + self.above + _MARGIN,
            "bottom": self.below + notes + _MARGIN - SMALL / 2,
        }


def text_width(text: str, size: float = TEXT, bold: bool = False) -> float:
    """About how many pixels a text takes, rather more than less: as in DejaVu Sans, the widest of those in `FONT`'s
    place.
    """
    return size * (_BOLD if bold else 1.0) * sum(map(_letter_width, text))


def short_name(name: str, longest: int = LONGEST_NAME) -> str:
    """A name cut in its midst, for those of one scenario differ at their beginnings and at their ends."""
    if len(name) <= longest:
        return name
    end = longest // 3
    return f"{name[: longest - end - 1]}…{name[-end:]}"


def spec_of(sheet: Sheet, layers: Sequence[Layer]) -> dict[str, Any]:
    """Vega-Lite of a sheet with what is drawn in it, checked against its schema."""
    import altair

    chart = altair.layer(*layers, *_heading(sheet), *_notes(sheet)).properties(
        width=sheet.width,
        height=sheet.height,
        autosize=altair.AutoSizeParams(type="none"),
        padding=sheet.padding,
    )
    with altair.data_transformers.enable(consolidate_datasets=False):
        spec: dict[str, Any] = _drawable(chart.configure(**_config()).to_dict())
    return spec


def drawable(text: str) -> str:
    """Text without what XML has no place for, and what vl-convert ends the whole process over."""
    return _NO_CHARACTER.sub("\N{REPLACEMENT CHARACTER}", text)


def _drawable(value: Any) -> Any:
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        return {drawable(name): _drawable(one) for name, one in value.items()}
    return [_drawable(one) for one in value] if isinstance(value, list) else value


def _letter_width(letter: str) -> float:
    """A part of the letter's size."""
    if letter in _NARROW:
        return 0.32
    if letter in _SLIM:
        return 0.4
    if letter in _WIDE or east_asian_width(letter) in {"W", "F"}:
        return 1.0
    return 0.72 if letter.isupper() else 0.62


def _lines(text: str, size: float, width: float = WIDTH) -> list[str]:
    """Text in lines that there is room for; those of titles are bold."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if text_width(longer, size, bold=size == TITLE) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    fitting = int(width / text_width("m", size, bold=size == TITLE))
    return [line if text_width(line, size) <= width else short_name(line, fitting) for line in lines]


def _title_lines(text: str) -> list[str]:
    """As few lines as there can be, and about as long as each other."""
    lines, width = _lines(text, TITLE), float(WIDTH)
    while len(lines) > 1 and width > WIDTH / 2:
        width -= 20
        narrower = _lines(text, TITLE, width)
        if len(narrower) > len(lines) or max(text_width(line, TITLE, bold=True) for line in narrower) > width:
            break
        lines = narrower
    return lines


def _heading(sheet: Sheet) -> list[Layer]:
    """Title and subtitle as text at places of their own: Vega's would move with all that hangs over the plot."""
    y = -(sheet.above + sheet.heading)
    titles = [
        {"x": -sheet.left, "y": y + _TITLE_LINE * (number + 0.5), "text": line, "colour": INK.light}
        for number, line in enumerate(_title_lines(sheet.title))
    ]
    y += _TITLE_LINE * len(titles) + _SUBTITLE_GAP
    subtitles = [
        {"x": -sheet.left, "y": y + _TEXT_LINE * (number + 0.5), "text": line, "colour": MUTED.light}
        for number, line in enumerate(_lines(sheet.subtitle, TEXT))
    ]
    return [texts(titles, fontSize=TITLE, fontWeight=600), texts(subtitles)]


def _notes(sheet: Sheet) -> list[Layer]:
    lines = [line for note in sheet.notes for line in _lines(note, SMALL)]
    rows = [
        {"x": -sheet.left, "y": sheet.height + sheet.below + _NOTE_LINE * number, "text": line, "colour": MUTED.light}
        for number, line in enumerate(lines)
    ]
    return [texts(rows, fontSize=SMALL)] if rows else []


def _config() -> dict[str, Any]:
    axis = {
        "labelColor": MUTED.light,
        "labelFontSize": SMALL,
        "titleColor": MUTED.light,
        "titleFontSize": SMALL,
        "titleFontWeight": "normal",
        "gridColor": GRID.light,
        "domainColor": GRID.light,
        "tickColor": GRID.light,
        "domain": False,
        "labelFlush": False,
    }
    return {
        "background": "transparent",
        "font": FONT,
        "aria": False,
        "view": {"stroke": None},
        "axis": axis,
    }
