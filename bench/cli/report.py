"""`bench report`: results as pages to read, or one of them as a file that another tool reads."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from bench.errors import UsageError
from bench.measurement import Result
from bench.reports.exports.bencher import bencher
from bench.reports.exports.entries import Export
from bench.reports.exports.github_action_benchmark import github_action_benchmark
from bench.reports.exports.pytest_benchmark import pytest_benchmark
from bench.reports.formatting import plain
from bench.reports.pages.making import INDEX, directory, one_page
from bench.reports.pages.sides import sides_of
from bench.results.file import newest_result, read_result, write_whole

EXPORTS: Mapping[str, Callable[[Result], Export]] = {
    "pytest-benchmark": pytest_benchmark,
    "bencher": bencher,
    "github-action-benchmark": github_action_benchmark,
}


@click.command(name="report", epilog="Example: bench report .bench/results/loading.json --output loading.md")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", *EXPORTS]),
    default="markdown",
    show_default=True,
    help="What to make.",
)
@click.option(
    "--output",
    type=click.Path(),
    metavar="PATH",
    help="Where to write it: a file, or a directory (one that is there, or PATH/) for an index, a page a module.  "
    "[default: print it]",
)
def command(files: Sequence[Path], form: str, output: str | None) -> None:
    """Make a Markdown report of results: of each FILE, or of the newest in .bench/results where none is named.

    Several are put side by side: what differs between them (SQLAlchemy, PostgreSQL, the machine) is found and becomes
    their name, and what changed its winner stands on top. Results that were measured with the same, each with points
    that the others lack, are put together.

    Other formats take one FILE and are for tools that keep results and compare them: pytest-benchmark is what `pytest
    --benchmark-json` writes, bencher is Bencher Metric Format, and github-action-benchmark is what that action calls
    customSmallerIsBetter. They hold times and counters of each strategy; what they cannot hold is said on standard
    error.

    \b
    Examples:
      bench report sqlalchemy-2.0.json sqlalchemy-2.1.json --output reports/
                                             then open reports/README.md
      bench report loading.json --format pytest-benchmark --output new.json
                                             then `pytest-benchmark compare old.json new.json`
      bench report --format bencher --output bmf.json
                                             then `bencher run --adapter json --file bmf.json`
      bench report --format github-action-benchmark --output figures.json
                                             then the action with tool: customSmallerIsBetter
    """
    if form != "markdown" and len(files) > 1:
        raise UsageError(f"--format {form} takes one FILE, and {len(files)} are named: make one of each")
    results = [read_result(path) for path in files or [newest_result()]]
    pages = _pages(results, output) if form == "markdown" else {"": _exported(EXPORTS[form](results[0]))}
    if output is None:
        click.echo(pages[""])
        return
    for name, text in pages.items():
        write_whole(Path(output, name), text.encode())
    click.echo(f"Report: {Path(output, INDEX) if INDEX in pages else Path(output)}")


def _pages(results: Sequence[Result], output: str | None) -> Mapping[str, str]:
    """What is written, by its name in the directory; of one page, which is the output itself, that is empty."""
    sides = sides_of(results)
    return directory(sides) if output is not None and _is_directory(output) else {"": one_page(sides)}


def _is_directory(output: str) -> bool:
    """Whether pages go into it: it is there as a directory, or its name ends as only a directory's does."""
    return Path(output).is_dir() or output.endswith((os.sep, *([os.altsep] if os.altsep else [])))


def _exported(export: Export) -> str:
    for line in export.left_out:
        click.echo(f"bench: {plain(line)}", err=True)
    return json.dumps(export.content, indent=1)
