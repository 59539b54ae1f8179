"""`bench count`: prove strategies equal and count what each costs, without a clock."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from bench.cli.codes import DONE, INTERRUPTED, worst
from bench.cli.options import shared, split_settings
from bench.cli.progress import watcher
from bench.cli.recorded import (
    WithGrid,
    exit_code,
    grid_option,
    output_option,
    report_option,
    set_option,
    show_environment,
    start_recording,
)
from bench.errors import BenchError
from bench.measurement import PointResult
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.reports.costs import counters_table
from bench.reports.formatting import parameters, plain
from bench.reports.markdown import markdown_report
from bench.results.file import write_whole
from bench.results.recording import Recording


@click.command(name="count", cls=WithGrid, epilog="Example: bench count loading.one_to_many --set authors=10,1000")
@shared
@grid_option
@set_option
@output_option
@report_option
def command(output: Path | None, report: Path | None, **flags: Any) -> int:
    """Prove strategies equal and count what each costs, without a clock.

    It is quick, and repeats: bytes and Python calls to about a hundredth, all else exactly. Counted of one warm call,
    on the wire, in SQLAlchemy and on the server: statements, round trips, rows, bytes, Python calls, buffers.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin (that strategy beside the baseline);
    none means every scenario.
    """
    names = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "timeout", "grid")
    options = Options(
        **{name: flags[name] for name in names},
        settings=dict(flags["setting"]),
        chosen=split_settings(flags["chosen"]),
    )
    with closing(watcher()) as watching, Run(options, watching) as run:
        planned = run.plan()
        recording = start_recording(run, planned, options, output, timed=False)
        show_environment(recording.result().environment)
        code = _count(run, planned, recording)
    result = recording.finish()
    click.echo(f"\nResult: {recording.path}")
    if report is not None:
        write_whole(report, markdown_report(result).encode())
        click.echo(f"Report: {report}")
    return worst([code, exit_code(result)])


def _count(run: Run, planned: Sequence[Planned], recording: Recording) -> int:
    """Count point after point and show each; whether it was interrupted."""
    shown = ""
    try:
        for scenario, point in run.count(planned):
            recording.add(scenario.name, point)
            if scenario.name != shown:
                click.echo()
                click.secho(f"{scenario.name}: {plain(scenario.question)}", bold=True)
            shown = scenario.name
            _show(point, scenario.headline)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BenchError:
        recording.finish()
        click.echo(f"What was counted is saved in {recording.path}", err=True)
        raise
    return DONE


def _show(point: PointResult, headline: str | None) -> None:
    click.echo()
    click.echo(parameters(point.params))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(counters_table(point, width, headline))
