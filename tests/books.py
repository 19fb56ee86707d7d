"""A small price book written by hand: the 4.1 family, gpt-6-luna and a long-context model."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.book import PriceBook
from costmodel.meters import Meter
from costmodel.rates import Assumption, Life, Model, RateCard

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_CACHED_PRICE_IN_BATCH = Assumption(
    "batch-cached-price", "cached input in batch is billed at the full batch input price"
)
SOURCE = "hand-written for tests"
SHUTDOWN = date(2027, 1, 14)


def usd(text: str) -> dict[Meter, Fraction]:
    """Rates written as ``input / cached / output`` with an optional write rate at the end."""
    names = (Meter.INPUT, Meter.CACHED_INPUT, Meter.OUTPUT, Meter.CACHE_WRITE)
    numbers = [Fraction(number) for number in text.split("/")]
    return dict(zip(names, numbers, strict=False))


def card(
    model: str,
    tier: str,
    rates: str,
    *,
    provider: str = "openai",
    zone: str = "global",
    above: int = 0,
    since: date | None = date(2025, 4, 14),
    until: date | None = None,
    assumed: Mapping[Meter, Assumption] | None = None,
) -> RateCard:
    return RateCard(
        provider=provider,
        model=model,
        zone=zone,
        tier=tier,
        above_input_tokens=above,
        in_force_from=since,
        in_force_to=until,
        status="in_force",
        usd_per_million=usd(rates),
        source=SOURCE,
        checked_on=date(2026, 8, 21),
        assumed=assumed or {},
    )


def model(
    name: str,
    family: str,
    shutdown_on: date | None = None,
    successor: str | None = None,
    *,
    provider: str = "openai",
    snapshots: tuple[str, ...] = (),
    minimum: int | None = 1_024,
) -> Model:
    return Model(
        provider=provider,
        name=name,
        family=family,
        display=name,
        snapshots=snapshots,
        life=Life(shutdown_on=shutdown_on, successor=successor),
        minimum_cacheable_tokens=minimum,
    )


def family_cards(name: str, standard: str, batch: str, priority: str) -> list[RateCard]:
    assumed = {Meter.CACHED_INPUT: NO_CACHED_PRICE_IN_BATCH}
    return [
        card(name, "standard", standard),
        card(name, "batch", batch, assumed=assumed),
        card(name, "priority", priority),
    ]


MODELS = (
    model("gpt-4.1", "gpt-4.1", SHUTDOWN, "gpt-6-luna", snapshots=("gpt-4.1-2025-04-14",)),
    model("gpt-4.1-mini", "gpt-4.1", SHUTDOWN, "gpt-6-luna"),
    model("gpt-4.1-nano", "gpt-4.1", date(2026, 10, 23), "gpt-6-luna"),
    model("gpt-6-luna", "gpt-6"),
    model("haiku", "claude", provider="anthropic", minimum=4_096),
)

CARDS = (
    *family_cards("gpt-4.1", "2/0.5/8", "1/1/4", "3.5/0.875/14"),
    *family_cards("gpt-4.1-mini", "0.4/0.1/1.6", "0.2/0.2/0.8", "0.7/0.175/2.8"),
    *family_cards("gpt-4.1-nano", "0.1/0.025/0.4", "0.05/0.05/0.2", "0.2/0.05/0.8"),
    card("gpt-6-luna", "standard", "0.1/0.01/0.5/0.125"),
    card("gpt-6-luna", "batch", "0.05/0.005/0.25/0.0625"),
    card("gpt-6-luna", "standard", "0.2/0.02/0.75/0.25", above=272_000),
    card("haiku", "standard", "1/0.1/5/1.25", provider="anthropic"),
)

BOOK = PriceBook(models=MODELS, cards=CARDS)


def book_with(*cards: RateCard, models: tuple[Model, ...] = ()) -> PriceBook:
    """The same book with more cards and models."""
    return PriceBook((*MODELS, *models), (*CARDS, *cards))
