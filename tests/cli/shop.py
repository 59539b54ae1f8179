"""A small repository as a user has one: an application in `src`, scenarios of its own, and commits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MODELS = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Customer(Base):
    __tablename__ = "customer"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship(order_by="Order.id")

class Order(Base):
    __tablename__ = "order"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), index=True)
    total: Mapped[int]
"""
QUERIES = """
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from shop.models import Customer

async def totals(session, customers):
    query = select(Customer).where(Customer.id <= customers).options(selectinload(Customer.orders))
    found = await session.scalars(query)
    return {one.id: sum(order.total for order in one.orders) for one in found}
"""
SCENARIOS = '''
"""How are the totals of a page of customers had?"""
from bench import Dataset, Scenario
from sqlalchemy import func, select
from shop.models import Base, Customer, Order
from shop.queries import totals

def rows(scale, random):
    yield Customer, ((number,) for number in range(1, 101))
    yield Order, ((number, number % 100 + 1, number % 97) for number in range(1, 1001))

shop = Dataset("shop", Base.metadata, rows)
page = Scenario(dataset=shop, params={"customers": (10, 50)}, typical={"customers": 20})

@page.strategy(baseline=True)
async def selectin(db, customers):
    """What the application does."""
    async with db.session() as session:
        return await totals(session, customers)

@page.strategy()
async def aggregate(db, customers):
    """The database adds up."""
    query = select(Order.customer_id, func.sum(Order.total)).group_by(Order.customer_id)
    async with db.session() as session:
        found = await session.execute(query.where(Order.customer_id <= customers))
        return {one: int(total) for one, total in found}
'''
CONFIGURATION = """
[tool.bench]
scenarios = ["scenarios"]
database = "embedded"
"""
FILES = {
    "src/shop/__init__.py": "",
    "src/shop/models.py": MODELS,
    "src/shop/queries.py": QUERIES,
    "scenarios/orders.py": SCENARIOS,
    "pyproject.toml": CONFIGURATION,
    ".gitignore": "__pycache__\n.bench\n",
}


class Shop:
    """The repository in a folder; `src` is on the path of whoever runs `bench` there, as an installation puts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PYTHONPATH": str(folder / "src")}
        for name, text in FILES.items():
            self.write(name, text)
        self.git("init", "-q", "-b", "main")
        self.git("config", "user.email", "shop@example.org")
        self.git("config", "user.name", "shop")
        self.commit("A shop")
        self.git("checkout", "-q", "-b", "change")

    def write(self, name: str, text: str) -> None:
        """Write a file of it."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file of it."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def commit(self, message: str) -> str:
        """Commit everything; the commit's hash."""
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """What a git command says."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        done = subprocess.run(
            ["git", *arguments], cwd=self.folder, env=environment, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def files(self) -> dict[str, bytes]:
        """Everything in the folder but git's own, by name."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and ".git" not in path.relative_to(self.folder).parts
        }
