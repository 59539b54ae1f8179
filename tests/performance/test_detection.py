"""Whether a copy with 5 % more work is found, and an equal copy is not accused. Figures are printed, not asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

CASES = Path(__file__).parent / "cases"
RUNS = 5


def test_five_per_cent_more_work(benchmark: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Five runs at 1 % precision: the verdicts on a copy with 5 % more work and on one with none."""
    verdicts: Counter[str] = Counter()
    ratios = []

    def run() -> None:
        command = [
            sys.executable,
            "-m",
            "bench",
            "run",
            "slightly",
            "--scenarios",
            str(CASES),
            "--database",
            "embedded",
        ]
        command += ["--precision", "1%", "--budget", "60s", "--output", "result.json"]
        subprocess.run(command, check=True, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        (point,) = json.loads((tmp_path / "result.json").read_text())["scenarios"][0]["points"]
        for strategy in point["strategies"][1:]:
            verdicts[f"{strategy['name']} {strategy['verdict']}"] += 1
            ratios.append(f"{strategy['name']} {strategy['ratio']:.3f}")

    benchmark.pedantic(run, rounds=RUNS)
    with capsys.disabled():
        print(f"\n  of {RUNS} runs: {dict(verdicts)}; ratios {', '.join(ratios)}")
