"""The filtering scenarios: the accounts that they find, and the indexes that PostgreSQL finds them by."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest

from bench import Dataset
from bench.databases.address import Address
from bench.databases.connecting import connect
from bench.databases.embedded import open_embedded
from bench.databases.sqlite import SqliteServer
from bench.discovery import find_modules, load_module
from bench.worker.calling import OpenStrategy
from bench.worker.counting import counted
from bench.worker.plans import plans, prepared_plans
from tests.scenarios.helpers import counted_on_postgresql, counters_of
from tests.worker.helpers import access, seeder

SCENARIOS = {name.partition(".")[2]: found for name, found in load_module(find_modules()["filtering"]).items()}
filtering: Any = sys.modules[SCENARIOS["conjunction"].baseline.function.__module__]
directory: Any = sys.modules[SCENARIOS["conjunction"].dataset.rows.__module__]

EVERY_SCENARIO = list(SCENARIOS)
SCAN: tuple[str, ...] = ()
BY_TEAM = ("ix_btree_team_id",)
BY_NAME = ("ix_btree_username",)
TRIGRAMS = ("ix_fitted_trigrams",)
INDEXES: dict[str, dict[str, tuple[str, ...]]] = {
    "conjunction": {
        "and_": ("ix_btree_joined_at",),
        "chained": ("ix_btree_joined_at",),
        "in_python": ("ix_btree_joined_at",),
        "intersected": ("ix_btree_joined_at",),
        "two_indexes": ("ix_btree_domain", "ix_btree_joined_at"),
        "two_column_index": ("ix_fitted_domain_joined_at",),
    },
    "disjunction": {
        "or_": ("ix_btree_true_in_1000", *BY_NAME),
        "union": ("ix_btree_true_in_1000", *BY_NAME),
        "union_all": ("ix_btree_true_in_1000", *BY_NAME),
        "two_selects": ("ix_btree_true_in_1000", *BY_NAME),
    },
    "disjunction_over_tables": {
        "or_": SCAN,
        "or_planned_each_time": SCAN,
        "or_in_subquery": ("teams_name_key",),
        "or_any_array": (*BY_TEAM, *BY_NAME, "teams_name_key"),
        "union": (*BY_TEAM, *BY_NAME, "teams_name_key"),
        "two_selects": (*BY_TEAM, *BY_NAME, "teams_name_key"),
    },
    "boolean": {
        "equals_true": ("ix_btree_true_in_100",),
        "bare": ("ix_btree_true_in_100",),
        "is_true": ("ix_btree_true_in_100",),
        "no_index": SCAN,
        "partial_index": ("ix_sparse_true_in_100",),
    },
    "negation": {
        "not_": ("ix_btree_false_in_100",),
        "equals_false": ("ix_btree_false_in_100",),
        "is_not_true": SCAN,
        "no_index": SCAN,
        "partial_index": ("ix_sparse_false_in_100",),
    },
    "inequality": {
        "not_equal": SCAN,
        "in_the_others": ("ix_btree_status_in_100",),
        "below_or_above": ("ix_btree_status_in_100",),
        "partial_parameter": ("ix_sparse_status_in_100",),
        "partial_literal": ("ix_sparse_status_in_100",),
    },
    "null": {
        "no_index": SCAN,
        "btree": ("ix_btree_null_in_100",),
        "coalesced": SCAN,
        "partial_index": ("ix_sparse_null_in_100",),
    },
    "membership": {
        "in_": BY_TEAM,
        "or_": BY_TEAM,
        "any_array": BY_TEAM,
        "in_literals": BY_TEAM,
        "join_values": BY_TEAM,
        "one_by_one": BY_TEAM,
    },
    "prefix": {
        "like": SCAN,
        "ilike": SCAN,
        "like_pattern_ops": ("ix_fitted_username",),
        "literal_pattern_ops": ("ix_fitted_username",),
        # Its plan is made here for its pattern; that it is executed by another one is a test of its own.
        "like_pattern_ops_planned_once": ("ix_fitted_username",),
        "startswith_pattern_ops": ("ix_fitted_username",),
        "like_c_collation": ("ix_btree_username_c",),
        "operator_c_collation": ("ix_btree_username_c",),
        "range_c_collation": ("ix_btree_username_c",),
        "ilike_trigrams": TRIGRAMS,
    },
    "infix": {
        "ilike": SCAN,
        "lower_like": SCAN,
        "regular_expression": SCAN,
        "ilike_trigrams": TRIGRAMS,
        "ilike_trigrams_planned_each_time": TRIGRAMS,
        "icontains_trigrams": TRIGRAMS,
        "lower_like_trigrams": SCAN,
    },
    "suffix": {
        "ilike": SCAN,
        "ilike_trigrams": TRIGRAMS,
        "reversed_index": ("ix_fitted_reversed_email",),
        "own_column": ("ix_btree_domain",),
    },
    "expression": {
        "lower": SCAN,
        "lower_indexed": ("ix_fitted_lower_surname",),
        "ilike": SCAN,
        "ilike_trigrams": TRIGRAMS,
        "spellings": ("ix_btree_surname",),
    },
    "ranges": {
        "between": ("ix_btree_joined_at",),
        "half_open": ("ix_btree_joined_at",),
        "date_of": SCAN,
        "date_indexed": ("ix_fitted_joined_on",),
        "no_index": SCAN,
        "brin": ("ix_sparse_joined_at",),
    },
    "containment": {
        "arrow": SCAN,
        "arrow_indexed": ("ix_fitted_segment",),
        "contains": SCAN,
        "contains_gin": ("ix_btree_attributes",),
        "contains_path_ops": ("ix_fitted_attributes",),
        "path_match_path_ops": ("ix_fitted_attributes",),
    },
    "pagination": {
        "offset": ("ix_fitted_joined_at_id",),
        "no_index": SCAN,
        "offset_keys": ("accounts_fitted_pkey", "ix_fitted_joined_at_id"),
        "keyset_tuple": ("ix_fitted_joined_at_id",),
        "keyset_or": ("ix_fitted_joined_at_id",),
        "keyset_and_or": ("ix_fitted_joined_at_id",),
    },
}
"""The indexes that each strategy uses at the typical point; none where it scans a table."""

FIRST = 8000
"""Accounts that are in SQLite's file."""

