"""The published pages say what their result files say, and the README's excerpt what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.reports.markdown import markdown_report
from bench.reports.sentences import answer
from bench.reports.tables import terminal_table
from bench.results.file import read_result

ROOT = Path(__file__).resolve().parents[2]
RESULTS = sorted((ROOT / "reports" / "results").glob("*.json"))


def test_there_are_published_results() -> None:
    """At least the loading strategies are published."""
    assert "loading.json" in [path.name for path in RESULTS]


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_page_is_what_its_result_gives(path: Path) -> None:
    """Made anew from its result file, the page is the same to the letter."""
    page = ROOT / "reports" / f"{path.stem}.md"
    assert markdown_report(read_result(path)) == page.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.stem)
def test_a_published_result_is_whole(path: Path) -> None:
    """Nothing in it was interrupted, failed or differs."""
    result = read_result(path)
    verdicts = [one.verdict for scenario in result.scenarios for point in scenario.points for one in point.strategies]
    assert not result.interrupted
    assert not {"failed", "differs"} & set(verdicts)


def test_the_readme_quotes_the_result() -> None:
    """The table and the sentence in the README are those of `loading.one_to_many` in the published result."""
    result = read_result(ROOT / "reports" / "results" / "loading.json")
    scenario = next(one for one in result.scenarios if one.name == "loading.one_to_many")
    table = terminal_table(scenario.points[0], returns=scenario.returns).partition("\n\n")[0]
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert table in readme
    assert answer(scenario) in readme
