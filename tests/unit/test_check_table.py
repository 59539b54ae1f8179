"""What `bench check` says of strategies at several points."""

from __future__ import annotations

from bench.regressions.checked import Check, CheckedStrategy, Timing
from bench.regressions.timings import TimingVerdict
from bench.reports.check import conclusion, markdown_check, terminal_check


def check(*strategies: CheckedStrategy) -> Check:
    """A check that found this."""
    return Check(base="base", head="head", threshold=0.05, strategies=strategies, timed=True)


def timed(verdict: TimingVerdict, size: int, rtt_ms: float = 0.0) -> CheckedStrategy:
    """A strategy with such a verdict at a point."""
    timing = Timing(verdict, 1.2, 1.1, 1.3, reason="a reason")
    return CheckedStrategy("shop.page", "selectin", {"size": size}, rtt_ms, timing=timing)


def test_a_strategy_at_several_points_is_named_with_the_point() -> None:
    """Where one is slower at one of three points, the sentence and the remark below the table say which."""
    found = check(timed("same", 1), timed("slower", 10), timed("same", 10, rtt_ms=1))

    assert "Slower: shop.page:selectin (size=10) (0 s)." == conclusion(found)
    assert "shop.page:selectin (size=10, 1 ms of added round-trip time):" in terminal_check(found)
    assert "**shop.page:selectin (size=1)**" in markdown_check(found)


def test_each_distance_has_a_table_of_its_own() -> None:
    """The same parameters at another round-trip time are another point, under a heading that says so."""
    told = terminal_check(check(timed("same", 10), timed("same", 10, rtt_ms=1)))

    assert "shop.page  size=10\n" in told
    assert "shop.page  size=10, 1 ms of added round-trip time\n" in told


def test_a_strategy_at_one_point_is_named_alone() -> None:
    """There is nothing to tell apart."""
    assert "Slower: shop.page:selectin (0 s)." == conclusion(check(timed("slower", 10)))
