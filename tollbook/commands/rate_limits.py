"""``tollbook rate-limits``: how near traffic comes to a provider's limits, tier by tier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from tollbook.commands.cost import chosen_provider
from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_count, parse_number, parse_share, reading
from tollbook.options import command
from tollbook.rate_limit_answers import Asked, Retries, answer
from tollbook.rate_limit_words import show
from tollbook.report_options import range_words

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.rate_limits import Load
    from ingest.periods import Period


@dataclass(frozen=True)
class Typed:
    """A load that is typed instead of read from usage."""

    model: str | None
    requests_per_day: int | None
    tokens_per_request: int | None
    peak_factor: Fraction
    latency_seconds: Fraction | None


@command("rate-limits")
@click.option("--tier", metavar="N", help="Only this usage tier, in detail.  [default: all]")
@click.option("--last", default="30d", show_default=True, metavar="RANGE", help="30d, 24h, 2026-10")
@click.option(
    "--max-tokens",
    default="0",
    metavar="N",
    callback=reading(parse_count),
    help="What requests send as max_tokens; each counts at least so many tokens.",
)
@click.option(
    "--growth",
    default="10%",
    show_default=True,
    callback=reading(parse_share),
    help="Growth a month, for the months until a limit is met.",
)
@click.option("--failure-rate", callback=reading(parse_share), help="Attempts that fail: 5%.")
@click.option(
    "--retries",
    default=2,
    show_default=True,
    type=click.IntRange(0, 20),
    help="How often a failed attempt is tried again.",
)
@click.option(
    "--billed-failures",
    default="100%",
    show_default=True,
    callback=reading(parse_share),
    help="Failed attempts that are billed: time-outs are, refusals before the first token not.",
)
@click.option("--model", help="Instead of usage: this model, with the next two options.")
@click.option(
    "--requests-per-day", metavar="N", callback=reading(parse_count), help="Requests a day."
)
@click.option(
    "--tokens-per-request",
    metavar="N",
    callback=reading(parse_count),
    help="Tokens of a request, in and out.",
)
@click.option(
    "--peak-factor",
    default="4",
    show_default=True,
    callback=reading(parse_number),
    help="How much busier the busiest minute is than the mean one.",
)
@click.option(
    "--latency",
    metavar="SECONDS",
    callback=reading(parse_number),
    help="How long a request takes, for how many are under way at once.",
)
@with_invocation
def rate_limits_command(
    invocation: Invocation,
    tier: str | None,
    last: str,
    max_tokens: int,
    growth: Fraction,
    failure_rate: Fraction | None,
    retries: int,
    billed_failures: Fraction,
    model: str | None,
    requests_per_day: int | None,
    tokens_per_request: int | None,
    peak_factor: Fraction,
    latency: Fraction | None,
) -> None:
    """Hold the busiest minute against the rate limits.

    Example: tollbook rate-limits --tier 1 --max-tokens 4096; without usage:
    tollbook rate-limits --model gpt-4.1 --requests-per-day 10000 --tokens-per-request 1500
    """
    typed = Typed(model, requests_per_day, tokens_per_request, peak_factor, latency)
    tried = _retries(failure_rate, retries, billed_failures)
    tiers = _tiers(invocation, tier)
    models = {(each.provider, each.name): each for each in invocation.book.models}
    if model is not None:
        load = _typed_load(invocation, typed, max_tokens)
        asked = Asked(
            "Typed load", [load], models, tiers, growth, max_tokens, {}, tried, typed=True
        )
    else:
        _no_typed_load(typed)
        period = _period(invocation, last)
        loads, spend = _of_usage(invocation, period, max_tokens)
        title = f"{period.label}, {period.zone}"
        asked = Asked(title, loads, models, tiers, growth, max_tokens, spend, tried, typed=False)
    if invocation.as_json:
        invocation.output.result(answer(asked, invocation.book))
    else:
        show(invocation.output, asked, invocation.book, detailed=tier is not None)


def _retries(failure_rate: Fraction | None, retries: int, billed: Fraction) -> Retries | None:
    if failure_rate is None:
        return None
    if failure_rate == 1:
        raise UsageProblem("--failure-rate 100% leaves no success; give one below 100%")
    return Retries(failure_rate, retries, billed)


def _tiers(invocation: Invocation, tier: str | None) -> tuple[str, ...]:
    from costmodel.rate_limits import usage_tiers_of

    known = usage_tiers_of(invocation.book.models)
    if tier is None:
        return known
    if tier not in known:
        raise UsageProblem(f"there is no usage tier {tier!r}; known: {', '.join(known)}")
    return (tier,)


def _period(invocation: Invocation, last: str) -> Period:
    from ingest.periods import parse_period

    return parse_period(range_words(last), invocation.now, invocation.configuration.timezone)


def _no_typed_load(typed: Typed) -> None:
    if typed.requests_per_day is not None or typed.tokens_per_request is not None:
        raise UsageProblem(
            "--requests-per-day and --tokens-per-request need --model, whose limits they meet"
        )


def _typed_load(invocation: Invocation, typed: Typed, max_tokens: int) -> Load:
    from costmodel.rate_limits import steady_load

    if typed.requests_per_day is None or typed.tokens_per_request is None:
        raise UsageProblem(
            "--model needs --requests-per-day and --tokens-per-request; without --model the "
            "stored usage is taken"
        )
    name = typed.model or ""
    model = invocation.book.resolve(chosen_provider(invocation.book, name, None), name)
    assert model is not None, "chosen_provider resolves the name"  # noqa: S101 - for the type
    if not model.rate_limits:
        raise UsageProblem(f"the price book holds no rate limits of {model.name}")
    seconds = float(typed.latency_seconds) if typed.latency_seconds is not None else None
    tokens = max(typed.tokens_per_request, max_tokens)
    return steady_load(model, typed.requests_per_day, tokens, typed.peak_factor, seconds)


def _of_usage(
    invocation: Invocation, period: Period, max_tokens: int
) -> tuple[list[Load], dict[str, Fraction]]:
    """Return the loads of stored usage, and what 30 days of it cost by provider."""
    from ingest.traffic import loads, spend_of_a_month

    store = invocation.store()
    found = loads(store, invocation.book, period, max_tokens)
    return found, spend_of_a_month(store, invocation.book, period)
