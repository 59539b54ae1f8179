"""A dataset from what somebody has: mapped classes, a function that fills them, a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.dataset import Dataset
from bench.discovery import close_to, import_file
from bench.errors import UsageError
from bench.generating.generated import generated, metadata_of
from bench.modelling.finding import find_mapped


def dataset_of(
    name: str,
    mapped: str | None = None,
    *,
    rows: Mapping[str, int] | None = None,
    fill: str | None = None,
    file: str | None = None,
) -> Dataset:
    """A dataset by what its sources are called.

    Args:
        name: What it is called in results.
        mapped: `module:base`: the tables, which are filled with made rows unless another source is given.
        rows: How many rows a table has, by its name.
        fill: `file.py::function`, which is given a session.
        file: SQL, or what pg_dump wrote.

    Raises:
        UsageError: A source is not there, or none is given.
        ScenarioError: Code does not import.
    """
    base = find_mapped(mapped).base if mapped is not None else None
    metadata = metadata_of(base) if base is not None else None
    if file is not None:
        if not Path(file).is_file():
            raise UsageError(f"there is no file {file} to fill the dataset from")
        return Dataset(name, metadata, file=Path(file).resolve())
    if fill is not None:
        return Dataset(name, metadata, fill=_function(fill))
    if base is None:
        raise UsageError(
            "what do the functions read? Say --dataset app.models:Base for made rows, --dataset shop.sql for a file, "
            "--fill data.py::fill for a function, or --existing with --database URL"
        )
    return Dataset(name, metadata, generated(base, rows))


def _function(named: str) -> Any:
    path, _, name = named.partition("::")
    if not name:
        raise UsageError(f"--fill {named}: write FILE.py::FUNCTION")
    module = import_file(Path(path))
    if not callable(found := getattr(module, name, None)):
        known = [one for one, value in vars(module).items() if callable(value) and value.__module__ == module.__name__]
        raise UsageError(f"{path} has no function {name!r}{close_to(name, known)}")
    return found


def nothing(session: Any) -> None:
    """Fills what is there already: with `--existing` it is never called."""
