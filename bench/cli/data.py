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
    """What the flags say.

    Raises:
        UsageError: They contradict each other, or a number of rows is none.
    """
    is_file = dataset is not None and (Path(dataset).suffix in DUMPS or Path(dataset).is_file())
    if is_file and (fill or rows):
        raise UsageError(f"--dataset {dataset} has its rows: leave --fill and --rows out")
    if fill and rows:
        raise UsageError("--fill makes the rows, so that --rows has no say: leave one of them out")
    return Data(None if is_file else dataset, fill, dataset if is_file else None, dict(_amount(*one) for one in rows))


def _amount(name: str, value: str) -> tuple[str, int]:
    if not value.isdigit():
        raise UsageError(f"--rows {name}={value}: write a number of rows, for example --rows {name}=1000")
    return name, int(value)
