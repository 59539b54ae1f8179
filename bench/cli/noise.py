"""`bench noise`: what this machine can and cannot see."""

from __future__ import annotations

from contextlib import closing
from itertools import groupby
from typing import Any

import click
from tabulate import tabulate

from bench.cli.codes import DONE, INTERRUPTED
from bench.cli.options import Percent, shared
from bench.cli.progress import duration, watcher
from bench.measuring.noise import Comparison, Summary, compare_with_copies, summarize
from bench.measuring.options import Options

HEADINGS = (
    "strategy",
    "comparisons",
    "wrong",
    "holds 1",
    "same",
    "inconclusive",
    "spread",
    "can see",
    "rounds",
    "each took",
)


@click.command(name="noise", epilog="Example: bench noise loading.one_to_many:selectin --comparisons 20 --budget 2m")
@shared
@click.option("--comparisons", type=click.IntRange(1), default=20, show_default=True, help="How many to make in all.")
@click.option("--precision", type=Percent(), default="2.5%", show_default=True, help="Half-width asked of an interval.")
@click.option("--pin", is_flag=True, help="Give the worker and the server a core each (Linux, servers of our own).")
def command(comparisons: int, precision: float, **flags: Any) -> int:
    """Measure strategies against themselves: what this machine can and cannot see.

    Each selected strategy is measured against its own copy, by the method of a run. Every verdict but `same` or
    `inconclusive` is wrong, and the true ratio is 1.
    """
    names = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "budget", "timeout", "pin")
    options = Options(**{name: flags[name] for name in names}, precision=precision, settings=dict(flags["setting"]))
    made: list[Comparison] = []
    code = DONE
    with closing(watcher()) as watching:
        try:
            made.extend(compare_with_copies(options, comparisons, watching))
        except KeyboardInterrupt:
            code = INTERRUPTED
    if made:
        _show(made)
    else:
        click.echo("no strategy could be measured")
    return code


def _show(made: list[Comparison]) -> None:
    ordered = sorted(made, key=lambda one: one.strategy)
    summaries = [summarize(name, list(group)) for name, group in groupby(ordered, key=lambda one: one.strategy)]
    together = summarize("all", made)
    rows = [_row(one) for one in [*summaries, *([together] if len(summaries) > 1 else [])]]
    click.echo(tabulate(rows, headers=HEADINGS, tablefmt="simple", disable_numparse=True))
    click.echo(
        f"\nwrong: the copy was called faster or slower ({together.wrong} of {together.comparisons})."
        f" holds 1: the 95 % interval has the true ratio in it ({together.holding_one} of {together.intervals})."
        "\nspread: standard deviation of the measured ratio. can see: the smallest difference that one comparison sees."
    )


def _row(summary: Summary) -> list[str]:
    return [
        summary.strategy,
        str(summary.comparisons),
        str(summary.wrong),
        f"{summary.holding_one}/{summary.intervals}",
        str(summary.same),
        str(summary.inconclusive),
        _percent(summary.spread),
        _percent(summary.smallest_detectable),
        f"{summary.rounds:.0f}",
        duration(summary.seconds),
    ]


def _percent(fraction: float | None) -> str:
    return f"{fraction:.1%}" if fraction is not None else ""
