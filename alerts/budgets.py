"""All budgets, those of the file and those made on screen, and what each of them covers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from ingest.budget_text import budget_text, read_budget
from ingest.errors import BudgetNameError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alerts.usage import Usage
    from costmodel.budget import Budget
    from ingest.configuration import Configuration
    from ingest.store import Store, StoredBudget

MOST_VALUES: Final = 200
OTHER: Final = "other"
NOT_GIVEN: Final = "(not given)"


@dataclass(frozen=True)
class KnownBudget:
    """A budget and where it comes from; the file's cannot be changed on screen."""

    budget: Budget
    origin: Literal["file", "screen"]
    version: int | None = None
    changed_by: str | None = None
    changed_at: datetime | None = None


@dataclass(frozen=True)
class Share:
    """One value of a budget that is kept for each value of a dimension, or all of it ("")."""

    budget: Budget
    value: str
    filters: Mapping[str, tuple[str | None, ...]]


def known_budgets(store: Store, configuration: Configuration) -> tuple[KnownBudget, ...]:
    """Return all budgets that stand, the file's first; the file wins where names meet.

    Raises:
        ConfigurationError: What the store keeps of a budget cannot be read.
    """
    found = {each.name: KnownBudget(each, "file") for each in configuration.budgets}
    latest: dict[str, StoredBudget] = {}
    for version in store.budget_versions():
        latest.setdefault(version.name, version)
    for name, each in latest.items():
        if name not in found and each.definition is not None:
            budget = read_budget(each.definition, f"budget {name}")
            found[name] = KnownBudget(
                budget, "screen", each.version, each.changed_by, each.changed_at
            )
    return tuple(found.values())


def add(store: Store, configuration: Configuration, budget: Budget, now: datetime, by: str) -> int:
    """Keep a new budget and return the number of its version.

    Raises:
        BudgetNameError: The file or the store has a budget of this name.
    """
    _refuse_names_of_file(configuration, budget.name)
    return store.add_budget(budget.name, budget_text(budget), now, by)


def change(
    store: Store, configuration: Configuration, budget: Budget, now: datetime, by: str
) -> int:
    """Keep a new version of a budget made on screen.

    Raises:
        BudgetNameError: The file has a budget of this name, or the store has none.
    """
    _refuse_names_of_file(configuration, budget.name)
    return store.change_budget(budget.name, budget_text(budget), now, by)


def remove(store: Store, configuration: Configuration, name: str, now: datetime, by: str) -> int:
    """Remove a budget made on screen; its versions stay readable.

    Raises:
        BudgetNameError: The file has a budget of this name, or the store has none.
    """
    _refuse_names_of_file(configuration, name)
    return store.change_budget(name, None, now, by)


def _refuse_names_of_file(configuration: Configuration, name: str) -> None:
    if any(budget.name == name for budget in configuration.budgets):
        raise BudgetNameError(f"{name!r} is a budget of tollbook.yaml: change it there")


def shares_of(budget: Budget, usage: Usage) -> tuple[Share, ...]:
    """Return a budget once, or once for each value of its dimension with usage.

    Above 200 values the ones with the fewest requests are counted together as "other".
    """
    if budget.each is None:
        return (Share(budget, "", dict(budget.filters)),)
    part = usage.part(budget.filters)
    values, codes = usage.values(budget.each)
    requests = usage.by_series("requests", np.ones(usage.count))
    counts = np.bincount(codes[part.places], weights=requests[part.places], minlength=len(values))
    order = [int(place) for place in np.argsort(-counts, kind="stable") if counts[place] > 0]
    kept, rest = order[:MOST_VALUES], order[MOST_VALUES:]
    named = {values[place] or NOT_GIVEN: (values[place],) for place in kept}
    if rest:
        known = named.get(OTHER, ())
        named[OTHER] = (*known, *(values[place] for place in rest))
    return tuple(
        Share(budget, name, {**budget.filters, budget.each: wanted})
        for name, wanted in named.items()
    )
