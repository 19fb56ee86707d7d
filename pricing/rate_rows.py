"""One row of rates in a price table, and the names that rows refer to."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from costmodel.meters import CALL_METERS, METERS, TIERS, Meter
from costmodel.rates import Assumption, RateCard, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from fractions import Fraction

    from pricing.located_yaml import Checker, Located

STATUSES = ("in_force", "announced", "withdrawn")
RATE_KEYS = tuple(meter.value for meter in METERS if meter not in CALL_METERS)
FEE_KEYS = tuple(meter.value for meter in CALL_METERS)
ROW_KEYS = (
    "zone",
    "above_input_tokens",
    "to",
    "status",
    "announced_on",
    "derived",
    "assumed",
    "checked_on",
    *RATE_KEYS,
)
ROW_REQUIRED = ("tier", "from", "source")
THOUSAND = 1_000
GLOBAL = "global"
ZONE = re.compile("global|data_zone|regional:.+")


@dataclass(frozen=True)
class Source:
    """Where a price was read, and the day on which it was last read there."""

    text: str
    checked_on: date


@dataclass(frozen=True)
class Fee:
    """What calls cost on top of tokens: money per million of a unit meter."""

    usd_per_million: Mapping[Meter, Fraction]
    assumed: Mapping[Meter, Assumption]


NO_FEE = Fee({}, {})


@dataclass(frozen=True)
class References:
    """The names that rows of one table may refer to."""

    sources: Mapping[str, Source] = field(default_factory=dict)
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    fees: Mapping[str, Fee] = field(default_factory=dict)


@dataclass(frozen=True)
class CardRow:
    """A rate card and the place in the file that it was read from."""

    card: RateCard
    at: Located


def read_references(fields: Mapping[str, Located], check: Checker) -> References:
    """Return the sources, assumptions and fees that a table defines."""
    sources = _sources(fields.get("sources"), check)
    texts = check.mapping(fields.get("assumptions"), optional=None)
    assumptions = {
        name: Assumption(name, text)
        for name, located in texts.items()
        if (text := check.text(located)) is not None
    }
    named = References(sources, assumptions)
    fees = check.mapping(fields.get("fees"), optional=None)
    read = {name: _fee(located, named, check) for name, located in fees.items()}
    return References(sources, assumptions, read)


def _sources(located: Located | None, check: Checker) -> dict[str, Source]:
    sources = {}
    for name, entry in check.mapping(located, optional=None).items():
        keys = check.mapping(entry, required=("text", "checked_on"))
        text, checked_on = check.text(keys.get("text")), check.day(keys.get("checked_on"))
        if checked_on is None and "checked_on" in keys:
            check.note(entry, "has no day in checked_on; write the day it was read")
        if text and checked_on:
            sources[name] = Source(text, checked_on)
    return sources


def _fee(located: Located, named: References, check: Checker) -> Fee:
    keys = check.mapping(located, required=("source",), optional=(*FEE_KEYS, "assumed"))
    check.choice(keys.get("source"), named.sources.keys())
    per_thousand = {Meter(key): check.number(keys[key]) for key in FEE_KEYS if key in keys}
    rates = {meter: fee * THOUSAND for meter, fee in per_thousand.items() if fee is not None}
    return Fee(rates, read_assumed(keys.get("assumed"), named, rates, check))


def read_assumed(
    located: Located | None, named: References, meters: Iterable[Meter], check: Checker
) -> dict[Meter, Assumption]:
    """Return the assumption behind each rate: one name for all rates, or one by meter."""
    if located is None:
        return {}
    if not isinstance(located.value, dict):
        name = check.choice(located, named.assumptions.keys())
        return dict.fromkeys(meters, named.assumptions[name]) if name else {}
    keys = check.mapping(located, optional=[meter.value for meter in meters])
    chosen = {key: check.choice(at, named.assumptions.keys()) for key, at in keys.items()}
    return {Meter(key): named.assumptions[name] for key, name in chosen.items() if name}


def read_row(
    at: Located, provider: str, model: str | None, named: References, check: Checker
) -> CardRow | None:
    """Return the card of one row, None where a mistake leaves no card.

    ``model`` is None for a row outside of its model, which then names it itself.
    """
    required = ROW_REQUIRED if model else ("model", *ROW_REQUIRED)
    keys = check.mapping(at, required, ROW_KEYS)
    if any(key not in keys for key in required):
        return None
    name = model or check.text(keys.get("model"))
    tier = check.choice(keys["tier"], TIERS)
    source = named.sources.get(check.choice(keys["source"], named.sources.keys()) or "")
    rates = _rates(keys, check)
    if not rates:
        check.note(at, "has no rate; give at least input and output")
    if not (name and tier and source and rates):
        return None
    card = RateCard(
        provider=provider,
        model=name,
        zone=read_zone(keys.get("zone"), check) or GLOBAL,
        tier=tier,
        above_input_tokens=check.whole(keys.get("above_input_tokens")) or 0,
        in_force_from=check.day(keys["from"]),
        in_force_to=check.day(keys.get("to")),
        status=cast("Status", check.choice(keys.get("status"), STATUSES) or "in_force"),
        usd_per_million=rates,
        source=source.text,
        checked_on=check.day(keys.get("checked_on")) or source.checked_on,
        announced_on=check.day(keys.get("announced_on")),
        derived=check.text(keys.get("derived")),
        assumed=read_assumed(keys.get("assumed"), named, rates, check),
    )
    return CardRow(card, at)


def read_zone(located: Located | None, check: Checker) -> str | None:
    """Return where the tokens are processed: global, data_zone or regional:<region>."""
    zone = check.text(located)
    if located is not None and zone is not None and not ZONE.fullmatch(zone):
        check.note(located, f"{zone!r} is no zone; write global, data_zone or regional:<region>")
        return None
    return zone


def _rates(keys: Mapping[str, Located], check: Checker) -> dict[Meter, Fraction]:
    read = {Meter(key): check.number(keys[key]) for key in RATE_KEYS if key in keys}
    return {meter: rate for meter, rate in read.items() if rate is not None}
