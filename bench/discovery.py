"""Finds scenario modules by path, as tests are found, and imports them without putting their folder on `sys.path`."""

from __future__ import annotations

import ast
import hashlib
import importlib
import importlib.util
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType

import bench
from bench.errors import BenchError, ScenarioError, UsageError
from bench.own_code import last_line
from bench.scenario import Scenario


@dataclass(frozen=True)
class Module:
    """A scenario module that was found and not yet imported: its name in selectors, and its file."""

    name: str
    path: Path


def builtin_folder() -> Path:
    """Where the scenarios that come with the package are: inside it in a wheel, beside it in a checkout."""
    package = Path(bench.__file__).resolve().parent
    inside = package / "_scenarios"
    return inside if inside.is_dir() else package.parent / "scenarios"


def find_modules(
    places: Iterable[str | Path] = (), moved: Callable[[Path], Path] = lambda path: path
) -> dict[str, Module]:
    """The scenario modules by name: the built-in ones, joined (and hidden, where names are equal) by those in `places`.

    Args:
        places: Folders, files, or dotted names of packages or modules.
        moved: Where to look for a folder or file that lies in one checkout in another, which may lack it.

    Raises:
        UsageError: A place that is not there.
    """
    found = {module.name: module for module in _in_folder(moved(builtin_folder()))}
    for place in places:
        path = _path_of(place)
        if not path.is_dir() and path.suffix != ".py":
            raise UsageError(f"no scenarios at {str(place)!r}: it is no Python file")
        there = moved(path)
        files = _in_folder(there) if path.is_dir() else [Module(path.stem, there)] if there.is_file() else []
        found.update({module.name: module for module in files})
    return found


def load_module(module: Module) -> dict[str, Scenario]:
    """Import a module and return its scenarios by name (`module.variable`), each one checked.

    Raises:
        ScenarioError: It does not import, or a scenario contradicts itself; with file and line.
    """
    try:
        imported = _import(module)
        own = {
            variable: value
            for variable, value in vars(imported).items()
            if isinstance(value, Scenario) and not _belongs_elsewhere(value, imported)
        }
        for value in own.values():
            value.check()
    except ScenarioError as error:
        raise ScenarioError(_from_here(str(error))) from error
    for variable, value in own.items():
        value.question = value.question or _first_line(imported.__doc__) or f"Which strategy of {variable} is fastest?"
    return {f"{module.name}.{variable}": value for variable, value in own.items()}


def import_file(path: Path) -> ModuleType:
    """A Python file as a module: by its dotted name where `import` finds it, else under a private one.

    Raises:
        UsageError: It is not there.
        ScenarioError: It does not import, with file and line.
    """
    if not path.is_file():
        raise UsageError(f"there is no file {_shown(path)}")
    return _import(Module(path.stem, path.resolve()))


def _belongs_elsewhere(scenario: Scenario, module: ModuleType) -> bool:
    """Whether a module only imported a scenario of another one; what a helper function made is its caller's own."""
    return Path(scenario.file) != Path(module.__file__ or "") and any(
        Path(getattr(other, "__file__", None) or "") == Path(scenario.file)
        and any(value is scenario for value in vars(other).values())
        for other in list(sys.modules.values())
    )


def _path_of(place: str | Path) -> Path:
    path = Path(place).resolve()
    if path.exists():
        return path
    if isinstance(place, str) and all(part.isidentifier() for part in place.split(".")):
        found = _place_of_name(*place.split("."))
        if found is not None:
            return found.resolve()
    raise UsageError(f"no scenarios at {str(place)!r}: give a folder, a file or the dotted name of a package")


def _place_of_name(first: str, *rest: str) -> Path | None:
    """The folder or file of a dotted name, found without importing its packages: those are for the worker to run.

    The current directory comes first, as it does there.
    """
    spec = PathFinder.find_spec(first, [str(Path.cwd())]) or importlib.util.find_spec(first)
    if spec is None:
        return None
    for folder in spec.submodule_search_locations or ():
        path = Path(folder, *rest)
        if path.is_dir():
            return path
        if path.with_suffix(".py").is_file():
            return path.with_suffix(".py")
    return Path(spec.origin) if spec.has_location and spec.origin and not rest else None


def _in_folder(folder: Path) -> list[Module]:
    return [
        Module(path.stem, path)
        for path in sorted(folder.glob("*.py"))
        if path.is_file() and path.stem.isidentifier() and path.stem != "__init__" and imports_bench(path)
    ]


def imports_bench(path: Path) -> bool:
    """Whether a file says that it imports bench, or cannot be read as Python: importing it then shows the error."""
    tree = _parsed(path)
    return tree is None or any(True for _ in _imports(tree))


