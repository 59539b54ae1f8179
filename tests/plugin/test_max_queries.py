"""The marker `max_queries`: how many statements a test's call may send."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin.conftest import Run


def test_test_within_its_bound_passes(run: Run) -> None:
    """As many statements as allowed, or fewer, are no failure; zero may be the bound."""
    result = run(
        """
        @pytest.mark.max_queries(2)
        def test_two(session):
            shop.eagerly(session)
        @pytest.mark.max_queries(0)
        def test_none():
            pass
        """
    )

    result.assert_outcomes(passed=2)


def test_test_beyond_its_bound_fails_with_its_statements(run: Run, at: Callable[[str], str]) -> None:
    """One statement too many fails the test: how many there were, how many may be, and which they are."""
    result = run(
        """
        @pytest.mark.max_queries(3)
        def test_titles(session):
            shop.lazily(session)
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_titles _*",
            "max_queries(3): 11 statements were sent:",
            "  10× SELECT posts.id* FROM posts WHERE ? = posts.author_id",
            f"      {at('titles')}, lazy load of Author.posts",
            "   1× SELECT authors.id, authors.name FROM authors",
            f"      {at('lazily')}",
            "*= short test summary info =*",
        ],
        consecutive=True,
    )


def test_all_engines_count_together_and_fixtures_do_not(run: Run) -> None:
    """Every engine's statements in the call count, of threads and asyncio too; those of fixtures do not."""
    result = run(
        """
        from concurrent.futures import ThreadPoolExecutor
        def one(engine):
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        @pytest.fixture
        def busy(engine):
            one(engine)
            yield
            one(engine)
        @pytest.mark.max_queries(2)
        def test_all(busy, engine, async_engine):
            async def main():
                async with async_engine.connect() as connection:
                    await connection.execute(text("SELECT 1"))
            other = create_engine("sqlite://")
            one(other)
            with ThreadPoolExecutor() as pool:
                pool.submit(one, engine).result()
            asyncio.run(main())
            other.dispose()
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["max_queries(2): 3 statements were sent:", "  3× SELECT 1"])


def test_closest_marker_holds(run: Run) -> None:
    """A module and a class may have a bound for all of their tests; a test's own goes before it."""
    result = run(
        """
        pytestmark = pytest.mark.max_queries(0)
        def test_of_module(session):
            session.execute(text("SELECT 1"))
        @pytest.mark.max_queries(1)
        class TestClass:
            def test_of_class(self, session):
                session.execute(text("SELECT 1"))
            @pytest.mark.max_queries(2)
            def test_own(self, session):
                shop.eagerly(session)
        """,
        "-rA",
    )

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_shop.py::test_of_module - Failed: max_queries(0): 1 statement*"])


@pytest.mark.parametrize("arguments", ["", "'3'", "-1", "True", "1.5", "1, 2", "most=3"])
def test_wrong_argument_names_the_test(run: Run, arguments: str) -> None:
    """A marker that makes no sense fails its test, which is named, with what to write; the test is not run."""
    result = run(
        f"""
        @pytest.mark.max_queries({arguments})
        def test_wrong():
            print("was run")
        def test_other():
            pass
        """
    )

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        ["test_shop.py::test_wrong: max_queries takes one whole number of statements, as in *max_queries(3)"]
    )
    result.stdout.no_fnmatch_line("*was run*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_failure_and_skip_of_the_test_itself_come_first(run: Run) -> None:
    """A test that fails or skips by itself says so, whatever it sent; one that should fail may send too many."""
    result = run(
        """
        pytestmark = pytest.mark.max_queries(0)
        def test_fails(session):
            session.execute(text("SELECT 1"))
            assert "its own" == "failure"
        def test_skips(session):
            session.execute(text("SELECT 1"))
            pytest.skip("not here")
        @pytest.mark.xfail(strict=True, reason="known")
        def test_known(session):
            session.execute(text("SELECT 1"))
        """
    )

    result.assert_outcomes(failed=1, skipped=1, xfailed=1)
    result.stdout.fnmatch_lines(["E *AssertionError: assert 'its own' == 'failure'"])
    result.stdout.no_fnmatch_line("*max_queries(0):*")


def test_methods_of_unittest_are_bounded(run: Run) -> None:
    """A TestCase's tests are judged as others are; their setUp is part of their call."""
    result = run(
        """
        import unittest
        class TestCase(unittest.TestCase):
            def setUp(self):
                self.engine = create_engine("sqlite://")
                self.addCleanup(self.engine.dispose)
                with self.engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
            @pytest.mark.max_queries(1)
            def test_within(self):
                pass
            @pytest.mark.max_queries(0)
            def test_beyond(self):
                pass
        """
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["max_queries(0): 1 statement was sent:"])
