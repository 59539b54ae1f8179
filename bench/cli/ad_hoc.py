"""`bench run queries.py::by_join queries.py::by_in`: functions as a scenario that is written for the run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from bench.cli.data import Data
from bench.errors import UsageError
from bench.results.file import write_whole

FOLDER = Path(".bench") / "functions"
"""Where the modules stand that say which functions are compared: a run that is resumed needs its own."""
_TEXT = '''\
"""Which is faster, {question}?"""

from bench.modelling.datasets import dataset_of, nothing
from bench.modelling.functions import functions
from bench import Dataset

{variable} = functions({path!r}, {names!r}, {dataset})
'''


def kept_apart(folder: Path, name: str, text: str) -> Path:
    """Where a module of that name and text stands, apart from those of the same name that say something else."""
    return folder / hashlib.sha256(text.encode()).hexdigest()[:12] / name


def is_function(selector: str) -> bool:
    """Whether a selector names a function in a file, as pytest would."""
    return "::" in selector


def scenario_of_functions(selectors: Sequence[str], data: Data, *, existing: bool) -> Path:
    """Write the module of a scenario whose strategies are functions, and return its path.

    Args:
        selectors: `file.py::function`, the baseline first; a file that is left out is that of the one before.
        data: What they read.
        existing: Whether they read an existing database.

    Raises:
        UsageError: A selector is another kind of name, or there are fewer than two functions.
    """
    files: list[str] = []
    names: list[str] = []
    for selector in selectors:
        file, colons, name = selector.partition("::")
        if not colons or not name.isidentifier():
            raise UsageError(
                f"{selector!r} is no function in a file: write queries.py::by_join, and no scenario beside"
            )
        files.append(file or (files[-1] if files else ""))
        names.append(name)
    if len(set(files)) > 1:
        raise UsageError(f"functions of one file are compared, and these are of {' and '.join(dict.fromkeys(files))}")
    if len(names) < 2:
        raise UsageError("one function is nothing to compare: name another, the first being the baseline")
    path = Path(files[0])
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    if not path.stem.isidentifier():
        raise UsageError(f"{path.name} cannot be imported: name it with letters, digits and underscores")
    variable = re.sub(r"\W", "_", "_or_".join(names))
    text = _TEXT.format(
        question=" or ".join(names),
        variable=variable,
        path=str(path.resolve()),
        names=names,
        dataset=_dataset(path.stem, data, existing=existing),
    )
    written = kept_apart(FOLDER, path.name, text)
    write_whole(written, text.encode())
    return written


def _dataset(name: str, data: Data, *, existing: bool) -> str:
    if existing:
        return f"Dataset({name!r}, fill=nothing)"
    told = {"rows": data.rows or None, "fill": data.fill, "file": data.file}
    given = "".join(f", {key}={value!r}" for key, value in told.items() if value is not None)
    return f"dataset_of({name!r}, {data.mapped!r}{given})"
