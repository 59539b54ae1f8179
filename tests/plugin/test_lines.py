"""The lines of a statement: which one sent it, and what led to it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.plugin.conftest import Run

At = Callable[[str], str]

SHOWN = """
    def show(queries):
        for statement in queries.statements:
            print("\\nsent by", *statement.callers)
"""


def shown(result: pytest.RunResult) -> list[str]:
    """What the tests print of the lines of their statements."""
    return [line.removeprefix("sent by").strip() for line in result.outlines if line.startswith("sent by")]


def test_line_is_the_applications_and_its_callers_follow(run: Run, at: At) -> None:
    """The innermost line outside of libraries sent a statement, and those that called it stand after it."""
    result = run(
        SHOWN
        + """
    def test_titles(query_counter, session):
        author = session.get(Author, 1)
        with query_counter(session) as queries:
            shop.titles(author)  # test
        show(queries)
        assert queries.statements[0].where == queries.statements[0].callers[0]
        """,
        "-s",
    )

    assert [f"{at('titles')} {at('test')}"] == shown(result)


def test_line_of_asyncio_is_found_through_greenlets(run: Run, at: At) -> None:
    """SQLAlchemy runs its inside in a greenlet; the coroutines that wait for it are the callers."""
    result = run(
        SHOWN
        + """
    def test_titles(query_counter, async_engine):
        async def main():
            async with AsyncSession(async_engine) as session:
                with query_counter(async_engine) as queries:
                    await shop.lazily_async(session)  # main
                    await session.run_sync(lambda session: session.execute(text("SELECT 1")))  # sync
            return queries
        show(asyncio.run(main()))  # test
        """,
        "-s",
    )

    outside = f"{at('main')} {at('test')}"
    assert [
        f"{at('authors_async')} {outside}",
        *[f"{at('lazily_async')} {outside}"] * 10,
        f"{at('sync')} {at('test')}",
    ] == shown(result)


def test_line_in_a_task_or_thread_is_its_own(run: Run, at: At) -> None:
    """A task's lines end where its loop runs, a thread's where it begins; a library's thread has none."""
    result = run(
        SHOWN
        + """
    from concurrent.futures import ThreadPoolExecutor
    def test_tasks(query_counter, async_engine):
        async def send(session):
            await session.execute(text("SELECT 1"))  # task
        async def main():
            async with AsyncSession(async_engine) as session:
                with query_counter(async_engine) as queries:
                    await asyncio.create_task(send(session))
                    await asyncio.create_task(session.execute(text("SELECT 1")))
            return queries
        show(asyncio.run(main()))  # loop
    def test_thread(query_counter, engine):
        def send():
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))  # thread
        with query_counter(engine) as queries, ThreadPoolExecutor() as pool, engine.connect() as connection:
            pool.submit(send).result()
            pool.submit(connection.execute, text("SELECT 1")).result()
        show(queries)
        """,
        "-s",
    )

    assert [f"{at('task')} {at('loop')}", at("loop"), at("thread"), ""] == shown(result)


def test_statement_without_a_line_says_so(run: Run) -> None:
    """A failure does not invent a line where there is none."""
    result = run(
        """
        from concurrent.futures import ThreadPoolExecutor
        def test_thread(query_counter, engine):
            with query_counter(engine) as queries, ThreadPoolExecutor() as pool, engine.connect() as connection:
                pool.submit(connection.execute, text("SELECT 1")).result()
            assert queries.count == 0
        """
    )

    result.stdout.fnmatch_lines(["E *no line of yours: a task or a thread of a library's sent it"])


def test_several_lines_of_one_text_have_their_counts(run: Run, at: At) -> None:
    """Where one text is sent by several lines, each stands below it with how often it did."""
    result = run(
        """
        def test_one(query_counter, session):
            with query_counter(session) as queries:
                for number in range(2):
                    session.execute(text("SELECT 1"))  # twice
                session.execute(text("SELECT 1"))  # once
            assert queries.count == 1
        """
    )

    result.stdout.fnmatch_lines(["E *3× SELECT 1", f"E *{at('twice')} (2×)", f"E *{at('once')} (1×)"], consecutive=True)


def test_line_of_a_template_is_the_templates(run: Run, pytester: pytest.Pytester) -> None:
    """A lazy load in a Jinja template is told by the line of the template, not of the code that Jinja made of it."""
    pytest.importorskip("jinja2")
    (pytester.path / "page.html").write_text(
        "<ul>\n\n  {% for post in author.posts %}<li>{{ post.title }}{% endfor %}\n"
    )

    result = run(
        SHOWN
        + """
    def test_page(query_counter, session):
        jinja2 = pytest.importorskip("jinja2")
        page = jinja2.Environment(loader=jinja2.FileSystemLoader("."), autoescape=True).get_template("page.html")
        author = session.get(Author, 1)
        with query_counter(session) as queries:
            assert "a post" in page.render(author=author)
        show(queries)
        """,
        "-s",
    )

    assert ["page.html:3"] == [line.split()[0] for line in shown(result)]


def test_line_of_a_doctest_is_its_own(run: Run, pytester: pytest.Pytester) -> None:
    """An example in a text has lines too."""
    (pytester.path / "test_page.txt").write_text(
        '>>> count, session = getfixture("query_counter"), getfixture("session")\n'
        ">>> import sqlalchemy\n"
        ">>> with count(session) as queries:\n"
        '...     _ = session.execute(sqlalchemy.text("SELECT 1"))\n'
        ">>> queries.statements[0].where\n"
        "'<doctest test_page.txt[2]>:2'\n"
    )

    run("", "test_page.txt").assert_outcomes(passed=1)


def test_installed_code_is_not_where_a_statement_comes_from(run: Run, pytester: pytest.Pytester, at: At) -> None:
    """A library that sends statements is passed over: the line that called it is the one that can be changed."""
    library = pytester.path / "venv" / "site-packages" / "library.py"
    library.parent.mkdir(parents=True)
    library.write_text("def send(session, statement):\n    return session.execute(statement)\n")
    pytester.syspathinsert(library.parent)

    result = run(
        SHOWN
        + """
    import library
    def test_library(query_counter, session):
        with query_counter(session) as queries:
            library.send(session, text("SELECT 1"))  # called
        show(queries)
        """,
        "-s",
    )

    assert [at("called")] == shown(result)


def test_file_outside_of_the_root_has_its_whole_path(
    run: Run, pytester: pytest.Pytester, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """An application that lies elsewhere is named by its whole path."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "app.py").write_text("def send(session, statement):\n    return session.execute(statement)\n")
    pytester.syspathinsert(elsewhere)

    result = run(
        SHOWN
        + """
    import app
    def test_app(query_counter, session):
        with query_counter(session) as queries:
            app.send(session, text("SELECT 1"))
        show(queries)
        """,
        "-s",
    )

    assert [f"{elsewhere / 'app.py'}:2"] == [line.split()[0] for line in shown(result)]
