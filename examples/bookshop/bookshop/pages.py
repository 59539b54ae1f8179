"""What the page of authors shows: each author's books, and how many reviews each has."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only, selectinload

from bookshop.models import Author, Book, Review


async def before(session: AsyncSession, limit: int = 20) -> list[dict[str, Any]]:
    """A loop over authors, and one over the books of each."""
    shown = []
    for author in (await session.scalars(select(Author).order_by(Author.id).limit(limit))).all():
        books = []
        for book in await author.awaitable_attrs.books:
            reviews = await book.awaitable_attrs.reviews
            books.append({"title": book.title, "reviews": len(reviews)})
        shown.append({"name": author.name, "books": books})
    return shown


async def after(session: AsyncSession, limit: int = 20) -> list[dict[str, Any]]:
    """Authors, their books' titles, and a count of reviews: three statements, however many there are."""
    wanted = select(Author).order_by(Author.id).limit(limit)
    books = selectinload(Author.books).options(load_only(Book.title))
    authors = (await session.scalars(wanted.options(books))).all()
    of_authors = [book.id for author in authors for book in author.books]
    counted = select(Review.book_id, func.count()).where(Review.book_id.in_(of_authors)).group_by(Review.book_id)
    reviews = dict((await session.execute(counted)).tuples().all())
    return [
        {
            "name": author.name,
            "books": [{"title": book.title, "reviews": reviews.get(book.id, 0)} for book in author.books],
        }
        for author in authors
    ]
