"""The flags that say what somebody's own queries read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from bench.cli.options import NameValue
from bench.errors import UsageError

DUMPS = (".sql", ".dump", ".backup", ".pgdump")

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Data:
    """What a dataset is made from: `module:base` of mapped classes, a function of a file, a file; and rows by table."""

    mapped: str | None
    fill: str | None
    file: str | None
    rows: Mapping[str, int]


def fill_option(command: Command) -> Command:
    """`--fill` and `--rows`, for a command that knows the mapped classes."""
    fill = click.option("--fill", metavar="FILE::FUNCTION", help="Fill the tables by a function that takes a session.")
    rows = click.option(
        "--rows", type=NameValue(), multiple=True, metavar="TABLE=N", help="How many rows a table is given; repeatable."
    )
    return fill(rows(command))


def dataset_option(command: Command) -> Command:
    """`--dataset` too, for a command that does not."""
    dataset = click.option(
        "--dataset",
        metavar="MODULE:BASE|FILE",
        help="What functions read: mapped classes, which are filled with made rows, or a file of SQL or pg_dump's.",
    )
    return dataset(fill_option(command))


def data_of(dataset: str | None, fill: str | None, rows: Sequence[tuple[str, str]]) -> Data:
    """What the flags of the command that runs say; what [tool.bench] says yields to a flag that contradicts it.

    Raises:
        UsageError: They contradict each other, or a number of rows is none.
    """
    is_file = dataset is not None and (Path(dataset).suffix in DUMPS or Path(dataset).is_file())
    existing = bool(click.get_current_context().params.get("existing"))
    has_rows, own_fill, own_rows = existing or is_file, _is_configured("fill"), _is_configured("rows")
    fill_yields = own_fill and (has_rows or (rows and not own_rows))
    rows_yield = own_rows and (has_rows or (fill and not own_fill))
    fill, rows = None if fill_yields else fill, () if rows_yield else rows
    if existing and (fill or rows):
        raise UsageError("--existing reads the rows that are there: leave --fill and --rows out")
    if is_file and (fill or rows):
        raise UsageError(f"--dataset {dataset} has its rows: leave --fill and --rows out")
    if fill and rows:
        raise UsageError("--fill makes the rows, so that --rows has no say: leave one of them out")
    return Data(None if is_file else dataset, fill, dataset if is_file else None, dict(_amount(*one) for one in rows))


def _is_configured(name: str) -> bool:
    """Whether a flag's value stands in pyproject.toml, and not on the command line."""
    return click.get_current_context().get_parameter_source(name) is click.core.ParameterSource.DEFAULT_MAP


def _amount(name: str, value: str) -> tuple[str, int]:
    if not value.isdigit():
        raise UsageError(f"--rows {name}={value}: write a number of rows, for example --rows {name}=1000")
    return name, int(value)
