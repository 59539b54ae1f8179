"""The flags that all commands which measure share, and the types of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from bench.configuration import seconds
from bench.errors import UsageError

LONGEST_RTT_MS = 1000.0
"""Milliseconds of added round-trip time from which on nobody means it."""

Command = TypeVar("Command", bound=Callable[..., Any])


class Duration(click.ParamType[float]):
    """Seconds, written as 30s, 5m, 1h, 500ms or a plain number of seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds as a float above 0."""
        try:
            return seconds(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


class Milliseconds(click.ParamType[tuple[float, ...]]):
    """Round-trip times to add, in milliseconds, with commas between them: 0,0.5,1,5."""

    name = "milliseconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """The times in ascending order, each once; from 0 to 1000."""
        if isinstance(value, tuple):
            return value
        times = set()
        for part in str(value).split(","):
            try:
                time = float(part)
            except ValueError:
                self.fail(f"{part.strip()!r} is no number of milliseconds: write for example 0,0.5,1,5", param, ctx)
            if not 0 <= time <= LONGEST_RTT_MS:
                self.fail(f"{part.strip()} ms is no round-trip time: from 0 to {LONGEST_RTT_MS:g} ms", param, ctx)
            times.add(time)
        return tuple(sorted(times))


class Percent(click.ParamType[float]):
    """A fraction, written as 2.5% or 0.025."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """A fraction from 0.001 to 0.5."""
        matched = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(%?)\s*", str(value))
        fraction = float(matched[1]) / (100 if matched[2] else 1) if matched else 0.0
        if not 0.001 <= fraction <= 0.5:
            self.fail(f"{value!r} is not from 0.1% to 50%: write for example 2.5%", param, ctx)
        return fraction


class NameValue(click.ParamType[tuple[str, str]]):
    """NAME=VALUE."""

    name = "name=value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """The two as a tuple."""
        if isinstance(value, tuple):
            return value
        name, equals, text = str(value).partition("=")
        if not equals or not name.strip():
            self.fail(f"{value!r} should be NAME=VALUE", param, ctx)
        return name.strip(), text.strip()


def shared_with(budget: str) -> Callable[[Command], Command]:
    """Adds the flags that `--database` begins and `--output` ends, with the selectors, where the budget is for that."""

    def add(command: Command) -> Command:
        return selectors_argument(shared_flags(budget)(command))

    return add


def shared_flags(budget: str) -> Callable[[Command], Command]:
    """Adds the same flags to a command that has no selectors."""

    def add(command: Command) -> Command:
        for decorate in reversed(_shared(budget)):
            command = decorate(command)
        return command

    return add


def shared(command: Command) -> Command:
    """Add the same where the budget is for a run."""
    return shared_with("Time for the whole run.  [default: 30s a point]")(command)


def _shared(budget: str) -> list[Callable[[Any], Any]]:
    return [
        database_option,
        scenarios_option,
        click.option(
            "--driver",
            type=click.Choice(["asyncpg", "psycopg"]),
            default="asyncpg",
            show_default=True,
            help="PostgreSQL's driver under async strategies.",
        ),
        click.option(
            "--loop",
            type=click.Choice(["asyncio", "uvloop"]),
            default="asyncio",
            show_default=True,
            help="The event loop that strategies run on.",
        ),
        click.option(
            "--setting",
            type=NameValue(),
            multiple=True,
            metavar="NAME=VALUE",
            help="A server setting, such as work_mem=64MB.",
        ),
        click.option("--scale", type=click.IntRange(1), default=1, show_default=True, help="Size of the dataset."),
        click.option("--budget", type=Duration(), help=budget),
        click.option("--timeout", type=Duration(), default="60s", show_default=True, help="Longest time of one call."),
        click.option(
            "--seed", type=click.IntRange(0), default=1, show_default=True, help="Of the dataset and of the order."
        ),
    ]


selectors_argument = click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
database_option = click.option(
    "--database",
    default="auto",
    show_default=True,
    metavar="WHERE",
    help="auto, docker[:IMAGE], embedded, local[:BINDIR], sqlite, or a URL.",
)
scenarios_option = click.option(
    "--scenarios",
    multiple=True,
    metavar="PLACE",
    help="A folder, file or package with scenarios of your own; may be repeated.",
)


def split_settings(pairs: Sequence[str]) -> dict[str, str]:
    """`--set NAME=V,V` given several times, as a mapping from each name to its values as they were written.

    Raises:
        UsageError: One without a name, an equals sign or a value.
    """
    values = {}
    for pair in pairs:
        name, _, text = pair.partition("=")
        if not name.strip() or not text.strip():
            raise UsageError(f"--set {pair}: write NAME=VALUE,VALUE, for example --set authors=10,100")
        values[name.strip()] = text
    return values
