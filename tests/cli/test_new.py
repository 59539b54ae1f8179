"""`bench new`: a scenario module that runs as it is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench.results.file import read_result
from tests.cli.helpers import Ran

Bench = Callable[..., Ran]


def test_it_runs_as_it_is(bench: Bench, tmp_path: Path) -> None:
    """The module is written where it was asked for, says how it is run, and so it is."""
    made = bench("new", "scenarios/orders.py")
    assert (0, "") == (made.code, made.err)
    assert ["Scenario: scenarios/orders.py", "Run it with: bench run --scenarios scenarios/orders.py orders"] == (
        made.out.splitlines()
    )
    assert "bench run --scenarios scenarios/orders.py orders" in (tmp_path / "scenarios/orders.py").read_text()

    ran = bench("run", "--scenarios", "scenarios/orders.py", "orders", "--database", "sqlite", "--rounds", "3")

    assert 0 == ran.code, ran.err
    assert "orders.page: How should a page of customers load what each has ordered?" in ran.out
    (result,) = (tmp_path / ".bench/results").glob("*.json")
    (scenario,) = read_result(result).scenarios
    (point,) = scenario.points
    assert {"lazy": True, "selectin": True, "joined": True} == {
        one.name: bool(one.samples_ns) for one in point.strategies
    }


def test_what_is_there_is_left(bench: Bench, tmp_path: Path) -> None:
    """A file of that name is not written over."""
    (tmp_path / "orders.py").write_text("mine")

    assert "orders.py is there already, and is left as it is: name another file" == bench("new", "orders.py").complaint
    assert "mine" == (tmp_path / "orders.py").read_text()


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("orders", "orders is no Python file: name the module that is to be written, such as orders.py"),
        ("my-orders.py", "my-orders.py cannot be imported: name it with letters, digits and underscores"),
        ("class.py", "class.py cannot be imported: name it with letters, digits and underscores"),
    ],
)
def test_a_name_that_no_module_can_have_is_refused(bench: Bench, name: str, complaint: str) -> None:
    """What is wrong with it, and what to write."""
    assert complaint == bench("new", name).complaint
