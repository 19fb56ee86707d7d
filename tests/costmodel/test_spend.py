from __future__ import annotations

from datetime import date
from fractions import Fraction

from costmodel.book import PriceBook
from costmodel.cost import Cost, price
from costmodel.meters import Meter
from costmodel.rates import Model, RateCard
from costmodel.spend import Spend, UnpricedVolume, spend
from costmodel.usage import Cell, PricingKey, quantities

RATES = {
    "full": {"input": "2", "cached_input": "0.50", "output": "8"},
    "mini": {"input": "0.40", "cached_input": "0.10", "output": "1.60"},
}


def _card(model: str) -> RateCard:
    rates = {Meter(m): Fraction(r) for m, r in RATES[model].items()}
    return RateCard(
        "openai",
        model,
        "global",
        "standard",
        0,
        None,
        None,
        "in_force",
        rates,
        "page",
        date(2026, 8, 21),
    )


BOOK = PriceBook(
    tuple(Model("openai", m, "four", m, snapshots=(f"{m}-1", f"{m}-2")) for m in RATES),
    tuple(_card(m) for m in RATES),
)


def cell(model: str, feature: str | None, requests: int, *, on: int = 1, **amounts: int) -> Cell:
    key = PricingKey("openai", model, "global", "standard", 0, date(2026, 11, on))
    return Cell(key, (feature,), requests, quantities({Meter(m): n for m, n in amounts.items()}))


CELLS = (
    cell("full-1", "search", 2, input=1_000_000, output=100_000),
    cell("mini-1", "search", 3, input=1_000_000),
    cell("mini-2", "support", 5, input=500_000, cached_input=500_000, on=2),
    cell("mini-1", None, 7, output=250_000),
)


def by_group(result: Spend) -> dict[tuple[str | None, ...], Fraction | None]:
    return {row.dimensions: row.cost for row in result.rows}


def test_groups_by_canonical_model() -> None:
    # in dollars, full has 2 and 0.80, mini has 0.40, 0.20 with 0.05, and 0.40
    assert by_group(spend(CELLS, BOOK, ("model",), ("feature",))) == {
        ("full",): Fraction("2.80"),
        ("mini",): Fraction("1.05"),
    }


def test_groups_by_snapshot_and_feature_null_kept_apart() -> None:
    assert by_group(spend(CELLS, BOOK, ("feature", "model_snapshot"), ("feature",))) == {
        ("search", "full-1"): Fraction("2.80"),
        ("search", "mini-1"): Fraction("0.40"),
        ("support", "mini-2"): Fraction("0.25"),
        (None, "mini-1"): Fraction("0.40"),
    }


def test_total_is_the_sum_whatever_the_grouping() -> None:
    for by in ((), ("model",), ("feature",), ("provider", "tier", "zone", "size_band")):
        total = spend(CELLS, BOOK, by, ("feature",)).total
        assert total.cost == Fraction("3.85")
        assert total.requests == 17
        assert total.input_tokens == 3_000_000
        assert total.cached_input_tokens == 500_000
        assert total.uncached_input_tokens == 2_500_000
        assert total.output_tokens == 350_000
        assert sum(total.parts.values()) == total.cost


def test_groups_cost_what_their_cells_cost_one_by_one() -> None:
    singles = [price(c.key, c.quantities, BOOK) for c in CELLS]
    assert spend(CELLS, BOOK).total.cost == sum(c.total for c in singles if isinstance(c, Cost))


def test_unknown_models_are_volumes_beside_the_total() -> None:
    result = spend((*CELLS, cell("acme-7b", "search", 4, input=900, output=300)), BOOK, ("model",))
    assert result.at_least
    assert result.unpriced == (
        UnpricedVolume("openai", "acme-7b", "the price book does not know this model", 1_200, 4),
    )
    assert by_group(result)["acme-7b",] is None
    assert result.total.cost == Fraction("3.85")
    assert result.total.unpriced_tokens == 1_200


def test_a_meter_without_a_rate_makes_the_total_a_lower_bound() -> None:
    result = spend(
        [cell("mini-1", None, 1, input=1_000_000, output_audio=40, web_search_calls=2)], BOOK
    )
    assert result.total.cost == Fraction("0.40")
    assert result.total.unpriced_tokens == 40
    assert [(v.reason, v.tokens, v.units) for v in result.unpriced] == [
        ("no price for output_audio", 40, 0),
        ("no price for web_search_calls", 0, 2),
    ]


def test_requests_without_a_count_make_the_total_a_lower_bound() -> None:
    key = PricingKey("openai", "mini-1", "global", "standard", 0, date(2026, 11, 1))
    silent = Cell(key, (None,), 3, quantities({}), unmetered_requests=3)
    result = spend([silent], BOOK)
    assert result.at_least
    assert result.total.unmetered_requests == 3


def test_nothing_costs_nothing_known() -> None:
    result = spend([], BOOK, ("model",))
    assert (result.rows, result.total.cost, result.at_least) == ((), None, False)
