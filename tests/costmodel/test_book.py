from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from costmodel.book import PriceBook, Quote, Unpriced, fine_tune_base
from costmodel.contract import Contract, ContractTerm, ExchangeRate
from costmodel.cost import Cost, price
from costmodel.meters import UNKNOWN_BAND, Meter
from costmodel.rates import Assumption, Life, Model, RateCard, Status
from costmodel.usage import PricingKey, quantities

CHECKED = date(2026, 8, 21)
DAY = date(2026, 11, 1)
LIST = {"input": "0.40", "cached_input": "0.10", "output": "1.60"}


def card(
    rates: dict[str, str],
    *,
    model: str = "mini",
    tier: str = "standard",
    above: int = 0,
    begins: date | None = date(2025, 4, 14),
    ends: date | None = None,
    status: Status = "in_force",
    assumed: dict[Meter, Assumption] | None = None,
) -> RateCard:
    return RateCard(
        provider="openai",
        model=model,
        zone="global",
        tier=tier,
        above_input_tokens=above,
        in_force_from=begins,
        in_force_to=ends,
        status=status,
        usd_per_million={Meter(m): Fraction(r) for m, r in rates.items()},
        source="the price page",
        checked_on=CHECKED,
        assumed=assumed or {},
    )


def mini(**more: object) -> Model:
    names = {"snapshots": ("mini-2025-04-14",), "aliases": ("mini-latest",)}
    return Model("openai", "mini", "four", "Mini", **{**names, **more})  # type: ignore[arg-type]


def book(
    *cards: RateCard, models: tuple[Model, ...] = (), contract: Contract | None = None
) -> PriceBook:
    return PriceBook(models or (mini(),), cards or (card(LIST),), contract or Contract())


def key(
    model: str = "mini", *, tier: str = "standard", band: int = 0, on: date = DAY
) -> PricingKey:
    return PricingKey("openai", model, "global", tier, band, on)


def quoted(answer: Quote | Unpriced) -> Quote:
    assert isinstance(answer, Quote)
    return answer


def refused(answer: Quote | Unpriced) -> str:
    assert isinstance(answer, Unpriced)
    return answer.reason


def costed(prices: PriceBook, asked: PricingKey, **amounts: int) -> Cost:
    answer = price(asked, quantities({Meter(m): n for m, n in amounts.items()}), prices)
    assert isinstance(answer, Cost)
    return answer


def test_a_name_is_matched_whole_whatever_its_case() -> None:
    prices = book(models=(mini(), Model("openai", "mini-2", "four", "Mini 2")))
    assert prices.canonical("openai", "Mini-2025-04-14") == "mini"
    assert prices.canonical("openai", "mini-latest") == "mini"
    assert prices.canonical("openai", "mini-2") == "mini-2"
    assert prices.resolve("openai", "mini-2025") is None
    assert prices.resolve("azure", "mini") is None
    assert prices.canonical("openai", "acme-7b") == "acme-7b"


def test_a_fine_tune_is_priced_as_the_fine_tune_of_its_base() -> None:
    tuned = Model("openai", "ft:mini-2025-04-14", "four", "Mini, fine-tuned")
    prices = book(
        card({"input": "0.80", "output": "3.20"}, model=tuned.name), models=(mini(), tuned)
    )
    asked = key("ft:mini-2025-04-14:acme::x")
    assert costed(prices, asked, input=1_000, output=1_000).total == Fraction("0.004")
    assert prices.resolve("openai", "ft:mini-2030-01-01:acme::x") is None


def test_fine_tune_base() -> None:
    assert fine_tune_base("ft:a:org:name:id") == "ft:a"
    assert fine_tune_base("ft") == "ft"
    assert fine_tune_base("a:b") == "a:b"


