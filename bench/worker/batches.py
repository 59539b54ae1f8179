"""Tells the batches of insertmanyvalues from executemanys: SQLAlchemy announces both in the same way."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine.interfaces import ExecuteStyle


def is_batch(context: Any) -> bool:
    """Whether an event is one INSERT of insertmanyvalues: announced as an executemany, sent as a single execution."""
    return getattr(context, "execute_style", None) is ExecuteStyle.INSERTMANYVALUES
