"""A scenario module for mapped classes, written as its author would keep it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bench.modelling.mapped import Asked, HeavyColumn, Relationship, key_names, other_names
from bench.modelling.names import Names
from bench.modelling.ways import LOADERS, MAPPED, Way, as_mapped, ways_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

SIZES = (10, 100, 1_000)
TYPICAL = 100
GET_EACH = "get_each"
"""The strategy that loads what is asked for by key one by one."""


@dataclass(frozen=True)
class Draft:
    """A module that was written: its text; for each of its scenarios what it is about, and how that is done now; what
    is left out and why; and how many rows are made for each table.
    """

    text: str
    titles: Mapping[str, str]
    now: Mapping[str, str]
    left_out: Sequence[tuple[str, str]]
    rows: Mapping[str, int]


@dataclass(frozen=True)
class Wording:
    """How strategies are called: async or not."""

    is_async: bool

    @property
    def function(self) -> str:
        """What a strategy begins with."""
        return "async def" if self.is_async else "def"

    @property
    def session(self) -> str:
        """The line that opens its session."""
        return f"    {'async ' if self.is_async else ''}with db.session() as session:"

    @property
    def waits(self) -> str:
        """What stands before a call that is waited for."""
        return "await " if self.is_async else ""

    @property
    def database(self) -> str:
        """The class of what a strategy is given."""
        return "Database" if self.is_async else "SyncDatabase"

    def shared(self, function: str, arguments: str) -> str:
        """A call of a function that takes a plain session."""
        return (
            f"await session.run_sync({function}, {arguments})" if self.is_async else f"{function}(session, {arguments})"
        )

    def waited(self, call: str) -> str:
        """A call of the session's own, with what it gives."""
        return f"(await session.{call})" if self.is_async else f"session.{call}"


