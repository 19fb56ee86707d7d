"""How budgets stand, worked out once for all who ask: the page, gateways and Prometheus."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Final

from dashboard.remembered import remembered

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.situation import Situation
    from dashboard.context import DashboardContext

KEPT_FOR: Final = timedelta(minutes=5)
"""How long an answer holds while the store does not change: data only grows older."""

_one_at_a_time = Lock()


class WatchError(Exception):
    """Budgets could not be looked at; the text says why."""


def slot_of(now: datetime) -> float:
    """Return which stretch of five minutes a moment is in: an answer holds for one of them."""
    return now.timestamp() // KEPT_FOR.total_seconds()


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
