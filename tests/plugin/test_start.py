"""What the plugin costs a suite that does not use it, and what it adds to pytest's own help."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.plugin.conftest import Run

if TYPE_CHECKING:
    import pytest

IMPORTED = """
import sys

def pytest_unconfigure():
    ours = {"bench", "click", "sqlalchemy"}
    print("imported", *sorted(name for name in sys.modules if name.partition(".")[0] in ours))
"""


def imported(result: pytest.RunResult) -> list[str]:
    """What of SQLAlchemy, click and this package a run had imported at its end."""
    (line,) = (line for line in result.outlines if line.startswith("imported"))
    return line.split()[1:]


def test_suite_that_does_not_use_it_does_not_import_sqlalchemy(pytester: pytest.Pytester) -> None:
    """All that is imported are two files of the plugin's, which import nothing that pytest has not."""
    pytester.makeconftest(IMPORTED)
    pytester.makepyfile("def test_other():\n    assert 1 + 1 == 2\n\ndef test_fails():\n    assert 1 == 2\n")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-s")

    result.assert_outcomes(passed=1, failed=1)

    assert ["bench", "bench.pytest_plugin", "bench.pytest_plugin.collecting"] == imported(result)


def test_plugin_can_be_turned_off(pytester: pytest.Pytester) -> None:
    """`-p no:bench` leaves it out."""
    pytester.makeconftest(IMPORTED)
    pytester.makepyfile("def test_other(query_counter): pass")

    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-p", "no:bench", "-s")

    result.assert_outcomes(errors=1)
    assert "bench.pytest_plugin" not in imported(result)


def test_markers_options_and_fixtures_are_told(run: Run) -> None:
    """pytest's own help has what there is."""
    run("", "--markers").stdout.fnmatch_lines(
        [
            "@pytest.mark.max_queries(most): *",
            "@pytest.mark.allow_n_plus_one(*relationships, reason=None): *",
            "@pytest.mark.query_snapshot(kept=True): *",
        ]
    )
    run("", "--fixtures").stdout.fnmatch_lines_random(
        ["query_counter [[]session scope[]] *", "*with query_counter(engine)*", "no_n_plus_one *"]
    )
    run("", "--help").stdout.fnmatch_lines(
        [
            "SQLAlchemy statements (querybench):",
            "  --queries-n-plus-one *",
            "  --queries-snapshot *",
            "  --queries-update *",
            "  queries_n_plus_one (bool):*",
            "  queries_n_plus_one_threshold (int):*",
            "  queries_snapshot (bool):*",
            "  queries_file (string):*",
        ]
    )
