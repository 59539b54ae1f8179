"""Looks for files that a reader of results stumbles over, by coverage: `python -m tests.fuzz.atheris_results`.

What stands after it is libFuzzer's: `-runs=10000`, `-max_total_time=600`, a folder that keeps the inputs that reached
something new, in place of `.bench/fuzz`. A file that a reader ends in an error over, or shows with what a terminal
obeys or a browser runs, ends it; what made that file is kept as `.bench/crash-…`, which as an argument makes it again.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

KEPT = Path(".bench") / "fuzz"
FIRST, FIRST_BYTES = 32, 64
"""The inputs to begin with: from a few bytes alone every choice would be the first one, of an unchanged place."""


def main() -> None:
    """Look until a limit is reached, or something is found.

    Raises:
        SystemExit: Atheris is not installed.
    """
    try:
        import atheris
    except ImportError:
        raise SystemExit(
            "Atheris is not installed: `pip install --group fuzz`, on a Python and a system that it has a wheel for"
        ) from None
    with atheris.instrument_imports(include=["bench"]):
        from tests.fuzz import readers
        from tests.fuzz.harmless import obeyed
        from tests.fuzz.mutating import mutated
        from tests.fuzz.seeds import seeds

        def found_in(content: bytes) -> list[Any]:
            with TemporaryDirectory() as folder:
                crafted, good = Path(folder) / "crafted.json", Path(folder) / "good.json"
                crafted.write_bytes(content)
                good.write_text(seeds()[0], encoding="utf-8")
                found: list[Any] = [
                    (one.words, harm) for one in readers.read_by_all(crafted, good) for harm in readers.harm(one)
                ]
                found += [harm for text in readers.judged(crafted, good) for harm in obeyed(text)]
                return found + readers.strays(Path(folder), ("crafted.json", "good.json"))

        # Much is imported where it is used, and only what is imported in here is seen into.
        found_in(seeds()[0].encode())

    def look(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        seed = seeds()[given.ConsumeIntInRange(0, len(seeds()) - 1)]
        content = mutated(seed, given.ConsumeIntInRange)
        if found := found_in(content):
            raise AssertionError(f"{found}: {content!r}")

    atheris.Setup([sys.argv[0], *arguments(sys.argv[1:])], look)
    atheris.Fuzz()


def arguments(given: Sequence[str]) -> list[str]:
    """What libFuzzer is told: what is given, a folder to begin from where none is named, and where finds are kept."""
    own = [f"-artifact_prefix={KEPT.parent}/"]
    if all(word.startswith("-") for word in given):
        KEPT.mkdir(parents=True, exist_ok=True)
        for number in range(FIRST):
            (KEPT / f"first-{number}").write_bytes(Random(number).randbytes(FIRST_BYTES))
        own.append(str(KEPT))
    return [*own, *given]


if __name__ == "__main__":
    main()
