"""What `make reports` measures, and what it refuses before anything is lost."""

from __future__ import annotations

from math import comb
from pathlib import Path

import pytest

from bench.discovery import find_modules, load_module
from bench.errors import UsageError
from bench.results.file import read_result, write_result
from bench.results.journal import read_resumable
from bench.statistics import fewest_for_separation, fewest_for_significance
from bench.verdicts.comparisons import ALPHA_CUT_SHORT
from reports import make


@pytest.mark.parametrize("version", ["sqlalchemy-2.1", "sqlalchemy-2.0"])
def test_every_scenario_is_measured_once_at_each_distance(version: str) -> None:
    """The parts of a version name each module, that of pools by its scenarios, all at four distances."""
    of_version = [part for part in make.parts() if part.name.startswith(version)]
    named = [word for part in of_version for word in part.words]

    with_scenarios = {name for name, module in find_modules().items() if load_module(module)}
    assert {word.partition(".")[0] for word in named if word[0].isalpha()} == with_scenarios
    assert make.POOLS not in named
    assert 1 == named.count(make.FAULTS)
    assert 11 == len({word for word in named if word.startswith(f"{make.POOLS}.")})
    assert {"0,0.5,1,5"} <= set(named)


def test_no_more_than_an_hour_and_a_half_of_rounds_is_asked_for() -> None:
    """The minutes that the parts have for their rounds are 90 at most."""
    assert sum(part.minutes for part in make.parts()) <= 90


def test_as_many_rounds_as_tell_strategies_apart() -> None:
    """Where the budget cut the rounds short, each pair of six strategies takes twelve whose ratios are all on one side,
    and of eleven strategies eight rounds whose samples are all apart.
    """
    assert 12 == fewest_for_significance(comb(6, 2), ALPHA_CUT_SHORT)
    assert ("--rounds", "12") == make.ROUNDS
    assert 8 == fewest_for_separation(comb(11, 2), ALPHA_CUT_SHORT)
    assert ("--rounds", "8") == make.ROUNDS_OF_GRIDS


def test_a_grid_goes_on_from_the_points_that_other_parts_have_measured(tmp_path: Path) -> None:
    """Each scenario of a grid has its typical point at both distances, and all others are left to be measured."""
    *others, grid = make.parts()
    of_version = [part for part in others if part.requirement == grid.requirement]
    known = [read_result(make.RESULTS / f"{part.name}.json") for part in of_version]

    write_result(tmp_path / "grid.json", make._grid_begun(known, grid))
    header, finished = read_resumable(tmp_path / "grid.json")

    assert set(make.GRIDS) == {name.partition(".")[0] for name in header.planned}
    assert ("each", (0.0, 1.0), 8, 60.0 * grid.minutes) == (
        header.settings.grid,
        tuple(header.settings.rtts_ms),
        header.settings.rounds,
        header.settings.budget_s,
    )
    for scenario in header.scenarios:
        assert [(scenario.typical, 0.0), (scenario.typical, 1.0)] == [
            (point.params, point.rtt_ms) for point in finished[scenario.name]
        ]
        assert len(header.planned[scenario.name]) > 2


@pytest.mark.parametrize("revision", [None, "0123456789ab+"])
def test_what_is_not_committed_is_not_measured(monkeypatch: pytest.MonkeyPatch, revision: str | None) -> None:
    """Outside a checkout, or with changes beside, nothing begins: what is published names a commit."""
    monkeypatch.setattr(make, "git_revision", lambda: revision)

    with pytest.raises(UsageError, match=r"names the commit that was measured: commit the changes first"):
        make._measure(make.parts())


def test_without_results_the_pages_stay(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Pages of before are there still where nothing was measured that could take their place."""
    reports = make.ROOT / "reports"
    before = sorted(path.name for path in reports.glob("*.md"))
    monkeypatch.setattr(make, "RESULTS", reports / "nowhere")

    with pytest.raises(UsageError, match=r"reports/nowhere has no result: measure first, with `make reports`"):
        make._write_pages()
    assert before == sorted(path.name for path in reports.glob("*.md"))
    assert before
