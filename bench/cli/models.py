"""`bench models`: the loading grid for somebody's own mapped classes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from bench.cli.ad_hoc import kept_apart
from bench.cli.data import data_of, fill_option
from bench.cli.options import shared_flags
from bench.cli.progress import watcher
from bench.cli.recorded import File, WithGrid
from bench.cli.timed import timed
from bench.cli.timing import timing, timing_options
from bench.errors import UsageError
from bench.measurement import Result
from bench.measuring.drafting import Drafted, draft_models
from bench.reports.advice import advice_table
from bench.reports.formatting import plain
from bench.results.file import write_whole

DRAFTS = Path(".bench") / "models"
"""Where modules stand that nobody asked to keep."""
_SHOWN = 6
BUDGET_A_QUESTION = 5.0
"""Seconds that a relationship has where no budget is given: many are asked about at once."""
ROUNDS_A_QUESTION = 11
"""The rounds that it has then in any case: five ways to load can be told apart by so many, however slow each is."""


@click.command(name="models", cls=WithGrid, epilog="Example: bench models app.models:Base --only Author.posts")
@click.argument("mapped", metavar="MODULE[:BASE]")
@shared_flags("Time for the whole run.  [default: 5s a question, or as long as 11 rounds take]")
@timing
@click.option("--only", multiple=True, metavar="NAME", help="A class, or Class.relationship; may be repeated.")
@click.option("--depth", type=click.IntRange(1, 3), default=1, show_default=True, help="Relationships in a row.")
@fill_option
@click.option("--sync", is_flag=True, help="Ask it of a plain Session (psycopg): for an application that has no async.")
@click.option("--write", type=File, help="Keep the scenarios as a module to edit.")
def command(
    mapped: str,
    only: Sequence[str],
    depth: int,
    write: Path | None,
    output: Path | None,
    report: Path | None,
    **flags: Any,
) -> int:
    """Say how each relationship of your own models should be loaded, and each heavy column, and rows by key.

    MODULE is imported as in your own tests, and where it is a package, what is in it; BASE is the declarative base, the
    registry or SQLModel. Your tables are made in a database of their own and filled with rows that respect their types,
    keys and constraints; each relationship is loaded in every way that fits it, and the last table says what the data
    speaks for, beside what the model has now.
    """
    data = data_of(mapped, flags.pop("fill"), flags.pop("rows"))
    name = re.sub(r"\W+", "_", mapped.partition(":")[0])
    if write is not None:
        _require_free(write)
    with closing(watcher()) as watching:
        drafted = draft_models(
            mapped,
            depth,
            only,
            data.rows,
            data.fill,
            name,
            watching,
            existing=flags["existing"],
            is_async=not flags.pop("sync"),
        )
    path = write or kept_apart(DRAFTS, f"{name}.py", drafted.text)
    write_whole(path, drafted.text.encode())
    for title, reason in drafted.left_out:
        click.echo(f"{plain(title)} is left out: {plain(reason)}")
    if write is not None:
        click.echo(f"Scenarios: {write}")
    if drafted.rows and not flags["existing"]:
        click.echo(_made(drafted.rows))
    points = len(drafted.titles) * max(1, len(flags["rtts_ms"]))
    if flags["grid"] == "typical":
        click.echo(_announced(points, flags["budget"]))
    options = timing_options({**flags, "selectors": (path.stem,), "scenarios": (str(path), *flags["scenarios"])})
    fewest = options.rounds or (ROUNDS_A_QUESTION if flags["budget"] is None else 0)
    options = replace(options, budget_a_point=BUDGET_A_QUESTION, rounds=fewest)
    return timed(options, output, report, more=lambda result: _advise(result, drafted, path.stem))


def _announced(points: int, budget: float | None) -> str:
    """How long it will take at least, in a line, and how to have it take less: what is proved and counted before that
    comes on top where a call is slow.
    """
    each = BUDGET_A_QUESTION if budget is None else budget / points
    seconds = each * points
    whole = f"{math.ceil(seconds / 60)} minutes" if seconds > 90 else f"{seconds:.0f} s"
    asked = f"{points} question{'' if points == 1 else 's'}"
    return f"{asked}, {each:.2g} s each: {whole} at least (--only CLASS asks fewer, --budget gives them less time)"


def _require_free(write: Path) -> None:
    """Refuse a place for a module that is taken, or whose name nothing can be selected by."""
    if write.exists():
        raise UsageError(f"--write {write}: it is there already: name another file, or remove it")
    if write.suffix != ".py" or not write.stem.isidentifier():
        named = write.with_name(re.sub(r"\W", "_", write.stem) + ".py")
        raise UsageError(f"--write {write}: it could not be imported: name it with letters, digits and _, as {named}")


def _made(rows: Mapping[str, int]) -> str:
    """What the answers hang on: how many rows there are, the most first."""
    most = sorted(rows.items(), key=lambda one: -one[1])
    shown = ", ".join(f"{plain(name)} {count:,}" for name, count in most[:_SHOWN])
    more = f" and {len(most) - _SHOWN} tables more" if len(most) > _SHOWN else ""
    return f"Rows that are made: {shown}{more}; --rows TABLE=N makes others"


def _advise(result: Result, drafted: Drafted, module: str) -> None:
    titles = {f"{module}.{variable}": title for variable, title in drafted.titles.items()}
    now = {f"{module}.{variable}": said for variable, said in drafted.now.items()}
    if table := advice_table(result, titles, now):
        click.echo(f"\n{table}")
