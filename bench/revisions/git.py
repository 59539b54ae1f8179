"""Asks git about the user's repository. Nothing here changes a checkout of theirs."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

from bench.children import reap
from bench.errors import BenchError, UsageError

MAIN_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")
"""What the main branch may be called, in the order in which they are looked for."""

_OF_A_REPOSITORY = {
    *("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX"),
    *(
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_REPLACE_REF_BASE",
    ),
    *("GIT_QUARANTINE_PATH", "GIT_INTERNAL_SUPER_PREFIX"),
}
"""What `git rev-parse --local-env-vars` names, but for configuration that is given by the environment."""
_SHALLOW = (
    "; a shallow clone lacks what was before: fetch the whole history (fetch-depth: 0 in actions/checkout, GIT_DEPTH: 0"
    " on GitLab), or name a revision with --against"
)


class RevisionError(BenchError):
    """The base cannot be had; the message says why and what to do."""

    exit_code = 5


def run_git(*arguments: str, folder: Path) -> str:
    """What a git command says on its standard output.

    Variables that git sets for its hooks are left out: they would point it at another repository, or somebody's index.
    Interrupted, it ends with what it has started: left alone, that would go on to write into a folder that is removed.

    Raises:
        FileNotFoundError: git is not installed.
        subprocess.CalledProcessError: It fails; its standard error is there.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _OF_A_REPOSITORY}
    with subprocess.Popen(
        ["git", "-c", f"core.hooksPath={os.devnull}", *arguments],
        cwd=folder,
        env={**environment, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        start_new_session=True,
    ) as git:
        try:
            out, err = git.communicate()
        except BaseException:
            if git.returncode is None and hasattr(os, "killpg"):
                with suppress(ProcessLookupError):
                    os.killpg(git.pid, signal.SIGKILL)
            git.kill()
            reap(git)
            raise
    if git.returncode:
        raise subprocess.CalledProcessError(git.returncode, git.args, out, err)
    return out.strip()


def checkout_of(folder: Path) -> Path:
    """The top folder of the checkout that a folder lies in.

    Raises:
        UsageError: There is no git, no checkout, or git refuses to look at it.
    """
    try:
        return Path(run_git("rev-parse", "--show-toplevel", folder=folder)).resolve()
    except FileNotFoundError:
        raise UsageError("git is not installed: compare with a result file, --against FILE") from None
    except subprocess.CalledProcessError as error:
        if "dubious ownership" in error.stderr:
            raise UsageError(
                "git refuses this checkout, which belongs to somebody else: see `git config --help`, safe.directory"
            ) from None
        raise UsageError(
            "this is no git checkout, so there is no revision to compare with: go to one, or compare with a result"
            " file (--against FILE) or other packages (--against 'sqlalchemy==…')"
        ) from None


def commit_of(revision: str, checkout: Path) -> str | None:
    """The full hash of the commit that a revision names; None where it names none."""
    try:
        return run_git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", folder=checkout)
    except subprocess.CalledProcessError:
        return None


def is_changed(checkout: Path) -> bool:
    """Whether a checkout has changes that are not committed; new files that git does not know are none."""
    return bool(run_git("status", "--porcelain", "--untracked-files=no", folder=checkout))


def default_base(checkout: Path) -> str:
    """The commit that a change is compared with: where it left the main branch, and on that, with nothing changed,
    the commit before.

    Raises:
        RevisionError: There is no such commit here, as in a shallow clone.
    """
    asked = os.environ.get("GITHUB_BASE_REF") or os.environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
    names = [f"origin/{asked}"] if asked else [*MAIN_BRANCHES]
    main = next((name for name in names if commit_of(name, checkout) is not None), None)
    if main is None:
        raise RevisionError(
            f"no {names[0]} is here to compare with: fetch it, or name a revision with --against"
            if asked
            else "no main branch is here (origin/HEAD, main or master): name a revision with --against"
        )
    try:
        base = run_git("merge-base", "HEAD", main, folder=checkout)
    except subprocess.CalledProcessError:
        raise RevisionError(f"HEAD and {main} have no commit in common here{_SHALLOW}") from None
    if base == commit_of("HEAD", checkout) and not is_changed(checkout):
        before = commit_of("HEAD^", checkout)
        if before is None:
            raise RevisionError(f"nothing is changed, and there is no commit before HEAD here{_SHALLOW}")
        return before
    return base


def short(commit: str, checkout: Path) -> str:
    """A commit as it is shown: a short hash and its subject."""
    return run_git("log", "-1", "--format=%h %s", commit, folder=checkout)