def test_unknown_model_tier_and_day_are_reasons_not_zero() -> None:
    prices = book()
    assert "does not know" in refused(prices.quote(key("acme-7b")))
    assert refused(prices.quote(key(tier="flex"))) == (
        "tier 'flex' is not offered for mini; offered: standard"
    )
    assert refused(prices.quote(key(tier="turbo"))) == "the service tier 'turbo' is not known"
    assert refused(prices.quote(key(on=date(2025, 4, 13)))) == (
        "no price before 2025-04-14; asked for 2025-04-13"
    )
    assert isinstance(prices.quote(key(on=date(2025, 4, 14))), Quote)


def test_a_zone_without_a_price_names_those_that_have_one() -> None:
    asked = PricingKey("openai", "mini", "regional:mars", "standard", 0, DAY)
    assert (
        refused(book().quote(asked)) == "no price in zone 'regional:mars'; there is one in global"
    )


def test_periods_end_before_their_last_day() -> None:
    change = date(2025, 6, 10)
    prices = book(card({"input": "10"}, ends=change), card({"input": "2"}, begins=change))
    assert costed(prices, key(on=date(2025, 6, 9)), input=10**6).total == 10
    assert costed(prices, key(on=change), input=10**6).total == 2
    assert prices.change_dates() == (date(2025, 4, 14), change)


def test_a_withdrawn_card_never_prices_but_stays_in_the_tables() -> None:
    rise = card({"input": "3"}, begins=date(2026, 9, 1), status="withdrawn")
    prices = book(card({"input": "2"}), rise)
    assert costed(prices, key(), input=10**6).total == 2
    assert rise in prices.cards_of("openai", "mini")


def test_an_announced_card_prices_its_days_and_says_so() -> None:
    begins = date(2026, 12, 1)
    prices = book(
        card({"input": "2"}, ends=begins), card({"input": "4"}, begins=begins, status="announced")
    )
    assert costed(prices, key(), input=10**6).warnings == ()
    later = costed(prices, key(on=begins), input=10**6)
    assert later.total == 4
    assert later.warnings == ("this price of mini is announced, not yet in force",)


def test_a_retired_model_keeps_its_last_rate_with_a_warning() -> None:
    gone = mini(life=Life(shutdown_on=date(2026, 10, 23)))
    prices = book(models=(gone,))
    assert costed(prices, key(on=date(2026, 10, 22)), input=1).warnings == ()
    warned = costed(prices, key(on=date(2026, 10, 23)), input=10**6)
    assert warned.total == Fraction("0.40")
    assert warned.warnings == ("mini is gone since 2026-10-23, for comparison only",)


def test_the_long_context_step_takes_the_whole_request() -> None:
    prices = book(card({"input": "2.5"}), card({"input": "5"}, above=272_000))
    assert costed(prices, key(band=256_000), input=272_000).total == Fraction("0.68")
    assert costed(prices, key(band=272_000), input=272_001).total == Fraction("1.360005")
    assert costed(prices, key(band=512_000), input=600_000).total == 3


def test_buckets_of_unknown_request_size_say_so_only_where_it_matters() -> None:
    stepped = book(card({"input": "2.5"}), card({"input": "5"}, above=272_000))
    flat = costed(book(), key(band=UNKNOWN_BAND), input=10**6)
    unsure = costed(stepped, key(band=UNKNOWN_BAND), input=10**6)
    assert unsure.total == Fraction("2.5")
    assert [a.name for a in unsure.assumptions] == ["request-size-unknown"]
    assert flat.assumptions == ()


def test_an_unpublished_cached_price_is_a_named_assumption() -> None:
    prices = book(card({"input": "0.20", "output": "0.80"}, tier="batch"))
    cost = costed(prices, key(tier="batch"), input=400_000, cached_input=600_000, output=10**6)
    assert cost.total == Fraction("1.00")
    assert [a.name for a in cost.assumptions] == ["no-cached-price"]
    unused = costed(prices, key(tier="batch"), input=10**6)
    assert unused.assumptions == ()


