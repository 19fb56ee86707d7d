"""Numbers as the screens write them."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.money import decimal_string, dollars, fraction, rounded_to

if TYPE_CHECKING:
    from collections.abc import Iterable

_UNITS = ((1_000_000_000_000, "T"), (1_000_000_000, "B"), (1_000_000, "M"), (1_000, "k"))
_RATE_PLACES = 6


def money(amount: Fraction | None, currency: str = "USD") -> str:
    """Return an amount to the cent: ``$1,188.00``; "no price" where nothing has one."""
    return dollars(amount, currency)


def headline_money(amount: Fraction | float | None, currency: str = "USD") -> str:
    """Return an amount in whole dollars from $100, so that a sentence reads easily.

    An amount that is not nothing is never written as nothing.
    """
    if amount is None:
        return dollars(None, currency)
    exact = Fraction(amount)
    if 0 < abs(exact) < Fraction(1, 200):
        return f"under {dollars(Fraction(1, 100), currency)}"
    return dollars(exact, currency, 0 if abs(exact) >= 100 else 2)  # noqa: PLR2004


def unit_money(amount: Fraction | None, currency: str = "USD") -> str:
    """Return a cost per unit, with four decimals below a dollar."""
    if amount is None:
        return dollars(None, currency)
    return dollars(amount, currency, 2 if abs(amount) >= 1 else 4)


def rate_text(rate: Fraction, currency: str = "USD") -> str:
    """Return a rate with every decimal it has, to a millionth: ``$0.40``, ``$0.025``."""
    symbol = dollars(Fraction(0), currency).removesuffix("0.00")
    return f"{symbol}{decimal_string(fraction(rounded_to(rate, _RATE_PLACES)))}"


def signed_money(amount: Fraction, currency: str = "USD") -> str:
    """Return a change with its sign: ``+$61.00``, ``−$3.20``, ``±$0.00``."""
    if not round(amount * 100):
        return f"±{dollars(Fraction(0), currency)}"
    sign = "−" if amount < 0 else "+"
    return f"{sign}{headline_money(abs(amount), currency)}"


def count(number: int) -> str:
    """Return a count with thousands separated: ``12,311``."""
    return f"{number:,}"


def short_count(number: int) -> str:
    """Return a count in few characters: ``1.2M``, ``12.3k``, ``311``."""
    for size, letter in _UNITS:
        if abs(number) >= size:
            scaled = number / size
            return f"{scaled:.1f}{letter}" if scaled < 100 else f"{scaled:.0f}{letter}"  # noqa: PLR2004
    return str(number)


def share(part: Fraction | float, places: int = 0) -> str:
    """Return a share as a percentage: ``47%``."""
    return f"{float(part) * 100:.{places}f}%"


def signed_share(part: Fraction | float) -> str:
    """Return a change as a percentage with its sign: ``+12%``, ``−3%``, ``±0%``."""
    percent = round(float(part) * 100)
    sign = "±" if percent == 0 else "+" if percent > 0 else "−"
    return f"{sign}{abs(percent):,}%"


def listed(names: Iterable[str]) -> str:
    """Return names as a sentence lists them: ``A, B and C``."""
    *rest, last = names
    return f"{', '.join(rest)} and {last}" if rest else last
