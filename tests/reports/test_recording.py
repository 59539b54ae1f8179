"""The recording of a terminal in the README shows what its result has."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

from bench.reports.sentences import answer
from bench.reports.tables import terminal_table
from bench.results.file import read_result
from reports.record import COLUMNS, SHOWN, Line, as_svg

REPORTS = Path(__file__).resolve().parents[2] / "reports"


def shown(svg: str) -> str:
    """What is written in a picture, without white space: a line may be made of several texts."""
    return "".join(unescape("".join(re.findall(r"<text[^>]*>(.*?)</text>", svg))).split())


def test_the_recording_shows_its_result() -> None:
    """The command, the table and the answer in the picture are those of the result beside it."""
    result = read_result(REPORTS / "recording.json")
    (scenario,), precision = result.scenarios, result.settings.precision
    written = shown((REPORTS / "recording.svg").read_text(encoding="utf-8"))
    table = terminal_table(scenario.points[0], COLUMNS, returns=scenario.returns, precisions=[precision])
    for text in (f"$ {SHOWN}", table, answer(scenario)):
        assert "".join(text.split()) in written


def test_lines_come_one_after_another() -> None:
    """A line comes as long after the one before as it came, a second at most, and the command is there at once."""
    svg = as_svg("bench", [Line(0.5, "first"), Line(0.75, "<b>"), Line(60.0, "last")])

    assert "$bench" + "first" + "<b>" + "last" == shown(svg)
    assert ["0.00", "1.30", "1.55", "2.55"] == list(dict.fromkeys(re.findall(r"animation: come 1ms ([\d.]+)s", svg)))
