"""``tollbook plan --explain`` and ``--goal``: why a scenario costs what it costs, in words."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.numbers import parse_money
from tollbook.output import Column, Table, number_column, share_words
from tollbook.plan_changes import settings_words
from tollbook.plan_tables import (
    PlanTable,
    TablesAsked,
    compared,
    comparison_answer,
    show_comparison,
    show_table,
    table_options,
    tables_asked,
    tables_of,
)
from tollbook.plan_words import input_words, setting_words
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from costmodel.break_even import CascadeBreakEven
    from costmodel.explain import Explanation, PlanGoal
    from costmodel.grid import SideBySide
    from costmodel.sensitivity import Effect
    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version

F = TypeVar("F", bound="Callable[..., Any]")

SHOWN_INPUTS = 8
"""So many inputs are told to people; --json lists all."""

_THOUSANDTHS = 1_000


@dataclass(frozen=True)
class ExplanationAsked:
    """What the options said: explain every scenario, and which inputs meet which amount."""

    explain: bool
    goals: tuple[tuple[str, Fraction], ...]
    tables: TablesAsked


@dataclass(frozen=True)
class Explained:
    """What was found out about the scenarios of a plan."""

    explanations: tuple[Explanation, ...] = ()
    goals: tuple[PlanGoal, ...] = ()
    tables: tuple[PlanTable, ...] = ()
    comparison: SideBySide | None = None


def explanation_options(function: F) -> F:
    """Add ``--explain``, ``--goal`` and tables to a command; see ``explanation_asked``."""
    options = [
        click.option(
            "--explain",
            is_flag=True,
            help="Say where each change comes from, what matters most, and what pays.",
        ),
        click.option(
            "--goal",
            multiple=True,
            metavar="FIELD=AMOUNT",
            help="Which setting of a field costs so much a month: escalate=600, volume=600.",
        ),
        table_options,
    ]
    for option in reversed(options):
        function = option(function)
    return function


def explanation_asked(options: dict[str, Any]) -> ExplanationAsked:
    """Take the options of explanations out of all options."""
    goals = tuple(map(_goal_asked, options.pop("goal")))
    asked = ExplanationAsked(options.pop("explain"), goals, tables_asked(options))
    if options.get("markdown") and (asked.explain or goals or asked.tables != TablesAsked()):
        raise UsageProblem(
            "--markdown holds no explanations: leave out --explain, --goal, --table and --compare"
        )
    return asked


def _goal_asked(text: str) -> tuple[str, Fraction]:
    name, sign, amount = text.partition("=")
    if not sign or not name.strip():
        raise UsageProblem(f"--goal {text!r} has no amount: write escalate=600")
    try:
        return name.strip(), parse_money(amount)
    except ValueError as error:
        raise UsageProblem(f"--goal {text!r}: {error}") from None


def explained(invocation: Invocation, head: Version, asked: ExplanationAsked) -> Explained:
    """Return what was asked for; raises ``UsageProblem`` for a field that no scenario has."""
    if not asked.explain and not asked.goals and asked.tables == TablesAsked():
        return Explained()
    from costmodel.explain import cases_of, explain, goals_of
    from costmodel.inputs import InputError

    today = invocation.now.date()
    cases = cases_of(head.plan, invocation.book, today=today, history=head.history)
    try:
        goals = tuple(
            each for name, budget in asked.goals for each in goals_of(cases, name, budget)
        )
    except InputError as error:
        raise UsageProblem(f"--goal: {error}") from None
    return Explained(
        explain(cases) if asked.explain else (),
        goals,
        tables_of(cases, asked.tables),
        compared(cases, asked.tables),
    )


def explanation_answer(head: Version, found: Explained) -> dict[str, Any]:
    """Return the keys that explanations add to the JSON of a plan, also within its scenarios."""
    answer: dict[str, Any] = {}
    if found.explanations:
        scenarios: Any = head.result.to_json()["scenarios"]
        answer["scenarios"] = [
            {**scenario, **each.to_json()}
            for scenario, each in zip(scenarios, found.explanations, strict=True)
        ]
    if found.goals:
        answer["goals"] = [each.to_json() for each in found.goals]
    if found.tables:
        answer["tables"] = [each.to_json() for each in found.tables]
    if found.comparison:
        answer["comparison"] = comparison_answer(found.comparison)
    return answer


def show_explanation(invocation: Invocation, head: Version, found: Explained) -> None:
    """Print what was found out, scenario by scenario; nothing where nothing was asked for."""
    currency = head.result.currency
    for each in found.explanations:
        _show_bridge(invocation, each, currency)
        _show_effects(invocation, each, currency)
        for found_limit in each.break_evens:
            for sentence in break_even_sentences(found_limit):
                invocation.output.say(f"{each.scenario.name}: {sentence}")
    if found.explanations:
        invocation.output.say(
            "Method: each lever's part is its mean over every order in which the levers could "
            "be added (Shapley), so no lever gains by standing first. What matters: each input "
            "moved alone, through its range or else by 10 points (shares) or a tenth."
        )
    for goal in found.goals:
        invocation.output.say(goal_sentence(goal, currency))
    for table in found.tables:
        show_table(invocation, table, currency)
    if found.comparison:
        show_comparison(invocation, found.comparison, currency)


def _show_bridge(invocation: Invocation, each: Explanation, currency: str) -> None:
    name = each.scenario.name
    if each.bridge is None:
        invocation.output.say(f"{name}: no word on where the change comes from: {each.no_bridge}.")
        return
    if not each.scenario.levers:
        return
    columns = [Column(f"{name}: where the change comes from"), Column("Set to")]
    table = Table([*columns, number_column("Change")])
    for lever, cents in zip(each.scenario.levers, each.bridge.cents, strict=True):
        change = money_words(Fraction(cents, 100), currency)
        table.rows.append([lever_name(lever), settings_words(lever), change])
    table.total = ["in all", "", money_words(each.bridge.change, currency)]
    invocation.output.table(table)


def lever_name(lever: object) -> str:
    """Return the name of a lever's kind in words."""
    from costmodel.inputs import kind_of

    return kind_of(lever).replace("_", " ")  # type: ignore[arg-type]


