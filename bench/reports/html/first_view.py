"""What the page shows before its script runs, or without it: answers, claims, and how it was measured, as HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import groupby
from urllib.parse import quote

from bench.reports.busy import BUSY_MACHINE, marked
from bench.reports.html.data import At, ClaimShown, Page, Run, ScenarioRun, ScenarioShown
from bench.reports.html.words import as_html

MOST_NAMES = 3


def runs_in_short(runs: Sequence[Run], remarks: Sequence[str] = ()) -> str:
    """What was measured, where and when, and what must be said of it; that a run was interrupted stands out."""
    lines = [
        f'<p class="run">{escape(run.summary)}</p>'
        if len(runs) == 1
        else f"<li><b>{escape(run.label)}</b>: {escape(run.summary)}</li>"
        for run in runs
    ]
    cut = [f'<p class="notice">{_of(run, runs)}{escape(run.interrupted)}</p>' for run in runs if run.interrupted]
    said = [f'<p class="run">{escape(remark)}</p>' for remark in remarks]
    return "\n".join([*(lines if len(runs) == 1 else ["<ul>", *lines, "</ul>"]), *said, *cut])


def findings(page: Page) -> str:
    """A table with a row for each scenario, grouped by module: what each run found at the nearest distance."""
    if not page.scenarios:
        return "<p>No scenario was measured.</p>"
    groups = groupby(page.scenarios, key=lambda scenario: scenario.module)
    bodies = [_module(name, list(scenarios), page) for name, scenarios in groups]
    busy = [f'<p class="muted small">{escape(page.busy_note)}</p>'] if page.busy_note else []
    return "\n".join([*busy, '<table class="findings">', _head(page), *bodies, "</table>"])


def claims(page: Page) -> str:
    """Every claim with its source and what was measured of it in each run."""
    items = [item for scenario in page.scenarios for item in _claims(scenario, page.runs)]
    if not items:
        return "<p>No claim was judged.</p>"
    note = [f'<p class="muted small">{escape(page.claims_note)}</p>'] if page.claims_note else []
    return "\n".join([*note, '<ul class="claims">', *items, "</ul>"])


def methods(runs: Sequence[Run]) -> str:
    """How each run was made and where; a method that runs have in common stands once."""
    same = all(run.method == runs[0].method for run in runs)
    parts = [_prose(runs[0])] if same else []
    for run in runs:
        heading = run.label if len(runs) > 1 else "Environment"
        parts.append(f"<h3>{escape(heading)}</h3>")
        parts += [] if same else [_prose(run)]
        rows = [
            f'<tr><th scope="row">{escape(name)}</th><td>{escape(value)}</td></tr>' for name, value in run.environment
        ]
        parts.append("\n".join(['<table class="environment"><tbody>', *rows, "</tbody></table>"]))
    return "\n".join(parts)


def _of(run: Run, runs: Sequence[Run]) -> str:
    """The label of a run and a colon, where there are several."""
    return f"{escape(run.label)}: " if len(runs) > 1 else ""


def _prose(run: Run) -> str:
    return "\n".join(f'<p class="prose">{as_html(paragraph)}</p>' for paragraph in run.method)


def _head(page: Page) -> str:
    titles = ["Question", *(title for run in page.runs for title in _titles(page, run) if title)]
    cells = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    return f"<thead><tr>{cells}</tr></thead>"


def _titles(page: Page, run: Run) -> tuple[str, str]:
    lead, share = ("Fastest", "Of the baseline's time") if page.timed else ("A warm call takes", "")
    return (lead, share) if len(page.runs) == 1 else (f"{lead}, {run.label}", share)


def _module(name: str, scenarios: Sequence[ScenarioShown], page: Page) -> str:
    span = 1 + (2 if page.timed else 1) * len(page.runs)
    heading = f'<tr class="module"><th colspan="{span}" scope="rowgroup">{escape(name)}</th></tr>'
    return "\n".join(["<tbody>", heading, *(_row(scenario, page) for scenario in scenarios), "</tbody>"])


def _row(scenario: ScenarioShown, page: Page) -> str:
    name = escape(scenario.name)
    cells = "".join(
        f'<td class="{kind}" data-run="{number}" data-label="{escape(title)}">{cell}</td>'
        for number, (found, run) in enumerate(zip(scenario.runs, page.runs, strict=True))
        for kind, title, cell in zip(
            ("lead", "share"), _titles(page, run), (_lead(found), _share(_nearest(found))), strict=True
        )
        if title
    )
    answers = "".join(
        f'<p class="answer">{_of(run, page.runs)}{" ".join(map(as_html, found.answer))}</p>'
        for found, run in zip(scenario.runs, page.runs, strict=True)
        if found is not None
    )
    return (
        f'<tr data-scenario="{name}" id="{name}"><th scope="row"><a href="#{quote(scenario.name)}">'
        f'{escape(scenario.question or scenario.name)}</a> <span class="name">{name}</span>{answers}</th>{cells}</tr>'
    )


def _nearest(run: ScenarioRun | None) -> At | None:
    return run.places[0].at[0] if run is not None and run.places else None


def _lead(run: ScenarioRun | None) -> str:
    at = _nearest(run)
    if at is None:
        return "not in this result" if run is None else "not measured"
    if not at.leaders:
        return escape(marked(at.said, at.busy))
    shown = at.leaders if len(at.leaders) <= MOST_NAMES + 1 else at.leaders[:MOST_NAMES]
    names = ", ".join(f"<code>{escape(name)}</code>" for name in shown)
    more = f" and {len(at.leaders) - len(shown)} more" if len(shown) < len(at.leaders) else ""
    doubt = f" ({at.unsettled} more not ruled out)" if at.unsettled else ""
    return marked(f"{names}{more}{doubt}", at.busy)


def _share(at: At | None) -> str:
    if at is None or not at.share:
        return ""
    return escape(at.share) + (f"<span>{escape(at.bounds)}</span>" if at.bounds else "")


def _claims(scenario: ScenarioShown, runs: Sequence[Run]) -> Iterable[str]:
    """The claims of a scenario, those of the runs put together by their text and source."""
    found: dict[tuple[str, str], list[tuple[Run, ClaimShown]]] = {}
    for run, of_run in zip(runs, scenario.runs, strict=True):
        for claim in of_run.claims if of_run is not None else ():
            found.setdefault((claim.text, claim.source), []).append((run, claim))
    for (text, source), judged in found.items():
        verdicts = " ".join(dict.fromkeys(claim.verdict for _, claim in judged))
        said = "".join(
            f'<p class="found">{_of(run, runs)}'
            f'<span class="verdict-{escape(claim.verdict)}">{as_html(claim.sentence)}</span>'
            f"{f' ({BUSY_MACHINE})' if claim.busy else ''}</p>"
            for run, claim in judged
        )
        name = escape(scenario.name)
        yield (
            f'<li data-verdicts="{escape(verdicts)}"><blockquote>“{escape(text)}”</blockquote>'
            f'<p class="muted small">{escape(source)} · <a href="#{quote(scenario.name)}">{name}</a></p>{said}</li>'
        )
