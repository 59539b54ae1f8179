"""What is raised where rows cannot be made."""

from __future__ import annotations

from bench.errors import ScenarioError


class GeneratingError(ScenarioError):
    """Rows that cannot be made, with what to give so that they can."""
