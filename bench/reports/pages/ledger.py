"""The ledger of advice: every claim of every scenario, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bench.measurement import ClaimVerdict
from bench.reports.claims import claim_sentence
from bench.reports.folded import folded
from bench.reports.formatting import code, listed, markdown, plural
from bench.reports.pages.contents import link
from bench.reports.pages.winners import SharedClaim, SharedScenario, shared_claims
from bench.reports.sides import Side

Target = Callable[[SharedScenario], str]
"""Where a scenario is answered."""

ORDER: Sequence[ClaimVerdict] = ("contradicted", "depends", "supported", "undecided")
"""What surprises stands first."""


def ledger(scenarios: Sequence[SharedScenario], sides: Sequence[Side], target: Target) -> str:
    """How many claims there are of each verdict, and a table of all, in Markdown: those that sides judged otherwise
    first, then by verdict, those that nothing decided folded; empty where there are none.

    Args:
        scenarios: Whose claims.
        sides: The sides.
        target: Where a scenario is answered, with the source of each of its claims.
    """
    claims = [(scenario, claim) for scenario in scenarios for claim in shared_claims(scenario, sides)]
    if not claims:
        return ""
    decided = sorted((pair for pair in claims if _is_decided(pair[1])), key=lambda pair: _place(pair[1]))
    undecided = [pair for pair in claims if not _is_decided(pair[1])]
    parts = [_counted([claim for _, claim in claims], sides)]
    parts += [_table(decided, sides, target)] if decided else []
    parts += (
        [folded(f"{plural(len(undecided), 'claim')} undecided", _table(undecided, sides, target))] if undecided else []
    )
    return "\n\n".join(parts)


def _is_decided(claim: SharedClaim) -> bool:
    return any(one.verdict != "undecided" for one in claim.known)


def _table(claims: Sequence[tuple[SharedScenario, SharedClaim]], sides: Sequence[Side], target: Target) -> str:
    from tabulate import tabulate

    rows = [
        [
            _verdict(claim, sides),
            f"“{markdown(claim.known[0].text)}”",
            _found(claim),
            link(scenario.name, target(scenario)),
        ]
        for scenario, claim in claims
    ]
    headers = ["verdict", "advice", "what was measured of it", "where"]
    return tabulate(rows, headers=headers, tablefmt="pipe", disable_numparse=True, colalign=["left"] * len(headers))


def _place(claim: SharedClaim) -> tuple[bool, int]:
    return not claim.differs, min(ORDER.index(one.verdict) for one in claim.known)


def _counted(claims: Sequence[SharedClaim], sides: Sequence[Side]) -> str:
    lines = []
    for number, side in enumerate(sides):
        verdicts = Counter(claim.verdicts[number] for claim in claims)
        known = sum(verdicts[verdict] for verdict in ORDER)
        shown = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ORDER if verdicts[verdict])
        who = f"{markdown(side.label)}: " if len(sides) > 1 else ""
        lines.append(f"{who}{plural(known, 'claim')}{f': {shown}' if shown else ''}.")
    return "  \n".join(lines)


def _verdict(claim: SharedClaim, sides: Sequence[Side]) -> str:
    """The verdict, with the sides that came to it where it is not that of all."""
    of: dict[str, list[str]] = {}
    for side, verdict in zip(sides, claim.verdicts, strict=True):
        of.setdefault(verdict or "not judged", []).append(markdown(side.label))
    if len(of) == 1:
        return next(iter(of))
    return ", ".join(f"{verdict} ({listed(labels)})" for verdict, labels in of.items())


def _found(claim: SharedClaim) -> str:
    """What was measured of it, by the side whose verdict comes first in the ledger; every side's stands on its page."""
    first = min(claim.known, key=lambda one: ORDER.index(one.verdict))
    sentence = claim_sentence(first, code, markdown)
    said = sentence.partition(": ")[2] or sentence
    return said if not claim.differs else sentence
