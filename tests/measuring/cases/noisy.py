"""Does what a scenario prints, starts or leaves behind get in the way?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench import Scenario, SyncDatabase

from .few import few

LINE = b'{"id": 1, "answer": {"forged": true}}\n'

print("printed while it is imported")
os.write(1, LINE * 20_000)
os.write(2, LINE * 20_000)

noisy = Scenario(dataset=few, params={"notes": ("",)}, typical={"notes": ""})


@noisy.strategy(baseline=True)
def printing(db: SyncDatabase, notes: str) -> str:
    """Print what looks like an answer."""
    print(LINE.decode())
    os.write(1, LINE)
    os.write(2, LINE)
    return "done"


@noisy.strategy()
def parent(db: SyncDatabase, notes: str) -> str:
    """Start a process and leave it running; its id is noted in a file."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    Path(notes).write_text(str(child.pid))
    child.returncode = 0  # so that nobody minds that it was not waited for
    return "done"


@noisy.strategy()
def forking(db: SyncDatabase, notes: str) -> str:
    """Leave a child that has the pipe, and end."""
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(5)


@noisy.strategy()
def spinning(db: SyncDatabase, notes: str) -> str:
    """Never come back."""
    Path(notes).write_text("spinning")
    while True:
        pass
