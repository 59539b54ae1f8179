"""Where the time of a call went, a stacked bar for each strategy; a plain one where that is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.charts.chart import Chart, chart_name
from bench.reports.charts.drawable import elsewhere, is_drawn, notes_of
from bench.reports.charts.findings import of_point, share_of_time
from bench.reports.charts.marks import SMALL, Layer, Row, data, on_axis, own_colour, pixels, rules, symbols, texts, tips
from bench.reports.charts.palette import BOTH, CLIENT, INK, MUTED, SERVER, WAITING, Palette
from bench.reports.charts.rows import Placed, Rows, rows_of
from bench.reports.charts.scales import Scale, from_zero
from bench.reports.charts.sheet import Sheet, spec_of, text_width
from bench.reports.formatting import milliseconds, plain
from bench.reports.sentences import typical_point
from bench.reports.tables import drives_loads

PARTS = {"client CPU": CLIENT, "both at once": BOTH, "server": SERVER, "waiting": WAITING}
"""The parts of a call's time, in the order that they are stacked, and their colours."""
STARRED = "★: not shown to be behind the fastest."
UNKNOWN = "where it went is not known"
_BAR = 15
_FIGURE = 66
"""Pixels for the time at the end of the longest bar."""


def time_spent(scenario: ScenarioResult, palette: Palette) -> Chart | None:
    """Where the time went at the typical point; None where nothing was timed there."""
    point = typical_point(scenario)
    drawn = [one for one in point.strategies if is_drawn(one)] if point is not None else []
    if point is None or not drawn:
        return None
    rows = rows_of(point, scenario.returns, drawn, right=_FIGURE)
    stacked = not drives_loads(point) and any(parts_of(one) for one in drawn)
    title = of_point(point)
    winner = next((row.strategy for row in rows.placed if row.strategy.name in point.winners), None)
    if stacked and winner is not None and len(point.winners) == 1 and (share := share_of_time(winner)):
        title = f"{title}; {share}"
    notes = notes_of([point])
    starred = [STARRED] if any(row.strategy.name in point.winners for row in rows.placed) else []
    sheet = Sheet(
        title,
        _subtitle(scenario, point, rows, stacked),
        rows.width,
        rows.height,
        rows.left,
        [*starred, *notes],
        above=38 if stacked else 16,
        below=46,
    )
    scale = from_zero([value for one in drawn for value in (one.median_ms, _high(one)) if value], rows.width)
    layers = _stacked(rows, scale) if stacked else _plain(rows, scale, palette)
    layers += [*rows.names(), _figures(rows, scale, stacked)]
    text = _in_words(point, rows, title, notes)
    return Chart(chart_name(scenario.name, "time"), "time", title, text, spec_of(sheet, layers))


def parts_of(strategy: StrategyResult) -> Mapping[str, float]:
    """What the parts of a call took, in ms: together its median; empty where that is not known.

    Client and server each have the time that they alone worked. A server may work in several processes at once and so
    for longer than the call took: of its time that is counted which passed.
    """
    median, cpu, waiting = strategy.median_ms, strategy.cpu_ms, strategy.waiting_ms
    if median is None or cpu is None or waiting is None or strategy.server_ms is None:
        return {}
    client = min(cpu, median)
    idle = min(max(waiting, 0.0), median - client)
    both = min(max(strategy.overlap_ms or 0.0, 0.0), client, strategy.server_ms)
    found = {"client CPU": client - both, "both at once": both, "server": median - client - idle, "waiting": idle}
    # What is left of a difference that is none is no part.
    return {name: part for name, part in found.items() if part > median * 1e-9}


def _subtitle(scenario: ScenarioResult, point: PointResult, rows: Rows, stacked: bool) -> str:
    what = "load" if drives_loads(point) else "call"
    interval = not stacked and any(row.strategy.median_low_ms is not None for row in rows.placed)
    said = "where the time of a call went, its median" if stacked else f"median of a {what}"
    place = elsewhere(point)
    said += ", with its 95 % interval" if interval else ""
    return f"{plain(scenario.name)}: {said}{f'; {place}' if place else ''}"


