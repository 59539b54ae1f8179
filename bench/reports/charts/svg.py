"""A chart as SVG: one file that is legible on a light page and on a dark one, and says in words what it shows."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape

from bench.reports.charts.chart import Chart
from bench.reports.charts.palette import ALL_COLOURS
from bench.reports.charts.sheet import FONT, drawable

_MEASURED_WITH = "Liberation Sans"
"""The font that text is laid out with: vl-convert brings it, so a chart is the same wherever it is drawn."""
_TAG = re.compile(r"<[^>]*>")
_LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}(?:e-?\d+)?")


def svg(chart: Chart) -> str:
    """A chart as a document of its own, ending in a line end; equal charts give equal text.

    Raises:
        ModuleNotFoundError: The extra `charts` is not installed.
    """
    from vl_convert import vegalite_to_svg

    spec = {**chart.spec, "config": {**chart.spec.get("config", {}), "font": _MEASURED_WITH}}
    drawn = vegalite_to_svg(spec, allowed_base_urls=[])
    drawn = _TAG.sub(lambda tag: _LONG_NUMBER.sub(_shorter, tag[0]), drawn)
    drawn = drawn.replace(f'font-family="{_MEASURED_WITH}"', f'font-family="{escape(FONT)}"')
    opening, _, rest = drawn.partition(">")
    head = (
        f'{opening} role="img" aria-labelledby="title-{chart.name} text-{chart.name}">'
        f'<title id="title-{chart.name}">{escape(drawable(chart.title))}</title>'
        f'<desc id="text-{chart.name}">{escape(drawable(chart.text))}</desc>'
        f"<style>{dark_style(drawn)}</style>"
    )
    return f"{head}{rest}\n"


def dark_style(drawn: str | None = None) -> str:
    """CSS that gives a chart of light colours those of a dark page where the reader prefers one.

    Args:
        drawn: An SVG, whose colours alone are named; all of them without it.
    """
    rules = "".join(
        f'[{attribute}="{colour.light}"]{{{attribute}:{colour.dark}}}'
        for colour in ALL_COLOURS
        for attribute in ("fill", "stroke")
        if drawn is None or f'{attribute}="{colour.light}"' in drawn
    )
    return f"@media (prefers-color-scheme:dark){{{rules}}}"


def _shorter(number: re.Match[str]) -> str:
    """A place to a hundredth of a pixel."""
    return f"{round(float(number[0]), 2):g}"
