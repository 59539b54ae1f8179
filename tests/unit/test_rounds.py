import math
from collections import Counter
from dataclasses import dataclass
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.rounds import Candidate, Schedule, plan, time_for
from bench.verdicts import PointDecision, decide

CALL_NS = 1e7


def candidate(name, time=1.0, *, kind="entities"):
    """A strategy whose call takes 10 ms times `time`; the one named `old` is the baseline."""
    return Candidate(name, kind, CALL_NS * time, CALL_NS * time, baseline=name == "old")


@dataclass(frozen=True)
class Run:
    """What became of a simulated point."""

    decision: PointDecision
    rounds: list[tuple[str, ...]]
    elapsed_s: float

    def sampled(self, name):
        return sum(name in members for members in self.rounds)


def run(times, seed=0, *, precision=0.025, budget_s=1e9, kinds=None, spread=1.0, load=0.3, pairs=()):
    """Time simulated strategies to the end: their noise has a robust sd of 0.15 and an sd of 0.19 in the log-ratio, and
    what disturbs all of a round alike one of `load`.
    """
    random = Random(f"noise {seed}")
    kinds = kinds or {}
    candidates = [candidate(name, time, kind=kinds.get(name, "entities")) for name, time in times.items()]
    schedule = Schedule(candidates, precision, budget_s, seed, pairs=pairs)
    rounds, elapsed_s = [], 0.0
    while (members := schedule.next_round(elapsed_s)) is not None:
        shared = random.gauss(0, load)
        logs = {name: shared + spread * random.gauss(0, 0.32 if random.random() < 0.08 else 0.095) for name in members}
        values = {name: CALL_NS * times[name] * math.exp(log) for name, log in logs.items()}
        schedule.record(values)
        rounds.append(members)
        elapsed_s += sum(CALL_NS * times[name] for name in members) / 1e9
    return Run(decide(schedule.sampled(), precision, "entities"), rounds, elapsed_s)


def test_equal_strategies_are_called_the_same():
    """Of 120 equal pairs at most one is faster or slower, nine in ten are the same, 93 % of the intervals hold 1."""
    decided = [run({"old": 1, "new": 1}, seed).decision["new"] for seed in range(200, 320)]
    verdicts = Counter(one.verdict for one in decided)
    assert verdicts["faster"] + verdicts["slower"] <= 1
    assert verdicts["same"] >= 0.9 * 120
    assert sum(one.ratio_low <= 1 <= one.ratio_high for one in decided) >= 0.93 * 120


def test_a_tenth_more_is_found():
    """Of 40 strategies that take a tenth longer at least 39 are slower, with estimates off by under 2 % in the mean."""
    decided = [run({"old": 1, "new": 1.1}, seed).decision["new"] for seed in range(40)]
    assert sum(one.verdict == "slower" for one in decided) >= 39
    assert sum(abs(one.ratio / 1.1 - 1) for one in decided) / 40 < 0.02


def test_of_nine_equal_strategies_none_is_shown_to_be_behind():
    """Of 12 points with nine equal strategies, all name the nine together as winners."""
    names = ["old", *(f"s{number}" for number in range(8))]
    for seed in range(12):
        assert sorted(names) == sorted(run(dict.fromkeys(names, 1), seed).decision.winners)


def test_far_strategies_are_found_to_be_far():
    """Three, four and ten times the fastest are behind in all of 10 points, and no one else is."""
    times = {"old": 10, "a": 1, "b": 1, "c": 3, "d": 4}
    for seed in range(10):
        decision = run(times, seed).decision
        assert {one.name for one in decision.strategies if one.behind_verdict == "slower"} == {"old", "c", "d"}
        assert [decision[name].verdict for name in "abcd"] == ["faster"] * 4


def test_the_same_seed_gives_the_same_rounds():
    """A run repeats by its seed, orders included, and another seed gives other orders."""
    times = {"old": 1, "a": 1, "b": 3}
    assert run(times, 4).rounds == run(times, 4).rounds
    first, other = (
        Schedule([candidate(name) for name in "abcdefgh"], 0.025, 30, seed).next_round(0) for seed in ("one", "two")
    )
    assert sorted(first) == sorted(other)
    assert first != other


