"""What changed in the counters of a call, and what nobody can say of them."""

from __future__ import annotations

from dataclasses import fields

from hypothesis import given
from hypothesis import strategies as st

from bench.measurement import Counters
from bench.regressions.counters import EXACT, GATED, TOLERATED, CounterChange, counter_changes, uncompared

known = st.integers(0, 10**9)
some_counters = st.builds(Counters, **{field.name: st.none() | known for field in fields(Counters)})


def test_one_statement_more_is_a_change() -> None:
    """An exact counter that grew by one is a change for the worse."""
    changes = counter_changes(Counters(statements=1, rows=10), Counters(statements=2, rows=10))

    assert (CounterChange("statements", 1, 2),) == changes
    assert (True, True, 2.0) == (changes[0].is_more, changes[0].is_exact, changes[0].ratio)


def test_python_calls_may_move_by_one_percent() -> None:
    """Python calls are no change up to and at 1 %, and one beyond it, in either direction."""
    before = Counters(python_calls=10_000)

    assert () == counter_changes(before, Counters(python_calls=10_100))
    assert () == counter_changes(before, Counters(python_calls=9_900))
    assert (CounterChange("python_calls", 10_000, 10_101),) == counter_changes(before, Counters(python_calls=10_101))
    assert (CounterChange("python_calls", 10_000, 9_899),) == counter_changes(before, Counters(python_calls=9_899))


def test_from_nothing_there_is_no_ratio() -> None:
    """A counter that was 0 has changed where it is anything else, and has no ratio."""
    (change,) = counter_changes(Counters(bytes_sent=0), Counters(bytes_sent=1))

    assert (CounterChange("bytes_sent", 0, 1), None, False) == (change, change.ratio, change.is_exact)


def test_the_most_telling_comes_first() -> None:
    """Statements come before round trips, and what repeats exactly before what does not."""
    base = Counters(python_calls=100, bytes_received=100, round_trips=3, statements=1)
    new = Counters(python_calls=200, bytes_received=200, round_trips=4, statements=2)

    names = [change.counter for change in counter_changes(base, new)]

    assert ["statements", "round_trips", "python_calls", "bytes_received"] == names


def test_what_is_not_gated_is_no_change() -> None:
    """Memory, buffers and WAL are no change, however much they grew."""
    base = Counters(peak_memory=1, buffers=1, wal_bytes=1, prepares=1)

    assert () == counter_changes(base, Counters(peak_memory=9, buffers=9, wal_bytes=9, prepares=9))


def test_what_only_one_knows_is_not_compared() -> None:
    """A counter that one of the two could not count is no change, and is named as not compared."""
    base, new = Counters(statements=1, rows=None, executions=5), Counters(statements=None, rows=3, executions=5)

    assert () == counter_changes(base, new)
    assert ("statements", "rows") == uncompared(base, new)


@given(some_counters, some_counters)
def test_each_gated_counter_is_compared_or_named(base: Counters, new: Counters) -> None:
    """A counter is never both changed and uncompared, and going back turns every exact change round."""
    there, back = counter_changes(base, new), counter_changes(new, base)

    assert set() == {change.counter for change in there} & set(uncompared(base, new))
    assert {(one.counter, one.before, one.after) for one in there if one.is_exact} == {
        (one.counter, one.after, one.before) for one in back if one.is_exact
    }


@given(some_counters)
def test_a_count_is_no_change_from_itself(counters: Counters) -> None:
    """The same counters are no change and leave nothing uncompared."""
    assert ((), ()) == (counter_changes(counters, counters), uncompared(counters, counters))


def test_what_is_gated_are_counters() -> None:
    """Each name that is gated is a counter, and stands once."""
    names = {field.name for field in fields(Counters)}

    assert set() == set(GATED) - names
    assert len(EXACT) + len(TOLERATED) == len(set(GATED))
