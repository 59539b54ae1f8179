"""Processes of `bench` in which something happens at a chosen place: Python runs a module of ours at their start."""

from __future__ import annotations

import os
from pathlib import Path

NOT_IN_CHILDREN = "import sys\nif '-m' not in sys.orig_argv:\n"
HELD = '''
    import os, time

    def hold(name):
        """Say that it has come there, and wait until it is let go."""
        open(name, "w").close()
        while not os.path.exists(name + "-over"):
            time.sleep(0.01)
'''


def injected(folder: Path, code: str) -> dict[str, str]:
    """The environment of a command that runs some code at its start, which its workers do not; `hold(name)` is at hand.

    Args:
        folder: Where the module stands, which is nobody else's.
        code: Not indented.
    """
    folder.mkdir()
    body = "".join(f"    {line}\n" if line else "\n" for line in code.strip().splitlines())
    (folder / "sitecustomize.py").write_text(NOT_IN_CHILDREN + HELD + body, encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))}
