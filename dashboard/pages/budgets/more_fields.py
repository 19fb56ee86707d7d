"""What a budget rarely needs: start day, time zone, plan and levels of its own, folded."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, cast
from zoneinfo import available_timezones

import dash_mantine_components as dmc
from dash import html

from costmodel.budget import PLAN_NAMES
from costmodel.pace import HOURS_OF_DAY, Profile
from dashboard.folded_section import folded_section
from dashboard.pages.budgets.level_text import LEVEL_FIELDS, level_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from costmodel.budget import Budget, PlanName

FIELD: Final = "budget-field"
NONE: Final = "none"
WEEKDAYS, KEPT = "weekdays", "kept"
"""Plans that are a table: seven weights that are typed, or hours that are only kept."""
_PLAN_WORDS: Final = {
    NONE: "as its rules say",
    "profile": "as the last weeks went, hour by hour",
    "uniform": "evenly",
    WEEKDAYS: "by weights of the weekdays",
}
_KEPT_WORDS: Final = "its own table of hours, as it is"
_DAYS: Final = 7
_ISO_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_WEIGHT: Final = re.compile(r"\d{1,9}(\.\d{1,6})?")


class MoreError(Exception):
    """What was typed here describes no budget; the text says why."""


def field_id(name: str) -> dict[str, str]:
    """Return the id of one field of the form."""
    return {"type": FIELD, "field": name}


def more_fields(budget: Budget | None, reporting_zone: str) -> html.Details:
    """Return the folded part; it stands open where a budget has something of it."""
    levels = budget.levels if budget else ()
    fields = [*_period_fields(budget, reporting_zone), *_plan_fields(budget)]
    fields += [
        dmc.TagsInput(
            id=field_id(field.name),
            label=field.label,
            value=level_texts(field, levels),
            placeholder=field.example,
            splitChars=[";"],
            clearable=False,
        )
        for field in LEVEL_FIELDS
    ]
    is_used = bool(budget and (budget.starts or budget.timezone or budget.plan or levels))
    return folded_section(
        "More",
        "Start day, time zone, plan and levels of its own",
        [html.Div(fields, className="budget-fields")],
        className="section budget-more",
        open=is_used,
    )


def _period_fields(budget: Budget | None, reporting_zone: str) -> list[Any]:
    zones = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    own = budget.timezone if budget and budget.timezone else NONE
    names = list(dict.fromkeys([*([own] if own != NONE else []), "UTC", *zones]))
    usual = {"value": NONE, "label": f"as everywhere ({reporting_zone})"}
    return [
        dmc.TextInput(
            id=field_id("starts"),
            label="First day of a period",
            value=budget.starts.isoformat() if budget and budget.starts else "",
            placeholder="the calendar's; or 2026-02-15",
        ),
        dmc.Select(
            id=field_id("timezone"),
            label="Time zone",
            value=own,
            searchable=True,
            allowDeselect=False,
            limit=100,
            data=cast("Any", [usual, *({"value": name, "label": name} for name in names)]),
        ),
    ]


def _plan_fields(budget: Budget | None) -> list[Any]:
    plan = budget.plan if budget else None
    table = plan if isinstance(plan, Profile) else None
    weights = weekday_weights(table) if table else None
    words = dict(_PLAN_WORDS) if table is None or weights else {**_PLAN_WORDS, KEPT: _KEPT_WORDS}
    value = (WEEKDAYS if weights else KEPT) if table else plan or NONE
    return [
        dmc.Select(
            id=field_id("plan"),
            label="Planned over the period",
            value=cast("str", value),
            allowDeselect=False,
            data=cast("Any", [{"value": key, "label": text} for key, text in words.items()]),
        ),
        dmc.TextInput(
            id=field_id("weights"),
            label="Weights from Monday to Sunday",
            value=", ".join(f"{weight:.12g}" for weight in weights or ()),
            placeholder="only by weights: 1, 1, 1, 1, 1, 0.2, 0.2",
        ),
    ]


def weekday_weights(table: Profile) -> list[float] | None:
    """Return one weight for each weekday, None where the hours of a day differ."""
    starts = range(0, _DAYS * HOURS_OF_DAY, HOURS_OF_DAY)
    days = [table.weights[start : start + HOURS_OF_DAY] for start in starts]
    if any(len(set(hours)) > 1 for hours in days):
        return None
    return [hours[0] * HOURS_OF_DAY for hours in days]


def start_day(value: object) -> date | None:
    """Return the first day that was typed, None where the calendar decides.

    Raises:
        MoreError: It is no day.
    """
    text = str(value or "").strip()
    if not text:
        return None
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise MoreError(f"Write the first day as 2026-02-15; {text!r} is no day.")


def time_zone(value: object) -> str | None:
    """Return the zone that was chosen, None for the one that holds everywhere."""
    return None if value in {None, "", NONE} else str(value)


def plan_of(value: object, typed: object, before: Budget | None) -> PlanName | Profile | None:
    """Return how the amount is laid on the period.

    Raises:
        MoreError: The weights are none, or nobody asked for them.
    """
    texts = [each for each in re.split(r"[,;\s]+", str(typed or "").strip()) if each]
    if value == WEEKDAYS:
        return _table(texts)
    if texts:
        raise MoreError("Choose the plan by weights of the weekdays, or empty the weights.")
    if value == KEPT:
        return before.plan if before else None
    return next((name for name in PLAN_NAMES if name == value), None)


def _table(texts: Sequence[str]) -> Profile:
    if len(texts) != _DAYS or not all(_WEIGHT.fullmatch(each) for each in texts):
        raise MoreError(
            "Write seven weights, from Monday to Sunday, such as 1, 1, 1, 1, 1, 0.2, 0.2."
        )
    if not any(float(each) for each in texts):
        raise MoreError("Some weekday must weigh more than 0.")
    return Profile(tuple(float(each) / HOURS_OF_DAY for each in texts for _ in range(HOURS_OF_DAY)))
