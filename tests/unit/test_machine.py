"""What is said of the machine that a run happens on."""

from __future__ import annotations

from bench.measuring.machine import said_of_load


def test_a_busy_machine_is_said() -> None:
    """Where more processes want to run than there are cores, with half a one of our own, the reader is told."""
    assert [None, None] == [said_of_load(load, 2) for load in (0.1, 2.5)]
    expected = (
        "the machine was busy when this point began (load average 6.4, 2 cores): what else runs can make equal"
        " strategies look different, so measure again when it is quiet"
    )
    assert expected == said_of_load(6.4, 2)
