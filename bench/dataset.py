"""A dataset: tables, and the rows that fill them, the same for the same seed and scale on every database."""

from __future__ import annotations

import ast
import hashlib
import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from random import Random
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from bench.errors import ScenarioError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

Rows = Callable[[int, Random], Iterator[tuple[Any, Iterable[tuple[Any, ...]]]]]
"""`rows(scale, random)` yields each table (or mapped class) with its rows: tuples in the order of its columns."""


@dataclass(frozen=True)
class PartOfTable:
    """Some columns of a table, in the order that rows have them; the server fills in the others."""

    table: Any
    columns: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tables and the rows that fill them, from one of three sources.

    Args:
        name: What it is called in results and in the name of its template database.
        metadata: The tables, as SQLAlchemy metadata; indexes and constraints included. Where there is a file, or where
            `fill` makes them itself, it can be left out.
        rows: `rows(scale, random)`: yields `(table, rows)` in an order that foreign keys allow; `random` is seeded.
        fill: `fill(session)`, async or not: adds the rows as an application or a fixture of its tests does; what it
            has not committed is committed after it.
        file: SQL, or what pg_dump wrote (plain or custom), relative to the file that this stands in.

    Raises:
        ScenarioError: None of the sources is given, or more than one.
    """

    name: str
    metadata: MetaData | None = None
    rows: Rows | None = None
    fill: Callable[..., Any] | None = None
    file: Path | str | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("rows", "fill", "file") if getattr(self, name) is not None]
        if len(given) != 1:
            said = f"{' and '.join(given)} are given" if given else "nothing is given"
            raise ScenarioError(f"the dataset {self.name!r} has rows=, fill= or file=, one of them: {said}")
        if self.rows is not None and self.metadata is None:
            raise ScenarioError(f"the dataset {self.name!r} has rows and no tables: give metadata")
        if self.file is not None:
            object.__setattr__(self, "file", _beside_caller(Path(self.file)))

    @property
    def is_somebodys(self) -> bool:
        """Whether its rows are somebody's own, and not made for this."""
        return self.rows is None

    @property
    def is_generated(self) -> bool:
        """Whether its rows are made from what the tables say of themselves."""
        return hasattr(self.rows, "ingredients")

    def digest(self, *ingredients: object) -> str:
        """A short digest of the definition: the sources of the modules that make the rows, the tables, and
        `ingredients` (scale, seed, server version). Equal definitions share a template, a changed one gets a new one.
        """
        tables = [_told(table) for table in self.metadata.sorted_tables] if self.metadata is not None else []
        content = "\0".join([self.name, "\0".join(self._source()), "\n".join(tables), *map(str, ingredients)])
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def _source(self) -> list[str]:
        """What its rows come from, to the letter."""
        if self.file is not None:
            try:
                with Path(self.file).open("rb") as opened:
                    return [hashlib.file_digest(opened, "sha256").hexdigest()]
            except OSError as error:
                raise ScenarioError(f"the dataset {self.name!r}: its file cannot be read: {error.strerror}") from error
        made: Any = self.rows if self.rows is not None else self.fill
        return [*_sources(made), *map(str, getattr(made, "ingredients", list)())]


def _told(table: Any) -> str:
    """A table in a text that is the same in every process: what `repr` says of one has addresses, in any order."""
    columns = [
        f"{column.name} {column.type!r} {column.nullable} {column.primary_key} "
        f"{sorted(key.target_fullname for key in column.foreign_keys)} {_default(column)}"
        for column in table.columns
    ]
    rules = {*table.constraints, *table.indexes, *(rule for column in table.columns for rule in column.constraints)}
    said = sorted(f"{type(rule).__name__} {rule.name} {_columns(rule)} {_said(rule)}" for rule in rules)
    return _ADDRESS.sub("", "\n".join([table.fullname, *columns, *said]))


