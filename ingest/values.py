"""Values of exports in one spelling: counts, times, money, words; or why they cannot be right."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from ingest.rows import LARGEST_COUNT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.meters import Meter

WHOLE: Final = re.compile(r"[0-9]+(\.0*)?")
"""A count, also as ``59200.0``. ``5.92E+04`` is not one: a spreadsheet cut its digits."""
GROUPED: Final = re.compile(r"[-+]?\$?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
"""An amount whose commas group thousands."""
LONGEST_WHOLE: Final = 15
LONGEST_DECIMALS: Final = 40
EARLIEST: Final = datetime(2015, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC)
_UNSAFE: Final = re.compile("[\0\ud800-\udfff]")
_SHOWN: Final = 40
_LONGEST_COUNT: Final = 15
"""Digits; Python refuses to read a number of some thousands of them."""
_UNITS: Final = ((10**11, 1), (10**14, 10**3), (10**17, 10**6), (10**20, 10**9))
"""Numbers below the first are in units of which the second make a second."""


LONGEST_REASON: Final = 600
"""Characters of a reason; of a longer one the middle is left out, which is what it quotes."""


class Fault(ValueError):  # noqa: N818 - not a failure: the reason why one row is set aside
    """Why a row is set aside."""


def text_of(value: object) -> str | None:
    """Return what a value says, None for nothing."""
    text = "" if value is None else str(value).strip()
    return text or None


def storable(text: str) -> str:
    """Return a text without the characters that no text in a store may have."""
    return _UNSAFE.sub("", text)


def told(reason: str) -> str:
    """Return a reason as it is kept and shown: storable, and short whatever value it quotes."""
    text = storable(reason)
    if len(text) <= LONGEST_REASON:
        return text
    half = LONGEST_REASON // 2
    return f"{text[:half]} … {text[-half:]}"


def count_of(name: str, value: object) -> int:
    """Return a whole number of 0 or more; nothing counts as 0.

    Raises:
        Fault: It is no such number, or too large to be right.
    """
    if type(value) is int and 0 <= value < LARGEST_COUNT:
        return value
    text = text_of(value)
    if text is None:
        return 0
    if isinstance(value, bool) or not WHOLE.fullmatch(text):
        raise Fault(f"{name} is {text[:_SHOWN]!r}, not a whole number")
    digits = text.split(".")[0].lstrip("0") or "0"
    count = int(digits) if len(digits) <= _LONGEST_COUNT else LARGEST_COUNT
    if count >= LARGEST_COUNT:
        raise Fault(f"{name} is {text[:_SHOWN]!r}, too large to be right")
    return count


def number_of(name: str, value: object) -> float | None:
    """Return a finite number, None for nothing.

    Raises:
        Fault: It is no number.
    """
    text = text_of(value)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if isinstance(value, bool) or not isfinite(number):
        raise Fault(f"{name} is {text[:_SHOWN]!r}, not a number")
    return number


def money_of(name: str, value: object) -> Decimal | None:
    """Return an amount with every digit it has, None for nothing; commas may group thousands.

    A comma that groups no thousands is a decimal comma: to drop it would make the amount
    larger, so it is no amount.

    Raises:
        Fault: It is no amount, or too large or small to be right.
    """
    text = text_of(value)
    if text is None:
        return None
    plain = text.replace(",", "") if GROUPED.fullmatch(text) else text
    try:
        amount = Decimal(plain.replace("$", "", 1))
    except InvalidOperation:
        amount = Decimal("NaN")
    if isinstance(value, bool) or not amount.is_finite():
        raise Fault(f"{name} is {text[:_SHOWN]!r}, not an amount of money")
    if amount and not -LONGEST_DECIMALS <= amount.adjusted() < LONGEST_WHOLE:
        raise Fault(f"{name} is {text[:_SHOWN]!r}, too large or too small to be right")
    return amount


def currency_of(name: str, value: object) -> str | None:
    """Return the three letters of a currency as capitals, None for nothing.

    Raises:
        Fault: They are no three letters.
    """
    text = text_of(value)
    if text is not None and not re.fullmatch(r"[A-Za-z]{3}", text):
        raise Fault(f"{name} is {text[:_SHOWN]!r}, not the three letters of a currency")
    return None if text is None else text.upper()


def moment_of(name: str, value: object, tz: str = "UTC") -> datetime | None:
    """Return a time in UTC, None for nothing; a number counts (milli, micro, nano)seconds.

    A text without a zone is read in ``tz``.

    Raises:
        Fault: It is no time between 2015 and 2100.
    """
    text = text_of(value)
    if text is None:
        return None
    try:
        moment = _moment(text, tz)
    except (ValueError, OverflowError) as error:
        raise Fault(
            f"{name} is {text[:_SHOWN]!r}, neither a time nor seconds since 1970"
        ) from error
    if isinstance(value, bool) or not EARLIEST <= moment < LATEST:
        raise Fault(f"{name} is {text[:_SHOWN]!r}, which is no time between 2015 and 2100")
    return moment


def _moment(text: str, tz: str) -> datetime:
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        number = float(text)
        per_second = next((per for limit, per in _UNITS if number < limit), None)
        if per_second is None:
            raise ValueError(text)
        return datetime.fromtimestamp(number / per_second, UTC)
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(tz))
    return aware.astimezone(UTC)


def split_input(total: int, parts: Mapping[Meter, int]) -> int:
    """Return the uncached input, where the provider counts the parts inside of the input.

    Raises:
        Fault: The parts are more than the total.
    """
    inside = sum(parts.values())
    if inside > total:
        named = ", ".join(
            f"{count} {meter.value.replace('_', ' ')}" for meter, count in parts.items() if count
        )
        raise Fault(f"{named} tokens are more than the {total} input tokens")
    return total - inside
