"""The HTML report: what its data are, that it is safe and small, and what it says before its script runs."""

from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from hashlib import sha256
from html import unescape
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.measurement import Counters, LoadResult, PointResult, Result, ScenarioResult, Settings, StrategyResult
from bench.reports.html.details import details
from bench.reports.html.drawings import compact
from bench.reports.html.gathering import page_data
from bench.reports.html.packing import LARGE, data_block
from bench.reports.html.page import html_report
from bench.reports.html.round_trips import round_trips_in_a_row
from bench.reports.html.words import as_html, of_markdown, quoted, words
from bench.reports.sides import sides_of
from tests.browser.made import (
    CHART,
    HOSTILE,
    HOSTILE_ERROR,
    READING,
    catalogue,
    large_charts,
    older,
    result,
    tied,
)

LARGEST = 3_000_000
"""Bytes that a page of the whole catalogue may have."""


def unpacked(page: str, name: str) -> Any:
    """What a block of data in a page holds."""
    block = re.search(rf'<script type="application/(\w+)" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert block is not None, name
    return json.loads(block[2] if block[1] == "json" else gzip.decompress(base64.b64decode(block[2])))


def test_the_figures_are_those_of_the_tables() -> None:
    """A row has the cells of the Markdown table's columns, with what they are sorted by and what an estimate needs."""
    place = page_data(sides_of([result(READING)]).sides).scenarios[0].runs[0].places[0]  # type: ignore[union-attr]
    nearest = place.at[0]
    row = nearest.rows[1]

    assert ("items=10", True, [0.0, 1.0, 5.0]) == (place.params, place.typical, [at.rtt for at in place.at])
    assert ["median ms", "p95 ms", "ratio", "95 % interval", "verdict", "statements", "round trips", "rows"] == [
        column.title for column in nearest.columns
    ]
    assert [False] * 5 + [True] * 3 == [column.fixed for column in nearest.columns]
    assert ("bulky", ["8.00", "12.0", "0.40×", "0.39–0.41", "faster", "1", "2", "7"]) == (row.strategy, row.cells)
    assert [8.0, 12.0, 0.4, 0.392, "faster", 1, 2, 7] == row.values
    assert (8.0, 2, True, 3.92) == (row.ms, row.trips, row.behind, row.least)
    assert (["chatty"], "0.100×", "0.098–0.102") == (nearest.leaders, nearest.share, nearest.bounds)


def test_what_one_result_lacks_is_not_left_out() -> None:
    """A scenario that is in one of two results is shown, with nothing for the other; an interrupted run says so."""
    page = page_data(sides_of([result(READING, tied()), older()]).sides)

    assert [("shop.reading", [True, True]), ("shop.writing", [True, False])] == [
        (scenario.name, [run is not None for run in scenario.runs]) for scenario in page.scenarios
    ]
    assert ["", "This run was interrupted. What is shown is what there was until then."] == [
        run.interrupted for run in page.runs
    ]


def test_a_point_without_strategies_and_a_result_without_scenarios_are_said() -> None:
    """What was not measured stands there as not measured."""
    missing = ScenarioResult("shop.none", "Why?", points=(PointResult({"items": 1}, finished=False),))
    text = html_report(sides_of([result(missing, interrupted=True)]))

    assert "This run was interrupted: 1 point of it missing or unfinished." in text
    assert ">not measured</td>" in text
    assert "No scenario was measured." in html_report(sides_of([result()]))


def test_a_count_has_no_times() -> None:
    """A result that was not timed says what a warm call takes, and asks for no distance."""
    counted = replace(result(READING), settings=Settings(timed=False))
    page = page_data(sides_of([counted]).sides)
    run = page.scenarios[0].runs[0]

    assert run is not None
    assert (False, False, "2 to 21 round trips") == (page.timed, run.moves, run.places[0].at[0].said)
    assert ">A warm call takes</th>" in html_report(sides_of([counted]))


def test_what_is_shown_on_demand_has_each_text_once() -> None:
    """Code, statements and plans of two results are kept once; each strategy says where its own stand."""
    found = details([result(READING), result(READING, sqlalchemy="2.0.51")])
    runs = [run["items=10"]["bulky"] for run in found.scenarios["shop.reading"]]

    assert runs[0] == runs[1]
    assert len(set(found.texts)) == len(found.texts)
    assert runs[0].code is not None
    assert "async def bulky(db):\n    return await db.bulky()" == found.texts[runs[0].code]
    (statement,) = runs[0].statements
    assert (1, "SELECT 'bulky'\nFROM item") == (statement.calls, found.texts[statement.sql])
    assert statement.plan is not None
    assert "Seq Scan on item  rows 7 estimated, 7 actual" == found.texts[statement.plan]
    assert "Its plan (shape 00ff)" == statement.about_plan


def one(trips: int | None, *times: tuple[float, float], **more: Any) -> list[PointResult]:
    """The points of one strategy that was measured at these distances, with these times."""
    counted = StrategyResult("one", counters=Counters(round_trips=trips), **more)
    return [PointResult({}, rtt_ms, (replace(counted, median_ms=ms),)) for rtt_ms, ms in times]


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # The run knows it at no added time: it has an estimate for 1 ms, or it has none.
        (one(10, (0, 5.0), at_1ms_ms=15.0), {"one": 10}),
        (one(10, (0, 5.0)), {}),
        # Measured at 1 ms, the run has no estimate: ten round trips took 9.8 ms more, or 3 ms on several connections.
        (one(10, (0, 5.0), (1, 14.8), at_1ms_ms=14.8, at_1ms_measured=True), {"one": 10}),
        (one(10, (0, 5.0), (1, 8.0), at_1ms_ms=8.0, at_1ms_measured=True), {}),
        (one(10, (1, 15.0), (5, 55.0)), {"one": 10}),
        (one(10, (1, 15.0), (5, 25.0)), {}),
        # Nothing tells it, or nobody counted.
        (one(10, (1, 15.0)), {}),
        (one(None, (0, 5.0), at_1ms_ms=15.0), {}),
        (one(10, (0, 5.0), at_1ms_ms=15.0, verdict="differs"), {}),
    ],
)
def test_whose_time_follows_from_its_round_trips(points: list[PointResult], expected: dict[str, int]) -> None:
    """A strategy waits for its round trips one after the other where the run or the measured distances say so."""
    assert expected == round_trips_in_a_row(points)