def test_each_order_of_a_round_is_drawn():
    """Two strategies start about equally many of 300 rounds."""
    rounds = run({"old": 1, "new": 1}, spread=1.5).rounds[:300]
    assert 300 == len(rounds)
    assert 110 < sum(members[0] == "new" for members in rounds) < 190


def test_near_strategies_get_thirty_rounds():
    """Without noise the widths are 0 from the sixth round on, and near strategies get thirty all the same."""
    done = run({"old": 1, "a": 1.2, "b": 1.49}, spread=0)
    assert [30, 30, 30] == [done.sampled(name) for name in ("old", "a", "b")]


def test_the_first_rounds_have_all_strategies():
    """Until there are as many rounds as a verdict takes, ten for three of a kind, the far are sampled in each."""
    done = run({"old": 1, "a": 1.6, "b": 1.7}, spread=0)
    assert list(range(10)) == [number for number, members in enumerate(done.rounds) if "a" in members]
    assert list(range(10)) == [number for number, members in enumerate(done.rounds) if "b" in members]
    assert len(done.rounds) == 30


def test_of_what_is_apart_fewer_rounds_do():
    """Where each sample exceeds every one of the fastest, six rounds tell it for three of a kind, not ten."""
    done = run({"old": 1, "a": 5, "b": 7}, spread=0, load=0.1)
    assert list(range(6)) == [number for number, members in enumerate(done.rounds) if "a" in members]
    assert list(range(6)) == [number for number, members in enumerate(done.rounds) if "b" in members]
    assert ["slower", "slower"] == [done.decision[name].verdict for name in ("a", "b")]


def test_of_what_is_apart_from_the_fastest_alone_the_baseline_asks_more():
    """One that is apart from the fastest, but not from the baseline, has the rounds that a verdict on these takes."""
    done = run({"old": 5, "new": 1, "a": 5.5}, spread=0, load=0.1)
    assert 10 == done.sampled("a") == done.sampled("old")
    assert ("slower", "faster") == (done.decision["a"].verdict, done.decision["new"].verdict)


def test_the_pairs_of_claims_have_the_rounds_of_a_verdict():
    """Two that are both far behind, and near each other, have ten rounds where a claim compares them, else six."""
    times = {"old": 1, "a": 5, "b": 5.5}
    assert [6, 10] == [run(times, spread=0, load=0.1, pairs=pairs).sampled("a") for pairs in ([], [("a", "b")])]


def test_samples_that_are_no_longer_apart_ask_for_the_rounds_of_signs():
    """Where a round takes six times as long, so that samples of one are not all apart, the signs of ten rounds tell."""
    schedule = Schedule([candidate("old"), candidate("a", 5), candidate("b", 7)], 0.025, 1e9, 0)
    sampled = Counter()
    while (members := schedule.next_round(0.0)) is not None:
        call_ns = CALL_NS * (6 if schedule.progress(0.0).rounds == 2 else 1)
        values = {"old": call_ns, "a": 5 * call_ns, "b": 7 * call_ns}
        schedule.record({name: values[name] for name in members})
        sampled.update(members)
    assert {"old": 30, "a": 10, "b": 6} == dict(sampled)


def test_far_strategies_share_every_fourth_round():
    """After the first rounds, far strategies are sampled together in every fourth while near ones are unfinished."""
    done = run({"old": 1, "a": 5, "b": 7}, spread=4)
    where = [number for number, members in enumerate(done.rounds[:30]) if "a" in members]
    assert where == [number for number, members in enumerate(done.rounds[:30]) if "b" in members]
    assert where == [*range(10), 13, 17, 21, 25, 29]


