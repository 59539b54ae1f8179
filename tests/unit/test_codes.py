"""Which exit code a run ends with where several hold."""

from __future__ import annotations

from itertools import combinations

import pytest

from bench.cli.codes import worst

ORDER = [70, 130, 2, 4, 5, 1, 3, 0]


@pytest.mark.parametrize(("first", "second"), [*combinations(ORDER, 2)])
def test_the_earlier_of_two_in_the_order_wins(first: int, second: int) -> None:
    """Of two codes the one that stands first in 70, 130, 2, 4, 5, 1, 3, 0 counts, whichever came first."""
    assert first == worst([first, second]) == worst([second, first])


def test_nothing_to_say_is_done() -> None:
    """Without any code a run ends with 0."""
    assert 0 == worst([])


def test_all_at_once_is_interrupted() -> None:
    """Where everything holds but a fault of its own, the run was interrupted."""
    assert 130 == worst(reversed(ORDER[1:]))
