"""`--queries-report`: the endpoints and the tests that send the most queries, to know what to look at first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Engine, event

from bench.pytest_plugin.requests import Request, current_request, forget_applications, watch_applications
from bench.pytest_plugin.sendings import Sending, heard
from bench.pytest_plugin.showing import short
from bench.reports.formatting import plain

_CARRIED = "bench_worst"
_CONTROL = ("begin", "commit", "rollback", "savepoint", "release_savepoint", "rollback_savepoint")
"""What else the client waits for: a round trip each."""
_WIDTH = 60


@dataclass(frozen=True)
class Use:
    """What a test sends, or an endpoint at its worst: queries, about how many round trips, what it repeats most."""

    queries: int = 0
    control: int = 0
    repeated: int = 0
    what: str = ""
    times: int = 1
    test: str = ""

    @property
    def round_trips(self) -> int:
        """About how often it waits for the database: once a statement, and once for what begins and ends transactions.

        Connecting, and what a driver asks on its own, is not seen from here.
        """
        return self.queries + self.control


@dataclass
class _Heard:
    """What is heard of one test or of one request."""

    statements: Counter[str] = field(default_factory=Counter)
    control: int = 0

    def hear(self, sending: Sending) -> None:
        origin = sending.origin
        what = origin.relationship if origin is not None and origin.relationship is not None else sending.sql
        self.statements[what] += 1

    def use(self, test: str) -> Use:
        most = self.statements.most_common(1)
        what, repeated = most[0] if most else ("", 0)
        return Use(sum(self.statements.values()), self.control, repeated, short(what) if repeated > 1 else "", 1, test)


class Worst:
    """A plugin that hears what every test sends, and shows the worst at the end.

    Args:
        most: How many of each are shown.
    """

    def __init__(self, config: pytest.Config, most: int) -> None:
        self._config = config
        self._most = most
        self._tests: dict[str, Use] = {}
        self._endpoints: dict[str, Use] = {}
        self._heard: _Heard | None = None
        self._requests: dict[Request, _Heard] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Hear what a test's call sends."""
        watch_applications()
        self._heard, self._requests = _Heard(), {}
        for name in _CONTROL:
            event.listen(Engine, name, self._control)
        try:
            with heard(self._hear):
                return (yield)
        finally:
            for name in _CONTROL:
                event.remove(Engine, name, self._control)
            item.stash[_USES] = self._uses(item.nodeid)
            self._heard = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Send what a test used along with the report of its call, for the tests may run in workers of pytest-xdist."""
        report = yield
        if call.when == "call" and _USES in item.stash:
            setattr(report, _CARRIED, item.stash[_USES])
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test used from the report of its call."""
        for kind, name, told in getattr(report, _CARRIED, ()):
            use = Use(**told)
            if kind == "test":
                self._tests[name] = use
            else:
                before = self._endpoints.get(name)
                self._endpoints[name] = use if before is None else _worse(before, use)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Show the worst endpoints, and the worst tests."""
        terminalreporter.section("queries")
        for title, uses in (("endpoint", self._endpoints), ("test", self._tests)):
            if table := _table(title, uses, self._most):
                terminalreporter.write_line(table)
                terminalreporter.write_line("")
        if not any(use.queries for use in self._tests.values()):
            terminalreporter.write_line("no test sent a query by SQLAlchemy")

    def pytest_unconfigure(self) -> None:
        """Leave Starlette as it was found."""
        forget_applications()

    def _of_request(self) -> list[_Heard]:
        found = [self._heard] if self._heard is not None else []
        request = current_request()
        if request is not None:
            found.append(self._requests.setdefault(request, _Heard()))
        return found

    def _hear(self, sending: Sending) -> None:
        for one in self._of_request():
            one.hear(sending)

    def _control(self, *_: object) -> None:
        for one in self._of_request():
            one.control += 1

    def _uses(self, test: str) -> list[tuple[str, str, Mapping[str, Any]]]:
        """What the test used, and each endpoint that it asked at its worst; as a report can carry it."""
        found: dict[str, Use] = {}
        for request, one in self._requests.items():
            use = one.use(test)
            before = found.get(request.endpoint)
            found[request.endpoint] = use if before is None else _worse(before, use)
        own = [("test", test, asdict((self._heard or _Heard()).use(test)))]
        return own + [("endpoint", name, asdict(use)) for name, use in found.items()]


def _worse(one: Use, other: Use) -> Use:
    """The one of two uses of an endpoint that waits more often, with the requests of both."""
    worse = other if other.round_trips > one.round_trips else one
    return replace(worse, times=one.times + other.times)


_USES = pytest.StashKey[list[tuple[str, str, Mapping[str, Any]]]]()


def _table(title: str, uses: Mapping[str, Use], most: int) -> str:
    from tabulate import tabulate

    worst = sorted(uses.items(), key=lambda one: (-one[1].round_trips, -one[1].queries, one[0]))
    shown = [(name, use) for name, use in worst if use.queries][:most]
    if not shown:
        return ""
    endpoints = title == "endpoint"
    rows = [
        [
            plain(name),
            use.queries,
            f"≈{use.round_trips}",
            *([use.times] if endpoints else []),
            f"{use.repeated}× {_shortened(use.what)}" if use.what else "",
            *([plain(use.test)] if endpoints else []),
        ]
        for name, use in shown
    ]
    headers = [title, "queries", "round trips", *(["requests"] if endpoints else []), "most repeated"]
    return tabulate(
        rows, headers=[*headers, *(["worst in"] if endpoints else [])], tablefmt="simple", disable_numparse=True
    )


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
