"""Budgets of counters: what `bench count` and `bench run` say of one that is passed, and how they end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import ROOT, Ran, only_result

Bench = Callable[..., Ran]
FRUGAL = ("--scenarios", str(ROOT / "tests" / "cases"), "--database", "sqlite")
HERE = ("frugal.frugal", *FRUGAL)


def configure(folder: Path, budgets: str) -> None:
    """A pyproject.toml with these budgets."""
    (folder / "pyproject.toml").write_text(f"[tool.bench.budgets]\n{budgets}\n")


def test_a_count_over_its_budget_ends_with_1(bench: Bench, tmp_path: Path) -> None:
    """Strategy, count and limit stand below the table and on a line at the end; what has a budget of its own, and the
    demonstration, are left alone; what SQLite cannot count is not checked.
    """
    ran = bench("count", *HERE)

    assert 1 == ran.code, ran.out + ran.err
    lines = ran.out.splitlines()
    assert "apart_again: over budget: 2 statements (at most 1)" in lines
    assert ["", "Over budget: frugal.frugal:apart_again at count=2: 2 statements (at most 1)"] == lines[-2:]
    assert "apart, apart_again: budget not checked: round trips (at most 4) could not be counted here" in lines
    strategies = only_result(tmp_path)["scenarios"][0]["points"][0]["strategies"]
    assert [{"statements": 5, "round_trips": 4}, {"statements": 1, "round_trips": 4}, {}] == [
        one["limits"] for one in strategies
    ]


def test_a_count_within_its_budget_is_done(bench: Bench) -> None:
    """At a point where nothing is over it, nothing is said of it."""
    ran = bench("count", *HERE, "--set", "count=1")

    assert 0 == ran.code, ran.out + ran.err
    assert "over budget" not in ran.out.lower()


def test_a_run_over_its_budget_ends_with_1(bench: Bench, tmp_path: Path) -> None:
    """So does `bench run`, whose report says it too."""
    ran = bench("run", *HERE, "--budget", "2s", "--report", "page.md")

    assert 1 == ran.code, ran.out + ran.err
    assert "Over budget: frugal.frugal:apart_again at count=2: 2 statements (at most 1)" == ran.out.splitlines()[-1]
    assert "- `apart_again`: over budget: 2 statements (at most 1)" in (tmp_path / "page.md").read_text()


def test_a_project_goes_before_a_scenario(bench: Bench, tmp_path: Path) -> None:
    """Budgets in pyproject.toml, of the strategy before those of the module, replace what was declared."""
    configure(tmp_path, 'frugal = { max_statements = 1 }\n"frugal.frugal:apart_again" = { max_statements = 2 }')

    ran = bench("count", *HERE)

    assert 1 == ran.code, ran.out + ran.err
    assert "Over budget: frugal.frugal:apart at count=2: 2 statements (at most 1)" == ran.out.splitlines()[-1]
    assert "apart_again: over budget" not in ran.out


def test_a_budget_is_listed(bench: Bench) -> None:
    """`bench list` has each strategy's budgets."""
    ran = bench("list", "frugal", *FRUGAL[:2])

    assert "  apart_again  One SELECT a number, which it may not.  (at most 1 statement, at most 4 round trips)" in (
        ran.out.splitlines()
    )


@pytest.mark.parametrize(
    ("budgets", "complaint"),
    [
        ("frugl = { max_rows = 1 }", "no scenario 'frugl'; close to it: frugal"),
        ('"frugal.frugl" = { max_rows = 1 }', "no scenario 'frugal.frugl'; close to it: frugal.frugal, frugal"),
        (
            '"frugal.frugal:aprt" = { max_rows = 1 }',
            "no strategy 'frugal.frugal:aprt'; close to it: frugal.frugal:apart, frugal.frugal:apart_again",
        ),
    ],
)
def test_a_budget_of_nothing_is_refused(bench: Bench, tmp_path: Path, budgets: str, complaint: str) -> None:
    """A selector that matches no scenario, or no strategy, is wrong usage: it would never be checked."""
    configure(tmp_path, budgets)

    said = bench("count", *HERE).complaint

    assert said.startswith(f"[tool.bench.budgets] in pyproject.toml: {complaint}")


def test_a_budget_of_another_module_is_left_alone(bench: Bench, tmp_path: Path) -> None:
    """What a run does not import is known by its module's name, and its budgets are checked when it is measured."""
    configure(tmp_path, '"small.reading:at_once" = { max_rows = 1 }\n"loading" = { max_rows = 1 }')

    assert 0 == bench("count", *HERE, "--set", "count=1").code


def test_a_failure_goes_before_a_budget(bench: Bench, tmp_path: Path) -> None:
    """Where a strategy fails and another is over its budget, the run ends with 4 and says both."""
    configure(tmp_path, "small.failing = { max_rows = 0 }")

    ran = bench("count", "small.failing", *FRUGAL)

    assert 4 == ran.code, ran.out + ran.err
    assert "Over budget: small.failing:sound: 1 row (at most 0)" == ran.out.splitlines()[-1]
