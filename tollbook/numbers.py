"""How numbers, days and shares are written on the command line."""

from __future__ import annotations

import re
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from tollbook.errors import UsageProblem

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    T = TypeVar("T")

_COUNT = re.compile(r"(-?\d[\d_,]*(?:\.\d+)?)\s*([kmb]?)", re.IGNORECASE)
_SIZES = {"": 1, "k": 10**3, "m": 10**6, "b": 10**9}
_SHARE = re.compile(r"(-?\d+(?:\.\d+)?)\s*(%?)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_MONEY = re.compile(r"(-)?[$€£]?(\d+(?:\.\d+)?|\d{1,3}(?:,\d{3})+(?:\.\d+)?)")


def parse_count(text: str) -> int:
    """Return a whole number of tokens: ``1500``, ``1_500``, ``1.5k``, ``450M``."""
    found = _COUNT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no number of tokens; write one such as 1500, 1.5k or 450M")
    digits, unit = found.groups()
    count = Fraction(re.sub("[_,]", "", digits)) * _SIZES[unit.lower()]
    if count < 0:
        raise ValueError(f"a number of tokens cannot be negative: {text}")
    if count.denominator != 1:
        raise ValueError(f"a number of tokens must be whole: {text}")
    return count.numerator


def parse_share(text: str) -> Fraction:
    """Return a share: ``12%``, ``12.5%`` or ``0.12``; a bare number above 1 is a mistake."""
    found = _SHARE.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no share; write one such as 12%")
    number, percent = Fraction(found[1]), found[2]
    if not percent and number > 1:
        raise ValueError(f"{text} is more than everything; write {text}%")
    share = number / 100 if percent else number
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies between 0% and 100%, not {text}")
    return share


def parse_money(text: str) -> Fraction:
    """Return an amount of money: ``1234.56``, ``$1,234.56``; every digit counts."""
    found = _MONEY.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no amount of money; write one such as 1234.56")
    return Fraction((found[1] or "") + found[2].replace(",", ""))


def parse_number(text: str) -> Fraction:
    """Return a positive number: ``4``, ``2.5``."""
    found = _NUMBER.fullmatch(text.strip())
    number = Fraction(found[0]) if found else Fraction(0)
    if number <= 0:
        raise ValueError(f"{text!r} is no number above 0; write one such as 4 or 2.5")
    return number


def parse_day(text: str) -> date:
    """Return a calendar day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is no day; write one such as 2026-11-20") from None


def checked_zone(name: str) -> str:
    """Return the name of a time zone; UsageProblem where there is no such zone."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageProblem(
            f"{name!r} is no time zone; write UTC or a name such as Europe/Paris"
        ) from None
    return name


def reading(
    parse: Callable[[str], T],
) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """Return a callback for an option: a ValueError becomes wrong use of that option."""

    def read(ctx: click.Context, param: click.Parameter, text: str | None) -> T | None:
        if text is None:
            return None
        try:
            return parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error), ctx, param) from None

    return read
