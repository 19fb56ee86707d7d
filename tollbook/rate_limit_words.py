"""How rate limits are said: tables and sentences for people, one object for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.money import dollars
from costmodel.rate_limit_words import (
    limit_rows,
    limit_source,
    months_words,
    peak_texts,
    range_words,
    size_words,
)
from costmodel.rate_limits import (
    billed_multiplier,
    expected_attempts,
    standings,
    success_share,
)
from tollbook.output import Column, Table, listed, number_column, plural, share_words
from tollbook.rate_limit_answers import basis_of, caps_of, gaps, standings_of, tax

if TYPE_CHECKING:
    from costmodel.book import PriceBook
    from costmodel.rate_limits import Load, Standing
    from costmodel.rates import RateLimit
    from tollbook.output import Output
    from tollbook.rate_limit_answers import Asked

NO_LIMITS = "no limits published"


def show(out: Output, asked: Asked, book: PriceBook, *, detailed: bool) -> None:
    """Say how the loads stand, in every tier or in one with all its limits."""
    if not asked.loads:
        out.say(
            f"No usage in {asked.title[:1].lower()}{asked.title[1:]}: nothing comes to a limit."
        )
        return
    out.table(_detailed(asked) if detailed else _overview(asked))
    for sentence in _sentences(asked, book, detailed=detailed):
        out.say(sentence)


def _overview(asked: Asked) -> Table:
    tiers = [number_column(f"Tier {tier}") for tier in asked.tiers]
    names = ("Requests a minute", "Tokens a minute")
    table = Table(
        [Column("Model"), Column("Size"), *map(number_column, names), *tiers], title=asked.title
    )
    for load in asked.loads:
        shares = [_nearest(standings_of(load, tier, asked)) for tier in asked.tiers]
        table.rows.append([_name(load, asked), _size(load, asked), *peak_texts(load), *shares])
    return table


def _nearest(stands: list[Standing]) -> str:
    if not stands:
        return NO_LIMITS
    return share_words(stands[0].largest_share) + ("" if stands[0].passes else " over")


def _name(load: Load, asked: Asked) -> str:
    several = len({each.organisation for each in asked.loads}) > 1
    return f"{load.model} ({load.organisation})" if several else load.model


def _size(load: Load, asked: Asked) -> str:
    return size_words(load, asked.models.get((load.provider, load.model)))


def _detailed(asked: Asked) -> Table:
    columns = [Column("Model"), Column("Size"), Column("Limit")]
    columns += [number_column(name) for name in ("Peak", "Allowed", "Share", "Months left")]
    table = Table(columns, title=f"{asked.title}, usage tier {asked.tiers[0]}")
    for load in asked.loads:
        stands = standings_of(load, asked.tiers[0], asked)
        size = _size(load, asked)
        if not stands:
            table.rows.append([_name(load, asked), size, NO_LIMITS, "", "", "", ""])
        for each in stands:
            for limit, peak, allowed, share in limit_rows(each):
                months = months_words(share, asked.growth)
                row = [_name(load, asked), size, limit, peak, allowed, share_words(share), months]
                table.rows.append(row)
    return table


def _sentences(asked: Asked, book: PriceBook, *, detailed: bool) -> list[str]:
    said = [_carries(asked, book)] if not detailed else []
    tier = asked.tiers[0]
    said += _never(asked, tier)
    if detailed:
        said += _flights(asked, tier)
    said += _caps(asked, book)
    if asked.retries:
        said.append(_retry_words(asked, book))
    return [*said, *_notes(asked, detailed=detailed)]


def _carries(asked: Asked, book: PriceBook) -> str:
    for tier in asked.tiers:
        stands = standings(asked.loads, asked.models, tier, asked.growth)
        if stands and all(each.passes for each in stands) and not _over_cap(asked, tier, book):
            return f"The lowest usage tier that carries all of this is {tier}."
    return "No usage tier carries all of this."


def _over_cap(asked: Asked, tier: str, book: PriceBook) -> bool:
    return any(
        asked.spend_a_month.get(each.provider, 0) > each.monthly_cap_usd
        for each in caps_of(tier, book)
        if book.contract.currency == "USD"
    )


def _never(asked: Asked, tier: str) -> list[str]:
    """Say which requests are larger than a minute's tokens, and how many there were."""
    said = []
    for name, ranges in gaps(asked, tier):
        stands = [
            s for load in asked.loads if load.model == name for s in standings_of(load, tier, asked)
        ]
        count = sum(each.never_pass for each in stands)
        if count:
            sizes = listed(range_words(each) for each in ranges)
            said.append(
                f"{name} in tier {tier}: {plural(count, 'request')} can never pass, however long "
                f"one waits: those of {sizes}."
            )
    return said


