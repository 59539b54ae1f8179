"""The page as people use it: choices, sorting, filters, keyboard, phone, dark mode, print, and without its script."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Page, expect

from bench.reports.charts.making import charts
from bench.reports.charts.palette import palette_of
from tests.browser.conftest import Open
from tests.browser.made import (
    AT_0,
    BLUE,
    CHART,
    FAILED,
    HOSTILE,
    HOSTILE_ERROR,
    READING,
    SKY,
    catalogue,
    long_winded,
    older,
    point,
    result,
    tied,
)

PHONE = {"width": 360, "height": 740}


def names(page: Page) -> list[str]:
    """The strategies in the order of the table."""
    return page.locator("table.strategies .opener code").all_text_contents()


def test_a_scenario_is_chosen_from_the_findings(opened: Open) -> None:
    """A question leads to its scenario, with the answer first, and the browser's way back leads to the findings."""
    page = opened(result(READING, tied()))

    page.get_by_role("link", name="How should items be read?").first.click()

    expect(page.get_by_role("heading", level=2)).to_have_text("How should items be read?")
    expect(page.locator(".opening")).to_contain_text("chatty wins: 0.100× the time of lazy (0.098–0.102)")
    page.go_back()
    expect(page.get_by_role("heading", level=2)).to_have_text("Findings")


def test_a_scenario_is_chosen_from_another(opened: Open) -> None:
    """The choice of scenarios and the links below lead from one to the next."""
    page = opened(result(READING, tied()), address="#shop.reading")

    page.get_by_label("Scenario").select_option("How should items be written?")
    expect(page.get_by_role("heading", level=2)).to_have_text("How should items be written?")

    page.locator("a[rel=prev]").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("How should items be read?")


def test_a_size_is_chosen(opened: Open) -> None:
    """Each choice of parameters that was measured has its own table."""
    page = opened(result(READING), address="#shop.reading")
    assert ["chatty", "bulky", "lazy", HOSTILE] == names(page)

    page.get_by_label("At", exact=True).select_option("items=1000")

    assert ["bulky", "chatty", "lazy"] == names(page)
    expect(page.locator(".here")).to_contain_text("At items=1000, nothing added: measured")


def test_a_table_is_sorted_by_any_column_and_what_is_unknown_stays_last(opened: Open) -> None:
    """A heading sorts by its column, once more in the other direction, and keeps the focus."""
    page = opened(result(READING), address="#shop.reading")
    heading = page.get_by_role("button", name="statements")

    heading.click()
    assert ["bulky", "chatty", "lazy", HOSTILE] == names(page)
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "ascending")

    page.keyboard.press("Enter")
    assert ["lazy", "chatty", "bulky", HOSTILE] == names(page)
    expect(page.locator("th[aria-sort]")).to_have_attribute("aria-sort", "descending")


def test_a_table_sorted_by_what_an_estimate_has_not_is_ordered_by_its_time(opened: Open) -> None:
    """Between measured distances, where the sorted column is left out, the fastest is first; then, it is as sorted."""
    page = opened(result(READING), address="#shop.reading")
    heading = page.get_by_role("button", name="p95 ms")
    heading.click()
    heading.click()
    assert ["lazy", "bulky", "chatty", HOSTILE] == names(page)
    slider = page.get_by_label("Round-trip time")

    slider.fill("5")
    expect(page.locator(".here")).to_contain_text("0.75 ms added: estimated")
    assert ["bulky", "chatty", "lazy", HOSTILE] == names(page)

    slider.fill("0")
    assert ["lazy", "bulky", "chatty", HOSTILE] == names(page)


def test_code_statements_and_plans_are_shown_on_demand(opened: Open) -> None:
    """What a strategy is made of is there when its name is pressed, with the keyboard too, and goes again."""
    page = opened(result(READING), address="#shop.reading")
    button = page.get_by_role("button", name="bulky")
    assert 0 == page.locator(".details").count()

    button.press("Enter")

    details = page.locator("tr.details")
    expect(details).to_contain_text("return await db.bulky()")
    expect(details).to_contain_text("SELECT 'bulky'")
    expect(button).to_be_focused()
    details.locator("summary").click()
    expect(details.locator("details pre")).to_have_text("Seq Scan on item  rows 7 estimated, 7 actual")
    expect(button).to_have_attribute("aria-expanded", "true")
    button.press("Enter")
    expect(details).to_have_count(0)


