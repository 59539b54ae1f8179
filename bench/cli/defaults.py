"""What `[tool.bench]` sets, as the defaults of a command's options."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from bench.configuration import Value


def defaults_of(command: click.Command | None, values: Mapping[str, Value]) -> dict[str, Any]:
    """What is configured for a command, by the names that click knows its options by; for a group, by command."""
    if isinstance(command, click.Group):
        return {name: defaults_of(each, values) for name, each in command.commands.items()}
    options = [option for option in command.params if isinstance(option, click.Option)] if command else []
    named = {option.opts[0].removeprefix("--"): option for option in options if option.name}
    if command is not None and command.name in ("report", "check"):
        named.pop("output", None)  # another file than that of a run
    return {str(named[key].name): _several(named[key], value) for key, value in values.items() if key in named}


def _several(option: click.Option, value: Value) -> Any:
    """What stands once in the file is a list of one for a flag that may be given several times."""
    return [value] if option.multiple and not isinstance(value, list | tuple) else value
