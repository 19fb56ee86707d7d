"""Rates: what a model's meters cost, in which period, by whose word."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from costmodel.meters import Meter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from fractions import Fraction

Status = Literal["in_force", "announced", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something no source says, named so that it can travel to the screen."""

    name: str
    text: str


@dataclass(frozen=True)
class RateCard:
    """Absolute rates of one model, zone, tier and size step in one period.

    ``usd_per_million`` holds money per million of a meter. The card counts for
    requests longer than ``above_input_tokens`` (0: all). The period begins at
    ``in_force_from`` (None: the start is not known) and ends before
    ``in_force_to`` (None: still in force). ``assumed`` names the rates that the
    source does not publish; ``derived`` says how the card follows from a factor.
    """

    provider: str
    model: str
    zone: str
    tier: str
    above_input_tokens: int
    in_force_from: date | None
    in_force_to: date | None
    status: Status
    usd_per_million: Mapping[Meter, Fraction]
    source: str
    checked_on: date
    announced_on: date | None = None
    derived: str | None = None
    assumed: Mapping[Meter, Assumption] = field(default_factory=dict)

    def covers(self, day: date) -> bool:
        """Tell whether the period holds this day."""
        return (self.in_force_from is None or self.in_force_from <= day) and (
            self.in_force_to is None or day < self.in_force_to
        )


@dataclass(frozen=True, slots=True)
class Life:
    """The dates of a model and the model its provider recommends afterwards."""

    released_on: date | None = None
    announced_on: date | None = None
    deprecated_on: date | None = None
    shutdown_on: date | None = None
    successor: str | None = None
    source: str | None = None

    def is_gone(self, day: date) -> bool:
        """Tell whether the model no longer answers on this day."""
        return self.shutdown_on is not None and self.shutdown_on <= day


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a provider's usage tier allows a minute, a day and in the batch queue.

    It counts for requests longer than ``above_input_tokens`` (0: all that no other
    row of the tier is for).
    """

    usage_tier: str
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    requests_per_day: int | None = None
    batch_queue_tokens: int | None = None
    above_input_tokens: int = 0
    source: str | None = None
    checked_on: date | None = None


@dataclass(frozen=True, slots=True)
class UsageTier:
    """A provider's usage tier: what one must have paid to be in it, and its cap a month.

    Money is in US dollars.
    """

    provider: str
    usage_tier: str
    paid_usd: Fraction
    account_age_days: int
    monthly_cap_usd: Fraction
    source: str
    checked_on: date


@dataclass(frozen=True)
class Model:
    """A model under its canonical name, with every other name it is served under."""

    provider: str
    name: str
    family: str
    display: str
    snapshots: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    life: Life = field(default_factory=Life)
    context_window: int | None = None
    max_output_tokens: int | None = None
    knowledge_cutoff: str | None = None
    minimum_cacheable_tokens: int | None = None
    tokenizer: str | None = None
    rate_limits: tuple[RateLimit, ...] = ()
    source: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name that means this model."""
        return (self.name, *self.snapshots, *self.aliases)


FALLBACKS: Mapping[Meter, tuple[Meter, Assumption]] = {
    Meter.CACHED_INPUT: (
        Meter.INPUT,
        Assumption("no-cached-price", "no cached price is published: cached input at full price"),
    ),
    Meter.CACHE_WRITE: (
        Meter.INPUT,
        Assumption("free-cache-write", "cache writes cost what input costs: no write price"),
    ),
    Meter.CACHE_WRITE_1H: (
        Meter.CACHE_WRITE,
        Assumption("no-1h-write-price", "no 1-hour write price is published: priced as a write"),
    ),
    Meter.CACHED_INPUT_AUDIO: (
        Meter.INPUT_AUDIO,
        Assumption("no-cached-audio-price", "no cached audio price: audio input at full price"),
    ),
    Meter.CACHED_INPUT_IMAGE: (
        Meter.INPUT_IMAGE,
        Assumption("no-cached-image-price", "no cached image price: image input at full price"),
    ),
}
"""Which rate stands in where a source publishes none (facts: an unpublished cached
price means that no discount is given; writes were free before GPT-5.6)."""
