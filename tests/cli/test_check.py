"""`bench check`: what it says of a change, and what it ends with, on repositories as users have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import codes
from tests.cli.checks import BUDGET, ONE_MORE, QUERIES, SCENARIOS, WORK, check, found, verdicts
from tests.cli.helpers import Process, run
from tests.cli.shop import Shop


def test_a_statement_more_fails_by_its_counter_and_is_named(shop: Shop) -> None:
    """A change that adds one statement ends with 1 before anything is timed, and the statement is in the diff."""
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop)

    assert codes.REGRESSION == ran.code, ran.err
    assert "statements 2 → 3" in ran.out
    assert "+ 1× SELECT 1" in ran.out
    assert "screening" not in ran.err


@pytest.mark.alone
def test_work_in_python_alone_fails_by_time(shop: Shop) -> None:
    """A change that only computes more leaves the counters as they are, and is slower in launches that confirm it."""
    shop.replace(QUERIES, *WORK)

    code, told = found(shop, "--threshold", "40%", "orders.page:selectin")

    (selectin,) = told["strategies"]
    assert codes.REGRESSION == code
    assert ([], "slower", True) == (
        selectin["counters"],
        selectin["timing"]["verdict"],
        selectin["timing"]["confirmed"],
    )


@pytest.mark.alone
def test_less_work_is_faster_and_no_error(shop: Shop) -> None:
    """A change that computes less than its base is called faster, and the code is 0."""
    shop.replace(QUERIES, *WORK)
    slow = shop.commit("Work")
    shop.replace(QUERIES, *reversed(WORK))

    code, told = found(shop, "--budget", "24s", "--against", slow, "--threshold", "40%", "orders.page:selectin")

    assert (codes.DONE, {"selectin": "faster"}) == (code, verdicts(told))


@pytest.mark.alone
def test_nothing_changed_is_no_regression(shop: Shop) -> None:
    """On a wide threshold the same code is the same, and the code is 0."""
    code, told = found(shop, "--budget", "45s", "--against", "HEAD", "--threshold", "40%", "orders.page:selectin")

    assert (codes.DONE, {"selectin": "same"}) == (code, verdicts(told))


def test_what_cannot_be_told_is_an_error_under_strict_alone(shop: Shop) -> None:
    """A threshold far below the noise is inconclusive, and the code is 3 with --strict."""
    asked = ("--budget", "9s", "--against", "HEAD", "--threshold", "0.1%", "orders.page:selectin")

    code, told = found(shop, *asked, "--strict")

    assert (codes.INCONCLUSIVE, {"selectin": "inconclusive"}) == (code, verdicts(told))


def test_pools_that_are_too_many_at_once_are_not_timed(shop: Shop) -> None:
    """A pool of 150 connections is counted, and not opened three times on a server that takes 400: that is said."""
    large = '@page.strategy(engine_options={"pool_size": 150, "max_overflow": 0})\nasync def aggregate'
    shop.replace(SCENARIOS, "@page.strategy()\nasync def aggregate", large)

    code, told = found(shop, "--against", "HEAD", "orders.page:aggregate")

    (aggregate,) = told["strategies"]
    assert (codes.DONE, [], "inconclusive") == (code, aggregate["counters"], aggregate["timing"]["verdict"])
    assert aggregate["timing"]["reason"].startswith("each pool of its 3 processes may open 150 connections")


def test_a_renamed_strategy_is_not_passed(shop: Shop) -> None:
    """A strategy under a new name is missing, its likely new name is said, and the code is 5 unless that is borne."""
    shop.replace(SCENARIOS, "async def aggregate", "async def added_up")

    ran = check(shop, "--no-timings")
    borne, _ = found(shop, "--no-timings", "--allow-missing")

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: is orders.page:added_up its new name?" in ran.out
    assert codes.DONE == borne


def test_a_scenario_that_vanished_is_missing(shop: Shop) -> None:
    """A module that is gone takes its scenarios with it, and the code is 5."""
    shop.write("scenarios/others.py", (shop.folder / SCENARIOS).read_text().replace("page", "list_page"))
    both = shop.commit("Another module")
    (shop.folder / "scenarios/others.py").unlink()

    ran = check(shop, "--no-timings", "--against", both)

    assert codes.MISSING == ran.code, ran.err
    assert "others.list_page" in ran.out


def test_what_appeared_is_listed_and_no_error(shop: Shop) -> None:
    """A strategy that the base lacks is named as new, and the code is 0."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + '\n\npage.strategy(name="once_more")(selectin)\n')

    ran = check(shop, "--no-timings")

    assert codes.DONE == ran.code, ran.err
    assert "In the head alone, new:\n  orders.page:once_more" in ran.out


