"""The JSON that `pytest --benchmark-json` writes, for `pytest-benchmark compare` and the services that read it."""

from __future__ import annotations

from typing import Any

from bench.errors import ResultError
from bench.measurement import Environment, Result
from bench.reports.exports.entries import Entry, Export, sorted_out
from bench.reports.exports.sample_statistics import sample_statistics

FORMAT_OF = "5.2.0"
"""The version of pytest-benchmark whose format this is; later ones read it."""


def pytest_benchmark(result: Result) -> Export:
    """The file of a result; it holds times, each strategy's counters beside them in `extra_info`.

    Raises:
        ResultError: Nothing in it was timed.
    """
    entries, left_out = sorted_out(result, counters_alone=False)
    if not entries:
        raise ResultError(
            "nothing in this result was timed, and pytest-benchmark's file holds times alone: measure with `bench run`,"
            " or take a format that holds counters (--format bencher, --format github-action-benchmark)"
        )
    content = {
        "machine_info": _machine(result.environment),
        "commit_info": _commit(result.environment.git),
        "benchmarks": [_benchmark(entry, result) for entry in entries],
        "datetime": result.started,
        "version": FORMAT_OF,
    }
    return Export(content, left_out)


def _benchmark(entry: Entry, result: Result) -> dict[str, Any]:
    chosen = "-".join(entry.choice)
    name = entry.strategy.name + (f"[{chosen}]" if chosen else "")
    seconds = [nanoseconds / 1e9 for nanoseconds in entry.strategy.samples_ns]
    return {
        "group": _group(entry),
        "name": name,
        "fullname": f"{entry.scenario.name}::{name}",
        "params": dict(entry.point.params) or None,
        "param": chosen or None,
        "extra_info": _extra_info(entry, result),
        "options": {
            "disable_gc": False,
            "timer": "perf_counter_ns",
            "min_rounds": 1,
            "max_time": result.settings.budget_s,
            "min_time": 0.0,
            "precision": result.settings.precision,
            "confidence": 0.95,
            "warmup": True,
        },
        "stats": {**sample_statistics(seconds), "iterations": entry.strategy.calls_in_a_row or 1},
    }


def _group(entry: Entry) -> str:
    """Strategies are compared at one point: others than the typical one are groups of their own."""
    is_typical = dict(entry.point.params) == dict(entry.scenario.typical) and not entry.point.rtt_ms
    return entry.scenario.name if is_typical else f"{entry.scenario.name} [{', '.join(entry.choice)}]"


def _extra_info(entry: Entry, result: Result) -> dict[str, Any]:
    strategy, environment = entry.strategy, result.environment
    compared = {"verdict": strategy.verdict, "ratio": strategy.ratio}
    compared |= {"ratio_low": strategy.ratio_low, "ratio_high": strategy.ratio_high}
    return {
        "params": dict(entry.point.params),
        "rtt_ms": entry.point.rtt_ms,
        "baseline": strategy.baseline,
        "returns": strategy.returns,
        **{name: value for name, value in compared.items() if value is not None},
        **entry.counters,
        "notes": list(strategy.notes),
        "postgres": environment.postgres,
        **environment.packages,
    }


def _machine(environment: Environment) -> dict[str, Any]:
    """As pytest-benchmark has it, without the name of the machine."""
    implementation, _, version = environment.python.rpartition(" ")
    system, _, release = environment.kernel.partition(" ")
    return {
        "node": "",
        "processor": "",
        "machine": "",
        "python_compiler": "",
        "python_implementation": implementation,
        "python_implementation_version": version,
        "python_version": version,
        "python_build": ["", ""],
        "release": release,
        "system": system,
        "cpu": {"brand_raw": environment.cpu, "count": environment.cores},
    }


def _commit(git: str | None) -> dict[str, Any]:
    """The commit, of which a result keeps no more than its name, and whether files differed from it."""
    return {
        "id": git.removesuffix("+") if git else "unversioned",
        "time": None,
        "author_time": None,
        "dirty": bool(git and git.endswith("+")),
        "project": "",
        "branch": "(unknown)",
    }
