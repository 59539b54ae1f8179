"""Latency under load: the percentiles of a unit of work for each strategy, at one load or as the load grows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.crossings import line_through
from bench.measurement import PointResult, ScenarioResult, StrategyResult
from bench.reports.charts.chart import Chart, chart_name
from bench.reports.charts.drawable import elsewhere, gaps_of, label, notes_of, shown_value
from bench.reports.charts.findings import of_loads
from bench.reports.charts.labels import LINE, room_for
from bench.reports.charts.lines import is_numeric
from bench.reports.charts.marks import SMALL, Layer, Row, data, on_axis, own_colour, pixels, rules, symbols, texts, tips
from bench.reports.charts.palette import GREY, INK, MUTED, Palette
from bench.reports.charts.panels import PERCENTILES, Panels, loaded, percentiles
from bench.reports.charts.rows import Rows, rows_of
from bench.reports.charts.scales import Scale, of_times
from bench.reports.charts.sheet import WIDTH, Sheet, spec_of, text_width
from bench.reports.formatting import count, milliseconds, parameters, plain
from bench.reports.sentences import typical_point

_STARRED = "★: not shown to be behind the fastest, by the time of whole loads."
_LEFT = 52
_HEIGHT = 250
_MARKS: Mapping[str, Mapping[str, Any]] = {
    "p50": {"shape": "circle", "filled": True, "size": 70, "opacity": 1},
    "p95": {"shape": "diamond", "filled": True, "size": 75, "opacity": 1},
    "p99": {"shape": "stroke", "angle": 90, "size": 140, "strokeWidth": 2.5, "opacity": 1},
}


def latency(scenario: ScenarioResult, palette: Palette) -> Chart | None:
    """Percentiles of a unit's latency against the load; None where no loads were driven."""
    centre = typical_point(scenario)
    if centre is None or not loaded(centre):
        return None
    line = _line(scenario, centre)
    if len(line) > 1 and is_numeric(line, scenario.size or ""):
        return _growing(scenario, centre, line, palette)
    return _at_one(scenario, centre, palette)


def _line(scenario: ScenarioResult, centre: PointResult) -> list[PointResult]:
    if scenario.size is None or scenario.size not in centre.params:
        return []
    return [point for point in line_through(centre, scenario.size, scenario.points) if loaded(point)]


def _notes(points: Sequence[PointResult]) -> list[str]:
    """What is said of any chart, and whose units were lost, for their latencies are those of the rest."""
    losers = dict.fromkeys(
        plain(one.name) for point in points for one in loaded(point) if one.load is not None and one.load.lost
    )
    lost = [f"Some units of {', '.join(losers)} were lost; the latencies are those of the others."] if losers else []
    return [*lost, *notes_of(points)]


def _at_one(scenario: ScenarioResult, point: PointResult, palette: Palette) -> Chart:
    rows = rows_of(point, scenario.returns, loaded(point), right=150)
    notes = _notes([point])
    starred = [_STARRED] if any(row.strategy.name in point.winners for row in rows.placed) else []
    where = parameters(point.params, point.rtt_ms)
    title = of_loads(point, where)
    values = [value for row in rows.placed for value in percentiles(row.strategy).values()]
    scale = of_times(values, rows.width)
    subtitle = f"{plain(scenario.name)}: latency of a unit of work under load"
    sheet = Sheet(title, subtitle, rows.width, rows.height, rows.left, [*starred, *notes], above=38, below=46)
    layers = [*_ranges(rows, scale, palette), *_key(rows), *rows.names(), _figures(rows)]
    text = _in_words(title, {where: point})
    return Chart(chart_name(scenario.name, "load"), "load", title, " ".join([text, *notes]), spec_of(sheet, layers))


