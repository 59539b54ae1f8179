"""Looks for files that a reader of results stumbles over, by coverage: `python -m tests.fuzz.atheris_results`.

What stands after it is libFuzzer's: `-runs=10000`, `-max_total_time=600`, a folder that keeps what was found. A file
that a reader ends in an error over, or shows with what a terminal obeys or a browser runs, ends it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any


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

    def look(data: bytes) -> None:
        given = atheris.FuzzedDataProvider(data)
        seed = seeds()[given.ConsumeIntInRange(0, len(seeds()) - 1)]
        content = mutated(seed, given.ConsumeIntInRange)
        with TemporaryDirectory() as folder:
            crafted, good = Path(folder) / "crafted.json", Path(folder) / "good.json"
            crafted.write_bytes(content)
            good.write_text(seeds()[0], encoding="utf-8")
            found: list[Any] = [
                (one.words, harm) for one in readers.read_by_all(crafted, good) for harm in readers.harm(one)
            ]
            found += [harm for text in readers.judged(crafted, good) for harm in obeyed(text)]
            found += readers.strays(Path(folder), ("crafted.json", "good.json"))
        if found:
            raise AssertionError(f"{found}: {content!r}")

    atheris.Setup(sys.argv, look)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
