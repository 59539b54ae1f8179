"""A whole run on a server in a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.databases import containers
from bench.errors import DatabaseError
from tests.measuring.helpers import Measured, measure

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def measured(cache: Path) -> Measured:
    """Planted strategies in a container; where no Docker engine answers the test is skipped."""
    try:
        containers.connect_engine(timeout=30).close()
    except DatabaseError as error:
        pytest.skip(str(error))
    selectors = ("planted.failures:wrong", "planted.failures:writing", "planted.failures:last", "planted.writes")
    return measure(*selectors, database="docker", budget=4.0)


def test_strategies_are_judged_in_a_container(measured: Measured) -> None:
    """What went wrong is said, the others are timed."""
    verdicts = measured.verdicts("failures")
    assert {"wrong": "differs", "writing": "failed"} == {name: verdicts[name] for name in ("wrong", "writing")}
    assert len(measured.strategy("failures", "last").rounds) >= 6


def test_tables_are_put_back_in_a_container(measured: Measured) -> None:
    """A strategy that forgets a row differs by what it left; the others leave the same, call after call."""
    verdicts = measured.verdicts("writes")
    assert "differs" == verdicts["forgetful"]
    assert {"faster", "slower", "same", "inconclusive"} >= {verdicts["one_by_one"], verdicts["in_one_plainly"]}
    assert [1, 10] == [measured.strategy("writes", name).counters.statements for name in ("in_one", "one_by_one")]
