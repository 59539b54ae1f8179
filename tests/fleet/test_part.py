"""What one process of a fleet answers, asked without the others."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.databases.address import Address
from bench.discovery import Module, load_module
from bench.fleet.opening import Opening, code_of_scenario
from bench.fleet.part import Part
from bench.worker.hiding import SHOWN_WITH, Hides

MINE = '''"""What does it say?"""
from sqlalchemy import MetaData
from bench import Dataset, Scenario

mine = Dataset("mine", MetaData(), fill=lambda session: None)
one = Scenario(dataset=mine, params={"n": (1,)}, typical={"n": 1})

@one.strategy(baseline=True)
async def first(db, n):
    raise ValueError("what of canary?")

@one.strategy()
async def second(db, n):
    return 1
'''


@pytest.mark.parametrize(
    ("hides", "expected"), [("somebodys", SHOWN_WITH), ("all", SHOWN_WITH), ("none", "what of canary?")]
)
def test_no_value_of_somebody_s_rows_is_in_its_answers(tmp_path: Path, hides: Hides, expected: str) -> None:
    """What a strategy raises is told as in a run without a fleet: its kind, and its words where they may be shown."""
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    code = code_of_scenario(load_module(Module("mine", path))["mine.one"])
    address = Address("sqlite", str(tmp_path / "mine.sqlite")).as_message()
    opening = Opening(
        *(("mine", str(path)), "mine.one", code, {"n": 1}, 1, {"a": "first"}, {"a": address}),
        *("asyncpg", "test", hides),
    )

    async def ask() -> str:
        part = Part()
        assert {"answer": {"failures": {}}} == await part.answer("open", {"opening": opening.as_message()})
        answer = await part.answer("warm_up", {"alias": "a", "index": 0, "of": 1})
        await part.answer("close", {})
        return str(answer["error"])

    assert f"ValueError: {expected}" == asyncio.run(ask())