def test_far_strategies_get_as_many_rounds_as_holm_takes():
    """To hold at 1 % over the 36 pairs of nine of a kind, signs take 13 rounds, and the ranks of what is apart 8."""
    near = {f"s{number}": 1.01 + number / 100 for number in range(7)}
    for far, sampled in ((1.9, 13), (10, 8)):
        done = run({"old": 1, "far": far, **near}, spread=0)
        assert done.sampled("far") == sampled
        assert done.decision["far"].behind_verdict == "slower"


def test_once_the_near_are_finished_the_far_are_sampled_in_each_round():
    """When only far strategies are unfinished, they are sampled round after round, with what they are compared with."""
    done = run({"old": 1, "far": 1.6}, 3, precision=0.01, spread=3)
    last = [set(members) for members in done.rounds[-20:]]
    assert [{"old", "far"}] * 20 == last


def test_two_that_are_both_far_behind_are_not_told_apart_to_the_precision():
    """Of two strategies ten times behind the fastest, a tenth of the distance to it is asked, not 2.5 %."""
    names = ["old", "slow", "fast"]
    samples = {"old": {0: 10.0}, "slow": {0: 10.5}, "fast": {0: 1.0}}
    goals = {goal.members: goal for goal in plan([candidate(name) for name in names], samples, 0.025).goals}
    assert math.log(10) / 10 == pytest.approx(goals[frozenset({"old", "slow"})].asked)
    assert math.log(10) / 10 == pytest.approx(goals[frozenset({"old", "fast"})].asked)


def test_two_near_the_fastest_are_told_apart_to_the_precision():
    """Of two strategies within 1.5 times the fastest, a half-width of 2.5 % is asked."""
    samples = {"old": {0: 1.0}, "new": {0: 1.4}}
    (goal,) = plan([candidate("old"), candidate("new")], samples, 0.025).goals
    assert math.log(1.025) == pytest.approx(goal.asked)


def test_a_schedule_says_whether_the_budget_cut_it_short():
    """With time for 25 rounds nothing is finished, for it takes thirty; with time enough everything is."""
    short, whole = (Schedule([candidate("old"), candidate("new")], 0.025, budget, 1) for budget in (0.5, 1e9))
    for schedule in (short, whole):
        elapsed_s = 0.0
        while (members := schedule.next_round(elapsed_s)) is not None:
            schedule.record(dict.fromkeys(members, CALL_NS))
            elapsed_s += 0.02
    assert not short.finished
    assert whole.finished


def test_a_ratio_far_from_one_is_not_chased():
    """A strategy ten times faster than the baseline costs it few samples: a tenth of the log-distance is asked."""
    done = run({"old": 10, "a": 1, "b": 1})
    assert done.sampled("old") <= 12
    assert done.sampled("a") > 100
    assert done.decision["a"].ratio == pytest.approx(0.1, rel=0.25)


def test_the_baseline_counts_as_near_while_a_near_strategy_needs_it():
    """A far baseline within 1.5 times of a near strategy is sampled in each round until that ratio is told."""
    done = run({"old": 1.6, "a": 1, "b": 1.3}, 1)
    assert done.decision["old"].behind > 1.5
    assert all({"old", "a", "b"} == set(members) for members in done.rounds[10:100])
    assert done.decision["b"].ratio_high / done.decision["b"].ratio_low < 1.06


def test_a_finished_far_strategy_is_sampled_no_more():
    """A strategy five times slower has its rounds early, while near ones go on by the hundred."""
    done = run({"old": 1, "a": 1, "far": 5}, 2)
    assert len(done.rounds) > 150
    assert done.sampled("far") < 30


def test_a_slow_strategy_is_sampled_in_the_first_three_rounds():
    """A call longer than a twentieth of the budget is timed three times, and is flagged for the verdict."""
    done = run({"old": 1, "a": 1, "huge": 60}, budget_s=11.0)
    assert [0, 1, 2] == [number for number, members in enumerate(done.rounds) if "huge" in members]
    assert done.decision["huge"].verdict == "slower"
    assert done.decision["huge"].ratio_low is None


