"""`bench list`: what there is to run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click

from bench.cli.options import scenarios_option
from bench.description import ScenarioDescription
from bench.measuring.options import Options
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.reports.claims import LESS_OF
from bench.reports.formatting import plain
from bench.reports.limits import counted


@click.command(name="list", epilog="Example: bench list loading --claims")
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@scenarios_option
@click.option(
    "--claims", is_flag=True, help="The sentences of advice that scenarios put to the test, with their sources."
)
@click.option("--json", "as_json", is_flag=True, help="Everything, as JSON.")
def command(selectors: tuple[str, ...], scenarios: tuple[str, ...], claims: bool, as_json: bool) -> None:
    """List scenarios, their strategies, points and claims.

    A SELECTOR is loading, loading.one_to_many or loading.one_to_many:selectin; none means everything.
    """
    with Session(Options(selectors=selectors, scenarios=scenarios), Watcher()) as session:
        chosen = [scenario for scenario, _ in session.selected()]
    if as_json:
        click.echo(json.dumps([asdict(scenario) for scenario in chosen], indent=2))
        return
    for scenario in chosen:
        click.echo("\n".join(_claim_lines(scenario) if claims else _lines(scenario)))
        click.echo()
    if not chosen:
        click.echo("no scenarios")


def _lines(scenario: ScenarioDescription) -> list[str]:
    lines = [f"{click.style(scenario.name, bold=True)}  {plain(scenario.question)}"]
    names = [plain(strategy.name) for strategy in scenario.strategies]
    width = max(map(len, names))
    for name, strategy in zip(names, scenario.strategies, strict=True):
        marks = ["baseline"] if strategy.baseline else []
        marks += [strategy.returns] if strategy.returns != scenario.returns else []
        marks += [f"requires {requirement}" for requirement in strategy.requires]
        marks += [f"on {strategy.driver}"] if strategy.driver else []
        marks += [f"shows {strategy.raises}"] if strategy.raises else []
        marks += ["shows another answer"] if strategy.differs else []
        marks += [f"at most {counted(counter, limit)}" for counter, limit in strategy.limits.items()]
        suffix = f"  ({', '.join(marks)})" if marks else ""
        lines.append(f"  {name.ljust(width)}  {plain(strategy.description)}{suffix}")
    for name, values in scenario.params.items():
        shown = ", ".join(f"[{value}]" if value == scenario.typical[name] else str(value) for value in values)
        lines.append(f"  {name}: {plain(shown)}{'  (size)' if name == scenario.size else ''}")
    return lines


def _claim_lines(scenario: ScenarioDescription) -> list[str]:
    lines = [click.style(scenario.name, bold=True)]
    for claim in scenario.claims:
        predicts = _prediction(claim)
        where = "".join(f", at {name}={value}" for name, value in claim["where"].items())
        told = (f"  “{claim['text']}”", f"    {claim['source']}", f"    predicts: {predicts}{where}")
        lines += [line[: len(line) - len(line.lstrip())] + plain(line) for line in told]
    return lines if scenario.claims else [*lines, "  no claims"]


def _prediction(claim: Mapping[str, Any]) -> str:
    if claim["faster"]:
        times = f"at least {claim['by']:g} times as fast as" if claim["by"] else "faster than"
        return f"{claim['faster']} is {times} {claim['than']}"
    if claim["as_fast"]:
        return f"{claim['as_fast']} is as fast as {claim['than']}, or faster"
    if claim["less"]:
        return f"{claim['less']} has {LESS_OF.get(claim['counter'], 'fewer')} {claim['counter']} than {claim['than']}"
    return f"{claim['strategy']} has {claim['counter']} = {claim['equals']}"
