"""Adopting a plan: a scenario frozen in the store under a name, as it stands today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from costmodel.horizon import MONTHS, month_costs
from costmodel.plan import LedgerBaseline, plan_usage
from costmodel.regimes import month_after
from costmodel.rules import CLOCK_NAMES
from costmodel.savings import group_names
from costmodel.workload import ESCALATED_FROM
from ingest.adopted_plans import AdoptedPlan, frozen
from ingest.baseline import plan_history
from ingest.rows import CELL_DIMENSIONS
from pricing.digest import book_digest

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date, datetime

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.plan import History, Plan
    from ingest.configuration import Configuration
    from ingest.periods import Period
    from ingest.store import Store

GROUPS: Final = ("feature", "team")
"""Adopted usage is kept by these too, so that other shares of traffic are no saving."""
LONGEST_NAME: Final = 80


@dataclass(frozen=True)
class Adoption:
    """What to keep: the ``levers`` of a scenario of a plan, whose file says ``plan_text``.

    ``growth`` are more levers of the months, of which ``months`` are kept from ``first_month``.
    """

    name: str
    scenario: str
    plan: Plan
    plan_text: str
    levers: tuple[Lever, ...]
    history: History | None
    first_month: date
    growth: tuple[Lever, ...] = ()
    months: int = MONTHS


def history_of_plan(
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    plan: Plan,
    period: Period,
    also: Collection[str] = (),
) -> History | None:
    """Return the days of usage by the dimensions that levers look at, and by others asked for.

    None for typed numbers, and where no whole day of the period has usage.
    """
    if not isinstance(plan.baseline, LedgerBaseline):
        return None
    asked = {name for each in plan.scenarios for lever in each.levers for name in lever.dimensions}
    asked |= set(also)
    kept = (*(configuration.cells or CELL_DIMENSIONS), *CLOCK_NAMES)
    names = [name for name in kept if name in asked]
    return plan_history(store, book, period, plan.baseline.filters, names)


def is_plan_name(name: str) -> bool:
    """Tell whether a plan may have this name: 1 to 80 letters, on one line."""
    return bool(name.strip()) and len(name) <= LONGEST_NAME and name.isprintable()


def adopt(asked: Adoption, store: Store, book: PriceBook, now: datetime) -> AdoptedPlan:
    """Keep a scenario in the store, and return it with its version."""
    usage, _ = plan_usage(asked.plan, book, today=now.date(), history=asked.history)
    first, start = asked.first_month, asked.plan.baseline
    costs = month_costs(usage, (*asked.levers, *asked.growth), book, first, asked.months)
    kept = AdoptedPlan(
        name=asked.name.strip(),
        version=0,
        adopted_at=now,
        scenario=asked.scenario,
        plan_text=asked.plan_text,
        book_digest=book_digest(book),
        currency=book.contract.currency,
        first_month=first,
        filters=dict(start.filters) if isinstance(start, LedgerBaseline) else {},
        usage=usage.keeping((ESCALATED_FROM, *group_names(usage))),
        costs={month_after(first, place): cost for place, cost in enumerate(costs)},
    )
    return replace(kept, version=store.adopt(frozen(kept)))
