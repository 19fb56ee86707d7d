"""What a prompt cache could save: shares that gaps between uses allow, and their money.

With a cache that keeps a prefix for so long after its last use and never runs out of
room, the share of input that can be read from it is what the gaps between uses say: no
model is needed. Where usage carries no prefixes, a session's next call is taken to repeat
what the call before it sent; where it carries no sessions either, the highest share that
any hour reached is as far as is known.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.book import Unpriced
from costmodel.break_even import write_break_even
from costmodel.cost import money
from costmodel.flows import ZERO, Flow, total_of
from costmodel.meters import CACHED_METERS, WRITE_METERS, Meter
from costmodel.workload import DAYS_A_MONTH

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from costmodel.book import PriceBook, Quote
    from costmodel.workload import Baseline


class Basis(StrEnum):
    """What the possible share was worked out from, the best first."""

    PREFIXES = "prefixes"
    SESSIONS = "sessions"
    HOURS = "hours"


SHORT_WRITE_SECONDS: Final = 300
"""A dearer 1-hour write, where a model has one, is what keeps a prefix for longer than this."""
EVER: Final = None
"""Kept for as long as the usage lasts."""
MINUTES_AN_HOUR: Final = 60
BATCH: Final = "batch"
FEATURE: Final = "feature"
TEXT_INPUT: Final = (Meter.INPUT, Meter.CACHED_INPUT, *WRITE_METERS)
ENOUGH_REQUESTS: Final = 10
"""An hour with fewer requests says little; it is left out where half of the input has more."""


@dataclass(frozen=True)
class KeepRule:
    """How a provider keeps prefixes: in steps of tokens, up to so many requests a minute."""

    step_tokens: int
    requests_a_minute: int | None = None
    source: str = ""


AS_IT_COMES: Final = KeepRule(step_tokens=1)
"""The rule of a provider that nobody wrote down."""


@dataclass(frozen=True)
class CachePolicy:
    """For how many seconds prefixes may be kept, and each provider's rule."""

    seconds: tuple[int, ...]
    rules: Mapping[str, KeepRule]

    @property
    def keeps(self) -> tuple[int | None, ...]:
        """Return every time to look at, ``EVER`` last."""
        return (*self.seconds, EVER)

    def rule_of(self, provider: str) -> KeepRule:
        """Return the rule of a provider."""
        return self.rules.get(provider, AS_IT_COMES)


@dataclass(frozen=True)
class Reuse:
    """What requests that tell their prefix or session say of one feature on one model.

    ``reusable_tokens`` could have come from a cache, for each of the policy's times.
    ``busiest_minute`` is the most requests with one prefix within 60 seconds (None: not
    known), ``busy_prefixes`` counts prefixes with more than the provider's rule allows.
    """

    feature: str | None
    provider: str
    model: str
    basis: Basis
    requests: int
    input_tokens: int
    cached_tokens: int
    reusable_tokens: tuple[int, ...]
    busiest_minute: int | None = None
    busy_prefixes: int = 0


@dataclass(frozen=True)
class HourShare:
    """One hour (a day, where exports know no hours) of one project, key and model."""

    feature: str | None
    provider: str
    model: str
    requests: int
    input_tokens: int
    cached_tokens: int

    @property
    def share(self) -> Fraction:
        """Return the share of input that came from a cache."""
        return Fraction(self.cached_tokens, self.input_tokens)


@dataclass(frozen=True)
class SeenShares:
    """How the cached share spread over hours: 8 in 10 lie between low and high."""

    low: Fraction
    middle: Fraction
    high: Fraction
    highest: Fraction
    hours: int


@dataclass(frozen=True)
class Possible:
    """What keeping prefixes for ``seconds`` after each use would give (None: for ever).

    ``change`` is money a month against today, negative where it saves; None without a price.
    ``reached`` is the share seen over the share possible: below 1 it is lost on the way.
    """

    seconds: int | None
    share: Fraction
    change: Fraction | None
    reached: Fraction | None

    @property
    def cents(self) -> int:
        """Return the change in whole cents, 0 without a price."""
        return round((self.change or ZERO) * 100)


