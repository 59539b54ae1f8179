"""Every reader of a result, run in this process, and what is never to come of any."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from bench.cli.check import _document
from bench.cli.main import _run
from bench.errors import ResultError
from bench.regressions.comparing import compare
from bench.regressions.stored import as_check
from bench.reports.check import markdown_check, terminal_check
from bench.results.encoding import encode
from bench.results.plausible import read_plausible
from tests.fuzz.harmless import obeyed, odd_html, odd_markdown

Words = tuple[str, ...]

EXPORTS = ("pytest-benchmark", "bencher", "github-action-benchmark")
REPORTS: tuple[Words, ...] = (("report",), *(("report", "--format", form) for form in EXPORTS))
"""What is made of one result without charts."""
COMPARISONS: tuple[Words, ...] = tuple(("compare", "--format", form) for form in ("terminal", "markdown", "json"))


@dataclass(frozen=True)
class Ended:
    """What a command ended with and what it wrote."""

    words: Words
    code: int
    out: str
    err: str

    @property
    def form(self) -> str:
        """What it was to write."""
        return self.words[self.words.index("--format") + 1] if "--format" in self.words else "markdown"


def bench(*words: str | Path) -> Ended:
    """Run `bench` in this process; what it writes is kept."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2))
    texts = tuple(map(str, words))
    with redirect_stdout(out), redirect_stderr(err):
        code = _run(list(texts))
    return Ended(texts, code, _written(out), _written(err))


def read_by_all(file: Path, other: Path) -> list[Ended]:
    """What becomes of a result where every reader reads it that draws nothing, alone and beside another."""
    runs = [bench(command, file, *form) for command, *form in REPORTS]
    runs.append(bench("report", other, file))
    for command, *form in COMPARISONS:
        runs += [bench(command, file, other, *form), bench(command, other, file, *form)]
    return runs


def drawn(file: Path, other: Path, folder: Path) -> list[Ended]:
    """What becomes of it in a directory of pages with charts, and in a page for a browser."""
    return [
        bench("report", file, "--output", f"{folder / 'pages'}/"),
        bench("report", file, other, "--format", "html", "--output", folder / "page.html"),
    ]


def judged(file: Path, other: Path) -> list[str]:
    """What `bench check` says where one is the base and the other what was measured now: text, Markdown and JSON."""
    try:
        comparison = compare(read_plausible(file), read_plausible(other))
    except ResultError:
        return []
    check = as_check(comparison, str(file), 0.05, trusts_times=True)
    json.loads(encode(_document(check, 0)))
    return [terminal_check(check), markdown_check(check)]


def harm(ended: Ended) -> list[str]:
    """What is wrong with how a command ended: it gave no harmless page, nor a line that says why there is none."""
    found = obeyed(ended.out) + obeyed(ended.err)
    lines = ended.err.splitlines()
    found += [f"on standard error: {line}" for line in lines if not line.startswith("bench: ")]
    allowed = (0, 1, 2, 4, 5) if ended.words[0] == "compare" else (0, 2)
    if ended.code not in allowed:
        found.append(f"exit code {ended.code}")
    if ended.code == 2:
        return [*found, *(["said, and refused"] if ended.out else []), *([] if lines else ["refused without a word"])]
    return found + harm_of(ended.out, ended.form)


def harm_of(text: str, form: str) -> list[str]:
    """What is wrong with a page or a file in one of the formats."""
    if form == "markdown":
        return odd_markdown(text)
    if form == "html":
        return odd_html(text)
    if form != "terminal":
        json.loads(text)
    return []


def harm_of_files(folder: Path) -> list[str]:
    """What is wrong with the files of a report."""
    forms = {".md": "markdown", ".html": "html"}
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text(encoding="utf-8")
        found += obeyed(text) + harm_of(text, forms.get(path.suffix, "terminal"))
    return found


def strays(folder: Path, expected: Sequence[str]) -> list[str]:
    """The files below a folder that are not below one of these places in it."""
    paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()]
    return [path for path in paths if not any(path == one or path.startswith(f"{one}/") for one in expected)]


def _written(stream: io.TextIOWrapper) -> str:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue().decode("utf-8")
