"""Results as one HTML file that opens from a disk and asks no network for anything."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from html import escape
from importlib.resources import files
from string import Template

from bench.reports.formatting import plain
from bench.reports.html.details import details
from bench.reports.html.drawings import Charts, dark_style, drawings
from bench.reports.html.first_view import claims, findings, methods, runs_in_short
from bench.reports.html.gathering import page_data
from bench.reports.html.packing import compressed_block, data_block
from bench.reports.html.vega import vega_script
from bench.reports.sides import Sides

SCRIPTS = ("estimates", "parts", "findings", "claims", "strategy", "charts", "table", "situation", "scenario", "start")
"""The files of the page's script, in the order that they are put together."""


def html_report(
    shown: Sides,
    charts: Charts = (),
    dark_colours: Mapping[str, str] | None = None,
    how_to_get_charts: str = "",
) -> str:
    """A page of results, side by side where there are several.

    Args:
        shown: One side at least; of an interrupted run, what there is.
        charts: For each side, the charts of its scenarios by name; none, if left out.
        dark_colours: For a colour of the charts, as they write it, the one that it has on dark ground.
        how_to_get_charts: What is said where there are no charts, in a sentence.

    Raises:
        ImportError: There are charts, and vl-convert, of the extra `charts`, is not installed.
    """
    drawn = drawings(charts)
    vega = vega_script() if drawn else ""
    page = replace(
        page_data(shown.sides),
        how_to_get_charts="" if drawn else how_to_get_charts,
    )
    style = _packaged("page.css") + dark_style(dark_colours or {})
    script = "\n".join(['(() => {\n"use strict";', *(_packaged(f"{name}.js") for name in SCRIPTS), "})();"])
    blocks = [data_block("figures", page), data_block("details", details([side.result for side in shown.sides]))]
    if vega:
        blocks += [data_block("charts", drawn), compressed_block("vega", vega)]
    return Template(_packaged("page.html")).substitute(
        policy=_policy(style, script, vega),
        title=escape(page.title),
        style=style,
        runs=runs_in_short(page.runs, [plain(remark) for remark in shown.remarks]),
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