def _default(column: Any) -> str:
    """What the server gives a column, where that is a text; a construct of somebody's own is none without a dialect."""
    given = getattr(column.server_default, "arg", None)
    return str(getattr(given, "text", given if isinstance(given, str) else type(given).__qualname__))


def _columns(rule: Any) -> list[str]:
    return [str(getattr(column, "name", column)) for column in getattr(rule, "columns", ())]


def _said(rule: Any) -> str:
    """The condition of a CHECK, and the expressions of an index."""
    return " ".join(
        map(str, [getattr(rule, "sqltext", ""), *getattr(rule, "expressions", ()), getattr(rule, "unique", "")])
    )


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def _beside_caller(path: Path) -> Path:
    """A path as it is meant from the file that declares a dataset."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    # Between the two is what the dataclass has made, which has no file.
    while frame is not None and frame.f_code.co_filename == "<string>":
        frame = frame.f_back
    return (Path(frame.f_code.co_filename).parent if frame is not None else Path()) / path


def _sources(rows: Callable[..., Any]) -> list[str]:
    """The source of the module of a function, and of those that it uses something of, directly or by a function that it
    calls; installed packages have versions, and are left out.
    """
    modules: dict[str, ModuleType] = {}
    seen: set[int] = set()
    waiting: list[Any] = [rows]
    while waiting:
        used = waiting.pop()
        if id(used) in seen:
            continue
        seen.add(id(used))
        name = used.__name__ if isinstance(used, ModuleType) else getattr(used, "__module__", None)
        module = sys.modules.get(name) if isinstance(name, str) else None
        if module is None or not (_is_own(module) or used is rows):
            continue
        modules[module.__name__] = module
        if inspect.isfunction(used):
            for name in _names(used.__code__) & used.__globals__.keys():
                waiting += [used.__globals__[name], *_imported_by(module, name)]
    if not modules:
        return [inspect.getsource(rows)]
    return [_content(modules[name]) for name in sorted(modules)]


def _content(module: ModuleType) -> str:
    """The source of a module; of one that was compiled, its bytes."""
    try:
        return inspect.getsource(module)
    except (OSError, TypeError):
        return Path(str(module.__file__)).read_bytes().hex()


def _imported_by(module: ModuleType, name: str) -> list[ModuleType]:
    """The modules that a module has a name from, one by way of another: a constant does not say itself whose it is."""
    found: list[ModuleType] = []
    while _is_own(module):
        origin = next((origin for origin in _origins(module, name) if origin[0] in sys.modules), None)
        if origin is None or sys.modules[origin[0]] in found:
            break
        module, name = sys.modules[origin[0]], origin[1]
        found.append(module)
    return found


def _origins(module: ModuleType, name: str) -> Iterator[tuple[str, str]]:
    """What a module imports a name from, and under which name it stands there."""
    for node in _from_imports(module):
        origin = resolve_name("." * node.level + (node.module or ""), module.__package__)
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                yield origin, alias.name
            elif alias.name == "*" and hasattr(sys.modules.get(origin), name):
                yield origin, name


@cache
def _from_imports(module: ModuleType) -> Sequence[ast.ImportFrom]:
    """What a module says `from … import …` of; it is asked for each of the names that are used of it."""
    try:
        source = ast.parse(inspect.getsource(module))
    except (OSError, TypeError):  # compiled
        return ()
    return [node for node in ast.walk(source) if isinstance(node, ast.ImportFrom)]


def _names(code: CodeType) -> set[str]:
    """The global names that a function uses, those of the functions inside it too."""
    inner = [one for one in code.co_consts if isinstance(one, CodeType)]
    return set(code.co_names).union(*map(_names, inner))


def _is_own(module: ModuleType) -> bool:
    """Whether a module is the author's: neither installed, nor of the standard library, nor of the harness."""
    file = getattr(module, "__file__", None)
    if not file or module.__name__.partition(".")[0] == "bench":
        return False
    path = Path(file).resolve()
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    return not installed and not path.is_relative_to(Path(os.__file__).resolve().parent)
