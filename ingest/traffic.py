"""Traffic against rate limits: the loads of every model whose limits the price book knows."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from costmodel.rate_limits import step_of
from ingest.baseline import days_with_usage
from ingest.kept_answers import as_kept, kept
from ingest.report import ReportQuery, report
from ingest.store import CellQuery, PeakQuery

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.book import PriceBook
    from costmodel.rate_limits import Load
    from ingest.periods import Period
    from ingest.store import Store

DAYS_A_MONTH: Final = 30
"""Caps a month are held against so many days of usage."""


def loads(
    store: Store, book: PriceBook, period: Period | None = None, max_tokens: int = 0
) -> list[Load]:
    """Return the load of each organisation and model in a period, largest first.

    ``max_tokens`` is what requests ask for at most: each counts at least so many tokens.
    """
    names = {}
    steps: dict[tuple[str, str], int] = {}
    ceilings: dict[tuple[str, str], set[int]] = defaultdict(set)
    for provider, served in store.served_models():
        model = book.resolve(provider, served)
        names[provider, served] = model.name if model else served
        if model is None:
            continue
        key = (provider, model.name)
        step = step_of(model)
        if step is not None:
            steps[key] = step
        ceilings[key] |= {
            each.tokens_per_minute
            for each in model.rate_limits
            if each.tokens_per_minute is not None
        }
    asked = CellQuery(period.start if period else None, period.end if period else None)
    range_of_time = as_kept(asked, store.standing())
    query = PeakQuery(
        since=range_of_time.since,
        until=range_of_time.until,
        names=dict(sorted(names.items())),
        steps=dict(sorted(steps.items())),
        ceilings={key: tuple(sorted(ceilings[key])) for key in sorted(ceilings)},
        at_least_tokens=max_tokens,
    )
    return kept(store, ("peaks", query), lambda: store.peaks(query))


def spend_of_a_month(store: Store, book: PriceBook, period: Period) -> dict[str, Fraction]:
    """Return what usage of a period costs by provider, as of 30 days; prices as in reports."""
    days = days_with_usage(period, store.extent())
    spend = report(store, book, ReportQuery(period, ("provider",)))
    return {
        row.dimensions[0] or "": row.cost * DAYS_A_MONTH / days
        for row in spend.rows
        if row.cost is not None
    }
