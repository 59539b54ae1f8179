"""The ways to load a relationship, or several that follow each other: each loader option that fits, and as mapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from bench.modelling.mapped import Relationship
from bench.modelling.names import Names

MAPPED = "as_mapped"
"""The strategy that does what the mapping says."""
LOADERS = {
    "lazyload": "A SELECT for each, when it is touched.",
    "selectinload": "One more SELECT, for up to 500 at a time.",
    "joinedload": "In the same SELECT, by a join.",
    "subqueryload": "One more SELECT, which repeats the first as a subquery.",
}
LAZY = {"select": "lazyload", "selectin": "selectinload", "joined": "joinedload", "subquery": "subqueryload"}
"""The loader option that does what a relationship's `lazy=` says."""


@dataclass(frozen=True)
class Way:
    """A strategy as it is written: the options that it passes on, if any."""

    name: str
    description: str
    options: str
    baseline: bool = False
    parameter: str = "parents"


def ways_of(chain: Sequence[Relationship], names: Names) -> Iterator[Way]:
    """Each way to load a chain. What raises as it is mapped is loaded by a SELECT for each in the baseline, for it is
    never loaded otherwise.
    """
    now = tuple("lazyload" if _raises(one) else LAZY.get(one.lazy, "") for one in chain)
    combined = _combined(len(chain))
    if any(map(_raises, chain)):
        yield Way(
            _named(now) if now in combined else MAPPED,
            f"As it is mapped, {as_mapped(chain)}, but for what raises: a SELECT for each.",
            _mended(chain, names),
            baseline=True,
        )
    else:
        yield Way(MAPPED, f"As it is mapped: {as_mapped(chain)}.", "", baseline=True)
    for loaders in combined:
        if loaders != now:
            description = " Then: ".join(dict.fromkeys(LOADERS[one] for one in loaders))
            yield Way(_named(loaders), description, _option(chain, loaders, names))
    if len(chain) == 1 and chain[0].always:
        yield Way(
            "joined_inner",
            "In the same SELECT, by an inner join: there is one for each.",
            _option(chain, ("joinedload",), names, "innerjoin=True"),
        )


def as_mapped(chain: Sequence[Relationship]) -> str:
    """How a chain is mapped, as it is written there."""
    return " and ".join(f'lazy="{one.lazy}"' for one in chain)


def _raises(relationship: Relationship) -> bool:
    return relationship.lazy.startswith("raise")


def _named(loaders: Sequence[str]) -> str:
    names = [one.removesuffix("load") for one in loaders]
    return names[0] if len(set(names)) == 1 else "_then_".join(names)


def _mended(chain: Sequence[Relationship], names: Names) -> str:
    """The option that has what raises be loaded, and leaves the others as they are mapped."""
    last = max(number for number, one in enumerate(chain) if _raises(one))
    there = chain[: last + 1]
    return _option(there, ["lazyload" if _raises(one) else "defaultload" for one in there], names)


def _combined(length: int) -> list[tuple[str, ...]]:
    """The loaders for each relationship of a chain: one for all, or the two that are usual in every order."""
    same = [(loader,) * length for loader in LOADERS]
    return same + [mixed for mixed in product(("selectinload", "joinedload"), repeat=length) if len(set(mixed)) > 1]


def _option(chain: Sequence[Relationship], loaders: Sequence[str], names: Names, more: str = "") -> str:
    option = ""
    for one, loader in zip(chain, loaders, strict=True):
        option += f"{'.' if option else ''}{loader}({names.of(one.of)}.{one.name}{f', {more}' if more else ''})"
    return option
