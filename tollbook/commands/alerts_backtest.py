"""``tollbook alerts backtest``: what the rules would have said of stored history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tollbook.errors import PolicyViolated, UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import parse_share, reading
from tollbook.options import TollbookCommand
from tollbook.output import Column, Table, number_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alerts.backtest import BudgetTrial, RuleTrial
    from costmodel.budget import Budget
    from costmodel.burn.trial import Tally

INCIDENTS = 20


@click.command("backtest", cls=TollbookCommand)
@click.option("--budget", "name", metavar="NAME", help="Try this budget only.")
@click.option(
    "--incidents",
    type=click.IntRange(1, 500),
    default=INCIDENTS,
    show_default=True,
    metavar="N",
    help="Write so many incidents of each kind into history, one at a time.",
)
@click.option("--sweep", is_flag=True, help="Show the set with its lines lower and higher.")
@click.option(
    "--most-alarms",
    type=click.FloatRange(0),
    metavar="N",
    help="Exit with 3 above so many alarms a month on what really happened.",
)
@click.option(
    "--least-found",
    callback=reading(parse_share),
    metavar="SHARE",
    help="Exit with 3 where a smaller share of doublings is found.",
)
@with_invocation
def backtest_command(
    invocation: Invocation,
    name: str | None,
    incidents: int,
    sweep: bool,  # noqa: FBT001 - click passes flags by name
    most_alarms: float | None,
    least_found: float | None,
) -> None:
    """Try each budget's rules on stored history, and on incidents written into it.

    Every alarm about what really happened counts as a false one, although some may have
    been right.
    """
    from alerts.backtest import TrialOptions, backtested
    from alerts.budgets import known_budgets

    store = invocation.store()
    budgets = [known.budget for known in known_budgets(store, invocation.configuration)]
    trials = backtested(
        _chosen(budgets, name),
        store,
        invocation.book,
        invocation.configuration,
        invocation.now,
        TrialOptions(incidents, sweep),
    )
    if invocation.as_json:
        invocation.output.result({"budgets": [_answer(trial) for trial in trials]})
    else:
        for trial in trials:
            _show(invocation, trial, sweep=sweep)
        if not trials:
            invocation.output.say("There is no budget; write one in tollbook.yaml.")
    _hold(trials, most_alarms, least_found)


def _chosen(budgets: list[Budget], name: str | None) -> list[Budget]:
    if name is None:
        return budgets
    found = [each for each in budgets if each.name == name]
    if not found:
        known = ", ".join(each.name for each in budgets) or "none"
        raise UsageProblem(f"there is no budget {name!r}; there are: {known}")
    return found


def _hold(trials: Iterable[BudgetTrial], most: float | None, least: float | None) -> None:
    """Fail where a budget's rules are noisier, or blinder, than was asked."""
    from alerts.backtest import DOUBLING

    said = []
    for trial in trials:
        whole = trial.whole
        if whole is None:
            continue
        if most is not None and whole.alarms_a_month > most:
            said.append(f"{_title(trial)} has {whole.alarms_a_month:.2f} alarms a month")
        found = whole.incidents[DOUBLING].found
        if least is not None and found < least:
            said.append(f"{_title(trial)} finds {found:.0%} of doublings")
    if said:
        raise PolicyViolated("; ".join(said))


def _title(trial: BudgetTrial) -> str:
    return f"{trial.budget}, {trial.value}" if trial.value else trial.budget


def _show(invocation: Invocation, trial: BudgetTrial, *, sweep: bool) -> None:
    from alerts.backtest import notes

    output = invocation.output
    whole = trial.whole
    if whole is None:
        output.say(f"{_title(trial)}: not tried, because {trial.reason}.")
        return
    output.say(
        f"{_title(trial)}, rules {trial.rule_set!r}, {trial.months:.1f} months of history: "
        f"{whole.alarms_a_month:.2f} alarms a month on what really happened."
    )
    output.table(_incident_table(whole))
    output.table(_rule_table(trial))
    if sweep:
        output.table(_sweep_table(trial))
    for note in notes(trial):
        output.say(note)


def _incident_table(whole: RuleTrial) -> Table:
    numbers = ("Found", "Half within", "9 in 10 within", "Overspent before", "Alarms each")
    table = Table([Column("Incident"), *map(number_column, numbers)])
    for incident, tally in whole.incidents.items():
        table.rows.append(
            [
                incident,
                f"{tally.found:.0%}",
                _hours(tally.median_hours),
                _hours(tally.p90_hours),
                "-" if tally.overspent is None else f"{tally.overspent:.1%}",
                f"{tally.edges:.1f}",
            ]
        )
    return table


def _rule_table(trial: BudgetTrial) -> Table:
    from alerts.backtest import DOUBLING

    numbers = ("Alarms a month", "Doublings found", "Half within")
    table = Table([Column("Rule"), *map(number_column, numbers)])
    for each in trial.rules:
        doubling = each.incidents.get(DOUBLING)
        found = ["-", "-"]
        if doubling is not None:
            found = [f"{doubling.found:.0%}", _hours(doubling.median_hours)]
        table.rows.append([each.rule or "all together", f"{each.alarms_a_month:.2f}", *found])
    return table


def _sweep_table(trial: BudgetTrial) -> Table:
    numbers = ("Alarms a month", "Doublings found", "Half within")
    table = Table([Column("Lines"), *map(number_column, numbers)])
    for each in trial.sweep:
        found = [f"{each.alarms_a_month:.2f}", f"{each.found:.0%}"]
        table.rows.append([f"{each.scale:g}x", *found, _hours(each.median_hours)])
    return table


def _hours(hours: float | None) -> str:
    return "-" if hours is None else f"{hours:.0f} h"


def _answer(trial: BudgetTrial) -> dict[str, Any]:
    return {
        "budget": trial.budget,
        "value": trial.value or None,
        "rules": trial.rule_set,
        "months": round(trial.months, 3),
        "reason": trial.reason or None,
        "left_out": [{"rule": rule, "why": why} for rule, why in trial.left_out.items()],
        "by_rule": [
            {
                "rule": each.rule or None,
                "alarms_a_month": round(each.alarms_a_month, 4),
                "incidents": {name: _tally(tally) for name, tally in each.incidents.items()},
            }
            for each in trial.rules
        ],
        "sweep": [
            {
                "scale": each.scale,
                "alarms_a_month": round(each.alarms_a_month, 4),
                "found": round(each.found, 4),
                "median_hours": each.median_hours,
            }
            for each in trial.sweep
        ],
    }


def _tally(tally: Tally) -> dict[str, Any]:
    return {
        "count": tally.months,
        "found": round(tally.found, 4),
        "already_firing": round(tally.already, 4),
        "median_hours": tally.median_hours,
        "p90_hours": tally.p90_hours,
        "overspent": tally.overspent,
        "alarms_each": round(tally.edges, 4),
    }
