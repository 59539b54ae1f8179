"""Which strategies claims have told apart besides those that are ranked."""

from __future__ import annotations

from bench.measuring.contest import Contest
from bench.measuring.point import claimed_pairs
from bench.measuring.run import Run
from bench.points import Point
from tests.measuring.helpers import Listener, options


def test_a_claim_about_times_names_its_two_where_it_holds() -> None:
    """The claim on kept statements is about ids of 160 lengths; those on counters compare no times."""
    with Run(options("batching.varied_lengths", database="sqlite"), Listener()) as run:
        ((scenario, names),) = run._session.selected()
        entrants = {name: name for name in names}
        found = {}
        for lengths in (1, 160):
            point = Point({**scenario.typical, "lengths": lengths})
            contest = Contest(run._session, scenario, point, entrants, scenario.baseline, share=1.0)
            found[lengths] = set(claimed_pairs(contest))
    everywhere = ("expanding_in", "in_not_kept")
    assert {1: {everywhere}, 160: {everywhere, ("in_kept", "expanding_in")}} == found
