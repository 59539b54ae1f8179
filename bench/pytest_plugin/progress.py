"""Progress on long work, said on pytest's terminal between what pytest itself says."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import pytest

from bench.measuring.watching import Watcher
from bench.reports.formatting import plain


class Progress(Watcher):
    """A watcher that writes where pytest reports, and a plugin that begins pytest's line again afterwards. It keeps
    silent where pytest does, as with `-q`.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._under_way: tuple[str, tuple[str, int | None, str]] | None = None
        self._is_within_a_line = False

    def say(self, line: str) -> None:
        """A line on long work."""
        reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None or self._config.get_verbosity() < 0:
            return
        capture: Any = self._config.pluginmanager.get_plugin("capturemanager")
        with capture.global_and_fixture_disabled() if capture is not None else nullcontext():
            if not self._is_within_a_line:
                reporter.ensure_newline()
            # The end of the line is left to what follows: pytest begins a line of its own with one.
            reporter.write("\n" * self._is_within_a_line + f"bench: {plain(line)}", flush=True)
        self._is_within_a_line = True

    def pytest_runtest_logstart(self, nodeid: str, location: tuple[str, int | None, str]) -> None:
        """Keep what is under way."""
        self._under_way = nodeid, location

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self) -> None:
        """Begin the line of what is under way again."""
        if self._is_within_a_line and self._under_way is not None:
            self._is_within_a_line = False
            reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
            reporter.pytest_runtest_logstart(*self._under_way)

    def pytest_keyboard_interrupt(self) -> None:
        """End the line."""
        if self._is_within_a_line:
            self._is_within_a_line = False
            reporter: Any = self._config.pluginmanager.get_plugin("terminalreporter")
            reporter.write_line("")
