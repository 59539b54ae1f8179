"""Results side by side: what tells them apart, which are parts of one, and which are the same twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.measurement import ClaimVerdict, Environment, PointResult, Result, Settings
from bench.reports.pages.together import introduction
from bench.reports.sides import sides_of, told_apart
from bench.results.compact import compact
from tests.unit.pages import ENVIRONMENT, LAZY, OLDER, point, result, scenario

SQLITE = replace(ENVIRONMENT, postgres=None, database="sqlite: named by --database")


@pytest.mark.parametrize(
    ("other", "labels"),
    [
        (OLDER, ["SQLAlchemy 2.1.9", "SQLAlchemy 2.0.58"]),
        (replace(ENVIRONMENT, postgres="17.2"), ["PostgreSQL 18.1", "PostgreSQL 17.2"]),
        (SQLITE, ["PostgreSQL 18.1", "SQLite"]),
        (replace(ENVIRONMENT, python="PyPy 3.11"), ["Python 3.11.2", "PyPy 3.11"]),
        (replace(ENVIRONMENT, driver="psycopg"), ["asyncpg", "psycopg"]),
        (replace(ENVIRONMENT, cpu="another"), ["a processor", "another"]),
        (replace(ENVIRONMENT, cores=1), ["2 cores", "1 core"]),
        (replace(ENVIRONMENT, settings={"jit": "on"}), ["jit=off", "jit=on"]),
        (replace(ENVIRONMENT, settings={}), ["jit=off", "no setting jit"]),
        (replace(ENVIRONMENT, git="abc"), ["revision 9f0450d", "revision abc"]),
        (replace(OLDER, postgres="17.2", kernel="Linux 7"), ["SQLAlchemy 2.1.9", "SQLAlchemy 2.0.58"]),
    ],
)
def test_what_differs_is_what_a_result_is_called_by(other: Environment, labels: list[str]) -> None:
    """Of all that differs, the first thing that tells the results apart becomes their label."""
    measured = scenario(point())

    found = sides_of([result(measured), result(measured, environment=other)])

    assert labels == [side.label for side in found.sides]
    assert [] == found.remarks


def test_two_things_that_vary_are_both_told() -> None:
    """Where one thing does not tell all results apart, a second one joins the label."""
    places = [replace(one, postgres=version) for one in (ENVIRONMENT, OLDER) for version in ("17.2", "18.1")]

    found = sides_of([result(scenario(point()), environment=one) for one in places])

    assert [side.label for side in found.sides] == [
        "SQLAlchemy 2.1.9 / PostgreSQL 17.2",
        "SQLAlchemy 2.1.9 / PostgreSQL 18.1",
        "SQLAlchemy 2.0.58 / PostgreSQL 17.2",
        "SQLAlchemy 2.0.58 / PostgreSQL 18.1",
    ]


def test_two_runs_of_the_same_are_told_by_their_time() -> None:
    """Runs that were measured with the same and at the same points are called by when they started, else numbered."""
    first = result(scenario(point()))
    later = replace(first, started="2026-11-23T09:31:05+00:00")
    at_once = replace(first, seconds=3.0)

    assert [side.label for side in sides_of([first, later]).sides] == [
        "run of 2026-11-22 09:31 UTC",
        "run of 2026-11-23 09:31 UTC",
    ]
    assert ["result (1)", "result (2)"] == [side.label for side in sides_of([first, at_once]).sides]


def test_everything_that_differs_is_told() -> None:
    """What differs is listed with the value of each result; what is the same, or a setting that one lacks, is not."""
    other = replace(OLDER, kernel="Linux 7", git=None, settings={"jit": "on", "fsync": "off"})

    assert told_apart([result(), result(environment=other)]) == {
        "SQLAlchemy": ["2.1.9", "2.0.58"],
        "kernel": ["Linux 6.1", "Linux 7"],
        "setting jit": ["off", "on"],
        "git revision": ["9f0450d", "none"],
    }


def test_the_same_result_twice_is_shown_once_and_said() -> None:
    """A result that is equal to one before it is left out, and a sentence says so."""
    one, other = result(scenario(point())), result(scenario(point()), environment=OLDER)

    found = sides_of([one, other, one])

    assert ["SQLAlchemy 2.1.9", "SQLAlchemy 2.0.58"] == [side.label for side in found.sides]
    assert found.remarks == [
        "1 of the results that were given is equal to another, to the last figure: it is shown once."
    ]


def test_parts_of_one_are_put_together() -> None:
    """Results that were measured with the same, each with points of its own, are one side: the first one's points,
    then those that a later one adds; of a point that both have the first is kept, and that is said.
    """
    shared, far, large = point(), point(rtt_ms=1.0), point("joined", 1000)
    again = replace(shared, rounds=7)
    one = result(scenario(shared, far), settings=Settings(precision=0.01, rtts_ms=(0, 1)))
    other = result(scenario(again, large), scenario(point(), name="columns.few"), seconds=10.0)

    found = sides_of([one, other])

    (side,) = found.sides
    assert [list(of.points) for of in side.result.scenarios] == [[shared, far, large], [point()]]
    assert (141.4, [0, 1]) == (side.result.seconds, side.result.settings.rtts_ms)
    assert [0.01] == side.precisions
    (remark,) = found.remarks
    assert remark == (
        "This combines 2 result files, all measured in the same environment; 1 point of later ones that an earlier one"
        " has too left out."
    )


def test_what_one_part_lacks_another_fills_in() -> None:
    """A point that was not reached, or not finished, in one part is taken from the part that finished it."""
    unreached = PointResult({"authors": 100}, finished=False)
    one = result(scenario(point(authors=10), unreached), interrupted=True)
    other = result(scenario(point(), point(authors=1000)))

    (side,) = sides_of([one, other]).sides

    assert [10, 100, 1000] == [of.params["authors"] for of in side.result.scenarios[0].points]
    assert all(of.finished for of in side.result.scenarios[0].points)
    assert not side.result.interrupted


@pytest.mark.parametrize(
    ("one", "other", "expected", "where"),
    [
        ("supported", "undecided", "supported", ""),
        ("undecided", "contradicted", "contradicted", ""),
        ("undecided", "undecided", "undecided", ""),
        (
            "supported",
            "contradicted",
            "depends",
            (
                "of (authors=1, 100): holds at every point that decided;"
                " of (authors=2, 100): holds at no point that decided"
            ),
        ),
        (
            "depends",
            "supported",
            "depends",
            "of (authors=1, 100): holds at a; of (authors=2, 100): holds at every point that decided",
        ),
    ],
)
def test_a_claim_is_judged_on_all_parts(
    one: ClaimVerdict, other: ClaimVerdict, expected: ClaimVerdict, where: str
) -> None:
    """What was decided on any part counts; where the parts decided otherwise, it depends, and says on what."""

    def judged(verdict: ClaimVerdict, at: int) -> Result:
        said = "holds at a" if verdict == "depends" else ""
        return result(scenario(point(), point(authors=at), verdict=verdict, where=said))

    (side,) = sides_of([judged(one, 1), judged(other, 2)]).sides

    (claim,) = side.result.scenarios[0].claims
    assert (expected, where) == (claim.verdict, claim.where)


def test_a_claim_that_depends_names_the_points_of_its_parts() -> None:
    """Where a part says less than its points tell apart, these are named, after what says all by itself."""
    sizes = "holds at (authors=10, rtt_ms=0.0); not at (authors=1000, rtt_ms=0.0)"
    typical, grid = [point(), point(rtt_ms=5.0)], [point(authors=1000), point(), point(authors=10)]
    far = result(scenario(*typical, verdict="depends", where="holds at rtt_ms=0.0; not at rtt_ms=5.0"))
    large = result(scenario(*grid, verdict="depends", where=sizes))

    (side,) = sides_of([far, large]).sides

    (claim,) = side.result.scenarios[0].claims
    assert f"{sizes}; of (authors=100; rtt_ms=0.0, 5.0): holds at rtt_ms=0.0; not at rtt_ms=5.0" == claim.where


def test_a_claim_with_limits_is_of_the_points_within_them() -> None:
    """Points that a claim is not about are not named for it; where all are one, which was measured twice, that is."""
    points = [point(authors=10), point()], [point(), point(authors=1000)]
    verdicts: list[ClaimVerdict] = ["supported", "contradicted"]
    parts = []
    for of, verdict in zip(points, verdicts, strict=True):
        measured = scenario(*of, verdict=verdict)
        limited = [replace(one, limits={"authors": 100}) for one in measured.claims]
        parts.append(result(replace(measured, claims=limited)))

    (side,) = sides_of(parts).sides

    (claim,) = side.result.scenarios[0].claims
    assert claim.where == (
        "of (authors=100; rtt_ms=0.0): holds at every point that decided;"
        " of (authors=100; rtt_ms=0.0): holds at no point that decided"
    )


def test_runs_of_which_one_has_all_the_other_has_are_no_parts() -> None:
    """A second run of some of the points is a run of its own: it is shown beside the first, not lost in it."""
    whole = result(scenario(point(), point(authors=1000)))
    again = result(scenario(point("joined")), started="2026-11-23T09:31:05+00:00")

    assert 2 == len(sides_of([whole, again]).sides)


def test_another_revision_of_a_strategy_is_no_part() -> None:
    """Runs of which a strategy has other code are two sides, told by their revision, though each adds points."""
    changed = replace(point(authors=10), strategies=(replace(LAZY, code="async def lazy(db): return 2\n"),))
    one = result(scenario(point()))
    other = result(scenario(changed), environment=replace(ENVIRONMENT, git="abc"))

    assert ["revision 9f0450d", "revision abc"] == [side.label for side in sides_of([one, other]).sides]


@pytest.mark.parametrize("git", ["abc", "9f0450d+", None])
def test_two_revisions_are_no_parts_of_one(git: str | None) -> None:
    """What the application's code was is known by the revision alone: another, or one with changes, is another side."""
    one, other = scenario(point(), point(authors=10)), scenario(point(), point(authors=1000))
    environment = replace(ENVIRONMENT, git=git)
    first = result(one, environment=environment) if git == "9f0450d+" else result(one)

    found = sides_of([first, result(other, environment=environment, started="2026-11-23T09:31:05+00:00")])

    assert [[point(), point(authors=10)], [point(), point(authors=1000)]] == [
        list(side.result.scenarios[0].points) for side in found.sides
    ]


