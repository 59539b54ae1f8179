"""A scenario module for mapped classes, written as its author would keep it."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Any

from bench.modelling.mapped import Asked, HeavyColumn, Relationship, key_names, light_names

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

SIZES = (10, 100, 1_000)
TYPICAL = 100
MOST_ARRAYS = 1
"""Columns of a key that can stand in an array of values."""
LOADERS = {
    "lazyload": "A SELECT for each, when it is touched.",
    "selectinload": "One more SELECT, for up to 500 at a time.",
    "joinedload": "In the same SELECT, by a join.",
    "subqueryload": "One more SELECT, which repeats the first as a subquery.",
}
LAZY = {"select": "lazyload", "selectin": "selectinload", "joined": "joinedload", "subquery": "subqueryload"}
"""The loader option that does what a relationship's `lazy=` says."""


@dataclass
class Names:
    """What a module calls the mapped classes, and how it comes by them."""

    mapped: str
    called: dict[Any, str] = field(default_factory=dict)
    imports: dict[str, list[str]] = field(default_factory=dict)
    looked_up: list[str] = field(default_factory=list)

    def of(self, mapper: Mapper[Any]) -> str:
        """The name of a class, which is imported if it can be, and else looked up among those that are mapped."""
        class_ = mapper.class_
        if class_ not in self.called:
            self.called[class_] = self._name(class_)
        return self.called[class_]

    def _name(self, class_: Any) -> str:
        name, taken = str(class_.__name__), set(self.called.values())
        module = class_.__module__
        free = name
        while free in taken or keyword.iskeyword(free) or free in RESERVED:
            free += "_"
        if getattr(sys.modules.get(module), name, None) is class_ and module != "__main__":
            self.imports.setdefault(module, []).append(name if free == name else f"{name} as {free}")
        else:
            self.looked_up.append(f"{free} = mapped_class({self.mapped}, {name!r})")
        return free


RESERVED = {"Base", "Dataset", "Scenario", "Session", "Database", "Select", "Any"}


@dataclass(frozen=True)
class Draft:
    """A module that was written: its text, for each of its scenarios what it is about, what is left out and why, and
    how many rows are made for each table.
    """

    text: str
    titles: Mapping[str, str]
    left_out: Sequence[tuple[str, str]]
    rows: Mapping[str, int]


def draft(
    module: str,
    base: str,
    asked: Asked,
    rows: Mapping[str, int],
    fill: str | None,
    name: str,
    made: Mapping[str, int],
) -> Draft:
    """The module that asks what there is to ask.

    Args:
        module: Where the mapped classes are found.
        base: The name there of their base, their registry or their metadata.
        asked: What there is to ask.
        rows: How many rows tables are given, by their names.
        fill: The function that makes them, as `file.py::function`, where that is not bench.
        name: What the dataset is called.
        made: How many rows are made for each table.
    """
    names = Names(base)
    titles: dict[str, str] = {}
    blocks = []
    for chain in asked.chains:
        variable = _variable(titles, "_".join([_snake(chain[0].of.class_.__name__), *(one.name for one in chain)]))
        titles[variable] = ".".join([chain[0].title, *(one.name for one in chain[1:])])
        blocks.append(_chain(variable, chain, names))
    for column in asked.columns:
        variable = _variable(titles, f"{_snake(column.of.class_.__name__)}_without_{column.name}")
        titles[variable] = column.title
        blocks.append(_columns(variable, column, names))
    for mapper in asked.keyed:
        variable = _variable(titles, f"{_snake(mapper.class_.__name__)}_by_key")
        titles[variable] = mapper.class_.__name__
        blocks.append(_keyed(variable, mapper, names))
    head = _head(module, base, names, _dataset(module, base, rows, fill, name), "\n".join(blocks))
    return Draft("\n\n\n".join([head, *blocks]) + "\n", titles, asked.left_out, made)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _variable(taken: Iterable[str], wanted: str) -> str:
    name = re.sub(r"\W", "_", wanted)
    while name in taken or keyword.iskeyword(name):
        name += "_"
    return name


def _head(module: str, base: str, names: Names, dataset: str, body: str) -> str:
    """The docstring, the imports and the dataset."""
    names.imports.setdefault(module, []).append(base)
    text = "\n".join([*names.looked_up, dataset, body])
    used = [one for one in ("Database", "Dataset", "Scenario", "generated", "mapped_class") if _uses(one, text)]
    from_orm = [one for one in (*LOADERS, "Session", "defer", "load_only", "undefer") if _uses(one, text)]
    from_core = [one for one in ("Select", "select", "tuple_") if _uses(one, text)]
    lines = [
        f'"""How should what {module} maps be loaded?"""',
        "",
        *(
            ["from collections.abc import AsyncIterator", "from contextlib import asynccontextmanager"]
            if "@asynccontextmanager" in body
            else []
        ),
        "from typing import Any",
        "",
        f"from sqlalchemy import {', '.join(from_core)}",
        f"from sqlalchemy.orm import {', '.join(sorted(from_orm, key=str.lower))}",
        "",
        *(
            f"from {place} import {', '.join(sorted(dict.fromkeys(imported), key=str.lower))}"
            for place, imported in sorted(names.imports.items())
        ),
        f"from bench import {', '.join(used)}",
        *(["from bench.modelling.datasets import dataset_of"] if _uses("dataset_of", text) else []),
        "",
        *names.looked_up,
        f"models = {dataset}",
    ]
    return "\n".join(lines)


