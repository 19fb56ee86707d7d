"""A budget as text: an item of the section ``budgets``, in JSON, as the store keeps it."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel.burn.rules import ActualRule, ForecastRule, HourlyLimit, SloRule
from costmodel.money import decimal_string
from costmodel.pace import HOURS_OF_DAY, Profile
from ingest.ages import short_age
from ingest.budget_levels import levels
from ingest.budget_section import WEEKDAYS, budget
from ingest.configuration import ConfigurationError
from pricing import located_yaml
from pricing.located_yaml import Checker

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.budget import Budget
    from costmodel.burn.rules import Rule


def read_budget(text: str, where: str = "budget") -> Budget:
    """Return the budget that a text describes; ``where`` names the text in mistakes.

    Raises:
        ConfigurationError: The text describes no budget; all its mistakes are listed.
    """
    checker = Checker()
    try:
        found = budget(located_yaml.parse(text, Path(where)), checker)
    except located_yaml.YamlError as error:
        raise ConfigurationError(error.problems) from error
    if checker.problems or found is None:
        raise ConfigurationError(checker.problems)
    return found


def read_level(item: Mapping[str, Any]) -> Rule:
    """Return the line that an item of ``levels`` describes.

    Raises:
        ConfigurationError: It describes none.
    """
    checker = Checker()
    text = json.dumps({"levels": [item]}, ensure_ascii=False)
    found = levels(located_yaml.parse(text, Path("level")).child("levels"), checker)
    if checker.problems:
        raise ConfigurationError(checker.problems)
    return found[0]


def level_item(rule: Rule) -> dict[str, Any]:
    """Return the item of ``levels`` that ``read_level`` turns into this line again."""
    level: dict[str, Any] = {"severity": rule.severity}
    if isinstance(rule, ActualRule):
        level["actual"] = _percent(rule.share)
    elif isinstance(rule, ForecastRule):
        level["chance"] = _percent(rule.chance)
    elif isinstance(rule, HourlyLimit):
        level["per_hour"] = rule.floor
        if rule.factor is not None:
            level["factor"] = rule.factor
    elif isinstance(rule, SloRule):
        is_time = rule.measure == "p95_seconds"
        level[rule.measure] = rule.limit if is_time else _percent(rule.limit)
        level["window"] = short_age(rule.window)
        level["least_requests"] = rule.least_requests
    return level


def budget_text(budget: Budget) -> str:
    """Return the text that ``read_budget`` turns into this budget again."""
    keys: dict[str, Any] = {
        "name": budget.name,
        "currency": budget.currency if budget.measure == "money" else None,
        "period": budget.period,
        "starts": budget.starts.isoformat() if budget.starts else None,
        "timezone": budget.timezone,
        "filter": {name: list(values) for name, values in budget.filters.items()},
        "owners": list(budget.owners),
        "measure": budget.measure,
        "each": budget.each,
        "rules": budget.rules,
        "plan": _table(budget.plan) if isinstance(budget.plan, Profile) else budget.plan,
        "levels": [level_item(rule) for rule in budget.levels],
    }
    known = {key: value for key, value in keys.items() if value not in (None, [], {})}
    # Dates are read only without quotes, and so are amounts, whose digits are kept all.
    text = json.dumps(known, ensure_ascii=False)
    if budget.starts:
        text = text.replace(f'"starts": "{budget.starts}"', f'"starts": {budget.starts}')
    return f'{{"amount": {decimal_string(budget.amount)}, {text[1:]}'


def _table(profile: Profile) -> dict[str, list[float]]:
    days = range(0, len(profile.weights), HOURS_OF_DAY)
    hours = [list(profile.weights[start : start + HOURS_OF_DAY]) for start in days]
    return dict(zip(WEEKDAYS, hours, strict=True))


def _percent(share: float) -> str:
    return f"{(Decimal(repr(share)) * 100).normalize():f}%"
