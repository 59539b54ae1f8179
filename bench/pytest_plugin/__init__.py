"""The pytest plugin: counts the statements of a test, bounds them, finds N+1, and keeps counts in a snapshot; scenarios
are collected beside it.

It is loaded with every run of pytest where this package is installed, so nothing is imported here that pytest has not
imported itself: SQLAlchemy and the rest come with the first test that asks for something.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from bench.pytest_plugin.counter import QueryCounter

pytest_plugins = ("bench.pytest_plugin.collecting",)
"""Collects scenarios where their path is named; it imports as little as this."""

THRESHOLD = pytest.StashKey[int]()
"""How often something is repeated before it is N+1, on the config."""

RUNNING = pytest.StashKey[pytest.Item]()
"""The test whose call is under way, on the config."""

_OF_SUITE = pytest.StashKey[bool]()
"""Whether anything is asked of every test, on the config."""

_MARKERS = (
    "max_queries(most): fail the test if its call sends more statements than that, by all SQLAlchemy engines together",
    "allow_n_plus_one(*relationships, reason=None): allow N+1 in this test, of relationships by name or of all",
    "query_snapshot(kept=True): keep the number of statements of this test's call in the snapshot, or leave it out",
)
_NAMES = frozenset(marker.partition("(")[0] for marker in _MARKERS)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("queries", "SQLAlchemy statements (querybench)")
    group.addoption("--queries-n-plus-one", action="store_true", help="fail every test in which there is N+1")
    group.addoption("--queries-snapshot", action="store_true", help="keep every test's count in the snapshot")
    group.addoption("--queries-update", action="store_true", help="write the counts of this run into the snapshot")
    group.addoption(
        "--queries-report", action="store_true", help="show the endpoints and tests that send the most queries"
    )
    group.addoption(
        "--queries-report-most",
        type=int,
        default=10,
        metavar="N",
        help="how many of each --queries-report shows (default: 10)",
    )
    # pytest knows numbers from 8.4 on.
    number: Any = "int" if pytest.version_tuple >= (8, 4) else "string"
    parser.addini("queries_n_plus_one", "as --queries-n-plus-one", type="bool", default=False)
    parser.addini(
        "queries_n_plus_one_threshold",
        "how often a SELECT is repeated by the same lines, or a relationship loaded, before it is N+1 (default: 3)",
        type=number,
        default=3,
    )
    parser.addini("queries_snapshot", "as --queries-snapshot", type="bool", default=False)
    parser.addini("queries_file", "the snapshot's file, from pytest's rootdir", default="queries.json")


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and what updates the snapshot where that is asked for."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    config.stash[THRESHOLD] = _threshold(config)
    config.stash[_OF_SUITE] = of_suite(config, "queries_n_plus_one") or of_suite(config, "queries_snapshot")
    if config.getoption("queries_report"):
        from bench.pytest_plugin.worst import Worst

        config.pluginmanager.register(Worst(config, config.getoption("queries_report_most")), "bench-queries-report")
    if config.getoption("queries_update"):
        from bench.pytest_plugin.updating import updater

        config.pluginmanager.register(updater(config), "bench-queries-update")


def pytest_unconfigure() -> None:
    """Leave SQLAlchemy as it was found."""
    if sendings := sys.modules.get("bench.pytest_plugin.sendings"):
        sendings.stop_listening()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """End the run where a test needs the snapshot and that is damaged; in a worker of pytest-xdist the test fails."""
    if not hasattr(config, "workerinput") and (
        of_suite(config, "queries_snapshot") or any(item.get_closest_marker("query_snapshot") for item in items)
    ):
        from bench.pytest_plugin.snapshot import check

        check(config)


@pytest.fixture(scope="session")
def query_counter(pytestconfig: pytest.Config) -> QueryCounter:
    """Count the statements that SQLAlchemy sends: `with query_counter(engine) as queries: ...`, then `queries.count`.

    It takes engines, connections, sessions and sessionmakers, sync or async, or nothing for every engine. An
    executemany counts as one statement. BEGIN, COMMIT, SAVEPOINT and their kin do not count, nor does the pool's
    pre-ping. Where an assertion of `queries.count` fails, it shows the statements, with the lines that sent them.
    """
    from bench.pytest_plugin.counter import QueryCounter

    return QueryCounter(pytestconfig.rootpath)


@pytest.fixture
def no_n_plus_one(request: pytest.FixtureRequest) -> None:
    """Fail the test if its call asks for objects one by one, with a statement each (N+1).

    A relationship that was loaded for one object at a time is N+1, and so is a SELECT that was sent again and again by
    the same lines, in one session, three times or more (`queries_n_plus_one_threshold`).
    """
    if "no_n_plus_one" not in request.node.fixturenames:
        pytest.fail("no_n_plus_one looks at a whole call: name it as an argument or with usefixtures", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Hear what a test's call sends, where something is asked of it."""
    item.config.stash[RUNNING] = item
    try:
        if not _may_be_asked(item):
            return (yield)
        from bench.pytest_plugin.asked import asked_of
        from bench.pytest_plugin.checks import checked

        return (yield from checked(item, asked_of(item)))
    finally:
        del item.config.stash[RUNNING]


def pytest_assertrepr_compare(config: pytest.Config, op: str, left: object, right: object) -> list[str] | None:
    """Show the statements where an assertion about their number fails."""
    if "bench.pytest_plugin.counter" not in sys.modules:
        return None
    from bench.pytest_plugin.explaining import explained

    return explained(config, op, left, right)


def of_suite(config: pytest.Config, name: str) -> bool:
    """Whether something is asked of every test, by the command line or by configuration."""
    return bool(config.getoption(name) or config.getini(name))


def _may_be_asked(item: pytest.Item) -> bool:
    """Whether something may be asked of a test: told in a microsecond or two, for every test pays it."""
    return (
        item.config.stash[_OF_SUITE]
        or "no_n_plus_one" in getattr(item, "fixturenames", ())
        or any(mark.name in _NAMES for mark in item.iter_markers())
    )


def _threshold(config: pytest.Config) -> int:
    try:
        found = int(config.getini("queries_n_plus_one_threshold"))
    except (TypeError, ValueError, pytest.UsageError):
        found = 0
    if found < 2:
        raise pytest.UsageError("queries_n_plus_one_threshold is a whole number from 2 on")
    return found
