"""The published pages say what their result files say, and the README what the pages say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import pytest

from bench.crossings import ADDED_TIME
from bench.measurement import PointResult, ScenarioResult
from bench.reports.charts.chart import Chart
from bench.reports.fastest import changes_with
from bench.reports.formatting import interval, ratio
from bench.reports.headings import anchors_by_name
from bench.reports.pages.chart_files import illustrated
from bench.reports.pages.making import directory, page_names
from bench.reports.pages.winners import shared_scenarios
from bench.reports.picture import Picture
from bench.reports.sentences import answer, typical_point
from bench.reports.sides import Side, Sides, sides_of
from bench.reports.tables import terminal_table
from bench.results.file import read_result
from reports import make

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "reports"
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATHS = sorted((REPORTS / "results").glob("*.json"))
RESULTS = {path.stem: read_result(path) for path in PATHS}


@pytest.fixture(scope="module")
def sides() -> Sides:
    """What is published, side by side, without pictures."""
    return sides_of([RESULTS[part.name] for part in make.parts() if part.name in RESULTS])


@pytest.fixture(scope="module")
def loading(sides: Sides) -> tuple[Sides, Mapping[str, Chart]]:
    """The module that is asked about most, with its pictures made anew, and the chart of each."""
    return illustrated(replace(sides, sides=[_only(side, "loading") for side in sides.sides]), "charts")


def _only(side: Side, module: str) -> Side:
    scenarios = [one for one in side.result.scenarios if one.name.partition(".")[0] == module]
    return replace(side, result=replace(side.result, scenarios=scenarios))


def _with_pictures_of_pages(sides: Sides) -> Sides:
    """The sides with the pictures that the pages show: what they say is taken as it stands there."""
    text = "\n".join((REPORTS / name).read_text(encoding="utf-8") for name in page_names(sides.sides).values())
    shown = re.findall(r"^!\[(.*)\]\(charts/((.*?)-(?:size|distance|time|load)-(.*)\.svg)\)$", text, re.MULTILINE)
    pictures: dict[str, dict[str, list[Picture]]] = {}
    for said, file, scenario, label in shown:
        plain = unescape(re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", said))
        pictures.setdefault(label, {}).setdefault(scenario, []).append(Picture(f"charts/{file}", plain))
    return replace(
        sides, sides=[replace(side, pictures=pictures[side.label.replace(" ", "-")]) for side in sides.sides]
    )


def test_every_part_is_published() -> None:
    """Every part is there, with either version, and nothing that is no part."""
    names = {part.name for part in make.parts()}
    assert names == RESULTS.keys()


@pytest.mark.parametrize("name", RESULTS)
def test_a_published_result_is_whole(name: str) -> None:
    """Nothing in it was interrupted, failed or differs, and it was measured with what its name says."""
    result = RESULTS[name]
    verdicts = [one.verdict for scenario in result.scenarios for point in scenario.points for one in point.strategies]
    assert not result.interrupted
    assert not {"failed", "differs"} & set(verdicts)
    assert result.environment.packages["sqlalchemy"].startswith(re.findall(r"sqlalchemy-(\d\.\d)", name)[0])
    assert (result.environment.postgres or "").startswith("18.")


def test_one_commit_was_measured() -> None:
    """All parts name the same commit, without changes beside it."""
    (commit,) = {result.environment.git for result in RESULTS.values()}
    assert re.fullmatch(r"[0-9a-f]{7,40}", commit or "")


def test_raw_samples_are_left_out() -> None:
    """Percentiles and counters are kept, and no sample."""
    kept = [
        one
        for result in RESULTS.values()
        for scenario in result.scenarios
        for point in scenario.points
        for one in point.strategies
    ]
    assert [] == [one.name for one in kept if one.samples_ns]
    assert any(one.p95_ms for one in kept)


def test_the_pages_are_what_the_results_give(sides: Sides) -> None:
    """Made anew from the result files, every page is the same to the letter but for what its pictures say, and there is
    no other.
    """
    pages = directory(_with_pictures_of_pages(sides))
    assert sorted(pages) == sorted(path.name for path in REPORTS.glob("*.md"))
    assert [] == [name for name, text in pages.items() if text != (REPORTS / name).read_text(encoding="utf-8")]


def test_a_page_with_its_pictures_is_what_the_results_give(loading: tuple[Sides, Mapping[str, Chart]]) -> None:
    """What is said of the pictures of a module too is what their charts say, made anew."""
    assert (REPORTS / "loading.md").read_text(encoding="utf-8") == directory(loading[0])["loading.md"]


def test_a_chart_states_what_the_results_give(loading: tuple[Sides, Mapping[str, Chart]]) -> None:
    """The files of a module's charts have the findings of the charts that are made anew."""
    _, charts = loading
    written = {path: (REPORTS / path).read_text(encoding="utf-8") for path in charts}
    assert 35 == len(charts)
    assert [] == [path for path, chart in charts.items() if escape(chart.title, quote=False) not in written[path]]


