"""What `bench run` and `bench count` share: points by a grid, a result file, a report, and the exit code of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path

import click

from bench.claim import Claim
from bench.cli.codes import DONE, FAILED, INTERRUPTED, REGRESSION, worst
from bench.cli.interruption import let_nothing_interrupt
from bench.cli.report_files import ReportFile, refuse_to_harm
from bench.measurement import Environment, Result, ScenarioResult, Settings
from bench.measuring.options import Options
from bench.measuring.run import Planned, Run
from bench.regressions.limits import passed_limits
from bench.reports.formatting import plain
from bench.reports.limits import lines_of_limits
from bench.results.file import write_whole
from bench.results.journal import JournalHeader
from bench.results.recording import Recording

File = click.Path(dir_okay=False, path_type=Path)


class WithGrid(click.Command):
    """`--grid` may stand alone before a selector: only `full` after it is its value."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Give a lone `--grid` its value before click takes the next word for it."""
        args = [
            "--grid=each" if word == "--grid" and after not in ("full", "each", "typical") else word
            for word, after in zip_longest(args, args[1:])
        ]
        return super().parse_args(ctx, args)


grid_option = click.option(
    "--grid",
    type=click.Choice(["typical", "each", "full"]),
    default="typical",
    metavar="[full]",
    help="Vary each parameter alone through the typical point; `full` takes the product.",
)
set_option = click.option(
    "--set", "chosen", multiple=True, metavar="NAME=V,V", help="Values of a parameter in place of its own."
)
output_option = click.option("--output", type=File, help="The result file.  [default: one in .bench/results]")
existing_option = click.option(
    "--existing", is_flag=True, help="Read the database that --database names as it stands; nothing is written there."
)
keep_parameters_option = click.option(
    "--keep-parameters",
    "keeps_parameters",
    is_flag=True,
    help="Keep what statements were sent with; else no value of your own rows is in a result or a message.",
)
report_option = click.option(
    "--report", type=ReportFile(), help="Write a Markdown report too; charts of its times stand beside it."
)


def exit_code(result: Result) -> int:
    """What a run ends with: interrupted, a strategy that failed or differs, a budget that is passed, or done."""
    strategies = [strategy for one in result.scenarios for point in one.points for strategy in point.strategies]
    verdicts = {strategy.verdict for strategy in strategies}
    return worst(
        [
            INTERRUPTED if result.interrupted else DONE,
            FAILED if verdicts & {"failed", "differs"} else DONE,
            REGRESSION if any(map(passed_limits, strategies)) else DONE,
        ]
    )


def show_passed_budgets(result: Result) -> None:
    """A line on each budget that is passed."""
    lines = lines_of_limits(result)
    click.echo("\n" if lines else "", nl=False)
    for line in lines:
        click.secho(line, fg="red")


def write_report(path: Path, result: Result) -> None:
    """Write the report that was asked for, and the charts beside it.

    Raises:
        ResultError: It cannot be written there.
    """
    # Pages and charts would be a quarter of what a command without a report imports.
    from bench.reports.pages.files import page_files
    from bench.reports.sides import sides_of

    files = page_files(sides_of([result]), path.name)
    for name in files:
        refuse_to_harm(path.parent / name, path.parent, "file")
    for name, text in files.items():
        write_whole(path.parent / name, text.encode())
    click.echo(f"Report: {path}")


def start_recording(
    run: Run,
    planned: Sequence[Planned],
    options: Options,
    output: Path | None,
    resume: Path | None = None,
    *,
    timed: bool = True,
) -> Recording:
    """A recording of a run of these points, or of one that was cut off and goes on; what was removed for it is said.

    Signals wait from when there is a journal, of which an interruption would leave nobody who knows, until whoever
    measures calls `let_interrupt_again`.
    """
    recording = _recording(run, planned, options, output, resume, timed=timed)
    for left in recording.removed:
        click.echo(f"removed {plain(left.name)}, which a run that was killed had left beside its result", err=True)
    return recording


def _recording(
    run: Run, planned: Sequence[Planned], options: Options, output: Path | None, resume: Path | None, *, timed: bool
) -> Recording:
    claims = {one.scenario.name: [Claim(**claim) for claim in one.scenario.claims] for one in planned}
    environment, processes = run.environment(), run.processes
    if resume is not None:
        let_nothing_interrupt()
        return Recording.resume(resume, environment, claims, output)
    scenarios = {one.scenario.name: one.scenario for one in planned}.values()
    header = JournalHeader(
        environment=environment,
        settings=Settings(
            database="url" if "://" in options.database else options.database,
            places=list(options.scenarios),
            server_settings=dict(options.settings),
            chosen=dict(options.chosen),
            precision=options.precision,
            budget_s=options.budget,
            timeout_s=options.timeout,
            grid=options.grid,
            selectors=list(options.selectors),
            rtts_ms=list(options.rtts_ms),
            timed=timed,
            processes=processes,
            workers=options.workers is not None,
            existing=options.existing,
            rounds=options.rounds,
        ),
        scenarios=[
            ScenarioResult(
                name=one.name,
                question=one.question,
                dataset=one.dataset,
                returns=one.returns,
                size=one.size,
                headline=one.headline,
                disturbed_by=one.disturbed_by,
                typical=one.typical,
            )
            for one in scenarios
        ],
        planned={one.name: [each.point for each in planned if each.scenario.name == one.name] for one in scenarios},
        started=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    let_nothing_interrupt()
    return Recording.start(header, claims, output)


def show_environment(environment: Environment, processes: int = 1) -> None:
    """A line on where it is measured, and by how many processes loads are driven."""
    version = f"PostgreSQL {environment.postgres}; " if environment.postgres else ""
    packages = ", ".join(f"{name} {environment.packages.get(name, '')}" for name in ("sqlalchemy", environment.driver))
    several = f"; loads from {processes} processes" if processes > 1 else ""
    click.echo(plain(f"{environment.database}; {version}{packages}; {environment.python}{several}"))
