"""The tests in environments of their own: on other Pythons, and with other versions of what the harness depends on.

    python -m tests.packaging.elsewhere pythons                  # each Python that this machine has: `make pythons`
    python -m tests.packaging.elsewhere lowest                   # the lowest versions allowed: `make lowest`
    python -m tests.packaging.elsewhere with 'sqlalchemy<2.1'    # the newest versions, but for what is named

Words after `--` go to pytest, in place of `SUBSET`. The environments are kept in `.bench/environments`:
the next time only what changed is installed.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".bench" / "environments"
SUBSET = (
    # First, for they look for processes that a run left, and the servers of other tests live as long as the session.
    *("tests/cli/test_run.py", "tests/cli/test_count.py"),
    *("tests/unit", "tests/wire", "tests/worker", "tests/plugin", "tests/packaging/test_imports.py"),
    *("tests/databases/test_postgres.py", "tests/databases/test_sqlite.py"),
)
"""What hangs on the interpreter and on packages: the arithmetic, the tap, the worker on real servers, the plugin, and
the two commands that measure.
"""
WITHOUT_DOCKER = ("-m", "not docker and not pgbouncer and not alone")
"""What a container tells of Python and packages, the embedded server does too."""


@dataclass(frozen=True)
class Elsewhere:
    """An environment to test in.

    Attributes:
        name: Of its folder.
        python: The interpreter that it is made of.
        resolution: Which versions uv takes of what is allowed: `highest`, or `lowest-direct`, which is the lowest of
            what pyproject.toml names and the newest of what those need.
        requirements: What is asked for beyond pyproject.toml.
    """

    name: str
    python: str
    resolution: str = "highest"
    requirements: tuple[str, ...] = ()

    @property
    def interpreter(self) -> Path:
        """The interpreter inside it."""
        return FOLDER / self.name / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def commands(self, uv: str, tests: Sequence[str]) -> list[list[str]]:
        """What makes it, installs into it, and tests in it."""
        install = ["pip", "install", "--python", str(self.interpreter), "--resolution", self.resolution]
        return [
            [uv, "venv", "--quiet", "--allow-existing", "--python", self.python, str(FOLDER / self.name)],
            [uv, *install, "--quiet", "--upgrade", "--editable", ".", "--group", "test", *self.requirements],
            [str(self.interpreter), "-m", "pytest", "-q", *tests],
        ]


def main(arguments: Sequence[str]) -> int:
    """Test in each environment that is asked for, and say how each went; 1 where one did not pass."""
    ours, tests = _split(arguments)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pythons", "lowest", "with"])
    parser.add_argument("requirements", nargs="*", help="of `with`: what is asked for beyond pyproject.toml")
    asked = parser.parse_args(ours)
    if bool(asked.requirements) != (asked.what == "with"):
        parser.error("requirements are named with `with`, and with nothing else")
    import uv

    ended = {
        environment.name: _try(environment.commands(uv.find_uv_bin(), tests or (*SUBSET, *WITHOUT_DOCKER)))
        for environment in _chosen(asked.what, asked.requirements)
    }
    for name, passed in ended.items():
        print(f"{name}: {'passed' if passed else 'FAILED'}")
    return 0 if ended and all(ended.values()) else 1


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words before the first `--`, and those after it."""
    words = list(arguments)
    place = words.index("--") if "--" in words else len(words)
    return words[:place], words[place + 1 :]


def _chosen(what: str, requirements: Sequence[str]) -> Iterator[Elsewhere]:
    if what == "lowest":
        yield Elsewhere("lowest", sys.executable, "lowest-direct")
    elif what == "with":
        yield Elsewhere(re.sub(r"[^\w.]+", "-", "-".join(requirements)), sys.executable, requirements=(*requirements,))
    else:
        for version in supported():
            found = interpreter_of(version)
            if found is None:
                print(f"python-{version}: not on this machine")
            else:
                yield Elsewhere(f"python-{version}", str(found))


def supported() -> list[str]:
    """The versions of Python that pyproject.toml names, such as `3.11`."""
    classifiers = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["classifiers"]
    return re.findall(r"Python :: (3\.\d+)$", "\n".join(classifiers), re.MULTILINE)


def interpreter_of(version: str) -> Path | None:
    """An interpreter of that version: on the path, or of pyenv, whose commands on the path may be switched off."""
    return next((path for path in _candidates(version) if _is_of(path, version)), None)


def _candidates(version: str) -> Iterable[Path]:
    if found := shutil.which(f"python{version}"):
        yield Path(found)
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    # Not those without a GIL, 3.13.0t: another platform.
    yield from (
        path / "bin" / f"python{version}"
        for path in sorted(versions.glob(f"{version}.*"), reverse=True)
        if not path.name.endswith("t")
    )


def _is_of(path: Path, version: str) -> bool:
    try:
        done = subprocess.run(
            [path, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return False
    return done.returncode == 0 and done.stdout.strip() == version


def _try(commands: Iterable[Sequence[str]]) -> bool:
    """Whether every command succeeds, each begun where the one before did."""
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    return all(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0 for command in commands)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
