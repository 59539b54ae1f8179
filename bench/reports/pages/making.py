"""What is written for results: one page, or a directory of an index and a page for each module of scenarios."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from urllib.parse import quote

from bench.reports.busy import busy_note
from bench.reports.formatting import listed, markdown
from bench.reports.headings import anchors_by_name, headings
from bench.reports.markdown import markdown_report
from bench.reports.pages.changed import changed
from bench.reports.pages.contents import Linked, contents, link
from bench.reports.pages.ledger import ledger
from bench.reports.pages.together import introduction, side_by_side
from bench.reports.pages.winners import SharedScenario, shared_scenarios
from bench.reports.sides import Side, Sides
from bench.reports.summary import done, interrupted, modules, sizes, summary

INDEX = "README.md"
"""The page that a directory is read from: GitHub shows it where the directory is opened."""


def is_index(text: str) -> bool:
    """Whether a page is the index of a directory that was made here, and not somebody's own README."""
    return text.startswith(_BEGINS) and f"\n{_FOUND}\n" in text


_BEGINS = "# What was "
_FOUND = "## What was found"


def one_page(results: Sides, remarks: Sequence[str] = (), title: str | None = None) -> str:
    """A page of one result, or of several side by side, in Markdown that ends in a line end.

    Args:
        results: What was measured.
        remarks: Sentences of plain text below the summary, such as how to get charts.
        title: The heading, as plain text; else it says what was measured.
    """
    said = [markdown(remark) for remark in (*results.remarks, *remarks)]
    return _page(results.sides, said, title)


def directory(results: Sides, remarks: Sequence[str] = ()) -> Mapping[str, str]:
    """The pages of a directory by their file names: the index, and a page for each module of scenarios.

    Args:
        results: What was measured; the paths of pictures are from the directory.
        remarks: Sentences of plain text that the index has below its summary.
    """
    files = page_names(results.sides)
    pages = {}
    for module, file in files.items():
        sides = [_of_module(side, module) for side in results.sides]
        # What is compared stands on every page, also where a side has nothing of it.
        pages[file] = _page(sides, [link("All that was measured", INDEX)], None)
    return {INDEX: _index(results, files, [markdown(remark) for remark in remarks]), **pages}


def page_names(sides: Sequence[Side]) -> Mapping[str, str]:
    """The file name of each module's page: its name, as far as that is harmless in a file's, no two the same."""
    names: dict[str, str] = {}
    taken = {INDEX.lower()}
    for module in dict.fromkeys(name for side in sides for name in modules(side.result)):
        stem = re.sub(r"[^\w-]+", "-", module).strip("-")[:_LONGEST] or "module"
        number, file = 2, f"{stem}.md"
        while file.lower() in taken:
            number, file = number + 1, f"{stem}-{number}.md"
        taken.add(file.lower())
        names[module] = file
    return names


_LONGEST = 60
"""Letters of a module's name in a file name, which has 255 bytes at most."""


def _page(sides: Sequence[Side], remarks: Sequence[str], title: str | None) -> str:
    if len(sides) > 1:
        return side_by_side(sides, title, remarks)
    (side,) = sides
    return markdown_report(side.result, title, side.pictures, remarks, side.precisions)


def _of_module(side: Side, module: str) -> Side:
    result = side.result
    scenarios = [one for one in result.scenarios if one.name.partition(".")[0] == module]
    unfinished = any(not point.finished for scenario in scenarios for point in scenario.points)
    # How long a part of a run took is not known.
    part = replace(result, scenarios=scenarios, interrupted=result.interrupted and unfinished, seconds=0.0)
    return replace(side, result=part)


def _index(results: Sides, files: Mapping[str, str], remarks: Sequence[str]) -> str:
    sides = results.sides
    scenarios = shared_scenarios(sides)
    targets = _targets(scenarios, files)
    questions = dict(zip([one.name for one in scenarios], headings([one.known[0] for one in scenarios]), strict=True))

    def linked(scenario: SharedScenario) -> str:
        return link(questions[scenario.name], targets[scenario.name])

    several = len(sides) > 1
    parts = [
        f"{_BEGINS}{_index_title(sides)}",
        *([] if several else [summary(sides[0].result), sizes([sides[0].result]), busy_note([sides[0].result])]),
        *map(markdown, results.remarks),
        *remarks,
        *(introduction(sides) if several else []),
        *([] if several else [interrupted(sides[0].result)]),
        *(changed(scenarios, sides, linked) if several else []),
        _FOUND,
        *_found(scenarios, sides, files, linked),
    ]
    if claims := ledger(scenarios, sides, lambda scenario: targets[scenario.name]):
        parts += ["## What is advised, and what was measured of it", claims]
    return "\n\n".join(part for part in parts if part) + "\n"


def _index_title(sides: Sequence[Side]) -> str:
    if len(sides) > 1:
        return f"measured: {listed(markdown(side.label) for side in sides)} side by side"
    return done(sides[0].result)


def _targets(scenarios: Sequence[SharedScenario], files: Mapping[str, str]) -> Mapping[str, str]:
    """Where each scenario is answered: its heading on the page of its module."""
    found: dict[str, str] = {}
    for module, file in files.items():
        here = [one.known[0] for one in scenarios if one.name.partition(".")[0] == module]
        found |= {name: f"{quote(file)}#{anchor}" for name, anchor in anchors_by_name(here).items()}
    return found


def _found(
    scenarios: Sequence[SharedScenario], sides: Sequence[Side], files: Mapping[str, str], linked: Linked
) -> list[str]:
    """A table of its scenarios for each module, below a link to its page."""
    parts = []
    for module, file in files.items():
        here = [one for one in scenarios if one.name.partition(".")[0] == module]
        parts += [f"### {link(module, quote(file))}", contents(here, sides, linked)]
    return parts or ["Nothing was measured."]