def test_a_load_does_not_follow_from_its_round_trips() -> None:
    """Of many tasks some wait at the same time."""
    load = LoadResult(1, 20, 60, None, 3000.0, None, None, None, 0, 0, 5, 0, 0, {}, 0.5)

    assert {} == round_trips_in_a_row(one(10, (0, 5.0), at_1ms_ms=15.0, load=load))


def test_results_are_called_by_what_tells_them_apart_and_parts_say_all_that_was_asked() -> None:
    """Each side has its label; of one that was put together from runs of two precisions, the method names both and an
    estimate takes the wider.
    """
    fine = result(replace(READING, points=READING.points[:1]))
    rest = replace(READING, points=READING.points[1:])
    coarse = replace(result(rest), settings=replace(fine.settings, precision=0.05))
    new, old = page_data(sides_of([fine, coarse, older()]).sides).runs

    assert ["SQLAlchemy 2.1.9", "SQLAlchemy 2.0.51"] == [new.label, old.label]
    new_method, old_method = ("".join(map(as_html, run.method)) for run in (new, old))
    assert "The margin is 5 % or 10 %, twice the precision asked." in new_method
    assert "The margin is 5 %, twice the precision asked." in old_method
    assert [0.1, 0.05] == [new.margin, old.margin]


@given(st.lists(st.text(), min_size=1))
def test_no_text_gets_out_of_its_block_of_data(texts: list[str]) -> None:
    """Whatever a result says, the block ends where it should and holds what was put in."""
    block = data_block("figures", [text.encode("utf-8", "replace").decode() for text in texts])

    assert 2 == block.count("<")
    assert [text.encode("utf-8", "replace").decode() for text in texts] == unpacked(block, "figures")


def test_large_data_are_compressed_and_equal_results_make_equal_pages() -> None:
    """From a size on data are compressed, without a trace of when."""
    large = "x" * LARGE

    assert large == unpacked(data_block("details", large), "details")
    assert len(data_block("details", large)) < LARGE / 10
    assert html_report(sides_of([result(READING)])) == html_report(sides_of([result(READING)]))


def test_hostile_text_is_harmless_in_the_page_that_is_sent() -> None:
    """Names, errors, claims, questions and titles of others are escaped, or stand in data where no element begins."""
    page = html_report(sides_of([result(replace(READING, question=HOSTILE))]))

    assert HOSTILE not in page
    assert HOSTILE_ERROR not in page
    assert "<title>&lt;script&gt;hacked()&lt;/script&gt; – querybench</title>" in page
    assert HOSTILE in {
        row["strategy"] for row in unpacked(page, "figures")["scenarios"][0]["runs"][0]["places"][0]["at"][0]["rows"]
    }


