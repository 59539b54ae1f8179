"""Pages of several results keep their shape, whatever scenarios, databases and errors say."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from bench.measurement import ClaimResult, ClaimVerdict, PointResult, Result, ScenarioResult, Statement
from bench.reports.pages.making import directory, one_page
from bench.reports.picture import Picture, Pictures
from bench.reports.sides import Sides, sides_of
from tests.unit.pages import BEHIND, JOINED, LAZY, OLDER, SELECTIN, result, scenario, two

hostile = st.text(st.characters(), max_size=20) | st.sampled_from(
    ["```\n</details><script>alert(1)</script>", "| a | b |\n|---|---|", "</code></summary># x", "![x](y) [a](b)"]
)
parser = MarkdownIt("commonmark").enable("table")
SHAPE = re.compile(r"</?(?:h[1-6]|table|thead|tr|th|td|ul|details|summary|pre|blockquote|hr|script|img|ol)\b")


def hostile_pages(one: str, other: str, third: str) -> list[str]:
    """Every page of two results in which all text of others is one of these."""
    strategies = (
        replace(LAZY, description=one, code=f"x{other}", statements=(Statement(f"S{third}", 2, f"P{other}"),)),
        replace(SELECTIN, name=f"n{one}", notes=(third,)),
        replace(JOINED, **{**BEHIND, "name": f"f{third}", "verdict": "failed", "error": f"e{other}"}),
    )
    claim = ClaimResult(f"c{one}", f"s{other}", "depends", f"w{third}", faster=f"f{one}", than=f"t{other}")

    def side(winner: str, verdict: ClaimVerdict, version: str) -> tuple[Result, Pictures]:
        measured = PointResult({f"p{one}": other}, 0.0, strategies, (winner,), 30, notes=(f"n{other}",))
        further = replace(measured, rtt_ms=1.0)
        whole = ScenarioResult(
            f"m{one}.x",
            f"q{other}",
            f"d{third}",
            size=f"p{one}",
            typical={f"p{one}": other},
            points=(measured, further),
            claims=(replace(claim, verdict=verdict),),
        )
        environment = replace(OLDER, packages={"sqlalchemy": f"v{version}"}, cpu=f"c{version}")
        picture = {whole.name: [Picture(f"charts/{third}.svg", f"t{one}")]}
        return replace(result(whole, environment=environment), started=f"s{third}"), picture

    found = [side("lazy", "depends", version=f"1{one}"), side(f"n{one}", "supported", version=f"2{other}")]
    sides = [
        replace(of, pictures=pictures)
        for of, (_, pictures) in zip(sides_of([one for one, _ in found]).sides, found, strict=True)
    ]
    return [one_page(Sides(sides, [f"r{one}"]), [f"h{other}"]), *directory(Sides(sides)).values()]


@hypothesis_settings(max_examples=60, deadline=None)
@given(hostile, hostile, hostile)
def test_nothing_hostile_changes_the_pages(one: str, other: str, third: str) -> None:
    """Whatever scenarios, databases and errors say, the pages keep their headings, tables, folds and pictures."""
    shapes = [SHAPE.findall(parser.render(page)) for page in hostile_pages("a", "b", "c")]
    rendered = [parser.render(page) for page in hostile_pages(one, other, third)]

    assert shapes == [SHAPE.findall(page) for page in rendered]
    assert not any("\x1b" in page for page in rendered)


def test_what_is_hostile_can_still_be_read_side_by_side() -> None:
    """A strategy whose name looks like HTML, and a parameter with a pipe, are shown as they are called."""
    script = replace(JOINED, **{**BEHIND, "name": "<script>alert('1')</script> | x"})
    odd = PointResult({"a|b": "c|d"}, strategies=(LAZY, SELECTIN, script), winners=("selectin",))
    text = parser.render(one_page(two(replace(scenario(odd), typical=odd.params), scenario(odd))))

    cells = [unescape(re.sub(r"</?code>", "", cell)) for cell in re.findall("<td[^>]*>(.*?)</td>", text)]
    assert "<script>alert('1')</script> | x" in cells
    assert "<script>" not in text
