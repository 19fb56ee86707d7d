"""``tollbook plans``: the plans that were adopted, and what came of them."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from tollbook.errors import UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import TollbookCommand, group
from tollbook.output import Column, Table, amount, listed, number_column
from tollbook.plan_adoption import adoption_answer
from tollbook.plan_changes import settings_words
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from costmodel.savings import Saved
    from ingest.adopted_plans import AdoptedPlan
    from ingest.plan_savings import PlanSoFar

DAY = "%-d %b %Y"


@group("plans")
def plans_command() -> None:
    """List adopted plans, and hold one against what came."""


@plans_command.command("list", cls=TollbookCommand)
@with_invocation
def list_command(invocation: Invocation) -> None:
    """List every version of every adopted plan, the latest adopted first."""
    found = _plans(invocation)
    if invocation.as_json:
        invocation.output.result({"plans": [adoption_answer(plan) for plan in found]})
        return
    if not found:
        invocation.output.say(
            'No plan is adopted; adopt one with: tollbook plan FILE.yaml --adopt "Budget 2027"'
        )
        return
    columns = [Column("Plan"), number_column("Version"), Column("Scenario"), Column("Adopted")]
    table = Table([*columns, Column("From"), number_column("Months"), number_column("Total")])
    for plan in found:
        table.rows.append(
            [
                plan.name,
                str(plan.version),
                plan.scenario,
                f"{plan.adopted_at:%Y-%m-%d}",
                f"{plan.first_month:%b %Y}",
                str(len(plan.costs)),
                money_words(plan.total, plan.currency),
            ]
        )
    invocation.output.table(table)


@plans_command.command("show", cls=TollbookCommand)
@click.argument("name")
@click.option("--version", type=int, metavar="N", help="An earlier version.  [default: latest]")
@with_invocation
def show_command(invocation: Invocation, name: str, version: int | None) -> None:
    """Hold a plan against what came: month by month, and what it saved so far."""
    from ingest.plan_savings import plan_so_far
    from pricing.digest import book_digest

    plan = _chosen(_plans(invocation), name, version)
    if plan.currency != invocation.book.contract.currency:
        raise UsageProblem(
            f"{plan.name!r} is in {plan.currency} and prices are in "
            f"{invocation.book.contract.currency} now: they cannot be held against each other"
        )
    zone = invocation.configuration.timezone
    so_far = plan_so_far(invocation.store(), invocation.book, plan, invocation.now, zone)
    same_prices = plan.book_digest == book_digest(invocation.book)
    if invocation.as_json:
        invocation.output.result(_answer(plan, so_far, same_prices=same_prices))
    else:
        _show(invocation, plan, so_far, same_prices=same_prices)


def _plans(invocation: Invocation) -> list[AdoptedPlan]:
    from ingest.adopted_plans import thawed

    return [thawed(each) for each in invocation.store().plans()]


def _chosen(found: Sequence[AdoptedPlan], name: str, version: int | None) -> AdoptedPlan:
    """Return the version asked for, the latest by default; UsageProblem where there is none."""
    named = [plan for plan in found if plan.name == name]
    if not named:
        known = listed(dict.fromkeys(repr(plan.name) for plan in found)) or "none at all"
        raise UsageProblem(f"no plan {name!r} is adopted; there is {known}")
    if version is None:
        return max(named, key=lambda plan: plan.version)
    for plan in named:
        if plan.version == version:
            return plan
    raise UsageProblem(f"{name!r} has the versions 1 to {len(named)}, not {version}")


def _answer(plan: AdoptedPlan, so_far: PlanSoFar, *, same_prices: bool) -> dict[str, Any]:
    actual = {f"{month:%Y-%m}": amount(cost) for month, cost in so_far.actual.items()}
    return {
        **adoption_answer(plan),
        "plan": plan.plan_text,
        "same_prices": same_prices,
        "actual": actual,
        "days": [day.isoformat() for day in so_far.days] if so_far.days else None,
        "saved": so_far.saved and _saved_answer(so_far.saved),
    }


def _saved_answer(saved: Saved) -> dict[str, Any]:
    return {
        "so_far": amount(saved.so_far),
        "without_the_plan": amount(saved.without),
        "as_planned": amount(saved.planned),
        "actual": amount(saved.actual),
        "by_lever": [
            {"lever": lever.step, "settings": settings_words(lever), "saved": amount(part)}
            for lever, part in zip(saved.levers, saved.by_lever, strict=False)
        ],
        "other_than_planned": amount(saved.otherwise),
        "misses_unpriced": saved.misses_unpriced,
    }


def _show(
    invocation: Invocation, plan: AdoptedPlan, so_far: PlanSoFar, *, same_prices: bool
) -> None:
    out = invocation.output
    out.say(
        f"{plan.name}, version {plan.version}: {plan.scenario}, "
        f"adopted {plan.adopted_at:{DAY}}, in {plan.currency}"
    )
    columns = [Column("Month"), *map(number_column, ("Plan", "Came", "Difference"))]
    table = Table(columns, [_month_row(plan, so_far, month) for month in plan.costs])
    table.total = ["All months", money_words(plan.total, plan.currency), "", ""]
    out.table(table)
    if so_far.saved is None or so_far.days is None:
        out.say("Nothing came yet: the first day of the plan has not ended.")
    else:
        out.table(_saved_table(so_far.saved, so_far.days, plan.currency))
    for text in _remarks(so_far, same_prices=same_prices):
        out.say(text)


def _month_row(plan: AdoptedPlan, so_far: PlanSoFar, month: date) -> list[str]:
    from costmodel.regimes import month_after

    planned, came = plan.costs[month], so_far.actual.get(month)
    row = [f"{month:%b %Y}", money_words(planned, plan.currency)]
    if came is None:
        return [*row, "", ""]
    is_open = so_far.days is None or so_far.days[1] + timedelta(days=1) < month_after(month)
    difference = "so far" if is_open else money_words(came - planned, plan.currency)
    return [*row, money_words(came, plan.currency), difference]


def _saved_table(saved: Saved, days: tuple[date, date], currency: str) -> Table:
    """Return where the saving comes from; the rows sum to the total, to the cent."""
    from costmodel.bridge import CENTS, in_cents

    rest = saved.so_far - sum(saved.by_lever, Fraction(0))
    cents = in_cents([*saved.by_lever, rest], round(saved.so_far * CENTS))
    *parts, other = (Fraction(each, CENTS) for each in cents)
    rows: list[Sequence[str]] = [
        [f"{lever.step}: {settings_words(lever)}", money_words(part, currency)]
        for lever, part in zip(saved.levers, parts, strict=False)
    ]
    rows.append(["other than planned", money_words(other, currency)])
    total = money_words(sum(parts, other), currency)
    title = f"Saved from {days[0]:{DAY}} to {days[1]:{DAY}}"
    return Table([Column(title), number_column("Saved")], rows, ["Saved so far", total])


def _remarks(so_far: PlanSoFar, *, same_prices: bool) -> list[str]:
    texts = []
    if so_far.saved is not None:
        saved = so_far.saved
        texts.append(
            "Saved is what this traffic would have cost as it was served when the plan was "
            "adopted, less what it cost; second calls and tokens a request as they were then."
        )
        if saved.misses_unpriced:
            texts.append("Note: some of this traffic has no price; it is left out of all of this.")
        if saved.left_out:
            texts.append(f"Left out: {listed(saved.left_out)}; the traffic is the one that came.")
        if saved.new_groups:
            groups = (" ".join(name or "not given" for name in each) for each in saved.new_groups)
            names = listed(groups)
            texts.append(f"Assumed: what the plan did not know is taken at its mean: {names}.")
    if not same_prices:
        texts.append("Note: prices have changed since the plan was adopted; its months have not.")
    return texts
