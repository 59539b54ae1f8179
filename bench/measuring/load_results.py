"""Puts together what the worker told of the loads that a strategy drove, and says what they ran into."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from bench.measurement import Latency, Limit, LoadResult
from bench.measuring.activity import Activity

BUSY = 0.9
"""The share of a core, or of all the machine's, from which on its CPU is what limits a load."""
ON_RATE = 0.98
"""The share of the rate asked for from which on it was kept: units were started at it, and done."""
OURS = 0.5
"""The share of what a busy machine does from which on it is client and server that keep it busy, and nobody else."""
WAITS_FOR_POOL = 0.1
"""The share of the units' time from which on it is spent in waiting for the pool."""

Told = Mapping[str, Any]
"""What a worker tells of one load."""


def load_result(
    loads: Sequence[Told], activity: Activity | None, most_connections: int | None = None
) -> LoadResult | None:
    """The loads of a strategy's samples as one; None where there were none.

    Args:
        loads: As the worker told them.
        activity: What the server and the machine did during one, where that was seen.
        most_connections: How many the strategy's pool may open, where it says so.
    """
    if not loads:
        return None
    errors: Counter[str] = Counter()
    for load in loads:
        errors.update(load["errors"])
    whole = [load for load in loads if not load.get("lost_shares")] or loads
    throughput = median(_done(load) / (load["wall_ns"] / 1e9) for load in whole)
    client_cpu = median(load["cpu_ns"] / load["wall_ns"] for load in whole)
    processes = max(load.get("processes", 1) for load in loads)
    may_open = None if most_connections is None else most_connections * processes
    seen = activity or Activity(0)
    rate = loads[0]["rate"]
    # Who uses a pool of the driver's asks the engine's for nothing.
    is_seen = any(load["waits"] is not None for load in loads)
    most_in_use = max(load["most_in_use"] for load in loads) if is_seen else None
    is_used_up = None if most_in_use is None else may_open is not None and most_in_use >= may_open
    return LoadResult(
        samples=len(loads),
        tasks=max(load["tasks"] for load in loads),
        units=max(load["units"] for load in loads),
        rate=rate,
        throughput=throughput,
        unit=merged(load["latencies"] for load in loads),
        waiting=merged(load["waits"] for load in loads),
        loop_lag=merged(load["lags"] for load in loads),
        connections_opened=sum(load["opened"] for load in loads) if is_seen else None,
        connections_closed=sum(load["closed"] for load in loads) if is_seen else None,
        most_in_use=most_in_use,
        timeouts=sum(load["timeouts"] for load in loads) if is_seen else None,
        lost=errors.total(),
        errors=dict(errors),
        client_cpu=client_cpu,
        most_connections=may_open,
        machine_cpu=seen.machine_cpu,
        server_cpu=seen.server_cpu,
        backends=activity.backends if activity is not None else None,
        limited_by=limit_of(
            rate_kept=_is_kept(whole),
            client_cpu=client_cpu,
            clients_cpu=median(load.get("shares_cpu_ns", load["cpu_ns"]) / load["wall_ns"] for load in whole),
            machine_cpu=seen.machine_cpu,
            server_cpu=seen.server_cpu,
            waiting_share=_share(loads),
            is_used_up=is_used_up,
            cores=seen.cores,
        ),
        processes=processes,
        lost_shares=sum(load.get("lost_shares", 0) for load in loads),
    )


