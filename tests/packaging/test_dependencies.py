"""What pyproject.toml asks for: each part says why it is there and from which version on."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def _requirements() -> list[str]:
    project = tomllib.loads(PYPROJECT.read_text())
    groups = [entry for group in project["dependency-groups"].values() for entry in group if isinstance(entry, str)]
    extras = [entry for extra in project["project"]["optional-dependencies"].values() for entry in extra]
    return sorted({*project["project"]["dependencies"], *extras, *groups})


@pytest.mark.parametrize("requirement", _requirements())
def test_a_dependency_has_a_lower_bound(requirement: str) -> None:
    """Each dependency names the lowest version that it was tried with."""
    operators = [specifier.operator for specifier in Requirement(requirement).specifier]

    assert 1 == operators.count(">=")


@pytest.mark.parametrize("requirement", _requirements())
def test_a_dependency_says_why_it_is_there(requirement: str) -> None:
    """The line above each dependency is a comment with its reason."""
    lines = [line.strip() for line in PYPROJECT.read_text().splitlines()]
    above = [lines[number - 1] for number, line in enumerate(lines) if line == f'"{requirement}",']

    assert above != []
    assert [] == [line for line in above if not line.startswith("# ")]
