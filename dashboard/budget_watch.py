"""How budgets stand, worked out once for all who ask: the page, gateways and Prometheus."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from alerts.evaluation import look_at
from dashboard.remembered import remembered

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from alerts.evaluation import UsageLook
    from alerts.period_end import PeriodEnd
    from alerts.situation import Situation
    from costmodel.budget import Budget
    from dashboard.context import DashboardContext, Source
    from ingest.store import Store

KEPT_FOR: Final = timedelta(minutes=5)
"""How long an answer holds while the store does not change: data only grows older."""

_one_at_a_time = Lock()
_kept_look: dict[Hashable, UsageLook] = {}
"""The usage that was read last, and only that: of ten million requests it is some 200 MB."""


class WatchError(Exception):
    """Budgets could not be looked at; the text says why."""


def slot_of(now: datetime) -> float:
    """Return which stretch of five minutes a moment is in: an answer holds for one of them."""
    return now.timestamp() // KEPT_FOR.total_seconds()


def end_of(budget: Budget, store: Store, source: Source, until: datetime) -> PeriodEnd | None:
    """Return where the period of a budget ends, as the data up to a moment says it.

    Another filter of the same period asks usage that is read already. None without usage.
    """
    ids = (store.path, store.version(), id(source.book), id(source.configuration))
    key = (*ids, until, budget.period, budget.starts, budget.timezone)
    with _one_at_a_time:
        if key not in _kept_look:
            _kept_look.clear()
            look = look_at((budget,), store, source.book, source.configuration, until)
            _kept_look[key] = look
        return _kept_look[key].end_of(budget)


def situations_of(context: DashboardContext) -> tuple[Situation, ...]:
    """Return the situation of every budget, at most five minutes old.

    Raises:
        WatchError: They could not be evaluated.
    """
    source, store, evaluate = context.source, context.store(), context.evaluate
    now = source.clock()
    key = ("situations", id(source.book), id(source.configuration), slot_of(now))
    with _one_at_a_time:  # who comes meanwhile gets the same answer
        try:
            return remembered(
                store,
                key,
                lambda: tuple(evaluate(store, source.book, source.configuration, now)),
            )
        except Exception as error:
            said = str(error).strip().partition("\n")[0] or type(error).__name__
            raise WatchError(f"The budgets could not be looked at: {said}") from error
