"""What a written module calls what stands in it: mapped classes, their base, scenarios and functions."""

from __future__ import annotations

import keyword
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

RESERVED = frozenset(
    (
        *("Any", "AsyncIterator", "Iterator", "asynccontextmanager", "contextmanager", "list", "tuple"),
        *("Session", "defaultload", "defer", "joinedload", "lazyload", "load_only", "select", "selectinload"),
        *("subqueryload", "tuple_", "undefer"),
        *("Database", "Dataset", "Scenario", "SyncDatabase", "dataset_of", "find_mapped", "generated", "loaded"),
        *("mapped_class", "models"),
        *("db", "found", "key", "keys", "options", "page", "parents", "row", "rows", "session", "state", "wanted"),
    )
)
"""What a written module imports, calls its dataset, and calls its arguments and its variables."""


def free_name(wanted: str, taken: Collection[str]) -> str:
    """A name as it is wanted, or with underscores behind it, so that it is neither taken nor a keyword."""
    while wanted in taken or keyword.iskeyword(wanted):
        wanted += "_"
    return wanted


class Names:
    """The names in a module about mapped classes, no two of them alike, and how it comes by the classes.

    Args:
        module: Where the mapped classes are found.
        expression: The name there of their base, such as `Base` or `db.Model`.
    """

    def __init__(self, module: str, expression: str) -> None:
        self._taken = set(RESERVED)
        self._called: dict[Any, str] = {}
        self.imports: dict[str, list[str]] = {}
        self.looked_up: list[str] = []
        first, _, rest = expression.partition(".")
        if hasattr(sys.modules.get(module), "__path__"):
            # What is in a package is mapped once it is imported, all of it, whatever is named here.
            self.base = self.new(expression.rpartition(".")[2])
            self.looked_up.append(f"{self.base} = find_mapped({f'{module}:{expression}'!r}).base")
        else:
            imported = self._import(module, first)
            self.base = f"{imported}.{rest}" if rest else imported

    def of(self, mapper: Mapper[Any]) -> str:
        """The name of a class, which is imported if it can be, and else looked up among those that are mapped."""
        class_ = mapper.class_
        if class_ not in self._called:
            self._called[class_] = self._name(class_)
        return self._called[class_]

    def new(self, wanted: str) -> str:
        """A name for something in the module that has none yet."""
        name = free_name(wanted, self._taken)
        self._taken.add(name)
        return name

    def inside(self, wanted: str, used: Collection[str]) -> str:
        """A name for a variable in a function, in which these are used."""
        return free_name(wanted, {*self._taken, *used})

    def _name(self, class_: Any) -> str:
        name, module = str(class_.__name__), class_.__module__
        if getattr(sys.modules.get(module), name, None) is class_ and module != "__main__":
            return self._import(module, name)
        free = self.new(name)
        self.looked_up.append(f"{free} = mapped_class({self.base}, {name!r})")
        return free

    def _import(self, module: str, name: str) -> str:
        free = self.new(name)
        self.imports.setdefault(module, []).append(name if free == name else f"{name} as {free}")
        return free
