"""What pyproject.toml asks for: each part says why it is there and from which version on, and is in the lock."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PYPROJECT = ROOT / "pyproject.toml"
PROJECT: dict[str, Any] = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))
LOCK = ROOT / "requirements-dev.lock"


def _of_group(name: str) -> Iterator[str]:
    """The requirements of a group, those of groups that it includes too."""
    for entry in PROJECT["dependency-groups"][name]:
        if isinstance(entry, str):
            yield entry
        else:
            yield from _of_group(entry["include-group"])


def _of_project() -> set[str]:
    extras = PROJECT["project"]["optional-dependencies"].values()
    return {*PROJECT["project"]["dependencies"], *(entry for extra in extras for entry in extra)}


ALL = sorted({*_of_project(), *(entry for group in PROJECT["dependency-groups"] for entry in _of_group(group))})
LOCKED = sorted({*_of_project(), *_of_group("dev")})
"""What `.venv` is made of; other groups are for tools that have environments of their own."""


@cache
def _pins() -> dict[str, list[tuple[Version, int]]]:
    """What the lock has, by name: the versions, of which there may be one for each Python, and how many hashes."""
    found = defaultdict(list)
    for entry in re.split(
        r"\n(?=[a-zA-Z])", re.sub(r"^ *#.*\n", "", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE)
    ):
        name, version = re.match(r"([\w.-]+)==([\w.!+]+)", entry).groups()
        found[canonicalize_name(name)].append((Version(version), entry.count("--hash=sha256:")))
    return dict(found)


@pytest.mark.parametrize("requirement", ALL)
def test_a_dependency_has_a_lower_bound(requirement: str) -> None:
    """Each dependency names the lowest version that it was tried with."""
    operators = [specifier.operator for specifier in Requirement(requirement).specifier]

    assert 1 == operators.count(">=")


@pytest.mark.parametrize("requirement", ALL)
def test_a_dependency_says_why_it_is_there(requirement: str) -> None:
    """The line above each dependency is a comment with its reason."""
    lines = [line.strip() for line in PYPROJECT.read_text(encoding="utf-8").splitlines()]
    above = [lines[number - 1] for number, line in enumerate(lines) if line == f'"{requirement}",']

    assert above != []
    assert [] == [line for line in above if not line.startswith("# ")]


@pytest.mark.parametrize("requirement", LOCKED)
def test_a_dependency_is_locked(requirement: str) -> None:
    """The lock has each dependency in a version that pyproject.toml allows; `make lock` chooses them anew."""
    asked = Requirement(requirement)

    pins = _pins().get(canonicalize_name(asked.name), [])

    assert pins != []
    assert [] == [str(version) for version, _ in pins if not asked.specifier.contains(version, prereleases=True)]


def test_everything_locked_has_its_hashes() -> None:
    """No file is installed for development that the lock does not know by its hash, whoever it comes with."""
    assert [] == [name for name, pins in _pins().items() if not all(hashes for _, hashes in pins)]


def test_the_lock_names_no_index() -> None:
    """Where packages come from is the machine's choice, and no address of it is in the repository."""
    assert "://" not in LOCK.read_text(encoding="utf-8")