def _show_effects(invocation: Invocation, each: Explanation, currency: str) -> None:
    effects = [effect for effect in each.effects if effect.size]
    if not effects:
        return
    table = Table(
        [
            Column(f"{each.scenario.name}: what matters most"),
            number_column("From"),
            number_column("To"),
            number_column("A month then"),
            number_column("and then"),
            number_column("Apart"),
        ]
    )
    for effect in effects[:SHOWN_INPUTS]:
        ends = [setting_words(effect.name, value, effect.is_share) for value in _ends(effect)]
        costs = (effect.cost_at_low, effect.cost_at_high, effect.size)
        table.rows.append(
            [input_words(effect.name), *ends, *(money_words(cost, currency) for cost in costs)]
        )
    invocation.output.table(table)
    invocation.output.say(f"{each.scenario.name}: matters most: {input_words(effects[0].name)}.")


def _ends(effect: Effect) -> tuple[Fraction, Fraction]:
    return effect.low, effect.high


def break_even_sentences(each: CascadeBreakEven) -> list[str]:
    """Return from where on trying a model first costs more than the other one alone."""
    tried = f"trying {each.first} first"
    if each.limit is None:
        return [f"{tried} never saves against {each.then} alone."]
    if each.limit >= 1:
        return [f"{tried} saves against {each.then} alone, however much is handed on."]
    planned = share_words(each.escalate)
    limit = (
        f"{tried} pays while less than {share_words(each.limit)} of the requests are handed on "
        f"to {each.then}: {planned} {'saves' if each.saves else 'costs more'}."
    )
    if each.seen is None or each.seen_weighted is None or each.weighted_limit is None:
        return [limit]
    seen = (
        f"in your usage {share_words(each.seen)} of the requests were called again; by what "
        f"they cost on {each.then} that is {share_words(each.seen_weighted)}, "
        f"and {share_words(each.weighted_limit)} is the limit."
    )
    return [limit, seen]


def goal_sentence(each: PlanGoal, currency: str) -> str:
    """Return which setting meets an amount, on its safe side."""
    goal, name = each.goal, input_words(each.goal.slider)
    budget = money_words(each.budget, currency)
    if goal.met == "always":
        return f"{each.scenario}: {name}: every setting keeps to {budget}."
    if goal.met == "never":
        cost = money_words(goal.cost, currency)
        return f"{each.scenario}: {name}: no setting keeps to {budget}; the cheapest costs {cost}."
    setting, now = (_safe_words(each, value) for value in (goal.setting, each.now))
    bound = "at most" if goal.is_upper else "at least"
    return f"{each.scenario}: {name} of {bound} {setting} keeps to {budget}; now {now}."


def _safe_words(each: PlanGoal, value: Fraction) -> str:
    """Return a setting with at most three decimals, rounded to where it still holds."""
    rounded = Fraction((floor if each.goal.is_upper else ceil)(value * _THOUSANDTHS), _THOUSANDTHS)
    return setting_words(each.goal.slider, rounded, each.is_share)
