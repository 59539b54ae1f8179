import re
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import MetaData

from bench import Claim, Dataset, Scenario
from bench.errors import ScenarioError

DATA = Dataset("nothing", MetaData(), lambda scale, random: iter(()))
PARAMS = {"authors": (10, 100)}
TYPICAL = {"authors": 10}


def valid(**options):
    """A scenario with a baseline and a second strategy, to be spoilt in one way at a time."""
    scenario = Scenario(DATA, **{"params": PARAMS, "typical": TYPICAL, **options})

    @scenario.strategy(baseline=True)
    async def old(db, authors):
        """What people do."""

    @scenario.strategy()
    async def new(db, authors):
        """What they could do."""

    return scenario


def complaint(scenario):
    """The message of `check`, without its file and line, which must be those of this file."""
    with pytest.raises(ScenarioError) as refusal:
        scenario.check()
    return after_place(refusal)


def after_place(refusal):
    place = re.fullmatch(r"(.+\.py):\d+: (.+)", str(refusal.value))
    assert place is not None, str(refusal.value)
    assert place[1] == __file__
    return place[2]


def test_a_valid_scenario_is_accepted():
    """A scenario with a baseline, a second strategy and what they need passes, and names its baseline."""
    scenario = valid(size="authors", claims=[Claim("so they say", source="a book", faster="new", than="old")])
    scenario.check()
    assert scenario.baseline.name == "old"
    assert list(scenario.strategies) == ["old", "new"]


@pytest.mark.parametrize("number", [0, 1])
def test_fewer_than_two_strategies_are_refused(number):
    """A comparison takes two."""
    scenario = Scenario(DATA)

    async def only(db):
        pass

    for _ in range(number):
        scenario.strategy(baseline=True)(only)
    assert complaint(scenario) == f"a scenario needs two strategies or more, this one has {number}"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"disturbed_by": "weather"}, "disturbed_by= names 'weather', which is no parameter"),
        (
            {"params": {"authors": ("flood",)}, "disturbed_by": "authors"},
            "'flood' is no fault that a load can be disturbed by: restart, terminate, cut, stall",
        ),
        (
            {"writes": ["users"]},
            "a scenario whose loads are disturbed cannot write: nobody can say what a fault leaves",
        ),
        (
            {"claims": [Claim("so they say", source="a book", faster="new", than="old")]},
            "a scenario whose loads are disturbed ranks nothing, so that no claim can be judged by it",
        ),
    ],
)
def test_a_scenario_of_faults_that_makes_no_sense_is_refused(options, expected):
    """Faults are values of a parameter, of kinds that can be done; nothing is written and no claim judged by them."""
    given = {"params": {"authors": ("cut", "stall")}, "typical": {"authors": "cut"}, "disturbed_by": "authors"}
    assert complaint(valid(**{**given, **options})) == expected


def test_no_fault_is_done_behind_another_pool():
    """A strategy that goes through PgBouncer is not disturbed."""
    scenario = valid(params={"authors": ("cut",)}, typical={"authors": "cut"}, disturbed_by="authors")

    @scenario.strategy(through="pgbouncer")
    async def behind(db, authors):
        pass

    assert complaint(scenario) == "strategy 'behind' goes through pgbouncer, where no fault is done"


def test_no_strategy_need_take_the_fault():
    """The harness does it; a strategy only drives the load."""
    scenario = Scenario(DATA, params={"fault": ("cut",)}, typical={"fault": "cut"}, disturbed_by="fault")

    async def one(db):
        pass

    async def two(db):
        pass

    scenario.strategy(baseline=True)(one)
    scenario.strategy()(two)
    scenario.check()


def test_no_baseline_is_refused():
    """Without a baseline there is nothing to compare with."""
    scenario = Scenario(DATA)

    @scenario.strategy()
    async def one(db):
        pass

    @scenario.strategy()
    async def two(db):
        pass

    assert complaint(scenario) == "no strategy is the baseline: mark one with @….strategy(baseline=True)"


def test_a_second_baseline_is_refused():
    """A second baseline is refused where it is declared, beside the name of the first."""
    scenario = valid()
    with pytest.raises(ScenarioError) as refusal:

        @scenario.strategy(baseline=True)
        async def other(db, authors):
            pass

    assert after_place(refusal) == "'other' is a second baseline beside 'old': keep one"


def test_two_strategies_of_one_name_are_refused():
    """A name that is taken is refused where it is declared again."""
    scenario = valid()
    with pytest.raises(ScenarioError) as refusal:

        @scenario.strategy()
        async def new(db, authors):
            pass

    assert after_place(refusal) == "two strategies are named 'new': rename one"
    assert f":{new_line(test_two_strategies_of_one_name_are_refused)}: " in str(refusal.value)


def new_line(test):
    """The line on which the decorator of the strategy in that test stands."""
    return test.__code__.co_firstlineno + 5


def test_a_parameter_that_no_strategy_takes_is_refused():
    """A parameter that changes nothing is a mistake."""
    scenario = valid(params={**PARAMS, "posts": (1,)}, typical={**TYPICAL, "posts": 1})
    assert complaint(scenario) == "no strategy takes the parameter 'posts': remove it, or add it as an argument"


