"""`bench show`: what a strategy is and what it sends."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import asdict
from typing import Any

import click

from bench.cli.codes import DONE, FAILED
from bench.cli.options import shared, split_settings
from bench.cli.progress import watcher
from bench.discovery import close_to
from bench.errors import UsageError
from bench.measuring.contest import Contest
from bench.measuring.contestant import Contestant
from bench.measuring.options import Options
from bench.measuring.session import Session
from bench.plans import short_form
from bench.points import parse_values, points
from bench.reports.columns import counter_value
from bench.reports.folded import readable_sql
from bench.reports.formatting import plain, plain_lines


@click.command(name="show", epilog="Example: bench show loading.one_to_many:selectin")
@shared
@click.option(
    "--set", "chosen", multiple=True, metavar="NAME=V", help="The value of a parameter in place of the typical."
)
def command(chosen: tuple[str, ...], **flags: Any) -> int:
    """Show a strategy's code, its SQL, its plan and its counters, at the typical point.

    A SELECTOR is loading.one_to_many:selectin, or loading.one_to_many for each of its strategies.
    """
    if not flags["selectors"]:
        raise click.UsageError("name a strategy to show, such as loading.one_to_many:selectin (`bench list` has them)")
    shared_flags = ("selectors", "scenarios", "database", "driver", "loop", "scale", "seed", "timeout")
    options = Options(**{name: flags[name] for name in shared_flags}, settings=dict(flags["setting"]))
    wanted = [selector.partition(":")[2] for selector in options.selectors]
    failed = False
    with closing(watcher()) as watching, Session(options, watching) as session:
        selected, texts = session.selected(), split_settings(chosen)
        _refuse_unknown(texts, {name for scenario, _ in selected for name in scenario.params})
        for scenario, strategies in selected:
            values = {
                name: parse_values(name, text, scenario.params)
                for name, text in texts.items()
                if name in scenario.params
            }
            (point, *_) = points(scenario.params, scenario.typical, "typical", values)
            entrants = {name: name for name in strategies}
            contest = Contest(
                session, scenario, point, entrants, scenario.baseline, share=options.timeout, way="counted"
            )
            contest.open()
            contest.prove()
            contest.close()
            for contestant in contest.contestants.values():
                failed = failed or contestant.verdict in ("failed", "differs")
                if contestant.alias in wanted or not all(wanted):
                    _show(f"{scenario.name}:{contestant.alias}", str(point), contestant)
    return FAILED if failed else DONE


def _refuse_unknown(chosen: Collection[str], known: Collection[str]) -> None:
    for name in chosen:
        if name not in known:
            raise UsageError(f"--set {name}: no selected scenario has that parameter{close_to(name, known)}")


def _show(name: str, point: str, contestant: Contestant) -> None:
    click.secho(plain(name), bold=True)
    click.echo(plain(contestant.strategy.description))
    click.echo(f"at {plain(point)}" if point else "")
    click.echo(f"\n{plain_lines(contestant.strategy.code)}\n")
    if contestant.verdict is not None:
        click.secho(f"{contestant.verdict}: {plain(contestant.reason or '')}\n", fg="red")
    if contestant.demonstration and contestant.error:
        shown = "raises" if contestant.strategy.raises else "answers something else:"
        click.echo(f"{shown} {plain(contestant.error)}\n")
    for statement in contestant.counted.statements:
        click.secho(f"-- sent {statement.calls} time{'s' if statement.calls > 1 else ''}", dim=True)
        click.echo(plain_lines(readable_sql(statement.sql.strip())))
        if statement.plan:
            click.echo()
            click.echo("\n".join(f"    {line}" for line in plain_lines(short_form(statement.plan)).splitlines()))
        click.echo()
    for load in contestant.counted.repeated_loads:
        where = f", at {plain(load.where)}" if load.where else ""
        click.echo(f"N+1: {plain(load.relationship)} is loaded {load.count} times by itself ({load.kind}){where}\n")
    counted = {key: value for key, value in asdict(contestant.counters).items() if value is not None}
    for key, value in counted.items():
        click.echo(f"{key.replace('_', ' ').ljust(20)} {counter_value(key, value)}")
    click.echo()