@pytest.mark.parametrize(("time", "slow"), [(49.9, set()), (50.1, {"a"})])
def test_slow_begins_at_a_twentieth_of_the_budget(time, slow):
    """With a budget of 10 s a call of more than 0.5 s is slow."""
    assert slow == Schedule([candidate("old"), candidate("a", time)], 0.025, 10, 0).slow


def test_a_round_that_was_lost_costs_a_slow_strategy_none_of_its_three():
    """Where the first round has no values, the slow strategy is sampled in the three that follow."""
    schedule = Schedule([candidate("old"), candidate("slow", 100)], 0.025, 10, 0)
    assert {"old", "slow"} == set(schedule.next_round(0.0))
    schedule.record({})
    members = []
    for _ in range(4):
        members.append("slow" in schedule.next_round(0.0))
        schedule.record({"old": CALL_NS} | ({"slow": 100 * CALL_NS} if members[-1] else {}))
    assert [True, True, True, False] == members


def test_slow_strategies_alone_get_their_three_rounds():
    """Where all are slow there are three rounds and no more."""
    assert len(run({"old": 60, "a": 70}, budget_s=11.0).rounds) == 3


@pytest.mark.parametrize("budget_s", [0.005, 0.1, 1.0, 3.0])
def test_the_budget_wins_over_every_minimum(budget_s):
    """Rounds stop before the budget is passed, but for the first, which has all strategies."""
    done = run({"old": 1, "a": 1, "b": 4}, budget_s=budget_s)
    assert set(done.rounds[0]) == {"old", "a", "b"}
    assert done.elapsed_s <= budget_s or len(done.rounds) == 1


@pytest.mark.parametrize(
    ("rounds", "budget_s", "seconds", "slow_s"),
    [
        (0, 0.1, 0.1, 0.005),
        (10, 0.1, 1.0, 0.08),  # four of 10 ms ten times, and the one of 200 ms, which is slow there, three times
        (10, 1.1, 1.1, 0.08),
        (50, 0.1, 2.6, 0.13),
        (100, 0.1, 24.0, 1.2),  # 4.6 s would do, but in that time it is not slow, and takes part in all
    ],
)
def test_the_fewest_rounds_may_take_more_than_the_budget(rounds, budget_s, seconds, slow_s):
    """Of those that are not slow in that time as many as are asked for, of slow ones three; or the budget."""
    candidates = [candidate("old", 20), *map(candidate, "abcd")]
    assert (seconds, slow_s * 1e9) == pytest.approx(time_for(candidates, rounds, budget_s))


@given(
    times=st.lists(st.floats(0.1, 50), min_size=1, max_size=5),
    budget_s=st.sampled_from([0.0, 0.2, 3.0]),
    rounds=st.integers(1, 20),
)
@settings(max_examples=60, deadline=None)
def test_near_strategies_have_the_fewest_rounds(times, budget_s, rounds):
    """Whatever the budget, those within 1.5 times the fastest are sampled as often as is asked, and all three times."""
    schedule = Schedule([candidate(str(n), time) for n, time in enumerate(times)], 0.5, budget_s, 0, rounds)
    sampled, elapsed_s = Counter(), 0.0
    while (members := schedule.next_round(elapsed_s)) is not None:
        schedule.record({name: CALL_NS * times[int(name)] for name in members})
        sampled.update(members)
        elapsed_s += 10.0
    near = [str(n) for n, time in enumerate(times) if time < 1.49 * min(times)]
    assert min(sampled[name] for name in near) >= rounds
    assert len(times) == len(sampled)
    assert min(sampled.values()) >= min(3, rounds)


def test_the_fewest_rounds_are_made_though_every_interval_is_narrow():
    """Where 100 rounds are asked for there are 100, though 30 would do; of what is far, as many as a verdict takes."""
    times = {"old": 1, "near": 1.2, "far": 9}
    schedule = Schedule([candidate(name, time) for name, time in times.items()], 0.5, 1e6, 0, 100)
    sampled = Counter()
    while (members := schedule.next_round(0.0)) is not None:
        schedule.record({name: CALL_NS * times[name] for name in members})
        sampled.update(members)
    assert {"old": 100, "near": 100, "far": 6} == dict(sampled)