def test_every_chart_is_on_a_page() -> None:
    """Each file of a chart is shown by some page, and each that is shown is there."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in REPORTS.glob("*.md"))
    shown = re.findall(r"\]\((charts/[^)]*)\)", text)
    assert sorted(set(shown)) == sorted(f"charts/{path.name}" for path in (REPORTS / "charts").iterdir())


def _scenario(name: str, version: str = "2.1") -> ScenarioResult:
    """A scenario of the typical points as it was measured with a version of SQLAlchemy."""
    found = (
        scenario
        for part, result in RESULTS.items()
        if part.startswith(f"sqlalchemy-{version}") and "grids" not in part
        for scenario in result.scenarios
        if scenario.name == name
    )
    return next(found)


def _typical(name: str, rtt_ms: float) -> PointResult:
    """A scenario's typical point with so much added round-trip time."""
    scenario = _scenario(name)
    return next(one for one in scenario.points if (dict(one.params), one.rtt_ms) == (dict(scenario.typical), rtt_ms))


def _figure(name: str, strategy: str, rtt_ms: float) -> str:
    """A strategy's ratio with its interval, at the typical point with so much added round-trip time."""
    found = next(one for one in _typical(name, rtt_ms).strategies if one.name == strategy)
    bounds = found.ratio, found.ratio_low, found.ratio_high
    return f"{ratio(*bounds)} ({interval(*bounds)})"


FINDINGS = [
    ("aggregation.counting", "count_star", 0.0),
    ("subqueries.counts", "correlated", 0.0),
]
BESIDE_THE_FASTEST = [
    ("loading.one_to_one", "joined", "two_queries", 0.0),
    ("loading.one_to_one", "two_queries", "joined", 5.0),
    ("loading.many_to_one", "joined", "joined_inner", 0.0),
]
"""Figures that are told of two strategies neither of which is the baseline: the time over that of the fastest."""


@pytest.mark.parametrize(("name", "strategy", "rtt_ms"), FINDINGS)
def test_the_readme_quotes_a_finding(sides: Sides, name: str, strategy: str, rtt_ms: float) -> None:
    """Each figure of the README is that of the published result, and leads to its question."""
    assert f"[{_figure(name, strategy, rtt_ms)}]({_where(sides, name)})" in README


@pytest.mark.parametrize(("name", "strategy", "fastest", "rtt_ms"), BESIDE_THE_FASTEST)
def test_the_readme_quotes_a_distance_from_the_fastest(
    sides: Sides, name: str, strategy: str, fastest: str, rtt_ms: float
) -> None:
    """Where the README says what one strategy takes of another's time, the other is the fastest that the pages name."""
    point = _typical(name, rtt_ms)
    assert fastest == point.winners[0]
    found = next(one for one in point.strategies if one.name == strategy)
    bounds = found.behind, found.behind_low, found.behind_high
    figure = f"[{ratio(*bounds)} ({interval(*bounds)})]({_where(sides, name)})"
    assert f"{strategy} takes {figure} the time of {fastest}" in README


def _where(sides: Sides, name: str) -> str:
    """Where the pages answer a scenario's question."""
    module = name.partition(".")[0]
    here = [one.known[0] for one in shared_scenarios(sides.sides) if one.name.partition(".")[0] == module]
    return f"reports/{module}.md#{anchors_by_name(here)[name]}"


def test_the_readme_has_no_other_figure() -> None:
    """Every figure that leads to a page is one of those above."""
    assert len(FINDINGS) + len(BESIDE_THE_FASTEST) == len(re.findall(r"\[[^\]]*×[^\]]*\]\(reports/", README))


def test_what_surprises_holds() -> None:
    """What the README says of its figures is so: these win, those do not, and one flips with the distance."""
    for name, winner in (("aggregation.counting", "count_star"), ("subqueries.counts", "correlated")):
        point = typical_point(_scenario(name))
        assert point is not None
        assert winner in point.winners
    for rtt_ms, winner in ((0.0, "two_queries"), (5.0, "joined")):
        assert [winner] == list(_typical("loading.one_to_one", rtt_ms).winners)
    assert ADDED_TIME in changes_with(_scenario("loading.one_to_one"))
    near = typical_point(_scenario("loading.many_to_one"))
    assert near is not None
    assert {"joined", "joined_inner"} <= set(near.winners)


def test_the_readme_quotes_a_table() -> None:
    """The table and the sentence in the README are those of `loading.many_to_one` in the published result."""
    scenario = _scenario("loading.many_to_one")
    point = typical_point(scenario)
    assert point is not None
    table = terminal_table(point, returns=scenario.returns).partition("\n\n")[0]
    assert table in README
    assert answer(scenario) in README


def test_the_readme_shows_pictures_that_are_there() -> None:
    """Each picture of the README is a file of this repository."""
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert 2 == len(pictures)
    assert [] == [path for path in pictures if not (ROOT / path).is_file()]
