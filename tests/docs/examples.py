"""The examples in the documentation: fenced blocks of Python, and commands in blocks of console."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [path for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if path.is_file()]

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Example:
    """A block of Python, or one command, with the page and the line that it stands on."""

    page: Path
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.page.name}:{self.line}"

    @property
    def words(self) -> list[str]:
        """A command as a shell would split it, the comment after it left out."""
        return shlex.split(self.text, comments=True)


def blocks(language: str) -> list[Example]:
    """Every fenced block of a language."""
    return [
        Example(page, page.read_text()[: match.start()].count("\n") + 2, match[2])
        for page in PAGES
        for match in _BLOCK.finditer(page.read_text())
        if match[1] == language
    ]


def commands() -> list[Example]:
    """Every command in a block of console: a line that begins with `$ `."""
    return list(_commands())


def _commands() -> Iterator[Example]:
    for block in blocks("console"):
        for number, line in enumerate(block.text.splitlines()):
            if line.startswith("$ "):
                yield Example(block.page, block.line + number, line.removeprefix("$ "))


def scenario_files() -> dict[Path, Example]:
    """The blocks of Python that declare a scenario, by the path under which the page says that they are saved."""
    files = {}
    for block in blocks("python"):
        if "Scenario(" in block.text and ".strategy(" in block.text:
            after = block.page.read_text().partition(block.text)[2]
            saved = re.search(r"[Ss]aved as `([\w/]+\.py)`", after)
            files[Path(saved[1] if saved else f"scenarios/{block.page.stem.replace('-', '_')}.py")] = block
    return files


def suite_files() -> dict[str, Example]:
    """The blocks of Python that begin with a comment which names their file: they make up a suite of tests together."""
    return {named[1]: block for block in blocks("python") if (named := re.match(r"# (\w+\.py)\n", block.text))}
