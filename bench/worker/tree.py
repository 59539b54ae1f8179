"""Has a worker import a repository's modules from another checkout of it, however the first one is installed; and says
which files it imported.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from bench.pipe import Message

PACKAGES = frozenset({"site-packages", "dist-packages"})
"""Folders that packages are installed in."""
HARNESS = "querybench"
"""The distribution of `bench`, which is imported before a folder of that name in a checkout."""


def import_from(tree: Path, in_place_of: Path) -> None:
    """Have everything that would be imported from a checkout come from another one of the same repository.

    Folders of the path that lie in the first are preceded by those of the second, and where an installation finds its
    packages by a finder of its own, these are looked for in the second. Installed packages stay where they are, in an
    environment inside the checkout too.
    """
    tree, in_place_of = tree.resolve(), in_place_of.resolve()
    moved = [moved_path(Path(entry or ".").resolve(), tree, in_place_of) for entry in sys.path]
    sys.path[:0] = [str(path) for path in dict.fromkeys(moved) if path is not None]
    sys.meta_path.insert(0, _OtherTree(tree, in_place_of))


def moved_path(path: Path, tree: Path, in_place_of: Path) -> Path | None:
    """Where a path of one checkout is in another; None where it lies outside, or belongs to an environment."""
    if not path.is_relative_to(in_place_of) or _is_installed(path):
        return None
    return tree / path.relative_to(in_place_of)


def imported_below(folders: Sequence[Path]) -> Message:
    """The file of every module that was imported so far from one of these folders, environments in them left out; by
    the folder, which is the deepest that holds it.
    """
    found: dict[str, list[str]] = {str(folder): [] for folder in folders}
    by_depth = sorted((folder.resolve() for folder in folders), key=lambda folder: -len(folder.parts))
    names = {folder.resolve(): str(folder) for folder in folders}
    for path in _imported():
        if _is_installed(path):
            continue
        for folder in by_depth:
            if path.is_relative_to(folder):
                found[names[folder]].append(str(path.relative_to(folder)))
                break
    return {folder: sorted(set(files)) for folder, files in found.items()}


def installed_copies(folders: Sequence[Path]) -> list[str]:
    """The names of packages and modules that one of these checkouts has, and that were imported from a copy of them
    that is installed: a change in the checkout is not in it. What others have installed under such a name is none.
    """
    projects = [project for folder in folders for project in _projects(folder)]
    found = []
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if "." in name or not isinstance(file, str) or PACKAGES.isdisjoint(Path(file).parts):
            continue
        own = Path(name, "__init__.py") if Path(file).name == "__init__.py" else Path(Path(file).name)
        if any(_keeps(project, own) and _may_have_installed(project, name) for project in projects):
            found.append(name)
    return sorted(found)


def _projects(folder: Path) -> list[Path]:
    """The checkout, and the projects directly below it."""
    inner = [path.parent for name in ("pyproject.toml", "setup.py") for path in folder.glob(f"*/{name}")]
    return list(dict.fromkeys((folder, *inner)))


def _keeps(project: Path, file: Path) -> bool:
    """Whether a project has such a file where it would be imported from."""
    inner = [place for place in (project / "src", project / "lib") if not (place / "__init__.py").exists()]
    return any((place / file).is_file() for place in (project, *inner))


def _may_have_installed(project: Path, name: str) -> bool:
    """Whether what is installed under a name may be a project's: it belongs to no distribution, or to the project's, or
    the project is one whose name stands in code. What says no name cannot have been installed.
    """
    from importlib.metadata import packages_distributions

    owners = {_normalized(owner) for owner in packages_distributions().get(name, ())}
    own = _name_of(project)
    if not owners or own in owners:
        return True
    in_code = any((project / file).is_file() for file in ("setup.py", "setup.cfg"))
    return own is None and in_code and HARNESS not in owners


def _name_of(project: Path) -> str | None:
    """What a project calls its distribution, where its pyproject.toml says it."""
    try:
        told = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    tools = told.get("tool", {})
    name = told.get("project", {}).get("name") or tools.get("poetry", {}).get("name")
    return _normalized(name) if isinstance(name, str) else None


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _imported() -> Iterator[Path]:
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str):
            yield Path(file).resolve()


def _is_installed(path: Path) -> bool:
    prefix = Path(sys.prefix).resolve()
    return path.is_relative_to(prefix) or not PACKAGES.isdisjoint(path.parts)


class _OtherTree:
    """Finds top-level modules in another checkout where the finders after it would find them in the first."""

    def __init__(self, tree: Path, in_place_of: Path) -> None:
        self._tree = tree
        self._in_place_of = in_place_of

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module in the other checkout; None where it is not of this repository, or lies below a package, whose
        own path leads there.

        Raises:
            ModuleNotFoundError: It is in the first checkout alone.
        """
        if path is not None:
            return None
        for finder in [one for one in sys.meta_path if one is not self]:
            spec = finder.find_spec(name, None, target) if hasattr(finder, "find_spec") else None
            if spec is not None:
                return self._moved(spec)
        return None

    def _moved(self, spec: ModuleSpec) -> ModuleSpec:
        """The same module in the other checkout, where it is one of this repository's."""
        if spec.has_location and spec.origin is not None:
            moved = moved_path(Path(spec.origin).resolve(), self._tree, self._in_place_of)
            if moved is None:
                return spec
            if not moved.is_file():
                raise ModuleNotFoundError(
                    f"{moved.relative_to(self._tree)} is not in the revision that is compared with", name=spec.name
                )
            found = spec_from_file_location(spec.name, moved)
            return found if found is not None else spec
        if spec.submodule_search_locations is not None:  # a namespace package
            spec.submodule_search_locations = [
                str(moved_path(Path(place).resolve(), self._tree, self._in_place_of) or place)
                for place in spec.submodule_search_locations
            ]
        return spec
