"""N+1: what is found, by the fixture and by the suite's option, what is not, and what may be allowed."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import dedent

import pytest

from tests.plugin.conftest import Run

At = Callable[[str], str]


def test_lazy_loads_are_named_by_relationship_number_and_lines(run: Run, at: At) -> None:
    """A relationship that was loaded for one object at a time fails the test that asks: which, how often, and where."""
    result = run(
        """
        def test_titles(no_n_plus_one, session):
            shop.lazily(session)  # test
        def test_unasked(session):
            shop.lazily(session)
        """
    )

    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_titles _*",
            "N+1: Author.posts was loaded 10 times, for one object each (lazy load):",
            f"  {at('titles')}",
            f"    called by {at('lazily')}",
            f"    called by {at('test')}",
            "  SELECT posts.id* FROM posts WHERE ? = posts.author_id",
            '  Load it with its objects, as by selectinload(Author.posts), or allow it: *one("Author.posts")',
            "*= short test summary info =*",
        ],
        consecutive=True,
    )


def test_select_in_a_loop_is_shown_with_its_lines(run: Run, at: At) -> None:
    """The same SELECT from the same lines again and again is N+1 that somebody wrote by hand."""
    result = run(
        """
        def test_names(no_n_plus_one, session):
            shop.by_id(session, [1, 2, 3, 4])  # test
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "N+1: the same SELECT was sent 4 times:",
            f"  {at('by_id')}",
            f"    called by {at('test')}",
            "  SELECT authors.id* FROM authors WHERE authors.id = ?",
            "  Ask for all of them at once, as by WHERE … IN, or allow it: @pytest.mark.allow_n_plus_one",
        ],
        consecutive=True,
    )


