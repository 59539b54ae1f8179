"""Which references and columns of a table are chosen at once."""

from __future__ import annotations

from collections.abc import Iterable

from bench.generating.plans import Plan, Reference
from bench.generating.sampling import Component, Part


def components_of(plan: Plan, above: Reference | None) -> list[Component]:
    """What is chosen at once: what a group, a rule, or a column that two references have holds together.

    Args:
        plan: The table's.
        above: The reference by which a class's rows are those of the class above, which is not chosen.
    """
    givers = [one for one in dict.fromkeys(plan.givers.values()) if one is not above]
    few = [column for one in plan.together for column in one.columns]
    parts: list[Part] = [*(one for one in plan.references if one in givers), *dict.fromkeys(few)]
    given = {column: one for column, one in plan.givers.items() if one is not above}
    rules = [one for one in plan.checks.rules if one.compares and one.columns <= {*given, *few}]
    bundles: list[set[Part]] = []
    for one in plan.together:
        in_group: list[Part] = [*one.references, *one.columns]
        bundles.append({part for part in in_group if part is not above})
    bundles.extend({given.get(column, column) for column in one.columns} for one in rules)
    held = [bundle for bundle in bundles if bundle]
    while len(merged := _merged([*held, *_sharing(plan, parts, held)])) != len(held) or _all(merged) != _all(held):
        held = merged
    return [
        Component(
            [part for part in parts if part in bundle],
            [one for one in plan.together if bundle & {*one.references, *one.columns}],
            [one for one in rules if bundle & {given.get(column, column) for column in one.columns}],
            frozenset(column for column in {*given, *few} if given.get(column, column) in bundle),
        )
        for bundle in held
    ]


def _sharing(plan: Plan, parts: Iterable[Part], held: Iterable[set[Part]]) -> list[set[Part]]:
    """References that have a column with one that is held: they have to agree."""
    chosen = [part for bundle in held for part in bundle if isinstance(part, Reference)]
    return [
        {one, other}
        for one in chosen
        for other in parts
        if isinstance(other, Reference)
        and other is not one
        and set(one.columns) & set(other.columns)
        and (other.table is not plan.table or other in chosen)
    ]


def _all(bundles: Iterable[set[Part]]) -> set[frozenset[Part]]:
    return {frozenset(one) for one in bundles}


def _merged(bundles: Iterable[set[Part]]) -> list[set[Part]]:
    """Bundles of which no two have a part in common."""
    found: list[set[Part]] = []
    for bundle in bundles:
        touching = [one for one in found if one & bundle]
        found = [one for one in found if not one & bundle]
        found.append(bundle.union(*touching))
    return found
