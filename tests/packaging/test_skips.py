"""What a test run says of tests that were skipped (tests/conftest.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

CONFTEST = Path(__file__).parents[1] / "conftest.py"

MODULE = """
import pytest

@pytest.mark.docker
def test_in_a_container():
    pytest.skip("no Docker engine answers")

@pytest.fixture
def engine():
    pytest.skip("no Docker engine answers")

@pytest.mark.docker
def test_with_an_engine(engine):
    pass

@pytest.mark.pgbouncer
def test_behind_it():
    pytest.skip("no PgBouncer is installed")

@pytest.mark.browser
def test_in_a_browser():
    pytest.skip("no Chromium is installed")

def test_on_another_system():
    pytest.skip("this is no Windows")

@pytest.mark.docker
@pytest.mark.xfail(reason="known")
def test_known_to_fail():
    assert False

def test_anywhere():
    pass
"""


@pytest.fixture
def session(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder with this project's conftest and tests that are skipped, are known to fail, and pass."""
    for variable in ("BENCH_REQUIRE_DOCKER", "BENCH_REQUIRE_PGBOUNCER", "BENCH_REQUIRE_CHROMIUM"):
        monkeypatch.delenv(variable, raising=False)
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyprojecttoml('[tool.pytest.ini_options]\nmarkers = ["docker", "pgbouncer", "browser"]\n')
    pytester.makepyfile(MODULE)
    return pytester


def test_skipped_tests_are_listed_by_reason(session: pytest.Pytester) -> None:
    """Where nothing is required, skips are listed by reason, each reason once, and the run succeeds."""
    result = session.runpytest()

    result.assert_outcomes(passed=1, skipped=5, xfailed=1)
    assert pytest.ExitCode.OK == result.ret
    result.stdout.fnmatch_lines(
        [
            "*= not run on this machine =*",
            "no Chromium is installed: *::test_in_a_browser",
            "no Docker engine answers: *::test_in_a_container and 1 more",
            "no PgBouncer is installed: *::test_behind_it",
            "this is no Windows: *::test_on_another_system",
            "",
        ],
        consecutive=True,
    )


def test_a_skipped_docker_test_fails_where_docker_is_required(
    session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With BENCH_REQUIRE_DOCKER=1 a Docker test that is skipped, by itself or by a fixture, fails the run."""
    monkeypatch.setenv("BENCH_REQUIRE_DOCKER", "1")

    result = session.runpytest()

    result.assert_outcomes(passed=1, skipped=3, xfailed=1, failed=1, errors=1)
    assert pytest.ExitCode.TESTS_FAILED == result.ret
    result.stdout.fnmatch_lines(["BENCH_REQUIRE_DOCKER=1, and this Docker test was skipped: no Docker engine answers"])


def test_a_skipped_pgbouncer_test_fails_where_pgbouncer_is_required(
    session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With BENCH_REQUIRE_PGBOUNCER=1 a test of PgBouncer that is skipped fails the run, and no other does."""
    monkeypatch.setenv("BENCH_REQUIRE_PGBOUNCER", "1")

    result = session.runpytest()

    result.assert_outcomes(passed=1, skipped=4, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["BENCH_REQUIRE_PGBOUNCER=1, and this PgBouncer test was skipped: no PgBouncer is installed"]
    )


def test_a_skipped_browser_test_fails_where_chromium_is_required(
    session: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With BENCH_REQUIRE_CHROMIUM=1 a test in a browser that is skipped fails the run, and no other does."""
    monkeypatch.setenv("BENCH_REQUIRE_CHROMIUM", "1")

    result = session.runpytest()

    result.assert_outcomes(passed=1, skipped=4, xfailed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["BENCH_REQUIRE_CHROMIUM=1, and this browser test was skipped: no Chromium is installed"]
    )


def test_nothing_is_listed_where_everything_ran(pytester: pytest.Pytester) -> None:
    """A run that skips nothing has no section about what was not run."""
    pytester.makeconftest(CONFTEST.read_text())
    pytester.makepyfile("def test_anywhere(): pass")

    result = pytester.runpytest()

    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*not run on this machine*")