def test_text_from_results_stays_text(opened: Open) -> None:
    """A strategy that is named as a script and an error that is an image are read, and nothing of them runs."""
    page = opened(result(READING), address="#shop.reading")
    page.evaluate("() => { window.hacked = () => { window.ran = true; }; }")

    page.get_by_role("button", name=HOSTILE).click()

    expect(page.locator("tr.details")).to_contain_text(f"# {HOSTILE}")
    expect(page.locator(".notes")).to_contain_text(HOSTILE_ERROR)
    page.goto(f"{page.url.partition('#')[0]}#claims")
    expect(page.locator("#claims")).to_contain_text(f"Never {HOSTILE}")
    assert 0 == page.locator("main img, main script, main b").count()
    assert page.evaluate("window.ran") is None


def test_claims_are_filtered_by_verdict_and_by_words(opened: Open) -> None:
    """The ledger shows those whose verdict is chosen and in which all words are found, and says how many."""
    page = opened(result(READING), address="#claims")
    claims = page.locator("#claims li:visible blockquote")
    expect(claims).to_have_count(3)

    page.get_by_label("contradicted").uncheck()
    expect(claims).to_have_text(["“Chatty is the one to use”", "“Bulky is as good”"])

    page.get_by_role("search", name="Claims").get_by_role("searchbox").fill("TALK good")
    expect(claims).to_have_text(["“Bulky is as good”"])
    expect(page.locator("#claims output")).to_have_text("1 of 3 claims")


def test_findings_are_found_and_put_in_order(opened: Open) -> None:
    """The list is narrowed by words, and ordered by how much the fastest gains."""
    page = opened(result(tied(), READING))
    rows = page.locator("#findings tr[data-scenario]:visible a")
    expect(rows).to_have_text(["How should items be written?", "How should items be read?"])

    page.get_by_label("Order").select_option("largest gain first")
    expect(rows).to_have_text(["How should items be read?", "How should items be written?"])

    page.get_by_role("searchbox").locator("visible=true").fill("written")
    expect(rows).to_have_text(["How should items be written?"])
    expect(page.locator("#findings output")).to_have_text("1 question")


def test_results_stand_side_by_side_and_what_changed_its_winner_is_found(opened: Open) -> None:
    """Two results have a column each, what only one has is said, and those with another winner can be had alone."""
    page = opened(result(READING, tied()), older())
    expect(page.locator("tr[data-scenario='shop.reading'] td")).to_have_text(
        ["chatty", "0.100×0.098–0.102", "bulky", "0.40×0.39–0.41"]
    )
    expect(page.locator("tr[data-scenario='shop.writing'] td").nth(2)).to_have_text("not in this result")
    expect(page.locator(".masthead")).to_contain_text("SQLAlchemy 2.0.51: This run was interrupted")

    page.get_by_label("only where the winner differs").check()

    expect(page.locator("#findings tr[data-scenario]:visible a")).to_have_text(["How should items be read?"])
    expect(page.locator("#findings output")).to_have_text("1 question; the winner differs in 1 of 2")


def test_a_result_is_chosen(opened: Open) -> None:
    """A scenario shows the figures of the result that is chosen, and what all of them say in short."""
    page = opened(result(READING, tied()), older(), address="#shop.reading")
    expect(page.locator("#side tbody tr")).to_have_text(
        ["SQLAlchemy 2.1.9chatty2.000.100×", "SQLAlchemy 2.0.51bulky8.000.40×"]
    )

    page.get_by_label("Result").select_option("SQLAlchemy 2.0.51")
    assert ["bulky", "chatty", "lazy"] == names(page)

    page.get_by_label("Scenario").select_option("How should items be written?")
    expect(page.locator("#scenario .notice")).to_have_text("It is not in the result SQLAlchemy 2.0.51.")


def test_a_size_that_another_result_has_not_is_told_and_not_lost(opened: Open) -> None:
    """A result without the chosen parameters says so and shows its first; back in the other, the choice still holds."""
    page = opened(result(READING), result(replace(READING, points=READING.points[:3]), sqlalchemy="2.0.51"))
    page.goto(f"{page.url}#shop.reading")

    page.get_by_label("At", exact=True).select_option("items=1000")
    expect(page.locator("#side tbody tr")).to_have_text(
        ["SQLAlchemy 2.1.9bulky30.00.150×", "SQLAlchemy 2.0.51not measured with these parameters"]
    )

    page.get_by_label("Result").select_option("SQLAlchemy 2.0.51")
    expect(page.locator(".here .notice")).to_have_text("items=1000 was not measured in SQLAlchemy 2.0.51.")
    expect(page.locator(".here")).to_contain_text("At items=10, nothing added: measured")

    page.get_by_label("Result").select_option("SQLAlchemy 2.1.9")
    expect(page.get_by_label("At", exact=True).locator("option:checked")).to_have_text("items=1000")
    expect(page.locator(".here .notice")).to_have_count(0)


