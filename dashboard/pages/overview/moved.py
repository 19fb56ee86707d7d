"""What moved: the features whose cost changed most, and what their own counts say about it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel import usage
from costmodel.meters import CACHED_METERS, UNCACHED_METERS
from costmodel.number_text import share, signed_share
from dashboard.moments import short_day_text
from dashboard.time_words import day_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from costmodel.meters import Meter
    from costmodel.spend import SpendRow
    from dashboard.view import View

MOST = 4
_SMALLEST = Fraction(1)
_BROKEN_CACHE = Fraction(1, 2)
_FEWEST_DAYS = 5


@dataclass(frozen=True)
class Move:
    """One value's change in cost, and the reason that its counts give."""

    name: str | None
    change: Fraction
    reason: str


def moves(view: View, dimension: str) -> list[Move]:
    """Return the largest changes against the comparison, largest first."""
    if view.comparison is None:
        return []
    now = {row.dimensions[0]: row for row in view.report(by=(dimension,)).rows}
    earlier = view.report(by=(dimension,), period=view.comparison).rows
    before = {row.dimensions[0]: row for row in earlier}
    if not before:
        return []
    changed = [
        (name, (_cost(now.get(name)) or Fraction(0)) - (_cost(before.get(name)) or Fraction(0)))
        for name in dict.fromkeys([*now, *before])
    ]
    ranked = sorted(changed, key=lambda item: -abs(item[1]))[:MOST]
    return [
        Move(name, change, _reason(view, dimension, name, (before.get(name), now.get(name))))
        for name, change in ranked
        if abs(change) >= _SMALLEST
    ]


def _reason(
    view: View,
    dimension: str,
    name: str | None,
    rows: tuple[SpendRow | None, SpendRow | None],
) -> str:
    before, now = rows
    if before is None or not before.cost:
        return "new"
    if now is None or not now.cost:
        return "no longer used"
    effects = {
        "requests": _requests_effect(before, now),
        "cache": _cache_effect(before, now),
    }
    rest = now.cost - before.cost - sum(effects.values(), Fraction(0))
    effects["size"] = rest
    largest = max(effects, key=lambda key: abs(effects[key]))
    if largest == "requests":
        return f"requests {signed_share(Fraction(now.requests, before.requests) - 1)}"
    if largest == "cache":
        return _cache_words(view, dimension, name, (before, now))
    return _size_words(before, now)


def _requests_effect(before: SpendRow, now: SpendRow) -> Fraction:
    return (before.cost or Fraction(0)) * (Fraction(now.requests, max(before.requests, 1)) - 1)


def _cache_effect(before: SpendRow, now: SpendRow) -> Fraction:
    """Return the money of input that left the cached price, at the rates seen now."""
    shift = _cached_share(before) - _cached_share(now)
    uncached, cached = _rate(now, UNCACHED_METERS), _rate(now, CACHED_METERS)
    if uncached is None:
        return Fraction(0)
    return shift * now.input_tokens * (uncached - (uncached / 4 if cached is None else cached))


def _rate(row: SpendRow, meters: Iterable[Meter]) -> Fraction | None:
    chosen = tuple(meters)
    tokens = usage.total_of(row.quantities, chosen)
    money = sum((row.parts.get(meter, Fraction(0)) for meter in chosen), Fraction(0))
    return money / tokens if tokens else None


def _cached_share(row: SpendRow) -> Fraction:
    return Fraction(row.cached_input_tokens, row.input_tokens or 1)


def _cache_words(
    view: View, dimension: str, name: str | None, rows: tuple[SpendRow, SpendRow]
) -> str:
    before, now = _cached_share(rows[0]), _cached_share(rows[1])
    filters = {**view.filters, dimension: (name,)}
    by_day = view.report(by=("day",), filters=filters).rows
    labelled = ((row.dimensions[0], row) for row in by_day)
    days = broken_days([(day_of(label), _cached_share(row)) for label, row in labelled if label])
    broke = f", broke {days}" if now < before and days else ""
    return f"cached share {share(before)} to {share(now)}{broke}"


def broken_days(shares: Sequence[tuple[date, Fraction]]) -> str:
    """Return the days on which caching fell below half of its middle day, as ``3 to 5 Nov``."""
    if len(shares) < _FEWEST_DAYS:
        return ""
    middle = sorted(value for _, value in shares)[len(shares) // 2]
    days = sorted(day for day, value in shares if value < middle * _BROKEN_CACHE)
    if not days or (days[-1] - days[0]).days + 1 != len(days):
        return ""
    if len(days) == 1:
        return f"on {short_day_text(days[0])}"
    first = str(days[0].day) if days[0].month == days[-1].month else short_day_text(days[0])
    return f"{first} to {short_day_text(days[-1])}"


def _size_words(before: SpendRow, now: SpendRow) -> str:
    """Return how a request changed: its tokens, or else its cost."""
    tokens = _tokens_each(now) / (_tokens_each(before) or 1) - 1
    money = (now.cost or Fraction(0)) / (before.cost or 1) * before.requests / now.requests - 1
    if (tokens >= 0) == (money >= 0) and abs(tokens) >= abs(money) / 2:
        return f"tokens per request {signed_share(tokens)}"
    return f"cost per request {signed_share(money)}"


def _tokens_each(row: SpendRow) -> Fraction:
    return Fraction(usage.all_tokens(row.quantities), max(row.requests, 1))


def _cost(row: SpendRow | None) -> Fraction | None:
    return row.cost if row else None
