"""The ledger of advice: every claim of every scenario, and what became of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from bench.measurement import ClaimVerdict
from bench.reports.busy import labelled, marked
from bench.reports.claims import HOW_JUDGED, any_of_times
from bench.reports.folded import folded
from bench.reports.formatting import listed, markdown, plural
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
    parts += [HOW_JUDGED] if any_of_times([claim.known[0] for _, claim in claims]) else []
    parts += [_table(decided, sides, target)] if decided else []
    if undecided:
        on = {1: "", 2: " on both sides"}.get(len(sides), " on every side")
        said = f"{plural(len(undecided), 'claim')} undecided{on}"
        parts.append(folded(said, _table(undecided, sides, target)))
    return "\n\n".join(parts)


def _is_decided(claim: SharedClaim) -> bool:
    return any(one.verdict != "undecided" for one in claim.known)


def _table(claims: Sequence[tuple[SharedScenario, SharedClaim]], sides: Sequence[Side], target: Target) -> str:
    from tabulate import tabulate

    rows = [
        [
            _verdict(claim, sides),
            f"“{markdown(claim.known[0].text)}”",
            _found(claim, sides),
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
    """The verdict, with the sides that came to it where it is not that of all, and which were busy meanwhile."""
    of: dict[str, list[str]] = {}
    for side, verdict, busy in zip(sides, claim.verdicts, claim.busy, strict=True):
        of.setdefault(verdict or "not judged", []).append(labelled(markdown(side.label), busy))
    if len(of) == 1 and not any(claim.busy):
        return next(iter(of))
    if len(sides) == 1:
        return marked(next(iter(of)), any(claim.busy))
    return ", ".join(f"{verdict} ({listed(labels)})" for verdict, labels in of.items())


def _found(claim: SharedClaim, sides: Sequence[Side]) -> str:
    """What was measured of it: once where all sides say the same, else by side."""
    said = {side.label: _without_verdict(one) for side, one in zip(sides, claim.sentences, strict=True) if one}
    if len(set(said.values())) == 1:
        return next(iter(said.values()))
    return "<br>".join(f"{markdown(label)}: {sentence}" for label, sentence in said.items())


def _without_verdict(sentence: str) -> str:
    """What stands after the verdict, which has a column of its own."""
    return sentence.partition(": ")[2] or sentence
