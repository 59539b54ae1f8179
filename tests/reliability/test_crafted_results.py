"""Faults that come in a file: results that somebody has crafted, and outputs that would be at somebody's cost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.results.file import write_result
from tests.cli.test_crafted_results import BAD, MARKUP, STEERING, crafted
from tests.fuzz.harmless import obeyed
from tests.fuzz.readers import bench, drawn, harm, harm_of_files, judged, read_by_all, strays
from tests.reliability.observing import Observer
from tests.unit.pages import point, result, scenario


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A result as a run writes it."""
    path = tmp_path / "good.json"
    write_result(path, result(scenario(point()), scenario(point(), name="columns.few")))
    return path


def test_a_crafted_result_is_refused(observed: Observer, tmp_path: Path, good: Path) -> None:
    """Each way of being no result of a run is answered with one line by every reader."""
    text = good.read_text(encoding="utf-8")
    bad = tmp_path / "bad.json"
    with observed("result-crafted") as seen:
        for before, after in BAD.values():
            bad.write_text(text.replace(before, after) if after else text.partition(before)[0], encoding="utf-8")
            ended = read_by_all(bad, good)
            ended.append(bench("check", "--against", bad))
            assert {(2, "", 1)} == {(one.code, one.out, len(one.err.splitlines())) for one in ended}
        seen.says(f"all {len(BAD)} were refused in one line that names the place, by every command; exit code 2")


def test_text_in_a_result_is_text(observed: Observer, tmp_path: Path) -> None:
    """Markup, formulas and escapes in every text of a result are in no output as such."""
    with observed("result-hostile-text") as seen:
        for number, words in enumerate((MARKUP, STEERING)):
            bad, good = crafted(tmp_path / str(number), lambda text, words=words: text + words)
            ended = [*read_by_all(bad, good), *drawn(bad, good, bad.parent / "out")]
            assert [] == [found for one in ended for found in harm(one)]
            assert [] == harm_of_files(bad.parent / "out")
            assert [] == [found for text in judged(bad, good) for found in obeyed(text)]
        seen.says("every format shows it as text, and what would steer a terminal as its escape")


def test_names_that_are_paths_lead_nowhere(observed: Observer, tmp_path: Path) -> None:
    """Pages and charts stay in the folder that was named, whatever their scenarios are called."""
    with observed("result-path-names") as seen:
        for number, words in enumerate(("../../../up", "/etc/passwd", "a" * 3000)):
            folder = tmp_path / str(number)
            bad, good = crafted(folder, lambda text, words=words: words + text if text.count(".") == 1 else text)
            drawn(bad, good, bad.parent / "out")
            assert [] == strays(folder, ("a/b/c/crafted.json", "a/b/c/good.json", "a/b/c/out"))
        assert {"0", "1", "2"} == {path.name for path in tmp_path.iterdir()}
        seen.says("every page and chart lies in the folder that was named")


def test_a_link_out_of_a_report_is_not_followed(observed: Observer, tmp_path: Path, good: Path) -> None:
    """A page or a folder of charts that is a link to elsewhere has nothing written at its other end."""
    pages, elsewhere = tmp_path / "pages", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with observed("report-link-out") as seen:
        for link in ("loading.md", "charts"):
            pages.mkdir()
            (pages / link).symlink_to(elsewhere)
            ended = bench("report", good, "--output", f"{pages}/")
            assert (2, 1) == (ended.code, len(ended.err.splitlines()))
            assert [link] == [path.name for path in pages.iterdir()]
            assert [] == list(elsewhere.iterdir())
            (pages / link).unlink()
            pages.rmdir()
        seen.says("refused in one line, and nothing is at the other end; exit code 2")


def test_a_report_is_not_written_over_ones_own(observed: Observer, tmp_path: Path, good: Path) -> None:
    """A page of one's own, a file of JSON, and the result itself are as they were."""
    page, data = tmp_path / "page.md", tmp_path / "data.json"
    page.write_text("# My own\n", encoding="utf-8")
    data.write_text(json.dumps({"mine": 1}), encoding="utf-8")
    before = {path: path.read_bytes() for path in (page, data, good)}
    with observed("report-over-own-file") as seen:
        ended = [bench("report", good, "--output", path) for path in before]
        assert [(2, 1)] * 3 == [(one.code, len(one.err.splitlines())) for one in ended]
        assert before == {path: path.read_bytes() for path in before}
        seen.says("refused in one line, and the file is as it was; exit code 2")
