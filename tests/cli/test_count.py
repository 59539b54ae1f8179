"""`bench count`: what it proves, what it counts, what it writes and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from bench.cli.main import cli
from tests.cli.helpers import HASTE, ROOT, SMALL, Ran, only_result, processes, run

Bench = Callable[..., Ran]


def test_a_count_on_postgresql_has_what_crossed_the_wire(tmp_path: Path, cache: Path) -> None:
    """Statements, executions, round trips, rows and bytes stand in a table without times; no process is left."""
    ran = run(
        *("count", "planted.slower", "--scenarios", str(ROOT / "tests" / "cases"), "--database", "embedded"),
        *("--report", "slower.md"),
        cwd=tmp_path,
    )

    assert 0 == ran.code, ran.err
    table = {line.split()[0]: line.split() for line in ran.out.splitlines() if line.startswith(("once", "more_work"))}
    # statements, executions, round trips, transaction commands, rows
    assert ["20", "20", "22", "2", "1200"] == table["once"][1:6]
    assert ["26", "26", "28", "2", "1560"] == table["more_work"][1:6]
    assert "ratio" not in ran.out
    result = only_result(tmp_path)
    (once, _) = result["scenarios"][0]["points"][0]["strategies"]
    assert (False, None, None) == (result["settings"]["timed"], once["median_ms"], once["cold_ms"])
    assert {"events": 20, "wire": 20, "server": 20, "unseen": {}} == once["witnesses"]
    assert (tmp_path / "slower.md").read_text().startswith("# What was counted: planted\n")
    assert [] == processes(tmp_path, cache)


def test_a_count_on_sqlite_has_what_can_be_seen(bench: Bench, tmp_path: Path) -> None:
    """Without a wire there are statements, rows and Python calls, and what was not counted is null."""
    ran = bench("count", "small.reading", *HASTE, "--set", "count=20")

    assert 0 == ran.code, ran.err
    (apart, at_once) = only_result(tmp_path)["scenarios"][0]["points"][0]["strategies"]
    assert (20, 1) == (apart["counters"]["statements"], at_once["counters"]["statements"])
    assert (None, None) == (apart["counters"]["round_trips"], apart["counters"]["buffers"])
    assert apart["counters"]["python_calls"] > at_once["counters"]["python_calls"]


def test_every_point_of_a_grid_is_counted(bench: Bench, tmp_path: Path) -> None:
    """With --grid each parameter is varied alone, and each point has its table."""
    ran = bench("count", "small.reading", *HASTE, "--grid")

    assert 0 == ran.code, ran.err
    points = only_result(tmp_path)["scenarios"][0]["points"]
    assert [5, 1, 20, 5] == [point["params"]["count"] for point in points]
    assert 4 == ran.out.count("strategy")


def test_a_strategy_that_fails_is_said(bench: Bench) -> None:
    """One that raises is shown with its reason, and the exit code tells."""
    ran = bench("count", "small.failing", "--scenarios", str(SMALL), "--database", "sqlite")

    assert 4 == ran.code
    assert "unsound failed: LookupError: nothing to be found" in ran.out


@pytest.mark.parametrize("jobs", [1, 3])
def test_points_are_shown_in_their_order(bench: Bench, tmp_path: Path, jobs: int) -> None:
    """However many are counted at once, tables and result have them as they were asked for."""
    ran = bench("count", "small.reading", "--set", "count=3,1,2", "--jobs", str(jobs), *HASTE)

    assert 0 == ran.code, ran.err
    assert ["count=3, twice=False", "count=1, twice=False", "count=2, twice=False"] == [
        line for line in ran.out.splitlines() if line.startswith("count=")
    ]
    assert [3, 1, 2] == [point["params"]["count"] for point in only_result(tmp_path)["scenarios"][0]["points"]]
    assert 1 == ran.out.count("small.reading: ")


def test_a_count_of_everything_needs_no_word() -> None:
    """`bench count` alone is understood, as `bench run` is: it takes every scenario."""
    for name in ("count", "run"):
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        assert () == command.make_context(name, []).params["selectors"]