def test_the_rounds_that_are_asked_for_are_no_more_than_that():
    """Where calls turn out quicker than it seemed, the time that so many rounds would have taken is not used up."""
    schedule = Schedule([candidate("old"), candidate("new", 1.2)], 0.0001, 0.01, 0, 20)
    rounds, elapsed_s = 0, 0.0
    while (members := schedule.next_round(elapsed_s)) is not None:
        schedule.record(dict.fromkeys(members, CALL_NS * (1 + rounds % 7 / 10)))
        rounds, elapsed_s = rounds + 1, elapsed_s + 0.001
    assert 20 == rounds


def test_without_budget_there_is_no_round():
    """Where the budget is spent before the first round there is none."""
    assert Schedule([candidate("old")], 0.025, 30, 0).next_round(30.0) is None


def test_what_does_not_fit_the_budget_is_left_out():
    """When a round with the slow strategy would pass the budget, the others go on without it."""
    schedule = Schedule([candidate("old"), candidate("a"), candidate("huge", 100)], 0.025, 2.0, 0)
    schedule.record(dict.fromkeys(schedule.next_round(0.0), CALL_NS))
    assert {"old", "a"} == set(schedule.next_round(1.02))


def test_a_dropped_strategy_is_gone():
    """A strategy that failed is in no further round and in no decision, and the rounds of the others end."""
    schedule = Schedule([candidate("old"), candidate("a"), candidate("b")], 0.025, 30, 0)
    schedule.record({"old": CALL_NS, "a": CALL_NS})
    schedule.drop("b")
    assert {"old", "a"} == set(schedule.next_round(0.1))
    assert ["old", "a"] == [one.name for one in schedule.sampled()]


def test_a_strategy_alone_gets_thirty_rounds():
    """Where all others failed, the one that is left is still timed."""
    assert run({"a": 1}).sampled("a") == 30


def test_recorded_rounds_continue_where_they_ended():
    """A schedule that is given the rounds of a journal goes on as the one that was interrupted would have."""
    times = {"old": 1.0, "a": 1.1, "b": 4.0}
    one, other = (Schedule([candidate(name, time) for name, time in times.items()], 0.025, 1e9, 7) for _ in range(2))
    random, journal = Random(1), []
    for _ in range(57):
        journal.append({name: CALL_NS * times[name] * math.exp(random.gauss(0, 0.1)) for name in one.next_round(1.0)})
        one.record(journal[-1])
    for values in journal:
        other.record(values)
    assert one.next_round(2.0) == other.next_round(2.0)
    assert one.progress(2.0) == other.progress(2.0)


def test_significance_does_not_stop_a_run():
    """Multiplying all times of one strategy by 1.3 changes neither the number of rounds nor who is sampled in them."""
    assert run({"old": 1, "a": 1}, 9).rounds == run({"old": 1, "a": 1.3}, 9).rounds


def test_autocorrelated_rounds_take_more_of_them():
    """Where the noise of a strategy comes in long runs, a width is reached after more rounds."""
    rounds = {}
    for length in (1, 10):
        schedule = Schedule([candidate("old"), candidate("a")], 0.025, 1e9, 0)
        random, count, level = Random(2), 0, 0.0
        while (members := schedule.next_round(1.0)) is not None:
            level = random.gauss(0, 0.1) if count % length == 0 else level
            noise = {"old": 0.0, "a": level + random.gauss(0, 0.02)}
            schedule.record({name: CALL_NS * math.exp(noise[name]) for name in members})
            count += 1
        rounds[length] = count
    assert rounds[10] > 3 * rounds[1]


