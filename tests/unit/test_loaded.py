"""What a result holds as plain data: objects by what was loaded of them, and nothing is loaded for it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import pytest
from sqlalchemy import Column, ForeignKey, Table, create_engine, event, select
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

from bench.equality import NotPlainError, first_difference, require_plain
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
        found = loaded(authors)
    engine.dispose()
    return found, len(sent)


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
    """Dataclasses become dicts, sets and views lists; numbers and text stay as they are."""
    assert {"a": [{"title": "t", "sizes": (1, 2)}], 2: None} == loaded({"a": [Shown("t", (1, 2))], 2: None})
    assert [3] == loaded({3})
    assert [3] == loaded({"a": 3}.values())


class Student(Base):
    """Who attends."""

    __tablename__ = "student"
    id: Mapped[int] = mapped_column(primary_key=True)
    courses: Mapped[list[Course]] = relationship(secondary="attends", back_populates="students")


class Course(Base):
    """What is attended."""

    __tablename__ = "course"
    id: Mapped[int] = mapped_column(primary_key=True)
    students: Mapped[list[Student]] = relationship(secondary="attends", back_populates="courses")


Table(
    "attends",
    Base.metadata,
    Column("student_id", ForeignKey("student.id"), primary_key=True),
    Column("course_id", ForeignKey("course.id"), primary_key=True),
)


def students(*numbers: int) -> list[Student]:
    """Students who all attend the same two courses, in this order."""
    courses = [Course(id=1), Course(id=2)]
    return [Student(id=number, courses=list(courses)) for number in numbers]


def test_collections_that_lead_to_each_other_end() -> None:
    """An object has its attributes where the fewest steps lead to it, and its class elsewhere, in whichever order the
    rows came.
    """
    course = [{"class": "Course", "id": one, "students": [{"class": "Student"}] * 2} for one in (1, 2)]
    expected = [{"class": "Student", "id": one, "courses": course} for one in (1, 2)]

    assert expected == loaded(students(1, 2))
    assert None is first_difference(expected, loaded(students(2, 1)), ordered=False)


def test_many_who_lead_to_many_are_told_in_a_size_that_can_be_read() -> None:
    """Twenty students of two courses are told in forty courses, and not once for each way that leads to them."""
    told = repr(loaded(students(*range(20))))

    assert (20, 40) == (told.count("'courses'"), told.count("'students'"))


class Money:
    """A type of somebody's own, which says what it is."""

    def __init__(self, cents: int) -> None:
        self.cents = cents

    def __repr__(self) -> str:
        return f"Money({self.cents})"


class Point:
    """One that does not."""

    def __init__(self, x: int) -> None:
        self.x = x


class Long:
    """One that says a part."""

    def __repr__(self) -> str:
        return "Long(1, 2, ..., 9)"


def test_a_type_of_one_s_own_is_what_it_says() -> None:
    """Its repr, or its attributes where that is an address."""
    expected = [
        {"class": "Money", "repr": "Money(3)"},
        {"class": "IPv4Address", "repr": "IPv4Address('10.0.0.1')"},
        {"class": "Point", "x": 4},
    ]

    assert expected == loaded([Money(3), ip_address("10.0.0.1"), Point(4)])


def test_what_says_a_part_of_itself_is_refused() -> None:
    """Two that differ where nobody looks would count as equal."""
    with pytest.raises(NotPlainError, match=r"^result\[0\] is of the type Long, which cannot be compared by value"):
        require_plain(loaded([Long()]))


def test_objects_may_be_keys() -> None:
    """A dict by object is told as its pairs."""
    assert [({"class": "Course", "id": 1}, 2)] == loaded({Course(id=1): 2})


@pytest.mark.parametrize(
    ("unread", "kind"),
    [
        (iter([1]), "list_iterator"),
        (map(str, [1]), "map"),
        (select(Author), "Select"),
        (Session().query(Author), "Query"),
    ],
)
def test_what_nobody_has_read_is_refused(unread: Any, kind: str) -> None:
    """It cost nothing where it was timed."""
    with pytest.raises(NotPlainError, match=f"^the result holds a {kind}, of which nothing was read within the call"):
        loaded({"rows": unread})


def test_what_contains_itself_is_refused() -> None:
    """In a line, and not by the end of the stack."""
    around: list[Any] = []
    around.append(around)

    with pytest.raises(NotPlainError, match="nested deeper than 100 levels, or contains itself"):
        loaded(around)
