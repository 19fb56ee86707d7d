"""What the shipped tables hold, beyond single amounts."""

from __future__ import annotations

import csv
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from costmodel.book import Quote, Unpriced
from costmodel.meters import TIERS, UNIT_METERS, Meter
from costmodel.usage import PricingKey
from tests.shipped import BOOK, NOVEMBER

if TYPE_CHECKING:
    from costmodel.rates import RateCard

AGREED = Path(__file__).parents[3] / "shared" / "facts" / "prices.csv"
AS_OF = date(2026, 11, 23)
LAST_CHECKED = date(2026, 11, 26)
FAMILY = ("gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano")
COLUMNS = {"input": Meter.INPUT, "cached": Meter.CACHED_INPUT, "output": Meter.OUTPUT}
WRITES = {"cache_write": Meter.CACHE_WRITE, "cache_write_1h": Meter.CACHE_WRITE_1H}


def quote(
    model: str, tier: str = "standard", *, provider: str = "openai", zone: str = "global",
    band: int = 0, on: date = AS_OF,
) -> Quote:  # fmt: skip
    answer = BOOK.quote(PricingKey(provider, model, zone, tier, band, on))
    assert isinstance(answer, Quote), answer
    return answer


def refusal(model: str, tier: str = "standard", on: date = AS_OF) -> str:
    answer = BOOK.quote(PricingKey("openai", model, "global", tier, 0, on))
    assert isinstance(answer, Unpriced)
    return answer.reason


def token_rates(card: RateCard) -> dict[Meter, Fraction]:
    return {m: rate for m, rate in card.usd_per_million.items() if m not in UNIT_METERS}


@pytest.mark.parametrize("tier", ["standard", "batch", "priority"])
def test_full_costs_five_times_mini(tier: str) -> None:
    full, mini = quote("gpt-4.1", tier).rates, quote("gpt-4.1-mini", tier).rates
    assert {m: full[m] for m in COLUMNS.values()} == {m: 5 * mini[m] for m in COLUMNS.values()}


@pytest.mark.parametrize("tier", ["standard", "batch"])
def test_mini_costs_four_times_nano(tier: str) -> None:
    mini, nano = quote("gpt-4.1-mini", tier).rates, quote("gpt-4.1-nano", tier).rates
    assert {m: mini[m] for m in COLUMNS.values()} == {m: 4 * nano[m] for m in COLUMNS.values()}


@pytest.mark.parametrize("model", FAMILY)
def test_cached_input_of_the_family_costs_a_quarter(model: str) -> None:
    rates = quote(model).rates
    assert rates[Meter.CACHED_INPUT] * 4 == rates[Meter.INPUT]


@pytest.mark.parametrize("model", FAMILY)
def test_what_is_known_of_the_family(model: str) -> None:
    known = BOOK.resolve("openai", f"{model}-2025-04-14")
    assert known is not None
    assert known.name == model
    assert (known.context_window, known.max_output_tokens) == (1_047_576, 32_768)
    assert (known.knowledge_cutoff, known.tokenizer) == ("2024-06", "o200k_base")
    assert known.life.released_on == date(2025, 4, 14)
    assert [limit.usage_tier for limit in known.rate_limits if not limit.above_input_tokens] == [
        "1",
        "2",
        "3",
        "4",
        "5",
    ]


LIMITS = {
    # requests, tokens a minute, batch queue; then the same above 128,000 input tokens
    "gpt-4.1": {
        "1": ((500, 30_000, 90_000), (100, 200_000, 2_000_000)),
        "2": ((5_000, 450_000, 1_350_000), (250, 500_000, 20_000_000)),
        "3": ((5_000, 800_000, 50_000_000), (500, 1_000_000, 40_000_000)),
        "4": ((10_000, 2_000_000, 200_000_000), (1_000, 5_000_000, 100_000_000)),
        "5": ((10_000, 30_000_000, 5_000_000_000), (4_000, 10_000_000, 1_000_000_000)),
    },
    "gpt-4.1-mini": {
        "1": ((500, 200_000, 2_000_000), (200, 400_000, 5_000_000)),
        "2": ((5_000, 2_000_000, 20_000_000), (500, 1_000_000, 40_000_000)),
        "3": ((5_000, 4_000_000, 40_000_000), (1_000, 2_000_000, 80_000_000)),
        "4": ((10_000, 10_000_000, 1_000_000_000), (2_000, 10_000_000, 200_000_000)),
        "5": ((30_000, 150_000_000, 15_000_000_000), (8_000, 20_000_000, 2_000_000_000)),
    },
}


