"""``tollbook plan``: what the scenarios of a plan file cost, and the limits they cross."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tollbook.errors import PolicyViolated
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, at_least, listed, number_column, share_words
from tollbook.plan_changes import Version
from tollbook.plan_explanation import (
    explained,
    explanation_answer,
    explanation_asked,
    explanation_options,
    show_explanation,
)
from tollbook.plan_further import further_asked, further_of, further_options
from tollbook.plan_history import history_of
from tollbook.plan_outputs import (
    Asked,
    changes_of,
    check_fit,
    plan_options,
    say,
    show_changes,
    write_files,
)
from tollbook.plan_terms_words import show_terms
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Collection

    from costmodel.plan_result import PlanResult, ScenarioResult, Violation


@command("plan")
@click.argument(
    "file", type=click.Path(path_type=Path, exists=True, dir_okay=False), metavar="FILE.yaml"
)
@plan_options
@further_options
@explanation_options
@with_invocation
def plan_command(
    invocation: Invocation,
    /,
    file: Path,
    **asked: Any,  # noqa: ANN401 - the options of a plan
) -> None:
    """Price the scenarios of a plan file, and check its limits.

    A plan that starts from usage reads the store; one with a typed workload needs none.
    Exit code 3 where a scenario crosses a limit.
    """
    beside = further_asked(asked)
    why = explanation_asked(asked)
    options = Asked(**asked)
    head = _version(invocation, file, beside.dimensions)
    base = _version(invocation, options.base) if options.base else None
    changes = changes_of(invocation, base, head)
    found = explained(invocation, head, why)
    further = further_of(invocation, file, head, beside)
    further.answer |= explanation_answer(head, found)
    if not say(invocation, head, changes, options, further.answer):
        _show(invocation, head.result)
        show_terms(invocation, head.result)
        show_changes(invocation, head, changes)
        show_explanation(invocation, head, found)
        further.show()
    write_files(invocation, head, options)
    if head.result.violations:
        raise PolicyViolated(_crossed(head.result.violations, head.result.currency))
    check_fit(invocation, head, options)


def _version(invocation: Invocation, file: Path, also: Collection[str] = ()) -> Version:
    """Return a plan file with what its scenarios cost."""
    from costmodel.plan import run_plan
    from ingest.plan_file import read_plan

    book = invocation.book
    plan = read_plan(file, book)
    history = history_of(invocation, plan, also)
    return Version(
        plan, run_plan(plan, book, today=invocation.now.date(), history=history), history
    )


def _show(invocation: Invocation, result: PlanResult) -> None:
    out = invocation.output
    out.say(f"{result.period}, in {result.currency}")
    ranged = any(each.p10 is not None for each in (result.baseline, *result.scenarios))
    columns = [Column("Scenario"), number_column("A month")]
    columns += [number_column("Likely (8 in 10)")] if ranged else []
    table = Table([*columns, number_column("Change"), number_column("Share"), Column("")])
    over = {each.scenario for each in result.violations}
    for each in (result.baseline, *result.scenarios):
        row = _row(each, result.currency, ranged=ranged)
        table.rows.append([*row, _against_limit(each, is_over=each.name in over)])
    out.table(table)
    if not ranged:
        out.say("No likely range: typed numbers.")
    for text in _remarks(result):
        out.say(text)


def _against_limit(each: ScenarioResult, *, is_over: bool) -> str:
    """Return what the limit says of a scenario: crossed, or how likely it will be."""
    chance = each.probability_over_limit
    if each.name == "baseline":
        return ""
    likely = "" if chance is None else f"{chance:.0%} likely to cross the limit"
    return "over the limit" if is_over else likely


def _row(each: ScenarioResult, currency: str, *, ranged: bool) -> list[str]:
    cost = at_least(money_words(each.monthly_cost, currency), is_lower_bound=each.at_least)
    row = [each.name, cost]
    if ranged:
        row.append(
            f"{money_words(each.p10, currency)} to {money_words(each.p90, currency)}"
            if each.p10 is not None
            else ""
        )
    if each.name == "baseline":
        return [*row, "", ""]
    share = "" if each.delta_share is None else share_words(each.delta_share)
    return [*row, money_words(each.delta, currency), share]


def _remarks(result: PlanResult) -> list[str]:
    """Return warnings and assumptions, what holds for the baseline too only once."""
    shared = result.baseline.warnings
    warnings = [f"Note: {text}." for text in shared]
    for each in result.scenarios:
        own = (text for text in each.warnings if text not in shared)
        warnings += [f"Note: {each.name}: {text}." for text in own]
    assumed = (text for each in (result.baseline, *result.scenarios) for text in each.assumptions)
    return [*warnings, *(f"Assumed: {text}." for text in dict.fromkeys(assumed))]


def _crossed(violations: tuple[Violation, ...], currency: str) -> str:
    said = (
        f"{each.scenario!r} costs {money_words(each.value, currency)}, "
        f"above the limit {each.limit} of {money_words(each.allowed, currency)}"
        for each in violations
    )
    return listed(said)
