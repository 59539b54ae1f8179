"""`bench report`: a result as a page to read, or as a file that another tool reads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from bench.measurement import Result
from bench.reports.exports.bencher import bencher
from bench.reports.exports.entries import Export
from bench.reports.exports.github_action_benchmark import github_action_benchmark
from bench.reports.exports.pytest_benchmark import pytest_benchmark
from bench.reports.formatting import plain
from bench.reports.markdown import markdown_report
from bench.results.file import newest_result, read_result, write_whole

EXPORTS: Mapping[str, Callable[[Result], Export]] = {
    "pytest-benchmark": pytest_benchmark,
    "bencher": bencher,
    "github-action-benchmark": github_action_benchmark,
}


@click.command(name="report", epilog="Example: bench report .bench/results/loading.json --output loading.md")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", *EXPORTS]),
    default="markdown",
    show_default=True,
    help="What to make.",
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.  [default: print it]"
)
def command(file: Path | None, form: str, output: Path | None) -> None:
    """Make a Markdown report of a result FILE, of the newest in .bench/results where none is named.

    Other formats are for tools that keep results and compare them: pytest-benchmark is what `pytest --benchmark-json`
    writes, bencher is Bencher Metric Format, and github-action-benchmark is what that action calls
    customSmallerIsBetter. They hold times and counters of each strategy; what they cannot hold is said on standard
    error.

    \b
    Examples:
      bench report loading.json --format pytest-benchmark --output new.json
                                             then `pytest-benchmark compare old.json new.json`
      bench report --format bencher --output bmf.json
                                             then `bencher run --adapter json --file bmf.json`
      bench report --format github-action-benchmark --output figures.json
                                             then the action with tool: customSmallerIsBetter
    """
    result = read_result(file or newest_result())
    text = markdown_report(result) if form == "markdown" else _exported(EXPORTS[form](result))
    if output is None:
        click.echo(text)
    else:
        write_whole(output, text.encode())
        click.echo(f"Report: {output}")


def _exported(export: Export) -> str:
    for line in export.left_out:
        click.echo(f"bench: {plain(line)}", err=True)
    return json.dumps(export.content, indent=1)