@pytest.mark.parametrize("model", FAMILY)
def test_rate_limits_are_those_of_the_facts_with_their_source(model: str) -> None:
    known = BOOK.resolve("openai", model)
    assert known is not None
    expected = LIMITS.get(model, {t: rows[:1] for t, rows in LIMITS["gpt-4.1-mini"].items()})
    assert [
        (
            each.usage_tier,
            each.above_input_tokens,
            (each.requests_per_minute, each.tokens_per_minute, each.batch_queue_tokens),
        )
        for each in known.rate_limits
    ] == [
        (tier, above, row)
        for tier, rows in expected.items()
        for above, row in zip((0, 128_000), rows, strict=False)
    ]
    assert all(each.source and each.checked_on for each in known.rate_limits)
    a_day = [each.requests_per_day for each in known.rate_limits]
    assert a_day == [None if model == "gpt-4.1" else 10_000, *[None] * (len(a_day) - 1)]


def test_usage_tiers_cap_what_a_month_may_cost() -> None:
    assert [
        (each.provider, each.usage_tier, each.paid_usd, each.account_age_days, each.monthly_cap_usd)
        for each in BOOK.usage_tiers
    ] == [
        ("openai", "1", 5, 0, 100),
        ("openai", "2", 50, 7, 500),
        ("openai", "3", 100, 7, 1_000),
        ("openai", "4", 250, 14, 5_000),
        ("openai", "5", 1_000, 30, 200_000),
    ]


@pytest.mark.parametrize(
    ("provider", "model", "announced_on", "shutdown_on", "successor"),
    [
        ("openai", "gpt-4.1", date(2026, 10, 14), date(2027, 1, 14), "gpt-6-luna"),
        ("openai", "gpt-4.1-mini", date(2026, 10, 14), date(2027, 1, 14), "gpt-6-luna"),
        ("openai", "gpt-4o", date(2026, 10, 14), date(2027, 1, 14), "gpt-6-luna"),
        ("openai", "gpt-4o-mini", date(2026, 10, 14), date(2027, 1, 14), "gpt-6-luna"),
        ("openai", "gpt-4.1-nano", None, date(2026, 10, 23), None),
        ("openai", "gpt-5", None, date(2026, 12, 11), "gpt-6.1-sol"),
        ("openai", "gpt-5-mini", None, date(2026, 12, 11), "gpt-6.1-terra"),
        ("openai", "ft:gpt-4.1-mini-2025-04-14", date(2026, 10, 14), date(2027, 1, 14), None),
        ("azure", "gpt-4.1-mini", None, date(2027, 4, 14), None),
        ("azure", "gpt-4.1-nano", None, date(2026, 10, 14), None),
        ("anthropic", "claude-sonnet-4-5", None, date(2026, 11, 30), None),
    ],
)
def test_lives(
    provider: str,
    model: str,
    announced_on: date | None,
    shutdown_on: date,
    successor: str | None,
) -> None:
    known = BOOK.resolve(provider, model)
    assert known is not None
    life = known.life
    assert (life.announced_on, life.shutdown_on, life.successor) == (
        announced_on,
        shutdown_on,
        successor,
    )
    assert life.source


@pytest.mark.parametrize(
    ("name", "tokenizer"),
    [
        ("gpt-4.1-mini", "o200k_base"),
        ("ft:gpt-4.1-mini-2025-04-14:acme::x", "o200k_base"),
        ("gpt-4o-mini", "o200k_base"),
        ("gpt-6-luna", "o200k_base"),
        ("o3", "o200k_base"),
        ("gpt-4", "cl100k_base"),
        ("ft:gpt-4-0613", "cl100k_base"),
        ("gpt-3.5-turbo-0125", "cl100k_base"),
    ],
)
def test_tokenizers(name: str, tokenizer: str) -> None:
    model = BOOK.resolve("openai", name)
    assert model is not None
    assert model.tokenizer == tokenizer


def test_models_without_a_public_tokenizer_have_none() -> None:
    others = [model for model in BOOK.models if model.provider in {"anthropic", "google"}]
    assert others
    assert all(model.tokenizer is None for model in others)


@pytest.mark.parametrize(
    ("model", "tier", "reason"),
    [
        ("gpt-4-1106-vision-preview", "standard", "the price book does not know this model"),
        ("gpt-4.2-mini", "standard", "the price book does not know this model"),
        ("gpt-4.1-mini-2025-99-99", "standard", "the price book does not know this model"),
        ("gpt-4.1-mini", "flex", ("tier 'flex' is not offered for gpt-4.1-mini; offered: standard, "
         "batch, priority")),
        ("o3", "batch", "no price before 2025-06-10; asked for 2025-06-09"),
    ],
)  # fmt: skip
def test_what_no_source_prices_stays_unpriced(model: str, tier: str, reason: str) -> None:
    on = date(2025, 6, 9) if model == "o3" else AS_OF
    assert refusal(model, tier, on) == reason


