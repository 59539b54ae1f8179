"""Has a worker read mapped classes, which are somebody's code, and write the scenarios about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.measuring.watching import Watcher
from bench.measuring.worker_process import WorkerProcess


@dataclass(frozen=True)
class Drafted:
    """A scenario module: its text, what each scenario is about by its variable and how that is done now, what is left
    out, with why, and how many rows are made for each table.
    """

    text: str
    titles: Mapping[str, str]
    now: Mapping[str, str]
    left_out: Sequence[tuple[str, str]]
    rows: Mapping[str, int]


def draft_models(
    mapped: str,
    depth: int,
    only: Sequence[str],
    rows: Mapping[str, int],
    fill: str | None,
    name: str,
    watcher: Watcher,
    *,
    existing: bool,
    is_async: bool,
) -> Drafted:
    """The scenarios about mapped classes.

    Args:
        mapped: `module:base`.
        depth: How many relationships are followed one after another.
        only: Classes, relationships or columns; none means all.
        rows: How many rows a table has, by its name.
        fill: The function that makes them, as `file.py::function`, where that is not bench.
        name: What the dataset is called.
        watcher: Shown what a worker says.
        existing: Whether the rows are there already, so that none is made.
        is_async: Whether sessions are async.

    Raises:
        UsageError: Something named is not there.
        ScenarioError: The classes do not import, or cannot be mapped.
    """
    with WorkerProcess(report=watcher.say) as worker:
        told = worker.ask(
            "draft",
            named=mapped,
            depth=depth,
            only=list(only),
            rows=dict(rows),
            fill=fill,
            name=name,
            existing=existing,
            is_async=is_async,
        )
    left_out = [(title, reason) for title, reason in told["left_out"]]
    return Drafted(told["text"], told["titles"], told["now"], left_out, told["rows"])
