"""Which lever makes a scenario cost something else than in another version of the plan."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.bridge import Bridge
    from costmodel.case import Case
    from tollbook.plan_changes import Causes, Version

CENTS = 100
USAGE = "usage or prices"
"""What the baseline makes of the difference."""


def causes_between(
    base: Version, head: Version, book: PriceBook, today: date
) -> Mapping[str, Causes]:
    """Return, for scenarios of both versions, each lever's part of the difference in whole cents.

    A lever's part is what it changes in the new version less what it changed in the
    old one (see ``costmodel.bridge``); the rest comes from the baseline. The parts sum
    to the difference. A scenario whose bridge cannot be told has none.
    """
    before, now = (_cases(version, book, today) for version in (base, head))
    return {name: _causes(before[name], now[name]) for name in now if name in before}


def _cases(version: Version, book: PriceBook, today: date) -> dict[str, Case]:
    from costmodel.explain import cases_of

    found = cases_of(version.plan, book, today=today, history=version.history)
    return {scenario.name: case for scenario, case in found}


def _causes(before: Case, now: Case) -> Causes:
    from costmodel.bridge import BridgeError, bridge, in_cents

    if before == now:
        return ()
    try:
        old, new = bridge(before), bridge(now)
    except BridgeError:
        return ()
    parts: dict[str, Fraction] = defaultdict(Fraction)
    parts[USAGE] = new.start - old.start
    for sign, case, found in ((-1, before, old), (1, now, new)):
        _add(parts, sign, case, found)
    total = round(new.end * CENTS) - round(old.end * CENTS)
    cents = in_cents(tuple(parts.values()), total)
    named = zip(parts, cents, strict=True)
    return tuple((name, Fraction(each, CENTS)) for name, each in named if each)


def _add(parts: dict[str, Fraction], sign: int, case: Case, found: Bridge) -> None:
    from costmodel.inputs import kind_of

    for lever, part in zip(case.levers, found.parts, strict=True):
        parts[kind_of(lever).replace("_", " ")] += sign * part
