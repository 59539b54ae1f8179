"""What a load lost to a fault, from what became of its units."""

from __future__ import annotations

from bench.worker.faults import Outcome, lost_to
from bench.worker.load_driver import Load

MS = 1_000_000
BEGAN = 1_000 * MS


def load(rate: float | None, lasting_ms: int) -> Load:
    """A load of a hundred units."""
    return Load(10, 100, rate, began_ns=BEGAN, wall_ns=lasting_ms * MS)


def outcome(number: int, started_ms: int, ended_ms: int, lost: bool = False) -> Outcome:
    """A unit, in milliseconds from the load's beginning."""
    return Outcome(number, BEGAN + started_ms * MS, BEGAN + ended_ms * MS, lost)


def told(**changed: int | None) -> dict[str, int | None]:
    """What is told of a load that nothing was lost of."""
    usual = {"units": 100, "lost": 0, "late": 0, "slowest_ns": 0, "recovered_ns": 0, "late_before": 0}
    return {**usual, **changed}


def test_units_that_ended_before_the_fault_are_none_of_its() -> None:
    """One that was lost and one that was late before it are not counted as its, and nothing had to recover."""
    before = [outcome(0, 0, 5, lost=True), outcome(1, 0, 150), outcome(2, 200, 204)]
    found = lost_to(BEGAN + 200 * MS, before, load(None, 1000))
    assert told(slowest_ns=4 * MS, late_before=1) == found


def test_a_load_has_recovered_when_the_last_that_was_lost_or_late_has_ended() -> None:
    """Two are lost, the last at 90 ms; one is late, until 130 ms after the fault."""
    since = [outcome(10, 100, 110, lost=True), outcome(11, 105, 190, lost=True), outcome(12, 101, 230)]
    found = lost_to(BEGAN + 100 * MS, [*since, outcome(13, 300, 301)], load(None, 1000))
    assert told(lost=2, late=1, slowest_ns=129 * MS, recovered_ns=130 * MS) == found


def test_lateness_that_begins_anew_later_is_not_the_fault_s() -> None:
    """A unit that was due 101 ms after the last one that the fault made late is late for another reason."""
    stalled = outcome(10, 120, 620)
    found = [lost_to(BEGAN + 100 * MS, [stalled, outcome(60, begun, 900)], load(None, 2000)) for begun in (720, 721)]
    assert [(2, 800 * MS), (1, 520 * MS)] == [(one["late"], one["recovered_ns"]) for one in found]


def test_a_unit_that_is_lost_later_is_lost_to_the_fault() -> None:
    """A connection that is used seldom is found dead long after: the load had not recovered before."""
    found = lost_to(BEGAN + 100 * MS, [outcome(90, 900, 901, lost=True)], load(None, 2000))
    assert told(lost=1, slowest_ns=MS, recovered_ns=801 * MS) == found


def test_a_unit_is_late_from_when_it_was_due() -> None:
    """At a hundred a second the fifth is due at 50 ms: ended at 149 ms it is in time, at 150 ms it is late."""
    in_time, late = (lost_to(BEGAN, [outcome(5, 140, ended)], load(100.0, 1000)) for ended in (149, 150))
    assert (0, 99 * MS, 1, 100 * MS) == (in_time["late"], in_time["slowest_ns"], late["late"], late["slowest_ns"])


def test_a_load_that_ended_too_soon_had_not_recovered() -> None:
    """A unit is lost at 901 ms: with an end at 1,000 ms less than a tenth of a second is seen without another."""
    lost = [outcome(50, 900, 901, lost=True)]
    assert (None, 401 * MS) == (
        lost_to(BEGAN + 500 * MS, lost, load(None, 1000))["recovered_ns"],
        lost_to(BEGAN + 500 * MS, lost, load(None, 1001))["recovered_ns"],
    )
