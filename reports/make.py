"""The published findings, made anew: what is measured is kept compact in `results/`, and the pages are written from it.

    python reports/make.py              # begins, or goes on where it was stopped: for an hour and a half
    python reports/make.py --pages      # writes the pages alone, from the results that are kept

It is measured in parts, each by `bench run` with a budget, all at one commit: what is published names it. A part that
was measured there is not measured again until all of them are published.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from bench.discovery import find_modules, load_module  # noqa: E402 - found by the line above, wherever this is started
from bench.errors import BenchError, UsageError  # noqa: E402
from bench.measurement import PointResult, Result, ScenarioResult  # noqa: E402
from bench.measuring.machine import git_revision  # noqa: E402
from bench.points import Point, points  # noqa: E402
from bench.results.compact import compact  # noqa: E402
from bench.results.file import journal_path, read_result, write_result  # noqa: E402
from bench.revisions.environments import environment_with  # noqa: E402

REPORTS = ROOT / "reports"
RESULTS = REPORTS / "results"
PARTS = ROOT / ".bench" / "reports"
"""Where the parts of a commit are until all are there, in a folder that is called after it."""
LOADING = "loading"
"""The module that is asked about most. Its baselines take a hundred statements: they need more time than others."""
GRIDS = (LOADING, "batching", "bulk_insert", "bulk_update", "bulk_delete")
"""The modules whose answers hang on sizes, so that these are varied."""
POOLS = "pooling"
"""The module whose calls drive loads: each takes a tenth of a second or so, and its points as much more time."""
FAULTS = f"{POOLS}.faults"
"""The scenario whose loads are disturbed, over a second each, and with no time added."""
FAR = ("--rtt", "0,0.5,1,5")
NEAR = (0.0, 1.0)
"""The round-trip times of the grids, in milliseconds; the typical points are measured at these and at others."""
GRID = "--grid"
ROUNDS = ("--rounds", "12")
"""Of a point whose calls are slow, an even share of the time would be two or three, by which nothing is decided. So
many can tell six strategies apart by signs alone, by exact tests that are corrected for their number.
"""
ROUNDS_OF_GRIDS = ("--rounds", "8")
"""So many can tell eleven apart whose samples do not overlap."""
DATABASE = ("--database", "embedded")


@dataclass(frozen=True)
class Part:
    """What one `bench run` measures: with which packages, its words, and the minutes that it has for its rounds."""

    name: str
    requirement: str
    words: Sequence[str]
    minutes: int


def _others() -> list[str]:
    modules = {path.stem for path in (ROOT / "scenarios").glob("*.py") if "Scenario(" in path.read_text("utf-8")}
    return sorted(modules - {LOADING, POOLS})


def _pools() -> list[str]:
    declared = re.findall(r"^(\w+) = Scenario\(", (ROOT / "scenarios" / f"{POOLS}.py").read_text("utf-8"), re.MULTILINE)
    return [name for name in (f"{POOLS}.{variable}" for variable in declared) if name != FAULTS]


def parts() -> list[Part]:
    """What is published: everything at four distances with both versions, and grids at two with the newer one.

    The minutes are those of the rounds that are asked for; to prove and count takes as much again, and so do the rounds
    that slow points have in any case. The grids come last and with time of their own, for their largest points take
    minutes to prove and count; of a point that is in both, the part that is named first is shown.
    """
    others, newer, older = _others(), "sqlalchemy>=2.1,<2.2", "sqlalchemy>=2.0.40,<2.1"
    return [
        Part("sqlalchemy-2.1-loading", newer, (LOADING, *FAR, *ROUNDS), 3),
        Part("sqlalchemy-2.1", newer, (*others, *FAR, *ROUNDS), 5),
        Part("sqlalchemy-2.1-pools", newer, (*_pools(), *FAR), 3),
        Part("sqlalchemy-2.1-faults", newer, (FAULTS,), 2),
        Part("sqlalchemy-2.0-loading", older, (LOADING, *FAR, *ROUNDS), 3),
        Part("sqlalchemy-2.0", older, (*others, *FAR, *ROUNDS), 5),
        Part("sqlalchemy-2.0-pools", older, (*_pools(), *FAR), 3),
        Part("sqlalchemy-2.0-faults", older, (FAULTS,), 2),
        Part("sqlalchemy-2.1-grids", newer, (*GRIDS, GRID, "--rtt", "0,1", *ROUNDS_OF_GRIDS), 5),
    ]


def main() -> None:
    """Measure what is missing, publish the results, and write the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", action="store_true", help="write the pages from what was measured before")
    asked = parser.parse_args()
    try:
        if not asked.pages:
            _measure(parts())
        _write_pages()
    except BenchError as error:
        raise SystemExit(f"make reports: {error}") from error
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def _measure(wanted: Sequence[Part]) -> None:
    folder = PARTS / _commit()
    for part in wanted:
        output = folder / f"{part.name}.json"
        if GRID in part.words and not (output.exists() or journal_path(output).exists()):
            of_typical = [other for other in wanted if other is not part and other.requirement == part.requirement]
            known = [read_result(folder / f"{other.name}.json") for other in of_typical]
            write_result(output, _grid_begun(known, part))
        _run(part, output)
    for part in wanted:
        write_result(RESULTS / f"{part.name}.json", compact(read_result(folder / f"{part.name}.json")))
    shutil.rmtree(folder)


