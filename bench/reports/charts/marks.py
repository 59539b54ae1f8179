"""The marks that charts are put together from, at places on an axis or in pixels, each in a colour of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from bench.reports.charts.scales import Scale

TEXT, SMALL, TITLE = 12, 11, 15
"""Sizes of letters in pixels."""
NUMBERS = ",~r"
"""How numbers of an axis are written, in d3's language."""

Row = Mapping[str, Any]
Layer = Any
"""A chart of Altair's; its types are so wide that they would say no more."""


def data(rows: Sequence[Row]) -> Layer:
    """A layer with its rows inside."""
    import altair

    return altair.Chart(altair.InlineData(values=[dict(row) for row in rows]))


def texts(rows: Sequence[Row], **mark: Any) -> Layer:
    """Text at `x` and `y` in pixels: each row's `text` in its `colour`."""
    settings = {"baseline": "middle", "align": "left", "fontSize": TEXT, **mark}
    return data(rows).mark_text(**settings).encode(x=pixels("x"), y=pixels("y"), text="text:N", color=own_colour())


def rules(rows: Sequence[Row], **mark: Any) -> Layer:
    """Straight lines from `x`, `y` to `x2`, `y2` in pixels, each in its row's `colour`."""
    marked = data(rows).mark_rule(**{"strokeWidth": 1, **mark})
    return marked.encode(x=pixels("x"), y=pixels("y"), x2="x2:Q", y2="y2:Q", color=own_colour())


def symbols(rows: Sequence[Row], **mark: Any) -> Layer:
    """Points at `x` and `y` in pixels, each in its row's `colour`."""
    return data(rows).mark_point(**mark).encode(x=pixels("x"), y=pixels("y"), color=own_colour())


def pixels(channel: Literal["x", "y"]) -> Any:
    """A place in pixels from the plot's upper left."""
    import altair

    return (altair.X if channel == "x" else altair.Y)(f"{channel}:Q").scale(None)


def on_axis(channel: Literal["x", "y"], scale: Scale, title: str, **axis: Any) -> Any:
    """A place on an axis with ticks where the scale has them.

    Args:
        channel: Which of the row's values it is, and whether the axis lies or stands.
        scale: What is where.
        title: Of the axis, with its unit.
        axis: More that is asked of it, by Vega-Lite's names.
    """
    import altair

    drawn: Any = {"title": title, "values": list(scale.ticks), "format": NUMBERS, "ticks": False, **axis}
    made: Any = (altair.X if channel == "x" else altair.Y)(f"{channel}:Q")
    return made.scale(type=scale.kind, domain=[scale.low, scale.high], nice=False).axis(**drawn)


def time_axis(scale: Scale, title: str, left: float, above: float = 10) -> Any:
    """A standing axis of time, its title lying above it, `left` pixels before the plot."""
    aside = {"titleAngle": 0, "titleAlign": "left", "titleAnchor": "end", "titleBaseline": "bottom"}
    return on_axis("y", scale, title, **aside, titleX=-left, titleY=-above)


def own_colour() -> Any:
    """The colour that the row says."""
    import altair

    return altair.Color("colour:N").scale(None)


def own_width() -> Any:
    """The width of a line that the row says, in pixels."""
    import altair

    return altair.StrokeWidth("width:Q").scale(None)


def own_size() -> Any:
    """The size of a point that the row says, in square pixels."""
    import altair

    return altair.Size("size:Q").scale(None)


def tips(**titles: str) -> list[Any]:
    """What a live chart says of a mark when it is pointed at: fields of its row, and what they are called."""
    import altair

    return [altair.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
