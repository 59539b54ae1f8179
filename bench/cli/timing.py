"""The flags of every command that measures with a clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import click

from bench.cli.options import Milliseconds, Percent, split_settings
from bench.cli.recorded import (
    existing_option,
    grid_option,
    keep_parameters_option,
    output_option,
    report_option,
    set_option,
)
from bench.configuration import configured_budgets
from bench.measuring.options import Options

_FLAGS: tuple[Callable[[Any], Any], ...] = (
    grid_option,
    set_option,
    click.option(
        "--rtt",
        "rtts_ms",
        type=Milliseconds(),
        default=(),
        metavar="MS,MS",
        help="Round-trip times to add, in milliseconds: who wins when the database is that far away.",
    ),
    click.option(
        "--precision", type=Percent(), default="2.5%", show_default=True, help="Half-width asked of an interval."
    ),
    click.option(
        "--rounds",
        type=click.IntRange(0, 10_000),
        default=0,
        metavar="N",
        help="Rounds that each point has at least, though the budget be spent; of what is far behind, as many as tell.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(1),
        default=1,
        show_default=True,
        metavar="N",
        help="Processes that drive each load of a strategy together: a share of its tasks and units each, a pool each.",
    ),
    click.option(
        "--workers",
        metavar="tcp://SCHEDULER",
        help="Have the workers of a Dask scheduler do that: other machines, with PGPASSWORD in their environment.",
    ),
    click.option("--pin", is_flag=True, help="Give the worker and the server a core each (Linux, servers of our own)."),
    existing_option,
    keep_parameters_option,
    output_option,
    report_option,
)


def timing(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command with the flags of one that measures with a clock."""
    return reduce(lambda decorated, flag: flag(decorated), reversed(_FLAGS), command)


def timing_options(flags: Mapping[str, Any]) -> Options:
    """What the flags ask for."""
    return Options(
        **{name: flags[name] for name in ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed")},
        **{name: flags[name] for name in ("budget", "timeout", "precision", "rounds", "grid", "pin", "rtts_ms")},
        **{name: flags[name] for name in ("processes", "workers", "existing", "keeps_parameters")},
        settings=dict(flags["setting"]),
        chosen=split_settings(flags["chosen"]),
        budgets=configured_budgets(),
    )