def test_a_parameter_may_serve_the_inputs_alone():
    """Where inputs are made from the parameters, no strategy has to take them."""
    valid(
        params={**PARAMS, "posts": (1,)}, typical={**TYPICAL, "posts": 1}, inputs=lambda random, authors, posts: 0
    ).check()


def test_an_unknown_argument_is_refused():
    """A strategy that takes what its scenario lacks is refused, with what there is."""
    scenario = valid()
    with pytest.raises(ScenarioError) as refusal:

        @scenario.strategy()
        async def other(db, autors):
            pass

    assert after_place(refusal) == (
        "strategy 'other' takes 'autors', which is no parameter of its scenario (it has authors, db)"
    )


@pytest.mark.parametrize("name", ["inputs", "state"])
def test_inputs_and_state_must_be_declared(name):
    """`inputs` and `state` are arguments only where the scenario or the strategy says where they come from."""
    namespace = {}
    exec(f"async def other(db, {name}): pass", namespace)  # noqa: S102 - the argument's name is what varies
    with pytest.raises(ScenarioError, match=f"takes '{name}', which is no parameter"):
        valid().strategy()(namespace["other"])


def test_declared_inputs_and_state_are_arguments():
    """A scenario with inputs and a strategy with a set-up pass both on."""

    @asynccontextmanager
    async def pool(db):
        yield 1

    scenario = valid(inputs=lambda random, authors: 0)

    @scenario.strategy(setup=pool)
    async def other(db, inputs, state):
        pass

    scenario.check()
    assert scenario.strategies["other"].takes == ("db", "inputs", "state")


def test_the_first_argument_must_be_the_database():
    """A strategy without `db` in front is refused."""
    with pytest.raises(ScenarioError) as refusal:

        @valid().strategy()
        async def other(authors, db):
            pass

    assert after_place(refusal) == "the first argument of strategy 'other' must be db"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": "posts"}, "size= names 'posts', which is no parameter"),
        ({"typical": {}}, "typical= lacks the parameter 'authors'"),
        ({"typical": {"authors": 10, "posts": 1}}, "typical= names 'posts', which is no parameter"),
        ({"params": {"authors": ()}}, "the parameter 'authors' has no values"),
        (
            {"claims": [Claim("so they say", source="a book", faster="newer", than="old")]},
            "the claim 'so they say' is about 'newer', which is no strategy",
        ),
        (
            {"claims": [Claim("so they say", source="a book", faster="new", than="older")]},
            "the claim 'so they say' is about 'older', which is no strategy",
        ),
        (
            {"claims": [Claim("one", source="a book", strategy="newer", counter="statements", equals=1)]},
            "the claim 'one' is about 'newer', which is no strategy",
        ),
        (
            {"claims": [Claim("here", source="a book", faster="new", than="old", where={"posts": 1})]},
            "the claim 'here' is limited by 'posts', which is no parameter",
        ),
    ],
)
def test_each_contradiction_has_its_own_message(options, expected):
    """What is wrong with a scenario is said by name."""
    assert complaint(valid(**options)) == expected


@pytest.mark.parametrize("name", ["db", "inputs", "state"])
def test_a_parameter_cannot_have_a_reserved_name(name):
    """What the harness passes itself is no name for a parameter."""
    scenario = valid(params={**PARAMS, name: (1,)}, typical={**TYPICAL, name: 1})
    assert complaint(scenario) == f"a parameter cannot be named {name!r}: the harness passes that itself"


def test_a_strategy_is_what_its_function_says():
    """Name, description, arguments and kind of a strategy come from its function, the rest from the decorator."""
    scenario = valid(returns="rows")

    @scenario.strategy(requires="postgresql", engine_options={"pool_size": 2})
    def plain(db, authors):
        """Reads them
        one by one.

        And more that no table shows.
        """

    declared = scenario.strategies["plain"]
    assert declared.function is plain
    assert declared.description == "Reads them one by one."
    assert declared.takes == ("db", "authors")
    assert not declared.is_async
    assert declared.returns == "rows"
    assert declared.requires == ("postgresql",)
    assert declared.engine_options == {"pool_size": 2}
    assert scenario.strategies["old"].is_async


def test_a_scenario_knows_where_it_stands():
    """File and line are those of the module that made it, for messages and for `show`."""
    scenario = Scenario(DATA)
    assert scenario.file == __file__
    assert scenario.line == test_a_scenario_knows_where_it_stands.__code__.co_firstlineno + 2


@pytest.mark.parametrize(
    "prediction",
    [
        {},
        {"faster": "new"},
        {"than": "old"},
        {"strategy": "new", "counter": "statements"},
        {"faster": "new", "than": "old", "strategy": "new", "counter": "statements", "equals": 1},
        {"faster": "new", "than": "old", "equals": 1},
        {"faster": "new", "as_fast": "new", "than": "old"},
        {"less": "new", "than": "old"},
        {"less": "new", "counter": "rows"},
    ],
)
def test_a_claim_predicts_one_thing(prediction):
    """A claim that predicts nothing, half of something, or two things is refused."""
    with pytest.raises(ValueError, match="the claim 'so they say' needs one of faster= and than=; as_fast="):
        Claim("so they say", source="a book", **prediction)


