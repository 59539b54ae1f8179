"""The result file: what is read is what was written, and what is no result is refused with a line that says why."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import ResultError
from bench.measurement import (
    ClaimResult,
    CostlyFunction,
    Counters,
    DisturbedResult,
    Environment,
    Latency,
    LoadResult,
    PointResult,
    RepeatedLoad,
    Result,
    ScenarioResult,
    Settings,
    Statement,
    StrategyResult,
    Witnesses,
)
from bench.results.file import journal_path, newest_result, newest_results, read_result, result_path, write_result

ENVIRONMENT = Environment(
    python="3.11.2",
    packages={"sqlalchemy": "2.1.9", "asyncpg": "0.32.0"},
    postgres="18.1",
    settings={"jit": "off"},
    cpu="a processor",
    cores=2,
    kernel="Linux 6.1",
    git="9f0450d",
    database="embedded",
    driver="asyncpg",
    gc="collected before each sample",
    loop="asyncio",
    seed=1,
    scale=1,
)

texts = st.text(max_size=20)
times = st.none() | st.floats(allow_nan=False, allow_infinity=False)
counts = st.none() | st.integers(0, 2**63 - 1)
params = st.dictionaries(
    texts,
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    max_size=3,
)
plans = (
    st.none()
    | texts
    | st.recursive(
        texts | st.integers(0, 9),
        lambda part: st.lists(part, max_size=2) | st.dictionaries(texts, part, max_size=2),
        max_leaves=4,
    )
)


def tuples_of(part: st.SearchStrategy[Any], size: int = 2) -> st.SearchStrategy[Any]:
    """Short tuples, as sequences are read back."""
    return st.lists(part, max_size=size).map(tuple)


by_type: dict[Any, st.SearchStrategy[Any]] = {
    "float | None": times,
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "int | None": counts,
    "Mapping[str, Any]": params,
    "Mapping[str, str]": st.dictionaries(texts, texts, max_size=2),
    "Mapping[str, int]": st.dictionaries(texts, st.integers(0, 2**63 - 1), max_size=2),
    "Sequence[int]": tuples_of(st.integers(0, 2**63 - 1), 4),
    "Sequence[float]": tuples_of(st.floats(allow_nan=False, allow_infinity=False)),
    "Sequence[str]": tuples_of(texts),
    "str | None": st.none() | texts,
    "str": texts,
    "Any": plans,
}


def built(kind: type, **members: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances of a dataclass of which every field is drawn, those of `by_type` by their annotation."""
    known = {name: by_type[text] for name, text in kind.__annotations__.items() if text in by_type}
    drawn = {**known, **members}
    rest = {name: st.from_type(hint) for name, hint in get_type_hints(kind).items() if name not in drawn}
    return st.builds(kind, **rest, **drawn)


latencies = st.none() | built(Latency, count=st.integers(1, 2**40))
loads = built(
    LoadResult,
    samples=st.integers(1, 100),
    tasks=st.integers(1, 1000),
    units=st.integers(0, 10**6),
    unit=latencies,
    waiting=latencies,
    loop_lag=latencies,
    lost=st.integers(0, 10**6),
    processes=st.integers(1, 1000),
    lost_shares=st.integers(0, 1000),
    errors=st.dictionaries(texts, st.integers(1, 10**6), max_size=2),
)
numbers = tuples_of(st.integers(0, 2**40))
durations = tuples_of(st.floats(0, 1e9))
disturbed = built(
    DisturbedResult,
    units=st.integers(1, 10**6),
    lost=numbers,
    late=numbers,
    slowest_ms=durations,
    recovered_ms=tuples_of(st.none() | st.floats(0, 1e9)),
    outage_ms=durations,
    errors=st.dictionaries(texts, st.integers(1, 10**6), max_size=2),
    missed=st.integers(0, 100),
    late_before=st.integers(0, 10**6),
)
strategies = built(
    StrategyResult,
    disturbed=st.none() | disturbed,
    load=st.none() | loads,
    counters=built(Counters),
    cold_counters=built(Counters),
    witnesses=built(Witnesses),
    statements=tuples_of(built(Statement, calls=st.integers(0, 2**40))),
    repeated_loads=tuples_of(built(RepeatedLoad, count=st.integers(2, 2**40))),
    costliest=tuples_of(built(CostlyFunction, calls=st.integers(1, 2**40))),
    calls_in_a_row=counts,
)
points = built(PointResult, strategies=tuples_of(strategies), rounds=st.integers(0, 10**6))
scenarios = built(ScenarioResult, points=tuples_of(points), claims=tuples_of(built(ClaimResult)))
environments = built(Environment, cores=st.integers(1, 512), seed=st.integers(0, 2**32), scale=st.integers(1, 100))
asked = built(Settings, processes=st.integers(1, 1000), rounds=st.integers(0, 10_000))
results = built(
    Result,
    environment=environments,
    settings=asked,
    scenarios=tuples_of(scenarios),
    schema=st.just(1),
)


