"""What the levers of a plan file are written with: shares and ranges, models, amounts, filters."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from costmodel.plan import Range
from costmodel.rules import HOUR, HOURS, WEEKDAY, WEEKDAYS
from costmodel.workload import WorkloadError, model_named
from ingest.configuration_sections import CELL_CHOICES
from pricing.located_yaml import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from pricing.located_yaml import Checker, Located

WHERE_NAMES = (*CELL_CHOICES, "provider", "model", "zone", "tier", HOUR, WEEKDAY)

_SHARE = r"([+-]?\d+(?:\.\d+)?)\s*(%?)"
_ONE = re.compile(_SHARE)
_TWO = re.compile(rf"{_SHARE}\s+to\s+{_SHARE}")
_HOURS = re.compile(r"(\d{1,2})(?:\s+to\s+(\d{1,2}))?")
_HUNDRED = 100


@dataclass(frozen=True)
class Scope:
    """What every lever may say: where, and from which day."""

    where: Mapping[str, tuple[str | None, ...]]
    from_: date | None


def filters(
    located: Located | None, checker: Checker, names: Collection[str]
) -> dict[str, tuple[str | None, ...]]:
    """Return the values asked for by dimension; one value or a list of them."""
    found: dict[str, tuple[str | None, ...]] = {}
    for name, value in checker.mapping(located, optional=None).items():
        if name not in names:
            checker.note(value, f"unknown dimension {name!r}; {nearest(name, names)}")
        elif value.value is None:
            found[name] = (None,)
        else:
            found[name] = tuple(checker.text(item) for item in checker.sequence(value))
    return found


@dataclass
class LeverValues:
    """Reads the values of levers; every mistake goes to the checker.

    ``kind`` is what the plan starts from, None where that is not known. ``ranges``
    collects the ranges of the lever that is being read.
    """

    checker: Checker
    book: PriceBook
    kind: Literal["typed", "ledger"] | None = None
    ranges: dict[str, Range] = field(default_factory=dict)

    def keys(
        self, located: Located, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Located]:
        """Return a lever's own keys; ``where`` and ``from`` may stand beside them."""
        keys = self.checker.mapping(located, required, (*optional, "where", "from"))
        for name in ("where", "from"):
            keys.pop(name, None)
        return keys

    def where(self, located: Located | None) -> dict[str, tuple[str | None, ...]]:
        """Return the values of dimensions and of the clock that usage must have."""
        found = filters(located, self.checker, WHERE_NAMES)
        for name, read in ((HOUR, self._hours), (WEEKDAY, self._weekdays)):
            value = located.child(name) if located and name in found else None
            if value is not None:
                self.must_have_hours(value)
                found[name] = read(value)
        return found

    def must_have_hours(self, located: Located) -> None:
        """Note where the plan starts from typed numbers, which have no hours."""
        if self.kind == "typed":
            self.checker.note(
                located, "typed numbers have no hours; start from stored usage: 'ledger'"
            )

    def _hours(self, located: Located) -> tuple[str, ...]:
        """Return hours of the day; ``22 to 6`` are those from 22:00 until 6:00."""
        found: list[str] = []
        for item in self.checker.sequence(located):
            match = _HOURS.fullmatch(str(item.value))
            first, end = (int(match[1]), int(match[2] or -1)) if match else (-1, -1)
            if first not in range(24) or end not in range(-1, 25):
                self.checker.note(item, f"{item.value!s} is no hour; write 9, or 22 to 6")
                continue
            count = 1 if end < 0 else (end - first) % 24 or 24
            found += [HOURS[(first + n) % 24] for n in range(count)]
        return tuple(dict.fromkeys(found))

    def _weekdays(self, located: Located) -> tuple[str, ...]:
        words = (self.checker.text(item) or "" for item in self.checker.sequence(located))
        found = tuple(word[:3].lower() for word in words)
        for item, word in zip(self.checker.sequence(located), found, strict=True):
            if word not in WEEKDAYS:
                self.checker.note(
                    item, f"{item.value!s} is no weekday; write {', '.join(WEEKDAYS)}"
                )
        return found

    def model(self, located: Located | None) -> str | None:
        """Return the canonical name of a model that the price book knows."""
        name = self.checker.text(located)
        return None if located is None or name is None else self.known(name, located)

    def models(self, located: Located | None) -> tuple[str, ...]:
        """Return the canonical names of one model or of several."""
        items = self.checker.sequence(located)
        return tuple(name for item in items if (name := self.model(item)))

    def known(self, name: str, located: Located) -> str | None:
        """Return the canonical name of a model; notes one that the book does not know."""
        try:
            return model_named(name, self.book).name
        except WorkloadError as error:
            self.checker.note(located, str(error))
            return None

    def amount(self, located: Located | None) -> Fraction | None:
        """Return a number that is not negative."""
        number = self.checker.number(located)
        if located is not None and number is not None and number < 0:
            self.checker.note(located, "cannot be negative")
            return None
        return number

    def whole(self, located: Located | None) -> int | None:
        """Return a whole number that is not negative."""
        number = self.checker.whole(located)
        if located is not None and number is not None and number < 0:
            self.checker.note(located, "cannot be negative")
            return None
        return number

    def share(
        self, located: Located | None, field: str = "", *, low: int = 0, high: int = 1
    ) -> Fraction | None:
        """Return a share; of a range, where the field may have one, its middle.

        A share is written 12%, 12.5% or 0.12, a range 10% to 20%.
        """
        if located is None or located.value is None:
            return None
        text = str(located.value)
        two = _TWO.fullmatch(text)
        if two and field:
            return self._range(located, two, field, (low, high))
        ranged = ", or a range such as 10% to 20%" if field else ""
        return one_share(located, self.checker, (low, high), ranged)

    def _range(
        self, located: Located, two: re.Match[str], field: str, bounds: tuple[int, int]
    ) -> Fraction | None:
        # "10 to 20%" means percent on both sides
        signs = [two[2] or two[4], two[4] or two[2]]
        ends = [_value(number, sign) for number, sign in zip((two[1], two[3]), signs, strict=True)]
        checked = [
            _checked(located, self.checker, end, bounds, percent=bool(signs[0])) for end in ends
        ]
        if None in checked:
            return None
        if ends[0] > ends[1]:
            self.checker.note(located, "a range goes from the lower to the higher value")
            return None
        between = Range(ends[0], ends[1])
        if between.low != between.high:
            self.ranges[field] = between
        return between.middle


def one_share(
    located: Located | None, checker: Checker, bounds: tuple[int, int] = (0, 1), more: str = ""
) -> Fraction | None:
    """Return a share, written 12%, 12.5% or 0.12; ``more`` is what else may be written."""
    if located is None or located.value is None:
        return None
    one = _ONE.fullmatch(str(located.value))
    if one is None or isinstance(located.value, bool):
        checker.note(located, f"{str(located.value)!r} is no share; write 12%{more}")
        return None
    return _checked(located, checker, _value(one[1], one[2]), bounds, percent=bool(one[2]))


def _checked(
    located: Located, checker: Checker, value: Fraction, bounds: tuple[int, int], *, percent: bool
) -> Fraction | None:
    low, high = bounds
    if not percent and not -1 <= value <= 1:
        number = f"{float(value):g}"
        checker.note(located, f"{number} is no share; write {number}%")
        return None
    if not low <= value <= high:
        checker.note(located, f"must lie between {low:.0%} and {high:.0%}")
        return None
    return value


def _value(number: str, sign: str) -> Fraction:
    value = Fraction(Decimal(number))
    return value / _HUNDRED if sign else value
