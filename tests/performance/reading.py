"""Prints how long a large result takes straight from the server and through the tap; run by test_tap.py."""

from __future__ import annotations

import time
from statistics import median

import psycopg

from bench.databases.embedded import open_embedded
from bench.measuring.tapping import Tapping
from bench.worker.engines import Access, psycopg_arguments

ROWS = "SELECT number, repeat('x', 200) FROM generate_series(1, 20000) AS number"
ROUNDS = 15


def main() -> None:
    """Read the rows by each way in turn."""
    with open_embedded({}, say=lambda line: None) as server:
        tapping = Tapping(server)
        ways = {
            "straight": server.maintenance,
            "relayed": tapping.for_timing(server.maintenance),
            "counted": tapping.for_counting(server.maintenance),
        }
        connections = {
            name: psycopg.connect(**psycopg_arguments(Access(way, "psycopg", "reading", True)), autocommit=True)
            for name, way in ways.items()
        }
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS):
            for name, connection in connections.items():
                before = time.perf_counter()
                connection.execute(ROWS).fetchall()
                taken[name].append(time.perf_counter() - before)
        straight = median(taken["straight"])
        for name, times in taken.items():
            print(f"20,000 rows {name}: {median(times) / straight:.2f} times as long as straight")
        for connection in connections.values():
            connection.close()
        tapping.close()


if __name__ == "__main__":
    main()
