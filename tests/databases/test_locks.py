"""File locks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bench.databases import locks


def test_exclusive_lock_is_held_alone(tmp_path: Path) -> None:
    """While one holds the lock alone, nobody gets it in any way."""
    with locks.exclusive(tmp_path / "lock"):
        assert locks.try_exclusive(tmp_path / "lock") is None
        assert locks.try_shared(tmp_path / "lock") is None
    assert locks.is_free(tmp_path / "lock")


def test_shared_lock_leaves_room_for_sharers_only(tmp_path: Path) -> None:
    """Two share a lock, and neither can have it alone until the other is gone."""
    with locks.shared(tmp_path / "lock") as first:
        with locks.shared(tmp_path / "lock") as second:
            assert not second.try_exclusive()
            assert second.try_shared()
        assert first.try_exclusive()


def test_lock_lives_on_in_a_child_that_inherited_it(tmp_path: Path) -> None:
    """A lock whose descriptor was handed to a child is free when the child has ended, not before."""
    with locks.exclusive(tmp_path / "lock") as lock:
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=(lock.fileno(),), text=True
        )
    try:
        assert not locks.is_free(tmp_path / "lock")
    finally:
        child.communicate("\n")
    assert locks.is_free(tmp_path / "lock")


def test_waiting_for_a_lock_gives_up(tmp_path: Path) -> None:
    """Waiting says False when the lock stays held, and True where it is free."""
    with locks.exclusive(tmp_path / "lock"):
        assert not locks.wait_until_free(tmp_path / "lock", patience=0.0)
    assert locks.wait_until_free(tmp_path / "lock", patience=0.0)
