"""How spend is said: its rows, its total, and what the total misses."""

from __future__ import annotations

from fractions import Fraction
from math import floor, log10
from typing import TYPE_CHECKING, Any

from costmodel.money import dollars
from tollbook.output import amount, plural, tokens_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.spend import Spend, SpendRow, UnpricedVolume
    from ingest.store import SetAside

SHOWN_LINES = 5
"""So many of a kind are told to people; --json lists all."""

TIME_WORDS = frozenset({"hour", "day", "week", "month"})

CENT = Fraction(1, 100)

TOKEN_KEYS = (
    "input_tokens",
    "uncached_input_tokens",
    "cached_input_tokens",
    "cache_write_tokens",
    "output_tokens",
)


def row_answer(row: SpendRow, by: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return one group as JSON: its dimensions, its usage, its money."""
    return {
        **dict(zip(by, row.dimensions, strict=True)),
        "requests": row.requests,
        **{name: getattr(row, name) for name in TOKEN_KEYS},
        "cost": amount(row.cost),
        "list_cost": amount(row.list_cost),
    }


def unpriced_answer(volume: UnpricedVolume) -> dict[str, Any]:
    """Return usage without a price as JSON."""
    return {
        "provider": volume.provider,
        "model": volume.model,
        "tokens": volume.tokens,
        "units": volume.units,
        "requests": volume.requests,
        "reason": volume.reason,
    }


def unpriced_words(volume: UnpricedVolume) -> str:
    """Return usage without a price in words: ``1.2M tokens of acme-7b (...)``."""
    units = f" and {volume.units:,} units" if volume.units else ""
    return f"{tokens_text(volume.tokens)} tokens{units} of {volume.model} ({volume.reason})"


def unpriced_lines(volumes: Sequence[UnpricedVolume]) -> list[str]:
    """Return what a total misses, largest first, one sentence each and one for the rest."""
    largest = sorted(volumes, key=lambda each: -each.tokens)
    found = [f"Not in this total: {unpriced_words(each)}." for each in largest[:SHOWN_LINES]]
    rest = largest[SHOWN_LINES:]
    if rest:
        tokens = tokens_text(sum(each.tokens for each in rest))
        others = plural(len(rest), "other")
        found.append(f"Not in this total: {tokens} tokens of {others}; --json lists all.")
    return found


def set_aside_words(lines: Iterable[SetAside]) -> list[str]:
    """Return what was set aside, by reason, most lines first, each with the first place."""
    by_reason: dict[str, list[SetAside]] = {}
    for line in lines:
        by_reason.setdefault(line.reason, []).append(line)
    groups = sorted(by_reason.items(), key=lambda group: -len(group[1]))
    found = [_reason_words(reason, places) for reason, places in groups[:SHOWN_LINES]]
    rest = sum(len(places) for _, places in groups[SHOWN_LINES:])
    if rest:
        found.append(f"Set aside for other reasons: {plural(rest, 'line')}; --json lists all.")
    return found


def _reason_words(reason: str, places: list[SetAside]) -> str:
    first = f"{places[0].path}:{places[0].line}"
    if len(places) == 1:
        return f"Set aside: {first}: {reason}."
    return f"Set aside: {len(places):,} lines, the first {first}: {reason}."


def sorted_rows(spend: Spend) -> list[SpendRow]:
    """Return the groups: by time where one groups by it, dearest first otherwise."""
    times = [place for place, word in enumerate(spend.by) if word in TIME_WORDS]

    def order(row: SpendRow) -> tuple[object, ...]:
        when = tuple(row.dimensions[place] or "" for place in times)
        cost = (row.cost is None, -(row.cost or 0))
        return (*when, *cost, tuple(value or "" for value in row.dimensions))

    return sorted(spend.rows, key=order)


def money_words(money: Fraction | None, currency: str) -> str:
    """Return money in cents, or in its first two digits where it is less than a cent."""
    if money and abs(money) < CENT:
        places = -floor(log10(abs(money))) + 1
        return dollars(money, currency, places)
    return dollars(money, currency)
