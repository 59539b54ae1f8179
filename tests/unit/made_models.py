"""Mapped classes of every kind that rows are made for: keys of several columns and to oneself, links, inheritance."""

from __future__ import annotations

import enum
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """What these classes are mapped by."""


class Grade(enum.Enum):
    """What a column may have."""

    GOOD = "good"
    FAIR = "fair"


class Tenant(Base):
    """What others belong to."""

    __tablename__ = "tenant"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    code: Mapped[str] = mapped_column(String(3), unique=True)


class Author(Base):
    """A key of two columns, one of which refers, and a superior of the same tenant."""

    __tablename__ = "author"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    email: Mapped[str] = mapped_column(String(120), unique=True)
    age: Mapped[int | None]
    grade: Mapped[Grade]
    born: Mapped[date]
    until: Mapped[date]
    boss_id: Mapped[int | None]
    __table_args__ = (
        CheckConstraint("age >= 18 AND age < 99", name="grown_up"),
        CheckConstraint("born < until", name="in_order"),
        ForeignKeyConstraint(["tenant_id", "boss_id"], ["author.tenant_id", "author.id"]),
    )


class Category(Base):
    """A tree."""

    __tablename__ = "category"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    __table_args__ = (UniqueConstraint("tenant_id", "id"),)


class Post(Base):
    """Refers by two keys that share a column."""

    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    tenant_id: Mapped[int]
    author_id: Mapped[int]
    category_id: Mapped[int | None]
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(server_default=func.now())
    status: Mapped[str] = mapped_column(String(10), server_default="draft")
    price: Mapped[Decimal] = mapped_column(Numeric(6, 2))
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "author_id"], ["author.tenant_id", "author.id"]),
        ForeignKeyConstraint(["tenant_id", "category_id"], ["category.tenant_id", "category.id"]),
    )


class Tag(Base):
    """Unique whatever the case."""

    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    __table_args__ = (Index("tag_name", func.lower(text("name")), unique=True),)


post_tag = Table(
    "post_tag",
    Base.metadata,
    Column("post_id", ForeignKey("post.id"), primary_key=True),
    Column("tag_id", ForeignKey("tag.id"), primary_key=True),
)


class Profile(Base):
    """One for a tag at most."""

    __tablename__ = "profile"
    id: Mapped[int] = mapped_column(primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), unique=True)


class Vote(Base):
    """Five for a post at most, each another."""

    __tablename__ = "vote"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))
    stars: Mapped[int]
    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="five"), UniqueConstraint("post_id", "stars"))


class Animal(Base):
    """The first of a hierarchy."""

    __tablename__ = "animal"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    __mapper_args__ = {  # noqa: RUF012 - as everybody writes it
        "polymorphic_on": "kind",
        "polymorphic_identity": "animal",
    }


class Dog(Animal):
    """With a table of its own."""

    __tablename__ = "dog"
    id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
    bark: Mapped[str] = mapped_column(String(5))
    __mapper_args__ = {  # noqa: RUF012 - as everybody writes it
        "polymorphic_identity": "dog"
    }


class Puppy(Dog):
    """With a third one."""

    __tablename__ = "puppy"
    id: Mapped[int] = mapped_column(ForeignKey("dog.id"), primary_key=True)
    __mapper_args__ = {  # noqa: RUF012 - as everybody writes it
        "polymorphic_identity": "puppy"
    }


class Cat(Animal):
    """Without one."""

    lives: Mapped[int | None]
    __mapper_args__ = {  # noqa: RUF012 - as everybody writes it
        "polymorphic_identity": "cat"
    }
