"""What is compared with what: the working tree with a revision of it, or these packages with others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.discovery import Module, builtin_folder, find_modules
from bench.errors import UsageError
from bench.revisions.code import Code
from bench.revisions.environments import environment_with, masked, parse_requirements
from bench.revisions.git import checkout_of, commit_of, default_base, short
from bench.revisions.harness import copy_harness, package_folder
from bench.revisions.worktrees import add_worktree, kept_folder, refuse_changed
from bench.worker.tree import moved_path


@dataclass(frozen=True)
class Bases:
    """The code of base and head, and what each is called."""

    base: Code
    head: Code
    base_name: str
    head_name: str


@contextmanager
def against_revision(
    revision: str | None,
    places: Sequence[str | Path],
    places_of: Callable[[Path], Sequence[Path]],
    say: Callable[[str], None] = lambda line: None,
    *,
    selects: bool,
) -> Iterator[Bases]:
    """The working tree beside a revision of it in a worktree, which is removed when the context is left.

    Args:
        revision: What git calls it; None is where the main branch was left.
        places: Where scenarios are looked for beside the built-in ones.
        places_of: Where the base looks for them, by its own configuration: they may have been moved since.
        say: Is told of what a comparison that was killed had left.
        selects: Whether scenarios were selected; if not, only those of this repository are compared.

    Raises:
        UsageError: This is no git checkout, or has no such revision, or no scenario.
        RevisionError: The base cannot be checked out.
    """
    checkout = checkout_of(Path.cwd())
    commit = default_base(checkout) if revision is None else commit_of(revision, checkout)
    if commit is None:
        raise UsageError(
            f"--against {revision}: git knows no such revision here, no file has that name, and it is no requirement"
            " such as 'sqlalchemy==2.0.58'"
        )
    with kept_folder(checkout, say=say) as folder:
        tree = add_worktree(folder, commit, checkout)

        def moved(path: Path) -> Path:
            return moved_path(path, tree, checkout) or path

        after = list(find_modules(places).values())
        before = list({**find_modules(places, moved), **find_modules(places_of(moved(Path.cwd())), moved)}.values())
        if not selects:
            after = _only(after, checkout)
            before = [one for one in before if one.path.is_relative_to(tree)]
            if not after and not before:
                raise UsageError(
                    "this checkout has no scenarios: name their folder with --scenarios, or in [tool.bench] of its"
                    " pyproject.toml, or select some of the built-in ones"
                )
        is_own = moved_path(package_folder(), tree, checkout) is not None
        harness = copy_harness(folder / "harness") if is_own else None
        yield Bases(
            base=Code(root=moved(Path.cwd()), harness=harness, tree=tree, in_place_of=checkout, modules=before),
            head=Code(harness=harness, pycache=folder / "pycache", modules=after),
            base_name=short(commit, checkout),
            head_name="the working tree",
        )
        refuse_changed(tree, commit)


def is_requirement(text: str) -> bool:
    """Whether what is compared with is written as packages with versions are, which no revision can be."""
    return re.search(r"[=<>~!]=|[<>]|\s@\s", text) is not None


@contextmanager
def against_requirements(
    text: str, places: Sequence[str | Path], say: Callable[[str], None], *, selects: bool
) -> Iterator[Bases]:
    """This environment beside one with other packages; both run the same code.

    Args:
        text: The requirements.
        places: Where scenarios are looked for beside the built-in ones.
        say: Is told of long work.
        selects: Whether scenarios were selected; if not, those at `places` alone are compared, where there are any.

    Raises:
        UsageError: It is no requirement.
        RevisionError: The environment cannot be made.
    """
    requirements = parse_requirements(text)
    python = environment_with(requirements, say)
    with kept_folder(say=say) as folder:
        modules = list(find_modules(places).values())
        if places and not selects:
            modules = [one for one in modules if one.path.parent != builtin_folder()]
        head = Code(harness=copy_harness(folder / "harness"), pycache=folder / "pycache", modules=modules)
        base = replace(head, python=str(python), requires=requirements)
        yield Bases(base, head, f"an environment with {masked(text)}", "this environment")


def _only(modules: Sequence[Module], checkout: Path) -> list[Module]:
    return [one for one in modules if moved_path(one.path.resolve(), checkout, checkout) is not None]
