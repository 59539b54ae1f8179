"""The code that a worker runs: by which interpreter, with whose `bench`, and from which checkout."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.discovery import Module


@dataclass(frozen=True)
class Code:
    """Where a worker's code comes from; without anything, from where this process has its own.

    Attributes:
        python: The interpreter.
        root: The user's directory, importable in the worker after `bench` is; None is the current one.
        harness: A folder with a copy of `bench`, which is imported in place of any other.
        pycache: A folder for the bytecode of what is imported after `bench`, in place of where it lies.
        tree: A checkout that the repository's modules are imported from, in place of the one at `in_place_of`.
        in_place_of: The checkout of the user's directory; None where `tree` is.
        requires: Packages with versions that its workers have to have.
        modules: The scenario modules, where these are not those that the options name.
    """

    python: str = sys.executable
    root: Path | None = None
    harness: Path | None = None
    pycache: Path | None = None
    tree: Path | None = None
    in_place_of: Path | None = None
    requires: Sequence[str] = ()
    modules: Sequence[Module] | None = None

    @property
    def checkouts(self) -> list[str]:
        """The checkout that is imported from and the one that is not, where there are two."""
        return [] if self.tree is None or self.in_place_of is None else [str(self.tree), str(self.in_place_of)]

    @property
    def folder(self) -> Path | None:
        """The directory that a worker runs in, where it is not this process's: files are read by relative paths too."""
        if self.tree is None or self.root is None:
            return None
        return self.root if self.root.is_dir() else self.tree

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables that a worker has beside this process's own."""
        if self.harness is None:
            return {}
        return {"PYTHONPATH": os.pathsep.join([str(self.harness), *filter(None, [os.environ.get("PYTHONPATH")])])}


HERE = Code()
"""The code of this process."""
