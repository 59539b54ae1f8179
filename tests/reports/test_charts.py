"""The charts of a scenario: what each shows, what it is called, and that nobody is left out silently."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.crossings import ADDED_TIME, crossings, line_through, stretches
from bench.measurement import ScenarioResult, StrategyResult
from bench.reports.charts.chart import Chart, chart_name
from bench.reports.charts.lines import lines_of
from bench.reports.charts.making import HOW_TO_GET_CHARTS, charts, has_charts
from bench.reports.charts.palette import Palette, palette_of
from bench.reports.charts.times import parts_of
from tests.reports.measured import FAILED, SHOWN, SKIPPED, load, point, scenario, strategy

GROWING = scenario(
    point({"authors": 10, "posts": 5}, {"lazy": 8.0, "joined": 2.0, "selectin": 3.0}),
    point({"authors": 1, "posts": 5}, {"lazy": 1.5, "joined": 1.0, "selectin": 2.0}),
    point({"authors": 1000, "posts": 5}, {"lazy": 800.0, "joined": 200.0, "selectin": 150.0}),
)
AWAY = scenario(
    point({"authors": 10}, {"lazy": 3.0, "joined": 8.0}, tapped_rtt_ms=0.05),
    point({"authors": 10}, {"lazy": 6.0, "joined": 8.5}, rtt_ms=0.5, rtt_added_ms=0.52),
    point({"authors": 10}, {"lazy": 30.0, "joined": 11.0}, rtt_ms=5.0, rtt_added_ms=5.1),
)


def drawn(result: ScenarioResult) -> dict[str, Chart]:
    """The charts of a scenario by their kinds."""
    return {chart.kind: chart for chart in charts(result, palette_of([result]))}


def rows_of(chart: Chart, *fields: str) -> list[tuple[Any, ...]]:
    """Those rows of a chart's data that have all of these fields."""
    layers: Iterable[Mapping[str, Any]] = chart.spec["layer"]
    rows = [row for layer in layers for row in layer["data"]["values"]]
    return [tuple(row[field] for field in fields) for row in rows if all(field in row for field in fields)]


def written(chart: Chart) -> str:
    """All that is written on a chart, but for its axes."""
    return " ".join(text for (text,) in rows_of(chart, "text"))


def scales(chart: Chart, channel: str) -> set[str]:
    """The kinds of the axes along a channel."""
    encodings = [layer["encoding"].get(channel, {}) for layer in chart.spec["layer"]]
    return {encoding["scale"]["type"] for encoding in encodings if encoding.get("scale")}


def test_time_against_size_says_where_the_winner_changes() -> None:
    """The title has who wins up to which size and from which on, and about where the two cross."""
    chart = drawn(GROWING)["size"]

    assert "loading.one_to_many-size" == chart.name
    assert (
        "joined wins up to authors=10; selectin wins from authors=1,000 on; they cross at about authors=150"
        == chart.title
    )


def test_a_chart_says_its_figures_in_words() -> None:
    """The text alternative has every median, the shortest lines first, and where the chart lies."""
    assert (
        "joined wins up to authors=10; selectin wins from authors=1,000 on; they cross at about authors=150."
        " Median ms a call at authors of 1, 10, 1,000, posts=5: selectin 2.00, 3.00, 150; joined 1.00, 2.00, 200;"
        " lazy 1.50, 8.00, 800."
    ) == drawn(GROWING)["size"].text


def test_axes_are_logarithmic_where_the_range_asks_for_it() -> None:
    """Sizes and times of a decade or more have logarithmic axes, others linear ones."""
    narrow = scenario(
        point({"n": 10}, {"a": 2.0, "b": 3.0}), point({"n": 20}, {"a": 4.0, "b": 5.0}), point({"n": 15}, {"a": 3.0})
    )

    assert ({"log"}, {"log"}) == (scales(drawn(GROWING)["size"], "x"), scales(drawn(GROWING)["size"], "y"))
    assert ({"linear"}, {"linear"}) == (scales(drawn(narrow)["size"], "x"), scales(drawn(narrow)["size"], "y"))


def test_a_band_is_the_interval_of_the_median() -> None:
    """Each line has a band from the lower to the upper bound, and the subtitle says so."""
    chart = drawn(GROWING)["size"]
    bands = [(x, y, y2) for x, y, y2, run in rows_of(chart, "x", "y", "y2", "run") if run == "joined 0"]

    assert [(1, 0.97, 1.04), (10, 1.94, 2.08), (1000, 194, 208)] == [pytest.approx(row) for row in bands]
    assert "median of a call, with its 95 % interval; posts=5" in written(chart)


