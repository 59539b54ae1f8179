"""The slider for round-trip time: measured points are exact, and between and beyond them round trips tell."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.made import READING, at_once, loaded, overtaken, result, tied

STOPS = [0, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 100]


def move(page: Page, rtt_ms: float) -> None:
    """Put the slider at a distance."""
    page.get_by_label("Round-trip time").fill(str(STOPS.index(rtt_ms)))


def times(page: Page) -> dict[str, tuple[str, str, bool]]:
    """Each strategy's time and ratio as they stand in the table, and whether it is marked as a winner."""
    rows: list[Any] = page.locator("table.strategies tbody tr:not(.part):not(.details)").evaluate_all(
        """rows => rows.map(row => [
            row.querySelector("code").textContent,
            ...["median ms", "ratio"].map(title => row.querySelector(`td[data-title="${title}"]`).innerText.trim()),
            row.classList.contains("won"),
        ])"""
    )
    return {name: (ms, ratio, won) for name, ms, ratio, won in rows if not name.startswith("<")}


MEASURED = {
    0: {"lazy": ("20.0", "1.00×", False), "chatty": ("2.00", "0.100×", True), "bulky": ("8.00", "0.40×", False)},
    1: {"lazy": ("41.0", "1.00×", False), "chatty": ("13.0", "0.317×", False), "bulky": ("10.0", "0.244×", True)},
}
ESTIMATED = {
    # 2.00 and 11 round trips of 0.5 ms; 8.00 and 2; 20.0 and 21.
    0.5: {
        "lazy": ("≈ 30.5", "≈ 1.00×", False),
        "chatty": ("≈ 7.50", "≈ 0.25×", True),
        "bulky": ("≈ 9.00", "≈ 0.30×", False),
    },
    0.75: {
        "lazy": ("≈ 35.8", "≈ 1.00×", False),
        "chatty": ("≈ 10.3", "≈ 0.29×", False),
        "bulky": ("≈ 9.50", "≈ 0.27×", True),
    },
    # From the measured 1 ms: 10.0 and 2 round trips of 2 ms more.
    3: {
        "lazy": ("≈ 83.0", "≈ 1.00×", False),
        "chatty": ("≈ 35.0", "≈ 0.42×", False),
        "bulky": ("≈ 14.0", "≈ 0.17×", True),
    },
    # Beyond what was measured, from 5 ms.
    10: {
        "lazy": ("≈ 230", "≈ 1.00×", False),
        "chatty": ("≈ 112", "≈ 0.49×", False),
        "bulky": ("≈ 28.0", "≈ 0.12×", True),
    },
}


@pytest.mark.parametrize(("rtt_ms", "expected"), [*MEASURED.items(), *ESTIMATED.items()])
def test_the_slider_moves_times_and_winners(opened: Open, rtt_ms: float, expected: object) -> None:
    """A measured distance has what was measured; another the nearest nearer one and its round trips, said as such."""
    page = opened(result(READING), address="#shop.reading")

    move(page, rtt_ms)

    assert expected == times(page)
    how = "measured" if rtt_ms in MEASURED else "estimated"
    expect(page.locator(".distance output span")).to_have_text(how)
    expect(page.locator(".here")).to_contain_text(f": {how}")


def test_what_was_measured_elsewhere_alone_is_not_called_measured(opened: Open) -> None:
    """A distance at which another size was measured is an estimate for this one, and has no mark below the slider."""
    page = opened(result(READING), address="#shop.reading")
    how, marks = page.locator(".distance output span"), page.locator(".ticks i:not([hidden])")
    move(page, 5)
    expect(how).to_have_text("measured")
    expect(marks).to_have_count(3)

    page.get_by_label("At", exact=True).select_option("items=1000")

    expect(how).to_have_text("estimated")
    expect(page.get_by_label("Round-trip time")).to_have_attribute("aria-valuetext", "5 ms added, estimated")
    expect(marks).to_have_count(1)


def test_of_many_scenarios_it_is_told_how_all_are_known(opened: Open) -> None:
    """Over the findings stands that a part is estimated; at a scenario, how that one is known; and back again."""
    page = opened(result(READING, tied(), loaded()))
    how = page.locator(".distance output span")
    move(page, 5)
    expect(how).to_have_text("partly estimated")

    page.get_by_role("link", name="How should items be read?").first.click()
    expect(how).to_have_text("measured")
    page.get_by_label("Scenario").select_option("How should many be served?")
    expect(how).to_have_text("not measured")

    page.go_back()
    expect(how).to_have_text("measured")
    page.go_back()
    expect(how).to_have_text("partly estimated")


