"""The page on the method quotes what was measured of it."""

from __future__ import annotations

import re
from collections import Counter
from statistics import mean

from tests.docs.examples import ROOT
from tests.performance.precision import JOURNAL, KINDS, read_journal, table

PAGE = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")


def cells(line: str) -> list[str]:
    """The cells of a line of a table in Markdown."""
    return [cell.strip() for cell in line.strip("| \n").split("|")]


def test_the_comparisons_are_those_of_the_journal() -> None:
    """Each line of the table on how often a comparison is wrong is one that the journal gives, and none is against us
    that is left out: `bench check` stands first.
    """
    printed = [cells(line) for line in table(read_journal(JOURNAL)).splitlines() if line.startswith("|")]
    quoted = [cells(line) for line in re.findall(r"^\| (?:bench check|pytest-benchmark|pyperf).*$", PAGE, re.MULTILINE)]

    assert "bench check" == quoted[0][0]
    assert {"bench check", "pytest-benchmark", "pyperf"} == {line[0] for line in quoted}
    assert [] == [line for line in quoted if line not in printed]


def test_what_is_said_of_the_same_code_is_the_journal_s() -> None:
    """The verdicts and ratios of `bench check` on the same code, and the bound of a binomial with no success."""
    ours = [one for one in read_journal(JOURNAL) if one.tool == "bench check" and one.kind == KINDS[0]]
    verdicts = Counter(one.told["verdict"] for one in ours)
    ratios = [one.ratio for one in ours if one.ratio is not None]
    said = " ".join(PAGE.split())

    assert (
        f"Of the {len(ours)} on the same code {verdicts['same']} were called the same and {verdicts['inconclusive']}"
        in said
    )
    assert f"from {min(ratios):.3f} to {max(ratios):.3f}, {mean(ratios):.3f} on average" in said
    assert f"at most {1 - 0.05 ** (1 / len(ours)):.1%} wrong".replace("%", " %") in said


def test_the_readme_says_what_the_table_says() -> None:
    """How often `bench check` was wrong, and how often it found the slowdown, are those of the journal."""
    ours = next(cells(line) for line in table(read_journal(JOURNAL)).splitlines() if line.startswith("| bench check"))
    readme = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())

    said = f"slower in {ours[2]} comparisons on a busy machine, and found 5 % more work in {ours[4]}."
    assert f"it called the same code {said}" in readme
