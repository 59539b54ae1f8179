"""`bench check` where a change touches the data that are read: what is still a base, and what is none."""

from __future__ import annotations

import pytest

from bench.cli import codes
from tests.cli.checks import ONE_MORE, QUERIES, SCENARIOS, check, found, verdicts
from tests.cli.shop import Shop

NOTE = ("    total: Mapped[int]\n", "    total: Mapped[int]\n    note: Mapped[str]\n")


NOTED = ("number % 97)", 'number % 97, "a note")')


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
@pytest.mark.parametrize(
    ("file", "change"), [("src/shop/models.py", (", index=True", "")), (SCENARIOS, NOTED)], ids=["index", "column"]
)
def test_the_same_rows_around_which_something_changed_are_a_base(
    shop: Shop, database: str, file: str, change: tuple[str, str]
) -> None:
    """An index less, or a column more, is said and no error: what is read of the rows is compared."""
    shop.replace(file, *change)
    if change is NOTED:
        shop.replace("src/shop/models.py", *NOTE)

    code, told = found(shop, "--no-timings", "--against", "HEAD", "--database", database)

    assert (codes.DONE, [], [[], []]) == (code, told["missing"], [one["counters"] for one in told["strategies"]])
    note = "its dataset shop has other columns, tables, indexes or constraints now, and the same rows"
    assert all(one["notes"][0].startswith(note) for one in told["strategies"])


def test_a_statement_more_is_found_beside_a_column_more(shop: Shop) -> None:
    """A migration hides nothing: the counter fails as it would without."""
    shop.replace("src/shop/models.py", *NOTE)
    shop.replace(SCENARIOS, *NOTED)
    shop.replace(QUERIES, *ONE_MORE)

    ran = check(shop, "--no-timings", "--against", "HEAD")

    assert codes.REGRESSION == ran.code, ran.out
    assert "statements 2 → 3" in ran.out


@pytest.mark.alone
def test_an_index_less_is_found_by_time(shop: Shop) -> None:
    """Each revision reads its own data, so that what an index was worth shows in the times."""
    shop.replace(SCENARIOS, "range(1, 1001)", "range(1, 100001)")
    shop.replace(SCENARIOS, 'typical={"customers": 20}', 'typical={"customers": 1}')
    with_index = shop.commit("Many orders")
    shop.replace("src/shop/models.py", ", index=True", "")

    code, told = found(shop, "--threshold", "40%", "--against", with_index, "orders.page:aggregate")

    assert (codes.REGRESSION, {"aggregate": "slower"}) == (code, verdicts(told))


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_other_rows_are_no_base(shop: Shop, database: str) -> None:
    """Where the rows are others, the code is 5, no table says that nothing changed, and it can be borne."""
    shop.replace(SCENARIOS, "number % 97)", "number % 89)")
    asked = ("--no-timings", "--against", "HEAD", "--database", database)

    ran, borne = check(shop, *asked), check(shop, *asked, "--allow-missing")

    assert (codes.MISSING, codes.DONE) == (ran.code, borne.code), ran.err
    assert "its dataset shop has other rows now" in ran.out
    assert "No base to compare with: orders.page (where that is meant, bear it with --allow-missing)" in ran.out
    assert "No base to compare with: orders.page (borne by --allow-missing)" in borne.out
    assert ("the same" in ran.out, "No counter grew" in ran.out) == (False, False)


@pytest.mark.parametrize("database", ["embedded", "sqlite"])
def test_a_strategy_more_in_the_module_of_the_rows_makes_no_other_data(shop: Shop, database: str) -> None:
    """The rows are what they were where the module that makes them was edited, so that there is a base for all."""
    shop.write(SCENARIOS, (shop.folder / SCENARIOS).read_text() + '\n\npage.strategy(name="once_more")(selectin)\n')

    code, told = found(shop, "--no-timings", "--against", "HEAD", "--database", database)

    assert (codes.DONE, [], ["orders.page:once_more"]) == (code, told["missing"], told["appeared"])


def test_rows_that_a_function_of_another_module_makes_are_made_anew(shop: Shop) -> None:
    """Where a row factory elsewhere was changed the data are others, and no template of before is taken for them."""
    shop.write("src/shop/factories.py", "def orders():\n    return 1000\n")
    shop.replace(SCENARIOS, "from shop.queries", "from shop.factories import orders\nfrom shop.queries")
    shop.replace(SCENARIOS, "range(1, 1001)", "range(1, orders() + 1)")
    written = shop.commit("Rows by a factory")
    shop.replace("src/shop/factories.py", "1000", "3000")

    ran = check(shop, "--no-timings", "--against", written)

    assert codes.MISSING == ran.code, ran.err
    assert "its dataset shop has other rows now" in ran.out