def test_parts_of_a_time_say_at_which_distance(opened: Open) -> None:
    """What is shown of one strategy was taken apart at the nearest distance, wherever the slider stands."""
    page = opened(result(READING), address="#shop.reading")
    move(page, 5)

    page.get_by_role("button", name="bulky").click()

    expect(page.locator("tr.details")).to_contain_text("Where the time goes, nothing added")


def test_where_the_fastest_changes_is_told(opened: Open) -> None:
    """Beside the figures at one distance stands who is fastest along all of them."""
    page = opened(result(READING), address="#shop.reading")

    expect(page.locator(".by-distance")).to_have_text(
        "By distance, measured or estimated: up to 0.5 ms chatty; from 0.75 ms on bulky."
    )


def test_who_was_not_ruled_out_nearer_by_is_no_change(opened: Open) -> None:
    """Where some strategy is among the winners at every distance, the fastest is not said to change."""
    page = opened(result(overtaken()), address="#shop.overtaking")
    expect(page.locator(".here strong")).to_contain_text("Ahead: chatty (1 more not ruled out)")

    expect(page.locator(".by-distance")).to_have_text("By distance, measured or estimated: everywhere bulky.")


def test_the_list_of_findings_moves_too(opened: Open) -> None:
    """The slider changes who is fastest in the list of all scenarios, and by how much."""
    page = opened(result(READING, tied()))
    row = page.locator("tr[data-scenario='shop.reading']")
    expect(row.locator("td")).to_have_text(["chatty", "0.100×0.098–0.102"])

    move(page, 3)

    expect(row.locator("td")).to_have_text(["bulky", "≈ 0.17×"])


def test_ties_stay_ties_where_the_distance_does_not_part_them(opened: Open) -> None:
    """Who was not told apart stays so, until round trips part them by more than the margin of a tie."""
    page = opened(result(READING, tied()), address="#shop.writing")
    expect(page.locator(".here strong")).to_have_text(
        "Not told apart: chatty, bulky – 10.0 ms, 0.50× the baseline's time"
    )

    move(page, 0.1)
    expect(page.locator(".here strong")).to_have_text("Fastest: bulky – ≈ 10.4 ms")

    move(page, 0.2)
    expect(page.locator(".here strong")).to_have_text("Fastest: bulky – ≈ 10.6 ms")


def test_a_time_that_does_not_follow_from_round_trips_is_not_estimated(opened: Open) -> None:
    """One that waits for several round trips at once has no time at other distances, and is named."""
    page = opened(result(READING, tied()), address="#shop.writing")

    move(page, 3)

    assert ("–", "–", False) == times(page)["lazy"]
    expect(page.locator(".here")).to_contain_text("Not estimated, for its round trips do not simply add up: lazy.")


def test_nobody_is_fastest_where_one_that_may_be_cannot_be_estimated(opened: Open) -> None:
    """Who waits for round trips at once and was the fastest nearer by leaves it open who is, until it was measured."""
    page = opened(result(at_once()), address="#shop.gathering")
    expect(page.locator(".here strong")).to_have_text("Fastest: chatty – 2.00 ms, 0.100× the baseline's time")

    move(page, 0.5)

    expect(page.locator(".here strong")).to_have_text("Cannot be told: chatty cannot be estimated")
    assert [False, False, False] == [won for _, _, won in times(page).values()]
    expect(page.locator(".by-distance")).to_have_text(
        "By distance, measured or estimated: from 0 to 1 ms chatty (it cannot be told at 5 of the stops in between)."
    )


def test_loads_stay_where_they_were_measured(opened: Open) -> None:
    """What does not follow from the distance at all keeps its figures, and where they come from is said."""
    page = opened(result(READING, loaded()))

    move(page, 3)

    expect(page.locator("tr[data-scenario='shop.serving'] td").first).to_have_text("chatty (with nothing added)")
    page.get_by_role("link", name="How should many be served?").first.click()
    expect(page.locator(".here")).to_contain_text(
        "At items=10, 3 ms added: shown with nothing added, for its time does not follow from its round trips."
    )
    assert ("10.0", "0.50×", True) == times(page)["chatty"]


def test_without_distances_there_is_no_slider(opened: Open) -> None:
    """Where nothing can be told of other distances, none is asked for and none is named."""
    page = opened(result(loaded()))

    expect(page.locator("#distance")).to_have_count(0)
    expect(page.locator(".here")).to_contain_text("At items=10: measured, 40 rounds in 2 s.")
