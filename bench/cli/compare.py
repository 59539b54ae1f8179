"""`bench compare`: two results against each other."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import fields
from pathlib import Path

import click

from bench.cli.codes import DONE, FAILED, MISSING, REGRESSION, worst
from bench.errors import ResultError
from bench.measurement import Result
from bench.regressions.comparing import compare
from bench.regressions.comparison import Comparison
from bench.reports.comparison import markdown_comparison, terminal_comparison
from bench.reports.formatting import json_text
from bench.results.encoding import encode
from bench.results.file import newest_results
from bench.results.plausible import read_plausible

SCHEMA = 1
"""Version of the JSON; a change that an older reader would misread raises it."""


@click.command(name="compare", epilog="Example: bench compare before.json after.json --format markdown")
@click.argument("base", required=False, type=click.Path(path_type=Path))
@click.argument("new", required=False, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "json"]),
    default="terminal",
    show_default=True,
    help="How to show it.",
)
@click.option("--allow-missing", is_flag=True, help="What BASE has and NEW has not is listed, and is no error.")
def command(base: Path | None, new: Path | None, form: str, allow_missing: bool) -> int:
    """Compare two results: counters exactly, times as advice.

    BASE and NEW are result files. Without NEW the newest other one in .bench/results is taken, without both the two
    newest there, the older as BASE.

    A strategy that takes more statements, executions, transaction commands, round trips, rows, connections or ORM
    objects than before is a regression, and so is one that is over its budget; Python calls and bytes count where they
    grew by more than two counts of the same code differ by, and where Python, SQLAlchemy, driver and PostgreSQL are the
    same. The statements that differ are shown. Times change no exit code, and have no verdict where they were not
    measured alike.

    Exit code: 0 no regression; 1 a regression; 2 wrong usage; 4 a strategy fails or differs that did not; 5 something
    of BASE is missing in NEW. Where several hold: 2, 4, 5, 1.
    """
    before, after = _files(base, new)
    comparison = compare(_read(before, "BASE"), _read(after, "NEW"), str(before), str(after))
    code = exit_code(comparison, allow_missing)
    if form == "json":
        document = {"schema": SCHEMA, "exit_code": code}
        document |= {field.name: getattr(comparison, field.name) for field in fields(comparison)}
        click.echo(json_text(json.loads(encode(document)), separators=(",", ":")))
    elif form == "markdown":
        click.echo(markdown_comparison(comparison))
    else:
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        click.echo(terminal_comparison(comparison, width, colour=terminal))
    return code


def exit_code(comparison: Comparison, allow_missing: bool = False) -> int:
    """What a comparison ends with: a strategy that failed, something that is missing, a regression, or done."""
    return worst(
        [
            FAILED if comparison.broke else DONE,
            MISSING if comparison.missing and not allow_missing else DONE,
            REGRESSION if comparison.regressed else DONE,
        ]
    )


def _files(base: Path | None, new: Path | None) -> tuple[Path, Path]:
    """The two files, those that were not named from .bench/results.

    Raises:
        ResultError: There are too few in there.
    """
    if base is not None and new is not None:
        return base, new
    newest = newest_results()
    if base is None:
        if len(newest) < 2:
            raise ResultError(f"one result alone, {newest[0]}: measure again, or name a file to compare it with")
        return newest[1], newest[0]
    others = [path for path in newest if not _same(path, base)]
    if not others:
        raise ResultError(f"no other result than {base} in .bench/results: measure again, or name another file")
    return base, others[0]


def _same(path: Path, other: Path) -> bool:
    return path.resolve() == other.resolve()


def _read(path: Path, which: str) -> Result:
    try:
        return read_plausible(path)
    except ResultError as error:
        raise ResultError(f"{which}: {error}") from None