def limit_of(
    *,
    rate_kept: bool,
    client_cpu: float,
    machine_cpu: float | None,
    server_cpu: float | None,
    waiting_share: float,
    is_used_up: bool | None,
    clients_cpu: float | None = None,
    cores: int | None = None,
) -> Limit | None:
    """What a load ran into; None where its pool cannot be seen and nothing else was busy, or where others keep the
    machine busy and its pool was not used up.

    Args:
        rate_kept: Whether there was a rate, and its units were started when they were due.
        client_cpu: The share of a core that the process was busy.
        machine_cpu: The share of all cores that were busy, by whomever; None where that is not known.
        server_cpu: How many cores the server's processes took; None where that is not known.
        waiting_share: The share of the units' time that went into having a connection.
        is_used_up: Whether all the connections were in use that the pool may open; None where that was not seen.
        clients_cpu: How many cores all processes took that drive the load; without it, there is one.
        cores: How many the machine has; without it, nobody knows how much of what it did was for the load.
    """
    if rate_kept:
        return "arrival rate"
    if client_cpu >= BUSY:
        return "client CPU"
    clients_cpu = client_cpu if clients_cpu is None else clients_cpu
    is_others = machine_cpu is not None and _is_others(machine_cpu, clients_cpu, server_cpu, cores)
    if machine_cpu is not None and machine_cpu >= BUSY and not is_others:
        # Where others keep the machine busy too, neither gets what it asks for: it is the one that asks for more.
        return "client CPU" if server_cpu is not None and clients_cpu > server_cpu else "server CPU"
    if is_used_up is None:
        return None
    if is_used_up and waiting_share >= WAITS_FOR_POOL:
        return "pool"
    return None if is_others else "tasks"


def _is_others(machine_cpu: float, clients_cpu: float, server_cpu: float | None, cores: int | None) -> bool:
    """Whether a machine is busy, and most of what it does is for others than a load: nobody knows what the load would
    do without them.
    """
    if machine_cpu < BUSY or server_cpu is None or cores is None:
        return False
    return clients_cpu + server_cpu < machine_cpu * cores * OURS


def complaint(load: LoadResult | None) -> str | None:
    """What a reader must know of a load before its latencies are believed; None where nothing."""
    if load is None or load.rate is None or load.limited_by == "arrival rate":
        return None
    did = f"{load.rate:,.0f} units a second were due, and {load.throughput:,.0f} were done"
    if load.limited_by == "client CPU":
        if load.processes > 1:
            who = f"{load.processes} processes cannot start them faster, so that their latency is their own"
        else:
            who = "this process cannot start them faster (--processes has more), so that their latency is its own"
        return f"{did}: {who} and not the server's"
    return f"{did}: those that were due wait longer and longer, so that their latency depends on the load's length"


def merged(histograms: Iterable[str | None]) -> Latency | None:
    """Histograms, as `bench.worker.histograms` encodes them, as one; None where they hold nothing."""
    from hdrh.histogram import HdrHistogram  # type: ignore[import-untyped]

    together = None
    for one in histograms:
        if one is None:
            continue
        histogram = HdrHistogram.decode(one)
        if together is None:
            together = histogram
        else:
            together.add(histogram)
    if together is None or together.get_total_count() == 0:
        return None
    p50, p95, p99 = (together.get_value_at_percentile(share) / 1000 for share in (50, 95, 99))
    return Latency(
        count=together.get_total_count(),
        p50_ms=p50,
        p95_ms=p95,
        p99_ms=p99,
        max_ms=together.get_max_value() / 1000,
        histogram=together.encode().decode("ascii"),
    )


def _done(load: Told) -> int:
    return int(load["units"] - sum(load["errors"].values()))


def _is_kept(loads: Sequence[Told]) -> bool:
    """Whether the units of most loads were started at the rate asked for, and done at it: else each waits longer than
    those before it.

    By how much longer says how fast they are done, however long the load was: where a part of the rate is missing,
    latency grows by that part of the time that passes, which is half of the load's between its halves.
    """
    rates = [load["units"] / (load["last_start_ns"] / 1e9 + 1 / load["rate"]) for load in loads if load["rate"]]
    missing = [2 * load["slowed_ns"] / load["last_start_ns"] for load in loads if load["last_start_ns"]]
    if not rates or median(rates) < loads[0]["rate"] * ON_RATE:
        return False
    return not missing or median(missing) <= 1 - ON_RATE


def _share(loads: Sequence[Told]) -> float:
    """The share of the units' time, from their start, that went into having a connection."""
    waited, took = (sum(load[name] for load in loads) for name in ("waited_ns", "worked_ns"))
    return float(waited / took) if took else 0.0