@pytest.mark.parametrize(
    "prediction",
    [
        {"as_fast": "new", "than": "old", "by": 2},
        {"faster": "new", "than": "old", "by": 1},
        {"faster": "new", "than": "old", "by": float("nan")},
    ],
)
def test_a_claim_of_a_number_is_one_of_faster(prediction):
    """A number belongs to a claim that one is faster, and is above 1."""
    with pytest.raises(ValueError, match="the claim 'so they say' needs faster= with by=, and in by= a number above 1"):
        Claim("so they say", source="a book", **prediction)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ({"raises": KeyError, "differs": True}, "strategy 'third' can raise or differ, not both: keep one of them"),
        ({"driver": "oracle"}, "driver='oracle' of strategy 'third' is neither asyncpg nor psycopg"),
        ({"through": "pgpool"}, "through='pgpool' of strategy 'third' is unknown: there is pgbouncer"),
        ({"driver": "asyncpg"}, "strategy 'third' is a plain function, and asyncpg runs async ones alone"),
    ],
)
def test_a_strategy_that_contradicts_itself_is_refused(declared, expected):
    """One that raises and differs, one on or through what is unknown, a plain function on asyncpg."""
    scenario = valid()

    @scenario.strategy(**declared)
    def third(db, authors):
        """Something else."""

    assert complaint(scenario) == expected


def test_nothing_is_written_through_pgbouncer():
    """A strategy that goes through it in a scenario that writes is refused."""
    scenario = valid(writes=["authors"])

    @scenario.strategy(through="pgbouncer")
    async def third(db, authors):
        """Something else."""

    assert complaint(scenario) == "strategy 'third' goes through pgbouncer to read alone, and writes= is set"


def test_a_strategy_requires_what_it_goes_through():
    """PostgreSQL and PgBouncer, each once, and what it asks for besides."""
    scenario = valid()

    @scenario.strategy(through="pgbouncer", requires=["postgresql", "sqlalchemy>=2.1"])
    async def third(db, authors):
        """Something else."""

    assert scenario.strategies["third"].requires == ("postgresql", "pgbouncer", "sqlalchemy>=2.1")


def test_a_baseline_is_no_demonstration():
    """A baseline that is meant to answer something else is refused."""
    scenario = Scenario(DATA)

    @scenario.strategy(baseline=True, differs=True)
    async def old(db):
        """What people do."""

    @scenario.strategy()
    async def new(db):
        """What they could do."""

    assert complaint(scenario) == "the baseline is meant to raise or to differ: nothing can be compared with it"


def test_a_headline_is_a_counter():
    """A scenario that is about a counter which does not exist is refused."""
    assert complaint(valid(headline="beauty")) == "headline= names 'beauty', which is no counter"


def test_a_claim_may_expect_nothing_of_a_counter():
    """A claim that a counter is 0 is a prediction too."""
    claim = Claim("no statement", source="a book", strategy="new", counter="statements", equals=0)
    assert claim.strategies == ("new",)


def test_a_claim_names_its_strategies():
    """A comparison is about both of its strategies."""
    assert Claim("so they say", source="a book", faster="new", than="old").strategies == ("new", "old")


def test_budgets_are_kept_by_counter():
    """What a scenario allows all its strategies, and one of them, is there by the counter's name."""
    scenario = valid(max_statements=2, max_rows=0)

    @scenario.strategy(max_statements=1, max_executions=3, max_round_trips=4)
    async def third(db, authors):
        """With budgets of its own."""

    scenario.check()
    assert scenario.limits == {"statements": 2, "rows": 0}
    assert scenario.strategies["third"].limits == {"statements": 1, "executions": 3, "round_trips": 4}
    assert scenario.strategies["old"].limits == {}


@pytest.mark.parametrize("limit", [-1, 2.5, "2", True])
def test_a_budget_is_a_whole_number(limit):
    """Anything else, and less than 0, is refused, of a scenario and of a strategy."""
    scenario = valid()
    scenario.strategy(name="third", max_rows=limit)(scenario.strategies["new"].function)

    assert complaint(valid(max_rows=limit)) == f"max_rows={limit!r} is no budget: give a whole number, 0 or more"
    assert complaint(scenario) == f"max_rows={limit!r} of 'third' is no budget: give a whole number, 0 or more"


def test_a_budget_that_is_never_checked_is_refused():
    """A demonstration has no budget of its own, and of loads that are disturbed nothing is counted."""
    shown = valid()
    shown.strategy(name="third", max_rows=1, raises=LookupError)(shown.strategies["new"].function)
    disturbed = valid(
        params={"authors": ("restart",)}, typical={"authors": "restart"}, disturbed_by="authors", max_rows=1
    )

    assert complaint(shown) == "strategy 'third' is a demonstration, which has no budget: remove max_rows="
    assert complaint(disturbed) == "max_rows=1 is never checked: nothing is counted of disturbed loads"
