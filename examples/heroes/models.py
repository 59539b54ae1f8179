"""Teams and their heroes, with SQLModel."""

from typing import Optional

from sqlmodel import Field, Relationship, SQLModel


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, unique=True, max_length=60)
    headquarters: str = Field(max_length=100)
    heroes: list["Hero"] = Relationship(back_populates="team")


class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True, max_length=60)
    secret_name: str = Field(max_length=60)
    age: int | None = Field(default=None, ge=18)
    story: str
    team_id: int | None = Field(default=None, foreign_key="team.id", index=True)
    team: Optional[Team] = Relationship(back_populates="heroes")