def test_a_withdrawn_rise_is_kept_and_never_charged() -> None:
    cards = BOOK.cards_of("anthropic", "claude-sonnet-5")
    withdrawn = [card for card in cards if card.status == "withdrawn"]
    assert [card.usd_per_million[Meter.INPUT] for card in withdrawn] == [3]
    after = quote("claude-sonnet-5", provider="anthropic", on=date(2026, 9, 2))
    assert after.rates[Meter.INPUT] == 2


@pytest.mark.parametrize(
    ("provider", "zone", "factor"),
    [
        ("openai", "regional:eu", Fraction("1.1")),
        ("openai", "regional:us", Fraction("1.1")),
        ("anthropic", "regional:us", Fraction("1.1")),
        ("azure", "regional:westeurope", Fraction("1.32")),
    ],
)
def test_a_regional_rate_is_its_global_rate_times_the_published_factor(
    provider: str, zone: str, factor: Fraction
) -> None:
    cards = [card for card in BOOK.cards if (card.provider, card.zone) == (provider, zone)]
    assert cards
    key = ["model", "tier", "above_input_tokens", "in_force_from", "in_force_to"]
    for card in cards:
        same = [
            other
            for other in BOOK.cards_of(provider, card.model)
            if other.zone == "global"
            and all(getattr(other, name) == getattr(card, name) for name in key)
        ]
        assert len(same) == 1, card
        worldwide = token_rates(same[0])
        assert token_rates(card) == {meter: rate * factor for meter, rate in worldwide.items()}
        published = (provider, card.model) == ("azure", "gpt-4.1-mini")
        assert bool(card.derived) is not published


def test_every_card_names_its_source_and_day() -> None:
    assert all(card.source and card.checked_on <= LAST_CHECKED for card in BOOK.cards)


def test_every_model_has_a_price_today() -> None:
    for model in BOOK.models:
        zones = BOOK.zones_of(model.provider, model.name)
        assert "global" in zones, model.name
        assert quote(model.name, provider=model.provider, on=NOVEMBER).rates


def test_zero_is_a_price_of_free_models_alone() -> None:
    free = {c.model for c in BOOK.cards if not any(c.usd_per_million.values())}
    assert free == {
        "gemini-exp-1114", "gemini-exp-1206", "gemma-3-27b-it", "gemma-4-26b-a4b-it",
        "gemma-4-31b-it", "learnlm-1.5-pro-experimental", "lyria-3-clip-preview",
        "lyria-3-pro-preview", "lyria-3.5-clip-preview", "lyria-3.5-pro-preview", "lyria-3.5",
        "lyria-realtime-exp", "omni-moderation",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("served", "meter", "quantity", "cost"),
    [
        ("text-embedding-3-small", Meter.INPUT, 50_000_000, "1"),
        ("text-embedding-ada-002-v2", Meter.INPUT, 10_000_000, "1"),
        ("omni-moderation-latest", Meter.INPUT, 10_000_000, "0"),
        ("whisper-1", Meter.AUDIO_SECONDS, 3_600, "0.36"),
        ("tts-1", Meter.CHARACTERS, 1_000_000, "15"),
        ("gpt-image-1", Meter.OUTPUT_IMAGE, 1_056, "0.04224"),
    ],
)
def test_what_is_not_billed_by_tokens_of_text(
    served: str, meter: Meter, quantity: int, cost: str
) -> None:
    model = BOOK.resolve("openai", served)
    assert model is not None
    assert quote(model.name).rates[meter] * quantity / 1_000_000 == Fraction(cost)


def agreed() -> list[dict[str, str]]:
    if not AGREED.exists():
        pytest.skip("the agreed prices (../shared/facts) are not beside this checkout")
    with AGREED.open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["input"]]


def test_every_agreed_price_stands_in_the_tables() -> None:
    compared = 0
    for row in agreed():
        provider, name = row["provider"], row["model"]
        if name == "ft:gpt-4o-2024-11-20":  # its cached price stands in the wrong column there
            row["cache_write"] = ""
        for prefix in ("", "batch_", "flex_", "priority_", "long_"):
            tier = prefix.rstrip("_") if prefix.rstrip("_") in TIERS else "standard"
            columns = {prefix + column: meter for column, meter in COLUMNS.items()}
            columns |= {} if prefix else WRITES
            given = {m: Fraction(row[c]) for c, m in columns.items() if row[c]}
            if given:
                band = int(row["long_above"].rstrip("k")) * 1000 if prefix == "long_" else 0
                rates = quote(name, tier, provider=provider, band=band).list_rates
                assert {meter: rates[meter] for meter in given} == given, (name, prefix)
                compared += len(given)
    assert compared > 1_000
