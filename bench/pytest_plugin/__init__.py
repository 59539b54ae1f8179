"""The plugin for pytest. It is loaded with every run of pytest where this package is installed, so nothing is imported
here that pytest has not imported itself.
"""

from __future__ import annotations

pytest_plugins = ("bench.pytest_plugin.collecting",)
