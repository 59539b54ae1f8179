"""A blog: users with a profile each, posts with a heavy body, comments, and tags.

Two parts share the tables. The cohorts come first: users who all have the same fan-out, at fixed keys whatever the
scale, so that a scenario can ask for "500 authors with 10 posts each". The organic part follows, and grows with the
scale: few authors write most posts, few posts draw most comments, few tags are on most posts, as in a blog that people
use. Nobody in a cohort has anything to do with somebody outside it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Literal

from sqlalchemy import JSON, Column, ForeignKey, String, Table, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench import Dataset


class Base(AsyncAttrs, DeclarativeBase):
    """Mapped classes whose attributes can be awaited."""


class User(Base):
    """Somebody who writes posts and comments; `bio` is 500 bytes that most pages have no use for."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(40), unique=True)
    email: Mapped[str] = mapped_column(String(80), unique=True)
    country: Mapped[str] = mapped_column(String(2), index=True)
    phone: Mapped[str | None] = mapped_column(String(20))
    is_active: Mapped[bool]
    is_superuser: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(index=True)
    cohort: Mapped[str] = mapped_column(String(12))
    bio: Mapped[str] = mapped_column(Text, deferred=True)

    profile: Mapped["Profile | None"] = relationship(back_populates="user")
    posts: Mapped[list["Post"]] = relationship(back_populates="author")
    comments: Mapped[list["Comment"]] = relationship(back_populates="author")


class Profile(Base):
    """What a user shows of themselves: one each in a cohort, four users in five otherwise."""

    __tablename__ = "profiles"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), unique=True)
    display_name: Mapped[str] = mapped_column(String(60))
    website: Mapped[str | None] = mapped_column(String(80))
    attributes: Mapped[dict[str, Any]] = mapped_column(JSON().with_variant(JSONB(), "postgresql"))

    user: Mapped[User] = relationship(back_populates="profile")


post_tags = Table(
    "post_tags",
    Base.metadata,
    Column("post_id", ForeignKey("posts.id"), primary_key=True),
    Column("tag_id", ForeignKey("tags.id"), primary_key=True, index=True),
)


class Post(Base):
    """A post; `body` is the heavy column, left out of every SELECT that does not ask for it."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    status: Mapped[str] = mapped_column(String(10))
    views: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[str] = mapped_column(Text, deferred=True)

    author: Mapped[User] = relationship(back_populates="posts")
    comments: Mapped[list["Comment"]] = relationship(back_populates="post")
    tags: Mapped[list["Tag"]] = relationship(secondary=post_tags, back_populates="posts")


class Comment(Base):
    """A user's comment on a post."""

    __tablename__ = "comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"), index=True)
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]

    post: Mapped[Post] = relationship(back_populates="comments")
    author: Mapped[User] = relationship(back_populates="comments")


class Tag(Base):
    """A word that posts are filed under."""

    __tablename__ = "tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), unique=True)

    posts: Mapped[list[Post]] = relationship(secondary=post_tags, back_populates="tags")


Body = Literal["short", "compressible", "out_of_line"]
"""`short`: about 100 bytes; `compressible`: 4 KB that fit a row once compressed; `out_of_line`: 3 to 7 KB in TOAST."""


@dataclass(frozen=True)
class Cohort:
    """Users who all have the same fan-out: keys from `first_user` on; those of their posts from `first_post` on.

    Each wrote `posts` posts; each post has `tags` tags, and `comments` comments by users of the same cohort, of whom
    each wrote `posts * comments`. An author's posts lie apart in the table, as posts written over years do.
    """

    name: str
    first_user: int
    users: int
    first_post: int
    posts: int
    comments: int
    tags: int
    body: Body

    @property
    def written(self) -> int:
        """How many comments each user wrote."""
        return self.posts * self.comments

    @property
    def all_posts(self) -> int:
        """How many posts the cohort has altogether, with keys from `first_post` on."""
        return self.users * self.posts

    def user_ids(self, count: int) -> tuple[int, int]:
        """First and last key of `count` users, both included. Raises `ValueError` where there are not so many."""
        return self._first_and_last(self.first_user, count, self.users, "users")

    def post_ids(self, count: int) -> tuple[int, int]:
        """First and last key of `count` posts, both included; up to `users` of them are all by different authors.

        Raises `ValueError` where there are not so many.
        """
        return self._first_and_last(self.first_post, count, self.all_posts, "posts")

    def _first_and_last(self, first: int, count: int, there: int, what: str) -> tuple[int, int]:
        if count > there:
            raise ValueError(f"the cohort {self.name!r} has {there} {what}, not {count}")
        return first, first + count - 1


