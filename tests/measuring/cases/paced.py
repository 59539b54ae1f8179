"""Which of two strategies that wait, each for a time of its own, is faster?"""

from __future__ import annotations

import os
import time

from bench import Scenario, SyncDatabase

from .few import few

by_hash_seed = Scenario(dataset=few)
in_every_process = Scenario(dataset=few)
long_and_short = Scenario(dataset=few)
alike = Scenario(dataset=few)


@by_hash_seed.strategy(baseline=True)
@in_every_process.strategy(baseline=True)
def wait(db: SyncDatabase) -> str:
    """Wait for 15 ms."""
    time.sleep(0.015)
    return "waited"


@in_every_process.strategy()
def wait_longer(db: SyncDatabase) -> str:
    """Wait for 4 % longer."""
    time.sleep(0.0156)
    return "waited"


@by_hash_seed.strategy()
def wait_longer_by_chance(db: SyncDatabase) -> str:
    """Wait for 4 % longer under the hash seed that the first worker of a run has, under others for a little less."""
    time.sleep(0.0156 if os.environ["PYTHONHASHSEED"] == "1" else 0.0148)
    return "waited"


@long_and_short.strategy(baseline=True)
def short(db: SyncDatabase) -> str:
    """Wait for 10 ms."""
    time.sleep(0.01)
    return "waited"


@long_and_short.strategy()
def long(db: SyncDatabase) -> str:
    """Wait for three tenths of a second."""
    time.sleep(0.3)
    return "waited"


@alike.strategy(baseline=True)
def still(db: SyncDatabase) -> str:
    """Wait for 5 ms."""
    time.sleep(0.005)
    return "waited"


@alike.strategy()
def still_too(db: SyncDatabase) -> str:
    """Wait for 5 ms."""
    time.sleep(0.005)
    return "waited"


@alike.strategy()
def failing(db: SyncDatabase) -> str:
    """Raise."""
    raise LookupError("no copy of this")