def draft(
    module: str,
    base: str,
    asked: Asked,
    rows: Mapping[str, int],
    fill: str | None,
    name: str,
    made: Mapping[str, int],
    *,
    is_async: bool,
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
        is_async: Whether sessions are async.
    """
    names, wording = Names(module, base), Wording(is_async)
    titles: dict[str, str] = {}
    now: dict[str, str] = {}
    blocks = []
    for chain in asked.chains:
        variable = _variable(names, "_".join([_snake(chain[0].of.class_.__name__), *(one.name for one in chain)]))
        titles[variable] = ".".join([chain[0].title, *(one.name for one in chain[1:])])
        now[variable] = as_mapped(chain)
        blocks.append(_chain(variable, chain, names, wording))
    for column in asked.columns:
        variable = _variable(names, f"{_snake(column.of.class_.__name__)}_without_{column.name}")
        titles[variable], now[variable] = column.title, "left out" if column.deferred else "loaded with the others"
        blocks.append(_columns(variable, column, names, wording))
    for mapper in asked.keyed:
        variable = _variable(names, f"{_snake(mapper.class_.__name__)}_by_key")
        titles[variable], now[variable] = mapper.class_.__name__, GET_EACH
        blocks.append(_keyed(variable, mapper, names, wording))
    dataset = _dataset(f"{module}:{base}", names.base, rows, fill, name)
    head = _head(module, names, dataset, "\n".join(blocks))
    return Draft("\n\n\n".join([head, *blocks]) + "\n", titles, now, asked.left_out, made)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _variable(names: Names, wanted: str) -> str:
    return names.new(re.sub(r"\W", "_", wanted))


def _head(module: str, names: Names, dataset: str, body: str) -> str:
    """The docstring, the imports and the dataset."""
    text = "\n".join([*names.looked_up, dataset, body])
    imports = [
        *(_import(place, _used(offered, text)) for place, offered in _STANDARD),
        "",
        *(_import(place, _used(offered, text)) for place, offered in _SQLALCHEMY),
        "",
        *(
            _import(place, sorted(dict.fromkeys(imported), key=str.lower))
            for place, imported in sorted(names.imports.items())
        ),
        *(_import(place, _used(offered, text)) for place, offered in _BENCH),
    ]
    lines = [
        f'"""How should what {module} maps be loaded?"""',
        "",
        *(line for line in imports if line is not None),
        "",
        *names.looked_up,
        f"models = {dataset}",
    ]
    return "\n".join(lines)


_STANDARD = (
    ("collections.abc", ("AsyncIterator", "Iterator")),
    ("contextlib", ("asynccontextmanager", "contextmanager")),
    ("typing", ("Any",)),
)
_SQLALCHEMY = (
    ("sqlalchemy", ("select", "tuple_")),
    ("sqlalchemy.orm", ("Session", "defaultload", "defer", *sorted(LOADERS), "load_only", "undefer")),
)
_BENCH = (
    ("bench", ("Database", "Dataset", "Scenario", "SyncDatabase", "generated", "mapped_class")),
    ("bench.modelling.datasets", ("dataset_of",)),
    ("bench.modelling.finding", ("find_mapped",)),
    ("bench.modelling.loaded", ("loaded",)),
)


def _import(place: str, names: Sequence[str]) -> str | None:
    return f"from {place} import {', '.join(names)}" if names else None


def _used(offered: Sequence[str], text: str) -> list[str]:
    return [name for name in offered if re.search(rf"\b{name}\b", text)]


def _dataset(named: str, base: str, rows: Mapping[str, int], fill: str | None, name: str) -> str:
    if fill is not None:
        return f"dataset_of({name!r}, {named!r}, fill={fill!r})"
    return f"Dataset({name!r}, {base}.metadata, generated({base}{f', rows={dict(rows)!r}' if rows else ''}))"


def _scenario(variable: str, question: str, parameter: str) -> str:
    return (
        f"{variable} = Scenario(\n"
        f"    dataset=models,\n"
        f"    question={question!r},\n"
        f'    params={{"{parameter}": {SIZES!r}}},\n'
        f'    typical={{"{parameter}": {TYPICAL}}},\n'
        f'    size="{parameter}",\n'
        f"    compared=loaded,\n"
        f")"
    )


def _chain(variable: str, chain: Sequence[Relationship], names: Names, wording: Wording) -> str:
    """A scenario about a relationship, or about several that follow each other."""
    path = ".".join([chain[0].title, *(one.name for one in chain[1:])])
    read = names.new(f"read_{variable}")
    parts = [
        _scenario(variable, f"How should {path} be loaded?", "parents"),
        _read(read, chain, names),
        *(_strategy(variable, read, way, names, wording) for way in ways_of(chain, names)),
    ]
    return "\n\n\n".join(parts)


def _read(function: str, chain: Sequence[Relationship], names: Names) -> str:
    """The function that all strategies share: it reads the parents and touches what is asked for."""
    first = chain[0].of
    name = names.of(first)
    row = names.inside(_snake(first.class_.__name__).lstrip("_"), ())
    order = ", ".join(f"{name}.{key}" for key in key_names(first))
    return (
        f"def {function}(session: Session, parents: int, *options: Any) -> Any:\n"
        f'    """The first rows of {first.class_.__name__}, and of each the keys of what belongs to it."""\n'
        f"    page = select({name}).order_by({order}).limit(parents).options(*options)\n"
        f"    found = session.scalars(page).unique()\n"
        f"    return {{{_key(first, row)}: {_touched(chain, row, (row,), names)} for {row} in found}}"
    )


def _key(mapper: Mapper[Any], row: str) -> str:
    names = [f"{row}.{key}" for key in key_names(mapper)]
    return names[0] if len(names) == 1 else f"({', '.join(names)})"


def _touched(chain: Sequence[Relationship], parent: str, used: Collection[str], names: Names) -> str:
    """The expression that reads a relationship of a row, and those that follow it."""
    first, *rest = chain
    row = names.inside(_snake(first.to.class_.__name__).lstrip("_"), used)
    value = _touched(rest, row, (*used, row), names) if rest else None
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


def _strategy(variable: str, read: str, way: Way, names: Names, wording: Wording) -> str:
    given = f"{way.parameter}, {way.options}" if way.options else way.parameter
    function = names.new(f"{variable}_{way.name}")
    return (
        f'@{variable}.strategy(name="{way.name}"{", baseline=True" if way.baseline else ""})\n'
        f"{wording.function} {function}(db: {wording.database}, {way.parameter}: int) -> Any:\n"
        f'    """{way.description}"""\n'
        f"{wording.session}\n"
        f"        return {wording.shared(read, given)}"
    )


def _columns(variable: str, column: HeavyColumn, names: Names, wording: Wording) -> str:
    """A scenario about a list that does not show a heavy column: what else is loaded is the same for all ways."""
    mapper, name = column.of, names.of(column.of)
    order = ", ".join(f"{name}.{key}" for key in key_names(mapper))
    others = other_names(mapper, column.name)
    row = names.inside(_snake(mapper.class_.__name__).lstrip("_"), ())
    shown = ", ".join(f"{row}.{one}" for one in others)
    listed = ", ".join(f"{name}.{one}" for one in others)
    now = "As it is mapped: left out." if column.deferred else "As it is mapped: loaded with the others."
    other = (
        Way("undefer", "Loaded with the others.", f"undefer({name}.{column.name})", parameter="rows")
        if column.deferred
        else Way("defer", "Left out until it is touched.", f"defer({name}.{column.name})", parameter="rows")
    )
    ways = [
        Way(MAPPED, now, "", baseline=True, parameter="rows"),
        other,
        Way("load_only", "The columns that are shown, by name.", f"load_only({listed})", parameter="rows"),
    ]
    read = names.new(f"read_{variable}")
    shared = (
        f"def {read}(session: Session, rows: int, *options: Any) -> Any:\n"
        f'    """The first rows of {mapper.class_.__name__}, all but {column.name}."""\n'
        f"    page = select({name}).order_by({order}).limit(rows).options(*options)\n"
        f"    return [({shown},) for {row} in session.scalars(page).unique()]"
    )
    tuples = (
        f'@{variable}.strategy(name="columns", returns="rows")\n'
        f"{wording.function} {names.new(f'{variable}_columns')}(db: {wording.database}, rows: int) -> Any:\n"
        f'    """Rows of the columns that are shown, and no objects."""\n'
        f"{wording.session}\n"
        f"        page = select({listed}).order_by({order}).limit(rows)\n"
        f"        return [tuple(row) for row in {wording.waited('execute(page)')}]"
    )
    strategies = [_strategy(variable, read, way, names, wording) for way in ways]
    question = f"How should a list of {mapper.class_.__name__} leave out {column.name}?"
    return "\n\n\n".join([_scenario(variable, question, "rows"), shared, *strategies, tuples])


def _keyed(variable: str, mapper: Mapper[Any], names: Names, wording: Wording) -> str:
    """A scenario about loading objects by a list of keys."""
    name, keys = names.of(mapper), key_names(mapper)
    row = names.inside(_snake(mapper.class_.__name__).lstrip("_"), ())
    single = len(keys) == 1
    columns = ", ".join(f"{name}.{key}" for key in keys)
    listed = f"{name}.{keys[0]}.in_(state)" if single else f"tuple_({columns}).in_(state)"
    found = (
        f"list({wording.waited('scalars(wanted)')}.all())"
        if single
        else f"[tuple(row) for row in {wording.waited('execute(wanted)')}]"
    )
    kind = "Async" if wording.is_async else ""
    setup = names.new(f"{variable}_keys")
    prepared = (
        f"@{kind.lower()}contextmanager\n"
        f"{wording.function} {setup}(db: {wording.database}, keys: int) -> {kind}Iterator[Any]:\n"
        f'    """The keys that are asked for."""\n'
        f"{wording.session}\n"
        f"        wanted = select({columns}).order_by({columns}).limit(keys)\n"
        f"        found = {found}\n"
        f"    yield found"
    )
    ways = [
        (
            GET_EACH,
            "One after the other, by Session.get.",
            f"[{wording.waits}session.get({name}, key) for key in state]",
            ", baseline=True",
        ),
        (
            "in_",
            "One SELECT with IN.",
            f"{wording.waited(f'scalars(select({name}).where({listed}))')}.unique().all()",
            "",
        ),
    ]
    strategies = [
        f'@{variable}.strategy(name="{way}"{baseline}, setup={setup})\n'
        f"{wording.function} {names.new(f'{variable}_{way}')}(db: {wording.database}, keys: int, state: Any) -> Any:\n"
        f'    """{description}"""\n'
        f"{wording.session}\n"
        f"        found = {read}\n"
        f"        return [{_key(mapper, row)} for {row} in found if {row} is not None]"
        for way, description, read, baseline in ways
    ]
    question = f"How should rows of {mapper.class_.__name__} be loaded by their keys?"
    return "\n\n\n".join([_scenario(variable, question, "keys"), prepared, *strategies])