Account = dict[str, Any]


@pytest.fixture(scope="module")
def people() -> list[Account]:
    """The accounts as the dataset makes them."""
    rows = next(rows for target, rows in directory.rows(1, Random(1)) if target is directory.Plain)
    names = [column.name for column in directory.Plain.__table__.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


@pytest.fixture(scope="module")
def postgresql(cache: Path) -> Iterator[Address]:
    """A database with the directory, for reading; its statistics are of every row, so that no sample decides between
    plans that cost about the same.
    """
    with open_embedded({}, say=lambda line: None) as server:
        database = server.clone(server.template("directory", seeder(directory.directory)))
        with connect(database, application_name="test") as connection:
            connection.execute("SET default_statistics_target = 400")
            connection.execute("ANALYZE")
        yield database


@pytest.fixture(scope="module")
def sqlite(cache: Path) -> Iterator[Address]:
    """A file with the first accounts of the directory, for reading."""

    def first(scale: int, random: Random) -> Iterator[tuple[Any, Iterator[Any]]]:
        for target, rows in directory.rows(scale, random):
            yield target, islice(rows, FIRST)

    with SqliteServer({}) as server:
        small = Dataset("directory", directory.Base.metadata, first)
        yield server.clone(server.template("directory", seeder(small)))


@dataclass(frozen=True)
class Call:
    """What a call of a strategy found, the statements that it sent, and how the server went about them."""

    found: list[Any]
    statements: list[str]
    plans: str
    buffers: int

    @property
    def indexes(self) -> tuple[str, ...]:
        """Names of the indexes in the plans."""
        return tuple(sorted(set(re.findall(r'"Index Name": "(\w+)"', self.plans))))


def _call(place: Address, name: str, strategy: str, **chosen: Any) -> Call:
    """A call of a strategy, at the typical point but for what is chosen."""
    scenario = SCENARIOS[name]
    params = {**scenario.typical, **chosen}
    inputs = scenario.inputs(Random(1), **params) if scenario.inputs else None

    async def call() -> Call:
        opened = OpenStrategy(scenario.strategies[strategy], access(place), params)
        try:
            await opened.open()
            with counted(opened.handle, objects=False) as tally:
                found = await opened.calls(inputs, 1)[0]()
            async with opened.handle.engine.connect() as connection:
                seen = await connection.run_sync(plans, tally.parameters)
        finally:
            await opened.close()
        buffers = sum(plan["Plan"]["Shared Hit Blocks"] for plan in seen.values() if not isinstance(plan, str))
        return Call(found, list(seen), json.dumps(list(seen.values())), buffers)

    return asyncio.run(call())


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_a_strategy_uses_the_index_that_it_is_named_for(postgresql: Address, name: str) -> None:
    """At the typical point the server finds the accounts by these indexes, and where there are none by a scan."""
    used = {strategy: _call(postgresql, name, strategy).indexes for strategy in SCENARIOS[name].strategies}

    assert INDEXES[name] == used


TEN_TEAMS = Random(1).sample(range(1, 2001), 10)


def _day(account: Account) -> int:
    """The day on which an account joined, counted from the first."""
    return int((account["joined_at"] - directory.EPOCH).days)


def _of_domain(account: Account, domain: str) -> bool:
    return str(account["email"]).lower().endswith(f"@{domain}")


WANTED: dict[str, Callable[[Account], bool]] = {
    "conjunction": lambda one: _day(one) < 100 and one["false_in_10"] and _of_domain(one, "example.org"),
    "disjunction": lambda one: one["username"] == "admin" or one["true_in_1000"],
    "disjunction_over_tables": lambda one: one["username"] == "admin" or one["team_id"] == 1,
    "boolean": lambda one: one["true_in_100"],
    "negation": lambda one: not one["false_in_100"],
    "inequality": lambda one: one["status_in_100"] != "active",
    "null": lambda one: one["null_in_100"] is None,
    "membership": lambda one: one["team_id"] in TEN_TEAMS,
    "prefix": lambda one: one["username"].startswith("kem"),
    "infix": lambda one: "kemo" in one["email"].lower(),
    "suffix": lambda one: _of_domain(one, "example.net"),
    "expression": lambda one: one["surname"].lower() == "lindqvist",
    "ranges": lambda one: 30 <= _day(one) < 40,
    "containment": lambda one: one["attributes"]["segment"] == "energy",
    "pagination": lambda one: 2475 < one["id"] <= 2500,
}
"""What each scenario asks for at the typical point, in Python."""


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_a_baseline_finds_the_accounts_that_are_wanted(postgresql: Address, people: list[Account], name: str) -> None:
    """They are those of the dataset's rows that a plain loop in Python finds, and neither none nor all."""
    wanted = [(one["id"], one["username"]) for one in people if WANTED[name](one)]

    assert wanted == sorted(_call(postgresql, name, SCENARIOS[name].baseline.name).found)
    assert 0 < len(wanted) < 1000


@pytest.mark.parametrize("name", EVERY_SCENARIO)
def test_sqlite_finds_the_same(sqlite: Address, people: list[Account], name: str) -> None:
    """Every strategy that does not require PostgreSQL finds the same accounts there, and the baseline is one."""
    scenario = SCENARIOS[name]
    wanted = [(one["id"], one["username"]) for one in people[:FIRST] if WANTED[name](one)]
    found = {
        strategy.name: sorted(_call(sqlite, name, strategy.name).found)
        for strategy in scenario.strategies.values()
        if not strategy.requires
    }

    assert dict.fromkeys(found, wanted) == found
    assert scenario.baseline.name in found
    assert len(found) > 1
    assert len(wanted) > 0


@pytest.mark.parametrize("wanted", ["null", "value"])
def test_null_and_not_null_are_looked_for_alike(postgresql: Address, wanted: str) -> None:
    """One account in a hundred has no number in the one column, and one in the other."""
    kind = "null" if wanted == "null" else "set"
    calls = {strategy: _call(postgresql, "null", strategy, wanted=wanted) for strategy in SCENARIOS["null"].strategies}

    assert {
        "no_index": SCAN,
        "btree": (f"ix_btree_{kind}_in_100",),
        "coalesced": SCAN,
        "partial_index": (f"ix_sparse_{kind}_in_100",),
    } == {strategy: call.indexes for strategy, call in calls.items()}
    assert 1 == len({tuple(sorted(call.found)) for call in calls.values()})


@pytest.mark.parametrize(
    ("name", "strategy", "scans", "searches"),
    [
        ("conjunction", "and_", {"days": 600}, {"days": 100}),
        ("infix", "ilike_trigrams", {"letters": 2}, {"letters": 3}),
        ("ranges", "half_open", {"days": 600}, {"days": 100}),
        ("ranges", "brin", {"scattered": True}, {"scattered": False}),
        ("membership", "in_", {"indexed": False}, {"indexed": True}),
    ],
)
def test_the_grid_has_both_sides_of_where_an_index_is_given_up(
    postgresql: Address, name: str, strategy: str, scans: dict[str, Any], searches: dict[str, Any]
) -> None:
    """On the one side the server scans the table, on the other it uses an index; the grid has both values."""
    assert SCAN == _call(postgresql, name, strategy, **scans).indexes
    assert SCAN != _call(postgresql, name, strategy, **searches).indexes
    for chosen in (scans, searches):
        assert all(value in SCENARIOS[name].params[parameter] for parameter, value in chosen.items())


def test_two_indexes_are_combined_where_one_alone_leaves_too_much(postgresql: Address) -> None:
    """The domain of one account in a hundred is worth a second index for a hundred days, that of one in ten is not."""
    assert "BitmapAnd" in _call(postgresql, "conjunction", "two_indexes", one_in=100).plans
    assert "BitmapAnd" not in _call(postgresql, "conjunction", "two_indexes", one_in=10).plans


def test_an_or_over_two_tables_reads_all_accounts(postgresql: Address) -> None:
    """For 26 of 50,000 accounts: but with the keys made first, in an array, OR combines two indexes as UNION does."""
    read = {
        strategy: _call(postgresql, "disjunction_over_tables", strategy).buffers
        for strategy in ("or_", "or_in_subquery", "or_any_array", "union")
    }

    assert min(read["or_"], read["or_in_subquery"]) > 1400
    assert max(read["or_any_array"], read["union"]) < 100


@pytest.mark.parametrize(
    ("name", "strategy", "chosen", "generic"),
    [
        ("disjunction_over_tables", "or_", {"teams": 100}, 5),
        ("disjunction_over_tables", "or_planned_each_time", {"teams": 100}, 0),
        ("infix", "ilike_trigrams", {"letters": 2}, 5),
        ("infix", "ilike_trigrams", {"letters": 4}, 0),
        ("infix", "ilike_trigrams_planned_each_time", {"letters": 2}, 0),
        ("inequality", "partial_parameter", {}, 0),
        ("prefix", "like_pattern_ops", {}, 0),
        ("prefix", "literal_pattern_ops", {}, 10),
        ("prefix", "like_pattern_ops_planned_once", {}, 10),
        ("pagination", "keyset_tuple", {"page": 1000}, 0),
    ],
)
def test_a_plan_that_knows_no_values_is_used_only_where_it_looks_cheap(
    postgresql: Address, name: str, strategy: str, chosen: dict[str, Any], generic: int
) -> None:
    """Of ten executions the first five are planned for their values, and in two cases the others are not: an IN of a
    hundred names is then compared name by name, and a pattern without trigrams looked for in the whole index. A
    statement without parameters has one plan from the first execution on, and so has one that is told to.
    """
    found = SCENARIOS[name].strategies[strategy]
    params = {**SCENARIOS[name].typical, **chosen}

    async def choices() -> list[tuple[int, int]]:
        opened = OpenStrategy(found, access(postgresql), params)
        try:
            with counted(opened.handle, objects=False) as tally:
                for call in opened.calls(None, 10):
                    await call()
            async with opened.handle.engine.connect() as connection:
                return list((await connection.run_sync(prepared_plans, tally.parameters)).values())
        finally:
            await opened.close()

    assert [(generic, 10 - generic)] == asyncio.run(choices())


def test_a_plan_for_any_pattern_reads_the_whole_table(cache: Path) -> None:
    """With the pattern in the text the index finds the accounts, with a parameter and one plan for all a scan does."""
    selectors = ("literal_pattern_ops", "like_pattern_ops_planned_once")
    found = counted_on_postgresql(*(f"filtering.prefix:{name}" for name in selectors))["prefix"]
    buffers = counters_of(found, "buffers")

    assert 0 < buffers["literal_pattern_ops"] < 500
    assert buffers["like_pattern_ops_planned_once"] > 1000


def test_a_deep_page_is_read_by_offset_through_all_before_it(postgresql: Address) -> None:
    """Page 1000 begins after 24,975 accounts: OFFSET and the OR that is written out pass them, a tuple does not. The
    first page comes out of the index alone; where there is none for its order, all 50,000 accounts are read for it.
    """
    first = {one: _call(postgresql, "pagination", one, page=1) for one in SCENARIOS["pagination"].strategies}
    deep = {one: _call(postgresql, "pagination", one, page=1000) for one in SCENARIOS["pagination"].strategies}

    assert list(range(24976, 25001)) == [key for key, _ in deep["keyset_tuple"].found]
    assert {True} == {call.found == deep["offset"].found for call in deep.values()}
    assert {True} == {call.found == first["offset"].found for call in first.values()}
    assert '"Actual Rows": 25000' in deep["offset"].plans
    assert '"Rows Removed by Filter": 24975' in deep["keyset_or"].plans
    assert max(deep[one].buffers for one in ("keyset_tuple", "keyset_and_or")) < 20
    assert min(deep[one].buffers for one in ("offset", "keyset_or")) > 500
    assert max(first[one].buffers for one in ("offset", "keyset_tuple", "keyset_or", "keyset_and_or")) < 20
    assert first["no_index"].buffers > 1000


def test_a_page_may_begin_amid_accounts_that_joined_at_the_same_moment(people: list[Account]) -> None:
    """A page has 25 accounts and a moment three, so the time alone would lose some or show them twice."""
    assert people[249]["joined_at"] == people[250]["joined_at"]
    assert people[249]["joined_at"] == directory.joined_at(250)


def test_conditions_are_sent_in_as_many_statements_as_it_takes(postgresql: Address) -> None:
    """Chained and joined by and_() they are the same text; a SELECT for each value is ten times the same one."""
    chained, joined = (_call(postgresql, "conjunction", one).statements for one in ("chained", "and_"))
    by_value = _call(postgresql, "membership", "one_by_one")

    assert [text.split("WHERE")[1].count(" AND ") for text in (*chained, *joined)] == [2, 2]
    assert 1 == len(by_value.statements)
    assert 250 == len(by_value.found)


def test_scans_by_the_dozen_are_declined() -> None:
    """A SELECT for each of a hundred values without an index is not waited for; with one it is."""
    applies: Any = SCENARIOS["membership"].strategies["one_by_one"].where

    assert "that many scans of the whole table take seconds" == applies(teams=100, indexed=False)
    assert {True} == {applies(teams=10, indexed=False), applies(teams=500, indexed=True)}


def test_claims_hold_at_values_that_the_grid_has() -> None:
    """A claim that is limited to a point names one that is measured."""
    assert [] == [
        (name, claim.text)
        for name, scenario in SCENARIOS.items()
        for claim in scenario.claims
        for parameter, value in claim.where.items()
        if value not in scenario.params[parameter]
    ]


def test_the_directory_is_the_same_everywhere(people: list[Account]) -> None:
    """Seed 1 at scale 1 gives these very accounts, whatever the version of Python, and the same to each table."""
    digest = hashlib.sha256()
    for one in people:
        digest.update(repr(tuple(one.values())).encode())
    first = {target: list(islice(rows, 1000)) for target, rows in directory.rows(1, Random(1))}
    teams = first.pop(directory.Team)

    assert "9f96ea62bf455e90" == digest.hexdigest()[:16]
    assert [directory.Plain, directory.Btree, directory.Sparse, directory.Fitted] == list(first)
    assert {True} == {rows == first[directory.Plain] for rows in first.values()}
    assert [(1, "team 1"), (2, "team 2")] == teams[:2]


def test_another_seed_gives_other_accounts() -> None:
    """The seed changes who they are, not when they joined, which a page of the list is told by."""
    one, other = (
        next(next(rows) for target, rows in directory.rows(1, Random(seed)) if target is directory.Plain)
        for seed in (1, 2)
    )

    assert one != other
    assert directory.joined_at(1) in one
    assert directory.joined_at(1) in other


def test_shares_are_about_what_they_say(people: list[Account]) -> None:
    """One account in so many, give or take four standard deviations, and a name for each share."""
    counts = {
        **{f"{kind}_in_{n}": n for kind, shares in directory.KINDS.items() for n in shares},
        **{names[n]: n for names in (directory.SURNAMES, directory.DOMAINS, directory.SEGMENTS) for n in names},
    }
    special: dict[str, Callable[[Account], bool]] = {
        **{f"true_in_{n}": lambda one, n=n: one[f"true_in_{n}"] for n in (2, 10, 100, 1000)},
        **{f"false_in_{n}": lambda one, n=n: not one[f"false_in_{n}"] for n in (10, 100, 1000)},
        **{f"null_in_{n}": lambda one, n=n: one[f"null_in_{n}"] is None for n in (10, 100, 1000)},
        **{f"set_in_{n}": lambda one, n=n: one[f"set_in_{n}"] is not None for n in (10, 100, 1000)},
        **{f"status_in_{n}": lambda one, n=n: one[f"status_in_{n}"] != "active" for n in (10, 100, 1000)},
        **{name: lambda one, name=name: one["surname"].lower() == name for name in directory.SURNAMES.values()},
        **{name: lambda one, name=name: one["domain"] == name for name in directory.DOMAINS.values()},
        **{name: lambda one, name=name: one["attributes"]["segment"] == name for name in directory.SEGMENTS.values()},
    }

    assert counts.keys() == special.keys()
    assert [] == [
        (what, found)
        for what, is_one in special.items()
        if abs((found := sum(map(is_one, people))) - 50_000 / counts[what]) > 4 * (50_000 / counts[what]) ** 0.5
    ]


def test_usernames_have_a_collation_of_the_datasets_own(postgresql: Address) -> None:
    """It is not C, in whose order LIKE could use an ordinary index; beside it there is a column that has C."""
    with connect(postgresql, application_name="witness") as witness:
        collations = witness.execute(
            "SELECT attname, collname, collcollate FROM pg_attribute JOIN pg_collation c ON c.oid = attcollation"
            " WHERE attrelid = 'accounts_plain'::regclass AND attname ~ '^username' ORDER BY attname"
        ).fetchall()

    assert [("username", "not_c", "C.UTF-8"), ("username_c", "C", "C")] == collations