@dataclass(frozen=True)
class FeatureCaching:
    """One feature on one model. ``known_share`` of its input told prefix or session.

    ``write_break_even`` is the cached share from which paying for writes is worth it, 0
    where writes are free; the second one is for writes that keep an hour.
    """

    feature: str | None
    provider: str
    model: str
    basis: Basis
    requests: Fraction
    input_tokens: Fraction
    share: Fraction
    known_share: Fraction
    possible: tuple[Possible, ...]
    seen: SeenShares | None
    write_break_even: Fraction | None
    write_break_even_1h: Fraction | None
    busiest_minute: int | None
    busy_prefixes: int

    @property
    def best(self) -> Possible | None:
        """Return the shortest time that saves most, to the cent; None where nothing saves."""
        saving = [each for each in self.possible if each.cents < 0]
        return min(saving, key=lambda each: each.cents, default=None)


def block_tokens(least: int, most: int) -> int | None:
    """Return the tokens of a block from the bounds that prompts and their counts of hashes set.

    A block of b tokens has ceil(input / b) hashes. A power of two is what everybody uses;
    None where the bounds contradict each other: blocks of several sizes.
    """
    if not 0 < least <= most:
        return None
    power = 1 << (least - 1).bit_length()
    return power if power <= most else least


def writes_pay_from(quote: Quote, write: Meter = Meter.CACHE_WRITE) -> Fraction:
    """Return the cached share above which paying for such writes costs less than no cache.

    All input that is not read is written; 0 where that costs what plain input does.
    """
    written = quote.rates.get(write, ZERO)
    return write_break_even({**quote.rates, Meter.CACHE_WRITE: written}) or ZERO


def caching(
    baseline: Baseline,
    reuses: Iterable[Reuse],
    hours: Iterable[HourShare],
    policy: CachePolicy,
    book: PriceBook,
) -> tuple[FeatureCaching, ...]:
    """Return every feature and model of a baseline, the largest input first.

    The baseline keeps the dimension feature; batches are left aside. Shares of the
    requests that tell something are taken to hold for the others of the same group.
    """
    flows = _by_group(baseline)
    terms = _Terms(policy, book, DAYS_A_MONTH / baseline.days)
    known = _best_basis(reuses)
    by_hour: dict[Group, list[HourShare]] = defaultdict(list)
    for each in hours:
        by_hour[each.feature, each.provider, each.model].append(each)
    rows = (
        _row(group, flows[group], known.get(group), by_hour.get(group, ()), terms)
        for group in flows
    )
    return tuple(sorted(rows, key=lambda row: (-row.input_tokens, row.feature or "", row.model)))


Group = tuple[str | None, str, str]
"""Feature, provider and canonical model."""


def _by_group(baseline: Baseline) -> dict[Group, list[Flow]]:
    place = baseline.dimension_names.index(FEATURE)
    found: dict[Group, list[Flow]] = defaultdict(list)
    for flow in (*baseline.flows, *baseline.unpriced):
        if flow.tier != BATCH and flow.input_tokens:
            found[flow.dimensions[place], flow.provider, flow.model].append(flow)
    return found


def _best_basis(reuses: Iterable[Reuse]) -> dict[Group, Reuse]:
    """Return one answer for each group: by prefixes where there are any."""
    ranked = sorted(reuses, key=lambda each: list(Basis).index(each.basis), reverse=True)
    return {(each.feature, each.provider, each.model): each for each in ranked}


@dataclass(frozen=True)
class _Terms:
    """What every row is worked out with; ``scale`` makes a month of the baseline's days."""

    policy: CachePolicy
    book: PriceBook
    scale: Fraction


def _row(
    group: Group,
    flows: Sequence[Flow],
    reuse: Reuse | None,
    hours: Sequence[HourShare],
    terms: _Terms,
) -> FeatureCaching:
    feature, provider, model = group
    tokens = sum((flow.input_tokens for flow in flows), ZERO)
    cached = sum((total_of(flow.quantities, CACHED_METERS) for flow in flows), ZERO)
    short, long = _break_evens(flows, terms.book)
    return FeatureCaching(
        feature=feature,
        provider=provider,
        model=model,
        basis=reuse.basis if reuse else Basis.HOURS,
        requests=sum((flow.requests for flow in flows), ZERO),
        input_tokens=tokens,
        share=cached / tokens,
        known_share=min(Fraction(1), reuse.input_tokens / tokens) if reuse else ZERO,
        possible=_possible(flows, reuse, terms) if reuse else (),
        seen=seen_shares(hours),
        write_break_even=short,
        write_break_even_1h=long,
        busiest_minute=reuse.busiest_minute if reuse else None,
        busy_prefixes=reuse.busy_prefixes if reuse else 0,
    )


