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
from bench.cli.interruption import let_interrupt_again, let_nothing_interrupt
from bench.cli.options import shared, split_settings
from bench.cli.progress import watcher
from bench.cli.recorded import (
    WithGrid,
    existing_option,
    exit_code,
    grid_option,
    keep_parameters_option,
    output_option,
    report_option,
    set_option,
    show_environment,
    show_passed_budgets,
    start_recording,
    write_report,
)
from bench.cli.resuming import to_resume
from bench.cli.saving import save_before_failing
from bench.configuration import configured_budgets
from bench.measurement import PointResult, Result
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.points import Point
from bench.reports.costs import counters_table
from bench.reports.formatting import parameters, plain
from bench.results.recording import Recording


@click.command(name="count", cls=WithGrid, epilog="Example: bench count loading.one_to_many --set authors=10,1000")
@shared
@grid_option
@set_option
@click.option(
    "--jobs",
    "-j",
    type=click.IntRange(1),
    help="Points counted at once.  [default: one a core, at most 4; one where a URL names the server]",
)
@existing_option
@keep_parameters_option
@output_option
@report_option
def command(output: Path | None, report: Path | None, **flags: Any) -> int:
    """Prove strategies equal and count what each costs, without a clock.

    Counted of one warm call, on the wire, in SQLAlchemy and on the server: statements, round trips, rows, bytes, Python
    calls, buffers, memory. It is quick, and repeats: bytes sent and Python calls to a few hundredths, memory to a tenth
    or half a megabyte, buffers and WAL of nearly all strategies where one point is counted at a time (--jobs 1), all
    else exactly.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin (that strategy beside the baseline);
    none means every scenario.
    """
    names = (
        "selectors",
        "scenarios",
        "database",
        "driver",
        "loop",
        "scale",
        "seed",
        "timeout",
        "grid",
        "jobs",
        "existing",
    )
    options = Options(
        **{name: flags[name] for name in (*names, "existing", "keeps_parameters")},
        settings=dict(flags["setting"]),
        chosen=split_settings(flags["chosen"]),
        budgets=configured_budgets(),
    )
    return counted(options, output, report)


def counted(options: Options, output: Path | None, report: Path | None, resume: Path | None = None) -> int:
    """Count what is selected and return the exit code.

    Args:
        options: What is counted, and how.
        output: The result file; without it, one in .bench/results.
        report: The report that is written too, if any.
        resume: The journal or result of a count that was cut off, with which it goes on.
    """
    with closing(watcher()) as watching, Run(options, watching) as run:
        planned = run.plan()
        recording = start_recording(run, planned, options, output, resume, timed=False)
        result, code = _count(run, planned, recording)
    click.echo(f"\nResult: {recording.path}")
    if result.interrupted:
        click.echo(f"Interrupted: go on with `{to_resume(recording.path, result, report)}`")
    if report is not None:
        write_report(report, result)
    show_passed_budgets(result)
    return worst([code, exit_code(result)])


def _count(run: Run, planned: Sequence[Planned], recording: Recording) -> tuple[Result, int]:
    """The result, saved, and whether it was interrupted; the points are shown in their order, each when it and those
    before it are done.
    """
    tables = Tables(planned)
    code = DONE
    try:
        let_interrupt_again()
        before = recording.result()
        show_environment(before.environment)
        for measured in before.scenarios:
            for point in measured.points:
                if point.finished:
                    tables.add(measured.name, point)
        for scenario, point in run.count(planned, recording.finished):
            recording.add(scenario.name, point)
            tables.add(scenario.name, point)
        let_nothing_interrupt()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:  # a fault of our own too
        let_nothing_interrupt()
        save_before_failing(recording, "counted")
        tables.show_rest()
        raise
    result = recording.finish()
    tables.show_rest()
    return result, code


class Tables:
    """The table of each point, shown in the order of the plan although they come as they are done."""

    def __init__(self, planned: Sequence[Planned]) -> None:
        self._planned = [(one.scenario, one.point) for one in planned]
        self._done: dict[tuple[str, Point], PointResult] = {}
        self._title = ""

    def add(self, scenario: str, point: PointResult) -> None:
        """Show it as soon as all before it are there."""
        self._done[scenario, Point(point.params, point.rtt_ms)] = point
        while self._planned and (self._planned[0][0].name, self._planned[0][1]) in self._done:
            self._show_next()

    def show_rest(self) -> None:
        """Show what is there of the others, where some never came."""
        while self._planned:
            self._show_next()

    def _show_next(self) -> None:
        scenario, point = self._planned.pop(0)
        result = self._done.pop((scenario.name, point), None)
        if result is None:
            return
        if scenario.name != self._title:
            click.echo()
            click.secho(f"{scenario.name}: {plain(scenario.question)}", bold=True)
            self._title = scenario.name
        _show(result, scenario.headline)


def _show(point: PointResult, headline: str | None) -> None:
    click.echo()
    click.echo(parameters(point.params))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    click.echo(counters_table(point, width, headline))
