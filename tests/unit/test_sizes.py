"""A page says at which sizes its scenarios were measured, and how far the database was."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measurement import PointResult, ScenarioResult, Settings
from bench.reports.html.page import html_report
from bench.reports.pages.making import directory, one_page
from bench.reports.sides import sides_of
from bench.reports.summary import sizes
from tests.unit.pages import NEW, point, result, scenario, two

FAR = (point(), point(rtt_ms=0.5), point(rtt_ms=1.0))
TYPICAL = "Each scenario was measured at its typical size alone, with 0, 0.5 and 1 ms of added round-trip time."

SOME_NEAR = (
    "1 of 2 scenarios were measured at further sizes than their typical one, with 0 and 1 ms of added round-trip time;"
    " the typical ones with 0, 0.5 and 1 ms of added round-trip time (1 scenario not at each of these)."
)
ONE_FAR = (
    "The scenario was measured at further sizes than its typical one, with 1 ms of added round-trip time; the typical"
    " one with none."
)


def few(*points: PointResult) -> ScenarioResult:
    """A second scenario."""
    return scenario(*points, name="columns.few", question="B?")


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        ([scenario(*FAR), few(*FAR)], TYPICAL),
        (
            [scenario(*FAR), few(point())],
            f"{TYPICAL.removesuffix('.')} (1 scenario not at each of these).",
        ),
        ([scenario(point())], "The scenario was measured at its typical size alone."),
        ([scenario(point(), point(authors=10))], "The scenario was measured at further sizes than its typical one."),
        ([scenario(point(authors=10))], "The scenario was measured at other sizes than its typical one."),
        (
            [scenario(point(), point(authors=10)), few(point())],
            "1 of 2 scenarios were measured at further sizes than their typical one.",
        ),
        (
            [scenario(*FAR, point(authors=10), point(authors=10, rtt_ms=1.0)), few(*FAR[:2])],
            SOME_NEAR,
        ),
        (
            [scenario(point(), point(authors=10, rtt_ms=1.0))],
            ONE_FAR,
        ),
        ([scenario(PointResult({"authors": 100}, finished=False))], ""),
        ([ScenarioResult("models.users", points=(PointResult({}, strategies=point().strategies),))], ""),
        ([], ""),
    ],
    ids=[
        *("typical", "not everywhere", "one", "further", "other", "some", "some distances", "another distance"),
        *("unreached", "without parameters", "nothing"),
    ],
)
def test_which_sizes_were_measured(scenarios: list[ScenarioResult], said: str) -> None:
    """All at their typical size alone, or how many at others, with the distances where any time was added."""
    assert said == sizes([result(*scenarios)])


def test_a_side_that_alone_has_further_sizes_is_named() -> None:
    """Where the other sides were measured at typical sizes alone, nothing is said of theirs; else none is named."""
    grid, typical = scenario(point(), point(authors=10)), scenario(point())
    further = "The scenario was measured at further sizes than its typical one"

    assert f"{further}, on the side of {NEW} alone.\n" in one_page(two(grid, typical))
    assert f"{further}.\n" in one_page(two(grid, grid))


def test_every_page_has_it_at_its_top() -> None:
    """Of one result or of several, in Markdown and in HTML; what was counted was not measured."""
    both = [scenario(*FAR), few(*FAR)]
    index = directory(two(both, both))["README.md"]
    alone = sides_of([result(*both)])
    pages = [index, directory(alone)["README.md"], one_page(alone), html_report(alone)]
    assert [True] * 4 == [TYPICAL in text.partition("How to load?")[0] for text in pages]
    counted = replace(result(scenario(point())), settings=Settings(timed=False))
    assert "The scenario was counted at its typical size alone." == sizes([counted])
