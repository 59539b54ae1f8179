"""`bench models` on mapped classes of every kind: however they are declared, spread and named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.cli.ad_hoc import kept_apart
from tests.cli.helpers import Ran, only_result

Bench = Callable[..., Ran]

QUICK = ("--database", "sqlite", "--budget", "1s")
COLUMNS = """
from __future__ import annotations
from typing import Optional
from sqlalchemy import Column, ForeignKey, Integer, MetaData, String, Table, Text, create_engine, event, func, select
from sqlalchemy.ext.automap import automap_base
from sqlalchemy.orm import *
"""
DECLARED = """
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(back_populates="author")
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="posts")
"""
TABLES = """
Table("authors", {metadata}, Column("id", Integer, primary_key=True), Column("name", String(20), nullable=False))
Table("posts", {metadata}, Column("id", Integer, primary_key=True),
    Column("author_id", ForeignKey("authors.id"), nullable=False))
"""
PLAIN = "class Base(DeclarativeBase):\n    pass\n" + DECLARED
MODELS = {
    "as_dataclasses": DECLARED.replace(" = mapped_column(primary", " = mapped_column(init=False, primary")
    .replace("\nclass Author", "\nclass Base(MappedAsDataclass, DeclarativeBase):\n    pass\nclass Author", 1)
    .replace("relationship(back", "relationship(init=False, back"),
    "imperative": """
Base = registry()
"""
    + TABLES.format(metadata="Base.metadata")
    + """
class Author:
    pass
class Post:
    pass
posts, author = relationship(Post, back_populates="author"), relationship(Author, back_populates="posts")
Base.map_imperatively(Author, Base.metadata.tables["authors"], properties={"posts": posts})
Base.map_imperatively(Post, Base.metadata.tables["posts"], properties={"author": author})
""",
    "automap": "metadata = MetaData()"
    + TABLES.format(metadata="metadata")
    + """
