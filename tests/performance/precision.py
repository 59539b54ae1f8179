"""How often `bench check`, pytest-benchmark and pyperf call a change slower that is none, and how often they find 5 %.

    python tests/performance/precision.py                # begins, or goes on where it was stopped
    python tests/performance/precision.py --table        # what there is so far

Each comparison is made by all three in turn, on the same call of the same database, beside a load that keeps a core
busy now and then: `bench check` as its defaults are, the others with the time that it took. What was made is in a
journal, one line each, so that the command can be stopped at any time and resumed: it takes hours.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

from sqlalchemy import URL
from tabulate import tabulate

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from bench.databases.address import Address  # noqa: E402 - found by the line above, wherever this is started
from bench.databases.connecting import connect  # noqa: E402
from bench.databases.embedded import open_embedded  # noqa: E402
from bench.measuring import machine  # noqa: E402
from tests.cli.shop import Shop  # noqa: E402

JOURNAL = ROOT / "reports" / "results" / "precision.jsonl"
PEER = Path(__file__).parent / "precision_cases" / "peer_benchmark.py"
CUSTOMERS = 15
THRESHOLD = 0.03
INJECTED = 0.05
KINDS = ("the same code", "5 % more")
RETURN = "    return {one.id"
PYPERF_PROCESS_S = 2.0
"""What a process of pyperf's takes at first guess: to start, one value to warm up and three to keep."""


@dataclass(frozen=True)
class Made:
    """One comparison by one tool: whether it called the head slower, by each rule that is usual with the tool."""

    tool: str
    kind: str
    number: int
    seconds: float
    alarms: Mapping[str, bool]
    ratio: float | None = None
    told: Mapping[str, Any] = field(default_factory=dict)


