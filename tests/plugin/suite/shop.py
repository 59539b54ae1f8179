"""An application as a suite of the plugin's tests has it: authors with posts, read well and badly."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, immediateload, mapped_column, relationship, selectinload


class Base(AsyncAttrs, DeclarativeBase):
    """The tables."""


class Author(Base):
    """Has posts."""

    __tablename__ = "authors"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list[Post]] = relationship(back_populates="author")


class Post(Base):
    """Is one author's."""

    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    title: Mapped[str]
    author: Mapped[Author] = relationship(back_populates="posts")


def rows(authors: int) -> list[Author]:
    """So many authors with a post each."""
    return [Author(name=f"author {number}", posts=[Post(title="a post")]) for number in range(authors)]


def titles(author: Author) -> list[str]:
    """One author's titles."""
    return [post.title for post in author.posts]  # titles


def lazily(session: Session) -> list[list[str]]:
    """Every author's titles, by a statement each."""
    return [titles(author) for author in session.scalars(select(Author))]  # lazily


def eagerly(session: Session) -> list[list[str]]:
    """Every author's titles, by two statements."""
    return [titles(author) for author in session.scalars(select(Author).options(selectinload(Author.posts)))]


def immediately(session: Session) -> list[list[str]]:
    """Every author's titles, by a statement each while the authors are loaded."""
    statement = select(Author).options(immediateload(Author.posts))
    return [titles(author) for author in session.scalars(statement)]  # immediately


def by_id(session: Session, ids: list[int]) -> list[str]:
    """Some authors' names, by a statement each."""
    return [session.get_one(Author, number).name for number in ids]  # by_id


def everybody() -> Select[tuple[Author]]:
    """All authors."""
    return select(Author).order_by(Author.id)


async def lazily_async(session: AsyncSession) -> list[list[str]]:
    """Every author's titles, by a statement each."""
    authors = (await session.scalars(everybody())).all()  # authors_async
    return [[post.title for post in await author.awaitable_attrs.posts] for author in authors]  # lazily_async
