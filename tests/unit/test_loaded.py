"""What a result holds as plain data: objects by what was loaded of them, and nothing is loaded for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ForeignKey, create_engine, event, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Session,
    joinedload,
    load_only,
    mapped_column,
    relationship,
    selectinload,
)

from bench.modelling.loaded import loaded


class Base(DeclarativeBase):
    """What these classes are mapped by."""


class Author(Base):
    """Who writes."""

    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    """What is written."""

    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="posts")


def read(*options: Any) -> tuple[Any, int]:
    """What is loaded of all authors with these options, and the statements that telling it sent."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Author(id=1, name="a", posts=[Post(id=1), Post(id=2)]))
        session.commit()
    sent: list[str] = []
    with Session(engine) as session:
        authors = session.scalars(select(Author).options(*options)).unique().all()
        event.listen(engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        return loaded(authors), len(sent)


def test_an_object_is_what_was_loaded_of_it() -> None:
    """Columns that were left out and relationships that nobody loaded are not there, and nothing is sent for them."""
    assert ([{"class": "Author", "id": 1, "name": "a"}], 0) == read()
    assert ([{"class": "Author", "id": 1}], 0) == read(load_only(Author.id))


def test_related_objects_are_the_same_however_they_were_loaded() -> None:
    """What leads back to the object itself is left out, so that two ways to load the same are equal."""
    posts = [{"class": "Post", "id": number, "author_id": 1} for number in (1, 2)]
    expected = ([{"class": "Author", "id": 1, "name": "a", "posts": posts}], 0)

    assert expected == read(selectinload(Author.posts))
    assert expected == read(joinedload(Author.posts))
    assert expected == read(selectinload(Author.posts).joinedload(Post.author))


@dataclass
class Shown:
    """Somebody's own data."""

    title: str
    sizes: tuple[int, ...]


def test_what_is_plain_stays_and_containers_are_looked_into() -> None:
    """Dataclasses become dicts, iterators and sets lists; numbers and text stay as they are."""
    assert {"a": [{"title": "t", "sizes": (1, 2)}], 2: None} == loaded({"a": iter([Shown("t", (1, 2))]), 2: None})
    assert [3] == loaded({3})