Base = automap_base(metadata=metadata)
Base.prepare()
""",
    "attribute": PLAIN.replace("(Base)", "(db.Model)").replace(
        "class Base(DeclarativeBase):\n    pass\n",
        "class db:\n    class Model(DeclarativeBase):\n        pass\n",
    ),
    "models": PLAIN,
    # Names that the written module has a use of its own for.
    "names": PLAIN.replace("Author", "Session")
    .replace("Post", "models")
    .replace("class Base", "class Dataset")
    .replace("(Base)", "(Dataset)"),
}


@pytest.mark.parametrize("kind", MODELS)
def test_classes_of_every_kind_are_measured(bench: Bench, tmp_path: Path, kind: str) -> None:
    """Dataclasses, imperative and automapped ones, those of Flask's `db.Model`, and names that are the module's own."""
    (tmp_path / f"{kind}.py").write_text(COLUMNS + MODELS[kind])
    base = {"attribute": "db.Model", "names": "Dataset"}.get(kind, "Base")

    ran = bench("models", f"{kind}:{base}", *QUICK, "--rows", "authors=50")

    assert 0 == ran.code, ran.out + ran.err
    assert 4 == len(only_result(tmp_path)["scenarios"])


def test_an_application_without_async_asks_plain_sessions(bench: Bench, tmp_path: Path) -> None:
    """`--sync` writes plain functions, of which a session is a plain one too; every question can be asked so."""
    (tmp_path / "heavy.py").write_text(COLUMNS + PLAIN + HEAVY.partition("pass")[2])

    ran = bench("models", "heavy:Base", "--sync", *QUICK, "--rows", "authors=50")

    assert 0 == ran.code, ran.out + ran.err
    assert 8 == len(only_result(tmp_path)["scenarios"])
    assert {"def"} == {one.split()[0] for one in codes(tmp_path)}


def codes(folder: Path) -> list[str]:
    """The code of every strategy of the only result, without its decorator."""
    points = [scenario["points"][0] for scenario in only_result(folder)["scenarios"]]
    return [one["code"].partition(")\n")[2] for point in points for one in point["strategies"]]


def strategies(folder: Path, name: str) -> list[dict[str, Any]]:
    """The strategies of a scenario of the only result."""
    found = {one["name"].partition(".")[2]: one for one in only_result(folder)["scenarios"]}
    listed: list[dict[str, Any]] = found[name]["points"][0]["strategies"]
    return listed


def package(folder: Path, **modules: str) -> None:
    """A package `shop` with these modules."""
    (folder / "shop").mkdir()
    for name, text in {"__init__": "", **modules}.items():
        (folder / "shop" / f"{name}.py").write_text(text)


def test_models_may_be_spread_over_modules(bench: Bench, tmp_path: Path) -> None:
    """One class alone is asked about, and what it leads to is in a module that nobody names; another one does not
    import, which is said.
    """
    author, _, post = DECLARED.partition("class Post")
    package(
        tmp_path,
        base=COLUMNS + "class Base(DeclarativeBase):\n    pass\n",
        author=f"{COLUMNS}from shop.base import Base\n{author}",
        post=f"{COLUMNS}from shop.base import Base\nclass Post{post}",
        extra="import nowhere_to_be_found\n",
    )
    (tmp_path / "shop" / "__init__.py").write_text("from shop.base import Base\n")

    ran = bench("models", "shop:Base", "--only", "Author", "--rows", "authors=50", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    assert ["shop.author_posts", "shop.author_by_key"] == [one["name"] for one in only_result(tmp_path)["scenarios"]]
    assert (
        "shop.extra is left out: does not import (extra.py:1): ModuleNotFoundError: No module named "
        "'nowhere_to_be_found'" in ran.out
    )


def test_a_module_that_a_mapper_needs_is_named(bench: Bench, tmp_path: Path) -> None:
    """Where a class is missing because its module does not import, that is said with it."""
    author, _, _ = DECLARED.partition("class Post")
    package(
        tmp_path,
        post="import nowhere_to_be_found\n",
    )
    (tmp_path / "shop" / "__init__.py").write_text(f"{COLUMNS}class Base(DeclarativeBase):\n    pass\n{author}")

    complaint = bench("models", "shop:Base", *QUICK).complaint

    assert "shop:Base: its mappers do not configure: " in complaint
    assert complaint.endswith(
        "; and shop.post does not import (post.py:1): ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    )


CIRCLES = """
class Base(DeclarativeBase):
    pass
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list[Post]] = relationship(back_populates="author", foreign_keys="Post.author_id")
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    reviewer_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="posts", foreign_keys=author_id)
    reviewer: Mapped[Author] = relationship(foreign_keys=reviewer_id, lazy="raise")
class Category(Base):
    __tablename__ = "categories"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    parent: Mapped[Category | None] = relationship(remote_side=id, lazy="selectin")
"""


def test_chains_may_lead_back_to_a_class(bench: Bench, tmp_path: Path) -> None:
    """Each row on the way has a name of its own; of what raises when it is touched the baseline loads that alone."""
    (tmp_path / "circles.py").write_text(COLUMNS + CIRCLES)

    only = ("--only", "Author.posts.reviewer", "--only", "Category.parent.parent.parent", "--depth", "3")
    ran = bench("models", "circles:Base", *only, *QUICK, "--rows", "authors=50", "--rows", "posts=100")

    assert 0 == ran.code, ran.out + ran.err
    names = [one["name"].partition(".")[2] for one in only_result(tmp_path)["scenarios"]]
    assert [
        "author_posts_reviewer",
        "author_posts_reviewer_posts",
        "category_parent_parent_parent",
    ] == names
    lazy = next(one for one in strategies(tmp_path, "author_posts_reviewer") if one["baseline"])
    assert "lazy" == lazy["name"]
    assert "defaultload(Author.posts).lazyload(Post.reviewer)" in lazy["code"]


HEAVY = """
class Base(DeclarativeBase):
    pass
