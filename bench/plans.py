"""What a server does for a statement: the shape of its plan, to be compared, and a few lines of it, to be read.

A plan is what PostgreSQL's `EXPLAIN (FORMAT JSON)` gives, the lines of SQLite's `EXPLAIN QUERY PLAN`, or a line that
says why there is none. Other versions have other keys, so none is counted on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any, Final

NO_PLAN: Final = "no plan:"
"""How the line begins that stands where a statement has no plan."""

_SHAPE = (
    "Node Type",
    "Parent Relationship",
    "Join Type",
    "Strategy",
    "Partial Mode",
    "Operation",
    "Command",
    "Scan Direction",
    "Relation Name",
    "Index Name",
    "CTE Name",
    "Function Name",
)
"""What two plans that do the same have in common. Conditions are not in it: they hold the values of parameters."""

_QUALITIES = ("Join Type", "Strategy", "Partial Mode", "Command", "Scan Direction")
_ORDINARY = ("Inner", "Plain", "Simple", "Forward", "NoMovement")
"""The qualities that go without saying."""

_NAMES = ("Relation Name", "CTE Name", "Function Name", "Table Function Name", "Tuplestore Name", "Alias")
_LARGEST = 1e18


def plan_shape(plan: Any) -> str | None:
    """A hash of a plan's shape, 12 hexadecimal digits; None where there is no plan.

    It is made of the nodes in their order and what they are on, or of the lines of a plan that is text. Costs, rows,
    times, buffers, conditions, aliases and workers are left out.

    Args:
        plan: The plan as JSON that was parsed, or as text.
    """
    if isinstance(plan, str):
        parts: list[Any] = [] if plan.startswith(NO_PLAN) else [line.rstrip() for line in plan.strip().splitlines()]
    else:
        parts = [
            [depth, _is_parallel(node), *(_word(node, key) for key in _SHAPE)]
            for root in _roots(plan)
            for depth, node in _nodes(root)
        ]
    return sha256(json.dumps(parts).encode()).hexdigest()[:12] if parts else None


def short_form(plan: Any) -> str:
    """A plan in a few lines: a node each, indented below the one that it feeds, then what was read for all of it.

    Rows are those of one loop, as EXPLAIN has them; buffers are blocks of 8 KiB. What the plan does not tell is left
    out, and so are times, which are others in the next run. Text stays as it is.

    Args:
        plan: The plan as JSON that was parsed, or as text.
    """
    if isinstance(plan, str):
        return plan
    return "\n".join(line for root in _roots(plan) for line in _lines(root))


def _lines(root: Mapping[str, Any]) -> Iterator[str]:
    for depth, node in _nodes(root):
        yield f"{'  ' * depth}{_title(node)}  {_rows(node)}".rstrip()
    hit, read = _number(root.get("Shared Hit Blocks")), _number(root.get("Shared Read Blocks"))
    if hit is not None and read is not None:
        yield f"buffers {hit} hit, {read} read"


def _title(node: Mapping[str, Any]) -> str:
    kind = _word(node, "Node Type") or "?"
    if kind == "ModifyTable":
        kind = _word(node, "Operation") or kind
    qualities = [word for key in _QUALITIES if (word := _word(node, key)) and word not in _ORDINARY]
    name = next((word for key in _NAMES if (word := _word(node, key))), "")
    index, subplan = _word(node, "Index Name"), _word(node, "Subplan Name")
    parts = (
        f"{subplan}:" if subplan else "",
        "Parallel" if _is_parallel(node) else "",
        kind,
        f"({', '.join(qualities)})" if qualities else "",
        f"on {name}" if name else "",
        f"using {index}" if index else "",
    )
    return " ".join(part for part in parts if part)


def _rows(node: Mapping[str, Any]) -> str:
    estimated, actual, loops = (_number(node.get(key)) for key in ("Plan Rows", "Actual Rows", "Actual Loops"))
    said = [f"rows {estimated} estimated"] if estimated is not None else []
    if loops == "0":
        said.append("never executed")
    elif actual is not None:
        said.append(f"{actual} actual" if said else f"rows {actual} actual")
        if loops not in (None, "1"):
            said.append(f"{loops} loops")
    return ", ".join(said)


def _roots(plan: Any) -> list[Mapping[str, Any]]:
    """The uppermost nodes: one, but where a rule of the database made several statements of one."""
    tops = _mappings(plan if isinstance(plan, list) else [plan])
    return _mappings([top.get("Plan") for top in tops])


def _nodes(root: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each node with its depth, in the order of EXPLAIN's lines. Without recursion: no plan is too deep."""
    waiting = [(0, root)]
    while waiting:
        depth, node = waiting.pop()
        yield depth, node
        waiting += [(depth + 1, child) for child in reversed(_mappings(node.get("Plans")))]


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _is_parallel(node: Mapping[str, Any]) -> bool:
    return node.get("Parallel Aware") is True


def _word(node: Mapping[str, Any], key: str) -> str:
    value = node.get(key)
    return " ".join(value.split()) if isinstance(value, str) else ""


def _number(value: Any) -> str | None:
    """A number with two decimals at most; None for what is no number that a server would say."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
        return None
    return f"{value:.2f}".rstrip("0").rstrip(".")