def main() -> None:
    """Make what is missing of the comparisons, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--journal", type=Path, default=JOURNAL, help="where what was made is kept")
    parser.add_argument("--comparisons", type=int, default=60, help="of each kind, by `bench check`")
    parser.add_argument("--peers", type=int, default=60, help="of each kind, by each of the other tools")
    parser.add_argument("--table", action="store_true", help="print what there is, and measure nothing")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop after so long")
    asked = parser.parse_args()
    if not asked.table:
        # Started in the background, a shell has it ignore Ctrl-C.
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, _stop)
        with suppress(KeyboardInterrupt):
            _measure(asked.journal, asked.comparisons, asked.peers, time.monotonic() + asked.minutes * 60)
    print(table(read_journal(asked.journal)))


def _stop(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def table(made: Sequence[Made]) -> str:
    """The comparisons in Markdown: a line for each rule of each tool."""
    rows = []
    for tool in dict.fromkeys(one.tool for one in made):
        own = [one for one in made if one.tool == tool]
        for rule in dict.fromkeys(rule for one in own for rule in one.alarms):
            cells = []
            for kind in KINDS:
                of_kind = [one for one in own if one.kind == kind]
                seconds = f"{median(one.seconds for one in of_kind):.0f}" if of_kind else ""
                cells += [f"{sum(one.alarms[rule] for one in of_kind)} of {len(of_kind)}", seconds]
            rows.append([tool, rule, *cells])
    headings = ("tool", "slower means", "the same code: slower", "seconds", "5 % more: slower", "seconds")
    about = f"{datetime.now(UTC):%Y-%m-%d}, {machine.cpu()}, {machine.cores()} cores, a core kept busy now and then."
    return f"{tabulate(rows, headers=headings, tablefmt='pipe', disable_numparse=True)}\n\n{about}"


def _measure(journal: Path, comparisons: int, peers: int, until: float) -> None:
    with tempfile.TemporaryDirectory(prefix="bench-precision-") as folder, _server() as address, _load():
        work = Workload(Path(folder), address)
        made = {(one.tool, one.kind, one.number): one for one in read_journal(journal)}
        for number in range(comparisons):
            for kind in Random(number).sample(KINDS, len(KINDS)):
                seconds = 0.0
                for tool, compare in (
                    ("bench check", work.check),
                    ("pytest-benchmark", work.benchmark),
                    ("pyperf", work.pyperf),
                ):
                    key = (tool, kind, number)
                    if key not in made and (number < peers or tool == "bench check"):
                        if time.monotonic() > until:
                            return
                        made[key] = compare(kind, number, seconds)
                        _append(journal, made[key])
                        _say(made[key], comparisons)
                    seconds = made[key].seconds if tool == "bench check" else seconds


def _say(made: Made, comparisons: int) -> None:
    alarms = ", ".join(f"{rule}: {'slower' if alarm else 'not slower'}" for rule, alarm in made.alarms.items())
    print(f"{made.number + 1}/{comparisons} {made.kind}: {made.tool}, {made.seconds:.0f} s, {alarms}", flush=True)


class Workload:
    """A repository with a base, the same code under another commit, and one that takes 5 % more."""

    def __init__(self, folder: Path, address: Address) -> None:
        self._folder = folder
        # A server of this process's own has the other cache directory's cluster as long as this runs.
        cache = folder / "cache"
        for directory in (folder, cache):
            directory.mkdir(mode=0o711, exist_ok=True)
            directory.chmod(0o711)
        self._environment = {
            "SHOP_URL": _url(address),
            "SHOP_CUSTOMERS": str(CUSTOMERS),
            "BENCH_CACHE": str(cache),
        }
        self._pyperf_process_s = PYPERF_PROCESS_S
        shop = Shop(folder / "shop")
        shop.replace("scenarios/orders.py", 'typical={"customers": 20}', f'typical={{"customers": {CUSTOMERS}}}')
        self._base = shop.commit("Base")
        self._trees = {name: folder / name for name in ("base", "same", "slower")}
        for tree in self._trees.values():
            shop.git("worktree", "add", "-q", "--detach", str(tree), self._base)
        self._change("same", "    # The same code, in a commit of its own.\n" + RETURN)
        turns = self._turns()
        self._change("slower", f"    for number in range({turns}):\n        number + 1\n" + RETURN)

    def check(self, kind: str, number: int, seconds: float) -> Made:
        """`bench check` as it is, at a threshold of 3 %."""
        tree, output = self._tree(kind), self._folder / "check.json"
        began = time.monotonic()
        self._run(
            [sys.executable, "-m", "bench", "check", "orders.page:selectin", "--against", self._base],
            *("--threshold", "3%", "--seed", str(number), "--output", str(output)),
            tree=tree,
            accepted=(0, 1),
        )
        (found,) = json.loads(output.read_text(encoding="utf-8"))["strategies"]
        alarm = found["timing"] is None or found["timing"]["verdict"] == "slower"
        timing = found["timing"] or {}
        told = {name: timing.get(name) for name in ("verdict", "ratio_low", "ratio_high", "launches", "rounds")}
        return Made(
            "bench check",
            kind,
            number,
            time.monotonic() - began,
            {"its verdict, at 3 %": alarm},
            timing.get("ratio"),
            told,
        )

    def benchmark(self, kind: str, number: int, seconds: float) -> Made:
        """pytest-benchmark in one tree after the other, half of the time each, as --benchmark-compare-fail judges."""
        began = time.monotonic()
        stats = []
        for tree in (self._trees["base"], self._tree(kind)):
            output = self._folder / "benchmark.json"
            self._run(
                [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:bench", str(PEER)],
                *("--rootdir", str(PEER.parent), "-c", os.devnull, "--benchmark-disable-gc", "--benchmark-warmup=off"),
                *(f"--benchmark-max-time={max(1.0, seconds / 2 - 3):.1f}", f"--benchmark-json={output}"),
                tree=tree,
            )
            (one,) = json.loads(output.read_text(encoding="utf-8"))["benchmarks"]
            stats.append(one["stats"])
        ratios = {name: stats[1][name] / stats[0][name] for name in ("mean", "median", "min")}
        alarms = {
            f"{name} more than {threshold:.0%}": ratio > 1 + threshold
            for threshold in (THRESHOLD, 0.05)
            for name, ratio in ratios.items()
        }
        return Made("pytest-benchmark", kind, number, time.monotonic() - began, alarms, ratios["median"], ratios)

    def pyperf(self, kind: str, number: int, seconds: float) -> Made:
        """pyperf in one tree after the other, as many processes as there is time for, by what `compare_to` says."""
        began = time.monotonic()
        processes = max(2, int(seconds / 2 / self._pyperf_process_s))
        files = []
        for name, tree in (("base", self._trees["base"]), ("head", self._tree(kind))):
            files.append(self._folder / f"pyperf-{name}.json")
            files[-1].unlink(missing_ok=True)
            self._run(
                [sys.executable, str(PEER), "-q", f"--processes={processes}", "-o", str(files[-1])],
                *("--inherit-environ", "SHOP_URL,SHOP_CUSTOMERS,PYTHONPATH"),
                tree=tree,
            )
        said = self._run([sys.executable, "-m", "pyperf", "compare_to", *map(str, files)], tree=tree)
        taken = time.monotonic() - began
        self._pyperf_process_s = taken / 2 / processes
        means = [_pyperf_mean(file) for file in files]
        alarm = "slower" in said and "ot significant" not in said
        return Made(
            "pyperf",
            kind,
            number,
            taken,
            {"compare_to: significant and slower": alarm},
            means[1] / means[0],
            {"processes": processes},
        )

    def _tree(self, kind: str) -> Path:
        return self._trees["same" if kind == KINDS[0] else "slower"]

    def _change(self, name: str, code: str) -> None:
        path = self._trees[name] / "src" / "shop" / "queries.py"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(RETURN, code), encoding="utf-8")

    def _turns(self) -> int:
        """How many turns of an empty loop take 5 % of a call: no function is called in it, so no counter tells.

        Calls and loops are timed in turn in one process, and in several: processes differ by more than 5 %.
        """
        command = [sys.executable, str(PEER), "--turns"]
        return round(INJECTED * median(float(self._run(command, tree=self._trees["base"])) for _ in range(9)))

    def _run(self, command: Sequence[str], *arguments: str, tree: Path, accepted: Sequence[int] = (0,)) -> str:
        path = {"PYTHONPATH": os.pathsep.join([str(tree / "src"), str(ROOT)])}
        process = subprocess.Popen(
            [*command, *arguments],
            cwd=tree,
            env={**os.environ, **self._environment, **path},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = process.communicate()
        except KeyboardInterrupt:
            # It ends its server, whose files are in the folder that goes with this.
            process.send_signal(signal.SIGINT)
            process.communicate()
            raise
        if process.returncode not in accepted:
            raise SystemExit(f"{' '.join(command[:4])} ended with {process.returncode}: {out[-2000:]}{err[-2000:]}")
        return out


def _pyperf_mean(file: Path) -> float:
    runs = json.loads(file.read_text(encoding="utf-8"))["benchmarks"][0]["runs"]
    values = [value for run in runs for value in run.get("values", ())]
    return sum(values) / len(values)


@contextmanager
def _server() -> Iterator[Address]:
    """A server with the rows of the scenario in a database of their own, for the tools that bring none."""
    rows = (
        "CREATE TABLE customer (id int PRIMARY KEY);"
        'CREATE TABLE "order" (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customer, total int NOT NULL);'
        "INSERT INTO customer SELECT generate_series(1, 100);"
        'INSERT INTO "order" SELECT number, number % 100 + 1, number % 97 FROM generate_series(1, 1000) AS number;'
        'CREATE INDEX ON "order" (customer_id)'
    )

    def seed(address: Address) -> None:
        with connect(address, application_name="bench precision") as connection:
            for statement in rows.split(";"):
                connection.execute(statement.encode())
            connection.execute(b"VACUUM ANALYZE")

    with open_embedded({}, say=lambda line: None) as server:
        yield server.clone(server.template("precision_1", seed))


@contextmanager
def _load() -> Iterator[None]:
    """A process that keeps a core busy for some of the time, as neighbours do."""
    code = (
        "import os, random, time\n"
        "parent = os.getppid()\n"
        "chance = random.Random(1)\n"
        "while os.getppid() == parent:\n"
        "    until = time.monotonic() + chance.uniform(0.05, 1)\n"
        "    while time.monotonic() < until: pass\n"
        "    time.sleep(chance.uniform(0.05, 2))\n"
    )
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def _url(address: Address) -> str:
    query = {"host": address.host} if address.host else {}
    url = URL.create("postgresql+asyncpg", address.user, address.password, None, address.port, address.database, query)
    return url.render_as_string(hide_password=False)


def read_journal(journal: Path) -> list[Made]:
    """The comparisons that were made so far; none where there is no journal."""
    if not journal.exists():
        return []
    return [Made(**json.loads(line)) for line in journal.read_text(encoding="utf-8").splitlines() if line]


def _append(journal: Path, made: Made) -> None:
    journal.parent.mkdir(parents=True, exist_ok=True)
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(made)) + "\n")


if __name__ == "__main__":
    main()