def test_an_older_result_has_lines_without_bands() -> None:
    """Where a result has no bounds of its medians, nothing is said of them."""
    bare = [
        replace(at, strategies=[replace(one, median_low_ms=None, median_high_ms=None) for one in at.strategies])
        for at in GROWING.points
    ]
    chart = drawn(replace(GROWING, points=bare))["size"]

    assert [] == [run for run, _ in rows_of(chart, "run", "y2")]
    assert "interval" not in written(chart)


def test_time_against_distance_marks_the_crossing() -> None:
    """The title names both winners and where they cross, which is written on the chart too."""
    chart = drawn(AWAY)["distance"]

    assert (
        "lazy wins up to 0.5 ms; joined wins from 5 ms of added round-trip time on; they cross at about 1.1 ms"
    ) == chart.title
    assert "≈ 1.1 ms" in written(chart)


@given(
    st.lists(st.tuples(st.floats(0.1, 900), st.floats(0.1, 900)), min_size=2, max_size=5),
    st.booleans(),
)
def test_lines_meet_where_the_crossing_is_marked(times: list[tuple[float, float]], far: bool) -> None:
    """At every crossing that bench.crossings finds, the two lines that are drawn take the same time."""
    points = [
        point({"n": 1}, {"a": a, "b": b}, rtt_ms=float(number), **({} if number else {"tapped_rtt_ms": 0.1}))
        if far
        else point({"n": 3**number}, {"a": a, "b": b})
        for number, (a, b) in enumerate(times)
    ]
    parameter = ADDED_TIME if far else "n"
    lines = {line.name: line for line in lines_of(scenario(*points), points, parameter, Palette())}

    for crossing in crossings(parameter, stretches(line_through(points[0], parameter, points))):
        if crossing.at is not None:
            before = lines[crossing.before].time_at(crossing.at, power=not far)
            assert before == pytest.approx(lines[crossing.after].time_at(crossing.at, power=not far), rel=1e-6)


def test_distance_lies_where_it_was_really_added() -> None:
    """Points lie at the time that the tap added, the first at 0, and what it takes through the tap is gone through."""
    places = {x for x, shown in rows_of(drawn(AWAY)["distance"], "x", "at")}
    lazy = next(line for line in lines_of(AWAY, AWAY.points, ADDED_TIME, Palette()) if line.name == "lazy")

    assert {0.0, 0.52, 5.1} == places
    assert [(0.0, 3.0), (0.05, pytest.approx(3.3)), (0.52, 6.0), (5.1, 30.0)] == [
        (one.place, one.median) for one in lazy.known
    ]


def test_ties_are_said_as_ties() -> None:
    """Strategies that are not told apart are named together, none of them as the winner."""
    tied = scenario(
        point({"n": 1}, {"lazy": 9.0, "a": 1.0, "b": 1.01}), point({"n": 2}, {"lazy": 9.0, "a": 1.0, "b": 1.01})
    )

    assert "a and b are among the winners from n=1 to n=2" == drawn(tied)["size"].title
    assert drawn(tied)["time"].title.startswith("a and b are not told apart; a takes 0.11× the time of lazy")


def test_what_was_not_ruled_out_is_said() -> None:
    """A title does not claim a win over one that too few rounds could not rule out."""
    at = point({"n": 1}, {"lazy": 9.0, "a": 1.0, "b": 3.0})
    unsettled = [replace(one, behind_verdict="inconclusive") if one.name == "b" else one for one in at.strategies]
    unsure = scenario(replace(at, strategies=unsettled, winners=("a", "b")))

    assert "a is ahead: 0.11× the time of lazy, but not shown to be faster than b" == drawn(unsure)["time"].title


def test_strategies_that_are_not_drawn_are_named() -> None:
    """Who failed, was skipped or demonstrates something is named with the reason on every chart and in its text."""
    more = (FAILED, SKIPPED, SHOWN)
    result = scenario(*(replace(at, strategies=(*at.strategies, *more)) for at in GROWING.points))

    for chart in drawn(result).values():
        for said in (
            "Not drawn, failed (ProgrammingError: no such table): broken.",
            "Not drawn, skipped (more than 32,767 arguments): expanding_in.",
            "Not drawn, a demonstration, which is not ranked: shown.",
        ):
            assert said in written(chart)
            assert said in chart.text
        assert [] == [name for (name,) in rows_of(chart, "strategy") if name in {"broken", "expanding_in", "shown"}]


