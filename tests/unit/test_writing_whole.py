"""How a result gets to its place: in one step, on the disk, with the mode that it had, and without leavings."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from bench.results.file import remove_unfinished, write_whole

ROOT = Path(__file__).resolve().parents[2]
KILLED = """
import os, signal, sys
from pathlib import Path
Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
from bench.results.file import write_whole
write_whole(Path(sys.argv[1]), b"new")
"""


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int) -> None:
    """Who closed a result to others finds it closed when it is written anew, and so was what it was made of."""
    path = tmp_path / "result.json"
    path.touch()
    path.chmod(mode)
    sync, modes = os.fsync, []

    def seen(descriptor: int) -> None:
        modes.append(os.fstat(descriptor).st_mode)
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", seen)
    write_whole(path, b"new")

    assert [mode] == [one & 0o777 for one in modes if stat.S_ISREG(one)]
    assert (mode, b"new") == (path.stat().st_mode & 0o777, path.read_bytes())


def test_a_name_is_on_the_disk_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """First what is in the file, then its name, then the folder that has the name: in this order they outlive a power
    cut.
    """
    sync, replace, done = os.fsync, Path.replace, []

    def synced(descriptor: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        sync(descriptor)

    def named(self: Path, target: Path) -> Path:
        done.append("name")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "replace", named)
    write_whole(tmp_path / "result.json", b"new")

    assert ["file", "name", "folder"] == done


@pytest.mark.parametrize("name", ["result.json", "数" * 80 + ".json"])
def test_what_a_killed_run_had_begun_is_removed(tmp_path: Path, name: str) -> None:
    """Killed while it writes, a run leaves the earlier result whole and a file beside it, which is found by the
    result's name; what belongs to others stays.
    """
    path = tmp_path / name
    write_whole(path, b"old")
    others = {".other.json.0123456789ab.tmp", f".{name[:9]}.notes.tmp", f"{name[:9]}.0123456789ab.tmp"}
    for other in others:
        (tmp_path / other).touch()

    killed = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, check=False)

    assert -signal.SIGKILL == killed.returncode
    assert b"old" == path.read_bytes()
    (left,) = {one.name for one in tmp_path.iterdir()} - others - {name}
    assert [left] == [one.name for one in remove_unfinished(path)]
    assert others | {name} == {one.name for one in tmp_path.iterdir()}
    assert [] == remove_unfinished(path)
