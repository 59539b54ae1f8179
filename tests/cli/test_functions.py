"""`bench run queries.py::one queries.py::other`: functions that take a session, against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.helpers import Ran, only_result

Bench = Callable[..., Ran]

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
"""
QUERIES = '''
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload
from shop import Author

FEW = select(Author).order_by(Author.id).limit(5)

async def by_in(session):
    """Two SELECTs."""
    return (await session.scalars(FEW.options(selectinload(Author.posts)))).all()

async def by_join(session):
    return (await session.scalars(FEW.options(joinedload(Author.posts)))).unique().all()

def in_a_thread(session: Session):
    return session.scalars(FEW.options(selectinload(Author.posts))).all()

def without_posts(session):
    return session.scalars(FEW).all()

def of_one(session, author):
    return session.get(Author, author)

def fill(session):
    session.add_all([Author(id=number, name="a") for number in range(1, 8)])

def one_by_one(session):
    for author in session.scalars(FEW.options(selectinload(Author.posts))):
        yield author

async def as_they_come(session):
    async for author in await session.stream_scalars(FEW.options(selectinload(Author.posts))):
        yield author

def unread(session):
    return session.scalars(FEW.options(selectinload(Author.posts)))

async def streamed(session):
    return await session.stream_scalars(FEW.options(selectinload(Author.posts)))

def asked(session):
    return session.query(Author).order_by(Author.id).limit(5).options(selectinload(Author.posts))

def hidden(session):
    return {"authors": session.scalars(FEW)}
'''
DATA = ("--dataset", "shop:Base", "--rows", "authors=20", "--rows", "posts=60", "--database", "sqlite")


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> None:
    """An application's models, and functions that query them."""
    (tmp_path / "shop.py").write_text(MODELS)
    (tmp_path / "queries.py").write_text(QUERIES)


def test_functions_are_compared(bench: Bench, tmp_path: Path) -> None:
    """Async and plain ones, the first the baseline; objects count as equal by what was loaded of them."""
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", "::in_a_thread", *DATA, "--budget", "2s")

    assert 0 == ran.code, ran.out + ran.err
    (scenario,) = only_result(tmp_path)["scenarios"]
    assert "queries.by_in_or_by_join_or_in_a_thread" == scenario["name"]
    assert "Which is faster, by_in or by_join or in_a_thread?" == scenario["question"]
    (point,) = scenario["points"]
    assert [("by_in", True), ("by_join", False), ("in_a_thread", False)] == [
        (one["name"], one["baseline"]) for one in point["strategies"]
    ]
    assert [2, 1, 2] == [one["counters"]["statements"] for one in point["strategies"]]
    assert point["strategies"][0]["code"].startswith("async def by_in(session):")
    assert "Two SELECTs." == point["strategies"][0]["description"]


def test_what_one_loads_and_another_does_not_is_a_difference(bench: Bench) -> None:
    """A function that leaves the posts out is faster and no answer: it differs, and the run fails."""
    ran = bench("run", "queries.py::by_in", "queries.py::without_posts", *DATA, "--budget", "1s")

    assert 4 == ran.code
    assert "without_posts differs: result[0]: the key 'posts' is missing" in " ".join(ran.out.split())


def test_what_a_function_gives_row_by_row_is_read_in_its_time(bench: Bench, tmp_path: Path) -> None:
    """A generator, async or not, rows that were not fetched and a query do their work within the call: all send it."""
    lazy = ("::one_by_one", "::as_they_come", "::unread", "::streamed", "::asked")
    ran = bench("run", "queries.py::by_in", *lazy, *DATA, "--budget", "3s")

    assert 0 == ran.code, ran.out + ran.err
    (point,) = only_result(tmp_path)["scenarios"][0]["points"]
    assert [2] * 6 == [one["counters"]["statements"] for one in point["strategies"]]


def test_what_nobody_reads_is_refused(bench: Bench) -> None:
    """An answer with rows in it that were never fetched is none."""
    ran = bench("run", "queries.py::by_in", "queries.py::hidden", *DATA, "--budget", "1s")

    assert 4 == ran.code
    assert "of which nothing was read within the call: return a list of it" in " ".join(ran.out.split())


def test_a_function_may_fill_the_tables(bench: Bench, tmp_path: Path) -> None:
    """`--fill` takes the rows from a function, and `--dataset` the tables."""
    words = ("--dataset", "shop:Base", "--fill", "queries.py::fill", "--database", "sqlite", "--budget", "1s")
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", *words)

    assert 0 == ran.code, ran.out + ran.err
    point = only_result(tmp_path)["scenarios"][0]["points"][0]
    assert 5 == point["strategies"][0]["counters"]["orm_objects"]