def test_the_tables_own_assumption_goes_before_the_general_one() -> None:
    named = Assumption("cached-in-batch", "no source publishes it")
    rates = {"input": "0.20", "cached_input": "0.20"}
    prices = book(card(rates, tier="batch", assumed={Meter.CACHED_INPUT: named}))
    assert costed(prices, key(tier="batch"), cached_input=1).assumptions == (named,)


def test_a_period_without_a_known_start_says_so() -> None:
    cost = costed(book(card(LIST, begins=None)), key(on=date(2020, 1, 1)), input=1)
    assert [a.name for a in cost.assumptions] == ["start-unknown"]


def test_a_meter_without_a_rate_is_counted_not_priced_at_zero() -> None:
    cost = costed(book(), key(), input=10**6, output_audio=5)
    assert cost.total == Fraction("0.40")
    assert cost.unpriced_quantities == {Meter.OUTPUT_AUDIO: 5}


def test_parts_rates_and_source_stand_beside_the_total() -> None:
    cost = costed(book(), key(), input=400, cached_input=600, output=500)
    assert cost.parts == {
        Meter.INPUT: Fraction("0.00016"),
        Meter.CACHED_INPUT: Fraction("0.00006"),
        Meter.OUTPUT: Fraction("0.0008"),
    }
    assert cost.total == sum(cost.parts.values()) == Fraction("0.00102")
    assert cost.rates == {Meter(m): Fraction(r) for m, r in LIST.items()}
    assert (cost.source, cost.in_force_from) == ("the price page", date(2025, 4, 14))


def test_the_contract_overrides_then_discounts_then_exchanges() -> None:
    contract = Contract(
        terms=(
            ContractTerm(
                "order form", model="mini", usd_per_million={Meter.INPUT: Fraction("0.30")}
            ),
            ContractTerm("order form", discount=Fraction("0.10")),
        ),
        currency="EUR",
        exchange_rates=(
            ExchangeRate(date(2026, 10, 1), Fraction("0.80"), "the bank"),
            ExchangeRate(date(2026, 11, 1), Fraction("0.90"), "the bank"),
        ),
    )
    prices = book(contract=contract)
    november = costed(prices, key(), input=10**6, output=10**6)
    # (0.30 + 1.60) x 0.9 discount left x 0.90 euro; list: (0.40 + 1.60) x 0.90
    assert november.total == Fraction("1.539")
    assert november.list_total == Fraction("1.80")
    assert november.currency == "EUR"
    october = costed(prices, key(on=date(2026, 10, 31)), input=10**6)
    assert october.total == Fraction("0.216")
    assert {date(2026, 10, 1), date(2026, 11, 1)} <= set(prices.change_dates())
    before = costed(prices, key(on=date(2026, 9, 30)), input=10**6)
    assert before.total == Fraction("0.216")
    assert [a.name for a in before.assumptions] == ["first-exchange-rate"]


@pytest.mark.parametrize(
    ("term", "total"),
    [
        (ContractTerm("s", tier="batch", discount=Fraction("0.5")), "0.40"),
        (ContractTerm("s", provider="openai", discount=Fraction("0.5")), "0.20"),
        (ContractTerm("s", in_force_from=date(2026, 11, 2), discount=Fraction("0.5")), "0.40"),
        (ContractTerm("s", in_force_from=DAY, discount=Fraction("0.5")), "0.20"),
        (ContractTerm("s", in_force_to=DAY, discount=Fraction("0.5")), "0.40"),
    ],
)
def test_a_term_holds_only_where_it_says(term: ContractTerm, total: str) -> None:
    cost = costed(book(contract=Contract((term,))), key(), input=10**6)
    assert cost.total == Fraction(total)
    assert cost.list_total == Fraction("0.40")


def test_nearest_names_and_providers() -> None:
    prices = book()
    assert prices.nearest("mimi") == ("mini",)
    assert prices.providers_of("mini-latest") == ("openai",)
    assert prices.tiers_of("openai", "mini") == ("standard",)
