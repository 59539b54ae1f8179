"""`bench new`: a scenario module to start from."""

from __future__ import annotations

import keyword
from importlib.resources import files
from pathlib import Path
from string import Template

import click

from bench.errors import UsageError
from bench.results.file import write_whole


@click.command(name="new", epilog="Example: bench new scenarios/orders.py")
@click.argument("path", type=click.Path(path_type=Path))
def command(path: Path) -> None:
    """Write a scenario module to start from.

    It runs as it is, and has comments for whoever reads one for the first time.

    PATH is the module's file; its folder is made where it is not there.
    """
    if path.suffix != ".py":
        raise UsageError(f"{path} is no Python file: name the module that is to be written, such as {path}.py")
    if not path.stem.isidentifier() or keyword.iskeyword(path.stem):
        raise UsageError(f"{path.name} cannot be imported: name it with letters, digits and underscores")
    if path.exists():
        raise UsageError(f"{path} is there already, and is left as it is: name another file")
    text = files("bench.cli").joinpath("new_scenario.txt").read_text(encoding="utf-8")
    write_whole(path, Template(text).substitute(place=path.as_posix(), name=path.stem).encode())
    click.echo(f"Scenario: {path}")
    click.echo(f"Run it with: bench run --scenarios {path} {path.stem}")