def _flights(asked: Asked, tier: str) -> list[str]:
    stands = standings(asked.loads, asked.models, tier, asked.growth)
    return [
        f"{_name(each.load, asked)}, {_size(each.load, asked)}: about "
        f"{each.in_flight:.1f} requests under way at once in the busiest minute; "
        f"the tier allows {each.in_flight_allowed:.1f} of this size and duration "
        f"({each.load.latency_seconds:.1f} seconds)."
        for each in stands
        if each.in_flight is not None and each.in_flight_allowed is not None
    ]


def _caps(asked: Asked, book: PriceBook) -> list[str]:
    """Say what the tiers allow to spend a month; the caps are in US dollars."""
    if not asked.spend_a_month or book.contract.currency != "USD":
        return []
    said = []
    for provider in dict.fromkeys(each.provider for each in book.usage_tiers):
        spend = asked.spend_a_month.get(provider)
        caps = [c for tier in asked.tiers for c in caps_of(tier, book) if c.provider == provider]
        if spend is None or not caps:
            continue
        texts = [f"{dollars(c.monthly_cap_usd, places=0)} in tier {c.usage_tier}" for c in caps]
        said.append(
            f"At {provider} 30 days cost {dollars(spend)}; a month is capped at {listed(texts)}."
        )
    return said


def _retry_words(asked: Asked, book: PriceBook) -> str:
    tried = asked.retries
    assert tried is not None, "asked for only where given"  # noqa: S101 - for the type
    multiplier = billed_multiplier(tried.failure_rate, tried.billed_share)
    attempts = expected_attempts(tried.failure_rate, tried.retries)
    success = success_share(tried.failure_rate, tried.retries)
    follow = "1 retry follows" if tried.retries == 1 else f"{tried.retries} retries follow"
    money = ""
    if asked.spend_a_month:
        money = f" Of 30 days that is {dollars(tax(asked, tried), book.contract.currency)}."
    return (
        f"Where {share_words(tried.failure_rate)} of attempts fail and {follow}, a call takes "
        f"{float(attempts):.3f} attempts, {float(success):.3%} succeed, and a success costs "
        f"{float(multiplier):.3f} times a call without failures.{money}"
    )


def _notes(asked: Asked, *, detailed: bool) -> list[str]:
    said = [f"Peaks: {text}." for text in dict.fromkeys(_bases(asked))]
    counts = f"at least {asked.max_tokens:,} tokens, " if asked.max_tokens else ""
    said.append(
        f"A request counts {counts}its input, cached tokens included, and its output; "
        "failed requests count too and are not in usage files."
    )
    if detailed:
        said.append(f"Months left at {share_words(asked.growth)} growth a month.")
    sources = {limit_source(limit) for limit in _limits(asked)}
    return [*said, *(f"Limits: {source}." for source in sorted(sources) if source)]


def _bases(asked: Asked) -> list[str]:
    return [basis_of(load, asked) for load in asked.loads if load.requests]


def _limits(asked: Asked) -> list[RateLimit]:
    return [
        s.limit
        for load in asked.loads
        for tier in asked.tiers
        for s in standings_of(load, tier, asked)
    ]
