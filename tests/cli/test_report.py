"""`bench report`: a result as a page, and what it says of files that are none."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import HASTE, Ran, results, run

Bench = Callable[..., Ran]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The result of a run, for all tests of this module."""
    folder = tmp_path_factory.mktemp("measured")
    assert 0 == run("run", "small.reading", *HASTE, "--budget", "1s", cwd=folder).code
    (path,) = results(folder)
    return path


@pytest.fixture
def result(measured: Path, tmp_path: Path) -> Path:
    """A copy of it where a run in this directory would have left it."""
    folder = tmp_path / ".bench" / "results"
    folder.mkdir(parents=True)
    return Path(shutil.copy(measured, folder))


def test_a_report_of_a_file_is_printed(bench: Bench, result: Path) -> None:
    """The page has the scenario's question, its table and where it was measured."""
    ran = bench("report", result)

    assert (0, "") == (ran.code, ran.err)
    assert ran.out.startswith("# What was measured: small\n")
    assert "How should a few numbers be read?" in ran.out
    assert "| `at_once`" in ran.out
    assert "sqlite" in ran.out


def test_without_a_file_the_newest_result_is_taken(bench: Bench, result: Path) -> None:
    """Of the results in .bench/results the one written last is reported."""
    older = result.with_name("older.json")
    older.write_text(result.read_text().replace("How should a few numbers be read?", "Older?"))
    os.utime(older, (1_000_000_000, 1_000_000_000))

    ran = bench("report")

    assert "How should a few numbers be read?" in ran.out
    assert "Older?" not in ran.out


def test_a_report_can_be_written(bench: Bench, result: Path, tmp_path: Path) -> None:
    """`--output` writes what would be printed, into a folder that is made, and says where."""
    printed = bench("report", result).out

    ran = bench("report", result, "--output", "pages/page.md")

    assert (0, "Report: pages/page.md\n") == (ran.code, ran.out)
    assert printed.rstrip() == (tmp_path / "pages" / "page.md").read_text().rstrip()


def test_a_configured_output_of_runs_is_not_overwritten_by_a_report(bench: Bench, result: Path, tmp_path: Path) -> None:
    """`output` in [tool.bench] is the result file, so that a report is printed and the result left alone."""
    (tmp_path / "pyproject.toml").write_text(f'[tool.bench]\noutput = "{result}"\n')
    before = result.read_bytes()

    ran = bench("report", result)

    assert ran.out.startswith("# What was measured: small\n")
    assert before == result.read_bytes()


def test_no_result_at_all_is_said(bench: Bench) -> None:
    """Where nothing was measured yet, it says how to."""
    assert "no result in .bench/results: measure one with `bench run`, or name a file" == bench("report").complaint


def test_a_missing_file_is_said(bench: Bench) -> None:
    """A file that is not there is named."""
    assert "cannot read missing.json: No such file or directory" == bench("report", "missing.json").complaint


def test_a_file_that_was_cut_short_is_said(bench: Bench, result: Path) -> None:
    """Half a result is refused."""
    result.write_bytes(result.read_bytes()[:-100])

    assert f"{result} is cut short: it ends in the midst of the JSON" == bench("report", result).complaint


def test_a_result_of_another_schema_is_said(bench: Bench, result: Path) -> None:
    """A newer version's result is refused with both numbers and what to do."""
    result.write_text(json.dumps(json.loads(result.read_text()) | {"schema": 99}))

    assert (
        f"{result} has schema 99 and this version of querybench reads schema 1: upgrade querybench to read it"
        == bench("report", result).complaint
    )


def test_another_programs_json_is_said(bench: Bench, tmp_path: Path) -> None:
    """JSON that no run wrote is refused."""
    (tmp_path / "other.json").write_text("{}")

    assert "other.json is not a result of `bench`: it has no `schema`" == bench("report", "other.json").complaint
