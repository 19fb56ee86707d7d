"""What the stored usage of a period says of prompt caching, by feature and model."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from costmodel.caching import BATCH, FEATURE, FeatureCaching, HourShare, caching
from costmodel.meters import CACHED_METERS, INPUT_METERS
from costmodel.usage import total_of
from ingest.baseline import days_with_usage, usage_baseline
from ingest.kept_answers import as_kept, kept, question
from ingest.report import ReportQuery, cell_query, edges_of
from ingest.store import ServedModel
from pricing.digest import book_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.book import PriceBook
    from costmodel.caching import CachePolicy
    from ingest.periods import Period
    from ingest.store import CellQuery, Store

HOUR_DIMENSIONS: Final = (FEATURE, "project", "api_key")


def usage_caching(
    store: Store,
    book: PriceBook,
    policy: CachePolicy,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> tuple[FeatureCaching, ...]:
    """Return every feature and model with input, the largest first; batches left aside."""
    asked = cell_query(store, book, ReportQuery(period, (), filters), ())
    query = as_kept(asked, store.standing())
    days = days_with_usage(period, store.extent())
    return kept(
        store,
        ("caching", question(query), period.zone, days, policy, book_digest(book)),
        lambda: _fresh(store, book, policy, period, filters, query),
    )


def _fresh(
    store: Store,
    book: PriceBook,
    policy: CachePolicy,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    query: CellQuery,
) -> tuple[FeatureCaching, ...]:
    baseline = usage_baseline(store, book, period, filters, dimensions=(FEATURE,))
    reuses = store.reuses(query, policy, served_models(store, book))
    hours = hour_shares(store, book, period, filters)
    return caching(baseline, reuses, hours, policy, book)


def served_models(store: Store, book: PriceBook) -> dict[tuple[str, str], ServedModel]:
    """Return what each name as served means, for those that the book knows."""
    found = {}
    for provider, name in store.served_models():
        model = book.resolve(provider, name)
        if model is not None and model.minimum_cacheable_tokens:
            found[provider, name] = ServedModel(model.name, model.minimum_cacheable_tokens)
        elif model is not None:
            found[provider, name] = ServedModel(model.name)
    return found


def hour_shares(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> list[HourShare]:
    """Return the cached share of each hour, project, key and model; batches left aside."""
    query = ReportQuery(period, (), filters)
    edges = edges_of(store, period, "hour")
    sums: dict[tuple[str | None, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    for cell in store.cells(cell_query(store, book, query, HOUR_DIMENSIONS, edges)):
        key = cell.key
        if key.tier != BATCH:
            model = book.canonical(key.provider, key.model)
            counts = sums[cell.dimensions[0], key.provider, model, *cell.dimensions[1:]]
            counts[0] += cell.requests
            counts[1] += total_of(cell.quantities, INPUT_METERS)
            counts[2] += total_of(cell.quantities, CACHED_METERS)
    return [
        HourShare(feature, provider or "", model or "", *counts)
        for (_, provider, model, feature, *_), counts in sums.items()
        if counts[1]
    ]
