"""`bench run`: measure strategies against each other and say which wins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from bench.cli.ad_hoc import is_function, scenario_of_functions
from bench.cli.data import data_of, dataset_option
from bench.cli.options import shared
from bench.cli.recorded import File, WithGrid
from bench.cli.timed import timed
from bench.cli.timing import timing, timing_options
from bench.errors import UsageError
from bench.measuring.options import Options
from bench.points import Grid
from bench.results.journal import JournalHeader, read_resumable


@click.command(name="run", cls=WithGrid, epilog="Example: bench run loading.one_to_many --grid --report loading.md")
@shared
@timing
@dataset_option
@click.option("--resume", type=File, help="Go on with a run that was cut off: its journal or its result.")
def command(output: Path | None, report: Path | None, resume: Path | None, **flags: Any) -> int:
    """Measure strategies against each other and say which wins.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin (that strategy beside the baseline);
    none means every scenario.

    Functions of your own that take a session are compared by naming them as pytest would, the baseline first, and what
    they read: bench run queries.py::by_join queries.py::by_in --dataset app.models:Base
    """
    selectors = flags["selectors"]
    if any(map(is_function, selectors)) and resume is None:
        data = data_of(flags["dataset"], flags["fill"], flags["rows"])
        path = scenario_of_functions(selectors, data, existing=flags["existing"])
        flags = {**flags, "selectors": (path.stem,), "scenarios": (*flags["scenarios"], str(path))}
    options = timing_options(flags)
    if resume is not None:
        options = _as_before(options, read_resumable(resume)[0])
    return timed(options, output, report, resume)


def _as_before(options: Options, header: JournalHeader) -> Options:
    """The options with which the run that is resumed was started; a URL is not kept, and has to be given again."""
    settings, environment = header.settings, header.environment
    if settings.database == "url" and "://" not in options.database:
        raise UsageError("the run was on a database given by URL, which is not kept: give --database URL again")
    if settings.workers and options.workers is None:
        raise UsageError("the run was on a scheduler's workers, whose address is not kept: give --workers again")
    return replace(
        options,
        existing=settings.existing,
        selectors=settings.selectors,
        scenarios=settings.places,
        database=options.database if settings.database == "url" else settings.database,
        precision=settings.precision,
        rounds=settings.rounds,
        timeout=settings.timeout_s,
        grid=cast(Grid, settings.grid),
        chosen=settings.chosen,
        settings=settings.server_settings,
        driver=environment.driver if environment.postgres else options.driver,
        loop=environment.loop,
        seed=environment.seed,
        scale=environment.scale,
        pin=environment.pinned,
        rtts_ms=settings.rtts_ms,
        processes=1 if settings.workers else settings.processes,
        workers=options.workers if settings.workers else None,
    )