def _break_evens(flows: Iterable[Flow], book: PriceBook) -> tuple[Fraction | None, Fraction | None]:
    """Return the break-even of short and of 1-hour writes at the first priced flow's rates."""
    for flow in flows:
        quote = book.quote(flow.key)
        if not isinstance(quote, Unpriced):
            return writes_pay_from(quote), writes_pay_from(quote, Meter.CACHE_WRITE_1H)
    return None, None


def _possible(flows: Sequence[Flow], reuse: Reuse, terms: _Terms) -> tuple[Possible, ...]:
    seen = Fraction(reuse.cached_tokens, reuse.input_tokens)
    found = []
    for seconds, tokens in zip(terms.policy.keeps, reuse.reusable_tokens, strict=True):
        share = Fraction(tokens, reuse.input_tokens)
        change = input_change(flows, share, seconds, terms.book)
        a_month = None if change is None else change * terms.scale
        found.append(Possible(seconds, share, a_month, seen / share if share else None))
    return tuple(found)


def input_change(
    flows: Iterable[Flow], share: Fraction, seconds: int | None, book: PriceBook
) -> Fraction | None:
    """Return what text input costs more with this share read from a cache; less is negative.

    What is not read is written, at the price of a write that keeps so long, or at the plain
    price where writes are free. None where a flow has no price.
    """
    change = ZERO
    for flow in flows:
        quote = book.quote(flow.key)
        if isinstance(quote, Unpriced):
            return None
        today = sum((money(flow.amount(m), quote.rates[m]) for m in _used(flow)), ZERO)
        tokens = total_of(flow.quantities, TEXT_INPUT)
        read = money(tokens * share, quote.rates[Meter.CACHED_INPUT]) if tokens else ZERO
        rest = money(tokens * (1 - share), quote.rates[write_meter(seconds)]) if tokens else ZERO
        change += read + rest - today
    return change


def write_meter(seconds: int | None) -> Meter:
    """Return the write that keeps a prefix so long; where it is free the book says so."""
    is_long = seconds is EVER or seconds > SHORT_WRITE_SECONDS
    return Meter.CACHE_WRITE_1H if is_long else Meter.CACHE_WRITE


def _used(flow: Flow) -> list[Meter]:
    return [meter for meter in TEXT_INPUT if flow.amount(meter)]


def seen_shares(hours: Iterable[HourShare]) -> SeenShares | None:
    """Return how shares spread over hours, each weighing what it counts; None without any."""
    told = [each for each in hours if each.input_tokens]
    busy = [each for each in told if each.requests >= ENOUGH_REQUESTS]
    if 2 * _tokens(busy) >= _tokens(told):
        told = busy
    if not told:
        return None
    ordered = sorted(told, key=lambda each: each.share)
    return SeenShares(
        low=_weighted(ordered, Fraction(1, 10)),
        middle=_weighted(ordered, Fraction(1, 2)),
        high=_weighted(ordered, Fraction(9, 10)),
        highest=ordered[-1].share,
        hours=len(ordered),
    )


def _weighted(ordered: Sequence[HourShare], part: Fraction) -> Fraction:
    """Return the share below which this part of the input tokens lies."""
    left = part * _tokens(ordered)
    for each in ordered:
        left -= each.input_tokens
        if left <= 0:
            return each.share
    return ordered[-1].share


def _tokens(hours: Iterable[HourShare]) -> int:
    return sum(each.input_tokens for each in hours)


def kept_words(seconds: int | None) -> str:
    """Return how long a prefix is kept: ``5 min``, ``24 h``, ``for ever``."""
    if seconds is None:
        return "for ever"
    minutes = seconds // 60
    return f"{minutes} min" if minutes < MINUTES_AN_HOUR else f"{minutes // MINUTES_AN_HOUR} h"
