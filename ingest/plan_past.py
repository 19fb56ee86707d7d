"""How plans over stored usage did: their own past, read further back than they start from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from costmodel.backtest import backtest_plan
from ingest.baseline import usage_history, whole_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.book import PriceBook
    from costmodel.forecast import Backtest
    from ingest.periods import Period
    from ingest.store import Store

REPLAYED: Final = timedelta(days=120)
"""So far behind the end of a plan's usage is looked at."""


def replayed_plans(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> Backtest | None:
    """Return how plans that start from such a period did on the days before its end.

    None where there are too few whole days to tell.
    """
    extent = store.extent()
    window = whole_days(period, extent) if extent else None
    if window is None:
        return None
    longer = replace(period, start=min(period.start, period.end - REPLAYED))
    past = usage_history(store, book, longer, filters)
    if past is None:
        return None
    days = (window.end.date() - window.start.date()).days
    return backtest_plan(past, book, window_days=days)
