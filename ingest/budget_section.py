"""The section ``budgets`` of ``tollbook.yaml``: amounts, periods, and the lines that alert."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from costmodel.budget import BUDGET_PERIODS, Budget
from ingest.configuration_sections import filter_values, named, zone

if TYPE_CHECKING:
    from fractions import Fraction

    from pricing.located_yaml import Checker, Located

_CURRENCY = re.compile(r"[A-Z]{3}")


def budgets(located: Located | None, checker: Checker) -> tuple[Budget, ...]:
    """Return the budgets; two of one name are a mistake."""
    return named(located, checker, _budget)


def _budget(located: Located, checker: Checker) -> Budget | None:
    keys = checker.mapping(
        located,
        required=("name", "amount"),
        optional=("currency", "period", "starts", "timezone", "filter", "owners"),
    )
    name, amount = checker.text(keys.get("name")), _amount(keys.get("amount"), checker)
    currency = _currency(keys.get("currency"), checker)
    period = checker.choice(keys.get("period"), BUDGET_PERIODS)
    starts = checker.day(keys.get("starts"))
    timezone = zone(keys.get("timezone"), checker)
    filters = filter_values(keys.get("filter"), checker)
    owners = checker.texts(keys.get("owners"))
    if name is None or amount is None:
        return None
    every = cast("Any", period or "month")
    return Budget(name, amount, currency, every, starts, timezone, filters, owners)


def _amount(located: Located | None, checker: Checker) -> Fraction | None:
    amount = checker.number(located)
    if located is not None and amount is not None and amount <= 0:
        checker.note(located, "must be more than 0")
        return None
    return amount


def _currency(located: Located | None, checker: Checker) -> str:
    currency = checker.text(located)
    if located is None or currency is None:
        return "USD"
    if not _CURRENCY.fullmatch(currency):
        checker.note(located, f"{currency!r} is no currency; write its three letters, such as USD")
    return currency
