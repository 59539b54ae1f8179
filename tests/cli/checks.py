"""What the tests of `bench check` share: the changes that they make in a repository, and what it says of them."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.helpers import Ran, run
from tests.cli.shop import Shop

QUERIES = "src/shop/queries.py"
SCENARIOS = "scenarios/orders.py"
ONE_MORE = ("    found = await", "    await session.scalar(select(1))\n    found = await")
WORK = ("    return {one.id", "    for number in range(150_000):\n        number + 1\n    return {one.id")
"""As long in Python as a call takes, and no call of a function that could be counted."""
BUDGET = '\n[tool.bench.budgets]\n"orders.page:selectin" = { max_statements = 1 }\n'


def check(shop: Shop, *arguments: str) -> Ran:
    """What `bench check` does there."""
    return run("check", *arguments, cwd=shop.folder, env=shop.environment)


def found(shop: Shop, *arguments: str) -> tuple[int, dict[str, Any]]:
    """What it ends with, and its JSON."""
    path = shop.folder.parent / f"{shop.folder.name}.json"
    ran = check(shop, *arguments, "--output", str(path))
    assert path.exists(), ran.err
    return ran.code, json.loads(path.read_text(encoding="utf-8"))


def verdicts(told: dict[str, Any]) -> dict[str, Any]:
    """The timing verdict of each strategy."""
    return {one["strategy"]: one["timing"]["verdict"] for one in told["strategies"]}
