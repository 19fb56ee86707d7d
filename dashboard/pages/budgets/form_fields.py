"""The fields of a budget's form, empty or filled with a budget."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import dash_mantine_components as dmc

from costmodel.budget import BUDGET_MEASURES, BUDGET_PERIODS, RULE_SET_NAMES
from dashboard.pages.budgets.more_fields import NONE, field_id
from dashboard.state import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from costmodel.budget import Budget

_RULE_WORDS: Final = {
    "default": "default: few false alarms, runaways within the hour",
    "quiet": "quiet: larger excesses only",
    "sre": "sre: the windows of the SRE workbook",
}


def budget_fields(budget: Budget | None, values: Mapping[str, Sequence[str]]) -> list[Component]:
    """Return the fields; ``values`` are offered as what the budget covers."""
    return [
        dmc.TextInput(
            id=field_id("name"),
            label="Name",
            value=budget.name if budget else "",
            disabled=budget is not None,
        ),
        dmc.NumberInput(
            id=field_id("amount"),
            label="Amount",
            min=0,
            thousandSeparator=",",
            value=float(budget.amount) if budget else "",
        ),
        *_choices(budget),
        *_lists(budget, values),
    ]


def _choices(budget: Budget | None) -> list[Component]:
    """Return the choices as the budget has them; a new one is money for every month."""
    each = [(NONE, "one for all"), *((name, name.replace("_", " ")) for name in DIMENSIONS)]
    rules = [(name, _RULE_WORDS[name]) for name in RULE_SET_NAMES]
    return [
        _select("measure", "Of", _plain(BUDGET_MEASURES), budget.measure if budget else "money"),
        _select(
            "period", "For every", _plain(BUDGET_PERIODS), budget.period if budget else "month"
        ),
        _select("each", "One for each", each, (budget.each if budget else None) or NONE),
        _select("rules", "Rules", rules, budget.rules if budget else RULE_SET_NAMES[0]),
    ]


def _plain(words: Sequence[str]) -> list[tuple[str, str]]:
    return [(word, word) for word in words]


def _lists(budget: Budget | None, values: Mapping[str, Sequence[str]]) -> list[Component]:
    covered = [
        f"{name}={value or ''}"
        for name, some in (budget.filters if budget else {}).items()
        for value in some
    ]
    offered = {f"{name}={value}" for name, some in values.items() for value in some}
    return [
        dmc.TagsInput(
            id=field_id("filters"),
            label="Covers only",
            value=covered,
            data=sorted(offered),
            placeholder="all usage; or feature=search",
            clearable=False,
            maxDropdownHeight=240,
        ),
        dmc.TagsInput(
            id=field_id("owners"),
            label="Owners (addresses get its mails)",
            value=list(budget.owners) if budget else [],
            clearable=False,
        ),
    ]


def _select(name: str, label: str, choices: Sequence[tuple[str, str]], value: str) -> dmc.Select:
    return dmc.Select(
        id=field_id(name),
        label=label,
        value=value,
        allowDeselect=False,
        data=cast("Any", [{"value": key, "label": text} for key, text in choices]),
    )
