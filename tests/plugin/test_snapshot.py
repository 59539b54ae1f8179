"""The snapshot: counts that are kept in a file, and a failure where one changes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.plugin.conftest import Run

TWO = """
    @pytest.mark.query_snapshot
    def test_posts(session):
        shop.eagerly(session)
    @pytest.mark.query_snapshot
    def test_author(session):
        shop.by_id(session, [1])
    def test_other(session):
        shop.by_id(session, [1])
"""
THREE = TWO.replace("shop.eagerly(session)", 'shop.eagerly(session), session.execute(text("SELECT 1"))')


@pytest.fixture
def file(pytester: pytest.Pytester) -> Path:
    """The snapshot's file."""
    return pytester.path / "queries.json"


def counts(file: Path) -> dict[str, int]:
    """What the file holds."""
    found: dict[str, int] = json.loads(file.read_text())
    return found


def test_counts_are_written_sorted_and_hold(run: Run, file: Path) -> None:
    """An update writes a line for each test of the snapshot, and the next run passes."""
    run(TWO, "--queries-update").assert_outcomes(passed=3)

    assert '{\n  "test_shop.py::test_author": 1,\n  "test_shop.py::test_posts": 2\n}\n' == file.read_text()
    run(TWO).assert_outcomes(passed=3)


def test_change_fails_with_both_counts_and_the_statements(run: Run, file: Path) -> None:
    """A test that sends another number fails: the number now and before, the statements, and what to do."""
    run(TWO, "--queries-update")

    result = run(THREE)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "3 statements now, 2 in queries.json:",
            "  1× SELECT authors.id* FROM authors",
            "     shop.py:*",
            "  1× SELECT posts.author_id* FROM posts*",
            "     shop.py:*",
            "  1× SELECT 1",
            "     test_shop.py:13",
            "  If that is as it should be, run pytest --queries-update",
        ],
        consecutive=True,
    )
    assert 2 == counts(file)["test_shop.py::test_posts"]


def test_fewer_statements_are_a_change_too(run: Run) -> None:
    """What got better has to be taken over, so that it cannot get worse again unseen."""
    run(THREE, "--queries-update")

    result = run(TWO)

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["2 statements now, 3 in queries.json:"])


def test_test_without_a_count_fails_with_what_to_do(run: Run, file: Path) -> None:
    """A test that was never counted is no success; nothing is written unasked."""
    result = run(TWO)

    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(
        [
            "2 statements now, and no count of this test in queries.json:",
            "  If that is as it should be, run pytest --queries-update",
        ]
    )
    assert not file.exists()


def test_update_says_what_it_did_and_leaves_the_rest(run: Run, file: Path) -> None:
    """Only what was run is written: the others stay as they were, and so does a file in which nothing changes."""
    run(TWO, "--queries-update").stdout.fnmatch_lines(["queries.json is updated: 2 new, 0 changed, 0 removed"])
    before = counts(file)

    run(THREE, "--queries-update", "-k", "author").stdout.fnmatch_lines(["queries.json is as it was"])
    assert before == counts(file)
    run(THREE, "--queries-update", "-k", "posts").stdout.fnmatch_lines(
        ["queries.json is updated: 0 new, 1 changed, 0 removed"]
    )
    assert {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 3} == counts(file)


def test_failed_test_keeps_its_count(run: Run, file: Path) -> None:
    """What a test sent before it failed is no count of it; others of the same run are written."""
    run(TWO, "--queries-update")

    result = run(
        THREE.replace("def test_author(session):", "def test_author(session):\n        assert shop is None"),
        "--queries-update",
    )

    result.assert_outcomes(passed=2, failed=1)
    assert {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 3} == counts(file)


