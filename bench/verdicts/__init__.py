"""What may be said of samples: the verdict on two strategies, and the decision on a point."""

from __future__ import annotations

from bench.verdicts.comparisons import Comparison, Sampled, Verdict
from bench.verdicts.decisions import PointDecision, StrategyDecision, confirm, decide

__all__ = ["Comparison", "PointDecision", "Sampled", "StrategyDecision", "Verdict", "confirm", "decide"]
