"""The recording in the README: a run on a terminal as it was, as an SVG whose lines come one after another.

python reports/record.py            # runs it, and writes recording.svg and recording.json
"""

from __future__ import annotations

import io
import os
import re
import selectors
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.results.compact import compact  # noqa: E402 - found by the line above, wherever this is started
from bench.results.file import read_result, write_result  # noqa: E402

SHOWN = "bench run aggregation.counting --database embedded"
"""The command as a reader would type it."""
RECORDING = ROOT / "reports" / "recording.svg"
RESULT = ROOT / "reports" / "recording.json"
COLUMNS = 104
MARGIN = 3
"""Columns that stay free at the right, for fonts are not all as narrow as the drawing takes them to be."""
LONGEST_WAIT_S = 1.0
"""What is waited for a line at most when it is played; a run has longer waits."""
TYPED_S = 0.8
_BLACK, _WHITE = (24, 26, 31), (220, 223, 228)
_RED, _GREEN, _YELLOW, _BLUE = (244, 112, 103), (87, 171, 90), (198, 144, 38), (83, 155, 245)
_MAGENTA, _CYAN = (176, 131, 240), (57, 197, 207)
THEME = TerminalTheme(_BLACK, _WHITE, [_BLACK, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _WHITE])
FORMAT = """\
<svg viewBox="0 0 {terminal_width} {terminal_height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>What a terminal shows of a run</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
@keyframes come {{ from {{ opacity: 0 }} to {{ opacity: 1 }} }}
@media (prefers-reduced-motion: reduce) {{ .{unique_id}-matrix text {{ animation: none !important }} }}
</style>
<defs>{lines}</defs>
<rect fill="#181a1f" width="{terminal_width}" height="{terminal_height}" rx="8"/>
<g transform="translate(8, 12)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True)
class Line:
    """A line of a terminal, with its control codes, and when it came, in seconds from the start."""

    at_s: float
    text: str


def main() -> None:
    """Run the command, and write what came of it."""
    output = ROOT / ".bench" / "recording.json"
    command = [sys.executable, "-m", *shlex.split(SHOWN), "--output", str(output)]
    lines = [line for line in recorded(command) if not line.text.startswith("Result: ")]
    write_result(RESULT, compact(read_result(output)))
    output.unlink()
    RECORDING.write_text(as_svg(SHOWN, lines), encoding="utf-8")


def recorded(command: Sequence[str]) -> list[Line]:
    """The lines that a command prints: its output as for a terminal, beside it what it says of its progress.

    Raises:
        SystemExit: It failed.
    """
    terminal, its_end = os.openpty()
    progress, its_progress = os.pipe()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    started = time.monotonic()
    with subprocess.Popen(command, cwd=ROOT, stdout=its_end, stderr=its_progress, env=environment) as process:
        os.close(its_end)
        os.close(its_progress)
        lines = [Line(at - started, text) for at, text in _read([terminal, progress])]
    os.close(terminal)
    os.close(progress)
    if process.returncode:
        raise SystemExit("\n".join(line.text for line in lines))
    return lines


def _read(ends: Sequence[int]) -> Iterator[tuple[float, str]]:
    """Whole lines as they come, with when they came."""
    with selectors.DefaultSelector() as selector:
        for end in ends:
            selector.register(end, selectors.EVENT_READ)
        waiting = dict.fromkeys(ends, b"")
        while selector.get_map():
            for key, _ in selector.select():
                try:
                    came = os.read(key.fd, 65536)
                except OSError:  # what a terminal says at its end, on Linux
                    came = b""
                if not came:
                    selector.unregister(key.fd)
                *whole, waiting[key.fd] = (waiting[key.fd] + came).split(b"\n")
                yield from ((time.monotonic(), line.decode().rstrip("\r")) for line in whole)


def as_svg(command: str, lines: Sequence[Line]) -> str:
    """A terminal that a command is typed into, whose lines then come as they came, long waits made short."""
    console = Console(
        record=True, width=COLUMNS + MARGIN, file=io.StringIO(), force_terminal=True, color_system="truecolor"
    )
    shown = [f"\x1b[1m$ {command}\x1b[0m", *(line.text for line in lines)]
    times, before = [0.0], 0.0
    for line in lines:
        times.append(times[-1] + min(line.at_s - before, LONGEST_WAIT_S) + (TYPED_S if len(times) == 1 else 0))
        before = line.at_s
    of_row = []
    for text, at_s in zip(shown, times, strict=True):
        rows = Text.from_ansi(text).wrap(console, COLUMNS + MARGIN)
        for row in rows:
            console.print(row, no_wrap=True)
            of_row.append(at_s)
    drawn = console.export_svg(theme=THEME, code_format=FORMAT, unique_id="recording")

    def come(match: re.Match[str]) -> str:
        return f'{match[0]} style="animation: come 1ms {of_row[int(match[1])]:.2f}s both"'

    return re.sub(r'clip-path="url\(#recording-line-(\d+)\)"', come, drawn)


if __name__ == "__main__":
    main()
