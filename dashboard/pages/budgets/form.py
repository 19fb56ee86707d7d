"""Making and changing a budget on screen; what stands in ``tollbook.yaml`` is only shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from dash import html

from alerts import budgets as known
from costmodel.budget import BUDGET_MEASURES, BUDGET_PERIODS, RULE_SET_NAMES, Budget
from dashboard.moments import moment_text
from dashboard.pages.budgets.form_fields import budget_fields
from dashboard.pages.budgets.level_text import LEVEL_FIELDS, LevelError, levels_of
from dashboard.pages.budgets.more_fields import (
    NONE,
    MoreError,
    more_fields,
    plan_of,
    start_day,
    time_zone,
)
from dashboard.state import DIMENSIONS
from ingest.budget_text import budget_text, read_budget
from ingest.configuration import ConfigurationError
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from alerts.budgets import KnownBudget
    from dashboard.context import DashboardContext

SAVE, REMOVE, PREVIEW, SAID = "budget-save", "budget-remove", "budget-preview", "budget-said"
EDITED: Final = "budget-edited"
LONGEST_NAME: Final = 100
_FILE: Final = (
    "This budget stands in tollbook.yaml and is only shown here: change it there, and reload."
)


class FormError(Exception):
    """What was typed describes no budget; the text says why."""


@dataclass(frozen=True)
class Typed:
    """What the fields hold, whatever was typed."""

    name: object
    amount: object
    measure: object
    period: object
    each: object
    filters: object
    owners: object
    rules: object
    starts: object = ""
    timezone: object = NONE
    plan: object = NONE
    weights: object = ""
    actual: object = ()
    chance: object = ()
    per_hour: object = ()
    error_rate: object = ()
    p95_seconds: object = ()
    quality: object = ()


def budget_of(typed: Typed, before: Budget | None, currency: str) -> Budget:
    """Return the budget that was typed; its currency, and a table of hours, are as before.

    Raises:
        FormError: It describes none.
    """
    start = before or Budget("", Fraction(1), currency)
    budget = replace(
        start,
        name=str(typed.name or "").strip(),
        amount=_amount(typed.amount),
        measure=_choice(typed.measure, BUDGET_MEASURES, "money"),
        period=_choice(typed.period, BUDGET_PERIODS, "month"),
        each=None if typed.each in {None, "", NONE} else str(typed.each),
        filters=_filters(typed.filters),
        owners=_texts(typed.owners),
        rules=_choice(typed.rules, RULE_SET_NAMES, "default"),
        **_more(typed, before),
    )
    if not budget.name:
        raise FormError("Give the budget a name.")
    if len(budget.name) > LONGEST_NAME:
        raise FormError(f"Give the budget a name of at most {LONGEST_NAME} characters.")
    try:
        return read_budget(budget_text(budget))
    except ConfigurationError as error:
        said = error.problems[0].message
        raise FormError(f"{said[:1].upper()}{said[1:]}.") from error


def _more(typed: Typed, before: Budget | None) -> dict[str, Any]:
    """Return what was typed in the folded part."""
    try:
        return {
            "starts": start_day(typed.starts),
            "timezone": time_zone(typed.timezone),
            "plan": plan_of(typed.plan, typed.weights, before),
            "levels": tuple(
                level
                for field in LEVEL_FIELDS
                for level in levels_of(field, _texts(getattr(typed, field.name)))
            ),
        }
    except (MoreError, LevelError) as error:
        raise FormError(str(error)) from error


def _amount(value: object) -> Fraction:
    try:
        amount = Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise FormError("Give the budget an amount.") from None
    if amount <= 0:
        raise FormError("The amount must be more than 0.")
    return amount


def _choice(value: object, allowed: Sequence[str], usual: str) -> Any:  # noqa: ANN401 - one of a type's words
    return value if value in allowed else usual


def _texts(value: object) -> tuple[str, ...]:
    items = value if isinstance(value, list) else []
    return tuple(dict.fromkeys(str(each).strip() for each in items if str(each).strip()))


def _filters(value: object) -> dict[str, tuple[str | None, ...]]:
    """Return ``feature=search`` and the like as filters by dimension."""
    found: dict[str, tuple[str | None, ...]] = {}
    for text in _texts(value):
        name, sign, wanted = text.partition("=")
        name, wanted = name.strip(), wanted.strip()
        if not sign or name not in DIMENSIONS:
            raise FormError(f"Write what it covers as feature=search; {text!r} is not so.")
        found[name] = (*found.get(name, ()), wanted or None)
    return found


def saved(context: DashboardContext, typed: Typed, edited: str | None, by: str) -> tuple[str, str]:
    """Keep what was typed, as a new budget or a version of ``edited``; return name and sentence.

    Raises:
        FormError: It describes no budget, or the name is taken.
    """
    store, configuration = context.store(), context.configuration
    before = known_budget(context, edited) if edited else None
    budget = budget_of(typed, before.budget if before else None, context.book.contract.currency)
    try:
        if before is None:
            known.add(store, configuration, budget, context.now(), by)
            return budget.name, f"{budget.name} is kept."
        version = known.change(store, configuration, budget, context.now(), by)
    except IngestError as error:
        text = str(error)
        raise FormError(f"{text[:1].upper()}{text[1:]}.") from error
    return budget.name, f"{budget.name} is kept as version {version}."


def removed(context: DashboardContext, name: str, by: str) -> str:
    """Remove a budget made on screen; return what that did, or why it could not be done."""
    try:
        known.remove(context.store(), context.configuration, name, context.now(), by)
    except IngestError as error:
        text = str(error)
        return f"{text[:1].upper()}{text[1:]}."
    return f"{name} is removed; what it was stays in the store."


def known_budget(context: DashboardContext, name: str) -> KnownBudget | None:
    """Return a budget by its name, None where there is none."""
    found = known.known_budgets(context.store(), context.configuration)
    return next((each for each in found if each.budget.name == name), None)


def origin_line(known_one: KnownBudget, zone: str) -> str:
    """Return where a budget comes from."""
    if known_one.origin == "file" or known_one.changed_at is None:
        return _FILE
    at = moment_text(known_one.changed_at, zone)
    return f"Version {known_one.version}, made on screen by {known_one.changed_by}, {at}."


def form_card(
    current: KnownBudget | None, values: Mapping[str, Sequence[str]], zone: str
) -> Component:
    """Return the form: empty for a new budget, filled for one made on screen, a note otherwise."""
    if current is not None and current.origin == "file":
        return html.Section(
            [html.H2("Change it", className="card-title"), html.P(_FILE, className="card-note")],
            className="card",
        )
    budget = current.budget if current else None
    buttons = [
        html.Button("Save", id=SAVE, type="button", className="primary-button"),
        html.Button(
            "What would it have done?", id=PREVIEW, type="button", className="header-button"
        ),
    ]
    if current is not None:
        buttons.append(html.Button("Remove", id=REMOVE, type="button", className="header-button"))
    title = "Change it" if current else "New budget"
    note = [html.P(origin_line(current, zone), className="card-note")] if current else []
    return html.Section(
        [
            html.H2(title, className="card-title"),
            *note,
            html.Div(budget_fields(budget, values), className="budget-fields"),
            more_fields(budget, zone),
            html.Div(buttons, className="budget-buttons"),
            html.Div(id=SAID, role="status", className="budget-said"),
        ],
        className="card budget-form",
    )
