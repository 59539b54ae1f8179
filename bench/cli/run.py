"""`bench run`: measure strategies against each other and say which wins."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import click

from bench.cli.codes import DONE, INTERRUPTED, worst
from bench.cli.options import Milliseconds, Percent, shared, split_settings
from bench.cli.progress import watcher
from bench.cli.recorded import (
    File,
    WithGrid,
    exit_code,
    grid_option,
    output_option,
    report_option,
    set_option,
    show_environment,
    show_passed_budgets,
    start_recording,
    write_report,
)
from bench.configuration import configured_budgets
from bench.errors import BenchError, UsageError
from bench.measurement import Result, ScenarioResult
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.points import Grid
from bench.reports.claims import claim_sentence
from bench.reports.formatting import parameters, plain
from bench.reports.sentences import answer
from bench.reports.tables import terminal_table
from bench.results.journal import JournalHeader, read_resumable
from bench.results.recording import Recording


@click.command(name="run", cls=WithGrid, epilog="Example: bench run loading.one_to_many --grid --report loading.md")
@shared
@grid_option
@set_option
@click.option(
    "--rtt",
    "rtts_ms",
    type=Milliseconds(),
    default=(),
    metavar="MS,MS",
    help="Round-trip times to add, in milliseconds: who wins when the database is that far away.",
)
@click.option("--precision", type=Percent(), default="2.5%", show_default=True, help="Half-width asked of an interval.")
@click.option(
    "--processes",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Processes that drive each load of a strategy together: a share of its tasks and units each, a pool each.",
)
@click.option(
    "--workers",
    metavar="tcp://SCHEDULER",
    help="Have the workers of a Dask scheduler do that: other machines, with PGPASSWORD in their environment.",
)
@click.option("--pin", is_flag=True, help="Give the worker and the server a core each (Linux, servers of our own).")
@output_option
@report_option
@click.option("--resume", type=File, help="Go on with a run that was cut off: its journal or its result.")
def command(output: Path | None, report: Path | None, resume: Path | None, **flags: Any) -> int:
    """Measure strategies against each other and say which wins.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin (that strategy beside the baseline);
    none means every scenario.
    """
    options = _options(flags)
    if resume is not None:
        options = _as_before(options, read_resumable(resume)[0])
    with closing(watcher()) as watching, Run(options, watching) as run:
        planned = run.plan()
        recording = start_recording(run, planned, options, output, resume)
        show_environment(recording.result().environment, run.processes)
        result, code = _measure(run, planned, recording)
    click.echo(f"\nResult: {recording.path}")
    if result.interrupted:
        click.echo(f"Interrupted: go on with `{_to_resume(recording.path, result, report)}`")
    if report is not None:
        write_report(report, result)
    show_passed_budgets(result)
    return worst([code, exit_code(result)])


def _to_resume(path: Path, result: Result, report: Path | None) -> str:
    url = " --database URL" if result.settings.database == "url" else ""
    url += " --workers tcp://SCHEDULER" if result.settings.workers else ""
    return f"bench run --resume {path}{url}" + (f" --report {report}" if report is not None else "")


def _measure(run: Run, planned: Sequence[Planned], recording: Recording) -> tuple[Result, int]:
    """The result, saved, and whether it was interrupted; each scenario is shown as soon as it is complete, and at an
    interruption what there is of the others.
    """
    waiting = list(dict.fromkeys(one.scenario.name for one in planned))
    code = DONE
    try:
        _show_complete(recording, waiting)
        for scenario, point in run.measure(planned, recording.finished):
            recording.add(scenario.name, point)
            _show_complete(recording, waiting)
    except KeyboardInterrupt:
        code = INTERRUPTED
    except BenchError:
        recording.finish()
        click.echo(f"What was measured is saved in {recording.path}: `bench run --resume` goes on with it", err=True)
        raise
    result = recording.finish()
    for measured in result.scenarios:
        if measured.name in waiting and any(one.strategies for one in measured.points):
            _show_scenario(measured)
    return result, code


def _show_complete(recording: Recording, waiting: list[str]) -> None:
    for name in [name for name in waiting if recording.is_complete(name)]:
        waiting.remove(name)
        _show_scenario(recording.scenario(name))


def _options(flags: dict[str, Any]) -> Options:
    return Options(
        **{name: flags[name] for name in ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed")},
        **{name: flags[name] for name in ("budget", "timeout", "precision", "grid", "pin", "rtts_ms")},
        **{name: flags[name] for name in ("processes", "workers")},
        settings=dict(flags["setting"]),
        chosen=split_settings(flags["chosen"]),
        budgets=configured_budgets(),
    )


def _as_before(options: Options, header: JournalHeader) -> Options:
    """The options with which the run that is resumed was started; a URL is not kept, and has to be given again."""
    settings, environment = header.settings, header.environment
    if settings.database == "url" and "://" not in options.database:
        raise UsageError("the run was on a database given by URL, which is not kept: give --database URL again")
    if settings.workers and options.workers is None:
        raise UsageError("the run was on a scheduler's workers, whose address is not kept: give --workers again")
    return replace(
        options,
        selectors=settings.selectors,
        scenarios=settings.places,
        database=options.database if settings.database == "url" else settings.database,
        precision=settings.precision,
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


def _show_scenario(scenario: ScenarioResult) -> None:
    click.echo()
    click.secho(f"{scenario.name}: {plain(scenario.question)}", bold=True)
    for point in scenario.points:
        click.echo()
        shown = parameters(point.params, point.rtt_ms)
        unfinished = "" if point.finished else ", interrupted"
        rounds = f"{point.rounds} round{'' if point.rounds == 1 else 's'}"
        click.echo(f"{shown}  ({rounds} in {point.seconds:.0f} s{unfinished})")
        terminal = sys.stdout.isatty()
        width = shutil.get_terminal_size().columns if terminal else None
        if point.finished or point.rounds:
            table = terminal_table(point, width, colour=terminal, returns=scenario.returns, headline=scenario.headline)
            click.echo(table)
    click.echo()
    click.secho(answer(scenario), bold=True)
    for claim in scenario.claims:
        click.echo(f"  {claim_sentence(claim)}")
