"""Measuring with a clock, as every command does that says which strategy wins: shown, recorded, reported."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import click

from bench.cli.codes import DONE, INTERRUPTED, worst
from bench.cli.interruption import let_interrupt_again, let_nothing_interrupt
from bench.cli.progress import watcher
from bench.cli.recorded import (
    exit_code,
    show_environment,
    show_passed_budgets,
    start_recording,
    write_report,
)
from bench.cli.resuming import to_resume
from bench.cli.saving import save_before_failing
from bench.measurement import Result, ScenarioResult
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.reports.claims import claim_sentence
from bench.reports.formatting import parameters, plain
from bench.reports.sentences import answer
from bench.reports.tables import terminal_table
from bench.results.recording import Recording


def _nothing(result: Result) -> None:
    """Adds nothing."""


def timed(
    options: Options,
    output: Path | None,
    report: Path | None,
    resume: Path | None = None,
    more: Callable[[Result], None] = _nothing,
) -> int:
    """Measure what is selected and return the exit code.

    Args:
        options: What is measured, and how.
        output: The result file; without it, one in .bench/results.
        report: The report that is written too, if any.
        resume: The journal or result of a run that was cut off, with which it goes on.
        more: Shows what else there is to say of the result, below its tables.
    """
    with closing(watcher()) as watching, Run(options, watching) as run:
        planned = run.plan()
        recording = start_recording(run, planned, options, output, resume)
        result, code = _measure(run, planned, recording)
    more(result)
    click.echo(f"\nResult: {recording.path}")
    if result.interrupted:
        click.echo(f"Interrupted: go on with `{to_resume(recording.path, result, report)}`")
    if report is not None:
        write_report(report, result)
    show_passed_budgets(result)
    return worst([code, exit_code(result)])


def _measure(run: Run, planned: Sequence[Planned], recording: Recording) -> tuple[Result, int]:
    """The result, saved, and whether it was interrupted; each scenario is shown as soon as it is complete, and at an
    interruption what there is of the others.
    """
    waiting = list(dict.fromkeys(one.scenario.name for one in planned))
    code = DONE
    try:
        let_interrupt_again()
        begun = recording.result()
        show_environment(begun.environment, run.processes)
        precision = begun.settings.precision
        _show_complete(recording, waiting, precision)
        for scenario, point in run.measure(planned, recording.finished):
            recording.add(scenario.name, point)
            _show_complete(recording, waiting, precision)
        let_nothing_interrupt()
    except KeyboardInterrupt:
        code = INTERRUPTED
    except Exception:  # a fault of our own too
        let_nothing_interrupt()
        save_before_failing(recording, "measured")
        raise
    result = recording.finish()
    for measured in result.scenarios:
        if measured.name in waiting and any(one.strategies for one in measured.points):
            _show_scenario(measured, result.settings.precision)
    return result, code


def _show_complete(recording: Recording, waiting: list[str], precision: float) -> None:
    for name in [name for name in waiting if recording.is_complete(name)]:
        waiting.remove(name)
        _show_scenario(recording.scenario(name), precision)


def _show_scenario(scenario: ScenarioResult, precision: float) -> None:
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
            click.echo(terminal_table(point, width, terminal, scenario.returns, scenario.headline, [precision]))
    click.echo()
    click.secho(answer(scenario), bold=True)
    for claim in scenario.claims:
        click.echo(f"  {claim_sentence(claim, measured=scenario.points)}")
