"""Temporary directories that do not pile up, and the runs whose they are."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from bench.databases import runs, scratch
from bench.databases.scratch import Scratch


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory and a temporary directory of the test's own; the runs' directory in it."""
    for name, variable in (("cache", "BENCH_CACHE"), ("temporary", "TMPDIR")):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(variable, str(tmp_path / name))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path / "cache" / "runs"


def killed(made: Scratch) -> None:
    """Lets go of its lock, as the kernel does for a process that has ended."""
    assert made._run is not None
    made._run._lock.close()


def test_it_is_private_and_gone_when_it_is_let_go(home: Path, tmp_path: Path) -> None:
    """Its owner alone reaches it, and neither it nor its entry is there after the end, which may come twice."""
    made = Scratch("tap")
    (made.path / "file").touch()
    assert tmp_path / "temporary" == made.path.parent
    assert made.path.name.startswith("bench-tap-")
    assert 0o700 == stat.S_IMODE(made.path.stat().st_mode)
    assert [0o600] == [stat.S_IMODE(path.stat().st_mode) for path in home.glob("*/place")]
    made.cleanup()
    made.cleanup()
    assert [] == [*home.iterdir(), *(tmp_path / "temporary").iterdir()]


def test_what_a_dead_run_has_left_is_known_and_removed(home: Path) -> None:
    """What is in use is not among it."""
    live, dead = Scratch("tap"), Scratch("tap", note="a line")
    killed(dead)
    (left,) = scratch.left()
    assert (dead.path, "a line", True) == (left.path, left.note, left.is_there)
    left.remove()
    assert (True, False) == (live.path.exists(), dead.path.exists())
    assert [] == scratch.left()
    live.cleanup()


def test_kinds_are_apart() -> None:
    """What one part of the harness is to remove, another does not."""
    made = Scratch("base", kind="base")
    killed(made)
    assert [] == scratch.left()
    assert [made.path] == [left.path for left in scratch.left("base")]


def test_it_is_removed_in_its_runs_stead(home: Path, tmp_path: Path) -> None:
    """By the path alone, with its entry; what was removed already is no error."""
    made = Scratch("tap")
    scratch.remove(made.path)
    scratch.remove(made.path)
    assert [] == [*home.iterdir(), *(tmp_path / "temporary").iterdir()]


@pytest.mark.parametrize("what", ["link", "another name", "nothing"])
def test_what_has_taken_its_place_is_let_be(home: Path, tmp_path: Path, what: str) -> None:
    """A link, a directory of another name, or nothing at all, is not removed; the entry is forgotten."""
    precious = tmp_path / "precious"
    (precious / "file").mkdir(parents=True)
    made = Scratch("tap")
    made.path.rmdir()
    if what == "link":
        made.path.symlink_to(precious)
    elif what == "another name":
        (home / f"scratch-{made.path.name[-12:]}" / "place").write_text(str(precious))
    killed(made)
    (left,) = scratch.left()
    assert not left.is_there
    left.remove()
    assert (precious / "file").exists()
    assert [] == list(home.iterdir())


def test_there_is_one_without_a_cache_directory_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody knows of it but who has made it."""
    monkeypatch.setenv("BENCH_CACHE", "/dev/null/cache")
    made = Scratch("tap")
    assert made.path.is_dir()
    made.cleanup()
    assert [] == list((tmp_path / "temporary").iterdir())


def test_a_folder_of_somebodys_is_no_dead_run(home: Path) -> None:
    """Where somebody's folder has been made the cache, a name like a run's is not enough: only what has a run's lock in
    it is removed, and an empty one.
    """
    names = ("sqlite-experiment", "sqlite-0123456789ab", "sqlite-0123456789ac")
    for name in names:
        (home / name).mkdir(parents=True)
    for name in names[:2]:
        (home / name / "figures").touch()
    assert [] == runs.dead_runs("sqlite")
    assert [*names[:2][::-1]] == sorted(path.name for path in home.iterdir())


def test_an_entry_that_is_interrupted_as_it_is_made_is_not_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has it yet, who would remove it."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(runs, "Run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        runs.start_run("scratch")
    assert [] == list(home.iterdir())
