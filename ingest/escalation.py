"""What the stored usage of a period says of escalating: how often, at what cost, to what end."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.book import Unpriced
from costmodel.cost import price
from costmodel.flows import ZERO
from costmodel.threshold import (
    MarkedPair,
    Rated,
    Step,
    Thresholds,
    TwoByTwo,
    marked_pairs,
    thresholds,
)
from costmodel.workload import DAYS_A_MONTH
from ingest.baseline import usage_baseline
from ingest.kept_answers import as_kept, kept, question
from ingest.report import ReportQuery, cell_query
from pricing.digest import book_digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from costmodel.book import PriceBook
    from costmodel.usage import PricingKey, Quantities
    from ingest.periods import Period
    from ingest.store import CallsFound, PairTries, Store
    from ingest.store.tries import TrySum

FEATURE: Final = "feature"
RATING_PLACES: Final = 10**9


@dataclass(frozen=True)
class PairEscalation:
    """One pair of models. ``thresholds`` is None where no price covers all of its calls."""

    provider: str
    first: str
    full: str
    steps: tuple[Step, ...]
    thresholds: Thresholds | None
    unmatched: int


@dataclass(frozen=True)
class Escalation:
    """Everything that usage tells of escalating; ``scale`` makes a month of its days.

    ``pairs`` are those whose tries tell their confidence, ``marked`` all that mark second calls.
    """

    pairs: tuple[PairEscalation, ...]
    marked: tuple[MarkedPair, ...]
    found: CallsFound
    currency: str
    scale: Fraction

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the fields that no call has, of those that would tell more."""
        found = {
            "confidence": self.found.with_confidence,
            "escalated_from": self.found.second_calls,
            "quality": self.found.with_quality,
        }
        return tuple(name for name, count in found.items() if not count)


def usage_escalation(
    store: Store,
    book: PriceBook,
    period: Period,
    filters: Mapping[str, tuple[str | None, ...]],
) -> Escalation:
    """Return what usage tells of escalating."""
    baseline = usage_baseline(store, book, period, filters, dimensions=(FEATURE,))
    asked = cell_query(store, book, ReportQuery(period, (), filters), ())
    query = as_kept(asked, store.standing())
    found, tries = kept(
        store,
        ("tries", question(query), book_digest(book)),
        lambda: store.tries(query, book.canonical, lambda *names: _full_of(book, *names)),
    )
    return Escalation(
        pairs=tuple(_pair(each, book) for each in tries),
        marked=marked_pairs(baseline, book),
        found=found,
        currency=book.contract.currency,
        scale=DAYS_A_MONTH / baseline.days,
    )


def _full_of(book: PriceBook, provider: str, first: str) -> str | None:
    """Return the model that a family is named after, None where it has none."""
    model = book.resolve(provider, first)
    full = book.resolve(provider, model.family) if model else None
    return full.name if full else None


def _pair(tries: PairTries, book: PriceBook) -> PairEscalation:
    names = (tries.pair.provider, tries.pair.first, tries.pair.full)
    by_step: dict[float, list[TrySum]] = defaultdict(list)
    for each in tries.sums:
        by_step[each.above].append(each)
    made = [
        _step(above, by_step[above], tries.answers.get(above, TwoByTwo()), tries.pair.full, book)
        for above in sorted(by_step)
    ]
    steps = tuple(step for step, _ in made if step is not None)
    if len(steps) < len(made):
        return PairEscalation(*names, (), None, tries.unmatched)
    seen = sum((cost for _, cost in made), ZERO)
    return PairEscalation(*names, steps, thresholds(steps, seen), tries.unmatched)


def _step(
    above: float, sums: Sequence[TrySum], answers: TwoByTwo, full: str, book: PriceBook
) -> tuple[Step | None, Fraction]:
    """Return the step and what its second calls cost; None for the step without a price."""
    first_cost = full_cost = seen = ZERO
    tried = again = 0
    first_rated, full_rated = Rated(), Rated()
    for each in sums:
        is_try = each.kind in {"single_try", "paired_try"}
        cost = _cost(each.key, each.quantities, book)
        on_full = cost
        if each.kind == "single_try":
            on_full = _cost(replace(each.key, model=full), each.quantities, book)
        if cost is None or on_full is None:
            return None, ZERO
        rated = Rated(each.rated, Fraction(round(each.rating * RATING_PLACES), RATING_PLACES))
        if is_try:
            tried, first_cost = tried + each.calls, first_cost + cost
            first_rated += rated
        else:
            full_rated += rated
        if each.kind != "paired_try":
            full_cost += on_full
        if each.kind == "second_call":
            again, seen = again + each.calls, seen + cost
    edge = Fraction(round(above * RATING_PLACES), RATING_PLACES)
    rates = (first_rated, full_rated, answers)
    return Step(edge, tried, again, first_cost, full_cost, *rates), seen


def _cost(key: PricingKey, amounts: Quantities, book: PriceBook) -> Fraction | None:
    found = price(key, amounts, book)
    return None if isinstance(found, Unpriced) else found.total