@settings(max_examples=60, deadline=None)
@given(results)
def test_a_result_is_read_as_it_was_written(result: Result) -> None:
    """Any result that is written and read again equals itself."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "result.json"
        write_result(path, result)
        assert read_result(path) == result


def test_names_in_the_file(tmp_path: Path) -> None:
    """The file opens with its schema, and has the names that others read, None as null."""
    path = tmp_path / "result.json"
    strategy = StrategyResult("selectin", ratio=0.5, samples_ns=(10, 11), counters=Counters(statements=2))
    scenario = ScenarioResult("loading.one_to_many", points=(PointResult({"authors": 100}, strategies=(strategy,)),))
    write_result(path, Result(ENVIRONMENT, scenarios=(scenario,)))
    read = json.loads(path.read_text())
    found = read["scenarios"][0]["points"][0]["strategies"][0]
    assert path.read_text().startswith('{"schema":1,')
    assert {"python": "3.11.2", "postgres": "18.1", "loop": "asyncio"}.items() <= read["environment"].items()
    assert (found["ratio"], found["samples_ns"], found["ratio_low"]) == (0.5, [10, 11], None)
    assert (found["counters"]["statements"], found["counters"]["rows"]) == (2, None)


def test_a_result_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full leaves the earlier result as it was, and nothing beside it."""
    path = tmp_path / "result.json"
    write_result(path, Result(ENVIRONMENT, seconds=1.0))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ResultError, match=r"^cannot write .*result\.json: No space left on device$"):
        write_result(path, Result(ENVIRONMENT, seconds=2.0))
    assert read_result(path).seconds == 1.0
    assert [found.name for found in tmp_path.iterdir()] == ["result.json"]


def test_folders_are_made_and_the_mode_is_the_users(tmp_path: Path) -> None:
    """The folders on the way are made, and the file has the mode that the user's umask leaves of 0644."""
    path = tmp_path / "one" / "two" / "result.json"
    before = os.umask(0o027)
    try:
        write_result(path, Result(ENVIRONMENT))
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """A result written through a link replaces what it points to, not the link."""
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    link.symlink_to(target)
    write_result(link, Result(ENVIRONMENT))
    assert link.is_symlink()
    assert read_result(target) == Result(ENVIRONMENT)


def test_only_files_are_replaced(tmp_path: Path) -> None:
    """A device or a folder is refused, so that --output /dev/null does not put a file in its place."""
    with pytest.raises(ResultError, match="is not a file that a result could be written to"):
        write_result(Path(os.devnull), Result(ENVIRONMENT))
    with pytest.raises(ResultError, match="is not a file that a result could be written to"):
        write_result(tmp_path, Result(ENVIRONMENT))
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_numbers_that_json_lacks_are_refused(tmp_path: Path, number: float) -> None:
    """NaN and infinity are refused with their place, and nothing is written."""
    point = PointResult({}, strategies=(StrategyResult("lazy", ratio=number),))
    result = Result(ENVIRONMENT, scenarios=(ScenarioResult("s", points=(point,)),))
    with pytest.raises(ResultError, match=r"^\$\.scenarios\[0\]\.points\[0\]\.strategies\[0\]\.ratio is -?(nan|inf)"):
        write_result(tmp_path / "result.json", result)
    assert list(tmp_path.iterdir()) == []


def test_text_that_is_no_unicode_does_not_lose_a_run(tmp_path: Path) -> None:
    """A lone surrogate, as undecodable bytes leave them, becomes the replacement character."""
    path = tmp_path / "result.json"
    write_result(path, replace(Result(ENVIRONMENT), started="a\udc80b"))
    assert read_result(path).started == "a\ufffdb"


