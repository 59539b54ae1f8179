"""The page about models and queries of one's own: its commands and flags work in an application such as it names."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.helpers import only_result, run
from tests.docs.examples import ROOT, blocks, commands

PAGE = ROOT / "docs" / "own-models.md"
FILES = {
    "app/__init__.py": "",
    "app/models.py": """
from datetime import datetime
from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)

class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(10))
    __table_args__ = (CheckConstraint("state IN ('new', 'paid', 'sent')"),)
""",
    "queries.py": """
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload
from app.models import Author

FEW = select(Author).order_by(Author.id).limit(5)

async def by_join(session):
    return (await session.scalars(FEW.options(joinedload(Author.posts)))).unique().all()

async def by_in(session):
    return (await session.scalars(FEW.options(selectinload(Author.posts)))).all()
""",
    "tests/data.py": """
from app.models import Author, Post

def fill(session):
    session.add_all([Author(id=number, name="a", posts=[Post(id=number)]) for number in range(1, 8)])
""",
    "shop.sql": """
CREATE TABLE authors (id integer PRIMARY KEY, name text);
CREATE TABLE posts (id integer PRIMARY KEY, author_id integer);
INSERT INTO authors VALUES (1, 'a');
""",
    "test_nothing.py": "def test_nothing():\n    pass\n",
}
FEW_ROWS = ("--rows", "authors=20", "--rows", "posts=60", "--rows", "orders=20")
QUICK = ("--database", "sqlite", "--budget", "2s")


@pytest.fixture
def application(tmp_path: Path) -> Path:
    """The files that the page names."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_commands_run_one_after_another(application: Path) -> None:
    """Every command of the page succeeds, in its order, on few rows."""
    shown = [command.words for command in commands() if command.page == PAGE]
    assert {"run", "models", "new", "--queries-report"} <= {words[1] for words in shown}
    for words in shown:
        if words[0] == "pytest":
            command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_nothing.py", *words[1:]]
            done = subprocess.run(command, cwd=application, capture_output=True, text=True, check=False)
            assert 0 == done.returncode, done.stdout + done.stderr
            continue
        few = FEW_ROWS if "app.models:Base" in words else ()
        ran = run(*words[1:], *few, *(QUICK if words[1] != "new" else ()), cwd=application)
        assert 0 == ran.code, f"{words}: {ran.out}{ran.err}"


def flags() -> list[str]:
    """What stands in the table of sources, but for what needs a server."""
    rows = re.findall(r"^\| (`--.*?) \| ", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    said = [flag for row in rows for flag in re.findall(r"`(--[^`]+)`", row)]
    return [flag for flag in said if "--existing" not in flag and ".dump" not in flag]


@pytest.mark.parametrize("words", flags())
def test_functions_read_what_the_table_says(application: Path, words: str) -> None:
    """Each flag gives two functions rows to read."""
    few = FEW_ROWS if "models" in words and "--fill" not in words else ()
    ran = run("run", "queries.py::by_join", "queries.py::by_in", *shlex.split(words), *few, *QUICK, cwd=application)

    assert 0 == ran.code, ran.out + ran.err
    point = only_result(application)["scenarios"][0]["points"][0]
    assert all(one["counters"]["orm_objects"] >= 1 for one in point["strategies"])


def test_the_configuration_and_the_dataset_are_understood(application: Path) -> None:
    """What the page puts into pyproject.toml gives the same functions their rows, and its dataset can be declared."""
    (table,) = [block.text for block in blocks("toml") if block.page == PAGE]
    (application / "pyproject.toml").write_text(table.replace("100000", "20"))
    (application / "scenarios").mkdir()
    ran = run("run", "queries.py::by_join", "queries.py::by_in", *QUICK, cwd=application)
    assert 0 == ran.code, ran.out + ran.err

    (block,) = [block.text for block in blocks("python") if block.page == PAGE]
    script = (
        f"from app.models import Base\n{block}\nprint(sum(1 for _ in shop.rows(1, __import__('random').Random(1))))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=application, capture_output=True, text=True, check=False)
    assert "3" == done.stdout.strip(), done.stderr
