"""Tables as applications have them, each with what makes its rows hard to make."""

from __future__ import annotations

import enum
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    CHAR,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import CIDR, DATERANGE, MACADDR, UUID, Range
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


def base() -> Any:
    """A declarative base of its own."""

    class Base(DeclarativeBase):
        """What classes are mapped by."""

    return Base


class State(enum.Enum):
    """What an order can be, written otherwise than it is called."""

    OPEN = "open"
    PAID = "paid"
    SENT = "sent"


def intervals() -> Any:
    """Durations, by SQLAlchemy's own type."""
    Base = base()  # noqa: N806 - a class

    class Task(Base):
        """Takes a while."""

        __tablename__ = "task"
        id: Mapped[int] = mapped_column(primary_key=True)
        takes: Mapped[timedelta]
        pause: Mapped[timedelta | None] = mapped_column(Interval(native=True))

    return Base


def few_values() -> Any:
    """Keys of short text and of dates, of which there are fewer than rows are usual."""
    Base = base()  # noqa: N806

    class User(Base):
        """Who is there."""

        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Day(Base):
        """What somebody did on a day."""

        __tablename__ = "day"
        user_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        day: Mapped[date] = mapped_column(primary_key=True)

    class Country(Base):
        """Two letters."""

        __tablename__ = "country"
        code: Mapped[str] = mapped_column(CHAR(2), primary_key=True)

    class Region(Base):
        """Two letters within a country."""

        __tablename__ = "region"
        id: Mapped[int] = mapped_column(primary_key=True)
        country: Mapped[str] = mapped_column(ForeignKey("country.code"))
        code: Mapped[str] = mapped_column(String(2))
        __table_args__ = (UniqueConstraint("country", "code"),)

    class Grade(Base):
        """Whole numbers of two digits, and bytes of one."""

        __tablename__ = "grade"
        points: Mapped[Any] = mapped_column(Numeric(2, 0), primary_key=True)
        sign: Mapped[bytes] = mapped_column(LargeBinary(2), unique=True)
        net: Mapped[str] = mapped_column(CIDR, unique=True)
        card: Mapped[str] = mapped_column(MACADDR, unique=True)

    class Slot(Base):
        """Distinct values within bounds, some of them excluded."""

        __tablename__ = "slot"
        number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
        opens: Mapped[date] = mapped_column(unique=True)
        at: Mapped[datetime] = mapped_column(unique=True)
        fee: Mapped[Any] = mapped_column(Numeric(4, 1), unique=True)
        change: Mapped[Any] = mapped_column(Numeric(2, 1))
        __table_args__ = (
            CheckConstraint("number BETWEEN 0 AND 40 AND number <> 7"),
            CheckConstraint("opens < '2020-03-01' AND opens >= '2020-01-01'"),
            CheckConstraint("at < '2020-03-01 00:00'"),
            CheckConstraint("fee <= 5"),
            CheckConstraint("change <> 0 AND change <= 0.2"),
        )

    return Base


def one_to_one() -> Any:
    """A relationship to one object over a key that is not unique."""
    Base = base()  # noqa: N806

    class Account(Base):
        """Has one profile, and many posts of which one is the last."""

        __tablename__ = "account"
        id: Mapped[int] = mapped_column(primary_key=True)
        profile: Mapped[Profile] = relationship(back_populates="account")
        posts: Mapped[list[Post]] = relationship()
        last: Mapped[Post | None] = relationship(viewonly=True)

    class Profile(Base):
        """Belongs to an account."""

        __tablename__ = "profile"
        id: Mapped[int] = mapped_column(primary_key=True)
        account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
        account: Mapped[Account] = relationship(back_populates="profile")

    class Post(Base):
        """Many for an account."""

        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)
        account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))

    return Base


def tenants() -> Any:
    """Links whose two keys share the tenant, and a number that is unique within it."""
    Base = base()  # noqa: N806

    class Tenant(Base):
        """Whose everything is."""

        __tablename__ = "tenant"
        id: Mapped[int] = mapped_column(primary_key=True)

    class User(Base):
        """Of a tenant."""

        __tablename__ = "member"
        tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    class Group(Base):
        """Of a tenant."""

        __tablename__ = "team"
        tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    class Membership(Base):
        """Of both, which are of one tenant."""

        __tablename__ = "membership"
        tenant_id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(primary_key=True)
        group_id: Mapped[int] = mapped_column(primary_key=True)
        __table_args__ = (
            ForeignKeyConstraint(["tenant_id", "user_id"], ["member.tenant_id", "member.id"]),
            ForeignKeyConstraint(["tenant_id", "group_id"], ["team.tenant_id", "team.id"]),
        )

    class Seat(Base):
        """One of ten within a tenant, whoever has it."""

        __tablename__ = "seat"
        id: Mapped[int] = mapped_column(primary_key=True)
        tenant_id: Mapped[int]
        user_id: Mapped[int]
        seat: Mapped[int] = mapped_column(CheckConstraint("seat BETWEEN 1 AND 10"))
        __table_args__ = (
            ForeignKeyConstraint(["tenant_id", "user_id"], ["member.tenant_id", "member.id"]),
            UniqueConstraint("tenant_id", "seat"),
        )

    return Base