def test_progress_tells_what_is_left():
    """Half-way to a width, about three times as many rounds are left, and the time follows from what a round took."""
    schedule = Schedule([candidate("old"), candidate("a")], 0.025, 1e9, 0)
    random = Random(5)
    for _ in range(60):
        schedule.record({"old": CALL_NS, "a": CALL_NS * math.exp(random.gauss(0, 0.15))})
    progress = schedule.progress(60 * 0.04)
    (goal,) = progress.goals
    assert (goal.strategy, goal.reference, goal.rounds) in [("a", "old", 60), ("old", "a", 60)]
    assert progress.rounds == 60
    assert progress.rounds_left == math.ceil(60 * (goal.half_width / math.log1p(0.025)) ** 2) - 60
    assert 50 < progress.rounds_left < 400
    assert progress.seconds_left == pytest.approx(progress.rounds_left * 0.04)


def test_progress_stays_within_the_budget():
    """The time left is never more than the budget leaves."""
    schedule = Schedule([candidate("old"), candidate("a")], 0.0001, 5.0, 0)
    for number in range(40):
        schedule.record({"old": CALL_NS, "a": CALL_NS * (1 + number % 7 / 10)})
    assert schedule.progress(4.0).seconds_left == 1.0


def test_progress_of_a_finished_point():
    """A point without noise has nothing left after thirty rounds."""
    schedule = Schedule([candidate("old"), candidate("a")], 0.025, 1e9, 0)
    for _ in range(30):
        schedule.record({"old": CALL_NS, "a": CALL_NS})
    assert schedule.next_round(1.0) is None
    assert (schedule.progress(1.0).rounds_left, schedule.progress(1.0).seconds_left) == (0, 0)


@pytest.mark.parametrize(
    ("ratio", "asked"),
    [(1.0, math.log1p(0.025)), (1.49, math.log1p(0.025)), (1.6, math.log(1.6) / 10), (10, math.log(10) / 10)],
)
def test_the_half_width_asked_grows_with_the_distance(ratio, asked):
    """Within 1.5 times it is the precision, beyond it is a tenth of the log-distance, of either sign."""
    for slow, quick in (("old", "a"), ("a", "old")):
        samples = {slow: dict.fromkeys(range(9), CALL_NS * ratio), quick: dict.fromkeys(range(9), CALL_NS)}
        (goal,) = plan([candidate("old"), candidate("a")], samples, 0.025).goals
        assert goal.asked == pytest.approx(asked)


def test_a_coarse_precision_is_not_refined_by_distance():
    """At a precision of 20 % a distance of 1.6 does not ask for a tenth of it."""
    samples = {"old": dict.fromkeys(range(9), CALL_NS * 1.6), "a": dict.fromkeys(range(9), CALL_NS)}
    (goal,) = plan([candidate("old"), candidate("a")], samples, 0.2).goals
    assert goal.asked == pytest.approx(math.log1p(0.2))


def test_each_kind_has_its_own_fastest():
    """Entities are compared with the fastest entities and rows with the fastest rows, and all with the baseline."""
    times = {"old": 4.0, "new": 2.0, "raw": 1.0, "json": 1.1}
    candidates = [candidate(name, kind="rows" if name in ("raw", "json") else "entities") for name in times]
    samples = {name: dict.fromkeys(range(9), CALL_NS * time) for name, time in times.items()}
    goals = plan(candidates, samples, 0.025).goals
    pairs = {frozenset((goal.strategy, goal.reference)) for goal in goals}
    expected = [("old", "new"), ("json", "raw"), ("raw", "old"), ("json", "old")]
    assert pairs == {frozenset(pair) for pair in expected}
    assert len(goals) == 4


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(0.5, 20), min_size=1, max_size=6),
    st.lists(st.sampled_from(["entities", "rows"]), min_size=6, max_size=6),
    st.floats(0.05, 3),
    st.integers(0, 99),
)
def test_every_schedule_ends_with_each_strategy_sampled(times, kinds, budget_s, seed):
    """Whatever the strategies cost, the rounds end within the budget or after the first, and each has a sample."""
    named = dict(zip(["old", "a", "b", "c", "d", "e"], times, strict=False))
    done = run(named, seed, precision=0.05, budget_s=budget_s, kinds=dict(zip(named, kinds, strict=False)))
    assert all(done.sampled(name) >= 1 for name in named)
    assert done.elapsed_s <= budget_s + 1e-9 or len(done.rounds) == 1
