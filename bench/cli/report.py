"""`bench report`: results as pages to read, or one of them as a file that another tool reads."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from bench.cli.report_files import refuse_to_harm
from bench.errors import UsageError
from bench.measurement import Result
from bench.reports.exports.bencher import bencher
from bench.reports.exports.entries import Export
from bench.reports.exports.github_action_benchmark import github_action_benchmark
from bench.reports.exports.pytest_benchmark import pytest_benchmark
from bench.reports.formatting import json_text, plain
from bench.reports.html.making import html_page
from bench.reports.pages.files import directory_files, page_files
from bench.reports.pages.making import one_page
from bench.reports.sides import Sides, sides_of
from bench.results.file import newest_result, write_whole
from bench.results.plausible import read_plausible

EXPORTS: Mapping[str, Callable[[Result], Export]] = {
    "pytest-benchmark": pytest_benchmark,
    "bencher": bencher,
    "github-action-benchmark": github_action_benchmark,
}
PAGES: Mapping[str, Callable[[Sides], str]] = {"markdown": one_page, "html": html_page}


@click.command(name="report", epilog="Example: bench report .bench/results/loading.json --output loading.md")
@click.argument("files", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice([*PAGES, *EXPORTS]),
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
    """Make a report of results: of each FILE, or of the newest in .bench/results where none is named.

    Several are put side by side: what differs between them (SQLAlchemy, PostgreSQL, the machine) is found and becomes
    their name, and what changed its winner stands on top. Results that were measured with the same, each with points
    that the others lack, are put together. What is there already is made anew where `bench report` has made it;
    anything else stays, and a link that leads elsewhere is not followed.

    `--format html` makes a page for a browser instead, one file that needs no network: it has a slider for the
    round-trip time, and statements and plans on demand.

    Other formats take one FILE and are for tools that keep results and compare them: pytest-benchmark is what `pytest
    --benchmark-json` writes, bencher is Bencher Metric Format, and github-action-benchmark is what that action calls
    customSmallerIsBetter. They hold times and counters of each strategy; what they cannot hold is said on standard
    error.

    \b
    Examples:
      bench report sqlalchemy-2.0.json sqlalchemy-2.1.json --output reports/
                                             then open reports/README.md
      bench report loading.json --format html --output loading.html
      bench report loading.json --format pytest-benchmark --output new.json
                                             then `pytest-benchmark compare old.json new.json`
      bench report --format bencher --output bmf.json
                                             then `bencher run --adapter json --file bmf.json`
      bench report --format github-action-benchmark --output figures.json
                                             then the action with tool: customSmallerIsBetter
    """
    if form in EXPORTS and len(files) > 1:
        raise UsageError(f"--format {form} takes one FILE, and {len(files)} are named: make one of each")
    if form != "markdown" and output is not None and _is_directory(output) and not Path(output).exists():
        raise UsageError(f"--format {form} makes one file: name it, and not the directory {output}")
    results = [read_plausible(path) for path in files or [newest_result()]]
    if output is None:
        click.echo(_text(results, form))
        return
    place = Path(output)
    folder, instead = (place, "directory") if form == "markdown" and _is_directory(output) else (place.parent, "file")
    written = _pages(sides_of(results), output) if form == "markdown" else {place: _text(results, form)}
    for path in written:
        refuse_to_harm(path, folder, instead)
    for path, text in written.items():
        write_whole(path, text.encode())
    click.echo(f"Report: {next(iter(written))}")


def _text(results: Sequence[Result], form: str) -> str:
    """What is made of results, in one file."""
    return PAGES[form](sides_of(results)) if form in PAGES else _exported(EXPORTS[form](results[0]))


def _pages(sides: Sides, output: str) -> Mapping[Path, str]:
    """Every file of a report and what is in it, the one that is to be opened first."""
    place = Path(output)
    if _is_directory(output):
        return {place / path: text for path, text in directory_files(sides).items()}
    return {place.parent / path: text for path, text in page_files(sides, place.name).items()}


def _is_directory(output: str) -> bool:
    """Whether pages go into it: it is there as a directory, or its name ends as only a directory's does."""
    ends = (os.sep, *([os.altsep] if os.altsep else []))
    return output.endswith(ends) or (bool(output) and Path(output).is_dir())


def _exported(export: Export) -> str:
    for line in export.left_out:
        click.echo(f"bench: {plain(line)}", err=True)
    return json_text(export.content, indent=1)
