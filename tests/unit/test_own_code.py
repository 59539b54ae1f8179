"""Where an exception came from, in the words of whoever wrote the code."""

from __future__ import annotations

import json
import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.own_code import is_own, last_line, where

SCENARIO = "def page(call):\n    return call()\n"
QUERIES = "def totals():\n    raise LookupError\n"


def function(file: Path, code: str, name: str) -> Callable[..., None]:
    """A function of code that is in a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(code, encoding="utf-8")
    found: Callable[..., None] = runpy.run_path(str(file))[name]
    return found


def raised(tmp_path: Path, call: Callable[..., object]) -> BaseException:
    """What a scenario's function raises that calls this."""
    try:
        function(tmp_path / "orders.py", SCENARIO, "page")(call)
    except (LookupError, ValueError) as error:
        return error
    raise AssertionError("nothing was raised")


def test_the_line_of_the_application_is_named_with_the_one_that_led_to_it(tmp_path: Path) -> None:
    """An exception of a function that a scenario calls has both places, the innermost first."""
    error = raised(tmp_path, function(tmp_path / "queries.py", QUERIES, "totals"))

    assert "queries.py:2, by orders.py:2" == where(error, {str(tmp_path / "orders.py")})


@pytest.mark.parametrize("folder", ["venv/site-packages/driver", "usr/lib/dist-packages"])
def test_what_a_library_raises_is_the_scenario_s_line(tmp_path: Path, folder: str) -> None:
    """Installed packages and the standard library are nobody's to change, so their lines are not named."""
    installed = raised(tmp_path, function(tmp_path / folder / "pool.py", QUERIES, "totals"))
    standard = raised(tmp_path, lambda: json.loads("{"))

    assert "orders.py:2" == where(installed, {str(tmp_path / "orders.py")})
    assert re.fullmatch(r"test_own_code\.py:\d+, by orders\.py:2", str(where(standard, {str(tmp_path / "orders.py")})))


def test_what_passed_no_scenario_has_no_place(tmp_path: Path) -> None:
    """Where it was raised elsewhere nothing is said."""
    error = raised(tmp_path, function(tmp_path / "queries.py", QUERIES, "totals"))

    assert where(error, {"/elsewhere/orders.py"}) is None


def test_a_scenario_that_is_installed_is_its_author_s(tmp_path: Path) -> None:
    """Files beside a scenario's are looked at though they are in a package."""
    folder = tmp_path / "site-packages" / "scenarios"
    error = raised(tmp_path, function(folder / "loading.py", QUERIES, "totals"))

    line = last_line(error, [folder])

    assert line is not None
    assert (folder / "loading.py", 2) == (Path(line.filename), line.lineno)


@pytest.mark.parametrize("file", [json.__file__, pytest.__file__, "<string>", "<frozen importlib._bootstrap>"])
def test_a_library_s_file_is_not_the_author_s(file: str) -> None:
    """Neither what came with Python, nor what was installed, nor what has no file."""
    assert not is_own(file)