def test_details_of_one_result_are_not_shown_under_another(opened: Open) -> None:
    """What was opened of a strategy closes when another result is chosen, for that one has its own."""
    page = opened(result(READING), older(), address="#shop.reading")
    button = page.get_by_role("button", name="bulky")
    button.click()
    expect(page.locator("tr.details")).to_contain_text("median of a call\n8.00 ms", use_inner_text=True)

    page.get_by_label("Result").select_option("SQLAlchemy 2.0.51")

    expect(page.locator("tr.details")).to_have_count(0)
    expect(button).to_have_attribute("aria-expanded", "false")


def test_scenarios_of_a_module_stand_together(opened: Open) -> None:
    """A module whose scenarios come from several results has one heading, and its scenarios follow each other."""
    other = replace(READING, name="stock.counting", question="How should stock be counted?")
    page = opened(result(READING, other), result(tied(), sqlalchemy="2.0.51"))

    expect(page.locator("#findings tr.module")).to_have_text(["shop", "stock"])
    expect(page.locator("#findings tr[data-scenario] .name")).to_have_text(
        ["shop.reading", "shop.writing", "stock.counting"]
    )


def test_the_keyboard_reaches_everything_in_the_order_of_the_page(opened: Open) -> None:
    """First a way past the head, then the parts, the slider, which arrows move, the filters, and the questions."""
    page = opened(result(READING, tied()))
    reached = []
    for _ in range(8):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent || document.activeElement.type"))
        if reached[-1] == "range":
            page.keyboard.press("ArrowRight")

    expected = ["Skip to the findings", "Findings", "Claims", "Method", "range", "search"]
    assert expected == reached[:6]
    assert "How should items be read?" == reached[7]
    expect(page.get_by_label("Round-trip time")).to_have_attribute("aria-valuetext", "0.1 ms added, estimated")


def test_every_control_has_a_name_and_the_page_has_landmarks(opened: Open) -> None:
    """Assistive programs are told what each control is for, and find head, parts, findings and foot."""
    page = opened(
        result(READING, tied()), older(), address="#shop.reading", made={"charts": [{"shop.reading": [CHART]}, {}]}
    )

    nameless = (
        page.locator("main, header, nav, .bar")
        .locator("button, select, input, a")
        .evaluate_all(
            "found => found.filter(one => !(one.textContent.trim() || one.labels?.length || one.ariaLabel)).length"
        )
    )
    assert 0 == nameless
    for landmark in ("banner", "navigation", "main", "contentinfo"):
        expect(page.get_by_role(landmark)).to_have_count(1)  # type: ignore[arg-type]
    assert [1, 2, 3] == sorted(
        {int(level[1]) for level in page.locator("h1, h2, h3").evaluate_all("all => all.map(one => one.tagName)")}
    )


def test_a_phone_shows_all_of_it_without_sideways_scrolling(opened: Open) -> None:
    """At 360 pixels no part of the page is wider than that; a wide table scrolls by itself."""
    charts = {"charts": [{"shop.reading": [CHART]}, {}]}
    page = opened(result(long_winded(), tied()), older(), made=charts, viewport=PHONE)
    for part in ("findings", "shop.reading", "claims", "method"):
        page.evaluate(f"location.hash = '{part}'")
        expect(page.locator(f"#{'scenario' if part == 'shop.reading' else part}")).to_be_visible()

        assert 360 == page.evaluate("document.documentElement.scrollWidth"), part


def test_a_word_without_an_end_is_broken_on_a_phone(opened: Open) -> None:
    """An error that holds a long word makes no part of the page wider than the screen."""
    failed = replace(FAILED, name="spilling", error=f"Error: {'wide_' * 30}")
    page = opened(
        result(replace(READING, points=[point(AT_0, 0.0, 10, failed)])), viewport=PHONE, address="#shop.reading"
    )

    expect(page.locator(".notes")).to_contain_text("wide_wide_wide")
    assert 360 == page.evaluate("document.documentElement.scrollWidth")


