"""From the name of somebody's mapped classes to a scenario module about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bench.discovery import close_to
from bench.errors import ScenarioError, UsageError
from bench.generating.documents import tried
from bench.generating.errors import GeneratingError
from bench.generating.generated import generated, mappers_of, metadata_of
from bench.modelling.finding import find_mapped
from bench.modelling.mapped import Asked, asked_of
from bench.modelling.source import Draft, draft

if TYPE_CHECKING:
    from sqlalchemy import Table


@dataclass(frozen=True)
class Wanted:
    """What a module about mapped classes is to ask, and of which rows.

    Args:
        named: `module:base`.
        depth: How many relationships are followed one after another.
        only: Classes, relationships or columns (`Author`, `Author.posts`); none means all.
        rows: How many rows a table has, by its name.
        fill: The function that makes them, as `file.py::function`, where that is not bench.
        name: What the dataset is called.
        existing: Whether the rows are there already, so that none is made.
        is_async: Whether sessions are async.
    """

    named: str
    depth: int
    only: Sequence[str]
    rows: Mapping[str, int]
    fill: str | None
    name: str
    existing: bool
    is_async: bool


def drafted(wanted: Wanted) -> Draft:
    """A scenario module about mapped classes.

    Raises:
        UsageError: Something named is not there, or there is nothing to ask.
        ScenarioError: The classes do not import, cannot be mapped, or rows for them cannot be made.
    """
    found = find_mapped(wanted.named)
    makes = wanted.fill is None and not wanted.existing
    without = {} if wanted.existing else _views(found.base)
    unmade = _unmade(found.base, wanted.rows) if makes else {}
    rows = {**{table.fullname: 0 for table in unmade}, **wanted.rows}
    try:
        generates = generated(found.base, rows)
        plans = generates.plans() if makes else {}
    except GeneratingError as error:
        # By the name of its own class nobody who hears of it across a pipe knows that it is a user's mistake.
        raise ScenarioError(str(error)) from error
    made = {table.fullname: plan.count for table, plan in plans.items()}
    asked = asked_of(mappers_of(found.base), wanted.depth, {**without, **unmade})
    asked = replace(asked, left_out=[*found.left_out, *asked.left_out])
    if not (asked.chains or asked.columns or asked.keyed):
        raise UsageError(f"{wanted.named}: there is nothing to ask of what it maps")
    only = _only(asked, wanted.only)
    return draft(
        found.module,
        found.expression,
        only,
        rows,
        wanted.fill,
        wanted.name,
        made,
        is_async=wanted.is_async,
    )


def _views(base: Any) -> dict[Table, str]:
    """The tables that are views, and so are not made."""
    tables = metadata_of(base).tables.values()
    return {table: "it is a view, which is not made" for table in tables if table.info.get("is_view")}


def _unmade(base: Any, rows: Mapping[str, int]) -> dict[Table, str]:
    """The tables that nobody has asked rows of and that can have none, with the reason: a column takes no value that
    bench knows of, or a table that they need is one of them.
    """
    how = "no rows are made: {} takes none that bench knows of; give --fill, or values= in a module (--write)"
    unmade = {column.table: how.format(column) for column in tried(mappers_of(base)).refused}
    for table in metadata_of(base).sorted_tables:
        for key in table.foreign_key_constraints:
            needed = key.referred_table
            if needed in unmade and needed is not table and not any(column.nullable for column in key.columns):
                unmade.setdefault(table, f"no rows are made, for {needed.name} has none")
    return {table: why for table, why in unmade.items() if not {table.name, table.fullname} & rows.keys()}


def _only(asked: Asked, only: Sequence[str]) -> Asked:
    """What is asked of what is named, and of nothing else."""
    if not only:
        return asked
    titles = {id(chain): ".".join([chain[0].title, *(one.name for one in chain[1:])]) for chain in asked.chains}
    known = {
        *titles.values(),
        *(one.title for one in asked.columns),
        *(one.class_.__name__ for one in asked.keyed),
        *(chain[0].of.class_.__name__ for chain in asked.chains),
    }
    for name in only:
        if name not in known:
            left_out = dict(asked.left_out)
            reason = f", {left_out[name]}" if name in left_out else close_to(name, known)
            raise UsageError(f"--only {name}: there is nothing to ask of it{reason}")
    return replace(
        asked,
        chains=[chain for chain in asked.chains if _is_named(titles[id(chain)], only)],
        columns=[one for one in asked.columns if _is_named(one.title, only)],
        keyed=[one for one in asked.keyed if one.class_.__name__ in only],
    )


def _is_named(title: str, only: Sequence[str]) -> bool:
    return any(title == name or title.startswith(f"{name}.") for name in only)
