"""`bench models`: every relationship, heavy column and key of somebody's own classes."""

from __future__ import annotations

from collections.abc import Callable
from math import comb
from pathlib import Path

import pytest

from bench.cli.models import ROUNDS_A_QUESTION
from bench.statistics import fewest_for_significance
from bench.verdicts.comparisons import ALPHA_CUT_SHORT
from tests.cli.helpers import Ran, only_result

Bench = Callable[..., Ran]

MODELS = """
from typing import Optional
from sqlalchemy import Column, ForeignKey, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, attribute_keyed_dict, mapped_column, relationship

class Base(DeclarativeBase):
    pass

tagged = Table(
    "tagged", Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
)

class Author(Base):
    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
    profile: Mapped[Optional["Profile"]] = relationship(lazy="selectin")
    everything: Mapped[list["Post"]] = relationship(lazy="write_only", viewonly=True)

class Profile(Base):
    __tablename__ = "profiles"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), unique=True)

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"), index=True)
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[Author] = relationship(back_populates="posts", lazy="raise")
    tags: Mapped[dict[str, "Tag"]] = relationship(secondary=tagged, collection_class=attribute_keyed_dict("name"))

class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), unique=True)
"""
QUICK = ("--database", "sqlite", "--budget", "6s", "--rows", "authors=200", "--rows", "posts=600", "--rows", "tags=20")


@pytest.fixture(autouse=True)
def shop(tmp_path: Path) -> None:
    """Classes with relationships of every kind."""
    (tmp_path / "shop.py").write_text(MODELS)


def strategies(folder: Path) -> dict[str, list[str]]:
    """The strategies of each scenario of the only result."""
    return {
        one["name"].partition(".")[2]: [strategy["name"] for strategy in one["points"][0]["strategies"]]
        for one in only_result(folder)["scenarios"]
    }


def test_everything_that_can_be_loaded_in_several_ways_is_asked(bench: Bench, tmp_path: Path) -> None:
    """Each relationship in every way that fits it, beside what it has now; heavy columns; rows by key; and a last table
    that says what the data speaks for.
    """
    ran = bench("models", "shop:Base", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    assert {
        "author_posts": ["as_mapped", "selectin", "joined", "subquery"],
        "author_profile": ["as_mapped", "lazy", "joined", "subquery"],
        "post_author": ["lazy", "selectin", "joined", "subquery", "joined_inner"],
        "post_tags": ["as_mapped", "selectin", "joined", "subquery"],
        "post_without_body": ["as_mapped", "defer", "load_only", "columns"],
        **{f"{name}_by_key": ["get_each", "in_"] for name in ("author", "post", "profile", "tag")},
    } == strategies(tmp_path)
    assert "9 questions, 0.67 s each: 6 s at least (--only CLASS asks fewer, --budget gives them less time)" in ran.out
    assert 'Author.everything is left out: lazy="write_only": no loader option applies' in ran.out
    table = ran.out.partition("the data speaks for")[2]
    for what, now in (
        ("Author.posts", 'lazy="select"'),
        ("Author.profile", 'lazy="selectin"'),
        ("Post.author", 'lazy="raise"'),
    ):
        assert any(line.split()[:2] == [what, now] for line in table.splitlines()), (what, table)


def test_so_many_rounds_tell_five_ways_apart() -> None:
    """Each pair of five takes eleven rounds that all say the same, where the time has cut them short."""
    assert 11 == ROUNDS_A_QUESTION == fewest_for_significance(comb(5, 2), ALPHA_CUT_SHORT)


@pytest.mark.parametrize(("given", "rounds"), [((), 11), (("--budget", "1s"), 0), (("--rounds", "3"), 3)])
def test_a_question_has_the_rounds_of_a_verdict(
    bench: Bench, tmp_path: Path, given: tuple[str, ...], rounds: int
) -> None:
    """Without a budget each has so many that five ways can be told apart, or as many as are asked for."""
    few = ("--database", "sqlite", "--only", "Author.profile", "--rows", "authors=20")

    assert 0 == bench("models", "shop:Base", *few, *given).code
    result = only_result(tmp_path)
    assert rounds == result["settings"]["rounds"]
    assert rounds <= result["scenarios"][0]["points"][0]["rounds"]


def test_one_relationship_can_be_asked_about(bench: Bench, tmp_path: Path) -> None:
    """`--only` leaves the others out, and `--depth 2` asks what follows it, never back to where it came from."""
    ran = bench("models", "shop", "--only", "Author.posts", "--depth", "2", *QUICK)

    assert 0 == ran.code, ran.out + ran.err
    found = strategies(tmp_path)
    assert ["author_posts", "author_posts_tags"] == list(found)
    assert [
        *("as_mapped", "selectin", "joined", "subquery", "selectin_then_joined", "joined_then_selectin"),
    ] == found["author_posts_tags"]


def test_the_scenarios_are_kept_as_a_module(bench: Bench, tmp_path: Path) -> None:
    """`--write` keeps a module that runs by itself, and writes over none."""
    assert 0 == bench("models", "shop:Base", "--only", "Author.posts", "--write", "scenarios/authors.py", *QUICK).code

    again = bench("models", "shop:Base", "--write", "scenarios/authors.py", *QUICK)
    assert "--write scenarios/authors.py: it is there already: name another file, or remove it" == again.complaint
    ran = bench("count", "--scenarios", "scenarios", "authors", "--database", "sqlite", "--output", "kept.json")
    assert 0 == ran.code, ran.err
    assert "authors.author_posts" in ran.out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("shop:Bas",), "shop has no 'Bas'; there is Base"),
        (("shop.py",), "shop.py names a file: name the module as `import` does, shop:Base"),
        (
            ("shop:Base", "--only", "Autor.posts"),
            "--only Autor.posts: there is nothing to ask of it; close to it: Author.posts",
        ),
        (
            ("shop:Base", "--only", "Author.everything"),
            '--only Author.everything: there is nothing to ask of it, lazy="write_only": no loader option applies',
        ),
        (("broken:Base",), "broken does not import (broken.py:1): ZeroDivisionError: division by zero"),
        (("dangling:Base",), "dangling:Base: its mappers do not configure: "),
        (("bare:metadata",), "bare:metadata maps no class: give the base or the registry that your models have"),
    ],
)
def test_what_cannot_be_asked_is_said(bench: Bench, tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    """A base that does not import, mappers that do not configure, a name that is not there: a line each."""
    (tmp_path / "broken.py").write_text("1 / 0\n")
    (tmp_path / "bare.py").write_text("from sqlalchemy import MetaData\nmetadata = MetaData()\n")
    (tmp_path / "dangling.py").write_text(
        MODELS.replace('"Post"]] = relationship(back', '"Pots"]] = relationship(back')
    )

    ran = bench("models", *words, "--database", "sqlite")

    assert complaint in ran.complaint
    assert "Traceback" not in ran.err
