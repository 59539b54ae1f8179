"""Where a report may be written: over nothing but a report, and through no link that leads elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from bench.errors import ResultError, UsageError
from bench.results.file import read_whole


class ReportFile(click.Path):
    """A file that a report can be written to, looked at before anything is measured."""

    def __init__(self) -> None:
        super().__init__(dir_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path.

        Raises:
            UsageError: A link leads elsewhere, or something is there that is no report.
        """
        path = super().convert(value, param, ctx)
        if isinstance(path, Path):
            refuse_to_harm(path, path.parent, "file")
        return path


def refuse_to_harm(path: Path, folder: Path, instead: str) -> None:
    """Refuse to write a file of a report where that would be at somebody's cost.

    Args:
        path: Of the file.
        folder: That it has to be in.
        instead: What to name another of: `file` or `directory`.

    Raises:
        UsageError: A link leads out of the folder, or something is there that `bench` has not made as a report.
        ResultError: What is there cannot be read.
    """
    from bench.reports.recognizing import is_report

    try:
        inside, real = folder.resolve(), path.resolve()
        there = path.is_file()
    except (OSError, RuntimeError) as error:  # RuntimeError: a link to itself, up to Python 3.12
        raise ResultError(f"cannot write {path}: {getattr(error, 'strerror', None) or error}") from None
    if inside != real and inside not in real.parents:
        raise UsageError(f"{path} leads out of {folder} by a link: name what it leads to, or another {instead}")
    if there and (text := read_whole(path).decode(errors="replace")) and not is_report(text):
        raise UsageError(f"{path} is none that `bench report` made, and would be overwritten: name another {instead}")