def test_a_strategy_that_fails_now_is_said_with_its_error(shop: Shop) -> None:
    """One that raises in the head ends with 4, before what else it found."""
    shop.replace(QUERIES, "    found = await", '    raise ValueError("out of stock")\n    found = await')

    ran = check(shop, "--no-timings")

    assert codes.FAILED == ran.code, ran.err
    assert "ValueError: out of stock" in ran.out


def test_one_that_failed_in_the_base_has_nothing_to_be_compared_with(shop: Shop) -> None:
    """A strategy that works now and did not in the base is listed as without a base, and the code is 5."""
    shop.replace(
        SCENARIOS, "    query = select(Order", '    raise ValueError("out of stock")\n    query = select(Order'
    )
    broken = shop.commit("Broken")
    shop.git("revert", "--no-edit", broken)

    ran = check(shop, "--no-timings", "--against", broken)

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: the base failed: ValueError: out of stock" in ran.out


def test_interrupted_it_says_what_it_knows_and_leaves_nothing(shop: Shop) -> None:
    """Ctrl-C while it launches ends with 130 and the counters, and the worktree is gone."""
    process = Process("check", "--budget", "10m", "--against", "HEAD", cwd=shop.folder, env=shop.environment)
    process.wait_for("screening")
    process.process.send_signal(2)

    ran = process.end()

    assert codes.INTERRUPTED == ran.code
    assert "Interrupted" in ran.out
    assert "aggregate" in ran.out
    assert 1 == len(shop.git("worktree", "list").splitlines())


def test_the_summary_of_a_job_has_it_in_markdown(shop: Shop, tmp_path: Path) -> None:
    """Where GITHUB_STEP_SUMMARY names a file, the result is added to it, the conclusion first, the diff fenced."""
    shop.replace(QUERIES, *ONE_MORE)
    summary = tmp_path / "summary.md"
    summary.write_text("before\n", encoding="utf-8")

    run("check", cwd=shop.folder, env={**shop.environment, "GITHUB_STEP_SUMMARY": str(summary)})

    text = summary.read_text(encoding="utf-8")
    assert text.startswith("before\n## Costs more: orders.page:selectin (")
    assert "```diff\n+ 1× SELECT 1\n```" in text


def test_a_repository_without_scenarios_is_told_where_they_are_looked_for(shop: Shop) -> None:
    """Where none of the scenarios is the repository's own, nothing would be compared, and that is said."""
    shop.write("pyproject.toml", "")
    shop.commit("No configuration")

    assert "this checkout has no scenarios" in check(shop, "--against", "HEAD").complaint


def test_a_budget_fails_without_a_base(shop: Shop) -> None:
    """A new strategy that takes more than its project allows is a regression, though there is nothing to compare."""
    text = (shop.folder / SCENARIOS).read_text()
    (shop.folder / SCENARIOS).unlink()
    without = shop.commit("No scenarios yet")
    shop.write(SCENARIOS, text)
    shop.write("pyproject.toml", (shop.folder / "pyproject.toml").read_text() + BUDGET)

    ran = check(shop, "--against", without)

    assert codes.REGRESSION == ran.code, ran.err
    assert "orders.page:selectin:\n  over budget: 2 statements (at most 1)" in ran.out


def test_a_budget_that_is_kept_is_no_error(shop: Shop) -> None:
    """What takes no more than its budget passes, and another strategy's budget is not its own."""
    shop.write("pyproject.toml", (shop.folder / "pyproject.toml").read_text() + BUDGET.replace("1", "2"))

    code, told = found(shop, "--against", "HEAD", "--no-timings")

    assert (codes.DONE, [[], []]) == (code, [one["limits"] for one in told["strategies"]])


def test_a_strategy_that_is_new_and_fails_is_a_failure(shop: Shop) -> None:
    """What has no base has to work all the same: the code is 4, with what it raised."""
    broken = '\n\n@page.strategy()\nasync def broken(db):\n    raise ValueError("out of stock")\n'
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + broken)

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.FAILED == ran.code, ran.err
    assert "orders.page:broken:\n  it failed: ValueError: out of stock" in ran.out


DEMONSTRATION = """

@page.strategy(raises=ValueError)
async def refused(db):
    raise ValueError("out of stock")
"""


def test_a_demonstration_alone_is_nothing_to_compare(shop: Shop) -> None:
    """What is shown and never ranked cannot be selected alone: one line says why."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + DEMONSTRATION)
    shop.commit("A demonstration")

    complaint = check(shop, "orders.page:refused", "--against", "HEAD").complaint

    assert "orders.page:refused: shown in a run and never ranked, so there is nothing to compare" == complaint
