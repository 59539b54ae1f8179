"""`bench report`: a result as a page, and what it says of files that are none."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.helpers import BENCH, HASTE, Ran, results, run

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
    """`--output` writes what would be printed, and the pictures of it, into a folder that is made, and says where."""
    printed = bench("report", result).out

    ran = bench("report", result, "--output", "pages/page.md")

    assert (0, "Report: pages/page.md\n") == (ran.code, ran.out)
    parts = (tmp_path / "pages" / "page.md").read_text().rstrip().split("\n\n")
    pictures = re.findall(r"^!\[.+\]\((page-charts/\S+\.svg)\)$", "\n".join(parts), re.MULTILINE)
    assert pictures
    assert sorted(pictures) == sorted(f"page-charts/{one.name}" for one in (tmp_path / "pages/page-charts").iterdir())
    assert printed.rstrip() == "\n\n".join(part for part in parts if not part.startswith("!["))


def test_a_page_for_a_browser_is_one_file_that_needs_no_network(bench: Bench, result: Path, tmp_path: Path) -> None:
    """`--format html` writes a whole page, whose policy lets it load nothing and which names no other file."""
    ran = bench("report", result, "--format", "html", "--output", "page.html")

    assert (0, "", "Report: page.html\n") == (ran.code, ran.err, ran.out)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "How should a few numbers be read?" in page
    assert "default-src 'none'" in page
    assert [] == re.findall(r"""(?:src|href)="(?!#)|@import|url\(|https?:""", page)


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


