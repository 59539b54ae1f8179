"""Whatever a file says, each reader of results makes a harmless page of it, or refuses it in a line.

BENCH_FUZZ_EXAMPLES raises how many files are tried; `python -m tests.fuzz.atheris_results` looks for them by coverage.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.measurement import Result
from bench.results.file import write_result
from tests.fuzz.harmless import obeyed, odd_html, odd_markdown
from tests.fuzz.mutating import mutated
from tests.fuzz.readers import drawn, harm, harm_of_files, judged, read_by_all, strays
from tests.fuzz.seeds import seeds
from tests.unit.test_result_file import results

EXAMPLES = int(os.environ.get("BENCH_FUZZ_EXAMPLES", "25"))
PATIENT = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
DRAWN = settings(PATIENT, max_examples=max(EXAMPLES // 5, 1))
"""Charts take a second: they are tried on fewer."""


def placed(folder: str, content: bytes) -> tuple[Path, Path]:
    """A crafted file beside a good one, some folders below a directory that nothing else is in."""
    place = Path(folder) / "a" / "b" / "c"
    place.mkdir(parents=True)
    (place / "good.json").write_text(seeds()[0], encoding="utf-8")
    (place / "crafted.json").write_bytes(content)
    return place / "crafted.json", place / "good.json"


INPUTS = ("a/b/c/good.json", "a/b/c/crafted.json")


@pytest.mark.parametrize("seed", seeds(), ids=range(len(seeds())))
def test_what_is_begun_with_is_read(tmp_path: Path, seed: str) -> None:
    """The results that crafted ones are made from are read by all, so that what comes of others is their own."""
    crafted, good = placed(str(tmp_path), seed.encode())

    ended = [*read_by_all(crafted, good), *drawn(crafted, good, crafted.parent / "out")]

    assert [] == [(one.words, one.err) for one in ended if one.code == 2 and "nothing in this result" not in one.err]
    assert [] == [found for one in ended for found in harm(one)]
    assert [] == harm_of_files(crafted.parent / "out")


@PATIENT
@given(data=st.data(), seed=st.sampled_from(seeds()))
def test_a_crafted_file_is_refused_or_shown_harmlessly(data: st.DataObject, seed: str) -> None:
    """A real result with a few places changed ends no command in an error, steers no terminal and adds no markup."""
    content = mutated(seed, lambda low, high: data.draw(st.integers(low, high)))
    with TemporaryDirectory() as folder:
        crafted, good = placed(folder, content)

        ended = read_by_all(crafted, good)
        texts = [*judged(crafted, good), *judged(good, crafted)]

        assert [] == [(one.words, found) for one in ended for found in harm(one)]
        assert [] == [found for text in texts for found in obeyed(text)]
        assert [] == strays(Path(folder), INPUTS)


@DRAWN
@given(data=st.data(), seed=st.sampled_from(seeds()))
def test_a_crafted_file_is_drawn_harmlessly_and_where_it_was_asked_for(data: st.DataObject, seed: str) -> None:
    """Pages, charts and the page for a browser hold no markup of the file's, and lie in the folder that was named."""
    content = mutated(seed, lambda low, high: data.draw(st.integers(low, high)))
    with TemporaryDirectory() as folder:
        crafted, good = placed(folder, content)

        ended = drawn(crafted, good, crafted.parent / "out")

        assert [] == [(one.words, found) for one in ended for found in harm(one)]
        assert [] == harm_of_files(crafted.parent / "out")
        assert [] == strays(Path(folder), (*INPUTS, "a/b/c/out"))


@DRAWN
@given(results)
def test_any_values_of_the_right_types_are_refused_or_shown_harmlessly(result: Result) -> None:
    """Types alone make no result of a run: what has them and nothing else is refused, or shown like any other."""
    with TemporaryDirectory() as folder:
        crafted, good = placed(folder, b"")
        write_result(crafted, result)

        ended = [*read_by_all(crafted, good), *drawn(crafted, good, crafted.parent / "out")]

        assert [] == [(one.words, found) for one in ended for found in harm(one)]
        assert [] == harm_of_files(crafted.parent / "out")
        assert [] == strays(Path(folder), (*INPUTS, "a/b/c/out"))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain – text\n", []),
        ("\x1b[31m\u202e", ["'\\u202e'", "'\\x1b'"]),
        ("\x9b\u200b\x7f", ["'\\u200b'", "'\\x7f'", "'\\x9b'"]),
    ],
)
def test_what_steers_a_terminal_is_seen(text: str, found: list[str]) -> None:
    """The check that the others rest on finds control characters and those that turn the direction."""
    assert found == obeyed(text)


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("# A page\n\n![chart](charts/a.svg) [there](#there) <details><summary>`x`</summary>\n", []),
        ("<script>alert(1)</script>\n", ["<script>alert(1)</script>\n"]),
        ("[x](javascript:alert)\n", ["javascript:alert"]),
        ("![x](../up.png)\n", ["../up.png"]),
    ],
)
def test_markup_of_others_is_seen_in_markdown(page: str, found: list[str]) -> None:
    """The check that the others rest on finds elements, and links and pictures that lead elsewhere."""
    assert found == odd_markdown(page)


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ('<a href="#there">there</a><script type="application/json">{}</script><script>ours()</script>', []),
        ("<p onclick=evil()>x</p>", ["onclick=evil()"]),
        ("<script>ours()</script><script>evil()</script>", ["a second script"]),
        ("<img src=x.png>", ["<img>", "src=x.png"]),
    ],
)
def test_markup_of_others_is_seen_in_html(page: str, found: list[str]) -> None:
    """The check that the others rest on finds handlers, what is loaded, and scripts beside the one that is ours."""
    assert found == odd_html(page)
