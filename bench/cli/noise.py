"""`bench noise`: what this machine can and cannot see."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import click

from bench.cli.codes import DONE, INTERRUPTED
from bench.cli.options import Percent, shared
from bench.cli.progress import watcher
from bench.measuring.disturbances.lookout import Lookout
from bench.measuring.noise import Comparison, compare_with_copies
from bench.measuring.options import Options
from bench.reports.noise import disturbances_text, noise_table


@click.command(name="noise", epilog="Example: bench noise loading.one_to_many:selectin --comparisons 20 --budget 2m")
@shared
@click.option("--comparisons", type=click.IntRange(1), default=20, show_default=True, help="How many to make in all.")
@click.option("--precision", type=Percent(), default="2.5%", show_default=True, help="Half-width asked of an interval.")
@click.option("--pin", is_flag=True, help="Give the worker and the server a core each (Linux, servers of our own).")
def command(comparisons: int, precision: float, **flags: Any) -> int:
    """Measure strategies against themselves: what this machine can and cannot see.

    Each selected strategy is measured against its own copy, by the method of a run. Every verdict but `same` or
    `inconclusive` is wrong, and the true ratio is 1. Below the table stands what disturbs the machine, as far as it
    tells, and what to do about it.
    """
    names = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "budget", "timeout", "pin")
    options = Options(**{name: flags[name] for name in names}, precision=precision, settings=dict(flags["setting"]))
    made: list[Comparison] = []
    lookout = Lookout()
    code = DONE
    with closing(watcher()) as watching:
        try:
            made.extend(compare_with_copies(options, comparisons, watching, lookout))
        except KeyboardInterrupt:
            code = INTERRUPTED
    if not made:
        click.echo("no strategy could be measured")
        return code
    click.echo(noise_table(made))
    findings = lookout.findings()
    if findings is not None:
        click.echo(f"\n{disturbances_text(findings)}")
    return code
