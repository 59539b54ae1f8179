"""Results as one HTML file that opens from a disk and asks no network for anything."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from bench.measurement import Result
from bench.reports.html.details import details
from bench.reports.html.drawings import Charts, dark_style, drawings
from bench.reports.html.first_view import claims, findings, methods, runs_in_short
from bench.reports.html.gathering import page_data
from bench.reports.html.packing import compressed_block, data_block
from bench.reports.html.vega import vega_script

SCRIPTS = ("estimates", "parts", "findings", "claims", "strategy", "charts", "table", "situation", "scenario", "start")
"""The files of the page's script, in the order that they are put together."""


def html_report(
    results: Sequence[Result],
    labels: Sequence[str] = (),
    charts: Charts = (),
    dark_colours: Mapping[str, str] | None = None,
    how_to_get_charts: str = "",
    remarks: Sequence[str] = (),
) -> str:
    """A page of results, side by side where there are several.

    Args:
        results: One at least; of an interrupted run, what there is.
        labels: What each result is called beside the others, in a few words of plain text.
        charts: For each result, the charts of its scenarios by name; none, if left out.
        dark_colours: For a colour of the charts, as they write it, the one that it has on dark ground.
        how_to_get_charts: What is said where there are no charts, in a sentence.
        remarks: What must be said of how the results came about, in sentences of plain text.

    Raises:
        ImportError: There are charts, and vl-convert, of the extra `charts`, is not installed.
    """
    drawn = drawings(charts)
    vega = vega_script() if drawn else ""
    page = replace(
        page_data(results, labels),
        how_to_get_charts="" if drawn else how_to_get_charts,
    )
    style = _packaged("page.css") + dark_style(dark_colours or {})
    script = "\n".join(['(() => {\n"use strict";', *(_packaged(f"{name}.js") for name in SCRIPTS), "})();"])
    blocks = [data_block("figures", page), data_block("details", details(results))]
    if vega:
        blocks += [data_block("charts", drawn), compressed_block("vega", vega)]
    return Template(_packaged("page.html")).substitute(
        policy=_policy(style, script, vega),
        title=escape(page.title),
        style=style,
        runs=runs_in_short(page.runs, remarks),
        findings=findings(page),
        claims=claims(page),
        method=methods(page.runs),
        data="\n".join(blocks),
        script=script,
    )


def _policy(style: str, *scripts: str) -> str:
    """What the page may do: run these scripts and use this style. It may load nothing, and nothing may be sent."""
    allowed = " ".join(_hash(script) for script in scripts if script)
    return f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _packaged(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
