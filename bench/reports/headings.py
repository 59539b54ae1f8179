"""The headings of a report's scenarios, and the names under which GitHub links to them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from bench.measurement import ScenarioResult
from bench.reports.formatting import plain


def headings(scenarios: Sequence[ScenarioResult]) -> list[str]:
    """The question of each scenario, with its name where two ask the same, so that each heading can be linked to."""
    asked = Counter(plain(scenario.question) for scenario in scenarios)
    return [
        plain(scenario.question)
        if scenario.question and asked[plain(scenario.question)] == 1
        else f"{plain(scenario.name)}: {plain(scenario.question)}".removesuffix(": ")
        for scenario in scenarios
    ]


def anchors(of: Iterable[str]) -> list[str]:
    """The names GitHub gives to headings: lower case, no punctuation, hyphens for spaces, a number after the second."""
    seen: Counter[str] = Counter()
    found = []
    for heading in of:
        kept = "".join(character for character in heading.lower() if character.isalnum() or character in " -_")
        anchor = kept.replace(" ", "-")
        found.append(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return found


def anchors_by_name(scenarios: Sequence[ScenarioResult]) -> Mapping[str, str]:
    """The anchor of each scenario's heading on a page of all of these, by the scenario's name."""
    names = [scenario.name for scenario in scenarios]
    return dict(zip(names, anchors(headings(scenarios)), strict=True))
