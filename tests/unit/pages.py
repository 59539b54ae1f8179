"""Results for the tests of pages, such as one scenario measured with two versions of SQLAlchemy; parts of a page."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bench.measurement import (
    ClaimResult,
    ClaimVerdict,
    Counters,
    Environment,
    PointResult,
    Result,
    ScenarioResult,
    Settings,
    Statement,
    StrategyResult,
)
from bench.reports.sides import Sides, sides_of

ENVIRONMENT = Environment(
    python="3.11.2",
    packages={"sqlalchemy": "2.1.9", "asyncpg": "0.32.0"},
    postgres="18.1",
    settings={"jit": "off"},
    cpu="a processor",
    cores=2,
    kernel="Linux 6.1",
    git="9f0450d",
    database="embedded: no Docker engine answers",
    driver="asyncpg",
    gc="collected before each sample",
    loop="asyncio",
    seed=7,
    scale=1,
)
OLDER = replace(ENVIRONMENT, packages={"sqlalchemy": "2.0.58", "asyncpg": "0.32.0"})
LAZY = StrategyResult(
    "lazy",
    description="Touch each author's posts.",
    code="async def lazy(db): ...\n",
    baseline=True,
    median_ms=80.0,
    ratio=1.0,
    behind=8.0,
    behind_low=7.5,
    behind_high=8.5,
    behind_verdict="slower",
    counters=Counters(statements=101, round_trips=103),
    statements=(Statement("SELECT 1", 101),),
)
SELECTIN = StrategyResult(
    "selectin",
    description="One more SELECT.",
    code="async def selectin(db): ...\n",
    verdict="faster",
    winner=True,
    median_ms=8.0,
    ratio=0.1,
    ratio_low=0.09,
    ratio_high=0.11,
    behind=1.0,
    counters=Counters(statements=2, round_trips=4),
    statements=(Statement("SELECT 2", 2),),
)
JOINED = replace(SELECTIN, name="joined", description="", code="async def joined(db): ...\n")
BEHIND: dict[str, Any] = {
    "winner": False,
    "median_ms": 12.0,
    "ratio": 0.15,
    "ratio_low": 0.14,
    "ratio_high": 0.16,
    "behind": 1.5,
    "behind_low": 1.4,
    "behind_high": 1.6,
    "behind_verdict": "slower",
}
"""What makes a winner one that was shown to be behind another."""


def point(winner: str = "selectin", authors: int = 100, rtt_ms: float = 0.0, *more: StrategyResult) -> PointResult:
    """A point that one of selectin and joined won."""
    strategies = [one if one.name == winner else replace(one, **BEHIND) for one in (SELECTIN, JOINED)]
    return PointResult({"authors": authors}, rtt_ms, (LAZY, *strategies, *more), (winner,), rounds=212, seconds=9.3)


def scenario(
    *points: PointResult,
    name: str = "loading.one_to_many",
    question: str = "How to load?",
    verdict: ClaimVerdict = "supported",
    where: str = "",
) -> ScenarioResult:
    """A scenario with a claim, which was judged so."""
    claims = (ClaimResult("selectin wins", "the manual", verdict, where, faster="selectin", than="lazy"),)
    return ScenarioResult(name, question, "blog", "entities", "authors", {"authors": 100}, points, claims)


def result(*scenarios: ScenarioResult, environment: Environment = ENVIRONMENT, **more: Any) -> Result:
    """A run of these scenarios."""
    more = {"started": "2026-11-22T09:31:05+00:00", "seconds": 131.4, "settings": Settings(precision=0.01), **more}
    return Result(environment, scenarios=scenarios, **more)


NEW, OLD = "SQLAlchemy 2.1.9", "SQLAlchemy 2.0.58"
"""What the two sides of `two` are called."""


def two(new: ScenarioResult | list[ScenarioResult], old: ScenarioResult | list[ScenarioResult]) -> Sides:
    """What two versions of SQLAlchemy were measured to do."""
    new, old = (one if isinstance(one, list) else [one] for one in (new, old))
    return sides_of([result(*new), result(*old, environment=OLDER)])


def under(heading: str, text: str) -> str:
    """What stands below a heading, up to the next one."""
    after = text.partition(f"\n{heading}\n")[2]
    assert after, heading
    return re.split(r"\n#+ ", after)[0].strip()


def table(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without the line below its head."""
    lines = [line for line in text[text.index("|") :].partition("\n\n")[0].splitlines() if not line.startswith("|:")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def in_order(text: str, *wanted: str) -> bool:
    """Whether all of these are in the text, in this order."""
    for part in wanted:
        assert part in text, part
    places = [text.index(part) for part in wanted]
    return places == sorted(places)