def test_a_strategy_that_fails_at_one_size_is_told_there() -> None:
    """Its line breaks, and a note says at which size and why."""
    first, *others = GROWING.points
    broken = [
        replace(one, verdict="failed", error="TimeoutError: too slow") if one.name == "lazy" else one
        for one in first.strategies
    ]
    chart = drawn(replace(GROWING, points=(replace(first, strategies=broken), *others)))["size"]

    assert "lazy is not drawn at authors=10: failed (TimeoutError: too slow)." in written(chart)
    assert {"lazy 0", "lazy 1"} == {run for (run,) in rows_of(chart, "run") if run.startswith("lazy")}
    assert "lazy 1.50, –, 800" in chart.text


def test_an_interrupted_run_is_told() -> None:
    """A chart of a run that was cut off says so, and how many points are missing."""
    first, second, last = GROWING.points
    cut = replace(GROWING, points=(first, second, replace(last, strategies=(), winners=(), finished=False)))

    assert "The run was interrupted, so more was to come: 1 of 3 points is missing." in drawn(cut)["size"].text


def test_a_busy_machine_is_told() -> None:
    """What was measured on a busy machine is said to be."""
    result = scenario(point({"n": 1}, {"a": 1.0, "b": 2.0}, load_per_core=3.0))

    assert "The machine was busy with something else" in drawn(result)["time"].text


def test_another_kind_is_told_apart() -> None:
    """One that returns rows where entities are asked for is dashed, labelled, and not sorted among the others."""
    rows = [strategy("tuples", ms, returns="rows", behind=None) for ms in (0.5, 0.7, 9.0)]
    points = [replace(at, strategies=(*at.strategies, one)) for at, one in zip(GROWING.points, rows, strict=True)]
    found = drawn(replace(GROWING, points=points))

    assert "tuples (rows)" in written(found["size"])
    assert "Dashed: returns plain rows, and is not ranked among the others." in written(found["size"])
    assert "reference: rows" in written(found["time"])


def test_values_that_are_no_numbers_have_no_lines() -> None:
    """There is no way from one choice to the next: points alone, and each choice is named."""
    result = scenario(point({"exists": False}, {"a": 1.0, "b": 2.0}), point({"exists": True}, {"a": 3.0, "b": 2.0}))
    chart = drawn(result)["size"]

    assert "a wins at exists=False; b wins at exists=True" == chart.title
    assert "line" not in {layer["mark"]["type"] for layer in chart.spec["layer"]}


def test_parts_of_a_bar_follow_each_other() -> None:
    """Client alone, both at once, the server alone and waiting are stacked up to the median."""
    spent = {"cpu_ms": 6.0, "server_ms": 3.0, "waiting_ms": 2.0, "overlap_ms": 1.0}
    at = point({"n": 1}, {"a": 10.0, "b": 20.0})
    result = scenario(
        replace(at, strategies=[replace(one, **spent) if one.name == "a" else one for one in at.strategies])
    )
    bars = rows_of(drawn(result)["time"], "strategy", "what", "x", "x2")

    assert [
        ("a", "client CPU", 0, 5),
        ("a", "both at once", 5, 6),
        ("a", "server", 6, 8),
        ("a", "waiting", 8, 10),
        ("b", "where it went is not known", 0, 20),
    ] == bars
    assert (
        "a 10.0 (client CPU 5.00, both at once 1.00, server 2.00, waiting 2.00); b 20.0" in drawn(result)["time"].text
    )


@given(st.floats(0.01, 1e4), st.floats(0, 2), st.floats(0, 3))
def test_parts_add_up_to_the_median(median: float, cpu: float, server: float) -> None:
    """Whatever client and server took, side by side or not, the parts are as long as the call, and none is negative."""
    cpu_ms, server_ms = cpu * median, server * median
    waiting = max(median - cpu_ms - server_ms, 0.0)
    overlap = cpu_ms + server_ms + waiting - median
    one = StrategyResult(
        "one", median_ms=median, cpu_ms=cpu_ms, server_ms=server_ms, waiting_ms=waiting, overlap_ms=overlap
    )
    parts = parts_of(one)

    assert math.isclose(median, sum(parts.values()), rel_tol=1e-8)
    assert all(part > 0 for part in parts.values())


def test_bars_are_plain_where_nobody_knows_where_the_time_went() -> None:
    """Without the server's time a bar is the median, with its interval, in the strategy's colour."""
    result = scenario(point({"n": 1}, {"a": 10.0, "b": 20.0}))
    chart = drawn(result)["time"]
    palette = palette_of([result])

    assert [("a", 10.0, palette.colour("a").light), ("b", 20.0, palette.colour("b").light)] == rows_of(
        chart, "strategy", "x2", "colour"
    )
    assert "median of a call, with its 95 % interval; n=1" in written(chart)


