"""The catalogue as a whole: every section of the patterns that it puts to the test has a scenario and a claim."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

from bench import Scenario
from bench.discovery import find_modules, load_module
from bench.points import points

PATTERNS = "SQLAlchemy 2.0 Async Patterns"
SECTIONS = (
    "Advanced Query Patterns, Complex Filtering",
    "Advanced Query Patterns, Aggregation",
    "Advanced Query Patterns, Joins",
    "Advanced Query Patterns, Subqueries",
    "Relationship Loading Strategies, selectinload (Recommended for One-to-Many)",
    "Relationship Loading Strategies, joinedload (For Many-to-One, One-to-One)",
    "Relationship Loading Strategies, Nested Loading",
    "Bulk Operations, Bulk Insert",
    "Bulk Operations, Bulk Update",
    "Connection Pooling, Configuration",
    "Performance Optimization, Use compiled queries",
    "Performance Optimization, Batch loading",
    "Performance Optimization, Defer loading heavy columns",
    "Error Handling",
)
MODULES = {
    *("aggregation", "batching", "bulk_delete", "bulk_insert", "bulk_update", "columns", "compilation", "conflicts"),
    *("filtering", "joins", "layers", "loading", "pooling", "sessions", "streaming", "subqueries"),
}
CATALOGUE: dict[str, Scenario] = {
    name: scenario for module in find_modules().values() for name, scenario in load_module(module).items()
}
EVERY_SCENARIO = [pytest.param(scenario, id=name) for name, scenario in CATALOGUE.items()]


def test_the_catalogue_has_a_module_for_each_family_of_questions() -> None:
    """These are all the modules that have scenarios."""
    assert MODULES == {name.partition(".")[0] for name in CATALOGUE}


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_of_the_patterns_has_a_claim(section: str) -> None:
    """Each section is named as its source by a claim of some scenario."""
    source = f"{PATTERNS}, {section}"
    assert [name for name, one in CATALOGUE.items() if any(claim.source == source for claim in one.claims)]


def test_no_claim_names_a_section_that_the_patterns_do_not_have() -> None:
    """A claim from the patterns has one of their sections as its source, word for word."""
    sources = {claim.source for one in CATALOGUE.values() for claim in one.claims}
    named = {source for source in sources if source.startswith("SQLAlchemy 2.0 Async Patterns")}
    assert {f"{PATTERNS}, {section}" for section in SECTIONS} == named


def test_well_known_advice_is_put_to_the_test() -> None:
    """At least 15 sentences are from the documentation of SQLAlchemy, asyncpg or PostgreSQL, named by page."""
    documented = {
        (claim.text, claim.source)
        for one in CATALOGUE.values()
        for claim in one.claims
        if claim.source.startswith(
            ("SQLAlchemy documentation, ", "asyncpg documentation, ", "PostgreSQL documentation, ")
        )
    }
    assert len(documented) >= 15


def test_claims_that_say_how_much_faster_are_judged_by_it() -> None:
    """Three say 10 % or more, and two say five times as fast."""
    assert [
        ("batching.varied_lengths", 1.1),
        ("compilation.executemany", 1.1),
        ("compilation.prepared", 1.1),
        ("layers.autocommit", 5),
        ("layers.in_transaction", 5),
    ] == sorted((name, claim.by) for name, one in CATALOGUE.items() for claim in one.claims if claim.by is not None)


@pytest.mark.parametrize("scenario", EVERY_SCENARIO)
def test_claims_are_limited_to_points_of_the_grid(scenario: Scenario) -> None:
    """A claim that holds at some points alone names values that the grid measures."""
    named = [(name, value) for claim in scenario.claims for name, value in claim.where.items()]
    assert [] == [(name, value) for name, value in named if value not in scenario.params[name]]


@pytest.mark.parametrize("scenario", EVERY_SCENARIO)
def test_every_scenario_says_what_it_asks(scenario: Scenario) -> None:
    """It is sound, asks a question, says what each strategy does, and has a size, or faults, and a typical point."""
    scenario.check()
    assert (scenario.question or "").endswith("?")
    assert all(strategy.description.endswith(".") for strategy in scenario.strategies.values())
    assert (scenario.size or scenario.disturbed_by) in scenario.params
    assert all(scenario.typical[name] in values for name, values in scenario.params.items())
    assert len(points(scenario.params, scenario.typical, "each", {}, ())) > 1


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_readme_has_the_question_of_each_module(module: str) -> None:
    """The first page names every module with the question in its docstring."""
    path = Path(inspect.getfile(next(iter(_strategies(module)))))
    question = ast.get_docstring(ast.parse(path.read_text()))
    assert f"| `{module}` | {question} |" in (Path(__file__).parents[2] / "README.md").read_text()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_is_understood_without_a_second_one(module: str) -> None:
    """Of its neighbours a scenario module imports its dataset alone, and its docstring is a question in a line."""
    path = Path(inspect.getfile(next(iter(_strategies(module)))))
    tree = ast.parse(path.read_text())
    neighbours = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
    assert neighbours <= {"blog", "directory", "tally"}
    question = ast.get_docstring(tree) or ""
    assert question.endswith("?")
    assert "\n" not in question


def _strategies(module: str):
    for name, scenario in CATALOGUE.items():
        if name.startswith(f"{module}."):
            yield from (strategy.function for strategy in scenario.strategies.values())
