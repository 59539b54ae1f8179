"""querybench: settles how to query a database from Python, with proof.

Everything public is named here and imported at its first use, so that `import bench` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.claim import Claim as Claim
    from bench.dataset import Dataset as Dataset
    from bench.generating.generated import generated as generated
    from bench.modelling.mapped import mapped_class as mapped_class
    from bench.scenario import Scenario as Scenario
    from bench.scenario import Strategy as Strategy
    from bench.worker.handle import Database as Database
    from bench.worker.handle import SyncDatabase as SyncDatabase

__all__ = ["Claim", "Database", "Dataset", "Scenario", "Strategy", "SyncDatabase", "generated", "mapped_class"]
__version__ = "0.1.0"

_HOMES = {
    "Claim": "bench.claim",
    "Database": "bench.worker.handle",
    "Dataset": "bench.dataset",
    "Scenario": "bench.scenario",
    "Strategy": "bench.scenario",
    "SyncDatabase": "bench.worker.handle",
    "generated": "bench.generating.generated",
    "mapped_class": "bench.modelling.mapped",
}


def __getattr__(name: str) -> Any:
    try:
        home = _HOMES[name]
    except KeyError:
        raise AttributeError(f"module 'bench' has no attribute {name!r}") from None
    return getattr(import_module(home), name)


def __dir__() -> list[str]:
    return __all__