def test_what_is_not_compared_has_no_label_on_a_phone(opened: Open) -> None:
    """In the list of findings, where each cell has its label before it, an empty cell is left out."""
    page = opened(result(READING, tied()), older(), viewport=PHONE)

    expect(page.locator("tr[data-scenario='shop.reading'] td:visible")).to_have_count(4)
    expect(page.locator("tr[data-scenario='shop.writing'] td:visible")).to_have_count(3)


def test_dark_mode_is_dark_and_motion_can_be_had_without(opened: Open) -> None:
    """The page follows what the reader's system asks for."""
    page = opened(result(READING), address="#shop.reading", color_scheme="dark", reduced_motion="reduce")

    assert "rgb(13, 17, 23)" == page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ["0s"] == page.locator(".beam i").evaluate_all(
        "all => [...new Set(all.map(one => getComputedStyle(one).transitionDuration))]"
    )


def test_charts_are_drawn_without_a_right_to_make_code_and_in_the_colours_of_the_theme(opened: Open) -> None:
    """Vega draws under the page's policy, a chart has its text, and colours change with the theme."""
    page = opened(
        result(READING),
        address="#shop.reading",
        made={"charts": [{"shop.reading": [CHART]}], "dark_colours": {BLUE: SKY}},
    )
    bars = page.locator("figure svg .mark-rect path")

    expect(bars).to_have_count(3)
    fills = "all => [...new Set(all.map(one => getComputedStyle(one).fill))]"
    assert ["rgb(0, 114, 178)"] == bars.evaluate_all(fills)
    expect(page.get_by_role("img", name="chatty takes a tenth of the time of lazy. lazy 20 ms")).to_be_visible()

    page.emulate_media(color_scheme="dark")
    assert ["rgb(86, 180, 233)"] == bars.evaluate_all(fills)
    page.emulate_media(media="print")
    assert ["rgb(0, 114, 178)"] == bars.evaluate_all(fills)


def test_without_charts_the_page_is_whole_and_says_how_to_get_them(opened: Open) -> None:
    """Where charts cannot be drawn, a sentence stands in their place."""
    page = opened(result(READING), address="#shop.reading", made={"how_to_get_charts": "Charts come with an extra."})

    expect(page.locator("#scenario")).to_contain_text("Charts come with an extra.")
    expect(page.locator("table.strategies")).to_be_visible()


def test_without_its_script_the_page_has_answers_claims_and_method(opened: Open) -> None:
    """Where scripts do not run, what was found can be read, and what is missing is said."""
    page = opened(result(READING, tied()), java_script_enabled=False)

    expect(page.locator("noscript .notice")).to_contain_text("Without JavaScript this page has the answers")
    expect(page.locator("#findings .answer").first).to_contain_text("chatty wins: 0.100× the time of lazy")
    expect(page.locator("#claims blockquote").first).to_be_visible()
    expect(page.get_by_text("Linux 6.1")).to_be_visible()
    expect(page.locator("#controls")).to_be_hidden()


def test_a_print_has_the_figures_and_not_the_controls(opened: Open) -> None:
    """On paper stand the answer, the distance and the table, dark on white, and nothing that wants pressing."""
    page = opened(result(READING, tied()), address="#shop.reading", color_scheme="dark")

    page.emulate_media(media="print")

    for hidden in ("nav", "#distance", ".crumb", ".way"):
        expect(page.locator(hidden)).to_be_hidden()
    for shown in (".opening", ".distance output", "table.strategies"):
        expect(page.locator(shown)).to_be_visible()
    assert "rgb(255, 255, 255)" == page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_catalogue_whose_data_are_compressed_opens(opened: Open) -> None:
    """Data that are large are unpacked in the browser, details only when somebody asks for them."""
    page = opened(catalogue("2.1.9", 30), address="#module_1.scenario_9")

    page.get_by_role("button", name="strategy_9_3").click()

    expect(page.locator("tr.details")).to_contain_text("await db.call_168()")


def test_charts_of_what_was_measured_are_drawn(opened: Open) -> None:
    """Each chart that a scenario has is a figure of its own, named by its finding, and none complains."""
    made = charts(READING, palette_of([READING]))
    page = opened(result(READING), address="#shop.reading", made={"charts": [{"shop.reading": made}]})

    expect(page.locator("figure svg")).to_have_count(len(made))
    assert {"size", "distance"} <= {chart.kind for chart in made}
    for chart in made:
        expect(page.get_by_role("img", name=chart.title)).to_be_visible()
