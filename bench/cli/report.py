"""`bench report`: a result as a page to read."""

from __future__ import annotations

from pathlib import Path

import click

from bench.reports.markdown import markdown_report
from bench.results.file import newest_result, read_result, write_whole


@click.command(name="report", epilog="Example: bench report .bench/results/loading.json --output loading.md")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format", "_format", type=click.Choice(["markdown"]), default="markdown", show_default=True, help="What to make."
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write it.  [default: print it]"
)
def command(file: Path | None, _format: str, output: Path | None) -> None:
    """Make a Markdown report of a result FILE, of the newest in .bench/results where none is named."""
    text = markdown_report(read_result(file or newest_result()))
    if output is None:
        click.echo(text)
    else:
        write_whole(output, text.encode())
        click.echo(f"Report: {output}")