def test_count_that_another_check_refuses_is_not_kept(run: Run, file: Path) -> None:
    """What is beyond the test's own bound does not become its count."""
    run(TWO, "--queries-update")

    bounded = THREE.replace("def test_posts", "@pytest.mark.max_queries(2)\n    def test_posts")
    run(bounded, "--queries-update").assert_outcomes(passed=2, failed=1)

    assert {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 2} == counts(file)


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ([], []),
        (["-k", "author"], []),
        (["--deselect", "test_shop.py::test_author"], []),
        (["test_shop.py"], []),
        (["test_shop.py::test_author"], ["test_shop.py::test_gone"]),
        (["--collect-only"], ["gone/test_shop.py::test_gone", "test_shop.py::test_gone"]),
    ],
)
def test_vanished_tests_are_removed_where_that_is_known(
    run: Run, file: Path, arguments: list[str], kept: list[str]
) -> None:
    """A test has vanished when its file is gone, or when the whole file was looked through and it was not in it; one
    that was only left out of this run stays.
    """
    mine = {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 2, "test_else.py::test_else": 5}
    gone = {"gone/test_shop.py::test_gone": 3, "test_shop.py::test_gone": 4}
    file.write_text(json.dumps(mine | gone))
    file.with_name("test_else.py").write_text("def test_else(): pass\n")

    run(TWO, "--queries-update", "--ignore=test_else.py", *arguments)

    assert sorted([*mine, *kept]) == sorted(counts(file))


def test_nothing_is_removed_where_tests_cannot_be_collected(run: Run, file: Path) -> None:
    """An error in a file, or in a class of it, says nothing of the tests that are there."""
    before = {"test_else.py::test_else": 5, "test_shop.py::TestClass::test_in": 2, "test_shop.py::test_posts": 2}
    file.write_text(json.dumps(before))
    file.with_name("test_else.py").write_text("import nothing_of_that_name\n")
    broken = """
    class TestClass:
        @pytest.mark.parametrize("nothing", [1])
        def test_in(self):
            pass
    """

    result = run(TWO + broken, "--queries-update", "--continue-on-collection-errors")

    result.assert_outcomes(passed=3, errors=2)
    assert before | {"test_shop.py::test_author": 1} == counts(file)


def test_nothing_is_removed_where_only_failed_tests_run_again(run: Run, file: Path) -> None:
    """`--last-failed` leaves tests out before anybody sees them: they are not gone."""
    run(TWO, "--queries-update")
    run(THREE, "-p", "cacheprovider").assert_outcomes(passed=2, failed=1)

    run(THREE, "-p", "cacheprovider", "--last-failed", "--queries-update").assert_outcomes(passed=1)

    assert {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 3} == counts(file)


@pytest.mark.parametrize(
    ("arguments", "configuration"), [(["--queries-snapshot"], ""), ([], "[pytest]\nqueries_snapshot = true\n")]
)
def test_whole_suite_can_be_in_the_snapshot(
    run: Run, pytester: pytest.Pytester, file: Path, arguments: list[str], configuration: str
) -> None:
    """An option keeps every test that sends anything; a marker leaves one out, and whom it leaves in is said by the
    closest.
    """
    pytester.makefile(".ini", pytest=configuration)
    tests = """
        def test_sends(session):
            shop.eagerly(session)
        def test_sends_nothing():
            pass
        @pytest.mark.query_snapshot(False)
        class TestClass:
            def test_out(self, session):
                shop.eagerly(session)
            @pytest.mark.query_snapshot
            def test_in(self, session):
                shop.eagerly(session)
        """

    run(tests, *arguments).assert_outcomes(passed=2, failed=2)
    run(tests, *arguments, "--queries-update").assert_outcomes(passed=4)

    assert {"test_shop.py::test_sends": 2, "test_shop.py::TestClass::test_in": 2} == counts(file)
    run(tests, *arguments).assert_outcomes(passed=4)
    run(tests.replace("shop.eagerly(session)", "pass"), *arguments).assert_outcomes(passed=2, failed=2)


