"""The page about reliability: its table of faults is that of the tests, and its platforms are those that are tried."""

from __future__ import annotations

import re

import pytest

from bench.cli.main import ANYWHERE, COMMANDS
from tests.packaging import elsewhere
from tests.packaging.test_workflows import JOBS, matrix
from tests.reliability.faults import faults
from tests.reliability.page import BEGIN, END, PAGE, Observation, table

TEXT = PAGE.read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of each line of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def section(heading: str) -> str:
    """What stands below a heading, up to the next one."""
    after = TEXT.partition(f"\n{heading}\n")[2]
    assert after, heading
    return re.split(r"\n#+ ", after)[0]


OBSERVED = rows(TEXT.partition(BEGIN)[2].partition(END)[0])


def test_every_fault_has_its_line() -> None:
    """The page has a line for each fault that tests inject, with what is to come of it, in their order, and none else:
    `make reliability` writes them.
    """
    blank = {name: Observation("", 0.0) for name in faults()}

    assert [line[:2] for line in rows(table(faults(), blank))] == [line[:2] for line in OBSERVED]


def test_every_line_says_what_came() -> None:
    """Each has what happened, and the seconds that it took."""
    assert OBSERVED
    assert [] == [line for line in OBSERVED if not line[2] or not re.fullmatch(r"\d+\.\d s", line[3])]


@pytest.mark.parametrize(
    ("what", "which"),
    [
        ("Linux on x86_64", "Python " + ", ".join(matrix("ci.check-and-test")["python"])),
        ("PostgreSQL", ", ".join(matrix("platforms.postgresql")["postgresql"])),
        ("SQLAlchemy", ", ".join(re.findall(r">=(2\.\d)", " ".join(matrix("platforms.versions")["tests"])))),
    ],
)
def test_what_is_promised_is_what_is_tried(what: str, which: str) -> None:
    """The versions on the page are those of the workflows."""
    assert [which] == [line[1] for line in rows(section("## Platforms")) if line[0] == what]


@pytest.mark.parametrize("job", ["aarch64", "macos", "windows"])
def test_a_system_is_tried_with_the_python_of_the_page(job: str) -> None:
    """The one Python of a job is the one that stands beside its system, and one of those that are promised."""
    (python,) = {step["with"]["python-version"] for step in JOBS[f"platforms.{job}"]["steps"] if "with" in step}
    (line,) = [line for line in rows(section("## Platforms")) if job in line[0].lower()]

    assert f"Python {python}" == line[1]
    assert python in elsewhere.supported()


def test_every_command_is_said_to_work_on_windows_or_not() -> None:
    """Those that work there are those that need nothing of Linux or macOS, and each other one is listed too."""
    told = {line[0].strip("`").removeprefix("bench "): line[1] for line in rows(section("### Windows"))}

    assert {*ANYWHERE} == {name for name in COMMANDS if told[name] == "works"}
    assert {*COMMANDS} - {*ANYWHERE} == {
        name for name in COMMANDS if told[name] == "says where it runs, and ends with 2"
    }
