"""A small dataset of relationships of every kind: firms with employees, who have a boss, reports and badges."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench import Dataset

FIRMS = 3
EMPLOYEES = 4


class Base(AsyncAttrs, DeclarativeBase):
    """The tables of the staff."""


class Firm(Base):
    """One of three."""

    __tablename__ = "firms"
    id: Mapped[int] = mapped_column(primary_key=True)
    employees: Mapped[list[Employee]] = relationship(back_populates="firm", order_by="Employee.id")


class Employee(Base):
    """One of four of a firm: the first is the boss of the others."""

    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}  # noqa: RUF012 - SQLAlchemy's own
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    firm_id: Mapped[int] = mapped_column(ForeignKey("firms.id"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("employees.id"))
    firm: Mapped[Firm] = relationship(back_populates="employees")
    boss: Mapped[Employee | None] = relationship(back_populates="reports", remote_side="Employee.id")
    reports: Mapped[list[Employee]] = relationship(back_populates="boss", order_by="Employee.id")
    badges: Mapped[list[Badge]] = relationship(order_by="Badge.id")


class Manager(Employee):
    """The first of a firm."""

    __mapper_args__ = {"polymorphic_identity": "manager"}  # noqa: RUF012 - SQLAlchemy's own


class Badge(Base):
    """One of an employee's two."""

    __tablename__ = "badges"
    id: Mapped[int] = mapped_column(primary_key=True)
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))


def rows(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[tuple[Any, ...]]]]:
    """Firms 1 to 3; employees 1 to 12 in the order of their firms, 1, 5 and 9 managers; badges 1 to 24."""
    yield Firm, ((number,) for number in range(1, FIRMS + 1))
    yield Employee, (_employee(number) for number in range(1, FIRMS * EMPLOYEES + 1))
    yield Badge, ((number, (number + 1) // 2) for number in range(1, 2 * FIRMS * EMPLOYEES + 1))


def _employee(number: int) -> tuple[Any, ...]:
    firm, place = divmod(number - 1, EMPLOYEES)
    boss = 1 + firm * EMPLOYEES
    return number, "employee" if place else "manager", firm + 1, boss if place else None


staff = Dataset("staff", Base.metadata, rows)