def test_file_is_configured(run: Run, pytester: pytest.Pytester) -> None:
    """The file may have another name, from the root of the suite, wherever pytest is run."""
    pytester.makefile(".toml", pyproject='[tool.pytest.ini_options]\nqueries_file = "kept/counts.json"\n')

    run(TWO, "--queries-update").stdout.fnmatch_lines(["kept/counts.json is updated: 2 new, 0 changed, 0 removed"])

    assert ["test_shop.py::test_author", "test_shop.py::test_posts"] == list(
        counts(pytester.path / "kept" / "counts.json")
    )


DAMAGED = {
    '{\n  "test_shop.py::test_author": 1,\n<<<<<<< HEAD\n': "is no JSON from line 3 on",
    "": "is no JSON from line 1 on",
    "\udcff": "is no JSON",
    "[" * 100_000: "is no JSON",
    '["SELECT 1"]': "does not hold a number for each test",
    '{"test_shop.py::test_author": "1"}': "does not hold a number for each test",
    '{"test_shop.py::test_author": -1}': "does not hold a number for each test",
}


@pytest.mark.parametrize("content", DAMAGED, ids=range(len(DAMAGED)))
@pytest.mark.parametrize("arguments", [[], ["--queries-update"]])
def test_damaged_file_is_a_usage_error(run: Run, file: Path, content: str, arguments: list[str]) -> None:
    """A file that is something else ends the run with one line, before any test, and is left as it is."""
    file.write_bytes(os.fsencode(content))

    result = run(TWO, *arguments)

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stdout.no_fnmatch_line("*test_shop.py*")
    assert [
        (
            f"ERROR: queries.json, the snapshot of queries, {DAMAGED[content]}: mend it, or remove it and run "
            "pytest --queries-update, or name another file with queries_file"
        )
    ] == [line for line in result.errlines if line]
    assert os.fsencode(content) == file.read_bytes()


def test_file_of_that_name_is_left_alone_where_no_test_needs_it(run: Run, file: Path) -> None:
    """A suite that has no snapshot may have a file of its name for something else."""
    file.write_text("SELECT 1")

    run("def test_other(): pass").assert_outcomes(passed=1)


def test_file_that_cannot_be_written_is_a_usage_error(run: Run) -> None:
    """Where there is no place for the file at the end, the run says so in one line."""
    blocked = TWO.replace("shop.eagerly(session)", "shop.eagerly(session), open('kept', 'x').close()")

    result = run(blocked, "--queries-update", "-o", "queries_file=kept/counts.json")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(
        ["Exit: kept/counts.json, the snapshot of queries, cannot be written: *"],
    )


@pytest.mark.parametrize("arguments", ["1", "'queries.json'", "True, False", "kept=True"])
def test_wrong_argument_names_the_test(run: Run, arguments: str) -> None:
    """A marker that makes no sense fails its test, which is named."""
    result = run(f"@pytest.mark.query_snapshot({arguments})\ndef test_wrong(): pass\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["test_shop.py::test_wrong: query_snapshot takes nothing, or False to leave the test out"]
    )


def test_update_without_a_test_in_the_snapshot_says_how_there_is_one(run: Run, file: Path) -> None:
    """Where nothing is kept, the run says what would keep something."""
    run("def test_other(): pass", "--queries-update").stdout.fnmatch_lines(
        ["queries.json is as it was: no test that passed is in the snapshot (query_snapshot, --queries-snapshot)"]
    )

    assert not file.exists()


def test_workers_of_xdist_update_one_file(run: Run, file: Path) -> None:
    """Where tests run in several processes, one of them writes what all have counted, under the tests' own names."""
    pytest.importorskip("xdist")
    grouped = TWO.replace("    @pytest.mark", '    @pytest.mark.xdist_group("one@two")\n    @pytest.mark')

    run(grouped, "--queries-update", "-n", "2", "--dist", "loadgroup", inside=False).assert_outcomes(passed=3)

    assert {"test_shop.py::test_author": 1, "test_shop.py::test_posts": 2} == counts(file)
    run(grouped, "-n", "2", "--dist", "loadgroup", inside=False).assert_outcomes(passed=3)
    run(THREE, "-n", "2", inside=False).assert_outcomes(passed=2, failed=1)
