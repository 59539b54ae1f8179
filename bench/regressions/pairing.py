"""Which strategies two revisions both have, which have vanished, and which have appeared."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bench.description import ScenarioDescription
from bench.points import Point
from bench.regressions.renamed import ALIKE_CODE, alike, words_of


@dataclass(frozen=True)
class Pair:
    """A scenario in both revisions, with the strategies to compare at a point that both have."""

    base: ScenarioDescription
    head: ScenarioDescription
    strategies: Sequence[str]
    point: Point


@dataclass(frozen=True)
class Gone:
    """A scenario or a strategy that one of the two lacks, why, and what it is `likely` called there, by its code."""

    name: str
    likely: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Pairing:
    """What is to be compared, and what cannot be: `vanished` is of the base alone, `appeared` of the head alone;
    `unranked` was selected by name and is shown in a run, and never ranked.
    """

    pairs: Sequence[Pair] = ()
    vanished: Sequence[Gone] = ()
    appeared: Sequence[str] = ()
    unranked: Sequence[str] = ()


Chosen = Mapping[str, Sequence[str] | None]
"""What was selected: the strategies of each scenario by its name, None for all of them."""


def pair(base: Mapping[str, ScenarioDescription], head: Mapping[str, ScenarioDescription], chosen: Chosen) -> Pairing:
    """Pair what was selected of two revisions, at the typical point of the base.

    Strategies that are shown and not ranked are left out, as are scenarios whose loads are disturbed.

    Args:
        base, head: The scenarios of each by name.
        chosen: What was selected of both together.
    """
    before, after = _strategies(base, chosen), _strategies(head, chosen)
    pairs: list[Pair] = []
    gone: dict[str, str | None] = {}
    for name, wanted in before.items():
        if name not in after:
            gone |= {_named(name, one): None for one in wanted} if chosen[name] else {name: None}
            continue
        changed = _changed_parameters(base[name], head[name])
        if changed is not None:
            gone[name] = changed
            continue
        gone |= {_named(name, one): None for one in wanted if one not in after[name]}
        both = [one for one in wanted if one in after[name]]
        if both:
            pairs.append(Pair(base[name], head[name], both, Point(dict(base[name].typical))))
    appeared = [
        *(name for name in after if name not in before),
        *(_named(name, one) for name in after if name in before for one in after[name] if one not in before[name]),
    ]
    vanished = [Gone(name, _likely(name, base, head, appeared), reason) for name, reason in gone.items()]
    return Pairing(pairs, vanished, appeared, _unranked(head, chosen))


def _strategies(scenarios: Mapping[str, ScenarioDescription], chosen: Chosen) -> dict[str, list[str]]:
    found = {}
    for name, wanted in chosen.items():
        if name in scenarios and scenarios[name].disturbed_by is None:
            strategies = [one.name for one in scenarios[name].strategies if not one.demonstrates]
            found[name] = [one for one in strategies if wanted is None or one in wanted]
    return {name: strategies for name, strategies in found.items() if strategies}


def _unranked(scenarios: Mapping[str, ScenarioDescription], chosen: Chosen) -> list[str]:
    """Strategies that were selected by name and demonstrate something, and scenarios whose loads are disturbed."""
    found = [name for name in chosen if name in scenarios and scenarios[name].disturbed_by is not None]
    for name, wanted in chosen.items():
        strategies = scenarios[name].strategies if name in scenarios else ()
        found += [_named(name, one.name) for one in strategies if one.demonstrates and one.name in (wanted or ())]
    return found


def _changed_parameters(base: ScenarioDescription, head: ScenarioDescription) -> str | None:
    if set(base.params) == set(head.params):
        return None
    return f"its parameters were {_listed(base.params)} and are {_listed(head.params)}"


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _named(scenario: str, strategy: str) -> str:
    return f"{scenario}:{strategy}"


def _likely(
    gone: str,
    base: Mapping[str, ScenarioDescription],
    head: Mapping[str, ScenarioDescription],
    appeared: Sequence[str],
) -> str | None:
    """The one that appeared whose code is most alike, where it is alike enough."""
    kind = ":" in gone
    likely = [(alike(_code(base, gone), _code(head, other)), other) for other in appeared if (":" in other) == kind]
    likeness, other = max(likely, default=(0.0, ""))
    return other if likeness >= ALIKE_CODE else None


def _code(scenarios: Mapping[str, ScenarioDescription], name: str) -> list[str]:
    """The words of a strategy's code, or of all of a scenario's."""
    scenario, _, strategy = name.partition(":")
    described = [one for one in scenarios[scenario].strategies if strategy in ("", one.name)]
    return [word for one in described for word in words_of(one.code, one.name)]
