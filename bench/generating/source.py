"""What makes the values of a column."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

Source = Callable[[range, Random], list[Any]]
"""Values of a column for the rows of these numbers, which count from 0."""