class Page(Base):
    __tablename__ = "pages"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, deferred=True)
    twice: Mapped[int] = query_expression()
Page.length = column_property(func.length(Page.body))
"""


def test_a_heavy_column_is_left_out_of_equal_work(bench: Bench, tmp_path: Path) -> None:
    """Whatever else is loaded with an object, other heavy columns and expressions too, is loaded in every way."""
    (tmp_path / "heavy.py").write_text(COLUMNS + HEAVY)

    ran = bench("models", "heavy:Base", "--only", "Page.body", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    by_name = {one["name"]: one for one in strategies(tmp_path, "page_without_body")}
    assert "load_only(Page.id, Page.title, Page.notes, Page.length)" in by_name["load_only"]["code"]
    assert "select(Page.id, Page.title, Page.notes, Page.length)" in by_name["columns"]["code"]
    sent = {name: by_name[name]["statements"][0]["sql"] for name in ("as_mapped", "defer", "load_only")}
    assert [True, False, False] == ["pages.body," in one.replace(" \n", "") for one in sent.values()], sent
    assert all("pages.notes" in one and "length(pages.body)" in one for one in sent.values()), sent


STRICT = """
class Base(DeclarativeBase):
    pass
class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    deleted: Mapped[bool]
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author | None] = relationship(
        primaryjoin=lambda: (Post.author_id == Author.id) & Author.deleted.is_(False), viewonly=True)
    any_author: Mapped[Author] = relationship(viewonly=True)
"""


def test_an_inner_join_is_offered_where_none_is_lost(bench: Bench, tmp_path: Path) -> None:
    """Where the condition says more than the key, some have nobody, and an inner join would leave them out."""
    (tmp_path / "strict.py").write_text(COLUMNS + STRICT)

    ran = bench("models", "strict:Base", "--only", "Post", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    assert ["as_mapped", "selectin", "joined", "subquery"] == [
        one["name"] for one in strategies(tmp_path, "post_author")
    ]
    assert "joined_inner" == strategies(tmp_path, "post_any_author")[-1]["name"]


VIEW = (
    PLAIN
    + """
class Busy(Base):
    __table__ = Table("busy", Base.metadata, Column("id", Integer, primary_key=True), info={"is_view": True})
class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    busy: Mapped[Busy] = relationship(primaryjoin="foreign(Note.id) == Busy.id", viewonly=True)
"""
)


def test_views_are_left_out(bench: Bench, tmp_path: Path) -> None:
    """What is no table is not made, and so is not asked about, nor what leads to it."""
    (tmp_path / "views.py").write_text(COLUMNS + VIEW)

    ran = bench("models", "views:Base", "--only", "Note", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    assert "Busy is left out: it is a view, which is not made" in ran.out
    assert "Note.busy is left out: it leads to Busy, which is left out" in ran.out
    assert ["views.note_by_key"] == [one["name"] for one in only_result(tmp_path)["scenarios"]]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--rows", "writers=3"), "rows are asked for 'writers', which is no table"),
        (
            ("--write", "my-authors.py"),
            "--write my-authors.py: it could not be imported: name it with letters, digits and _, as my_authors.py",
        ),
        (("--write", "authors"), "--write authors: it could not be imported: name it with letters, digits and _, as"),
    ],
)
def test_what_makes_no_sense_is_said(bench: Bench, tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    """Before anything is measured, in a line."""
    (tmp_path / "plain.py").write_text(COLUMNS + PLAIN)

    assert complaint in bench("models", "plain:Base", *words, *QUICK).complaint


def test_runs_of_the_same_models_do_not_share_a_module() -> None:
    """What an earlier run asked stands where it stood, so that it can be resumed; who asks the same finds the same."""
    first, other = (kept_apart(Path("there"), "shop.py", text) for text in ("one", "other"))

    assert ["shop.py", "shop.py"] == [first.name, other.name]
    assert first != other
    assert first == kept_apart(Path("there"), "shop.py", "one")
