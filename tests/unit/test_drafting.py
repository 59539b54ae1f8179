"""The module about mapped classes, as it is written: for what is there to be read, and for rows that are made."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest
from sqlalchemy import JSON, Column, ForeignKey, Integer, Table, Text, TypeDecorator
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from bench import generated
from bench.errors import ScenarioError
from bench.modelling.drafting import Wanted, drafted
from bench.modelling.source import Draft


class Base(DeclarativeBase):
    """What these classes are mapped by."""


class Place(Base):
    """Something in something."""

    __tablename__ = "place"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("place.id"))
    parent: Mapped[Place | None] = relationship(remote_side="Place.id", lazy=False)


class Busy(Base):
    """A view."""

    __table__ = Table("busy", Base.metadata, Column("id", Integer, primary_key=True), info={"is_view": True})


for own, other in (("left", "right"), ("right", "left")):
    key = ForeignKey(f"{other}.id", name=f"{own}_needs_{other}", use_alter=True)
    Table(own, Base.metadata, Column("id", Integer, primary_key=True), Column("other", key, nullable=False))


class ListAsText(TypeDecorator[Any]):
    """A list that is kept as text, as applications have it; text is passed on as it is."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """Its text."""
        return json.dumps(value) if isinstance(value, list) else value

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """The list."""
        return json.loads(value)


class Upper(TypeDecorator[Any]):
    """Text of another kind."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """In capitals."""
        return value.upper()

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        """As it is."""
        return value


class Documents(DeclarativeBase):
    """What the next class is mapped by."""


class Document(Documents):
    """Documents whose changes are followed."""

    __tablename__ = "document"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[Any] = mapped_column(MutableList.as_mutable(JSON))
    about: Mapped[Any] = mapped_column(MutableDict.as_mutable(JSON))
    kept: Mapped[Any] = mapped_column(ListAsText)
    shown: Mapped[Any] = mapped_column(Upper)


class Strict(TypeDecorator[Any]):
    """A type that takes a value of its own alone."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The value, if it is that one."""
        if value not in (None, "only this"):
            raise ValueError(value)
        return value


class Rules(DeclarativeBase):
    """What the next classes are mapped by."""


class Rule(Rules):
    """Something whose values nobody can guess."""

    __tablename__ = "rule"
    id: Mapped[int] = mapped_column(primary_key=True)
    what: Mapped[Any] = mapped_column(Strict, nullable=False)


class Use(Rules):
    """Where it is used."""

    __tablename__ = "use"
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int] = mapped_column(ForeignKey("rule.id"))
    rule: Mapped[Rule] = relationship()


class Other(Rules):
    """Where it may be left out, or has a default."""

    __tablename__ = "other"
    id: Mapped[int] = mapped_column(primary_key=True)
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule.id"))
    rule: Mapped[Rule | None] = relationship()
    may: Mapped[Any] = mapped_column(Strict, nullable=True)
    usual: Mapped[Any] = mapped_column(Strict, default=lambda: "only this", nullable=False)


def draft(*, existing: bool, depth: int = 1) -> Draft:
    """The module about these classes."""
    return drafted(Wanted(f"{__name__}:Base", depth, [], {}, None, "places", existing, True))


def test_what_is_there_needs_no_rows() -> None:
    """Tables of which none can have a first row are no hindrance where rows are there; views are there too."""
    found = draft(existing=True)

    assert ["Place.parent", "Busy", "Place"] == list(found.titles.values())
    assert {} == found.rows


def test_what_cannot_be_made_is_a_mistake_to_be_mended() -> None:
    """Where rows are made, it is said which cannot be."""
    with pytest.raises(ScenarioError, match="refer to each other in a circle and may not be null"):
        draft(existing=False)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_it_compiles_however_deep_it_asks(depth: int) -> None:
    """A class that leads to itself has a variable a step."""
    compile(draft(existing=True, depth=depth).text, "places.py", "exec")


def test_a_synonym_of_joined_is_joined() -> None:
    """`lazy=False` is what there is, and not another way beside `joined`."""
    found = draft(existing=True)

    assert 'lazy="joined"' == found.now["place_parent"]
    assert '@place_parent.strategy(name="joined")' not in found.text


def test_documents_are_what_their_attributes_take() -> None:
    """A list for MutableList and for a type that keeps one as text, a dict for MutableDict."""
    ((_, rows),) = generated(Documents, {"document": 3})(1, Random(1))

    assert [(list, dict, list, str)] * 3 == [tuple(map(type, row[1:])) for row in rows]


def test_what_nobody_can_guess_is_left_out_with_all_that_needs_it() -> None:
    """Its table has no rows, nor have those that refer to it; where there is a default or null, that is taken."""
    found = drafted(Wanted(f"{__name__}:Rules", 1, [], {}, None, "rules", False, True))

    assert ["Other"] == list(found.titles.values())
    assert {"rule": 0, "use": 0, "other": 1_000} == found.rows
    assert [
        (
            "Rule",
            "no rows are made: rule.what takes none that bench knows of; give --fill, or values= in a module (--write)",
        ),
        ("Use", "no rows are made, for rule has none"),
        ("Other.rule", "it leads to Rule, which is left out"),
    ] == found.left_out
    (rows,) = (list(rows) for table, rows in generated(Rules, {"rule": 0, "use": 0, "other": 2})(1, Random(1)))
    assert [(1, None, None, "only this"), (2, None, None, "only this")] == rows