def orders_of_columns() -> Any:
    """Columns that stand in an order, some within bounds of their own."""
    Base = base()  # noqa: N806

    class Plan(Base):
        """Three dates, two amounts, two times, and a length that hangs on them."""

        __tablename__ = "plan"
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[date]
        b: Mapped[date]
        c: Mapped[date | None]
        min_qty: Mapped[int]
        max_qty: Mapped[int]
        opens: Mapped[time]
        closes: Mapped[time]
        first: Mapped[int] = mapped_column(SmallInteger)
        last: Mapped[int] = mapped_column(SmallInteger)
        day: Mapped[date]
        at: Mapped[datetime]
        code: Mapped[str] = mapped_column(String(20))
        other: Mapped[str] = mapped_column(String(20))
        __table_args__ = (
            CheckConstraint("a <= b AND b <= c"),
            CheckConstraint("min_qty >= 10 AND min_qty <= max_qty AND max_qty <= 12"),
            CheckConstraint("opens < closes"),
            CheckConstraint("first BETWEEN 1 AND 3 AND last BETWEEN 1 AND 3 AND first < last"),
            CheckConstraint("other <> code"),
        )

    class Starts(Base):
        """A beginning that nothing else has, and an end after it."""

        __tablename__ = "starts"
        id: Mapped[int] = mapped_column(primary_key=True)
        begins: Mapped[datetime] = mapped_column(unique=True)
        ends: Mapped[datetime]
        __table_args__ = (CheckConstraint("ends > begins"),)

    return Base


def friends() -> Any:
    """Two keys to one table that differ, or stand in an order."""
    Base = base()  # noqa: N806

    class Person(Base):
        """Who knows others."""

        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Friendship(Base):
        """Of two, written once."""

        __tablename__ = "friendship"
        a_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        b_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        __table_args__ = (CheckConstraint("a_id < b_id"),)

    class Follow(Base):
        """Of another."""

        __tablename__ = "follow"
        follower_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        followed_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
        __table_args__ = (CheckConstraint("follower_id <> followed_id"),)

    class Transfer(Base):
        """From one to another, as often as one likes."""

        __tablename__ = "transfer"
        id: Mapped[int] = mapped_column(primary_key=True)
        source_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
        target_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
        __table_args__ = (CheckConstraint("source_id <> target_id"),)

    return Base


def nulls() -> Any:
    """Columns of which one is null where another is not, classes in one table, and alternatives."""
    Base = base()  # noqa: N806

    class Post(Base):
        """What is commented on."""

        __tablename__ = "post"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Photo(Base):
        """The same."""

        __tablename__ = "photo"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Comment(Base):
        """On one of both."""

        __tablename__ = "comment"
        id: Mapped[int] = mapped_column(primary_key=True)
        post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
        photo_id: Mapped[int | None] = mapped_column(ForeignKey("photo.id"))
        day: Mapped[date | None]
        at: Mapped[datetime | None]
        size: Mapped[str] = mapped_column(String(9))
        __table_args__ = (
            CheckConstraint("num_nonnulls(post_id, photo_id) = 1"),
            CheckConstraint("(day IS NULL AND at IS NOT NULL) OR (day IS NOT NULL AND at IS NULL)"),
            CheckConstraint("size = 'small' OR size = 'large'"),
        )

    class Payment(Base):
        """Of one kind or another."""

        __tablename__ = "payment"
        id: Mapped[int] = mapped_column(primary_key=True)
        type: Mapped[str] = mapped_column(String(10))
        number: Mapped[str | None] = mapped_column(String(16))
        state: Mapped[State]
        sent: Mapped[datetime | None]
        __mapper_args__ = {"polymorphic_on": "type", "polymorphic_identity": "cash"}  # noqa: RUF012 - as it is written
        __table_args__ = (
            CheckConstraint("type <> 'card' OR number IS NOT NULL"),
            CheckConstraint("(state = 'SENT') = (sent IS NOT NULL)"),
        )

    class Card(Payment):
        """With a number."""

        __mapper_args__ = {"polymorphic_identity": "card"}  # noqa: RUF012

    return Base


