"""`bench models` where only PostgreSQL shows it: several schemas, and types that are no plain data."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.databases.postgres import PostgresServer
from tests.cli.helpers import only_result, run
from tests.databases.test_url import url_of

MODELS = """
from __future__ import annotations
from sqlalchemy import ForeignKey, Integer, MetaData, Text, TypeDecorator
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    metadata = MetaData(schema="shop")

class Money:
    def __init__(self, cents):
        self.cents = cents

class MoneyType(TypeDecorator):
    impl = Integer
    cache_ok = True
    def process_bind_param(self, value, dialect):
        return getattr(value, "cents", value)
    def process_result_value(self, value, dialect):
        return None if value is None else Money(value)

class Host(Base):
    __tablename__ = "hosts"
    address: Mapped[str] = mapped_column(INET, primary_key=True)
    price = mapped_column(MoneyType)
    tags = mapped_column(MutableList.as_mutable(JSONB))
    notes = mapped_column(Text)
    logs: Mapped[list[Log]] = relationship(back_populates="host")

class Log(Base):
    __tablename__ = "logs"
    __table_args__ = {"schema": "audit"}
    id: Mapped[int] = mapped_column(primary_key=True)
    host_address = mapped_column(ForeignKey("shop.hosts.address"), nullable=False)
    host: Mapped[Host] = relationship(back_populates="logs")
"""


@pytest.mark.parametrize("sync", [(), ("--sync",)], ids=["asyncpg", "psycopg"])
def test_keys_and_columns_of_every_type_are_compared(
    embedded: PostgresServer, tmp_path: Path, sync: tuple[str, ...]
) -> None:
    """Addresses, a type of the application's own and followed lists, in two schemas, whichever driver reads them."""
    (tmp_path / "hosts.py").write_text(MODELS)
    asked = ("--only", "Host.logs", "--only", "Host.notes", "--rows", "shop.hosts=30")

    ran = run(
        "models", "hosts:Base", *sync, *asked, "--budget", "1s", "--database", url_of(embedded._address), cwd=tmp_path
    )

    assert 0 == ran.code, ran.out + ran.err
    assert ["hosts.host_logs", "hosts.host_without_notes"] == [
        one["name"] for one in only_result(tmp_path)["scenarios"]
    ]
