"""Updates the snapshot at the end of a run (`--queries-update`), from the reports of its tests.

The counts travel on the reports, so that the tests may run in the workers of pytest-xdist: only the process that hears
the reports of all writes.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from bench.errors import UsageError
from bench.pytest_plugin import snapshot

_CARRIED = "bench_queries"
"""The attribute of a report that has the name of a test and its count."""


def updater(config: pytest.Config) -> Update:
    """The plugin for a run that updates.

    Raises:
        pytest.UsageError: The snapshot's file is damaged.
    """
    if hasattr(config, "workerinput"):
        return Update(config, {})
    try:
        return Update(config, snapshot.read_counts(config))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


# pytest before 9 keeps plugins in a set.
@dataclass(eq=False)
class Update:
    """A plugin for the runs that update, which takes note of what was collected and counted."""

    config: pytest.Config
    before: Mapping[str, int]
    counted: dict[str, int] = field(default_factory=dict)
    collected: set[str] = field(default_factory=set)
    whole_files: set[str] = field(default_factory=set)
    broken: bool = False
    said: str = ""

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Take note of a file whose tests were all collected."""
        self.broken |= report.failed
        if report.passed:
            self.whole_files.add(report.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Take note of the tests that there are, before any is deselected."""
        self.collected |= {snapshot.name_of_test(item) for item in items}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send the count of a test along with the report of its call."""
        report = yield
        if call.when == "call" and report.passed and snapshot.COUNT in item.stash:
            setattr(report, _CARRIED, [snapshot.name_of_test(item), item.stash[snapshot.COUNT]])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the count of a test from the report of its call."""
        if name_and_count := getattr(report, _CARRIED, None):
            name, count = name_and_count
            self.counted[name] = count

    def pytest_sessionfinish(self) -> None:
        """Write the counts, where there are other ones than before."""
        if hasattr(self.config, "workerinput") or self.config.option.collectonly:
            return
        kept = {name: count for name, count in self.before.items() if self._is_there(name)}
        after = {name: count for name, count in (kept | self.counted).items() if count}
        if after != self.before:
            try:
                snapshot.write_counts(self.config, after)
            except UsageError as error:
                pytest.exit(str(error), returncode=pytest.ExitCode.USAGE_ERROR)
        self.said = self._what_was_done(after)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what became of the snapshot."""
        if self.said:
            terminalreporter.write_line(self.said)

    def _is_there(self, name: str) -> bool:
        """Whether a test may still be there: not if its file is gone, or was looked through without finding it."""
        file = name.partition("::")[0]
        if not (self.config.rootpath / file).exists():
            return False
        return name in self.collected or file not in self.whole_files or not self._looked_through

    @property
    def _looked_through(self) -> bool:
        """Whether the files that were collected have no other tests: not where a class in one could not be, nor under
        `--last-failed`, which takes a file's tests out before anybody sees them.
        """
        return bool(self.collected) and not (self.broken or self.config.getoption("lf", False))

    def _what_was_done(self, after: Mapping[str, int]) -> str:
        name = snapshot.name_of_file(self.config)
        if not self.counted and after == self.before:
            return f"{name} is as it was: no test that passed is in the snapshot (query_snapshot, --queries-snapshot)"
        if after == self.before:
            return f"{name} is as it was"
        new = len(after.keys() - self.before.keys())
        removed = len(self.before.keys() - after.keys())
        changed = sum(after[test] != self.before[test] for test in after.keys() & self.before.keys())
        return f"{name} is updated: {new} new, {changed} changed, {removed} removed"
