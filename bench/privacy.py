"""Whose rows are kept out of what is said."""

from __future__ import annotations

from typing import Literal

Hides = Literal["all", "somebodys", "none"]
"""Of whose rows no value is repeated: all, those that somebody else filled in, or nobody's."""
