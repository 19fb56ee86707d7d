"""Money as exact fractions inside, as decimal text outside."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

MILLION = 1_000_000
"""Rates are money per million of a meter."""

_PLACES_WHEN_ENDLESS = 12
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}


def fraction(number: str | int | Decimal | Fraction) -> Fraction:
    """Return the exact value of a number written as text, integer or decimal."""
    return Fraction(number)


def decimal_string(amount: Fraction) -> str:
    """Return an amount as decimal text: exact where it ends, else 12 places, half to even.

    At least two decimals are written: ``396.00``, ``0.00102``.
    """
    places = _decimal_places(amount.denominator)
    if places is None:
        rounded = rounded_to(amount, _PLACES_WHEN_ENDLESS)
        return _with_cents(rounded.normalize())
    return _with_cents(rounded_to(amount, places))


def rounded_to(amount: Fraction, places: int) -> Decimal:
    """Return an amount rounded half to even at so many decimal places."""
    scaled = round(amount * 10**places)
    with localcontext(prec=max(28, len(str(scaled)) + 2), rounding=ROUND_HALF_EVEN):
        return Decimal(scaled).scaleb(-places)


def dollars(amount: Fraction | None, currency: str = "USD", places: int = 2) -> str:
    """Return an amount as people read it: ``$1,188.00``, ``-$3.20``, ``CHF 12.00``."""
    if amount is None:
        return "no price"
    sign = "-" if amount < 0 and round(amount * 10**places) else ""
    text = f"{rounded_to(abs(amount), places):,.{places}f}"
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"{sign}{symbol}{text}"


def _decimal_places(denominator: int) -> int | None:
    """Return how many decimals a reduced fraction has, None when it never ends."""
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    return max(twos, fives) if denominator == 1 else None


def _with_cents(number: Decimal) -> str:
    text = f"{number:f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"