def test_the_fastest_stands_first() -> None:
    """Rows are sorted by their times, and winners have a star."""
    result = scenario(point({"n": 1}, {"slow": 9.0, "quick": 1.0, "middle": 3.0}))
    by_height = sorted(rows_of(drawn(result)["time"], "y", "text", "strategy"))

    assert ["quick ★", "middle", "slow (baseline)"] == [text for _, text, _ in by_height]


def test_one_strategy_alone_wins_nothing() -> None:
    """Where nobody else could be ranked, no win is claimed."""
    alone = scenario(point({"n": 1}, {"a": 1.0}, (FAILED,)), point({"n": 2}, {"a": 2.0}, (FAILED,)))

    assert ["Only a could be ranked"] * 2 == [chart.title for chart in charts(alone, Palette())]


def test_latency_under_one_load_is_a_row_for_each_pool() -> None:
    """Three percentiles a strategy, its throughput beside them, and the least 99th percentile in the title."""
    at = point({"tasks": 20}, {"small": 90.0, "large": 30.0})
    loads = {"small": load(5, 20, 75.8), "large": load(7, 11, 14.1)}
    loaded = replace(at, strategies=[replace(one, load=loads[one.name]) for one in at.strategies])
    result = scenario(loaded, name="pooling.sizes")
    chart = drawn(result)["load"]

    assert "At tasks=20, large has the least 99th percentile seen: 14.1 ms" == chart.title
    assert "p99 14.1 ms · 2471/s" in written(chart)
    assert "At tasks=20: small 5.00, 20.0, 75.8 (2471 units a second); large 7.00, 11.0, 14.1" in chart.text
    assert ["load", "time"] == list(drawn(result))
    assert "median of a load" in written(drawn(result)["time"])


def test_latency_against_load_has_a_panel_for_each_percentile() -> None:
    """With several loads each percentile has lines of its own, one for each pool."""
    points = []
    for tasks in (1, 20, 100):
        at = point({"tasks": tasks}, {"small": 90.0, "large": 30.0})
        loads = {"small": load(tasks, 2 * tasks, 3 * tasks), "large": load(1, 2, 3, lost=tasks == 100)}
        points.append(replace(at, strategies=[replace(one, load=loads[one.name]) for one in at.strategies]))
    chart = drawn(scenario(*points, name="pooling.sizes"))["load"]
    small = [
        (percentile, at, y)
        for percentile, at, y, name in rows_of(chart, "percentile", "at", "y", "strategy")
        if name == "small"
    ]

    assert {
        *(("p50", "1", 1), ("p50", "20", 20), ("p50", "100", 100)),
        *(("p95", "1", 2), ("p95", "20", 40), ("p95", "100", 200)),
        *(("p99", "1", 3), ("p99", "20", 60), ("p99", "100", 300)),
    } == set(small)
    assert "50th percentile 95th percentile 99th percentile" in written(chart)
    assert "Some units of large were lost; the latencies are those of the others." in chart.text
    assert "At tasks=100, small has the least 99th percentile seen: 300 ms" == chart.title


@pytest.mark.parametrize(
    "result",
    [
        scenario(),
        scenario(point({"n": 1}, {}, (FAILED, SKIPPED))),
        scenario(point({"n": 1}, {"a": 1.0}), disturbed_by="n"),
    ],
    ids=["nothing was measured", "nothing was timed", "loads were disturbed"],
)
def test_nothing_is_drawn_of_what_was_not_timed(result: ScenarioResult) -> None:
    """A scenario without times has no charts."""
    assert [] == charts(result, Palette())


def test_a_chart_can_be_a_file_whatever_its_scenario_is_called() -> None:
    """A name from a result file leads into no other folder."""
    assert "loading.one_to_many-time" == chart_name("loading.one_to_many", "time")
    assert "_.._a_b-time" == chart_name("../../a b", "time")


def test_without_the_extra_it_is_said_how_to_get_charts() -> None:
    """Where Altair is not installed there are no charts, and no error before one is made."""
    asked = "from bench.reports.charts.making import has_charts; print(has_charts())"
    code = f"import sys; sys.modules['altair'] = None; {asked}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "False\n" == done.stdout
    assert has_charts()
    assert 'Charts need the extra `charts`: pip install "querybench[charts]".' == HOW_TO_GET_CHARTS
