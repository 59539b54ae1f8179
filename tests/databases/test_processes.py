"""What Linux tells of processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.databases import processes
from tests.databases.helpers import eventually

pytestmark = pytest.mark.skipif(not Path("/proc/stat").exists(), reason="needs Linux")

BUSY = "while True: pass"
A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BUSY!r}], check=False)"
A_SECOND_OF_A_CHILD = f"""
import resource, subprocess, sys
busy = subprocess.Popen([sys.executable, '-c', {BUSY!r}])
while float(open(f'/proc/{{busy.pid}}/stat').read().rpartition(')')[2].split()[11]) < 100: pass
busy.kill()
busy.wait()
before = resource.getrusage(resource.RUSAGE_CHILDREN)
print(before.ru_utime + before.ru_stime, flush=True)
sys.stdin.read()
"""


def test_cpu_time_of_a_process_has_that_of_all_who_go_back_to_it() -> None:
    """A process that only waits for its child, which only waits for its own, is told the time of that one."""
    command = [sys.executable, "-c", f"import subprocess, sys; subprocess.run([sys.executable, '-c', {A_CHILD!r}])"]
    with subprocess.Popen(command, start_new_session=True) as first:
        try:
            assert eventually(lambda: (processes.cpu_seconds(first.pid) or 0.0) > 1.0)
        finally:
            os.killpg(first.pid, 9)


def test_cpu_time_of_a_process_has_that_of_those_who_have_ended() -> None:
    """The second that a child took is still told when it is gone."""
    command = [sys.executable, "-c", A_SECOND_OF_A_CHILD]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        of_child = float(first.stdout.readline())
        told = processes.cpu_seconds(first.pid)
        assert of_child >= 0.9
        assert told is not None
        assert told >= of_child - 0.05


def test_cpu_time_of_a_process_that_is_not_there_is_not_told() -> None:
    """A number that nobody has any more."""
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    assert processes.cpu_seconds(gone.pid) is None