FOUND = {
    "immediate loads": ("shop.immediately(session)", "N+1: Author.posts was loaded 10 times, * (immediate load):"),
    "statements of Core": (
        """
        for number in range(3):
            session.connection().execute(select(Author.__table__).where(Author.id == number))
        """,
        "N+1: the same SELECT was sent 3 times:",
    ),
    "text": (
        """
        for number in range(3):
            session.execute(text("/* one */ SELECT :number").bindparams(number=number))
        """,
        "N+1: the same SELECT was sent 3 times:",
    ),
    "a comprehension": (
        "[session.scalar(select(Author.name).where(Author.id == number)) for number in range(3)]",
        "N+1: the same SELECT was sent 3 times:",
    ),
    "objects that a commit expired": (
        """
        authors = session.scalars(shop.everybody()).all()
        session.commit()
        assert all(author.name for author in authors)
        """,
        "N+1: the same SELECT was sent 10 times:",
    ),
    "many to one": (
        """
        assert all(post.author for post in session.scalars(select(Post)))
        """,
        "N+1: Post.author was loaded 10 times, for one object each (lazy load):",
    ),
    "a recursion": (
        """
        def walk(number):
            session.execute(select(Author.name).where(Author.id == number)).all()
            if number:
                walk(number - 1)
        walk(3)
        """,
        "N+1: the same SELECT was sent 3 times:",
    ),
    "reads between writes": (
        """
        for number in range(1, 4):
            session.add(Post(title="new", author=session.get(Author, number)))
        """,
        "N+1: the same SELECT was sent 3 times:",
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_n_plus_one_is_found(run: Run, case: str) -> None:
    """Each way of asking for objects one by one is found."""
    body, message = FOUND[case]
    lines = "".join(f"\n    {line}" for line in dedent(body).splitlines())

    result = run(f"def test_it(no_n_plus_one, session):{lines}\n")

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([message])


def test_asyncio_is_looked_through(run: Run, at: At) -> None:
    """Lazy loads that are awaited are found as others are."""
    result = run(
        """
        def test_titles(no_n_plus_one, async_engine):
            async def main():
                async with AsyncSession(async_engine) as session:
                    await shop.lazily_async(session)  # main
            asyncio.run(main())  # test
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "N+1: Author.posts was loaded 10 times, for one object each (lazy load):",
            f"  {at('lazily_async')}",
            f"    called by {at('main')}",
            f"    called by {at('test')}",
        ],
        consecutive=True,
    )


NOT_FOUND = {
    "eager loading": "shop.eagerly(session)",
    "two of anything": """
        shop.by_id(session, [1, 2])
        """,
    "eager loading in several statements": """
        session.execute(insert(Author), [{"name": "one"}] * 1600)
        shop.eagerly(session)
        """,
    "different lines": """
        session.execute(select(Author.name).where(Author.id == 1))
        session.execute(select(Author.name).where(Author.id == 2))
        session.execute(select(Author.name).where(Author.id == 3))
        """,
    "a helper called from different lines": """
        shop.by_id(session, [1])
        shop.by_id(session, [2])
        shop.by_id(session, [3])
        """,
    "inserts in a loop": """
        for number in range(5):
            session.add(Author(name="new"))
            session.commit()
        """,
    "objects made one by one and refreshed": """
        for number in range(5):
            author = Author(name="new")
            session.add(author)
            session.commit()
            session.refresh(author)
            session.commit()
            assert author.id
        """,
    "what the session has": """
        authors = {author.id: author for author in session.scalars(shop.everybody())}
        assert all(session.get(Author, number) for number in authors)
        """,
    "a session for each": """
        for number in range(1, 6):
            with Session(session.get_bind()) as own:
                assert own.get(Author, number).posts
        """,
}


@pytest.mark.parametrize("case", NOT_FOUND)
def test_what_is_no_n_plus_one_passes(run: Run, case: str) -> None:
    """What has to be sent so often, or is not sent at all, is no false alarm."""
    lines = "".join(f"\n    {line}" for line in dedent(NOT_FOUND[case]).splitlines())

    run(f"def test_it(no_n_plus_one, session):{lines}\n").assert_outcomes(passed=1)


def test_requests_to_an_application_in_another_thread_are_apart(run: Run) -> None:
    """Test clients run an application in a thread of its own: what each request needs once is no N+1, even where all
    share a session; what one request asks again and again is.
    """
    result = run(
        """
        import threading
        class Client:
            def __init__(self, session):
                self.session, self.loop = session, asyncio.new_event_loop()
                self.thread = threading.Thread(target=self.loop.run_forever)
                self.thread.start()
            def get(self, *numbers):
                return asyncio.run_coroutine_threadsafe(self.request(numbers), self.loop).result()
            async def request(self, numbers):
                await asyncio.to_thread(self.user)
                for number in numbers:
                    self.session.get(Author, number)
            def user(self):
                return self.session.scalars(select(Author.name).where(Author.id == 1)).one()
            def close(self):
                self.loop.call_soon_threadsafe(self.loop.stop)
                self.thread.join()
                self.loop.close()
        @pytest.fixture
        def client(file):
            engine = create_engine(f"sqlite:///{file}", connect_args={"check_same_thread": False})
            with Session(engine) as session:
                session.scalars(select(Author.name).where(Author.id == 1)).one()
                client = Client(session)
                yield client
                client.close()
            engine.dispose()
        def test_requests(no_n_plus_one, client):
            for number in range(1, 6):
                client.get(number)
        def test_request(no_n_plus_one, client):
            client.get(1, 2, 3)
        """,
        "-rA",
    )

    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["PASSED test_shop.py::test_requests", "FAILED test_shop.py::test_request - *"])


def test_setup_is_not_looked_at(run: Run) -> None:
    """A fixture may prepare its objects one by one."""
    result = run(
        """
        @pytest.fixture
        def names(session):
            yield shop.by_id(session, [1, 2, 3])
            shop.lazily(session)
        def test_names(no_n_plus_one, names):
            pass
        """
    )

    result.assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("arguments", "configuration"),
    [(["--queries-n-plus-one"], ""), ([], "[pytest]\nqueries_n_plus_one = true\n")],
)
def test_whole_suite_can_be_looked_at(
    run: Run, pytester: pytest.Pytester, arguments: list[str], configuration: str
) -> None:
    """An option, or a line of configuration, asks it of every test."""
    pytester.makefile(".ini", pytest=configuration)

    result = run(
        """
        def test_lazily(session):
            shop.lazily(session)
        def test_eagerly(session):
            shop.eagerly(session)
        """,
        *arguments,
    )

    result.assert_outcomes(passed=1, failed=1)


def test_suite_leaves_out_what_is_repeated_by_tools(run: Run) -> None:
    """A benchmark's rounds and Hypothesis's examples are loops of theirs: no N+1, unless the test itself asks."""
    result = run(
        """
        from hypothesis import HealthCheck, given, settings, strategies
        def test_round(benchmark, session):
            benchmark.pedantic(lambda: session.execute(text("SELECT 1")).all(), rounds=5)
        @settings(database=None, suppress_health_check=list(HealthCheck))
        @given(number=strategies.integers())
        def test_example(session, number):
            session.execute(text("SELECT 1")).all()
        def test_asks(no_n_plus_one, benchmark, session):
            benchmark.pedantic(lambda: session.execute(text("SELECT 1")).all(), rounds=5)
        """,
        "--queries-n-plus-one",
        "-rA",
        "-p",
        "hypothesispytest",
    )

    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_shop.py::test_asks - *"])


def test_n_plus_one_may_be_allowed(run: Run) -> None:
    """A marker allows everything, or the relationships that it names; what it does not name fails all the same."""
    result = run(
        """
        @pytest.mark.allow_n_plus_one(reason="ten at most")
        def test_everything(session):
            shop.lazily(session), shop.by_id(session, [1, 2, 3])
        @pytest.mark.allow_n_plus_one("Author.posts")
        def test_posts(session):
            shop.lazily(session)
        @pytest.mark.allow_n_plus_one("Post.author")
        @pytest.mark.allow_n_plus_one("Author.posts", "Author.friends")
        class TestClass:
            def test_both(self, session):
                assert all(post.author for post in session.scalars(select(Post)))
                shop.lazily(session)
        @pytest.mark.allow_n_plus_one("Post.author")
        def test_other(session):
            shop.lazily(session)
        """,
        "--queries-n-plus-one",
        "-rA",
    )

    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(["FAILED test_shop.py::test_other - Failed: N+1: Author.posts was*"])


@pytest.mark.parametrize("arguments", ["Author.posts", "3", "'posts'", "'Author.'", "relationship='Author.posts'"])
def test_wrong_allowance_names_the_test(run: Run, arguments: str) -> None:
    """What is no relationship's name cannot be allowed: the test fails with what to write."""
    result = run(
        f"""
        @pytest.mark.allow_n_plus_one({arguments})
        def test_wrong():
            pass
        """,
        "--queries-n-plus-one",
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["test_shop.py::test_wrong: allow_n_plus_one takes relationships by their names, as in *, and a reason"]
    )


def test_threshold_is_configured(run: Run, pytester: pytest.Pytester) -> None:
    """How often something is repeated before it is N+1 can be said."""
    tests = """
        def test_names(no_n_plus_one, session):
            shop.by_id(session, [1, 2])
        """

    run(tests).assert_outcomes(passed=1)
    run(tests, "-o", "queries_n_plus_one_threshold=2").assert_outcomes(failed=1)
    pytester.makefile(".toml", pytest="[pytest]\nqueries_n_plus_one_threshold = 2\n")
    run(tests).assert_outcomes(failed=1)


@pytest.mark.parametrize("value", ["1", "0", "many", "2.5"])
def test_wrong_threshold_is_a_usage_error(run: Run, value: str) -> None:
    """A threshold that makes no sense ends the run with one line."""
    result = run("", "-o", f"queries_n_plus_one_threshold={value}")

    assert pytest.ExitCode.USAGE_ERROR == result.ret
    result.stderr.fnmatch_lines(["ERROR: queries_n_plus_one_threshold is a whole number from 2 on"])


def test_asking_in_the_midst_of_a_test_is_refused(run: Run) -> None:
    """The fixture looks at the whole call: asked for too late it fails the test, and does not pass it unlooked at."""
    result = run(
        """
        def test_late(request, session):
            request.getfixturevalue("no_n_plus_one")
        """
    )

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no_n_plus_one looks at a whole call: name it as an argument or with usefixtures"])


def test_several_findings_are_all_shown(run: Run) -> None:
    """Whatever is wrong with a test is said at once, the most frequent N+1 first, beside what `max_queries` finds."""
    result = run(
        """
        @pytest.mark.max_queries(3)
        def test_all(no_n_plus_one, session):
            shop.by_id(session, [1, 2, 3])
            shop.lazily(session)
        """
    )

    result.stdout.fnmatch_lines(
        ["max_queries(3): 14 statements were sent:", "N+1: Author.posts was loaded 10 times*", "N+1: the same SELECT*"]
    )
