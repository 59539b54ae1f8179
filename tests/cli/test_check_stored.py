"""`bench check --against FILE`: a stored result in place of a revision."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.cli import codes
from tests.cli.checks import ONE_MORE, QUERIES, SCENARIOS, WORK, check, found, verdicts
from tests.cli.helpers import run
from tests.cli.shop import Shop


def stored(shop: Shop, *arguments: str) -> Path:
    """A result that was counted, or with arguments timed, before anything was changed."""
    path = shop.folder.parent / f"{shop.folder.name}-base.json"
    command = ["run", *arguments] if arguments else ["count"]
    ran = run(*command, "orders", "--output", str(path), cwd=shop.folder, env=shop.environment)
    assert codes.DONE == ran.code, ran.err
    return path


def test_a_stored_result_decides_by_its_counters_alone(shop: Shop) -> None:
    """Against a file a statement more is a regression, and work in Python is not looked for: nothing is timed."""
    path = stored(shop)
    shop.replace(QUERIES, *ONE_MORE)
    more = check(shop, "--against", str(path))
    shop.replace(QUERIES, *reversed(ONE_MORE))
    shop.replace(QUERIES, *WORK)
    work, told = found(shop, "--against", str(path))

    assert codes.REGRESSION == more.code, more.err
    assert "+ 1× SELECT 1" in more.out
    assert (codes.DONE, False, [None, None]) == (work, told["timed"], [one["timing"] for one in told["strategies"]])


def test_stored_times_count_where_they_are_trusted(shop: Shop) -> None:
    """With --trust-stored-timings much more work than before is slower than what the file has."""
    path = stored(shop, "--budget", "4s")
    shop.replace(QUERIES, *WORK)

    code, told = found(shop, "--against", str(path), "--trust-stored-timings", "--budget", "4s", "orders.page:selectin")

    reasons = {one["timing"]["reason"] for one in told["strategies"]}
    slower = (codes.REGRESSION, "slower") == (code, verdicts(told)["selectin"])
    # On a machine that is busy with something else there is no such verdict, and that is said.
    assert slower or {"the machine was busy with something else at one of the two"} == reasons - {None}


def test_a_strategy_that_a_stored_result_has_and_the_tree_has_not_is_missing(shop: Shop) -> None:
    """A renamed strategy is missing against a file too, with its likely new name."""
    path = stored(shop)
    shop.replace(SCENARIOS, "async def aggregate", "async def added_up")

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code, ran.err
    assert "orders.page:aggregate: is added_up its new name?" in ran.out


def test_a_stored_result_of_a_changed_checkout_is_no_base(shop: Shop) -> None:
    """What was measured on a dirty checkout nobody can name: one line says to measure it again."""
    shop.replace(QUERIES, *WORK)
    path = stored(shop)

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code
    assert "changes that were not committed" in ran.err


@pytest.mark.parametrize("content", ['{"schema": 1, "environment": {', '{"schema": 99}', "[]", "no JSON"])
def test_a_file_that_is_no_result_is_refused(shop: Shop, content: str) -> None:
    """A result cut short, of another schema, or something else is answered with one line that names the file."""
    shop.write("base.json", content)

    assert "base.json" in check(shop, "--against", "base.json").complaint


def test_what_is_new_beside_a_stored_result_has_to_work_within_its_budget(shop: Shop) -> None:
    """Against a file too a new strategy that fails ends with 4, and one over its budget is named."""
    path = stored(shop)
    broken = '\n\n@page.strategy()\nasync def broken(db):\n    raise ValueError("out of stock")\n'
    costly = '\n\npage.strategy(name="once_more", max_statements=1)(selectin)\n'
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + broken + costly)

    ran = check(shop, "--against", str(path))

    assert codes.FAILED == ran.code, ran.err
    assert "orders.page:broken:\n  it failed: ValueError: out of stock" in ran.out
    assert "orders.page:once_more:\n  over budget: 2 statements (at most 1)" in ran.out


def test_an_interrupted_result_is_no_base(shop: Shop) -> None:
    """A stored result that lacks what was not reached is refused, with how to go on with it."""
    path = stored(shop)
    path.write_text(path.read_text().replace('"interrupted":false', '"interrupted":true'))

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code
    assert "was interrupted" in ran.err


def test_a_parameter_that_the_scenario_has_no_such_values_of_is_not_handed_to_a_strategy(shop: Shop) -> None:
    """Text where the scenario takes whole numbers makes a point that the tree has not; its scenario is missing."""
    path = stored(shop)
    path.write_text(path.read_text().replace('"customers":20', '"customers":"1) OR (1=1"'))

    ran = check(shop, "--against", str(path))

    assert codes.MISSING == ran.code, ran.err
    assert "Missing in the head: orders.page" in ran.out
