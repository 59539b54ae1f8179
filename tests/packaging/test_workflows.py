"""The workflows for GitHub: they try what is promised, and name nothing that is not there."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.packaging import elsewhere
from tests.packaging.elsewhere import ROOT

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# YAML 1.1 reads the key `on` as true.
WORKFLOWS: dict[str, dict[Any, Any]] = {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in FILES}
JOBS: dict[str, dict[str, Any]] = {
    f"{workflow}.{name}": job for workflow, content in WORKFLOWS.items() for name, job in content["jobs"].items()
}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
every_job = pytest.mark.parametrize("name", list(JOBS))


def matrix(name: str) -> dict[str, list[str]]:
    """What a job is done for each of."""
    found: dict[str, list[str]] = JOBS[name]["strategy"]["matrix"]
    return found


def commands(name: str) -> list[str]:
    """What the steps of a job run."""
    return [step["run"] for step in JOBS[name]["steps"] if "run" in step]


def test_every_python_is_tried_with_everything() -> None:
    """The Pythons are those that pyproject.toml names, with all tests, and none that needs Docker is left out."""
    assert elsewhere.supported() == matrix("ci.check-and-test")["python"]
    assert "bash .ci/run" in commands("ci.check-and-test")
    assert {"1"} == {*JOBS["ci.check-and-test"]["steps"][-1]["env"].values()}


@pytest.mark.parametrize(
    ("job", "systems"),
    [
        ("platforms.aarch64", ["ubuntu-24.04-arm"]),
        ("platforms.macos", ["macos-15", "macos-15-intel"]),
        ("platforms.windows", ["windows-latest"]),
    ],
)
def test_every_system_is_tried(job: str, systems: list[str]) -> None:
    """Linux on aarch64, macOS on both processors and Windows have a job each."""
    assert systems == matrix(job)["system"] if "strategy" in JOBS[job] else [JOBS[job]["runs-on"]]


def test_every_postgresql_is_tried() -> None:
    """Each from 13 to 18 proves the catalogue in a container, and measures by URL."""
    assert ["13", "14", "15", "16", "17", "18"] == matrix("platforms.postgresql")["postgresql"]
    told = " ".join(commands("platforms.postgresql"))
    assert "bench count --database docker:postgres:${{ matrix.postgresql }}" in told
    assert "--database postgresql://" in told


def test_both_sqlalchemys_and_the_lowest_versions_are_tried() -> None:
    """One environment each has SQLAlchemy 2.0, SQLAlchemy 2.1, and the lowest of everything."""
    assert ["with 'sqlalchemy>=2.0.40,<2.1'", "with 'sqlalchemy>=2.1,<2.2'", "lowest"] == (
        matrix("platforms.versions")["tests"]
    )


def test_vulnerabilities_are_looked_for_each_week() -> None:
    """`make audit` is a job, and what is promised of versions is tried without a change too."""
    assert ["make audit"] == commands("platforms.audit")
    assert [1] == [len(WORKFLOWS["platforms"][True]["schedule"])]


@every_job
def test_a_job_ends_by_itself(name: str) -> None:
    """Each job has a limit of an hour at most."""
    assert 0 < JOBS[name]["timeout-minutes"] <= 60


@pytest.mark.parametrize("name", list(WORKFLOWS))
def test_a_workflow_may_only_read(name: str) -> None:
    """No workflow may write to the repository, and none keeps a credential."""
    assert {"contents": "read"} == WORKFLOWS[name]["permissions"]
    assert "secrets." not in (ROOT / ".github" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")


@every_job
def test_what_a_job_runs_is_there(name: str) -> None:
    """Targets of make, files and modules that a step names are in the repository."""
    told = "\n".join(commands(name))
    targets = set(re.findall(r"\bmake ([a-z]+|\.venv/installed-dev)\b", told))
    files = set(re.findall(r"(?<![\w/])(?:tests/[\w/]+\.py|\.ci/\w+)", told))
    modules = {module.replace(".", "/") + ".py" for module in re.findall(r"-m (tests[\w.]+)", told)}

    assert [] == [target for target in targets if not re.search(rf"^{re.escape(target)}:", MAKEFILE, re.MULTILINE)]
    assert [] == [path for path in sorted(files | modules) if not (ROOT / path).exists()]


def test_every_target_of_platforms_is_one_of_make() -> None:
    """What a job does can be done by hand: Pythons, the lowest versions and vulnerabilities."""
    assert {"pythons", "lowest", "audit", "lock", "reliability"} <= set(
        re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)
    )
