"""`bench noise` says what disturbs the machine, as a user sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.measuring.machine import all_cores
from tests.cli.helpers import HASTE, run


@pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux")
def test_noise_says_that_other_processes_took_the_cores(tmp_path: Path) -> None:
    """One in ten cores, or more, is kept busy by processes that are not its own."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(all_cores() // 10 + 1)]
    try:
        ran = run("noise", "small.reading:at_once", *HASTE, "--comparisons", "1", "--budget", "1s", cwd=tmp_path)
    finally:
        for each in busy:
            each.kill()
            each.wait()

    assert 0 == ran.code, ran.err
    said = ran.out.splitlines()
    (place,) = [number for number, line in enumerate(said) if line.startswith("  other processes: they took ")]
    assert "    end them, or measure where nothing else runs" == said[place + 1]
