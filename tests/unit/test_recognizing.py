"""What `bench report` has made is told from what is somebody's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.measurement import Result
from bench.reports.charts.making import charts
from bench.reports.charts.palette import palette_of
from bench.reports.charts.svg import svg
from bench.reports.exports.bencher import bencher
from bench.reports.exports.entries import Export
from bench.reports.exports.github_action_benchmark import github_action_benchmark
from bench.reports.exports.pytest_benchmark import pytest_benchmark
from bench.reports.formatting import json_text
from bench.reports.html.page import html_report
from bench.reports.pages.making import directory, one_page
from bench.reports.recognizing import is_report
from bench.reports.sides import Sides, sides_of
from tests.browser.made import READING
from tests.unit.pages import point, result, scenario, two
from tests.unit.test_exports import result as timed
from tests.unit.test_exports import typical

ROOT = Path(__file__).resolve().parents[2]
ONE = sides_of([result(scenario(point()))])
SEVERAL = two(scenario(point()), scenario(point("joined")))


@pytest.mark.parametrize("shown", [ONE, SEVERAL], ids=["of one result", "of two results"])
def test_pages_are_known(shown: Sides) -> None:
    """Each page of a directory, the index among them, and a single page are reports."""
    pages = [one_page(shown), html_report(shown), *directory(shown).values()]

    assert [True] * 4 == [is_report(page) for page in pages]


def test_charts_are_known() -> None:
    """Each chart beside a page is one of a report's."""
    drawn = [svg(chart) for chart in charts(READING, palette_of([READING]))]

    assert [True] * 3 == [is_report(chart) for chart in drawn]


@pytest.mark.parametrize("export", [pytest_benchmark, bencher, github_action_benchmark], ids=lambda one: one.__name__)
def test_exports_are_known(export: Callable[[Result], Export]) -> None:
    """What is exported may be exported anew."""
    assert is_report(json_text(export(timed(typical)).content, indent=1))


@pytest.mark.parametrize(
    "text",
    [
        "# My project\n",
        "# What was decided\n\nNothing.\n",
        "# How it was measured\n",
        "<!doctype html>\n<title>Mine</title>\n",
        '<svg xmlns="http://www.w3.org/2000/svg"><title>Mine</title></svg>',
        json.dumps({"name": "mine", "scripts": {}}, indent=1),
        json.dumps([{"name": "mine", "age": 3}], indent=1),
        json.dumps({"machine_info": {"node": "mine"}}, indent=4),
        "ssh-ed25519 AAAA me\n",
    ],
)
def test_what_is_somebodys_own_is_known(text: str) -> None:
    """Pages, pictures and JSON of others are none of a report's, though they begin like them."""
    assert not is_report(text)


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md", "docs/method.md", "pyproject.toml"])
def test_the_files_of_a_repository_are_no_reports(name: str) -> None:
    """A readme, a changelog and a page of documentation are somebody's own."""
    assert not is_report((ROOT / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted((ROOT / "reports" / "results").glob("*.json")), ids=lambda path: path.stem)
def test_a_result_is_no_report(path: Path) -> None:
    """A result that is named as the output by mistake stays."""
    assert not is_report(path.read_text(encoding="utf-8"))
