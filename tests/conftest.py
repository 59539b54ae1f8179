"""A cache directory of the session's own; and what is said of tests that did not run."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes hangs on what else the machine does; where CI=true, Hypothesis sees to that by itself.
settings.register_profile("patient", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

REQUIRED = {
    "docker": ("BENCH_REQUIRE_DOCKER", "Docker"),
    "pgbouncer": ("BENCH_REQUIRE_PGBOUNCER", "PgBouncer"),
    "browser": ("BENCH_REQUIRE_CHROMIUM", "browser"),
}
"""By marker: the variable that says that what its tests need is there, and its name."""


@pytest.fixture(scope="session", autouse=True)
def cache() -> Iterator[Path]:
    """BENCH_CACHE for the session, where an unprivileged server can reach it; its clusters are made once."""
    directory = Path(tempfile.mkdtemp(prefix="bench-tests-"))
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        directory.chmod(0o711)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BENCH_CACHE", str(directory))
        yield directory
        _remove_volumes(directory)
    shutil.rmtree(directory)


def _remove_volumes(directory: Path) -> None:
    """Remove the Docker volumes that the session's cache directory has, where it has any."""
    if not any((directory / "volumes").glob("*.password")):
        return
    from bench.databases import containers

    client = containers.connect_engine(timeout=30)
    label = f"{containers.HOME_LABEL}={containers.home_digest()}"
    for volume in client.api.volumes(filters={"label": label})["Volumes"] or ():
        client.api.remove_volume(volume["Name"])
    client.close()


@pytest.fixture(scope="session", autouse=True)
def _interrupts_are_heard() -> None:
    """A shell that starts a job in the background has it ignore SIGINT, and what it starts would too."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that was skipped where what it is marked to need is required, as by BENCH_REQUIRE_DOCKER=1."""
    report = yield
    if report.skipped and not hasattr(report, "wasxfail"):
        for marker, (variable, name) in REQUIRED.items():
            if os.environ.get(variable) == "1" and item.get_closest_marker(marker):
                report.outcome = "failed"
                report.longrepr = f"{variable}=1, and this {name} test was skipped: {_reason(report)}"
                break
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was not run on this machine, by reason."""
    names = defaultdict(list)
    for report in terminalreporter.getreports("skipped"):
        names[_reason(report)].append(report.nodeid)
    if names:
        terminalreporter.section("not run on this machine")
        for reason, skipped in sorted(names.items()):
            more = f" and {len(skipped) - 1} more" if len(skipped) > 1 else ""
            terminalreporter.line(f"{reason}: {skipped[0]}{more}")


def _reason(report: Any) -> str:
    """Why a test was skipped; pytest keeps it as the last of (file, line, reason), or as text."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return reason.removeprefix("Skipped: ")