WRITTEN = b'{"schema":1,"environment":{},"scenarios":[]}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is cut short: it ends in the midst of the JSON"),
        (WRITTEN[:-9], "is cut short: it ends in the midst of the JSON"),
        (b"benchmark results\n", "is not JSON: "),
        (b'{"schema":1,"started":"\xff"}', "is not JSON: "),
        (b"[]", r"is not as `bench` writes it: Expected `object`, got `array`$"),
        (b'{"machine_info":{}}', "is not a result of `bench`: it has no `schema`$"),
        (b'{"schema":"1"}', r"is not as `bench` writes it: Expected `int \| null`, got `str` - at `\$\.schema`$"),
        (b'{"schema":2}', "has schema 2 and this version of querybench reads schema 1: upgrade querybench to read it$"),
        (b'{"schema":0}', "has schema 0 and this version of querybench reads schema 1: measure again, or "),
        (WRITTEN, r"is not as `bench` writes it: Object missing required field `python` - at `\$\.environment`$"),
        (b'{"schema":1,"seconds":1e999}', r"Number out of range - at `\$\.seconds`$"),
        (b'{"schema":1,"seconds":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "it is nested too deeply$"),
    ],
)
def test_what_is_no_result_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Each way of being no result has its own line, which names the file."""
    path = tmp_path / "result.json"
    path.write_bytes(content)
    with pytest.raises(ResultError, match=message) as caught:
        read_result(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_integers_beyond_64_bits_are_refused(tmp_path: Path) -> None:
    """A sample of 10^20 nanoseconds is refused with its place."""
    path = tmp_path / "result.json"
    point = PointResult({}, strategies=(StrategyResult("lazy", samples_ns=(1, 12345)),))
    write_result(path, Result(ENVIRONMENT, scenarios=(ScenarioResult("s", points=(point,)),)))
    path.write_bytes(path.read_bytes().replace(b"12345", b"1" + b"0" * 20))
    with pytest.raises(ResultError, match=r"strategies\[0\]\.samples_ns\[1\] is an integer beyond 64 bits$"):
        read_result(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is named in one line."""
    with pytest.raises(ResultError, match=r"^cannot read .*gone\.json: No such file or directory$"):
        read_result(tmp_path / "gone.json")


def test_a_newer_member_is_passed_over(tmp_path: Path) -> None:
    """A member that this version does not know is passed over, since the schema is still its own."""
    path = tmp_path / "result.json"
    write_result(path, Result(ENVIRONMENT))
    path.write_bytes(path.read_bytes().replace(b'{"schema":1,', b'{"schema":1,"weather":"fair",'))
    assert read_result(path) == Result(ENVIRONMENT)


def test_where_a_result_goes(tmp_path: Path) -> None:
    """A result is named by its minute and its selectors, safe in any file system, and never by a name that is taken."""
    started = datetime(2026, 11, 22, 9, 31, 5, tzinfo=UTC)
    first = result_path(tmp_path, ["loading.one_to_many"], started)
    assert first == tmp_path / "2026-11-22T0931-loading.one_to_many.json"
    assert result_path(tmp_path, [], started).name == "2026-11-22T0931-all.json"
    assert result_path(tmp_path, ["a.b:c", "../d/e"], started).name == "2026-11-22T0931-a.b-c+d-e.json"
    first.touch()
    second = result_path(tmp_path, ["loading.one_to_many"], started)
    assert second.name == "2026-11-22T0931-loading.one_to_many-2.json"
    journal_path(second).touch()
    assert result_path(tmp_path, ["loading.one_to_many"], started).name.endswith("-3.json")


@given(st.lists(st.text(min_size=1), max_size=30))
def test_a_results_name_fits_everywhere(selectors: list[str]) -> None:
    """Whatever is selected, the name has at most 200 bytes and no character that a path gives a meaning to."""
    path = result_path(Path("folder"), selectors, datetime(2026, 11, 22, tzinfo=UTC))
    assert path.parent == Path("folder")
    assert len(path.name.encode()) <= 200
    assert not set('/\\:*?"<>|\0\n ') & set(path.name)


def test_the_newest_result(tmp_path: Path) -> None:
    """The result that was written last is found, whatever its name, and journals are not results."""
    for name, when in (("b.json", 100), ("a.json", 200), ("c.journal", 300)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (when, when))
    assert newest_result(tmp_path) == tmp_path / "a.json"
    assert newest_results(tmp_path) == [tmp_path / "a.json", tmp_path / "b.json"]


def test_no_result_yet(tmp_path: Path) -> None:
    """Without a result the message says how to get one, whether the folder is there or not."""
    for folder in (tmp_path, tmp_path / "gone"):
        with pytest.raises(ResultError, match=r"^no result in .*: measure one with `bench run`, or name a file$"):
            newest_result(folder)


def test_a_journal_is_named_after_its_result() -> None:
    """The journal stands beside the result, whose whole name but .json it has."""
    assert journal_path(Path("x/2026-loading.one_to_many.json")) == Path("x/2026-loading.one_to_many.journal")
    assert journal_path(Path("x/loading.one_to_many")) == Path("x/loading.one_to_many.journal")
