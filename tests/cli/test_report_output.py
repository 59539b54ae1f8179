"""Where `bench report` writes: never through a link that leads elsewhere, and over nothing but a report."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bench.results.file import write_result
from tests.cli.helpers import HASTE, Ran
from tests.unit.pages import point, result, scenario

Bench = Callable[..., Ran]

MINE = "# My own\n\nNobody else's.\n"


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A result in the current directory, of the modules `loading` and `columns`."""
    path = tmp_path / "result.json"
    strategies = [replace(one, samples_ns=(1_000_000, 2_000_000, 3_000_000)) for one in point().strategies]
    sampled = replace(point(), strategies=strategies)
    write_result(path, result(scenario(sampled), scenario(sampled, name="columns.few")))
    return path


@pytest.mark.parametrize(
    "arguments",
    [
        ("--output", "page.out"),
        ("--format", "html", "--output", "page.out"),
        ("--format", "github-action-benchmark", "--output", "page.out"),
        ("--format", "bencher", "--output", "page.out"),
    ],
    ids=lambda arguments: arguments[1],
)
@pytest.mark.parametrize("there", [MINE, "{}\n", "<!doctype html>\n<p>Mine</p>\n"], ids=["a page", "JSON", "HTML"])
def test_a_file_of_ones_own_stays(
    bench: Bench, tmp_path: Path, made: Path, arguments: tuple[str, ...], there: str
) -> None:
    """A file that `bench report` has not made is refused by its name, whatever is asked for, and is as it was."""
    mine = tmp_path / "page.out"
    mine.write_text(there)

    complaint = bench("report", made, *arguments).complaint

    assert "page.out is none that `bench report` made, and would be overwritten: name another file" == complaint
    assert there == mine.read_text()
    assert ["page.out", "result.json"] == sorted(path.name for path in tmp_path.iterdir())


def test_the_result_itself_is_no_output(bench: Bench, made: Path) -> None:
    """The result that is read, named as the output by mistake, is refused and still there."""
    before = made.read_bytes()

    complaint = bench("report", made, "--output", made).complaint

    assert f"{made} is none that `bench report` made, and would be overwritten: name another file" == complaint
    assert before == made.read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--output", "page.md"),
        ("--format", "html", "--output", "page.html"),
        ("--format", "github-action-benchmark", "--output", "figures.json"),
        ("--format", "bencher", "--output", "figures.json"),
        ("--output", "pages/"),
    ],
    ids=["markdown", "html", "github-action-benchmark", "bencher", "a directory"],
)
def test_what_was_reported_before_is_made_anew(bench: Bench, made: Path, arguments: tuple[str, ...]) -> None:
    """The same output twice is no mistake: a report takes the place of the one before."""
    assert 0 == bench("report", made, *arguments).code

    again = bench("report", made, *arguments)
    assert 0 == again.code, again.err
    assert again.out.startswith("Report: ")


def test_a_file_that_was_only_begun_is_written(bench: Bench, tmp_path: Path, made: Path) -> None:
    """An empty file, as mktemp makes one, holds nothing of anybody's."""
    (tmp_path / "page.md").touch()

    assert 0 == bench("report", made, "--output", "page.md").code
    assert (tmp_path / "page.md").read_text().startswith("# What was measured: loading, columns\n")


@pytest.mark.parametrize("mine", ["columns.md", "charts/loading.one_to_many-time.svg"])
def test_a_page_of_ones_own_among_those_of_a_report_stays(bench: Bench, tmp_path: Path, made: Path, mine: str) -> None:
    """In a directory that has an index of a report too, a file of one's own is refused, and no other is written."""
    assert 0 == bench("report", made, "--output", "pages/").code
    own, index = tmp_path / "pages" / mine, tmp_path / "pages" / "README.md"
    own.write_text(MINE)
    index.write_text(f"{index.read_text()}\nAs it was.\n")

    complaint = bench("report", made, "--output", "pages/").complaint

    expected = f"pages/{mine} is none that `bench report` made, and would be overwritten: name another directory"
    assert expected == complaint
    assert MINE == own.read_text()
    assert index.read_text().endswith("As it was.\n")


