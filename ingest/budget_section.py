"""The section ``budgets`` of ``tollbook.yaml``: amounts, periods, and the lines that alert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from costmodel import budget as words
from costmodel.budget import Budget
from costmodel.pace import HOURS_OF_DAY, Profile
from ingest.budget_levels import levels
from ingest.configuration_sections import FILTER_NAMES, filter_values, named, zone
from pricing.located_yaml import nearest

if TYPE_CHECKING:
    from fractions import Fraction

    from pricing.located_yaml import Checker, Located

_CURRENCY = re.compile(r"[A-Z]{3}")

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPTIONAL = (
    "currency", "period", "starts", "timezone", "filter", "owners", "measure", "each", "rules",
    "plan", "levels",
)  # fmt: skip


def budgets(located: Located | None, checker: Checker) -> tuple[Budget, ...]:
    """Return the budgets; two of one name are a mistake."""
    return named(located, checker, budget)


def budget(located: Located, checker: Checker) -> Budget | None:
    """Return one budget, None where its name or amount is missing or wrong."""
    keys = checker.mapping(located, required=("name", "amount"), optional=OPTIONAL)
    given: dict[str, Any] = {
        "name": checker.text(keys.get("name")),
        "amount": _amount(keys.get("amount"), checker),
        "currency": _currency(keys.get("currency"), checker),
        "period": checker.choice(keys.get("period"), words.BUDGET_PERIODS),
        "starts": checker.day(keys.get("starts")),
        "timezone": zone(keys.get("timezone"), checker),
        "filters": filter_values(keys.get("filter"), checker) or None,
        "owners": checker.texts(keys.get("owners")) or None,
        "measure": checker.choice(keys.get("measure"), words.BUDGET_MEASURES),
        "each": checker.choice(keys.get("each"), FILTER_NAMES),
        "rules": checker.choice(keys.get("rules"), words.RULE_SET_NAMES),
        "plan": _plan(keys.get("plan"), checker),
        "levels": levels(keys.get("levels"), checker) or None,
    }
    if given["currency"] and given["measure"] not in {None, "money"}:
        checker.note(
            keys["currency"], f"leave it out: the amount is a number of {given['measure']}"
        )
    known = {key: value for key, value in given.items() if value is not None}
    return Budget(**known) if {"name", "amount"} <= known.keys() else None


def _amount(located: Located | None, checker: Checker) -> Fraction | None:
    amount = checker.number(located)
    if located is not None and amount is not None and amount <= 0:
        checker.note(located, "must be more than 0")
        return None
    return amount


def _currency(located: Located | None, checker: Checker) -> str | None:
    currency = checker.text(located)
    if located is None or currency is None:
        return None
    if not _CURRENCY.fullmatch(currency):
        checker.note(located, f"{currency!r} is no currency; write its three letters, such as USD")
    return currency


def _plan(located: Located | None, checker: Checker) -> str | Profile | None:
    """Return how the amount is laid on the period: a word, or a weight for every weekday.

    A day's weight is one number, spread evenly over its hours, or 24 of them.
    """
    if located is None or located.value is None:
        return None
    if not isinstance(located.value, dict):
        known = (*words.PLAN_NAMES, "or weights such as {monday: 1, ...}")
        word = checker.text(located)
        if word is not None and word not in words.PLAN_NAMES:
            checker.note(located, f"{word!r} is not known here; {nearest(word, known)}")
            return None
        return word
    days = checker.mapping(located, required=WEEKDAYS)
    hours = [_hours(days.get(day), checker) for day in WEEKDAYS]
    weights = tuple(weight for day in hours for weight in day or ())
    if None in hours:
        return None
    if not any(weights):
        checker.note(located, "some day must weigh more than 0")
        return None
    return Profile(weights)


def _hours(located: Located | None, checker: Checker) -> tuple[float, ...] | None:
    if located is None or located.value is None:
        return None
    numbers = [checker.number(item) for item in checker.sequence(located)]
    if len(numbers) not in {1, HOURS_OF_DAY} or any(n is None or n < 0 for n in numbers):
        checker.note(located, "must be a weight of 0 or more, or 24 of them, one for each hour")
        return None
    weights = [float(n) for n in numbers if n is not None]
    if len(weights) == 1:
        return (weights[0] / HOURS_OF_DAY,) * HOURS_OF_DAY
    return tuple(weights)
