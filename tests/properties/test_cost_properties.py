"""Rules that hold for any usage at any price of the shipped tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from costmodel.book import PriceBook, Quote
from costmodel.cost import Cost, price
from costmodel.meters import INDEX, SIZE_BAND_EDGES, Meter, size_band
from costmodel.spend import spend
from costmodel.usage import Cell, PricingKey, Quantities, added, input_tokens, quantities
from tests.shipped import BOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

TOKENS = st.integers(0, 2_000_000)
REQUEST_TOKENS = st.integers(0, 60_000) | st.sampled_from(
    [edge + more for edge in SIZE_BAND_EDGES for more in (0, 1)]
)
SHIPPED = sorted({(c.provider, c.model, c.zone, c.tier) for c in BOOK.cards})
DAYS = st.dates(date(2025, 1, 1), date(2027, 12, 31))


@st.composite
def keys(draw: st.DrawFn) -> PricingKey:
    provider, model, zone, tier = draw(st.sampled_from(SHIPPED))
    band = draw(st.sampled_from(SIZE_BAND_EDGES))
    key = PricingKey(provider, model, zone, tier, band, draw(DAYS))
    assume(isinstance(BOOK.quote(key), Quote))
    return key


@st.composite
def usage(draw: st.DrawFn, key: PricingKey, tokens: st.SearchStrategy[int]) -> Quantities:
    """Amounts of the meters that this key has a rate for."""
    answer = BOOK.quote(key)
    assert isinstance(answer, Quote)
    return quantities({meter: draw(tokens) for meter in answer.rates})


def costed(key: PricingKey, amounts: Quantities, book: PriceBook = BOOK) -> Cost:
    answer = price(key, amounts, book)
    assert isinstance(answer, Cost)
    return answer


@given(st.data(), keys())
def test_the_cost_of_a_sum_is_the_sum_of_the_costs(data: st.DataObject, key: PricingKey) -> None:
    one, other = data.draw(usage(key, TOKENS)), data.draw(usage(key, TOKENS))
    together = costed(key, added(one, other))
    assert together.total == costed(key, one).total + costed(key, other).total


@given(st.data(), keys())
def test_parts_add_up_and_follow_from_their_rates(data: st.DataObject, key: PricingKey) -> None:
    amounts = data.draw(usage(key, TOKENS))
    found = costed(key, amounts)
    assert sum(found.parts.values(), Fraction(0)) == found.total
    for meter, part in found.parts.items():
        assert part * 1_000_000 == found.rates[meter] * amounts[INDEX[meter]]
    assert not found.unpriced_quantities


@given(st.data(), keys(), st.integers(0, 1_000_000))
def test_more_cached_never_costs_more_while_cached_is_cheaper(
    data: st.DataObject, key: PricingKey, moved: int
) -> None:
    rates = BOOK.quote(key)
    assert isinstance(rates, Quote)
    assume(Meter.CACHED_INPUT in rates.rates)
    assume(rates.rates[Meter.CACHED_INPUT] <= rates.rates[Meter.INPUT])
    whole = data.draw(st.integers(moved, 2_000_000))
    before = quantities({Meter.INPUT: whole})
    after = quantities({Meter.INPUT: whole - moved, Meter.CACHED_INPUT: moved})
    assert costed(key, after).total <= costed(key, before).total


@given(st.data(), keys(), st.fractions(0, 100))
def test_a_dearer_rate_never_makes_usage_cheaper(
    data: st.DataObject, key: PricingKey, more: Fraction
) -> None:
    amounts = data.draw(usage(key, TOKENS))
    found = costed(key, amounts)
    meter = data.draw(st.sampled_from(list(found.quote.card.usd_per_million)))
    card = found.quote.card
    dearer = replace(
        card, usd_per_million={**card.usd_per_million, meter: card.usd_per_million[meter] + more}
    )
    book = PriceBook(BOOK.models, tuple(dearer if c is card else c for c in BOOK.cards))
    assert costed(key, amounts, book).total >= found.total


@given(st.data(), keys())
def test_requests_cost_the_same_one_by_one_and_summed_into_cells(
    data: st.DataObject, key: PricingKey
) -> None:
    """The step to the long-context price is a cliff: it survives the folding into bands."""
    shape = st.tuples(REQUEST_TOKENS, REQUEST_TOKENS, st.integers(0, 5_000))
    requests = data.draw(st.lists(shape, min_size=1, max_size=20))
    total = sum((one_by_one(key, request) for request in requests), Fraction(0))
    folded = spend(cells(key, requests), BOOK, by=("model",), cell_dimensions=())
    assert folded.total.cost == total


def one_by_one(key: PricingKey, request: tuple[int, int, int]) -> Fraction:
    amounts = request_amounts(request)
    return costed(replace(key, size_band=size_band(input_tokens(amounts))), amounts).total


def cells(key: PricingKey, requests: Sequence[tuple[int, int, int]]) -> list[Cell]:
    """What the store keeps of these requests: one sum by size band."""
    by_band: dict[int, list[Quantities]] = {}
    for request in requests:
        amounts = request_amounts(request)
        by_band.setdefault(size_band(input_tokens(amounts)), []).append(amounts)
    return [
        Cell(replace(key, size_band=band), (), len(rows), summed(rows))
        for band, rows in by_band.items()
    ]


def summed(rows: list[Quantities]) -> Quantities:
    total = rows[0]
    for row in rows[1:]:
        total = added(total, row)
    return total


def request_amounts(request: tuple[int, int, int]) -> Quantities:
    uncached, cached, output = request
    return quantities({Meter.INPUT: uncached, Meter.CACHED_INPUT: cached, Meter.OUTPUT: output})
