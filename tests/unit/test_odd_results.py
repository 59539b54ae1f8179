"""Results that are odd and not impossible: a page is made of them all the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measurement import PointResult, ScenarioResult
from bench.reports.markdown import markdown_report
from bench.reports.pages.files import directory_files
from bench.reports.pages.making import one_page
from bench.reports.pools import latency_table
from bench.reports.sentences import answer
from bench.reports.sides import sides_of
from tests.reports.measured import load, strategy
from tests.unit.pages import SELECTIN, point, result, scenario, two


@pytest.mark.parametrize("headline", ["weather", "__class__", "", "agree"])
def test_a_counter_that_nobody_knows_leads_no_table(headline: str) -> None:
    """A scenario about a counter that this version has not is shown like one that is about none."""
    about = replace(scenario(point()), headline=headline)

    assert markdown_report(result(scenario(point()))) == markdown_report(result(about))


def test_winners_that_nobody_measured_win_nothing() -> None:
    """Of names that no strategy has, nothing is said, on one side or on several."""
    nobody = scenario(replace(point(), winners=("nobody",)))

    assert "No strategy could be ranked." == answer(nobody)
    assert "nobody" not in one_page(sides_of([result(nobody)]))
    assert "How to load?" in one_page(two(nobody, nobody))


def test_where_all_winners_are_in_doubt_the_first_is_named() -> None:
    """Too few rounds to rule anybody out leave the estimate, and no page without an answer."""
    doubtful = replace(SELECTIN, behind=1.5, behind_low=None, behind_high=None, behind_verdict="inconclusive")
    measured = replace(point(), strategies=(*(one for one in point().strategies if one.name != "selectin"), doubtful))

    assert answer(scenario(measured)).startswith("selectin wins: 0.10× the time of lazy (0.09–0.11)")


def test_loads_of_sizes_that_are_words_have_a_table() -> None:
    """Sizes that are numbers come first, those that are words after them, each in their order."""
    driven = [strategy("pooled", 3.0, load=load(1, 2, 3))]
    points = [PointResult({"tasks": size}, strategies=driven) for size in ("many", "few", 20_000, 5)]
    sizes = ScenarioResult("pools", size="tasks", typical={"tasks": "few"}, points=points)

    rows = latency_table(sizes).splitlines()[4:]

    assert ["5", "20,000", "few", "many"] == [row.split("|")[1].strip() for row in rows]


def test_long_names_are_files_of_their_own() -> None:
    """Scenarios whose names are alike for thousands of letters have charts and pages of their own, with short names."""
    long = [scenario(point(), name=f"{'m' * 3000}{number}.{'s' * 3000}") for number in (1, 2)]

    files = list(directory_files(sides_of([result(*long)])))

    assert ["README.md", f"{'m' * 60}.md", f"{'m' * 60}-2.md"] == [name for name in files if name.endswith(".md")]
    assert [f"charts/{'m' * 120}-time.svg", f"charts/{'m' * 120}-time-2.svg"] == [
        name for name in files if name.endswith(".svg")
    ]
