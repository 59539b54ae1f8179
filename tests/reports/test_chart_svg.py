"""Charts as SVG: whole documents, the same each time, harmless, and legible on both pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from bench.reports.charts.chart import Chart
from bench.reports.charts.making import charts
from bench.reports.charts.palette import ALL_COLOURS, palette_of
from bench.reports.charts.sheet import text_width
from bench.reports.charts.svg import dark_style, svg
from tests.reports.measured import FAILED, load, point, scenario, strategy

HOSTILE = ('<script>alert("1")</script>', "it's & <b>", "one\ntwo\x1b[31m\u202e\uffff\ud800", "x" * 300)
SVG = "{http://www.w3.org/2000/svg}"


def _all_kinds() -> list[Chart]:
    """A chart of each kind, of strategies with hostile names."""
    one = dict(zip(HOSTILE, (3.0, 1.0, 2.0, 40.0), strict=True))
    other = dict(zip(HOSTILE, (3.0, 4.0, 2.0, 1.0), strict=True))
    points = [
        point({"n": 1}, one, (FAILED,), tapped_rtt_ms=0.1),
        point({"n": 2}, other),
        point({"n": 1}, other, rtt_ms=5.0, rtt_added_ms=5.1),
    ]
    loads = [
        point({"<i>": tasks}, {}, [strategy(name, 3.0, load=load(1, 2, 3)) for name in HOSTILE]) for tasks in (1, 2)
    ]
    return [
        chart
        for result in (
            scenario(*points),
            scenario(*loads, name="pooling.<sizes>"),
            scenario(loads[0], name="pooling.one"),
        )
        for chart in charts(result, palette_of([result]))
    ]


ALL = _all_kinds()


def parsed(drawn: str) -> ElementTree.Element:
    """The root of a document, which is well-formed."""
    return ElementTree.fromstring(drawn)  # noqa: S314, for it is our own


@pytest.fixture(params=ALL, ids=lambda chart: chart.name)
def chart(request: pytest.FixtureRequest) -> Chart:
    """Each of the charts."""
    found: Chart = request.param
    return found


def test_every_kind_is_there() -> None:
    """What the other tests look at are charts of all four kinds."""
    assert {"size", "distance", "time", "load"} == {chart.kind for chart in ALL}


def test_a_chart_is_a_picture_with_a_text(chart: Chart) -> None:
    """It is well-formed, has the role of an image, and its title and description are those of the chart."""
    root = parsed(svg(chart))
    title, text = root.find(f"{SVG}title"), root.find(f"{SVG}desc")

    assert "img" == root.get("role")
    assert title is not None
    assert text is not None
    assert f"{title.get('id')} {text.get('id')}" == root.get("aria-labelledby")
    assert chart.title.replace("\uffff", "\N{REPLACEMENT CHARACTER}") == title.text
    assert chart.text.replace("\uffff", "\N{REPLACEMENT CHARACTER}") == text.text


def test_equal_charts_are_drawn_equally(chart: Chart) -> None:
    """Drawn twice, a chart is the same to the letter."""
    assert svg(chart) == svg(chart)


def test_names_are_text_alone(chart: Chart) -> None:
    """A name makes no element, no attribute and no control character; as text it is there."""
    drawn = svg(chart)
    root = parsed(drawn)

    assert {"svg", "title", "desc", "style", "g", "path", "line", "text"} >= {
        element.tag.removeprefix(SVG) for element in root.iter()
    }
    assert [] == [name for element in root.iter() for name in element.attrib if name.startswith("on")]
    assert '<script>alert("1")</script>' in "".join(root.itertext())
    assert [] == re.findall("[\x00-\x09\x0b-\x1f\u202e\ufffe\uffff]", drawn)


def test_a_chart_asks_for_nothing_from_elsewhere(chart: Chart) -> None:
    """Beside the names of its namespaces there is no address in it."""
    drawn = svg(chart).replace("http://www.w3.org/2000/svg", "").replace("http://www.w3.org/1999/xlink", "")

    assert [] == re.findall(r"https?:|url\(|href|@import|src=", drawn)


def test_every_colour_has_one_for_a_dark_page(chart: Chart) -> None:
    """Nothing is drawn in a colour that a dark page would not change."""
    drawn = svg(chart)
    used = set(re.findall(r'(fill|stroke)="(#[0-9a-f]+|[a-z]+)"', drawn)) - {("fill", "none"), ("fill", "transparent")}
    changed = re.findall(r'\[(fill|stroke)="(#[0-9a-f]+)"\]\{\1:#[0-9a-f]{6}\}', drawn)

    assert used == set(changed)


def test_text_is_written_as_the_readers_system_does(chart: Chart) -> None:
    """No font is named that a reader might lack without another to fall back to."""
    assert {"sans-serif"} == {stack.rpartition(", ")[2] for stack in re.findall(r'font-family="([^"]*)"', svg(chart))}


def test_a_chart_is_as_wide_as_a_page(chart: Chart) -> None:
    """However long names are, the width is the same."""
    root = parsed(svg(chart))

    assert ("772", "0 0 772") == (root.get("width"), (root.get("viewBox") or "").rpartition(" ")[0])


def test_nothing_that_is_written_is_cut_off(chart: Chart) -> None:
    """Every text lies inside the picture, in a wide font too."""
    root = parsed(svg(chart))
    height = float(root.get("height") or 0)

    assert [] == [
        (text, left, right, y)
        for text, left, right, y in _placed(root, 0, 0)
        if left < 0 or right > 772 or not 8 <= y <= height - 2
    ]


def _placed(element: ElementTree.Element, x: float, y: float) -> Iterator[tuple[str, float, float, float]]:
    """Each text below an element with its left and right end and its height, in pixels of the whole picture."""
    for across, down in re.findall(r"translate\(([-\d.]+),([-\d.]+)\)", element.get("transform", "")):
        x, y = x + float(across), y + float(down)
    if element.tag == f"{SVG}text":
        text = "".join(element.itertext())
        bold = element.get("font-weight") == "600"
        width = text_width(text, float((element.get("font-size") or "0").removesuffix("px")), bold=bold)
        part = {"start": 0.0, "middle": 0.5, "end": 1.0}[element.get("text-anchor") or ""]
        yield text, x - part * width, x + (1 - part) * width, y
    for child in element:
        yield from _placed(child, x, y)


def test_the_style_of_a_page_knows_every_colour() -> None:
    """For charts that a page draws itself, the rules name each colour as fill and as stroke."""
    style = dark_style()

    assert style.startswith("@media (prefers-color-scheme:dark){")
    assert [] == [
        colour
        for colour in ALL_COLOURS
        for attribute in ("fill", "stroke")
        if f'[{attribute}="{colour.light}"]{{{attribute}:{colour.dark}}}' not in style
    ]


def test_the_room_for_text_is_rather_too_much() -> None:
    """Widths are about those of DejaVu Sans, in which `selectin_chunksize (baseline)` has 191 pixels at size 12."""
    assert 185 <= text_width("selectin_chunksize (baseline)", 12) <= 215
