"""`bench run`: measure strategies against each other and say which wins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.cli.ad_hoc import is_function, scenario_of_functions
from bench.cli.count import counted
from bench.cli.data import data_of, dataset_option
from bench.cli.options import shared
from bench.cli.recorded import File, WithGrid
from bench.cli.resuming import as_before, resumable
from bench.cli.timed import timed
from bench.cli.timing import timing, timing_options


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
    if resume is None:
        return timed(options, output, report)
    header = resumable(resume)
    options = as_before(options, header, resume)
    if not header.settings.timed:
        return counted(options, output, report, resume)
    return timed(options, output, report, resume)