def declares_scenarios(path: Path) -> bool:
    """Whether a file names `bench.Scenario`, which it has to do to declare one by itself."""
    tree = _parsed(path)
    imports = list(_imports(tree)) if tree is not None else []
    if tree is None or not imports:
        return False
    names = {alias.name for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names}
    return bool(names & {"Scenario", "*"}) or any(
        isinstance(node, ast.Attribute) and node.attr == "Scenario" for node in ast.walk(tree)
    )


def _parsed(path: Path) -> ast.Module | None:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, OSError):
        return None


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """The statements that import bench, or something of it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name.partition(".")[0] == "bench" for alias in node.names):
            yield node
        if isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").partition(".")[0] == "bench":
            yield node


def _import(module: Module) -> ModuleType:
    try:
        return importlib.import_module(f"{_package_of(module.path.parent)}.{module.path.stem}")
    except (BenchError, KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # an author's module may raise anything, SystemExit included
        raise ScenarioError(f"{_place_of(error, module)}: {type(error).__name__}: {_one_line(error)}") from error


def _package_of(folder: Path) -> str:
    dotted = _importable_name(folder)
    if dotted is not None:
        return dotted
    name = f"_bench_scenarios_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        package = ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def put_on_path(root: Path) -> None:
    """Have a user's directory imported from, before all else; and last the `src` in it, where projects keep packages
    that are found without an installation then, and nothing that lies there takes the place of a library.
    """
    src = root / "src"
    sys.path.insert(0, str(root))
    if src.is_dir() and not (src / "__init__.py").exists() and str(src) not in sys.path:
        sys.path.append(str(src))


def _importable_name(folder: Path) -> str | None:
    """The dotted name of a folder that is a package which `import` finds, else None."""
    parts: list[str] = []
    while (folder / "__init__.py").exists():
        parts.insert(0, folder.name)
        folder = folder.parent
    on_path = {Path(entry or ".").resolve() for entry in sys.path}
    return ".".join(parts) if parts and folder in on_path else None


def _place_of(error: BaseException, module: Module) -> str:
    if isinstance(error, SyntaxError) and error.filename:
        return f"{_shown(Path(error.filename))}:{error.lineno}"
    line = last_line(error, [module.path.parent])
    return _shown(module.path) if line is None else f"{_shown(Path(line.filename))}:{line.lineno}"


def _shown(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _from_here(complaint: str) -> str:
    """A complaint whose file, with which it begins, is named from the current directory where it lies below it."""
    file, colon, rest = complaint.partition(":")
    return f"{_shown(Path(file))}{colon}{rest}" if Path(file).is_absolute() else complaint


def _one_line(error: BaseException) -> str:
    text = str(error.msg if isinstance(error, SyntaxError) else error)
    return " ".join(text.split())


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]


def select(selectors: Sequence[str], names: Mapping[str, Sequence[str]]) -> dict[str, list[str] | None]:
    """The scenarios that selectors match, each with the strategies asked for (None for all of them).

    Args:
        selectors: `loading`, `loading.one_to_many` or `loading.one_to_many:selectin`; none selects everything.
        names: Each scenario's name with the names of its strategies.

    Raises:
        UsageError: A selector that matches nothing, with what there is that is close.
    """
    if not selectors:
        return dict.fromkeys(names)
    chosen: dict[str, list[str] | None] = {}
    for selector in selectors:
        scenario, _, strategy = selector.partition(":")
        matched = [name for name in names if name == scenario or name.startswith(f"{scenario}.")]
        if not matched:
            raise UsageError(f"no scenario {scenario!r}{close_to(scenario, _dotted_parts(names))}")
        if strategy and not any(strategy in names[name] for name in matched):
            known = [f"{name}:{one}" for name in matched for one in names[name]]
            raise UsageError(f"no strategy {selector!r}{close_to(selector, known)}")
        for name in matched:
            if not strategy:
                chosen[name] = None
            elif (
                strategy in names[name]
                and (wanted := chosen.setdefault(name, [])) is not None
                and strategy not in wanted
            ):
                wanted.append(strategy)
    return {name: chosen[name] for name in names if name in chosen}


def close_to(name: str, known: Iterable[str]) -> str:
    """A clause that names what there is that is close to a name that was not found, or everything where that is
    little.
    """
    import difflib

    known = sorted(set(known))
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if close:
        return f"; close to it: {', '.join(close)}"
    return f"; there is {', '.join(known)}" if 0 < len(known) <= 12 else "; `bench list` names what there is"


def _dotted_parts(names: Iterable[str]) -> list[str]:
    return [part for name in names for part in (name, name.partition(".")[0])]
