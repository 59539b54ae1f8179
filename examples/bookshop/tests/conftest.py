"""A bookshop in a database of its own, filled with made rows, and a client of its API."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine

from bench import generated
from bookshop import api
from bookshop.models import Base


@pytest.fixture(scope="session", autouse=True)
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    path = tmp_path_factory.mktemp("bookshop") / "shop.db"
    engine = create_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        for part, rows in generated(Base, rows={"authors": 30, "books": 150, "reviews": 600})(1, Random(1)):
            connection.execute(part.table.insert(), [dict(zip(part.columns, row, strict=True)) for row in rows])
    engine.dispose()
    os.environ["BOOKSHOP_DATABASE"] = f"sqlite+aiosqlite:///{path}"
    yield path
    del os.environ["BOOKSHOP_DATABASE"]


@pytest.fixture(scope="session")
def client(database: Path) -> Iterator[TestClient]:
    with TestClient(api.app) as opened:
        yield opened
