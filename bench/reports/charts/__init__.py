"""Charts of what was measured, as Vega-Lite and as SVG; both need the extra `charts`."""