def _dataset(module: str, base: str, rows: Mapping[str, int], fill: str | None, name: str) -> str:
    if fill is not None:
        return f"dataset_of({name!r}, {f'{module}:{base}'!r}, fill={fill!r})"
    return f"Dataset({name!r}, {base}.metadata, generated({base}{f', rows={dict(rows)!r}' if rows else ''}))"


def _uses(name: str, text: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _scenario(variable: str, question: str, parameter: str) -> str:
    return (
        f"{variable} = Scenario(\n"
        f"    dataset=models,\n"
        f"    question={question!r},\n"
        f'    params={{"{parameter}": {SIZES!r}}},\n'
        f'    typical={{"{parameter}": {TYPICAL}}},\n'
        f'    size="{parameter}",\n'
        f")"
    )


def _chain(variable: str, chain: Sequence[Relationship], names: Names) -> str:
    """A scenario about a relationship, or about several that follow each other."""
    first = names.of(chain[0].of)
    path = ".".join([first, *(one.name for one in chain)])
    parts = [
        _scenario(variable, f"How should {path} be loaded?", "parents"),
        _read(variable, chain, names),
        *(
            _strategy(variable, name, description, options, baseline)
            for name, description, options, baseline in _ways(chain, names)
        ),
    ]
    return "\n\n\n".join(parts)


def _read(variable: str, chain: Sequence[Relationship], names: Names) -> str:
    """The function that all strategies share: it reads the parents and touches what is asked for."""
    first = chain[0].of
    name, row = names.of(first), _row(first)
    order = ", ".join(f"{name}.{key}" for key in key_names(first))
    return (
        f"def read_{variable}(session: Session, parents: int, *options: Any) -> Any:\n"
        f'    """The first rows of {first.class_.__name__}, and of each the keys of what belongs to it."""\n'
        f"    page = select({name}).order_by({order}).limit(parents).options(*options)\n"
        f"    found = session.scalars(page).unique()\n"
        f"    return {{{_key(first, row)}: {_touched(chain, row)} for {row} in found}}"
    )


def _row(mapper: Mapper[Any]) -> str:
    name = _snake(mapper.class_.__name__).lstrip("_")
    return f"{name}_" if keyword.iskeyword(name) or name in ("session", "parents", "options", "found", "page") else name


def _key(mapper: Mapper[Any], row: str) -> str:
    names = [f"{row}.{key}" for key in key_names(mapper)]
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _touched(chain: Sequence[Relationship], parent: str) -> str:
    """The expression that reads a relationship of a row, and those that follow it."""
    first, *rest = chain
    row = _row(first.to)
    row = f"other_{row}" if row == parent else row
    value = _touched(rest, row) if rest else None
    if first.many:
        read = _collection(first, parent)
        key = _key(first.to, row)
        return f"{{{key}: {value} for {row} in {read}}}" if value else f"[{key} for {row} in {read}]"
    there = value or _key(first.to, row)
    return f"None if ({row} := {parent}.{first.name}) is None else {there}"


def _collection(relationship: Relationship, parent: str) -> str:
    kind = relationship.of.relationships[relationship.name].collection_class
    made = kind() if callable(kind) else ()
    return f"{parent}.{relationship.name}.values()" if hasattr(made, "values") else f"{parent}.{relationship.name}"


def _ways(chain: Sequence[Relationship], names: Names) -> Iterator[tuple[str, str, str, bool]]:
    """Each way to load a chain: the strategy's name, its description, its options, and whether it is the baseline."""
    now = [LAZY.get(one.lazy) for one in chain]
    raises = [one for one in chain if one.lazy.startswith("raise")]
    if not raises:
        said = " and ".join(f'lazy="{one.lazy}"' for one in chain)
        yield "as_mapped", f"As it is mapped: {said}.", "", True
    for index, loaders in enumerate(_combined(len(chain))):
        if list(loaders) == now and not raises:
            continue
        options = _option(chain, loaders, names)
        name = (
            "_then_".join(one.removesuffix("load") for one in loaders)
            if len(set(loaders)) > 1
            else loaders[0].removesuffix("load")
        )
        description = " Then: ".join(dict.fromkeys(LOADERS[one] for one in loaders))
        yield name, description, options, bool(raises) and index == 0
    if len(chain) == 1 and chain[0].always:
        yield (
            "joined_inner",
            "In the same SELECT, by an inner join: there is one for each.",
            _option(chain, ("joinedload",), names, "innerjoin=True"),
            False,
        )


def _combined(length: int) -> list[tuple[str, ...]]:
    """The loaders for each relationship of a chain: one for all, or the two that are usual in every order."""
    same = [(loader,) * length for loader in LOADERS]
    return same + [mixed for mixed in product(("selectinload", "joinedload"), repeat=length) if len(set(mixed)) > 1]


def _option(chain: Sequence[Relationship], loaders: Sequence[str], names: Names, more: str = "") -> str:
    option = ""
    for one, loader in zip(chain, loaders, strict=True):
        option += f"{'.' if option else ''}{loader}({names.of(one.of)}.{one.name}{f', {more}' if more else ''})"
    return option


def _strategy(variable: str, name: str, description: str, options: str, baseline: bool, size: str = "parents") -> str:
    return (
        f'@{variable}.strategy(name="{name}"{", baseline=True" if baseline else ""})\n'
        f"async def {variable}_{name}(db: Database, {size}: int) -> Any:\n"
        f'    """{description}"""\n'
        f"    async with db.session() as session:\n"
        f"        return await session.run_sync(read_{variable}, {size}{f', {options}' if options else ''})"
    )


def _columns(variable: str, column: HeavyColumn, names: Names) -> str:
    """A scenario about a list that does not show a heavy column."""
    mapper, name = column.of, names.of(column.of)
    order = ", ".join(f"{name}.{key}" for key in key_names(mapper))
    light = light_names(mapper)
    row = _row(mapper)
    read = ", ".join(f"{row}.{one}" for one in light)
    listed = ", ".join(f"{name}.{one}" for one in light)
    now = "as it is mapped: left out" if column.deferred else "as it is mapped: loaded with the others"
    ways = [("as_mapped", f"{now[0].upper()}{now[1:]}.", "", True)]
    if column.deferred:
        ways.append(("undefer", "Loaded with the others.", f"undefer({name}.{column.name})", False))
    else:
        ways.append(("defer", "Left out until it is touched.", f"defer({name}.{column.name})", False))
    ways.append(("load_only", "Only the columns that are shown.", f"load_only({listed})", False))
    shared = (
        f"def read_{variable}(session: Session, rows: int, *options: Any) -> Any:\n"
        f'    """The first rows of {mapper.class_.__name__}, all but {column.name}."""\n'
        f"    page = select({name}).order_by({order}).limit(rows).options(*options)\n"
        f"    return [({read},) for {row} in session.scalars(page).unique()]"
    )
    tuples = (
        f'@{variable}.strategy(name="columns", returns="rows")\n'
        f"async def {variable}_columns(db: Database, rows: int) -> Any:\n"
        f'    """Rows of the columns that are shown, and no objects."""\n'
        f"    async with db.session() as session:\n"
        f"        page = select({listed}).order_by({order}).limit(rows)\n"
        f"        return [tuple(row) for row in await session.execute(page)]"
    )
    strategies = [_strategy(variable, *way, size="rows") for way in ways]
    question = f"How should a list of {mapper.class_.__name__} leave out {column.name}?"
    return "\n\n\n".join([_scenario(variable, question, "rows"), shared, *strategies, tuples])


def _keyed(variable: str, mapper: Mapper[Any], names: Names) -> str:
    """A scenario about loading objects by a list of keys."""
    name, keys, row = names.of(mapper), key_names(mapper), _row(mapper)
    single = len(keys) == 1
    columns = ", ".join(f"{name}.{key}" for key in keys)
    listed = f"{name}.{keys[0]}.in_(state)" if single else f"tuple_({columns}).in_(state)"
    found = (
        "list((await session.scalars(wanted)).all())"
        if single
        else "[tuple(row) for row in await session.execute(wanted)]"
    )
    setup = (
        f"@asynccontextmanager\n"
        f"async def {variable}_keys(db: Database, keys: int) -> AsyncIterator[Any]:\n"
        f'    """The keys that are asked for."""\n'
        f"    async with db.session() as session:\n"
        f"        wanted = select({columns}).order_by({columns}).limit(keys)\n"
        f"        found = {found}\n"
        f"    yield found"
    )
    ways = [
        (
            "get_each",
            "One after the other, by Session.get.",
            f"        found = [await session.get({name}, key) for key in state]",
            ", baseline=True",
        ),
        (
            "in_",
            "One SELECT with IN.",
            f"        found = (await session.scalars(select({name}).where({listed}))).unique().all()",
            "",
        ),
    ]
    strategies = [
        f'@{variable}.strategy(name="{way}"{baseline}, setup={variable}_keys)\n'
        f"async def {variable}_{way}(db: Database, keys: int, state: Any) -> Any:\n"
        f'    """{description}"""\n'
        f"    async with db.session() as session:\n"
        f"{loaded}\n"
        f"        return [{_key(mapper, row)} for {row} in found if {row} is not None]"
        for way, description, loaded, baseline in ways
    ]
    question = f"How should rows of {mapper.class_.__name__} be loaded by their keys?"
    return "\n\n\n".join([_scenario(variable, question, "keys"), setup, *strategies])