ONES = Cohort("ones", 1, 2000, first_post=1, posts=1, comments=0, tags=1, body="out_of_line")
TENS = Cohort("tens", 2001, 2000, first_post=2001, posts=10, comments=0, tags=3, body="short")
HUNDREDS = Cohort("hundreds", 4001, 600, first_post=22001, posts=100, comments=0, tags=0, body="short")
QUIET = Cohort("quiet", 4601, 600, first_post=82001, posts=10, comments=1, tags=10, body="compressible")
BUSY = Cohort("busy", 5201, 600, first_post=88001, posts=10, comments=10, tags=0, body="short")
COHORTS = (ONES, TENS, HUNDREDS, QUIET, BUSY)

FIRST_ORGANIC_USER = 5801
FIRST_ORGANIC_POST = 94001
ORGANIC_USERS = 14_200
"""Users outside the cohorts at scale 1; posts, comments and profiles grow with them, tags do not."""
ORGANIC_POSTS = 70_000
ORGANIC_COMMENTS = 105_000
TAGS = 500
BIO_LENGTH = 500

STRIDE = 7919
"""A prime: multiplying by it spreads the popular ones over the keys, so that popularity says nothing about age."""

EPOCH = datetime(2020, 1, 1)  # noqa: DTZ001 - UTC, without a zone: SQLite would not give one back
"""Users joined in the year from here on; the cohorts posted in the year after it, the others in the next three."""
YEAR = 366 * 24 * 3600

COUNTRIES = ("US", "IN", "DE", "BR", "GB", "FR", "JP", "CA", "NL", "ES", "IT", "PL", "MX", "AU", "SE", "KR", "CH", "ID")
DOMAINS = ("example.com", "example.com", "example.com", "example.org", "example.net", "mail.example.edu")
NAMES = ("ada", "bob", "chen", "dmitri", "elena", "fatima", "gabriel", "hana", "ivan", "jo", "kofi", "leila", "mateo")
STATUSES = ("published",) * 17 + ("draft", "draft", "archived")
LANGUAGES = ("en", "en", "en", "de", "fr", "es", "ja", "pt")
PARTS = ("How to", "Why we", "Notes on", "A year of", "Against", "In praise of", "Ten ways to", "What I know about")
TOPICS = ("query plans", "gardening", "slow trains", "sourdough", "small teams", "testing", "old maps", "index scans")


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Each table with its rows, parents first; every table draws from a generator of its own, so none depends on
    how many rows of another were taken. Only `Random.random` is used, which is the same in every version of Python.
    """

    def own() -> Random:
        return Random(int(random.random() * 2**53))

    prose = _prose(own())
    yield User, _users(scale, own(), prose)
    yield Profile, _profiles(scale, own())
    yield Tag, _tags()
    yield Post, _posts(scale, own(), prose)
    yield post_tags, _post_tags(scale, own())
    yield Comment, _comments(scale, own(), prose)


def _users(scale: int, random: Random, prose: str) -> Iterator[tuple[Any, ...]]:
    draw, room = random.random, len(prose) - BIO_LENGTH
    for number, cohort in _members(scale):
        name = NAMES[int(len(NAMES) * draw())]
        skew = draw()
        start = int(room * draw())
        yield (
            number,
            f"{name}{number}",
            f"{name}.{number}@{DOMAINS[int(len(DOMAINS) * draw())]}",
            COUNTRIES[int(len(COUNTRIES) * skew * skew)],
            f"+{10 + int(80 * draw())}{int(1e9 * draw()):09d}" if draw() < 0.7 else None,
            draw() < 0.85,
            draw() < 0.01,
            EPOCH + timedelta(0, int(YEAR * draw())),
            cohort.name if cohort else "organic",
            prose[start : start + BIO_LENGTH],
        )


def _members(scale: int) -> Iterator[tuple[int, Cohort | None]]:
    """Each user's key with their cohort, None for an organic one."""
    for cohort in COHORTS:
        for number in range(cohort.first_user, cohort.first_user + cohort.users):
            yield number, cohort
    for number in range(FIRST_ORGANIC_USER, FIRST_ORGANIC_USER + ORGANIC_USERS * scale):
        yield number, None


def _profiles(scale: int, random: Random) -> Iterator[tuple[Any, ...]]:
    draw = random.random
    key = 0
    for number, cohort in _members(scale):
        if cohort is None and draw() < 0.2:
            continue
        key += 1
        attributes = {
            "theme": "dark" if draw() < 0.3 else "light",
            "language": LANGUAGES[int(len(LANGUAGES) * draw())],
            "newsletter": draw() < 0.1,
            "karma": int(10 / (draw() + 0.001)),
        }
        website = f"https://{number}.example.org/" if draw() < 0.4 else None
        yield key, number, f"User number {number}", website, attributes


def _tags() -> Iterator[tuple[Any, ...]]:
    for number in range(1, TAGS + 1):
        yield number, f"{TOPICS[number % len(TOPICS)].replace(' ', '-')}-{number}"


