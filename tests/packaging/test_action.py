"""The action for GitHub: what its steps run, run here as GitHub does, in a repository as users have one."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.cli import codes
from bench.cli.check import command as check
from tests.cli.helpers import ROOT
from tests.cli.shop import Shop

ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
ONE_MORE = ("    found = await", "    await session.scalar(select(1))\n    found = await")


def step(name: str) -> dict[str, Any]:
    """The step whose name begins so."""
    return next(one for one in ACTION["runs"]["steps"] if one["name"].startswith(name))


def as_github_gives_it(text: str, inputs: Mapping[str, str]) -> str:
    """The value of a step's variable, with the inputs in place of what stands for them."""
    given = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(ROOT)}
    return re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: given[found[1]], text)


def run(shop: Shop, **chosen: str) -> subprocess.CompletedProcess[str]:
    """Run the step that compares, with the defaults of the inputs but for those that are chosen."""
    inputs = {name: one["default"] for name, one in ACTION["inputs"].items()} | {"python": sys.executable, **chosen}
    compare = step("Compare")
    variables = {name: as_github_gives_it(value, inputs) for name, value in compare["env"].items()}
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", compare["run"]],
        cwd=shop.folder,
        env={**os.environ, **shop.environment, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_change_that_costs_more_fails_the_job(tmp_path: Path) -> None:
    """With the defaults the step ends as `bench check` does, and its JSON is where the input says."""
    shop = Shop(tmp_path)
    shop.replace("src/shop/queries.py", *ONE_MORE)

    done = run(shop, output="found.json")

    assert codes.REGRESSION == done.returncode, done.stderr
    assert (shop.folder / "found.json").exists()


def test_inputs_are_arguments_and_no_code(tmp_path: Path) -> None:
    """Selectors and further arguments are words each; what a shell would run in them it does not."""
    shop = Shop(tmp_path)

    done = run(
        shop, selectors="orders.page:selectin orders.page:aggregate", arguments="--strict $(touch ran)", against="HEAD"
    )

    assert codes.USAGE == done.returncode
    assert "$(touch" in done.stderr
    assert not (shop.folder / "ran").exists()


def test_what_is_installed_is_this_repository() -> None:
    """The first step installs the action's own folder with the interpreter that has the application."""
    install = step("Install")

    assert "${{ github.action_path }}" == install["env"]["QUERYBENCH"]
    assert '"$PYTHON" -m pip install --quiet --disable-pip-version-check "$QUERYBENCH"\n' == install["run"]


@pytest.mark.parametrize("name", ["against", "threshold", "budget", "output"])
def test_inputs_are_named_as_the_flags_are(name: str) -> None:
    """An input that stands for a flag of `bench check` has its name, and the step gives it on."""
    flags = {option for parameter in check.params for option in parameter.opts}

    assert f"--{name}" in flags
    assert f"--{name}" in step("Compare")["run"]
    assert name in ACTION["inputs"]
