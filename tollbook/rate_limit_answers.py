"""Rate limits for programs: what was asked, and the one object that answers it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from costmodel.rate_limit_words import basis_words
from costmodel.rate_limits import (
    billed_multiplier,
    expected_attempts,
    limits_of,
    never_passing,
    retry_tax,
    standings,
    success_share,
)
from tollbook.output import amount

if TYPE_CHECKING:
    from costmodel.book import PriceBook
    from costmodel.rate_limits import Load, Range, Standing
    from costmodel.rates import Model, UsageTier


@dataclass(frozen=True)
class Retries:
    """How often an attempt fails, how often it is tried again, and what of it is billed."""

    failure_rate: Fraction
    retries: int
    billed_share: Fraction


@dataclass(frozen=True)
class Asked:
    """What the options said, and what they are applied to."""

    title: str
    loads: list[Load]
    models: dict[tuple[str, str], Model]
    tiers: tuple[str, ...]
    growth: Fraction
    max_tokens: int
    spend_a_month: dict[str, Fraction]
    retries: Retries | None
    typed: bool


def answer(asked: Asked, book: PriceBook) -> dict[str, Any]:
    """Return everything as JSON; a minute's peaks are decimal numbers, shares of 1."""
    return {
        "period": asked.title,
        "max_tokens": asked.max_tokens,
        "growth_a_month": float(asked.growth),
        "loads": [_load_answer(load, asked) for load in asked.loads],
        "tiers": [_tier_answer(tier, asked, book) for tier in asked.tiers],
        "retries": _retries_answer(asked) if asked.retries else None,
    }


def _load_answer(load: Load, asked: Asked) -> dict[str, Any]:
    stands = [each for tier in asked.tiers for each in standings_of(load, tier, asked)]
    return {
        "provider": load.provider,
        "model": load.model,
        "organisation": load.organisation,
        "above_input_tokens": load.above_input_tokens,
        "requests": load.requests,
        "tokens": load.tokens,
        "peak": {
            "basis": basis_of(load, asked),
            "basis_seconds": load.basis_seconds,
            "requests_per_minute": float(load.peak_requests),
            "tokens_per_minute": float(load.peak_tokens),
        },
        "p99_minute": {"requests": load.high_requests, "tokens": load.high_tokens},
        "busiest_day_requests": load.busiest_day_requests,
        "batch_input_tokens_a_day": load.batch_tokens_a_day,
        "latency_seconds": load.latency_seconds,
        "tiers": [_standing_answer(each) for each in stands],
    }


def standings_of(load: Load, tier: str, asked: Asked) -> list[Standing]:
    """Return how a load stands in a tier, empty where its limits are not published."""
    return standings([load], asked.models, tier, asked.growth)


def _standing_answer(each: Standing) -> dict[str, Any]:
    limit = each.limit
    return {
        "tier": limit.usage_tier,
        "requests_per_minute": limit.requests_per_minute,
        "tokens_per_minute": limit.tokens_per_minute,
        "requests_per_day": limit.requests_per_day,
        "batch_queue_tokens": limit.batch_queue_tokens,
        "request_share": _number(each.request_share),
        "token_share": _number(each.token_share),
        "day_share": _number(each.day_share),
        "batch_share": _number(each.batch_share),
        "never_pass": each.never_pass,
        "passes": each.passes,
        "months_of_headroom": each.months_left,
        "in_flight": each.in_flight,
        "in_flight_allowed": each.in_flight_allowed,
        "source": limit.source,
        "checked_on": limit.checked_on.isoformat() if limit.checked_on else None,
    }


def _number(share: Fraction | None) -> float | None:
    return None if share is None else float(share)


def _tier_answer(tier: str, asked: Asked, book: PriceBook) -> dict[str, Any]:
    stands = standings(asked.loads, asked.models, tier, asked.growth)
    return {
        "tier": tier,
        "passes": all(each.passes for each in stands),
        "caps": [
            {
                "provider": each.provider,
                "monthly_cap_usd": amount(each.monthly_cap_usd),
                "cost_of_30_days": amount(asked.spend_a_month.get(each.provider)),
                "currency": book.contract.currency,
                "source": each.source,
                "checked_on": each.checked_on.isoformat(),
            }
            for each in caps_of(tier, book)
        ],
        "never_passing": [
            {"model": name, "above_tokens": each.low, "up_to_tokens": each.high}
            for name, ranges in gaps(asked, tier)
            for each in ranges
        ],
    }


def caps_of(tier: str, book: PriceBook) -> list[UsageTier]:
    """Return what a tier allows to spend a month, by provider."""
    return [each for each in book.usage_tiers if each.usage_tier == tier]


def gaps(asked: Asked, tier: str) -> list[tuple[str, tuple[Range, ...]]]:
    """Return by model which sizes of a request never pass."""
    names = dict.fromkeys((load.provider, load.model) for load in asked.loads)
    known = [asked.models[name] for name in names if name in asked.models]
    return [(model.name, never_passing(limits_of(model, tier))) for model in known]


def _retries_answer(asked: Asked) -> dict[str, Any]:
    tried = asked.retries
    assert tried is not None, "asked for only where given"  # noqa: S101 - for the type
    return {
        "failure_rate": float(tried.failure_rate),
        "retries": tried.retries,
        "billed_share": float(tried.billed_share),
        "expected_attempts": float(expected_attempts(tried.failure_rate, tried.retries)),
        "success_share": float(success_share(tried.failure_rate, tried.retries)),
        "billed_multiplier": float(billed_multiplier(tried.failure_rate, tried.billed_share)),
        "cost_of_30_days": amount(tax(asked, tried)) if asked.spend_a_month else None,
    }


def tax(asked: Asked, tried: Retries) -> Fraction:
    """Return what failed attempts cost in 30 days, of all providers."""
    spend = sum(asked.spend_a_month.values(), Fraction(0))
    return retry_tax(spend, tried.failure_rate, tried.billed_share)


def basis_of(load: Load, asked: Asked) -> str:
    """Return what a peak is taken from, in words."""
    return "as typed" if asked.typed else basis_words(load)