def _bars(rows: Sequence[Row], scale: Scale, what: str) -> Layer:
    told = tips(strategy="strategy", what="time", took="took")
    return (
        data(rows)
        .mark_rect()
        .encode(
            x=on_axis("x", scale, f"ms a {what}"),
            x2="x2:Q",
            y=pixels("y"),
            y2="y2:Q",
            color=own_colour(),
            tooltip=told,
        )
    )


def _bar(row: Placed, what: str, start: float, end: float, colour: str) -> dict[str, Any]:
    return {
        "x": start,
        "x2": end,
        "y": row.y - _BAR / 2,
        "y2": row.y + _BAR / 2,
        "colour": colour,
        "strategy": plain(row.strategy.name),
        "what": what,
        "took": f"{milliseconds(end - start)} ms",
    }


def _stacked(rows: Rows, scale: Scale) -> list[Layer]:
    bars, present = [], []
    for row in rows.placed:
        start = 0.0
        for name, part in (parts_of(row.strategy) or {UNKNOWN: row.strategy.median_ms or 0.0}).items():
            bars.append(_bar(row, name, start, start + part, PARTS.get(name, MUTED).light))
            present.append(name)
            start += part
    keys = [name for name in (*PARTS, UNKNOWN) if name in present]
    return [_bars(bars, scale, "call"), *_key(rows, keys)]


def _key(rows: Rows, names: Sequence[str]) -> list[Layer]:
    """What the colours mean, above the bars."""
    squares, said = [], []
    x = -rows.left
    for name in names:
        squares.append({"x": x + 5, "y": -16, "colour": PARTS.get(name, MUTED).light})
        said.append({"x": x + 14, "y": -16, "text": name, "colour": MUTED.light})
        x += 14 + text_width(name, SMALL) + 18
    return [symbols(squares, shape="square", filled=True, size=90, opacity=1), texts(said, fontSize=SMALL)]


def _plain(rows: Rows, scale: Scale, palette: Palette) -> list[Layer]:
    what = "load" if any(row.strategy.load is not None for row in rows.placed) else "call"
    bars = [
        _bar(row, "median", 0.0, row.strategy.median_ms or 0.0, palette.colour(row.strategy.name).light)
        for row in rows.placed
    ]
    whiskers = []
    for row in rows.placed:
        low, high = row.strategy.median_low_ms, row.strategy.median_high_ms
        if low is None or high is None:
            continue
        ends = scale.at(low), scale.at(high)
        whiskers.append({"x": ends[0], "y": row.y, "x2": ends[1], "y2": row.y, "colour": INK.light})
        whiskers += [{"x": x, "y": row.y - 4, "x2": x, "y2": row.y + 4, "colour": INK.light} for x in ends]
    return [_bars(bars, scale, what), *([rules(whiskers, strokeWidth=1.5)] if whiskers else [])]


def _figures(rows: Rows, scale: Scale, stacked: bool) -> Layer:
    figures = [
        {
            "x": scale.at(max(row.strategy.median_ms or 0.0, 0.0 if stacked else _high(row.strategy) or 0.0)) + 6,
            "y": row.y,
            "text": f"{milliseconds(row.strategy.median_ms)} ms",
            "colour": (INK if row.strategy.name in rows.winners else MUTED).light,
        }
        for row in rows.placed
    ]
    return texts(figures, fontSize=SMALL)


def _high(strategy: StrategyResult) -> float | None:
    return strategy.median_high_ms


def _in_words(point: PointResult, rows: Rows, title: str, notes: Sequence[str]) -> str:
    said = []
    for row in rows.placed:
        parts = parts_of(row.strategy) if not drives_loads(point) else {}
        spent = ", ".join(f"{name} {milliseconds(part)}" for name, part in parts.items())
        figure = f"{plain(row.strategy.name)} {milliseconds(row.strategy.median_ms)}"
        said.append(f"{figure} ({spent})" if spent else figure)
    what = "load" if drives_loads(point) else "call"
    place = elsewhere(point)
    return " ".join([f"{title}.", f"Median ms a {what}{f' at {place}' if place else ''}: {'; '.join(said)}.", *notes])
