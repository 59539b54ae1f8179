"""Vega and its kin as one script, which draws the charts in the page."""

from __future__ import annotations

from functools import cache


@cache
def vega_script() -> str:
    """The script, which puts `vegaEmbed` on the window. That brings an interpreter of Vega's expressions, so that the
    page need not allow text to become code.

    Raises:
        ImportError: vl-convert, of the extra `charts`, is not installed.
    """
    import vl_convert

    script: str = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;")
    return script
