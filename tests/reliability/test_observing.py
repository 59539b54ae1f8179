"""The table of faults: what a test saw is written down, and comes into the page whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.reliability import page
from tests.reliability.faults import faults
from tests.reliability.observing import FOLDER, Fault, Observer
from tests.reliability.page import BEGIN, END, Observation

NAME = "no-posix"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that what is seen is written to."""
    monkeypatch.setenv(FOLDER, str(tmp_path))
    return tmp_path


def test_what_was_seen_is_written_down(folder: Path, observed: Observer) -> None:
    """The name of the fault, what happened and the seconds that it took are in a file of the fault's name."""
    with observed(NAME) as seen:
        seen.says("one line")

    told = json.loads((folder / f"{NAME}.json").read_text(encoding="utf-8"))
    assert {"fault": NAME, "happened": "one line", "seconds": told["seconds"]} == told
    assert {NAME: Observation("one line", told["seconds"])} == page.observations(folder)


def test_a_test_that_fails_writes_nothing(folder: Path, observed: Observer) -> None:
    """Where what was to come did not, the table learns nothing of it."""
    with pytest.raises(AssertionError, match="it did not end"), observed(NAME):
        raise AssertionError("it did not end")

    assert [] == list(folder.iterdir())


def test_a_test_that_says_nothing_fails(folder: Path, observed: Observer) -> None:
    """What happened has to be said."""
    with pytest.raises(AssertionError, match="what happened at no-posix was not said"), observed(NAME):
        pass


def test_a_fault_that_nobody_lists_is_refused(folder: Path, observed: Observer) -> None:
    """A name that is in no list of faults is a mistake in the test."""
    with observed("an-unknown-one") as seen:
        seen.says("nothing")

    with pytest.raises(ValueError, match=r"'an-unknown-one' was observed, and is in no faults_\*\.py"):
        page.observations(folder)


def test_names_are_those_of_files() -> None:
    """Each fault's name is that of a file, in lower case."""
    assert [] == [name for name in faults() if not name.replace("-", "").isalnum() or name != name.lower()]


def test_the_table_has_a_line_for_each_fault() -> None:
    """A line has the fault, what is to come of it, what came, and the time, whatever characters they are made of."""
    wanted = {"one": Fault("`a | b` fails", "a line")}

    made = page.table(wanted, {"one": Observation("a\nline", 1.26)})

    assert (
        "| fault | what is to come of it | what came | until all was well |\n"
        "| --- | --- | --- | --- |\n"
        "| `a \\| b` fails | A line | A line | 1.3 s |\n"
    ) == made


def test_what_stands_around_the_table_stays() -> None:
    """Only what is between the two comments is written anew, and to write it twice changes nothing."""
    before = f"# Reliability\n\n{BEGIN}\nof before\n{END}\n## Platforms\n"

    after = page.with_table(before, "| a |\n")

    assert f"# Reliability\n\n{BEGIN}\n| a |\n\n{END}\n## Platforms\n" == after
    assert after == page.with_table(after, "| a |\n")


def test_a_page_without_a_place_is_refused() -> None:
    """A page that lost one of the comments is not written over."""
    with pytest.raises(ValueError, match=r"reliability\.md has no place for the table"):
        page.with_table(f"# Reliability\n{BEGIN}", "| a |\n")
