"""Folders for the time of a comparison, and a revision of the repository in one; they are removed however the process
ends that has made them.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from bench.databases import scratch
from bench.databases.scratch import Scratch
from bench.errors import DatabaseError
from bench.revisions.git import RevisionError, run_git
from bench.revisions.harness import package_folder

WORKTREE = "querybench-base"
"""The worktree's name in the folder that is made for it."""
_KIND = "base"


@contextmanager
def kept_folder(checkout: Path | None = None, *, say: Callable[[str], None] = lambda line: None) -> Iterator[Path]:
    """A private folder for as long as the context lasts.

    A process of its own removes it at the end, be that a kill of this one, and the worktree of the checkout in it. What
    is left where both were killed is removed at the beginning of the next one, which `say` hears of.
    """
    _remove_left(say)
    keeping = Scratch("base", kind=_KIND, note="" if checkout is None else str(checkout))
    folder = keeping.path
    keeper = subprocess.Popen(
        [sys.executable, "-P", "-c", _keeper(), str(folder), *([] if checkout is None else [str(checkout)])],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=keeping.lock,
    )
    try:
        yield folder
    finally:
        keeper.communicate()  # closes its standard input, at which it begins
        if folder.exists():  # somebody has killed the keeper
            _remove_worktree(folder, checkout)
        keeping.cleanup()


def add_worktree(folder: Path, commit: str, checkout: Path) -> Path:
    """Check a commit out into a folder of `kept_folder`, and return its top.

    Raises:
        RevisionError: git cannot make it, or what it made is not what was committed.
    """
    tree = folder / WORKTREE
    try:
        run_git("worktree", "add", "--detach", str(tree), commit, folder=checkout)
    except subprocess.CalledProcessError as error:
        raise RevisionError(
            f"git cannot check {commit[:12]} out beside this checkout: {_last_line(error.stderr)}"
        ) from None
    refuse_changed(tree, commit)
    return tree


def refuse_changed(tree: Path, commit: str) -> None:
    """Refuse a worktree that is not what was committed: a filter or line endings have changed it, or what ran in it.

    Raises:
        RevisionError: The first file that differs.
    """
    changed = run_git("status", "--porcelain", "--untracked-files=no", folder=tree)
    if changed:
        raise RevisionError(
            f"the checkout of {commit[:12]} is not what was committed: {changed.splitlines()[0].strip()}"
            " (a filter, line endings, or what ran there, has changed it)"
        )


def remove(folder: str, checkout: str | None = None) -> None:
    """Wait for the end of the standard input, then remove a folder, and the worktree in it as git wants it removed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdin.read()
    _remove_worktree(Path(folder), None if checkout is None else Path(checkout))
    scratch.remove(Path(folder), _KIND)


def _remove_left(say: Callable[[str], None]) -> None:
    with suppress(DatabaseError, OSError):  # without a cache directory nobody knows of any
        for left in scratch.left(_KIND):
            _remove_worktree(left.path, Path(left.note) if left.note else None)
            left.remove()
            if left.is_there:
                say(f"removed {'a worktree' if left.note else 'a folder'} that a comparison that was killed had left")


def _remove_worktree(folder: Path, checkout: Path | None) -> None:
    """Have git remove the worktree in a folder, and forget it where the folder is gone; it may know of none."""
    if checkout is not None:
        with suppress(OSError, subprocess.CalledProcessError):
            # Forced twice: one that git was killed in the midst of making is locked.
            run_git("worktree", "remove", "--force", "--force", str(folder / WORKTREE), folder=checkout)


def _keeper() -> str:
    """What the process runs that removes a folder: it has to find this package however it was found here."""
    return (
        f"import sys; sys.path.insert(0, {str(package_folder())!r});"
        " from bench.revisions.worktrees import remove; remove(*sys.argv[1:])"
    )


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1] if lines else "it says nothing"
