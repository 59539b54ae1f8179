"""Result files that somebody has crafted: every command refuses them in a line, or shows them as text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.results.file import write_result
from tests.cli.helpers import Ran
from tests.fuzz.harmless import obeyed
from tests.fuzz.readers import COMPARISONS, EXPORTS, drawn, harm, harm_of_files, judged, read_by_all, strays
from tests.fuzz.seeds import everything
from tests.unit.pages import point, result, scenario

Bench = Callable[..., Ran]

DEEP = 100_000
BAD = {
    "nested deeply": ('"seconds":131.4', f'"seconds":{"[" * DEEP}{"]" * DEEP}'),
    "nested deeply where anything may be": ('"authors":100', f'"authors":{"[" * DEEP}{"]" * DEEP}'),
    "a number without bound": ('"seconds":131.4', '"seconds":1e999'),
    "a time that no run takes": ('"seconds":131.4', '"seconds":1e300'),
    "no number": ('"seconds":131.4', '"seconds":NaN'),
    "a whole number of thirty digits": ('"cores":2', f'"cores":{"9" * 30}'),
    "text for a number": ('"cores":2', '"cores":"two"'),
    "an object for text": ('"cpu":"a processor"', '"cpu":{}'),
    "a verdict that there is none of": ('"verdict":"faster"', '"verdict":"fastest"'),
    "a time below 0": ('"median_ms":8.0', '"median_ms":-8.0'),
    "a ratio below 0": ('"ratio":0.1', '"ratio":-0.1'),
    "a distance of a year": ('"rtt_ms":0.0', '"rtt_ms":3e10'),
    "a parameter that is a list": ('"authors":100', '"authors":[100]'),
    "a point that is there twice": ('"points":[', '"points":[{"params":{"authors":100}},{"params":{"authors":100}},'),
    "two scenarios of a name": ('"columns.few"', '"loading.one_to_many"'),
    "two strategies of a name": ('"name":"joined"', '"name":"lazy"'),
    "cut short": ('"interrupted":false', ""),
}
READERS = [
    ("report", "BAD"),
    ("report", "GOOD", "BAD", "--format", "html"),
    ("report", "BAD", "--output", "pages/"),
    *(("report", "BAD", "--format", form) for form in EXPORTS),
    *(("compare", "BAD", "GOOD", *form) for _, *form in COMPARISONS),
    *(("compare", "GOOD", "BAD", *form) for _, *form in COMPARISONS),
    ("check", "--against", "BAD"),
]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """A result as a run writes it."""
    path = tmp_path / "good.json"
    write_result(path, result(scenario(point()), scenario(point(), name="columns.few")))
    return path


@pytest.mark.parametrize("reader", READERS, ids=" ".join)
@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_result_of_a_run_is_refused(
    bench: Bench, tmp_path: Path, good: Path, reader: tuple[str, ...], kind: str
) -> None:
    """Each command says in one line which file it does not read and why, ends with 2, and writes nothing."""
    before, after = BAD[kind]
    text = good.read_text(encoding="utf-8")
    assert before in text
    bad = tmp_path / "bad.json"
    bad.write_text(text.partition(before)[0] if kind == "cut short" else text.replace(before, after), encoding="utf-8")

    complaint = bench(*({"BAD": str(bad), "GOOD": str(good)}.get(word, word) for word in reader)).complaint

    assert str(bad) in complaint
    assert len(complaint) < 400
    assert ["bad.json", "good.json"] == sorted(path.name for path in tmp_path.iterdir())


FREE = frozenset(
    {"verdict", "behind_verdict", "returns", "kind", "limited_by", "headline", "counter", "started", "plan"}
)
"""Members whose words are given, or that are looked at by themselves."""
KEYED = frozenset({"params", "typical", "errors", "unseen", "packages", "chosen"})
"""Members whose keys are text of others."""


def poisoned(value: Any, poison: Callable[[str], str], member: str = "") -> Any:
    """A result in which each text of others is another."""
    if isinstance(value, str):
        return value if member in FREE else poison(value)
    if isinstance(value, list):
        return [poisoned(part, poison, member) for part in value]
    if isinstance(value, dict) and member != "plan":
        return {
            poison(key) if member in KEYED else key: poisoned(part, poison, key if member not in KEYED else "")
            for key, part in value.items()
        }
    return value


MARKUP = (
    "</code></script><script>alert(1)</script><img src=x onerror=alert(1)> | a | b |` ``` ~~~ </summary></details> # x"
    " ![x](https://example.org/x.png) [y](javascript:alert(1)) <https://example.org>"
    " =cmd|' /C calc'!A1 @SUM(1) $x$ ${y} %s {0}"
)
STEERING = "\x1b[2J\x1b]0;title\x07\x9b31m\x7f\x00\u202eleft\u2066\u200b\ufeff\u2028one\ntwo\rthree"
PATHS = ("../../../up", "/etc/passwd", "..\\..\\up:con", "a" * 3000, "README.md", ".", "\u00e9\u4e2d" * 100)


def crafted(tmp_path: Path, poison: Callable[[str], str]) -> tuple[Path, Path]:
    """A result with poison in every text, beside a good one, some folders below a directory that has nothing else."""
    folder = tmp_path / "a" / "b" / "c"
    folder.mkdir(parents=True)
    bad, good = folder / "crafted.json", folder / "good.json"
    bad.write_text(json.dumps(poisoned(everything(), poison)), encoding="utf-8")
    good.write_text(json.dumps(everything()), encoding="utf-8")
    return bad, good


@pytest.mark.parametrize("text", ["{MARKUP}{}", "{}{MARKUP}"], ids=["before", "after"])
def test_markup_in_a_result_is_shown_as_text(tmp_path: Path, text: str) -> None:
    """Whatever stands in names, questions, errors and statements, every format shows it, and it marks nothing up."""
    bad, good = crafted(tmp_path, lambda original: text.format(original, MARKUP=MARKUP))

    ended = [*read_by_all(bad, good), *drawn(bad, good, bad.parent / "out")]

    assert [] == [(one.words, one.err) for one in ended if one.code == 2]
    assert [] == [(one.words, found) for one in ended for found in harm(one)]
    assert [] == harm_of_files(bad.parent / "out")
    assert [] == [found for text in judged(bad, good) for found in obeyed(text)]


def test_what_steers_a_terminal_is_shown_as_escapes(tmp_path: Path) -> None:
    """Control characters, and those that turn the direction of writing, are in no output."""
    bad, good = crafted(tmp_path, lambda original: original + STEERING)

    ended = [*read_by_all(bad, good), *drawn(bad, good, bad.parent / "out")]

    assert [] == [(one.words, one.err) for one in ended if one.code == 2]
    assert [] == [(one.words, found) for one in ended for found in harm(one)]
    assert [] == harm_of_files(bad.parent / "out")
    assert [] == [found for text in judged(bad, good) for found in obeyed(text)]


@pytest.mark.parametrize("words", PATHS, ids=range(len(PATHS)))
def test_a_name_that_is_a_path_leads_nowhere(tmp_path: Path, words: str) -> None:
    """Pages and charts of scenarios that are called like paths lie in the folder that was named, and nowhere else."""
    bad, good = crafted(tmp_path, lambda text: words + text if text.count(".") == 1 and " " not in text else text)

    ended = drawn(bad, good, bad.parent / "out")

    assert len(words) > 1000 or {0} == {one.code for one in ended}, ended
    assert [] == [(one.words, found) for one in ended for found in harm(one)]
    assert [] == strays(tmp_path, ("a/b/c/crafted.json", "a/b/c/good.json", "a/b/c/out"))
    assert [] == harm_of_files(bad.parent / "out")
    assert [] == [path for path in (bad.parent / "out").rglob("*") if len(path.name.encode()) > 255]
