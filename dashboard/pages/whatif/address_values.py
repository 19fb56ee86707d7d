"""Single values of What-if as the address carries them: shares in percent, amounts, counts.

Reading never fails: what is not understood becomes the default and a notice.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import TYPE_CHECKING, TypeVar

from costmodel.corners import GROWTH_POSITIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HUNDRED = 100
PERCENT = re.compile(r"-?\d{1,3}(\.\d)?")
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,2})?")
_WHOLE = re.compile(r"\d{1,12}")
_MOST_DAYS = 366

T = TypeVar("T")


class Reader:
    """Reads keys one by one and collects what could not be understood."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self.own = own
        self.notices: list[str] = []

    def read(self, key: str, parse: Callable[[str], T], default: T, expected: str) -> T:
        """Return the value of a key, the default where it is absent or not understood."""
        text = self.own.get(key)
        if text is None:
            return default
        try:
            return parse(text)
        except ValueError:
            self.notices.append(
                f"{key} = {text[:40]!r} is not understood: write {expected}. The default is shown."
            )
            return default


def share_of(text: str) -> Fraction:
    """Return the share that a percentage from 0 to 100 with at most one decimal means."""
    if not PERCENT.fullmatch(text):
        raise ValueError(text)
    share = Fraction(text) / HUNDRED
    if not 0 <= share <= 1:
        raise ValueError(text)
    return share


def growth_of(text: str) -> Fraction:
    """Return the growth a month that a percentage means: half percents, -10 to 20."""
    if not PERCENT.fullmatch(text):
        raise ValueError(text)
    growth = Fraction(text) / HUNDRED
    if growth not in GROWTH_POSITIONS:
        raise ValueError(text)
    return growth


def amount_of(text: str) -> Fraction:
    """Return an amount of money above nothing, with at most two decimals."""
    amount = number_of(text)
    if not amount:
        raise ValueError(text)
    return amount


def number_of(text: str) -> Fraction:
    """Return a number from 0 on, with at most two decimals."""
    if not _AMOUNT.fullmatch(text):
        raise ValueError(text)
    return Fraction(text)


def whole_of(text: str) -> int:
    """Return a whole number."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(text)
    return int(text)


def days_of(text: str) -> int:
    """Return a number of days, at least one, a year at most."""
    days = whole_of(text)
    if not 1 <= days <= _MOST_DAYS:
        raise ValueError(text)
    return days


def percent_text(share: Fraction) -> str:
    """Return a share in percent with at most one decimal: ``12``, ``12.5``."""
    tenths = round(share * HUNDRED * 10)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths / 10:.1f}"


def amount_text(amount: Fraction) -> str:
    """Return an amount with two decimals where it has cents."""
    return str(amount) if amount.denominator == 1 else f"{float(amount):.2f}"
