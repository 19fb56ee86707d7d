"""What the page says of a backtest: one sentence, and the rows of its tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from alerts.backtest import DOUBLING, HOURS_A_MONTH, notes
from dashboard.pages.budgets.preview import times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.backtest import BudgetTrial, RuleTrial
    from costmodel.burn.trial import Tally

    Rows = Sequence[Sequence[str]]

INCIDENT_WORDS: Final = {
    DOUBLING: "Spending doubles",
    "multiplier 3x": "Spending trebles",
    "loop 10x": "A loop spends nine average hours more each hour",
    "ramp 2x": "Spending doubles within a week",
    "price change 1.5x": "Prices rise by half",
    "cache loss 3x": "Input costs three times as much, its cache lost",
}
"""What is written into history, by its name in the backtest."""
INCIDENT_HEADER: Final = (
    "What goes wrong",
    "Found",
    "Half within",
    "9 in 10 within",
    "Overspent before",
    "Alarms each",
)
RULE_HEADER: Final = ("Rule", "Alarms a month", "Doublings found", "Half within")
SWEEP_HEADER: Final = ("Lines at", "Alarms a month", "Doublings found", "Half within")


def why_not(trial: BudgetTrial) -> str:
    """Return why nothing could be tried, as a sentence; "" where something was."""
    if trial.reason:
        return f"Nothing could be tried: {trial.reason}."
    if not any(each.rule for each in trial.rules):
        return " ".join(["Nothing could be tried.", *notes(trial)])
    return ""


def trial_sentence(trial: BudgetTrial, whole: RuleTrial) -> str:
    """Return how often the ``whole`` set would have told, and how it finds a doubling."""
    count = round(whole.alarms_a_month * trial.months)
    told = f"have told you {times(count)}" if count else "not have told you anything"
    said = f"In {_stretch(trial.months)} these rules would {told}"
    doubling = whole.incidents[DOUBLING]
    if not doubling.found:
        return f"{said}; a doubling is found in none of {doubling.months} trials."
    parts = [f"a doubling is found in {doubling.found:.0%} of trials"]
    if doubling.median_hours is not None:
        parts.append(f"half of them within {_hours(doubling.median_hours)}")
    if doubling.overspent is not None:
        parts.append(f"and {doubling.overspent:.1%} of the budget is overspent until then")
    return f"{said}; {', '.join(parts)}."


def method(trial: BudgetTrial, whole: RuleTrial) -> str:
    """Return what was tried and what was not, in sentences."""
    count = max((tally.months for tally in whole.incidents.values()), default=0)
    said = (
        "The rules are held against your usage hour by hour: first as it was, where some of what "
        "they would have told you may have been right, then with something gone wrong in it, "
        f"{times(count)} for each kind."
    )
    return " ".join([said, *notes(trial)])


def incident_rows(whole: RuleTrial) -> Rows:
    """Return a row for each kind of incident, found by the whole set."""
    return [
        [
            INCIDENT_WORDS[incident],
            f"{tally.found:.0%}",
            _hours(tally.median_hours),
            _hours(tally.p90_hours),
            "" if tally.overspent is None else f"{tally.overspent:.1%}",
            f"{tally.edges:.1f}",
        ]
        for incident, tally in whole.incidents.items()
    ]


def rule_rows(trial: BudgetTrial) -> Rows:
    """Return a row for all rules together, then one for each."""
    return [
        [
            each.rule or "All together",
            f"{each.alarms_a_month:.2f}",
            *_found(each.incidents.get(DOUBLING)),
        ]
        for each in trial.rules
    ]


def sweep_rows(trial: BudgetTrial) -> Rows:
    """Return a row for each height of the lines, the lowest first."""
    return [
        [
            "1x, as they are" if each.scale == 1 else f"{each.scale:g}x",
            f"{each.alarms_a_month:.2f}",
            f"{each.found:.0%}",
            _hours(each.median_hours),
        ]
        for each in trial.sweep
    ]


def _found(tally: Tally | None) -> list[str]:
    return ["", ""] if tally is None else [f"{tally.found:.0%}", _hours(tally.median_hours)]


def _stretch(months: float) -> str:
    if months >= 1:
        return f"{months:.1f} months"
    return f"{months * HOURS_A_MONTH / 24:.0f} days"


def _hours(hours: float | None) -> str:
    return "" if hours is None else f"{hours:.0f} h"
