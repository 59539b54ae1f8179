"""Finds mapped classes by what their author calls them: `app.models:Base`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.exc import ArgumentError, InvalidRequestError
from sqlalchemy.orm import registry

from bench.errors import ScenarioError, UsageError
from bench.generating.generated import mappers_of
from bench.own_code import last_line


@dataclass(frozen=True)
class Mapped:
    """Mapped classes: the module that they are found by, the expression there for their base, the base itself, and the
    modules that could not be imported beside it, with the reason.
    """

    module: str
    expression: str
    base: Any
    left_out: Sequence[tuple[str, str]] = ()


def find_mapped(named: str) -> Mapped:
    """The base, registry or metadata that `module:expression` names; without an expression, the only one in it. Where
    the module is a package, what is in it is imported too, as far as it can be: models are often spread over it, and
    other things beside them need what is not installed.

    Raises:
        UsageError: It names nothing, or there are several to choose from.
        ScenarioError: The module does not import, or the classes in it cannot be mapped.
    """
    name, _, expression = named.partition(":")
    if name.endswith(".py"):
        raise UsageError(
            f"{name} names a file: name the module as `import` does, {Path(name).stem}:{expression or 'Base'}"
        )
    if not name or not all(part.isidentifier() for part in name.split(".")):
        raise UsageError(f"{named!r} names no module: say it as app.models:Base")
    module = _imported(name)
    left_out = []
    for below in _below(module):
        try:
            _imported(below)
        except ScenarioError as error:
            left_out.append((below, str(error).removeprefix(f"{below} ")))
    if not expression:
        expression = _only_base(module)
    base: Any = module
    for part in expression.split("."):
        try:
            base = getattr(base, part)
        except AttributeError:
            raise UsageError(f"{name} has no {expression!r}{_offered(module)}") from None
    _configured(named, base, left_out)
    return Mapped(name, expression, base, left_out)


def _imported(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # an application's module may raise anything, SystemExit included
        line = last_line(error, [Path.cwd()])
        where = f" ({Path(line.filename).name}:{line.lineno})" if line is not None else ""
        said = " ".join(str(error).split())
        hint = ""
        if isinstance(error, ModuleNotFoundError) and error.name is not None and name.startswith(error.name):
            hint = ": start bench where `import` finds it, as your tests do"
        raise ScenarioError(f"{name} does not import{where}: {type(error).__name__}: {said}{hint}") from error


def _below(module: ModuleType) -> Iterator[str]:
    """The modules in a package, those of its own tests apart."""
    # What fails here fails again where it is imported, and is said there.
    packages = pkgutil.walk_packages(getattr(module, "__path__", []), f"{module.__name__}.", onerror=lambda name: None)
    for found in packages:
        last = found.name.rpartition(".")[2]
        if not last.startswith(("test_", "conftest", "__main__")) and ".tests" not in found.name:
            yield found.name


def _bases(module: ModuleType) -> list[str]:
    """What in a module others inherit from, or register at: not mapped itself."""
    found = []
    for name, value in vars(module).items():
        if (isinstance(value, registry) and value.mappers) or (
            isinstance(value, type) and _is_base(value) and mappers_of(value)
        ):
            found.append(name)
    return found


def _is_base(value: type) -> bool:
    return (
        isinstance(getattr(value, "metadata", None), MetaData) and not {"__table__", "__mapper__"} & vars(value).keys()
    )


def _only_base(module: ModuleType) -> str:
    found = _bases(module)
    if len(found) == 1:
        return found[0]
    if not found:
        raise UsageError(f"{module.__name__} has no base of mapped classes: name it, as in {module.__name__}:Base")
    raise UsageError(f"{module.__name__} has several bases: say which, {module.__name__}:{found[0]} or {found[1]}")


def _offered(module: ModuleType) -> str:
    found = _bases(module)
    return f"; there is {', '.join(found)}" if found else ""


def _configured(named: str, base: Any, left_out: Sequence[tuple[str, str]]) -> None:
    """Have mappers be configured, as the first query would."""
    try:
        mappers = mappers_of(base)
    except (ArgumentError, InvalidRequestError) as error:
        beside = "".join(f"; and {name} {reason}" for name, reason in left_out[:1])
        raise ScenarioError(f"{named}: its mappers do not configure: {' '.join(str(error).split())}{beside}") from error
    if not mappers:
        raise ScenarioError(f"{named} maps no class: give the base or the registry that your models have")
