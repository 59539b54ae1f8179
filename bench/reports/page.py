"""A page that is put together once and written twice: as plain text for a terminal, and as GitHub's Markdown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from textwrap import wrap
from typing import Literal

from bench.regressions.statements import StatementChange
from bench.reports.drawing import TERMINAL_WIDTH
from bench.reports.formatting import code, markdown, plain
from bench.reports.statement_diff import markdown_statement_diff, statement_diff

Align = Literal["left", "right"]


class Page(ABC):
    """The parts of a page, one below the other. What is added was made harmless by `quoted` or `prose`."""

    def __init__(self) -> None:
        self._parts: list[str] = []

    def text(self) -> str:
        """The whole page, without a line end at its end."""
        return "\n\n".join(self._parts)

    @abstractmethod
    def quoted(self, name: str) -> str:
        """A name of others, made harmless and set apart from the words around it."""

    @abstractmethod
    def prose(self, text: str) -> str:
        """Other text, made harmless."""

    @abstractmethod
    def heading(self, text: str, level: int) -> None:
        """A heading of level 1, 2 or 3."""

    @abstractmethod
    def paragraph(self, text: str, colour: str | None = None) -> None:
        """Sentences; on a terminal that has colours, coloured."""

    @abstractmethod
    def bullets(self, title: str, lines: Sequence[str]) -> None:
        """A list under a line that says of what; nothing where it is empty."""

    @abstractmethod
    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[Align]) -> None:
        """A table; a cell's text is harmless."""

    @abstractmethod
    def statements(self, title: str, changes: Sequence[StatementChange]) -> None:
        """Statements that changed, under a line that says whose."""


class TerminalPage(Page):
    """A page for a terminal.

    Args:
        width: Columns of the terminal, 100 if None.
        colour: Whether ANSI codes colour it; without them there are no control codes.
    """

    def __init__(self, width: int | None = None, colour: bool = False) -> None:
        super().__init__()
        self._width = width or TERMINAL_WIDTH
        self._colour = colour

    def quoted(self, name: str) -> str:
        return plain(name)

    def prose(self, text: str) -> str:
        return plain(text)

    def heading(self, text: str, level: int) -> None:
        self._parts.append(self._styled(text, bold=True) if level < 3 else text)

    def paragraph(self, text: str, colour: str | None = None) -> None:
        self._parts.append("\n".join(self._styled(line, fg=colour) for line in self._wrapped(text)))

    def bullets(self, title: str, lines: Sequence[str]) -> None:
        if lines:
            wrapped = [part for line in lines for part in self._wrapped(line, "  ", "    ")]
            self._parts.append("\n".join([f"{title}:", *wrapped]))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[Align]) -> None:
        from tabulate import tabulate

        self._parts.append(tabulate(rows, headings, tablefmt="simple", disable_numparse=True, colalign=align))

    def statements(self, title: str, changes: Sequence[StatementChange]) -> None:
        shown = statement_diff(changes, self._width - 2, self._colour)
        self._parts.append("\n".join([f"{title}:", *(f"  {line}" for line in shown.splitlines())]))

    def _wrapped(self, text: str, first: str = "", others: str = "") -> list[str]:
        return wrap(text, self._width, initial_indent=first, subsequent_indent=others, break_on_hyphens=False) or [""]

    def _styled(self, text: str, *, bold: bool = False, fg: str | None = None) -> str:
        from click import style

        return style(text, bold=bold or None, fg=fg) if self._colour and (bold or fg) else text


class MarkdownPage(Page):
    """A page in GitHub's Markdown."""

    def quoted(self, name: str) -> str:
        return code(name)

    def prose(self, text: str) -> str:
        return markdown(text)

    def heading(self, text: str, level: int) -> None:
        self._parts.append(f"{'#' * level} {text}" if level < 3 else f"**{text}**")

    def paragraph(self, text: str, colour: str | None = None) -> None:
        self._parts.append(text)

    def bullets(self, title: str, lines: Sequence[str]) -> None:
        if lines:
            self._parts.append(f"{title}:\n\n" + "\n".join(f"- {line}" for line in lines))

    def table(self, headings: Sequence[str], rows: Sequence[Sequence[str]], align: Sequence[Align]) -> None:
        from tabulate import tabulate

        self._parts.append(tabulate(rows, headings, tablefmt="pipe", disable_numparse=True, colalign=align))

    def statements(self, title: str, changes: Sequence[StatementChange]) -> None:
        self._parts.append(f"{title}:\n\n{markdown_statement_diff(changes)}")
