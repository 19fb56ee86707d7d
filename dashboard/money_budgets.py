"""Which budgets of money cover just some usage: the file's and those made on screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.budgets import known_budgets
from dashboard.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.budget import Budget
    from dashboard.context import Source
    from ingest.store import Store

    Filters = Mapping[str, tuple[str | None, ...]]


def money_budgets(store: Store, source: Source, filters: Filters) -> tuple[Budget, ...]:
    """Return the budgets in the currency of the prices that cover exactly this usage.

    The file's come first. One that every value of a dimension has for itself is none.

    Raises:
        ConfigurationError: What the store keeps of a budget cannot be read.
    """
    every = remembered(
        store,
        ("known budgets", id(source.configuration)),
        lambda: known_budgets(store, source.configuration),
    )
    asked, currency = _as_sets(filters), source.book.contract.currency
    return tuple(
        each.budget
        for each in every
        if each.budget.measure == "money"
        and each.budget.each is None
        and each.budget.currency == currency
        and _as_sets(each.budget.filters) == asked
    )


def _as_sets(filters: Filters) -> dict[str, set[str | None]]:
    return {name: set(values) for name, values in filters.items() if values}
