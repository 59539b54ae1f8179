"""The bookshop's API: one page, as it was written first and as it is now."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from functools import cache
from typing import Annotated

from fastapi import Depends, FastAPI
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from bookshop import pages

app = FastAPI(title="Bookshop")


class BookShown(BaseModel):
    title: str
    reviews: int


class AuthorShown(BaseModel):
    name: str
    books: list[BookShown]


@cache
def engine() -> AsyncEngine:
    return create_async_engine(os.environ["BOOKSHOP_DATABASE"])


async def session() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(engine(), expire_on_commit=False) as opened:
        yield opened


Session = Annotated[AsyncSession, Depends(session)]


@app.get("/before/authors")
async def authors_before(session: Session, limit: int = 20) -> list[AuthorShown]:
    return [AuthorShown.model_validate(author) for author in await pages.before(session, limit)]


@app.get("/authors")
async def authors(session: Session, limit: int = 20) -> list[AuthorShown]:
    return [AuthorShown.model_validate(author) for author in await pages.after(session, limit)]