def test_parts_are_put_together_compact_too() -> None:
    """That a compact result has the code at one distance alone makes no other code of it."""
    whole = compact(result(scenario(point(), point(rtt_ms=1.0))))
    more = result(scenario(point(authors=10)))

    assert 1 == len(sides_of([whole, more]).sides)


def test_what_was_counted_is_no_part_of_what_was_timed() -> None:
    """A run of `bench count` stands beside a run of `bench run`, told by that."""
    counted = PointResult({"authors": 1}, strategies=(LAZY,))
    found = sides_of([result(scenario(point())), result(scenario(counted), settings=Settings(timed=False))])

    assert ["timed", "counted, not timed"] == [side.label for side in found.sides]


def test_the_parts_of_a_side_were_begun_between_two_moments() -> None:
    """Of up to two parts each moment is told, of more the first and the last, in whatever order they were given."""
    parts = [
        replace(result(scenario(point(authors=number))), started=f"2026-11-29T{hour}:05:00+00:00")
        for number, hour in ((1, 17), (2, 15), (3, 16))
    ]
    other = result(scenario(point(authors=1)), environment=OLDER)
    two_parts, three_parts = (introduction(sides_of([*of, other]).sides)[0] for of in (parts[:2], parts))

    assert "2026-11-29 15:05 UTC and 2026-11-29 17:05 UTC" in two_parts
    assert "in parts, begun between 2026-11-29 15:05 UTC and 2026-11-29 17:05 UTC" in three_parts
