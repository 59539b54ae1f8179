"""What the harness itself costs. Figures are printed and read, not asserted: run with `make performance`."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.databases.embedded import open_embedded
from bench.measuring.options import Options
from bench.measuring.session import Session
from bench.measuring.watching import Watcher
from bench.worker.calling import time_calls

if TYPE_CHECKING:
    import pytest

BENCH = [sys.executable, "-m", "bench"]


def seconds(action: Callable[[], object]) -> float:
    """How long an action takes."""
    before = time.perf_counter()
    action()
    return time.perf_counter() - before


def report(capsys: pytest.CaptureFixture[str], line: str) -> None:
    """Print a figure past pytest's capture."""
    with capsys.disabled():
        print(f"\n  {line}")


def run(command: list[str], cwd: Path | None = None) -> None:
    """Run a command that must succeed."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=cwd)


def test_help_against_importing_click(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """`bench --help` beside `python -c "import click"`, in turn; asked is a ratio of at most 2."""
    pairs = []

    def both() -> None:
        click = seconds(lambda: run([sys.executable, "-c", "import click"]))
        pairs.append(seconds(lambda: run([*BENCH, "--help"])) / click)

    benchmark.pedantic(both, rounds=15, warmup_rounds=1)
    report(capsys, f"bench --help takes {median(pairs[1:]):.2f} times as long as importing click")


def test_second_start_of_the_embedded_server(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Starting the embedded server and cloning a dataset that is there; asked is at most 1.5 s."""
    options = Options(selectors=("loading.one_to_one",), database="embedded")
    with Session(options, Watcher()) as session:
        session.clones.of(session.scenarios()["loading.one_to_one"])
        template = next(iter(session._templates.values()))

    whole: list[float] = []

    def timed() -> None:
        begun = time.perf_counter()
        server = open_embedded({}, say=lambda line: None)
        server.clone(template)
        whole.append(time.perf_counter() - begun)
        server.close()

    benchmark.pedantic(timed, rounds=5, warmup_rounds=1)
    report(capsys, f"a second start with a cloned dataset takes {median(whole[1:]):.2f} s")


def test_seeding_the_default_scale(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """Making the blog at its default scale, over 500,000 rows; asked is at most 10 s."""
    taken = []

    def seed() -> None:
        options = Options(selectors=("loading.one_to_one",), database="embedded", seed=1000 + len(taken))
        with Session(options, Watcher()) as session:
            scenario = session.scenarios()["loading.one_to_one"]
            assert session.server.kind == "embedded"
            taken.append(seconds(lambda: session.clones.of(scenario)))

    benchmark.pedantic(seed, rounds=2)
    report(capsys, f"seeding and cloning the default scale takes {median(taken):.1f} s")


def test_a_run_of_one_to_many(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`bench run loading.one_to_many` at its typical point, warm; asked is at most 30 s, the aim is 10."""
    command = [*BENCH, "run", "loading.one_to_many", "--database", "embedded", "--output", "result.json"]
    run(command, cwd=tmp_path)
    taken = seconds(lambda: benchmark.pedantic(lambda: run(command, cwd=tmp_path), rounds=1))
    (point,) = json.loads((tmp_path / "result.json").read_text())["scenarios"][0]["points"]
    verdicts = {one["name"]: one["verdict"] for one in point["strategies"]}
    report(capsys, f"bench run loading.one_to_many takes {taken:.1f} s, {point['rounds']} rounds: {verdicts}")


def test_what_the_harness_adds_to_a_sample(benchmark: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """A call that awaits nothing, timed as a sample is; asked is less than 20 µs."""

    async def nothing() -> None:
        return None

    timing = benchmark.pedantic(lambda: asyncio.run(time_calls([nothing] * 1000, True)), rounds=5)
    report(capsys, f"the harness adds {median(timing.wall_ns) / 1000:.2f} µs to a sample")