def trees() -> Any:
    """A tree within tenants that have no table, and a list of rows of which each knows the next."""
    Base = base()  # noqa: N806

    class Node(Base):
        """Has a parent of its tenant."""

        __tablename__ = "node"
        tenant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
        parent_id: Mapped[int | None]
        __table_args__ = (ForeignKeyConstraint(["tenant_id", "parent_id"], ["node.tenant_id", "node.id"]),)

    class Step(Base):
        """Follows another."""

        __tablename__ = "step"
        id: Mapped[int] = mapped_column(primary_key=True)
        after_id: Mapped[int | None] = mapped_column(ForeignKey("step.id"), unique=True)

    class Side(Base):
        """Left or right of another."""

        __tablename__ = "side"
        id: Mapped[int] = mapped_column(primary_key=True)
        parent_id: Mapped[int | None] = mapped_column(ForeignKey("side.id"))
        is_left: Mapped[bool]
        __table_args__ = (UniqueConstraint("parent_id", "is_left"),)

    return Base


def counts() -> Any:
    """Amounts that hang on each other: in a circle, by class, in groups that share a part, and nulls that are alike."""
    Base = base()  # noqa: N806

    class Person(Base):
        """Has an address, which has a person."""

        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)
        address_id: Mapped[int | None] = mapped_column(
            ForeignKey("address.id", use_alter=True, name="lives"), unique=True
        )

    class Address(Base):
        """Belongs to one."""

        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)
        person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))

    class Animal(Base):
        """The first of its classes."""

        __tablename__ = "animal"
        id: Mapped[int] = mapped_column(primary_key=True)
        kind: Mapped[str]
        __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "animal"}  # noqa: RUF012

    class Dog(Animal):
        """Only one for an address."""

        __tablename__ = "dog"
        id: Mapped[int] = mapped_column(ForeignKey("animal.id"), primary_key=True)
        address_id: Mapped[int] = mapped_column(ForeignKey("address.id"), unique=True)
        __mapper_args__ = {"polymorphic_identity": "dog"}  # noqa: RUF012

    class Visit(Base):
        """One of a person and one of an address for an animal."""

        __tablename__ = "visit"
        id: Mapped[int] = mapped_column(primary_key=True)
        person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
        address_id: Mapped[int] = mapped_column(ForeignKey("address.id"))
        animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"))
        __table_args__ = (UniqueConstraint("person_id", "animal_id"), UniqueConstraint("address_id", "animal_id"))

    class Badge(Base):
        """Null is like null."""

        __tablename__ = "badge"
        id: Mapped[int] = mapped_column(primary_key=True)
        code: Mapped[str | None] = mapped_column(String(30))
        person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
        __table_args__ = (
            UniqueConstraint("code", postgresql_nulls_not_distinct=True),
            UniqueConstraint("person_id", "id", postgresql_nulls_not_distinct=True),
        )

    return Base


def partly_unique() -> Any:
    """Indexes that want one row where something holds."""
    Base = base()  # noqa: N806

    class User(Base):
        """Has several addresses."""

        __tablename__ = "person"
        id: Mapped[int] = mapped_column(primary_key=True)

    class Address(Base):
        """The first of a person's, or another; kept or not."""

        __tablename__ = "address"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
        is_primary: Mapped[bool] = mapped_column(server_default=text("false"))
        __table_args__ = (Index("primary_address", "user_id", unique=True, postgresql_where=text("is_primary")),)

    class Subscription(Base):
        """One that has not ended, and one that is paid."""

        __tablename__ = "subscription"
        id: Mapped[int] = mapped_column(primary_key=True)
        user_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
        ended: Mapped[datetime | None]
        state: Mapped[State]
        __table_args__ = (
            Index("one_live", "user_id", unique=True, postgresql_where=text("ended IS NULL")),
            Index("one_paid", "user_id", unique=True, postgresql_where=text("state = 'PAID'")),
        )

    return Base


class Guid(TypeDecorator[Any]):
    """Text, or what PostgreSQL has for it, as SQLAlchemy's documentation writes it."""

    impl = CHAR
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> Any:
        """Another type on PostgreSQL."""
        return dialect.type_descriptor(UUID() if dialect.name == "postgresql" else CHAR(32))

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Needs a UUID."""
        return value if value is None or dialect.name == "postgresql" else f"{value.int:032x}"


def wrapped() -> Any:
    """Types of an application's, and ranges that do not overlap."""
    Base = base()  # noqa: N806

    class Thing(Base):
        """Has two names."""

        __tablename__ = "thing"
        id: Mapped[Any] = mapped_column(Guid, primary_key=True)
        other: Mapped[Any] = mapped_column(String(36).with_variant(UUID(), "postgresql"), unique=True)
        during: Mapped[Range[date]] = mapped_column(DATERANGE)

    return Base