def _posts(scale: int, random: Random, prose: str) -> Iterator[tuple[Any, ...]]:
    draw = random.random

    def post(number: int, author: int, second: int, body: str) -> tuple[Any, ...]:
        title = f"{PARTS[int(len(PARTS) * draw())]} {TOPICS[number % len(TOPICS)]}, {number}"
        views = int(20 / (draw() + 0.0002))
        return number, author, title, STATUSES[int(20 * draw())], views, EPOCH + timedelta(0, second), body

    for cohort in COHORTS:
        for index in range(cohort.all_posts):
            number = cohort.first_post + index
            author = cohort.first_user + index % cohort.users
            yield post(number, author, _cohort_posted_at(number), _body(cohort.body, draw, prose))
    users, posts = ORGANIC_USERS * scale, ORGANIC_POSTS * scale
    for index in range(posts):
        body: Body = "out_of_line" if draw() < 0.02 else "short"
        author = FIRST_ORGANIC_USER + _skewed(draw(), users, ranks=users * 7 // 10)
        yield post(FIRST_ORGANIC_POST + index, author, _organic_posted_at(index, posts), _body(body, draw, prose))


def _post_tags(scale: int, random: Random) -> Iterator[tuple[int, int]]:
    draw = random.random
    for cohort in COHORTS:
        for number in range(cohort.first_post, cohort.first_post + cohort.all_posts):
            for tag in _some_tags(cohort.tags, draw):
                yield number, tag
    for number in range(FIRST_ORGANIC_POST, FIRST_ORGANIC_POST + ORGANIC_POSTS * scale):
        for tag in _some_tags(min(8, int(0.55 / (draw() + 0.03))), draw):
            yield number, tag


def _some_tags(count: int, draw: Any) -> dict[int, None]:
    """That many different tags, low keys more often, in the order they were drawn."""
    chosen: dict[int, None] = {}
    while len(chosen) < count:
        low = draw()
        chosen[1 + int(TAGS * low * low * low)] = None
    return chosen


def _comments(scale: int, random: Random, prose: str) -> Iterator[tuple[Any, ...]]:
    draw, room = random.random, len(prose) - 120
    key = 0

    def comment(post: int, author: int, posted: int) -> tuple[Any, ...]:
        start = int(room * draw())
        second = posted + 60 + int(1800 / (draw() + 0.0005))
        return key, post, author, prose[start : start + 20 + int(100 * draw())], EPOCH + timedelta(0, second)

    for cohort in COHORTS:
        for index in range(cohort.all_posts * cohort.comments):
            key += 1
            block, place = divmod(index, cohort.users)
            # Every user once in each block, and turned further each time, to meet the posts of different authors.
            author = cohort.first_user + (place + 1 + block * 37) % cohort.users
            number = cohort.first_post + index % cohort.all_posts
            yield comment(number, author, _cohort_posted_at(number))
    users, posts = ORGANIC_USERS * scale, ORGANIC_POSTS * scale
    for _ in range(ORGANIC_COMMENTS * scale):
        key += 1
        place = _skewed(draw(), posts, ranks=posts)
        author = FIRST_ORGANIC_USER + _skewed(draw(), users, ranks=users * 7 // 10)
        yield comment(FIRST_ORGANIC_POST + place, author, _organic_posted_at(place, posts))


def _skewed(uniform: float, count: int, ranks: int) -> int:
    """One of `count` places, of which `ranks` are drawn at all, from a number in [0, 1): popularity is rank ** (-2/3).

    Only products, which every platform rounds alike; a library's `pow` may differ in the last bit.
    """
    return int(ranks * uniform * uniform * uniform) * STRIDE % count


def _cohort_posted_at(number: int) -> int:
    """Seconds after `EPOCH`."""
    return YEAR + YEAR * number // FIRST_ORGANIC_POST


def _organic_posted_at(index: int, posts: int) -> int:
    """Seconds after `EPOCH` of the `index`-th of `posts` organic posts."""
    return 2 * YEAR + 3 * YEAR * index // posts


def _body(kind: Body, draw: Any, prose: str) -> str:
    if kind == "short":
        start = int((len(prose) - 140) * draw())
        return prose[start : start + 60 + int(80 * draw())]
    if kind == "compressible":
        start = int((len(prose) - 400) * draw())
        return prose[start : start + 400] * 10
    start = int((len(prose) - 7000) * draw())
    return prose[start : start + 3000 + int(4000 * draw())]


def _prose(random: Random) -> str:
    """A long text of made-up words to cut pieces from; letters are too even in it to be compressed by a half."""
    draw = random.random
    letters = "eeeetttaaaooiinnsshhrrddlluuccmmffwwggyyppbbvvkkxjqz"
    words = ["".join(letters[int(len(letters) * draw())] for _ in range(2 + int(8 * draw()))) for _ in range(4000)]
    return " ".join(words[int(len(words) * draw())] for _ in range(30_000))


blog = Dataset("blog", Base.metadata, rows)
