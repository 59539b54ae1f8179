"""A project's budgets of counters, held against the scenarios that there are: a misspelt one must not pass unseen."""

from __future__ import annotations

from pathlib import Path

from bench.description import ScenarioDescription
from bench.discovery import close_to, find_modules, select
from bench.errors import UsageError
from bench.measuring.session import Session
from bench.regressions.limits import with_budgets

WHERE = "[tool.bench.budgets] in pyproject.toml"


def selected_with_budgets(session: Session) -> list[tuple[ScenarioDescription, list[str]]]:
    """What the selectors match, as `Session.selected` gives it, with the budgets of the project's own.

    Raises:
        UsageError: A selector that matches nothing, be it of the run or of a budget.
    """
    selected = session.selected()
    budgets = session.options.budgets
    if budgets:
        refuse_unknown_budgets(session)
    return [(with_budgets(scenario, budgets), strategies) for scenario, strategies in selected]


def refuse_unknown_budgets(session: Session) -> None:
    """Refuse budgets of what there is not. Of modules that the session does not import, only the name is known.

    Raises:
        UsageError: The selector of a budget matches nothing.
    """
    options = session.options
    names = {name: [one.name for one in scenario.strategies] for name, scenario in session.scenarios().items()}
    imported = {module.name for module in session.modules}
    found = find_modules([Path(place) if Path(place).exists() else place for place in options.scenarios])
    for selector in options.budgets:
        module = selector.partition(":")[0].partition(".")[0]
        if module not in imported and module in found:
            continue
        if module not in found:
            raise UsageError(f"{WHERE}: no scenario {selector.partition(':')[0]!r}{close_to(module, found)}")
        try:
            select([selector], names)
        except UsageError as error:
            raise UsageError(f"{WHERE}: {error}") from None