def test_pytest_benchmark_reads_its_export(bench: Bench, result: Path, tmp_path: Path) -> None:
    """`pytest-benchmark compare` takes the file, and has each strategy in the group of its scenario."""
    ran = bench("report", result, "--format", "pytest-benchmark", "--output", "export.json")
    done = subprocess.run(
        [BENCH.with_name("pytest-benchmark"), "compare", "export.json", "--columns=median,rounds", "--sort=name"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert (0, "", "Report: export.json\n") == (ran.code, ran.err, ran.out)
    assert 0 == done.returncode, done.stderr
    assert ["benchmark 'small.reading': 2 tests"] == re.findall(r"benchmark '.*?': \d+ tests", done.stdout)
    assert ["apart[count=5-twice=False]", "at_once[count=5-twice=False]"] == re.findall(
        r"^a\w+\[.*?\]", done.stdout, re.MULTILINE
    )


def test_a_run_of_pytest_takes_an_export_to_compare_with(bench: Bench, result: Path, tmp_path: Path) -> None:
    """`--benchmark-compare` loads the file as one of its own."""
    assert 0 == bench("report", result, "--format", "pytest-benchmark", "--output", "export.json").code
    (tmp_path / "test_nothing.py").write_text("def test_nothing(benchmark):\n    benchmark(int)\n")
    done = subprocess.run(
        [BENCH.with_name("pytest"), "test_nothing.py", "--benchmark-compare", "export.json", "-p", "no:cacheprovider"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )

    assert 0 == done.returncode, done.stdout
    assert "Comparing against benchmarks from: export.json" in done.stdout + done.stderr
    assert "Failed to load" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("form", "has_statements"),
    [
        ("bencher", lambda read: read["small.reading:apart [count=5, twice=False]"]["statements"] == {"value": 5}),
        (
            "github-action-benchmark",
            lambda read: (
                {"name": "small.reading:apart [count=5, twice=False] statements", "unit": "statements", "value": 5}
                in read
            ),
        ),
    ],
)
def test_other_services_have_counters_too(
    bench: Bench, result: Path, form: str, has_statements: Callable[[Any], bool]
) -> None:
    """What is printed is the JSON that the service reads, and nothing else."""
    ran = bench("report", result, "--format", form)

    assert (0, "") == (ran.code, ran.err)
    assert has_statements(json.loads(ran.out))


def test_what_an_export_cannot_hold_is_said(bench: Bench, tmp_path: Path) -> None:
    """A strategy that failed is named on standard error with its reason; the others are exported."""
    assert 4 == run("run", "small.failing", *HASTE, "--budget", "1s", cwd=tmp_path).code

    ran = bench("report", "--format", "pytest-benchmark")

    assert 0 == ran.code
    assert (
        "bench: left out: small.failing:unsound: failed: LookupError: nothing to be found (small.py:110)\n" == ran.err
    )
    assert ["sound"] == [one["name"] for one in json.loads(ran.out)["benchmarks"]]


def test_a_count_cannot_be_a_file_of_times(bench: Bench, tmp_path: Path) -> None:
    """`bench count` has no times, and the complaint names the formats that hold counters."""
    assert 0 == run("count", "small.reading", *HASTE, cwd=tmp_path).code

    assert (
        "nothing in this result was timed, and pytest-benchmark's file holds times alone: measure with `bench run`, or"
        " take a format that holds counters (--format bencher, --format github-action-benchmark)"
        == bench("report", "--format", "pytest-benchmark").complaint
    )
    assert 0 == bench("report", "--format", "bencher").code


OTHER = '"sqlalchemy":"2.0.40"'
"""The version of SQLAlchemy that a copy of a result says it was measured with."""


def with_another_sqlalchemy(result: Path) -> Path:
    """A copy of a result that was measured with another version of SQLAlchemy."""
    copy = result.with_name("another.json")
    text, changed = re.subn(r'"sqlalchemy": ?"[^"]+"', OTHER, result.read_text())
    assert 1 == changed
    copy.write_text(text)
    return copy


def test_results_are_put_side_by_side(bench: Bench, result: Path) -> None:
    """Of several files what differs is found and named, and what changed its winner stands before the scenarios."""
    ran = bench("report", result, with_another_sqlalchemy(result))

    assert (0, "") == (ran.code, ran.err)
    assert re.match(r"# small: SQLAlchemy \S+ and SQLAlchemy 2\.0\.40 side by side\n", ran.out)
    assert ran.out.index("## What changed its winner") < ran.out.index("## How should a few numbers be read?")


def test_the_same_file_twice_is_said(bench: Bench, result: Path) -> None:
    """A result that is named twice is reported once, and the page says so."""
    ran = bench("report", result, result)

    assert 0 == ran.code
    assert ran.out.startswith("# What was measured: small\n")
    assert "1 of the results that were given is equal to another, to the last figure: it is shown once." in ran.out


@pytest.mark.parametrize("there", [True, False], ids=["that is there", "that is named as one"])
def test_a_directory_has_an_index_and_pages(bench: Bench, result: Path, tmp_path: Path, there: bool) -> None:
    """Into a directory go an index, which is named at the end, and a page for each module; what is there stays."""
    output = "pages" if there else "pages/"
    if there:
        (tmp_path / "pages").mkdir()
        (tmp_path / "pages" / "mine.md").write_text("mine")

    ran = bench("report", result, "--output", output)

    assert (0, "Report: pages/README.md\n", "") == (ran.code, ran.out, ran.err)
    expected = {"README.md", "small.md", "charts"} | ({"mine.md"} if there else set())
    assert expected == {path.name for path in (tmp_path / "pages").iterdir()}
    assert "[How should a few numbers be read?](small.md#how-should-a-few-numbers-be-read)" in (
        tmp_path / "pages" / "README.md"
    ).read_text(encoding="utf-8")
    assert "`at_once`" in (tmp_path / "pages" / "small.md").read_text(encoding="utf-8")


def test_a_readme_of_ones_own_is_not_overwritten(bench: Bench, result: Path, tmp_path: Path) -> None:
    """A directory whose README.md is somebody's own is refused, and one whose index was made before is made anew."""
    mine = tmp_path / "README.md"
    mine.write_text("# My project\n")

    assert (
        "README.md is none that `bench report` made, and would be overwritten: name another directory"
        == bench("report", result, "--output", ".").complaint
    )
    assert "# My project\n" == mine.read_text()
    assert 0 == bench("report", result, "--output", "pages/").code
    assert 0 == bench("report", result, result, "--output", "pages/").code


def test_a_page_of_ones_own_is_not_overwritten(bench: Bench, result: Path, tmp_path: Path) -> None:
    """A page that has the name of a module's is refused in a directory that has no index of a report."""
    mine = tmp_path / "small.md"
    mine.write_text("# Small things\n")

    complaint = bench("report", result, "--output", ".").complaint

    assert "small.md is none that `bench report` made, and would be overwritten: name another directory" == complaint
    assert ["# Small things\n", False] == [mine.read_text(), (tmp_path / "README.md").exists()]


def test_a_page_for_a_browser_says_how_its_results_came_about(bench: Bench, result: Path, tmp_path: Path) -> None:
    """A file that is named twice is shown once there too, and that is said."""
    bench("report", result, result, "--format", "html", "--output", "page.html")

    assert "is equal to another, to the last figure: it is shown once." in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize("form", ["html", "bencher"])
def test_one_file_is_not_written_into_a_directory(bench: Bench, result: Path, tmp_path: Path, form: str) -> None:
    """What is one file asks for its name, and makes nothing that is called as a directory was meant to be."""
    complaint = bench("report", result, "--format", form, "--output", "pages/").complaint

    assert f"--format {form} makes one file: name it, and not the directory pages/" == complaint
    assert not (tmp_path / "pages").exists()


def test_an_output_without_a_name_is_refused(bench: Bench, result: Path, tmp_path: Path) -> None:
    """An empty path, such as that of a variable which is not set, is not taken for the directory one is in."""
    complaint = bench("report", result, "--output", "").complaint

    assert ". is not a file that a result could be written to: name another with --output" == complaint
    assert not (tmp_path / "README.md").exists()


def test_an_export_is_of_one_file(bench: Bench, result: Path) -> None:
    """Formats for other tools hold one run, and the complaint says so."""
    assert (
        "--format bencher takes one FILE, and 2 are named: make one of each"
        == bench("report", result, result, "--format", "bencher").complaint
    )


def test_an_export_is_no_directory(bench: Bench, result: Path, tmp_path: Path) -> None:
    """A file of another format does not go into a directory."""
    assert (
        f"{tmp_path} is not a file that a result could be written to: name another with --output"
        == bench("report", result, "--format", "bencher", "--output", tmp_path).complaint
    )


def test_one_bad_file_among_good_ones_is_said(bench: Bench, result: Path, tmp_path: Path) -> None:
    """A result of another schema among others is refused by its name, and nothing is written without it."""
    newer = result.with_name("newer.json")
    newer.write_text(json.dumps(json.loads(result.read_text()) | {"schema": 99}))

    assert (
        f"{newer} has schema 99 and this version of querybench reads schema 1: upgrade querybench to read it"
        == bench("report", result, newer, "--output", "pages/").complaint
    )
    assert not (tmp_path / "pages").exists()