def _ranges(rows: Rows, scale: Scale, palette: Palette) -> list[Layer]:
    """A line from the median to the 99th percentile of each strategy, and a mark at each of the three."""
    spans: list[Row] = []
    marks: dict[str, list[Row]] = {name: [] for name in PERCENTILES}
    for row in rows.placed:
        found, colour = percentiles(row.strategy), palette.colour(row.strategy.name).light
        ends = scale.at(found["p50"]), scale.at(found["p99"])
        spans.append({"x": ends[0], "y": row.y, "x2": ends[1], "y2": row.y, "colour": colour})
        for name, value in found.items():
            marks[name].append({"x": value, "y": row.y, "colour": colour, **_told(row.strategy, name)})
    told = tips(strategy="strategy", percentile="percentile", latency="latency")
    symbols_of = [
        data(marks[name])
        .mark_point(**_MARKS[name])
        .encode(x=on_axis("x", scale, "ms a unit of work"), y=pixels("y"), color=own_colour(), tooltip=told)
        for name in PERCENTILES
    ]
    return [rules(spans, strokeWidth=2), *symbols_of]


def _told(strategy: StrategyResult, percentile: str) -> dict[str, str]:
    latency = f"{milliseconds(percentiles(strategy)[percentile])} ms"
    return {"strategy": plain(strategy.name), "percentile": percentile, "latency": latency}


def _key(rows: Rows) -> list[Layer]:
    layers, said = [], []
    x = -rows.left
    for name, text in PERCENTILES.items():
        layers.append(symbols([{"x": x + 6, "y": -16, "colour": MUTED.light}], **_MARKS[name]))
        said.append({"x": x + 16, "y": -16, "text": text, "colour": MUTED.light})
        x += 16 + text_width(text, SMALL) + 18
    return [*layers, texts(said, fontSize=SMALL)]


def _figures(rows: Rows) -> Layer:
    figures = [
        {
            "x": rows.width + 12,
            "y": row.y,
            "text": f"p99 {milliseconds(percentiles(row.strategy)['p99'])} ms · {_throughput(row.strategy)}/s",
            "colour": (INK if row.strategy.name in rows.winners else MUTED).light,
        }
        for row in rows.placed
    ]
    return texts(figures, fontSize=SMALL)


def _throughput(strategy: StrategyResult) -> str:
    return count(round(strategy.load.throughput)) if strategy.load is not None else ""


def _growing(scenario: ScenarioResult, centre: PointResult, line: Sequence[PointResult], palette: Palette) -> Chart:
    size = scenario.size or ""
    labels = {one.name: label(one, scenario.returns) for point in line for one in loaded(point)}
    # Grey ones first, so that the others lie on top of them.
    names = sorted(labels, key=lambda name: palette.colour(name) != GREY)
    asked = line_through(centre, size, scenario.points)
    notes = [*_notes(asked), *gaps_of(asked, size)]
    title = of_loads(line[-1], f"{plain(size)}={shown_value(line[-1], size)}")
    place = elsewhere(centre, size)
    subtitle = f"{plain(scenario.name)}: latency of a unit of work against the load{f'; {place}' if place else ''}"
    width = round(WIDTH - _LEFT - room_for(list(labels.values())))
    sheet = Sheet(title, subtitle, width, max(_HEIGHT, LINE * len(names)), _LEFT, notes, above=56)
    panels = Panels(sheet, line, size, {name: labels[name] for name in names}, palette)
    text = _in_words(title, {f"{plain(size)}={shown_value(point, size)}": point for point in line})
    return Chart(
        chart_name(scenario.name, "load"), "load", title, " ".join([text, *notes]), spec_of(sheet, panels.layers())
    )


def _in_words(title: str, points: Mapping[str, PointResult]) -> str:
    said = []
    for where, point in points.items():
        figures = "; ".join(
            f"{plain(one.name)} {', '.join(milliseconds(value) for value in percentiles(one).values())}"
            f" ({_throughput(one)} units a second)"
            for one in loaded(point)
        )
        said.append(f"At {where}: {figures}.")
    return " ".join([f"{title}.", "50th, 95th and 99th percentile of a unit, in ms.", *said])