def test_a_file_of_sql_has_its_own_tables(bench: Bench, tmp_path: Path) -> None:
    """`--dataset shop.sql` needs no models to be named."""
    (tmp_path / "shop.sql").write_text(
        "CREATE TABLE authors (id integer PRIMARY KEY, name text); CREATE TABLE posts (id integer, author_id integer);"
        "INSERT INTO authors VALUES (1, 'a'), (2, 'b');"
    )
    words = ("--dataset", "shop.sql", "--database", "sqlite", "--budget", "1s")
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", *words)

    assert 0 == ran.code, ran.out + ran.err
    assert 2 == only_result(tmp_path)["scenarios"][0]["points"][0]["strategies"][0]["counters"]["orm_objects"]


def test_where_they_read_from_can_be_configured(bench: Bench, tmp_path: Path) -> None:
    """`dataset` and `rows` in [tool.bench] are what the flags would say."""
    (tmp_path / "pyproject.toml").write_text('[tool.bench]\ndataset = "shop:Base"\nrows = ["authors=20"]\n')
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", "--database", "sqlite", "--budget", "1s")

    assert 0 == ran.code, ran.out + ran.err


def test_a_flag_goes_before_what_is_configured(bench: Bench, tmp_path: Path) -> None:
    """`--fill` on the command line makes the rows, though [tool.bench] says how many others there would be."""
    (tmp_path / "pyproject.toml").write_text('[tool.bench]\ndataset = "shop:Base"\nrows = ["authors=20"]\n')
    words = ("--fill", "queries.py::fill", "--database", "sqlite", "--budget", "1s")
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", *words)

    assert 0 == ran.code, ran.out + ran.err


@pytest.mark.parametrize("flag", [("--rows", "authors=20"), ("--fill", "queries.py::fill")])
@pytest.mark.parametrize("command", [("run", "queries.py::by_in", "queries.py::by_join"), ("models", "shop:Base")])
def test_rows_that_are_there_are_not_made(bench: Bench, command: tuple[str, ...], flag: tuple[str, ...]) -> None:
    """--existing beside --rows or --fill is refused, before anything is connected to."""
    ran = bench(*command, *flag, "--existing", "--database", "postgresql://127.0.0.1:1/shop")

    assert "--existing reads the rows that are there: leave --fill and --rows out" == ran.complaint


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("queries.py::by_in",), "one function is nothing to compare: name another, the first being the baseline"),
        (
            ("queries.py::by_in", "queries.py::by_inn"),
            "/queries.py has no function 'by_inn'; close to it: by_in",
        ),
        (("queries.py::by_in", "loading"), "'loading' is no function in a file: write queries.py::by_join"),
        (
            ("queries.py::by_in", "shop.py::by_in"),
            "functions of one file are compared, and these are of queries.py and",
        ),
        (("nothing.py::by_in", "::by_join"), "there is no file nothing.py"),
        (
            ("queries.py::by_in", "queries.py::of_one"),
            "queries.py:21: of_one is given a session and nothing else, and takes session, author: give the others",
        ),
        (
            ("queries.py::by_in", "queries.py::by_join", "--rows", "authors=many"),
            "--rows authors=many: write a number of rows, for example --rows authors=1000",
        ),
        (
            ("queries.py::by_in", "queries.py::by_join", "--rows", "writers=3"),
            "rows are asked for 'writers', which is no table",
        ),
        (
            ("queries.py::by_in", "queries.py::by_join", "--fill", "queries.py::fil"),
            "--fill makes the rows, so that --rows has no say",
        ),
    ],
)
def test_what_makes_no_sense_is_said(bench: Bench, words: tuple[str, ...], complaint: str) -> None:
    """What is wrong in a line, and what to write."""
    assert complaint in bench("run", *words, *DATA).complaint


@pytest.mark.parametrize(
    ("dataset", "complaint"),
    [
        ((), "what do the functions read? Say --dataset app.models:Base"),
        (("--dataset", "shop:Bas"), "shop has no 'Bas'; there is Base"),
        (("--dataset", "shopp:Base"), "shopp does not import: ModuleNotFoundError: No module named 'shopp'"),
        (("--dataset", "queries:FEW"), "maps no class"),
        (
            ("--dataset", "shop:Base", "--fill", "queries.py::fil"),
            "queries.py has no function 'fil'; close to it: fill",
        ),
        (("--dataset", "nothing.sql"), "there is no file nothing.sql"),
    ],
)
def test_data_that_are_not_there_are_said(bench: Bench, dataset: tuple[str, ...], complaint: str) -> None:
    """What the functions read is not there, or is no dataset: what there is, and what to say."""
    ran = bench("run", "queries.py::by_in", "queries.py::by_join", *dataset, "--database", "sqlite")

    assert 2 == ran.code
    assert complaint in ran.err
    assert "Traceback" not in ran.err
