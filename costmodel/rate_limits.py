"""Rate limits: how near a load comes to them, and which requests can never pass.

Counting as OpenAI documents it: a limit is held for each organisation and model, a request
counts at least its ``max_tokens``, cached tokens count, batch has a queue of its own, and
requests longer than a step have limits of their own.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - dataclasses read it
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.rates import Model, RateLimit

MINUTES_A_DAY = 1_440
SECONDS_A_MINUTE = 60
SLIDING = 0
"""The width of a window that slides: any 60 seconds, wherever they begin."""


@dataclass(frozen=True)
class Load:
    """What one model carries in one class of request size, outside of the batch queue.

    Peaks are a minute's. ``basis_seconds`` says what they are taken from: ``SLIDING``, or
    the width of buckets, over whose length they are then means, so that the real peak is
    higher. The 99th percentiles are of calendar minutes with requests, None for buckets.
    ``above_limit`` has, for token limits asked about, how many requests exceed each alone.
    ``latency_seconds`` is the mean, None where no row gives one.
    """

    provider: str
    model: str
    organisation: str
    above_input_tokens: int
    requests: int
    tokens: int
    peak_requests: Fraction
    peak_tokens: Fraction
    basis_seconds: int = SLIDING
    high_requests: int | None = None
    high_tokens: int | None = None
    busiest_day_requests: int = 0
    batch_tokens_a_day: int = 0
    latency_seconds: float | None = None
    above_limit: Mapping[int, int] = field(default_factory=dict)


class Range(NamedTuple):
    """Tokens of a request above ``low``, up to and with ``high`` (None: without end)."""

    low: int
    high: int | None


@dataclass(frozen=True)
class Standing:
    """A load against the limits of one usage tier; shares are of the limit, above 1 is over.

    None where no such limit is published. ``never_pass`` counts requests that are alone
    larger than the tokens of a minute. ``months_left`` is None where growth never gets there.
    """

    load: Load
    limit: RateLimit
    request_share: Fraction | None
    token_share: Fraction | None
    day_share: Fraction | None
    batch_share: Fraction | None
    never_pass: int
    months_left: float | None
    in_flight: float | None
    in_flight_allowed: float | None

    @property
    def largest_share(self) -> Fraction:
        """Return the share of the limit that is nearest."""
        shares = (self.request_share, self.token_share, self.day_share, self.batch_share)
        return max((share for share in shares if share is not None), default=Fraction(0))

    @property
    def passes(self) -> bool:
        """Tell whether all of the load stays within all limits of the tier."""
        return self.largest_share <= 1 and not self.never_pass


def standing(load: Load, limit: RateLimit, monthly_growth: Fraction = Fraction(0)) -> Standing:
    """Return how a load stands against one row of limits."""
    requests = _share(load.peak_requests, limit.requests_per_minute)
    tokens = _share(load.peak_tokens, limit.tokens_per_minute)
    day = _share(load.busiest_day_requests, limit.requests_per_day)
    batch = _share(load.batch_tokens_a_day, limit.batch_queue_tokens)
    nearest = max((s for s in (requests, tokens, day, batch) if s is not None), default=Fraction(0))
    ceiling = limit.tokens_per_minute
    return Standing(
        load,
        limit,
        requests,
        tokens,
        day,
        batch,
        never_pass=load.above_limit.get(ceiling, 0) if ceiling is not None else 0,
        months_left=months_of_headroom(nearest, monthly_growth),
        in_flight=_now_in_flight(load),
        in_flight_allowed=_allowed_in_flight(load, limit),
    )


def _share(amount: Fraction | int, limit: int | None) -> Fraction | None:
    return Fraction(amount) / limit if limit else None


def _now_in_flight(load: Load) -> float | None:
    if load.latency_seconds is None:
        return None
    return in_flight(load.peak_requests / SECONDS_A_MINUTE, load.latency_seconds)


def _allowed_in_flight(load: Load, limit: RateLimit) -> float | None:
    """Return how many requests of the mean size may be in flight before a limit is met."""
    if load.latency_seconds is None or not load.requests:
        return None
    rates = [Fraction(limit.requests_per_minute)] if limit.requests_per_minute else []
    if limit.tokens_per_minute and load.tokens:
        rates.append(limit.tokens_per_minute * Fraction(load.requests, load.tokens))
    if not rates:
        return None
    return in_flight(min(rates) / SECONDS_A_MINUTE, load.latency_seconds)


def standings(
    loads: Iterable[Load],
    models: Mapping[tuple[str, str], Model],
    usage_tier: str,
    growth: Fraction,
) -> list[Standing]:
    """Return how loads stand in a tier; those whose limits nobody published are left out.

    ``models`` are by provider and canonical name, ``growth`` is a month's.
    """
    found = []
    for load in loads:
        model = models.get((load.provider, load.model))
        limits = limits_of(model, usage_tier) if model else {}
        limit = limits.get(load.above_input_tokens, limits.get(0))
        if limit is not None:
            found.append(standing(load, limit, growth))
    return found


def limits_of(model: Model, usage_tier: str) -> dict[int, RateLimit]:
    """Return the limits of a model in a tier, by the input tokens above which they count."""
    return {
        limit.above_input_tokens: limit
        for limit in model.rate_limits
        if limit.usage_tier == usage_tier
    }


def usage_tiers_of(models: Iterable[Model]) -> tuple[str, ...]:
    """Return every usage tier that has limits, in the order of the tables."""
    names = (limit.usage_tier for model in models for limit in model.rate_limits)
    return tuple(dict.fromkeys(names))


def step_of(model: Model) -> int | None:
    """Return the input tokens above which a request has limits of its own, None if never."""
    steps = {limit.above_input_tokens for limit in model.rate_limits} - {0}
    return min(steps, default=None)


def never_passing(limits: Mapping[int, RateLimit]) -> tuple[Range, ...]:
    """Return which sizes of a request no minute of a tier can hold, by its input tokens.

    A request counts against the limits of its step; one that is alone larger than the
    tokens of a minute is refused however long one waits.
    """
    found = []
    steps: Sequence[int | None] = [*sorted(limits), None]
    for start, end in pairwise(steps):
        ceiling = limits[start or 0].tokens_per_minute
        if ceiling is None or (end is not None and ceiling >= end):
            continue
        found.append(Range(max(start or 0, ceiling), end))
    return tuple(found)


def months_of_headroom(share: Fraction, monthly_growth: Fraction) -> float | None:
    """Return the months until a load meets its limit: ln(limit/peak) / ln(1+growth).

    0 where it is met already, None where it never is: without growth or load.
    """
    if share >= 1:
        return 0.0
    if monthly_growth <= 0 or share <= 0:
        return None
    return log(1 / share) / log(1 + monthly_growth)


def in_flight(requests_per_second: Fraction | float, seconds: float) -> float:
    """Return how many requests are under way at once (Little's law: rate times duration)."""
    return float(requests_per_second) * seconds


def steady_load(
    model: Model,
    requests_a_day: int,
    tokens_a_request: int,
    peak_factor: Fraction,
    latency_seconds: float | None = None,
) -> Load:
    """Return a typed load: so many requests a day, its busiest minute a factor above the mean."""
    peak = Fraction(requests_a_day, MINUTES_A_DAY) * peak_factor
    step = step_of(model)
    limits = {limit.tokens_per_minute for limit in model.rate_limits} - {None}
    return Load(
        provider=model.provider,
        model=model.name,
        organisation="",
        above_input_tokens=step if step is not None and tokens_a_request > step else 0,
        requests=requests_a_day,
        tokens=requests_a_day * tokens_a_request,
        peak_requests=peak,
        peak_tokens=peak * tokens_a_request,
        busiest_day_requests=requests_a_day,
        latency_seconds=latency_seconds,
        above_limit={n: requests_a_day for n in limits if n is not None and tokens_a_request > n},
    )


def expected_attempts(failure_rate: Fraction, retries: int) -> Fraction:
    """Return the mean number of attempts with so many retries: (1 - p^(R+1)) / (1 - p)."""
    if failure_rate == 1:
        return Fraction(retries + 1)
    return (1 - failure_rate ** (retries + 1)) / (1 - failure_rate)


def success_share(failure_rate: Fraction, retries: int) -> Fraction:
    """Return the share of calls that succeed in the end: 1 - p^(R+1)."""
    return 1 - failure_rate ** (retries + 1)


def billed_multiplier(failure_rate: Fraction, billed_share: Fraction = Fraction(1)) -> Fraction:
    """Return what a success costs against a call that never fails: 1 + b * p / (1 - p).

    ``billed_share`` is the share of failures that are billed: those refused before the
    first token are not, those that time out half-way are.

    Raises:
        ValueError: Every attempt fails, so that there is no success to pay for.
    """
    if failure_rate >= 1:
        msg = "a failure rate of 100% leaves no success: give one below 100%"
        raise ValueError(msg)
    return 1 + billed_share * failure_rate / (1 - failure_rate)


def retry_tax(cost: Fraction, failure_rate: Fraction, billed_share: Fraction) -> Fraction:
    """Return the part of a cost that failed attempts are: without them it would be less by it."""
    multiplier = billed_multiplier(failure_rate, billed_share)
    return cost * (1 - 1 / multiplier)