def test_the_policy_allows_the_page_s_own_script_and_style_and_no_network() -> None:
    """Script and style are named by their hashes, so that nothing else runs, and nothing can be loaded or sent."""
    page = html_report(sides_of([result(READING)]), charts=[{"shop.reading": [CHART]}])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="(.*?)"', page)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    block = re.search(r'id="vega">(.*?)</script>', page)
    assert None not in (policy, script, style, block)
    vega = gzip.decompress(base64.b64decode(block[1]))  # type: ignore[index]

    def hashed(text: bytes) -> str:
        return f"'sha256-{base64.b64encode(sha256(text).digest()).decode()}'"

    assert (
        f"default-src 'none'; script-src {hashed(script[1].encode())} {hashed(vega)};"  # type: ignore[index]
        f" style-src {hashed(style[1].encode())}; base-uri 'none'; form-action 'none'"  # type: ignore[index]
    ) == policy[1]  # type: ignore[index]


def size(*results: Result) -> int:
    """Bytes of the page of results, with charts."""
    charts = [{scenario.name: large_charts(scenario.name) for scenario in one.scenarios} for one in results]
    return len(html_report(sides_of(results), charts=charts).encode())


def test_the_page_of_a_whole_catalogue_stays_small() -> None:
    """Two results of 91 scenarios of eight strategies at four distances, with charts, stay below the bound: seven times
    what thirteen take, and what every page has.
    """
    least = size(catalogue("2.1.9", 1))
    part = size(catalogue("2.1.9", 13), catalogue("2.0.51", 13))

    assert least + 7 * (part - least) < LARGEST


def test_a_chart_is_kept_with_few_digits_and_its_rows_as_columns() -> None:
    """Rows of the same names become columns and numbers lose what nobody sees; what is no rows stays a list."""
    values = [{"x": 1 / 3, "name": "a"}, {"x": 2, "name": None}]
    spec = {
        "data": {"values": values},
        "layer": [{"mark": "bar"}],
        "sort": [[1, 2.000004]],
        "odd": [{"x": 1}, {}],
    }

    assert {
        "data": {"values": {"columns": {"x": [0.33333, 2], "name": ["a", None]}}},
        "layer": [{"mark": "bar"}],
        "sort": [[1, 2.0]],
        "odd": [{"x": 1}, {}],
    } == compact(spec)


def test_without_a_script_the_answers_and_claims_are_there() -> None:
    """The page as it is sent has each scenario's answer, its claims with verdicts, method and environment."""
    text = unescape(re.sub(r"<[^>]+>", "", html_report(sides_of([result(READING, tied())]))))

    assert "At items=10, chatty wins: 0.100× the time of lazy (0.098–0.102), 2.00 ms against 20.0 ms" in text
    assert "The winner changes with added round-trip time: with none added, chatty wins; from 1 ms of it on" in text
    assert "Depends: chatty faster than lazy: holds at rtt_ms=0.0." in text
    assert "The margin is 5 %, twice the precision asked." in text
    assert "kernelLinux 6.1" in text


def test_names_in_sentences_are_set_as_code() -> None:
    """Names that were marked, and what stands between backticks, are code; text stays text."""
    assert "a &lt;b&gt; wins over <code>c&amp;d</code>" == as_html(words(f"a <b> wins over {quoted('c&d')}"))
    assert ["one as ", "differs", " is not ranked"] == of_markdown("one as `differs`\nis not ranked")


def _luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1, 2], ids=["light", "dark", "print"])
@pytest.mark.parametrize("ground", ["ground", "raised", "open-ground"])
@pytest.mark.parametrize("text", ["text", "muted", "link", "won", "lost", "open"])
def test_text_can_be_read_in_every_theme(theme: int, ground: str, text: str) -> None:
    """Each colour of text has a contrast of 4.5 at least on each ground, as WCAG 2 asks for at level AA."""
    style = files("bench.reports.html").joinpath("page.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", re.findall(r":root \{(.*?)\}", style, re.DOTALL)[theme]))
    light, dark = sorted((_luminance(colours[text]), _luminance(colours[ground])), reverse=True)

    assert (light + 0.05) / (dark + 0.05) >= 4.5
