"""An environment like this process's own but for some requirements: made once with uv, and kept for the next time."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from bench.databases import locks
from bench.databases.cache import cache_directory, make_directory
from bench.errors import UsageError
from bench.revisions.git import RevisionError

OWN = "querybench"
"""The distribution that is not installed there: its workers run a copy of `bench`."""
READY = "ready"
"""The file that says that an environment is complete."""
SHAPE = 1
"""Of what is put into an environment; another number makes all anew."""
_NAME = re.compile(r"[0-9a-f]{24}")


def parse_requirements(text: str) -> list[str]:
    """The requirements in `sqlalchemy==2.0.58 asyncpg==0.31`, with spaces or commas between them.

    Raises:
        UsageError: Something in it is no requirement.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    # A comma stands between two requirements, and in one between two of its versions.
    parts = [part.strip() for part in re.split(r"[\s,]+(?=[A-Za-z])|;", text) if part.strip()]
    for part in parts:
        try:
            Requirement(part)
        except InvalidRequirement as error:
            reason = str(error).splitlines()[0]
            raise UsageError(
                f"--against {masked(text)!r}: {masked(part)!r} is no requirement: {masked(reason)}"
            ) from None
    return parts


def environment_with(requirements: Sequence[str], say: Callable[[str], None]) -> Path:
    """The interpreter of an environment that has what this process's has, but for these requirements and what they
    need.

    Packages that are installed as links to a checkout are so there too.

    Raises:
        RevisionError: uv is not there, or cannot make it; the message has its last words.
    """
    uv = _find_uv()
    pinned, linked = _installed(requirements)
    key = _key(requirements, pinned, linked)
    folder = make_directory(cache_directory() / "environments", 0o700)
    _remove_unfinished(folder, say)
    place = folder / key
    with locks.exclusive(folder / f"{key}.lock"):
        if not (place / READY).exists():
            shutil.rmtree(place, ignore_errors=True)
            say(f"making an environment with {masked(' '.join(requirements))}, once")
            try:
                _make(uv, place, requirements, pinned, linked)
            except BaseException:
                shutil.rmtree(place, ignore_errors=True)
                raise
            (place / READY).touch()
    return python_of(place)


def _remove_unfinished(folder: Path, say: Callable[[str], None]) -> None:
    """Remove what runs that were killed have left of environments; one that is being made now is locked."""
    for file in [one for one in folder.glob("*.lock") if _NAME.fullmatch(one.stem)]:
        place, lock = file.with_suffix(""), locks.try_exclusive(file)
        if lock is None:
            continue
        with lock:
            if place.exists() and not (place / READY).exists():
                shutil.rmtree(place, ignore_errors=True)
                say("removed an environment that a run that was killed had not finished")


def python_of(place: Path) -> Path:
    """The interpreter of a virtual environment."""
    return place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def _find_uv() -> str:
    found = shutil.which("uv")
    if found is not None:
        return found
    try:
        import uv
    except ImportError:
        raise RevisionError(
            "an environment with other packages is made with uv, which is not installed: `pip install uv`"
        ) from None
    return str(uv.find_uv_bin())


def _make(
    uv: str, place: Path, requirements: Sequence[str], pinned: Sequence[str], linked: Mapping[str, Sequence[Path]]
) -> None:
    _run_uv(uv, "venv", "--python", sys.executable, str(place))
    python = ("--python", str(python_of(place)))
    listed = place / "pinned.txt"
    listed.write_text("".join(f"{pin}\n" for pin in pinned), encoding="utf-8")
    _run_uv(uv, "pip", "install", *python, "--no-deps", "--requirement", str(listed))
    # With what they need, but no more: what is there and does for them stays as it is.
    _run_uv(uv, "pip", "install", *python, *requirements)
    packages = _site_packages(python_of(place))
    for files in linked.values():
        for file in files:
            _copy_into(file, packages)


def _run_uv(uv: str, *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [uv, *arguments, "--quiet", "--no-progress", "--color", "never"],
        env=environment,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise RevisionError(f"the environment to compare with cannot be made: {_told(done.stderr)}")


def _told(text: str) -> str:
    """What uv said, in one line and without addresses, which may hold a password."""
    words = " ".join(line.strip(" ×╰─▶│├") for line in text.splitlines() if line.strip())
    return re.sub(r"\b\w+://\S+", "…", words)[:600] or "uv says nothing"


def _site_packages(python: Path) -> Path:
    done = subprocess.run(
        [python, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(done.stdout.strip())


def _installed(requirements: Sequence[str]) -> tuple[list[str], dict[str, list[Path]]]:
    """What this process has installed, but for those required otherwise and the harness: pinned, and by name the files
    of those that are links to a checkout.
    """
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    others = {canonicalize_name(Requirement(one).name) for one in requirements} | {OWN}
    pinned: dict[str, str] = {}
    linked: dict[str, list[Path]] = {}
    for found in importlib.metadata.distributions():
        name = canonicalize_name(found.name) if found.name else ""
        if not name or name in others or name in pinned or name in linked or not _is_installed(found):
            continue
        if _is_link(found):
            linked[name] = [Path(str(found.locate_file(file))) for file in found.files or ()]
        elif (direct := _direct(found)) is not None:
            pinned[name] = f"{name} @ {direct}"
        else:
            pinned[name] = f"{name}=={found.version}"
    return sorted(pinned.values()), linked


def _is_installed(found: importlib.metadata.Distribution) -> bool:
    """Whether a package lies where packages are installed; what a checkout has of itself on the path is not."""
    place = Path(str(found.locate_file(""))).resolve()
    return any(place == here.resolve() for here in _packages_here())


def masked(text: str) -> str:
    """Requirements without what an address may have in it of users and passwords."""
    return re.sub(r"(?<=://)[^/\s@]+@", "…@", text)


def _direct_url(found: importlib.metadata.Distribution) -> Mapping[str, object]:
    try:
        read = json.loads(found.read_text("direct_url.json") or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _is_link(found: importlib.metadata.Distribution) -> bool:
    info = _direct_url(found).get("dir_info")
    return isinstance(info, dict) and info.get("editable") is True


def _direct(found: importlib.metadata.Distribution) -> str | None:
    """Where a package came from that was installed from a file or a repository."""
    told = _direct_url(found)
    url, vcs = told.get("url"), told.get("vcs_info")
    if not isinstance(url, str):
        return None
    return f"{vcs.get('vcs')}+{url}@{vcs.get('commit_id')}" if isinstance(vcs, dict) else url


def _copy_into(file: Path, packages: Path) -> None:
    """Copy a file of an installation to where it is in another environment's packages; what lies elsewhere stays."""
    for here in _packages_here():
        if file.is_relative_to(here) and file.is_file():
            target = packages / file.relative_to(here)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, target)
            return


def _packages_here() -> Iterator[Path]:
    for name in ("purelib", "platlib"):
        yield Path(sysconfig.get_path(name))


def _key(requirements: Sequence[str], pinned: Sequence[str], linked: Mapping[str, Sequence[Path]]) -> str:
    links = {name: [str(file) for file in files] for name, files in linked.items()}
    ingredients = [SHAPE, sys.version, sys.executable, sorted(requirements), list(pinned), links]
    return hashlib.sha256(json.dumps(ingredients).encode()).hexdigest()[:24]
