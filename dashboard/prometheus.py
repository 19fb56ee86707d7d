"""Budgets as Prometheus reads them: the text format, version 0.0.4."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

from alerts.situation import State
from dashboard.budget_watch import WatchError, situations_of
from ingest.ages import short_age

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from dashboard.context import DashboardContext
    from ingest.store.alert_records import Pulse

    Labels = Mapping[str, str]
    Sample = tuple[Labels, float]

STATES: tuple[State, ...] = get_args(State)


def metrics_text(context: DashboardContext) -> str:
    """Return everything that is measured of budgets, one family after the other.

    Where budgets cannot be looked at, ``tollbook_evaluation_failed`` is 1 and they are missing.
    """
    now = context.now()
    pulse = context.store().alerts().book().pulse
    try:
        situations, has_failed = situations_of(context), False
    except WatchError:
        situations, has_failed = (), True
    families = [
        *_budget_families(situations, now),
        *_looking_families(pulse, has_failed=has_failed or bool(pulse.failure)),
    ]
    return "".join(families)


def _budget_families(situations: Sequence[Situation], now: datetime) -> list[str]:
    return [
        _family(
            "tollbook_budget_spent",
            "Spent since the period began, in the budget's unit; a lower bound where usage has no "
            "price.",
            [(_labels(each) | {"unit": _unit(each)}, float(each.spent)) for each in situations],
        ),
        _family(
            "tollbook_budget_limit",
            "What may be spent in the period, in the budget's unit.",
            [
                (_labels(each) | {"unit": _unit(each)}, float(each.budget.amount))
                for each in situations
            ],
        ),
        _family(
            "tollbook_budget_planned",
            "What the plan meant to be spent by now, in the budget's unit.",
            [(_labels(each) | {"unit": _unit(each)}, each.planned_so_far) for each in situations],
        ),
        _family(
            "tollbook_budget_burn",
            "Spending over plan in a rule's window: 1 is on plan.",
            [sample for each in situations for sample in _burns(each)],
        ),
        _family(
            "tollbook_budget_state",
            "1 for the state that the budget is in, 0 for the others.",
            [
                (_labels(each) | {"state": state}, float(each.state == state))
                for each in situations
                for state in STATES
            ],
        ),
        _family(
            "tollbook_budget_watermark_age_seconds",
            "How old the latest moment is that all sources of the budget have reached.",
            [
                (_labels(each), (now - each.watermark).total_seconds())
                for each in situations
                if each.watermark is not None
            ],
        ),
    ]


def _burns(situation: Situation) -> list[Sample]:
    return [
        (
            _labels(situation) | {"rule": seen.rule, "window": short_age(seen.window)},
            seen.times_plan,
        )
        for seen in situation.windows
        if seen.times_plan is not None
    ]


def _looking_families(pulse: Pulse, *, has_failed: bool) -> list[str]:
    moments = (
        (
            "tollbook_last_look_timestamp_seconds",
            "When budgets were last looked at.",
            pulse.looked_at,
        ),
        (
            "tollbook_last_complete_look_timestamp_seconds",
            "When every budget could last be evaluated.",
            pulse.well_at,
        ),
    )
    failed = "1 where budgets could not be evaluated, now or at the last look."
    return [
        *(
            _family(name, told, [({}, moment.timestamp())] if moment else [])
            for name, told, moment in moments
        ),
        _family("tollbook_evaluation_failed", failed, [({}, float(has_failed))]),
    ]


def _family(name: str, told: str, samples: Sequence[Sample]) -> str:
    lines = [f"# HELP {name} {told}", f"# TYPE {name} gauge"]
    lines += [f"{name}{_braced(labels)} {value!r}" for labels, value in samples]
    return "\n".join(lines) + "\n"


def _labels(situation: Situation) -> dict[str, str]:
    return {"budget": situation.budget.name, "value": situation.value}


def _unit(situation: Situation) -> str:
    budget = situation.budget
    return budget.currency if budget.measure == "money" else budget.measure


def _braced(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
