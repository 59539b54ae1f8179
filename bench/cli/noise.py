"""`bench noise`: what this machine can and cannot see."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from typing import Any

import click

from bench.cli.codes import DONE, INTERRUPTED
from bench.cli.interruption import let_nothing_interrupt
from bench.cli.options import Percent, shared
from bench.cli.progress import watcher
from bench.measuring.disturbances.lookout import Lookout
from bench.measuring.launch_noise import LaunchNoise, compare_launches
from bench.measuring.noise import Comparison, compare_with_copies
from bench.measuring.options import Options
from bench.reports.noise import disturbances_text, launches_table, noise_table


@click.command(name="noise", epilog="Example: bench noise loading.one_to_many:selectin --comparisons 20 --budget 2m")
@shared
@click.option("--comparisons", type=click.IntRange(1), default=20, show_default=True, help="How many to make in all.")
@click.option(
    "--launches",
    type=click.IntRange(2),
    help="Launch each strategy so often too, in fresh processes: what `bench check` can see.",
)
@click.option("--precision", type=Percent(), default="2.5%", show_default=True, help="Half-width asked of an interval.")
@click.option("--pin", is_flag=True, help="Give the worker and the server a core each (Linux, servers of our own).")
def command(comparisons: int, launches: int | None, precision: float, **flags: Any) -> int:
    """Measure strategies against themselves: what this machine can and cannot see.

    Each selected strategy is measured against its own copy, by the method of a run. Every verdict but `same` or
    `inconclusive` is wrong, and the true ratio is 1. With --launches, it is measured over launches too, as `bench
    check` compares revisions; a budget is for both, half of it each. Below the table stands what disturbs the machine,
    as far as it tells, and what to do about it.
    """
    names = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "budget", "timeout", "pin")
    options = Options(**{name: flags[name] for name in names}, precision=precision, settings=dict(flags["setting"]))
    if launches is not None and options.budget is not None:
        options = replace(options, budget=options.budget / 2)
    made: list[Comparison] = []
    launched: list[LaunchNoise] = []
    lookout = Lookout()
    code = DONE
    with closing(watcher()) as watching:
        try:
            made.extend(compare_with_copies(options, comparisons, watching, lookout))
            if launches is not None:
                launched.extend(compare_launches(options, launches, watching))
            let_nothing_interrupt()
        except KeyboardInterrupt:
            code = INTERRUPTED
    if not made:
        click.echo("no strategy could be measured")
        return code
    click.echo(noise_table(made))
    if launched:
        click.echo(f"\n{launches_table(launched)}")
    findings = lookout.findings()
    if findings is not None:
        click.echo(f"\n{disturbances_text(findings)}")
    return code
