"""The fixture `query_counter`: what it counts, of which engines, and what a failing assertion shows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bench.pytest_plugin import sendings
from tests.plugin.conftest import Run


def said(result: pytest.RunResult) -> list[str]:
    """What the assertion that failed says, line by line."""
    return [line.removeprefix("E ").strip() for line in result.outlines if line.startswith("E ")]


@pytest.mark.parametrize("op", ["== 2", "<= 2", "< 11", "in (1, 2)", "== 2, 'too many'"])
def test_failing_assertion_shows_the_statements_with_their_lines(run: Run, at: Callable[[str], str], op: str) -> None:
    """Whatever the comparison, the statements are shown in groups, the most frequent first, each with its line."""
    result = run(
        f"""
        def test_titles(query_counter, engine, session):
            with query_counter(engine) as queries:
                shop.lazily(session)
            assert queries.count {op}
        """
    )

    result.assert_outcomes(failed=1)
    assert [
        "11 statements:",
        "10× SELECT posts.id, posts.author_id, posts.title FROM posts WHERE ? = posts.author_id",
        f"{at('titles')}, lazy load of Author.posts",
        "1× SELECT authors.id, authors.name FROM authors",
        at("lazily"),
    ] == [line.replace(" AS posts_id, …", ", posts.author_id, posts.title") for line in said(result)[-5:]]


@pytest.mark.parametrize(
    "claim", ["3 == queries.count", "queries.count >= 3", "queries.count > 1", "queries.count != 1"]
)
def test_number_may_stand_on_either_side(run: Run, claim: str) -> None:
    """A number of statements is shown on the right of a comparison too, and of each kind."""
    result = run(
        f"""
        def test_one(query_counter, session):
            with query_counter(session) as queries:
                session.execute(text("SELECT 1"))
            assert {claim}
        """
    )

    result.assert_outcomes(failed=1)
    assert "1 statement:" in said(result)
    assert "1× SELECT 1" in said(result)


def test_length_shows_the_statements(run: Run, at: Callable[[str], str]) -> None:
    """`len(queries)` is a plain number, and what it is the length of is shown beside it."""
    result = run(
        """
        def test_one(query_counter, session):
            with query_counter(session) as queries:
                session.execute(text("SELECT 1"))  # sent
            assert len(queries) == 2
        """
    )

    assert f"+  where 1 = len(<Queries: 1 statement: 1× SELECT 1 {at('sent')}>)" in said(result)


def test_long_list_is_shown_whole_in_a_section(run: Run) -> None:
    """What pytest cuts short in the assertion stands in full below it; with -vv, in the assertion alone."""
    tests = """
        def test_many(query_counter, session):
            with query_counter(session) as queries:
                for number in range(12):
                    session.execute(text(f"SELECT {number}"))
            assert queries.count == 2
        """
    section = "*- Captured statements call -*"

    short, full = run(tests), run(tests, "-vv")

    short.stdout.fnmatch_lines([section, "12 statements:", "1× SELECT 0", "1× SELECT 11"])
    full.stdout.fnmatch_lines(["E *12 statements:", "E *1× SELECT 11"])
    full.stdout.no_fnmatch_line(section)


def test_nothing_is_added_to_other_assertions(run: Run) -> None:
    """An assertion about other numbers says what it says without the plugin."""
    result = run(
        """
        def test_two(query_counter, session):
            with query_counter(session) as queries:
                session.execute(text("SELECT 1"))
            assert 1 + 1 == 3
        """
    )

    assert ["assert (1 + 1) == 3"] == said(result)


PASSING = {
    "an engine": """
        def test(query_counter, engine, session):
            with query_counter(engine) as queries:
                shop.eagerly(session)
            assert queries.count == 2
    """,
    "a connection that was open before": """
        def test(query_counter, engine):
            with engine.connect() as connection, query_counter(connection) as queries:
                connection.execute(text("SELECT 1"))
            assert queries.count == 1
    """,
    "a session of a connection": """
        def test(query_counter, engine):
            with engine.connect() as connection, Session(connection) as session, query_counter(session) as queries:
                shop.eagerly(session)
            assert queries.count == 2
    """,
    "sessionmakers and scoped sessions": """
        def test(query_counter, engine):
            maker = sessionmaker(engine)
            scoped = scoped_session(maker)
            with query_counter(maker) as made, query_counter(scoped) as of_scope, maker() as session:
                shop.eagerly(session)
            scoped.remove()
            assert made.count == of_scope.count == 2
    """,
    "an async engine, its connection, session and sessionmaker": """
        def test(query_counter, async_engine):
            async def main():
                maker = async_sessionmaker(async_engine)
                async with async_engine.connect() as connection, maker() as session:
                    with (
                        query_counter(async_engine) as one,
                        query_counter(connection) as two,
                        query_counter(session) as three,
                        query_counter(maker) as four,
                    ):
                        await connection.execute(text("SELECT 1"))
                        await shop.lazily_async(session)
                return [counted.count for counted in (one, two, three, four)]
            assert [12, 12, 12, 12] == asyncio.run(main())
    """,
    "an engine with other options shares a pool": """
        def test(query_counter, engine):
            other = engine.execution_options(isolation_level="AUTOCOMMIT")
            with query_counter(engine) as one, query_counter(other) as two, query_counter(engine, other) as both:
                for each in (engine, other):
                    with each.connect() as connection:
                        connection.execute(text("SELECT 1"))
            assert one.count == two.count == both.count == 2
    """,
    "an engine that is disposed of meanwhile": """
        def test(query_counter, engine):
            with query_counter(engine) as queries:
                for _ in range(2):
                    with engine.connect() as connection:
                        connection.execute(text("SELECT 1"))
                    engine.dispose()
            assert queries.count == 2
    """,
    "no other engine": """
        def test(query_counter, engine):
            other = create_engine("sqlite://")
            with query_counter(engine) as queries, query_counter(engine, other) as both, query_counter() as every:
                with other.connect() as connection:
                    connection.execute(text("SELECT 1"))
            other.dispose()
            assert (queries.count, both.count, every.count) == (0, 1, 1)
    """,
    "nothing after its end, and anew each time": """
        def test(query_counter, session):
            with query_counter(session) as first:
                session.execute(text("SELECT 1"))
                assert first.count == 1
                session.execute(text("SELECT 1"))
            session.execute(text("SELECT 1"))
            with query_counter(session) as second:
                session.execute(text("SELECT 2"))
            assert (first.count, second.count) == (2, 1)
    """,
    "within one another": """
        def test(query_counter, session):
            with query_counter(session) as outer:
                session.execute(text("SELECT 1"))
                with query_counter(session) as inner:
                    session.execute(text("SELECT 1"))
            assert (outer.count, inner.count) == (2, 1)
    """,
    "no transaction control, nor a ping": """
        def test(query_counter, file):
            engine = create_engine(f"sqlite:///{file}", pool_pre_ping=True)
            for _ in range(2):
                with query_counter(engine) as queries, Session(engine) as session:
                    with session.begin_nested():
                        session.execute(text("SELECT 1"))
                    session.rollback()
                    session.execute(text("/* by hand */ SAVEPOINT one"))
                assert queries.count == 1
            engine.dispose()
    """,
    "an executemany as one": """
        def test(query_counter, session):
            with query_counter(session) as queries:
                session.execute(insert(Author), [{"name": "one"}, {"name": "two"}, {"name": "three"}])
            assert [(statement.parameter_sets, statement.sql) for statement in queries.statements] == [
                (3, "INSERT INTO authors (name) VALUES (?)")
            ]
    """,
    "rows with RETURNING as their batches": """
        def test(query_counter, session):
            session = session.connection(execution_options={"insertmanyvalues_page_size": 2})
            with query_counter(session) as queries:
                session.execute(insert(Author).returning(Author.id), [{"name": name} for name in "abc"]).all()
            assert [statement.parameter_sets for statement in queries.statements] == [1, 1]
    """,
    "a statement that fails": """
        def test(query_counter, session):
            with query_counter(session) as queries, pytest.raises(sqlalchemy.exc.OperationalError):
                session.execute(text("SELECT nothing"))
            assert queries.count == 1
    """,
    "what other threads send": """
        from concurrent.futures import ThreadPoolExecutor
        def send(engine):
            with Session(engine) as session:
                shop.eagerly(session)
        def test(query_counter, engine):
            with query_counter(engine) as queries, ThreadPoolExecutor(4) as pool:
                list(pool.map(send, [engine] * 20))
            assert queries.count == 40
    """,
    "in fixtures of a wider scope": """
        @pytest.fixture(scope="module")
        def counted(query_counter):
            engine = create_engine("sqlite://")
            with query_counter(engine) as queries, engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            engine.dispose()
            return queries
        def test(counted):
            assert counted.count == 1
    """,
    "and shows what it has": """
        def test(query_counter, session):
            with query_counter(session) as queries:
                assert str(queries) == "no statement"
                for number in (1, 2, 1):
                    session.execute(text("SELECT :number").bindparams(number=number))
                session.execute(text("SELECT 'other'"))
            assert list(queries.by_sql) == ["SELECT ?", "SELECT 'other'"]
            assert [len(sent) for sent in queries.by_sql.values()] == [3, 1]
            assert queries.by_sql["SELECT ?"] == queries.statements[:3]
            assert len(queries) == queries.count == 4
    """,
}


@pytest.mark.parametrize("case", PASSING)
def test_counter_counts(run: Run, case: str) -> None:
    """A counter counts what is said of it."""
    run(PASSING[case]).assert_outcomes(passed=1)


def test_first_use_of_an_engine_counts_as_any(run: Run) -> None:
    """What a new connection is greeted with is no statement of the test: every test counts the same, in any order."""
    result = run(
        """
        @pytest.mark.parametrize("use", [1, 2])
        def test_one(query_counter, engine, use):
            for _ in range(use):
                with query_counter(engine) as queries, engine.connect() as connection:
                    connection.execute(text("SELECT 1"))
                assert queries.count == 1
        """
    )

    result.assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("None", "an engine, a connection, a session or a sessionmaker, sync or async, not NoneType"),
        ("'sqlite://'", "an engine, a connection, a session or a sessionmaker, sync or async, not str"),
        ("Session()", "cannot tell which engine this session uses: it has several, or none; name the engines"),
        (
            "async_sessionmaker()",
            "cannot tell which engine this session uses: it has several, or none; name the engines",
        ),
    ],
)
def test_what_has_no_engine_is_refused(run: Run, target: str, message: str) -> None:
    """Something else than an engine, or a session without one, is a TypeError that says what there is to give."""
    result = run(
        f"""
        def test_refused(query_counter):
            with pytest.raises(TypeError) as error, query_counter({target}):
                pass
            assert "{message}" in str(error.value)
        """
    )

    result.assert_outcomes(passed=1)


def test_parameters_are_neither_kept_nor_shown(run: Run, pytester: pytest.Pytester) -> None:
    """What somebody's rows hold is in no statement and in no failure."""
    result = run(
        """
        def test_secret(query_counter, session):
            word = "-".join(["my", "secret"])
            with query_counter(session) as queries:
                session.execute(select(Author).where(Author.name == word))
                session.execute(insert(Author), [{"name": word}, {"name": word}])
            assert word not in repr(queries.statements)
            word = None
            assert queries.count == 0
        """
    )

    result.assert_outcomes(failed=1)
    assert "2 statements:" in said(result)
    assert "my-secret" not in result.stdout.str()


def test_text_cannot_steer_the_terminal(run: Run) -> None:
    """Control characters in a statement are shown as their escapes."""
    result = run(
        r"""
        def test_nasty(query_counter, session):
            with query_counter(session) as queries:
                session.execute(text("SELECT 1 AS \"\x1b[31mred\""))
            assert queries.count == 0
        """
    )

    assert r'1× SELECT 1 AS "\x1b[31mred"' in said(result)
    assert "\x1b[31m" not in result.stdout.str()


def test_sqlalchemy_is_left_as_it_was(run: Run) -> None:
    """Once a session of pytest is over, nothing of the plugin's listens to SQLAlchemy's events."""
    from sqlalchemy import Engine, event

    run(PASSING["an engine"]).assert_outcomes(passed=1)

    assert not event.contains(Engine, "before_cursor_execute", sendings._before_cursor_execute)
    assert () == sendings._listeners
