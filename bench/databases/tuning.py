"""The settings that the harness starts its own servers with, and those that it records of every server."""

from __future__ import annotations

STATEMENTS = "pg_stat_statements"

_OF_STATEMENTS = {
    # Without it the time that a statement's planning takes would look like waiting.
    f"{STATEMENTS}.track_planning": "on",
    # What an earlier run sent is nobody's, and every look would go through it.
    f"{STATEMENTS}.save": "off",
}


def server_settings(libraries: tuple[str, ...] = (STATEMENTS,)) -> dict[str, str]:
    """The settings of a server of our own, by name: no compilation and no checkpoint in the midst of a measurement.

    What decides how durable a commit is (fsync, synchronous_commit, full_page_writes) stays as the server has it.
    """
    return {
        "shared_preload_libraries": ",".join(libraries),
        "jit": "off",
        "shared_buffers": "256MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "30min",
        "max_connections": "400",
        "timezone": "UTC",
        "lc_messages": "C",
        "logging_collector": "off",
        "cluster_name": "querybench",
        **(_OF_STATEMENTS if STATEMENTS in libraries else {}),
    }


def as_arguments(settings: dict[str, str]) -> list[str]:
    """Settings as arguments of the program `postgres`."""
    return [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]


RECORDED = (
    "server_version",
    "shared_buffers",
    "work_mem",
    "hash_mem_multiplier",
    "maintenance_work_mem",
    "effective_cache_size",
    "random_page_cost",
    "seq_page_cost",
    "effective_io_concurrency",
    "io_method",
    "jit",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_level",
    "max_wal_size",
    "checkpoint_timeout",
    "max_connections",
    "max_worker_processes",
    "max_parallel_workers",
    "max_parallel_workers_per_gather",
    "autovacuum",
    "plan_cache_mode",
    "default_statistics_target",
    "default_toast_compression",
    "shared_preload_libraries",
    "track_io_timing",
    "huge_pages",
    "block_size",
    "data_checksums",
    "ssl",
    "password_encryption",
    "server_encoding",
    "TimeZone",
)
"""Settings that bear on a measurement; a server that lacks one of them is recorded without it."""