@pytest.mark.parametrize(
    ("link", "arguments"),
    [
        ("page.md", ("--output", "page.md")),
        ("page.html", ("--format", "html", "--output", "page.html")),
        ("figures.json", ("--format", "bencher", "--output", "figures.json")),
        ("pages/README.md", ("--output", "pages/")),
        ("pages/columns.md", ("--output", "pages/")),
    ],
)
@pytest.mark.parametrize("there", [True, False], ids=["to a file", "to nothing yet"])
def test_a_link_out_is_not_followed(
    bench: Bench,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    made: Path,
    link: str,
    arguments: tuple[str, ...],
    there: bool,
) -> None:
    """A link that leads out of where the report goes is refused, and nothing is written at its other end."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    if there:
        (elsewhere / "target").write_text(MINE)
    (tmp_path / link).parent.mkdir(exist_ok=True)
    (tmp_path / link).symlink_to(elsewhere / "target")

    complaint = bench("report", made, *arguments).complaint

    folder, instead = ("pages", "directory") if link.startswith("pages/") else (".", "file")
    assert f"{link} leads out of {folder} by a link: name what it leads to, or another {instead}" == complaint
    assert [MINE] * there == [path.read_text() for path in elsewhere.iterdir()]


def test_a_folder_of_charts_that_is_a_link_out_is_not_written_into(bench: Bench, tmp_path: Path, made: Path) -> None:
    """Charts go into the directory of the pages and nowhere else."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "charts").symlink_to(tmp_path / "elsewhere")

    complaint = bench("report", made, "--output", "pages").complaint

    assert complaint.startswith("pages/charts/loading.one_to_many-")
    assert complaint.endswith(" leads out of pages by a link: name what it leads to, or another directory")
    assert [] == list((tmp_path / "elsewhere").iterdir())
    assert ["charts"] == [path.name for path in (tmp_path / "pages").iterdir()]


def test_a_link_to_itself_is_not_followed_for_ever(bench: Bench, tmp_path: Path, made: Path) -> None:
    """A link that leads nowhere at all is answered with one line, or is replaced, as the system has it."""
    (tmp_path / "page.md").symlink_to("page.md")

    ran = bench("report", made, "--output", "page.md")

    assert (0, "") == (ran.code, ran.err) or ran.complaint.startswith("cannot write page.md: ")


def test_a_directory_that_is_a_link_is_written_into(bench: Bench, tmp_path: Path, made: Path) -> None:
    """The directory that is named may be a link itself: what it leads to was chosen by who named it."""
    (tmp_path / "real").mkdir()
    (tmp_path / "pages").symlink_to("real")

    ran = bench("report", made, "--output", "pages")
    assert (0, "Report: pages/README.md\n", "") == (ran.code, ran.out, ran.err)
    assert (tmp_path / "real" / "columns.md").exists()


def test_a_device_is_no_place_for_a_report(bench: Bench, made: Path) -> None:
    """A device is refused before it is written to, and stays one."""
    complaint = bench("report", made, "--output", os.devnull).complaint

    assert f"{os.devnull} is not a file that a result could be written to: name another with --output" == complaint
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("command", ["run", "count"])
def test_a_run_whose_report_would_harm_does_not_begin(bench: Bench, tmp_path: Path, command: str) -> None:
    """`--report` is looked at before anything is measured: a file of one's own is not written over by it either."""
    mine = tmp_path / "page.md"
    mine.write_text(MINE)

    complaint = bench(command, "small.reading", *HASTE, "--report", "page.md").complaint

    assert "page.md is none that `bench report` made, and would be overwritten: name another file" == complaint
    assert MINE == mine.read_text()
    assert ["page.md"] == [path.name for path in tmp_path.iterdir()]
