"""What is said of loads that were disturbed: their table, and a sentence."""

from __future__ import annotations

from dataclasses import replace

from bench.measurement import DisturbedResult, PointResult, ScenarioResult, StrategyResult
from bench.reports.faults import units_lost
from bench.reports.sentences import answer
from bench.reports.tables import markdown_table, terminal_table


def strategy(name: str, lost: list[int], recovered_ms: list[float | None], missed: int = 0) -> StrategyResult:
    """A strategy whose loads lost so many units."""
    seen = DisturbedResult(
        units=250,
        lost=lost,
        late=[0 for _ in lost],
        slowest_ms=[12.0 for _ in lost],
        recovered_ms=recovered_ms,
        outage_ms=[120.0 for _ in lost],
        errors={"DBAPIError (ConnectionDoesNotExistError)": sum(lost)} if sum(lost) else {},
        missed=missed,
    )
    return StrategyResult(name, baseline=name == "kept", disturbed=seen)


KEPT = strategy("kept", [7, 9, 8], [71.5, 90.0, 60.0])
TESTED = strategy("tested", [0, 0, 0], [0.0, 0.0, 0.0], missed=1)
NEVER = strategy("no_pool", [30, 51, 40], [None, 503.0, 280.0])


def scenario(*strategies: StrategyResult, fault: str = "restart") -> ScenarioResult:
    """A scenario of one point."""
    point = PointResult({"fault": fault}, strategies=strategies, rounds=3, seconds=36.0)
    return ScenarioResult("s.faults", typical={"fault": fault}, points=[point], disturbed_by="fault")


def test_the_table_has_medians_and_ranges_and_no_rank() -> None:
    """Columns are those of what was lost, in the order of the declaration, with nothing of medians or ratios."""
    table = terminal_table(scenario(NEVER, KEPT).points[0], 120).splitlines()
    assert ["strategy", "loads", "units", "lost", "late", "recovered", "slowest", "fault"] == table[0].split()
    rows = [" ".join(line.split()) for line in table[3:5]]
    assert [
        "no_pool 3 250 40 (30 – 51) 0 not in time (1 of 3) 12.0 120",
        "kept 3 250 8 (7 – 9) 0 71.5 (60.0 – 90.0) 12.0 120",
    ] == rows


def test_errors_that_callers_saw_stand_below_the_table() -> None:
    """By name and number over all loads; and loads whose fault met nothing are said."""
    table = markdown_table(scenario(KEPT, TESTED).points[0])
    assert "- `kept`: its callers saw, in all loads: DBAPIError (ConnectionDoesNotExistError) 24" in table
    assert "- `tested`: in 1 of 3 loads there was no connection that the fault could meet" in table


def test_the_answer_says_what_is_lost_and_who_recovered_when() -> None:
    """From the least to the most, by the medians, with the worst load of all; recovery by the longest of all loads."""
    assert (
        "When the server restarts, the median load loses 0 (tested) to 40 (no_pool) of 250 units, the worst 51"
        " (no_pool); each strategy drove 3 loads. The server was away for 120 ms, which loses who comes meanwhile: that"
        " is until it answers its operator again, and callers may be let in sooner. no_pool had not always recovered"
        " when its load ended. The others have recovered within 90.0 ms in every load, the last of them kept."
    ) == answer(scenario(KEPT, TESTED, NEVER))


def test_the_contents_have_what_is_lost() -> None:
    """Where a report has several scenarios, its contents say from how many to how many units are lost."""
    assert [
        "8 of 250 units lost in the median load, 9 in the worst",
        "0 to 40 of 250 units lost in the median load, 51 in the worst",
    ] == [units_lost(scenario(*strategies).points[0]) for strategies in ((KEPT,), (KEPT, TESTED, NEVER))]


def test_equal_losses_are_said_as_such() -> None:
    """Where all lose the same, their number is said; of one alone, its name."""
    both, one = (
        answer(scenario(*strategies, fault="cut")) for strategies in ((KEPT, strategy("other", [8], [60.0])), (KEPT,))
    )
    assert both.startswith(
        "When a connection is cut on its way, the median load loses 8 (2 strategies) of 250 units, the worst 9 (kept);"
    )
    assert one.startswith(
        "When a connection is cut on its way, the median load loses 8 (kept) of 250 units, the worst 9 (kept);"
    )


def test_of_a_single_load_there_is_no_median() -> None:
    """Where each strategy drove one load, what it lost is said as such."""
    alone = scenario(strategy("kept", [7], [71.5]))
    assert answer(alone).startswith("When the server restarts, 7 (kept) of 250 units are lost, in 1 load each.")
    assert "7 of 250 units lost" == units_lost(alone.points[0])


def test_an_interruption_is_said() -> None:
    """What there is of a point that was cut short is told with that."""
    cut_short = scenario(KEPT)
    point = replace(cut_short.points[0], finished=False)
    assert answer(replace(cut_short, points=[point])).endswith(
        "The run was interrupted at this point, so more rounds were to come."
    )


def test_nothing_measured_is_said_as_such() -> None:
    """Where every strategy was skipped there is no figure."""
    skipped = StrategyResult("kept", verdict="skipped", reason="another run uses the server")
    assert "What its loads lose was not measured." == answer(scenario(skipped))