def _commit() -> str:
    """The commit that is measured. Parts of two, or with changes beside, could not be put together: nobody knows
    whether their strategies are the same.

    Raises:
        UsageError: There is none, or files were changed since.
    """
    os.chdir(ROOT)
    commit = git_revision()
    if commit is None or commit.endswith("+"):
        raise UsageError(
            "what is published names the commit that was measured: commit the changes first (`git status`)"
        )
    for other in sorted(PARTS.glob("*/")):
        if other.name != commit:
            print(f"{other.relative_to(ROOT)} was measured at another commit, and is no part of this", flush=True)
    return commit


def _grid_begun(known: Sequence[Result], part: Part) -> Result:
    """A grid as if it had been interrupted where its typical points were measured, which other parts have: `bench run
    --resume` goes on with the points around them.
    """
    scenarios = {scenario.name: scenario for result in known for scenario in result.scenarios}
    begun = [
        _scenario_begun(scenarios[name], points(scenario.params, scenario.typical, "each", None, NEAR))
        for module in GRIDS
        for name, scenario in load_module(find_modules()[module]).items()
    ]
    asked = replace(
        known[0].settings,
        selectors=GRIDS,
        grid="each",
        rtts_ms=NEAR,
        rounds=int(ROUNDS_OF_GRIDS[1]),
        budget_s=60.0 * part.minutes,
    )
    return Result(known[0].environment, asked, begun, known[0].started, interrupted=True)


def _scenario_begun(scenario: ScenarioResult, planned: Sequence[Point]) -> ScenarioResult:
    measured = {Point(point.params, point.rtt_ms): point for point in scenario.points}
    return replace(
        scenario,
        points=[measured.get(point, PointResult(point.params, point.rtt_ms, finished=False)) for point in planned],
    )


def _run(part: Part, output: Path) -> None:
    """Measure a part, or what is missing of it."""
    if output.exists() and not read_result(output).interrupted:
        return
    cut_off = next((path for path in (journal_path(output), output) if path.exists()), None)
    words = ["--resume", str(cut_off)] if cut_off else [*part.words, *DATABASE, "--output", str(output)]
    print(f"{output.stem}: {'going on' if cut_off else f'{part.minutes} minutes'}", flush=True)
    code = _wait_for(
        [str(environment_with([part.requirement], print)), "-m", "bench", "run", *words, "--budget", f"{part.minutes}m"]
    )
    if code == 130:
        raise KeyboardInterrupt
    if code:
        raise SystemExit(
            f"make reports: `bench run` ended with {code}, what it says is above; to measure this part again, "
            f"remove {output.relative_to(ROOT)}"
        )


def _wait_for(command: Sequence[str]) -> int:
    """Run a command and return its exit code. Stopped, it is left the time to save what it has: Ctrl-C has reached it
    too, and SIGTERM is handed on.
    """
    with subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        before = signal.signal(signal.SIGTERM, lambda number, frame: process.terminate())
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.wait()
            raise
        finally:
            signal.signal(signal.SIGTERM, before)


def _write_pages() -> None:
    """Write every page and chart of what is published, and then leave none of before.

    Raises:
        UsageError: Nothing was measured yet, or no page could be made.
    """
    published = {part.name: RESULTS / f"{part.name}.json" for part in parts()}
    results = [str(path) for path in published.values() if path.exists()]
    if not results:
        raise UsageError(f"{RESULTS.relative_to(ROOT)} has no result: measure first, with `make reports`")
    for name in [name for name, path in published.items() if not path.exists()]:
        print(f"{name} is not in {RESULTS.relative_to(ROOT)}, and so on no page", flush=True)
    PARTS.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=PARTS.parent, prefix="pages-") as folder:
        command = [sys.executable, "-m", "bench", "report", *results, "--output", f"{folder}/"]
        if code := subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
            raise UsageError(f"`bench report` ended with {code}; the pages are as they were")
        for page in [REPORTS / "charts", *REPORTS.glob("*.md")]:
            shutil.rmtree(page) if page.is_dir() else page.unlink(missing_ok=True)
        for page in Path(folder).iterdir():
            shutil.move(page, REPORTS)
    print(f"Report: {(REPORTS / 'README.md').relative_to(ROOT)}")


if __name__ == "__main__":
    main()
