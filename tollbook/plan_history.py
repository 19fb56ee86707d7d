"""The usage that a plan file starts from, and how plans from it did."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tollbook.report_options import range_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from costmodel.forecast import Backtest
    from costmodel.plan import History, LedgerBaseline, Plan
    from ingest.periods import Period
    from tollbook.invocation import Invocation


def history_of(invocation: Invocation, plan: Plan, also: Collection[str] = ()) -> History | None:
    """Return the days of usage by the dimensions that levers look at, and by others asked for.

    None for typed numbers, and where no whole day of the period has usage.
    """
    from costmodel.plan import LedgerBaseline
    from ingest.plan_adoption import history_of_plan

    if not isinstance(plan.baseline, LedgerBaseline):
        return None
    period = _whole_days(invocation, plan.baseline.last)
    store, book = invocation.store(), invocation.book
    return history_of_plan(store, book, invocation.configuration, plan, period, also)


def backtest_of(invocation: Invocation, start: LedgerBaseline) -> Backtest | None:
    """Return how plans from such usage did on the days before, None with too few of them."""
    from ingest.plan_past import replayed_plans

    period = _whole_days(invocation, start.last)
    return replayed_plans(invocation.store(), invocation.book, period, start.filters)


def _whole_days(invocation: Invocation, words: str) -> Period:
    from ingest.baseline import plan_period

    return plan_period(range_words(words), invocation.now, invocation.configuration.timezone)
