"""Opportunities and the migration inventory of stored usage."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from statistics import median
from typing import TYPE_CHECKING, Final

from costmodel.caching import Basis
from costmodel.meters import CACHED_METERS, INPUT_METERS
from costmodel.moves import BATCH, Hints, Quality
from costmodel.opportunities import FEATURE, opportunities
from costmodel.usage import total_of
from ingest.baseline import usage_baseline
from ingest.caching import usage_caching
from ingest.kept_answers import as_kept, kept, question
from ingest.report import ReportQuery, cell_query, report
from pricing.digest import book_digest
from pricing.prompt_caching import load_cache_policy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from costmodel.book import PriceBook
    from costmodel.moves import GroupAndModel
    from costmodel.opportunities import Opportunities
    from ingest.configuration import Configuration
    from ingest.periods import Period
    from ingest.store import CallFacts, Store

GROUPS: Final = (FEATURE, "endpoint", "team")
"""What opportunities can be looked for by."""


def usage_opportunities(  # noqa: PLR0913  usage is said by store, period and filters
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    *,
    by: str = FEATURE,
    today: date,
    hints: Hints | None = None,
) -> Opportunities:
    """Return the best move of every group of stored usage, scaled to a month.

    What the usage tells of cached shares and ratings is added to ``hints``.
    """
    known = replace(
        hints or Hints(),
        highest_cached=highest_cached_shares(store, book, period, filters, by),
        possible_cached=possible_cached_shares(store, book, period, filters)
        if by == FEATURE
        else {},
        quality=_quality(store, book, period, filters, by),
    )
    return opportunities(
        usage_baseline(store, book, period, filters, (by, FEATURE)),
        book,
        today=today,
        by=by,
        critical=configuration.critical_features,
        hints=known,
    )


def highest_cached_shares(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    by: str,
) -> dict[GroupAndModel, Fraction]:
    """Return by group and model the highest share of input at the cached price on one day.

    Batches are left aside. Days with less than half of a usual day's input say nothing.
    """
    sums: dict[GroupAndModel, dict[str, list[int]]] = defaultdict(dict)
    query = ReportQuery(period, (by, "model", "tier", "day"), filters)
    for row in report(store, book, query).rows:
        value, model, tier, day = row.dimensions
        if tier != BATCH:
            counts = sums[value, model or ""].setdefault(day or "", [0, 0])
            counts[0] += total_of(row.quantities, INPUT_METERS)
            counts[1] += total_of(row.quantities, CACHED_METERS)
    days = {
        key: [(total, cached) for total, cached in found.values() if total]
        for key, found in sums.items()
    }
    return {name: _highest(found) for name, found in days.items() if found}


def _highest(days: list[tuple[int, int]]) -> Fraction:
    usual = median(total for total, _ in days)
    return max(Fraction(cached, total) for total, cached in days if 2 * total >= usual)


def possible_cached_shares(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> dict[GroupAndModel, Fraction]:
    """Return by feature and model the share of input that calls repeat soon enough.

    Only prefixes and sessions tell; the shortest time that caches keep is taken.
    """
    rows = usage_caching(store, book, load_cache_policy(), period, filters)
    return {
        (row.feature, row.model): row.possible[0].share
        for row in rows
        if row.possible and row.basis is not Basis.HOURS
    }


def _quality(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    by: str,
) -> dict[GroupAndModel, Quality]:
    facts = _facts(store, book, period, filters, (by,))
    return {
        (each.dimensions[0], each.model): Quality(each.quality, each.rated)
        for each in facts
        if each.quality is not None
    }


def _facts(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
    by: tuple[str, ...],
) -> list[CallFacts]:
    asked = cell_query(store, book, ReportQuery(period, (), filters), by)
    query = as_kept(asked, store.standing())
    return kept(
        store,
        ("call_facts", question(query), book_digest(book)),
        lambda: store.call_facts(query, book.canonical),
    )


@dataclass(frozen=True)
class InventoryLine:
    """What one feature and endpoint asks of one model, and who answers for it.

    ``cost`` is None without a price; ``p95_latency_seconds`` None where no row carries
    a latency. ``ends_on`` is the model's day of shutdown, ``successor`` what its provider
    names to follow it.
    """

    feature: str | None
    endpoint: str | None
    provider: str
    model: str
    requests: int
    cost: Fraction | None
    p95_latency_seconds: float | None
    owner: str | None
    last_seen: datetime | None
    ends_on: date | None
    successor: str | None


INVENTORY_BY: Final = (FEATURE, "endpoint", "team")


def inventory(
    store: Store,
    book: PriceBook,
    configuration: Configuration,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> list[InventoryLine]:
    """Return who calls which model, the dearest first.

    The owner is the feature's in the configuration, else the team of the usage.
    """
    facts = {
        (each.provider, each.model, each.dimensions): each
        for each in _facts(store, book, period, filters, INVENTORY_BY)
    }
    rows = report(store, book, ReportQuery(period, ("provider", "model", *INVENTORY_BY), filters))
    lines = []
    for row in rows.rows:
        provider, model, *group = row.dimensions
        known = facts.get((provider or "", model or "", tuple(group)))
        feature, endpoint, team = group
        settings = configuration.features.get(feature or "")
        resolved = book.resolve(provider or "", model or "")
        lines.append(
            InventoryLine(
                feature=feature,
                endpoint=endpoint,
                provider=provider or "",
                model=model or "",
                requests=row.requests,
                cost=row.cost,
                p95_latency_seconds=known.p95_latency_seconds if known else None,
                owner=(settings.owner if settings else None) or team,
                last_seen=known.last_at if known else None,
                ends_on=resolved.life.shutdown_on if resolved else None,
                successor=resolved.life.successor if resolved else None,
            )
        )
    return sorted(lines, key=lambda line: (-(line.cost or 0), line.feature or "", line.model))
