"""What a page of several sides says first: what changed its winner, what is judged or sent otherwise, what cannot be
compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.crossings import tells
from bench.measurement import ClaimResult, StrategyResult
from bench.reports.busy import labelled
from bench.reports.columns import UNRANKED
from bench.reports.folded import folded
from bench.reports.formatting import code, count, listed, markdown, parameters, plural
from bench.reports.pages.contents import Linked
from bench.reports.pages.winners import SharedClaim, SharedPoint, SharedScenario, shared_claims
from bench.reports.sides import Side

MOST_POINTS = 3
"""Points of a scenario that are named where its winner changed; of more their number is said."""
MOST_LINES = 10
"""Lines of a list that stand open."""
MOST_LINKS = 8
"""Scenarios that are named for the same reason; of more their number is said."""
_COUNTERS = {"statements": "statement", "round_trips": "round trip"}


def changed(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked) -> list[str]:
    """Paragraphs of Markdown, the heading first."""
    timed = any(side.result.settings.timed for side in sides)
    return [
        *(["## What changed its winner", *_winners(scenarios, sides, linked)] if timed else []),
        *_advice(scenarios, sides, linked),
        *_titled("### Calls that send something else", _sent_otherwise(scenarios, sides, linked)),
        *_titled("### What cannot be compared", _incomparable(scenarios, sides, linked, timed)),
    ]


def _titled(heading: str, lines: Sequence[str], more: str = "") -> list[str]:
    """A heading and a list below it, folded where that is long, and a sentence more; nothing where there is neither."""
    if not lines and not more:
        return []
    drawn = "\n".join(f"- {line}" for line in lines)
    return [heading, drawn if len(lines) <= MOST_LINES else folded(f"{len(lines)} of them", drawn), more]


def _winners(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked) -> list[str]:
    compared = {scenario.name: [one for one in scenario.points() if one.is_compared] for scenario in scenarios}
    moved = {name: [one for one in points if one.changed] for name, points in compared.items()}
    all_points, moved_points = (sum(map(len, of.values())) for of in (compared, moved))
    all_scenarios, moved_scenarios = (sum(map(bool, of.values())) for of in (compared, moved))
    if not all_points:
        return ["Nothing can be compared: no point was measured on two sides so that each tells who wins."]
    compared_ones = f"{plural(all_scenarios, 'scenario')} that can be compared"
    points = plural(all_points, "point")
    if not moved_points:
        said = f"Nothing: in {compared_ones}, at {points}, some strategy is always among the winners on every side."
        return [said]
    every = "both sides" if len(sides) == 2 else "every side"
    said = (
        f"The winner changed in {moved_scenarios} of {compared_ones}, at {moved_points} of {points}: no strategy is"
        f" among the winners on {every} there."
    )
    lines = [f"- {linked(one)}{_places(moved[one.name], sides)}" for one in scenarios if moved[one.name]]
    return [said, "\n".join(lines)]


def _places(points: Sequence[SharedPoint], sides: Sequence[Side]) -> str:
    shown = [_place(point, sides) for point in points[:MOST_POINTS]]
    if (more := len(points) - len(shown)) > 0:
        shown.append(f"and at {plural(more, 'more point')}")
    return "".join(f"\n  - {one}" for one in shown)


def _place(point: SharedPoint, sides: Sequence[Side]) -> str:
    won = "; ".join(
        f"{listed(map(code, names))} ({_labelled(side, one is not None and one.was_busy)})"
        for side, names, one in zip(sides, point.winners, point.of_each, strict=True)
        if names
    )
    names = dict.fromkeys(name for of_one in point.winners for name in of_one)
    apart = [
        f"{code(name)} is {what} with {markdown(sides[number].label)}"
        for name in names
        for number, what in point.unranked(name)
    ]
    at = code(parameters(point.params, point.rtt_ms))
    return f"at {at}: {won}{f': {listed(apart)}' if apart else ''}"


def _labelled(side: Side, busy: bool) -> str:
    return labelled(markdown(side.label), busy)


def _advice(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked) -> list[str]:
    """The claims that sides decided otherwise at the same points, and how many others have verdicts that differ."""
    claims = [(scenario, claim) for scenario in scenarios for claim in shared_claims(scenario, sides)]
    lines = [_judged_otherwise(claim, sides, linked(scenario)) for scenario, claim in claims if claim.differs]
    others = sum(claim.differs_by_points for _, claim in claims)
    which = f"{others} more" if lines else plural(others, "claim")
    more = f"Of {which} the verdicts differ by points that not every side measured: that says nothing of the sides."
    return _titled("### Advice that is judged otherwise", lines, more if others else "")


def _judged_otherwise(claim: SharedClaim, sides: Sequence[Side], where: str) -> str:
    shared, more = [], []
    for side, by_shared, by_all, busy in zip(sides, claim.at_shared_points, claim.verdicts, claim.busy, strict=True):
        if by_shared is not None:
            shared.append(f"{by_shared} ({_labelled(side, busy)})")
        if by_shared is not None and by_all != by_shared:
            more.append(f"{by_all} ({_labelled(side, busy)})")
    verdicts = ", ".join(shared)
    if more:
        verdicts += f" at the points that all sides have; by all of its own {', '.join(more)}"
    return f"“{markdown(claim.known[0].text)}”{_about(claim.known[0])}: {verdicts}, in {where}"


def _about(claim: ClaimResult) -> str:
    """The strategies that a claim is about, and where: one sentence of advice can be the claim of several pairs."""
    named = [one for one in (claim.faster, claim.as_fast, claim.less, claim.strategy, claim.than) if one is not None]
    at = f" where {code(parameters(claim.limits))}" if claim.limits else ""
    return f" ({' beside '.join(map(code, named))}{at})" if named else ""


def _sent_otherwise(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked) -> list[str]:
    """Strategies that take other numbers of statements or round trips at the typical point; of loads it depends on
    which task is first.
    """
    lines = []
    for scenario in scenarios:
        point = scenario.typical()
        of_each = (
            [{one.name: one for one in found.strategies} if found else {} for found in point.of_each] if point else []
        )
        names = dict.fromkeys(name for strategies in of_each for name in strategies)
        told = [
            said for name in names if (said := _other_counts([strategies.get(name) for strategies in of_each], sides))
        ]
        lines += [f"{linked(scenario)}: {'; '.join(told)}"] if told else []
    return lines


def _other_counts(of_each: Sequence[StrategyResult | None], sides: Sequence[Side]) -> str:
    known = [
        (side.label, one)
        for side, one in zip(sides, of_each, strict=True)
        if one is not None and not one.drives_load and one.load is None and one.verdict not in UNRANKED
    ]
    said = []
    for counter, noun in _COUNTERS.items():
        counts = [(label, number) for label, one in known if (number := getattr(one.counters, counter)) is not None]
        if len({number for _, number in counts}) > 1:
            shown = [f"{_number(number, noun)} ({markdown(label)})" for label, number in counts]
            said.append(", ".join(shown))
    return f"{code(known[0][1].name)} takes {'; '.join(said)}" if said else ""


def _number(number: int, noun: str) -> str:
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def _incomparable(scenarios: Sequence[SharedScenario], sides: Sequence[Side], linked: Linked, timed: bool) -> list[str]:
    """The scenarios that not every side has, and those of which fewer than two sides tell who wins."""
    groups: dict[str, list[str]] = {}
    for scenario in scenarios:
        if why := _why_not(scenario, sides, timed):
            groups.setdefault(why, []).append(linked(scenario))
    return [f"{why}: {_some(links)}" for why, links in groups.items()]


def _some(links: Sequence[str]) -> str:
    more = len(links) - MOST_LINKS
    return ", ".join(links[:MOST_LINKS]) + (f", and {more} more, which the table below marks" if more > 0 else "")


def _why_not(scenario: SharedScenario, sides: Sequence[Side], timed: bool) -> str:
    missing = [side.label for side, one in zip(sides, scenario.of_each, strict=True) if one is None]
    if missing:
        return f"Not in the results of {markdown(listed(missing))}"
    if not timed or any(point.is_compared for point in scenario.points()):
        return ""
    if any(one.disturbed_by is not None for one in scenario.known):
        return "Loads are disturbed there, and nothing is ranked"
    if any(one.winners and not tells(one) for known in scenario.known for one in known.points):
        return "At least one side had too few rounds to name a winner"
    return "Fewer than two sides name a winner"
