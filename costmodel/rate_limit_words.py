"""Words for rate limits, the same on screen and on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from costmodel.rate_limits import SLIDING, months_of_headroom

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.rate_limits import Load, Range, Standing
    from costmodel.rates import Model, RateLimit

MONTHS_SHOWN = 36
_WIDTHS = {60: "minute", 900: "quarter of an hour", 3_600: "hour", 86_400: "day"}


class LimitRow(NamedTuple):
    """One published limit of a standing, in words; ``share`` is the peak's of it."""

    name: str
    peak: str
    allowed: str
    share: Fraction


def peak_texts(load: Load) -> tuple[str, str]:
    """Return the busiest minute's requests and tokens."""
    return f"{float(load.peak_requests):,.4g}", f"{float(load.peak_tokens):,.0f}"


def limit_rows(each: Standing) -> list[LimitRow]:
    """Return every published limit that a standing is held against."""
    load, limit = each.load, each.limit
    requests, tokens = peak_texts(load)
    day, batch = f"{load.busiest_day_requests:,}", f"{load.batch_tokens_a_day:,}"
    queue = limit.batch_queue_tokens if load.batch_tokens_a_day else None
    rows = (
        ("requests a minute", requests, limit.requests_per_minute, each.request_share),
        ("tokens a minute", tokens, limit.tokens_per_minute, each.token_share),
        ("requests a day", day, limit.requests_per_day, each.day_share),
        ("input tokens queued for batch in a day", batch, queue, each.batch_share),
    )
    return [
        LimitRow(name, peak, f"{allowed:,}", share)
        for name, peak, allowed, share in rows
        if allowed is not None and share is not None
    ]


def size_words(load: Load, model: Model | None) -> str:
    """Return which requests a load holds: ``input above 128,000``, or all."""
    if load.above_input_tokens:
        return f"input above {load.above_input_tokens:,}"
    steps = [limit.above_input_tokens for limit in model.rate_limits] if model else []
    above = [step for step in steps if step]
    return f"input to {min(above):,}" if above else "all"


def range_words(sizes: Range) -> str:
    """Return sizes of requests in words: ``30,001 to 128,000 tokens``."""
    if sizes.high is None:
        return f"more than {sizes.low:,} tokens"
    return f"{sizes.low + 1:,} to {sizes.high:,} tokens"


def basis_words(load: Load) -> str:
    """Return what a peak is taken from, in words."""
    if load.basis_seconds == SLIDING:
        return "any 60 seconds, wherever they begin"
    width = _WIDTHS.get(load.basis_seconds, f"{load.basis_seconds} seconds")
    return f"mean of the busiest {width} of a usage export, so the real peak is higher"


def months_words(share: Fraction, monthly_growth: Fraction) -> str:
    """Return the months until a limit is met: a number, ``reached``, or ``no end``."""
    months = months_of_headroom(share, monthly_growth)
    if months is None:
        return "no end"
    if months == 0:
        return "reached"
    return f"{months:.0f}" if months <= MONTHS_SHOWN else f"over {MONTHS_SHOWN}"


def limit_source(limit: RateLimit) -> str:
    """Return who says so and the day it was read, empty where nobody is named."""
    if limit.source is None or limit.checked_on is None:
        return ""
    return f"{limit.source}, read {limit.checked_on}"
