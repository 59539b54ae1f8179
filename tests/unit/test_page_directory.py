"""A directory of pages: an index with all claims, a page a module, and links that lead where they say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from bench.measurement import ClaimResult
from bench.reports.claims import HOW_JUDGED
from bench.reports.html.page import html_report
from bench.reports.pages.making import directory, page_names
from bench.reports.sides import Side, sides_of
from tests.unit.pages import NEW, OLD, in_order, point, result, scenario, table, two, under


def links(pages: Mapping[str, str]) -> list[tuple[str, str]]:
    """Every link between the pages: the file that it is to, and the anchor in it."""
    return [
        (target or file, anchor)
        for file, text in pages.items()
        for target, anchor in re.findall(r"\]\(([\w.-]*)#?([^)]*)\)", text)
    ]


def test_a_directory_has_an_index_and_a_page_a_module() -> None:
    """The index has a line for each scenario and all claims, and each of its links leads to a heading that is there."""
    grid = scenario(point("joined", 10), point(), point(rtt_ms=1.0), verdict="contradicted")
    few = scenario(point(), name="columns.few", question="Why: a_b?")
    again = scenario(point(), name="columns.again", question="How to load?", verdict="undecided")
    pages = directory(sides_of([result(grid, few, again)]))

    assert ["README.md", "loading.md", "columns.md"] == list(pages)
    index = pages["README.md"]
    assert index.startswith("# What was measured\n\n3 scenarios, 5 points, 3 claims (")
    assert table(under("### [loading](loading.md)", index)) == [
        ["question", "fastest", "its time against the baseline's", "the winner changes with"],
        [
            "[loading.one_to_many: How to load?](loading.md#how-to-load)",
            "`selectin`",
            "0.10× (0.09–0.11)",
            "`authors`",
        ],
    ]
    advised = under("## What is advised, and what was measured of it", index)
    assert advised.startswith("3 claims: 1 contradicted, 1 supported, 1 undecided.\n\n")
    assert table(advised)[1:] == [
        [
            "contradicted",
            "“selectin wins”",
            "`selectin` is not faster than `lazy` at any point that decided.",
            "[loading.one_to_many](loading.md#how-to-load)",
        ],
        [
            "supported",
            "“selectin wins”",
            "`selectin` is faster than `lazy` at every point that decided.",
            "[columns.few](columns.md#why-a_b)",
        ],
    ]
    assert "<details><summary>1 claim undecided</summary>\n\n| verdict" in advised
    headings = {
        (file, re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-"))
        for file, text in pages.items()
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert [] == [link for link in links(pages) if link[1] and link not in headings]
    assert [] == [link for link in links(pages) if link[0] not in pages]


def test_a_directory_of_several_results_has_them_side_by_side() -> None:
    """The index has what changed its winner on top, and each page compares the sides; the verdicts of all are told."""
    pages = directory(two(scenario(point()), scenario(point("joined"), verdict="contradicted")))

    assert in_order(
        pages["README.md"],
        f"# What was measured: {NEW} and {OLD} side by side\n",
        "## What changed its winner\n",
        "- [How to load?](loading.md#how-to-load)\n",
        "## What was found\n",
        f"{NEW}: 1 claim: 1 supported.  \n{OLD}: 1 claim: 1 contradicted.\n",
        f"| supported ({NEW}), contradicted ({OLD}) | “selectin wins”",
    )
    assert pages["loading.md"].startswith(
        f"# loading: {NEW} and {OLD} side by side\n\n[All that was measured](README.md)"
    )


def test_the_ledger_has_what_each_side_found() -> None:
    """Where sides found otherwise, each has its sentence after its label, also where both depend; where they agree,
    there is one.
    """
    one, other = scenario(point()), scenario(point(), verdict="contradicted")
    holds = [
        scenario(point(), name="loading.b", verdict="depends", where=f"holds at n={n}; not at n=3") for n in (1, 2)
    ]
    open_ones = [scenario(point(), name=f"loading.{name}", verdict="undecided") for name in "cd"]
    decided = scenario(point(), name="loading.d")
    index = directory(two([one, holds[0], open_ones[0], open_ones[1]], [other, holds[1], open_ones[0], decided]))
    advised = under("## What is advised, and what was measured of it", index["README.md"])

    assert [(row[0], row[2]) for row in table(advised)[1:]] == [
        (
            f"supported ({NEW}), contradicted ({OLD})",
            (
                f"{NEW}: `selectin` is faster than `lazy` at every point that decided.<br>"
                f"{OLD}: `selectin` is not faster than `lazy` at any point that decided."
            ),
        ),
        (
            "depends",
            (
                f"{NEW}: `selectin` faster than `lazy`: holds at n=1; not at n=3.<br>"
                f"{OLD}: `selectin` faster than `lazy`: holds at n=2; not at n=3."
            ),
        ),
        (
            f"undecided ({NEW}), supported ({OLD})",
            (
                f"{NEW}: nothing that was measured decides whether `selectin` is faster than `lazy`.<br>"
                f"{OLD}: `selectin` is faster than `lazy` at every point that decided."
            ),
        ),
    ]
    assert "1 depends, 1 supported, 2 undecided.  \n" in advised
    assert "<summary>1 claim undecided on both sides</summary>" in advised


def test_above_claims_stands_how_they_are_judged() -> None:
    """That a claim tests one pair by itself is said above the ledger and a scenario's claims, and in the HTML report;
    not above claims about counters.
    """
    sides = sides_of([result(scenario(point()))])
    counts = replace(scenario(point()), claims=(ClaimResult("t", "s", strategy="lazy", counter="rows", equals=1),))
    pages = [*directory(sides).values(), html_report(sides).replace("&#x27;", "'")]
    assert [True] * 3 == [HOW_JUDGED in text for text in pages]
    assert [False] * 2 == [HOW_JUDGED in text for text in directory(sides_of([result(counts)])).values()]


def test_a_claim_that_stands_twice_is_in_the_ledger_twice() -> None:
    """The ledger has as many claims as the summary counts, also where two of a scenario say the same."""
    twice = scenario(point())
    index = directory(sides_of([result(replace(twice, claims=(*twice.claims, *twice.claims)))]))["README.md"]

    assert "2 claims (2 supported)" in index
    assert "2 claims: 2 supported." in index
    assert 3 == len(table(under("## What is advised, and what was measured of it", index)))


def test_names_of_modules_are_harmless_as_names_of_files() -> None:
    """A module's page has its name as far as that is harmless, never the index's, and no two the same."""
    names = ["../../etc/passwd", "readme", "a b", "a/b", "A-B", ""]
    scenarios = [scenario(point(), name=f"{name}") for name in names]
    side = Side("", result(*scenarios), [])

    assert page_names([side]) == {
        "": "module.md",
        "readme": "readme-2.md",
        "a b": "a-b.md",
        "a/b": "a-b-2.md",
        "A-B": "A-B-3.md",
    }
