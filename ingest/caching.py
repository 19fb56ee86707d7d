"""What the stored usage of a period says of prompt caching, by feature and model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from costmodel.caching import BATCH, FEATURE, FeatureCaching, HourShare, caching
from ingest.baseline import usage_baseline
from ingest.report import ReportQuery, cell_query, report
from ingest.store import ServedModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.book import PriceBook
    from costmodel.caching import CachePolicy
    from ingest.periods import Period
    from ingest.store import Store

HOUR_GROUPS: Final = ("hour", FEATURE, "provider", "model", "tier", "project", "api_key")


def usage_caching(
    store: Store,
    book: PriceBook,
    policy: CachePolicy,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> tuple[FeatureCaching, ...]:
    """Return every feature and model with input, the largest first; batches left aside."""
    baseline = usage_baseline(store, book, period, filters, dimensions=(FEATURE,))
    query = cell_query(store, book, ReportQuery(period, (), filters), ())
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
    rows = report(store, book, ReportQuery(period, HOUR_GROUPS, filters)).rows
    found = []
    for row in rows:
        _, feature, provider, model, tier, _, _ = row.dimensions
        if tier != BATCH and row.input_tokens:
            counts = (row.requests, row.input_tokens, row.cached_input_tokens)
            found.append(HourShare(feature, provider or "", model or "", *counts))
    return found
