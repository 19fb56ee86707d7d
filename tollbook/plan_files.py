"""A plan as a file for others: a workbook with live formulas, one HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.plan import MONTHLY_COST
from dashboard.moments import day_text

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.plan_workbook import LivePlan
    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version


FIXED = ("review", "commit", "cap")
"""Levers whose money is no volume times a rate."""


def write_workbook(invocation: Invocation, head: Version, path: Path) -> None:
    """Write the plan as a workbook; ``OSError`` where the file cannot be written."""
    import xlsxwriter
    from xlsxwriter.exceptions import FileCreateError

    from dashboard.plan_workbook import OPTIONS, write_plan

    try:
        with xlsxwriter.Workbook(str(path), {**OPTIONS, "in_memory": False}) as book:
            write_plan(book, live_plan(invocation, head))
    except FileCreateError as error:
        raise OSError(None, str(error), str(path)) from error
    invocation.output.note(f"The plan with live formulas is in {path}.")


def write_html(invocation: Invocation, head: Version, path: Path) -> None:
    """Write the plan as one HTML file; ``OSError`` where it cannot be written."""
    from costmodel.plan import LedgerBaseline
    from dashboard.one_file import html_file
    from tollbook.plan_html import document

    is_ledger = isinstance(head.plan.baseline, LedgerBaseline)
    until = invocation.store().watermark() if is_ledger else None
    shown = document(head, live_plan(invocation, head), invocation.now, until)
    path.write_text(html_file(shown), encoding="utf-8")
    invocation.output.note(f"The plan as one page is in {path}.")


def live_plan(invocation: Invocation, head: Version) -> LivePlan:
    """Return every scenario of a plan with the shares that may be changed."""
    from costmodel.live import keeps_kinds, live
    from costmodel.live_dials import dials_of_levers
    from costmodel.plan import plan_usage
    from dashboard.plan_workbook import LivePlan, LiveScenario

    book, today, plan = invocation.book, invocation.now.date(), head.plan
    usage, months = plan_usage(plan, book, today=today, history=head.history)
    by_kind = all(keeps_kinds(each.levers) for each in plan.scenarios)
    scenarios = [LiveScenario("baseline", live(usage, (), lambda _: (), book, by_kind=by_kind))]
    for each in plan.scenarios:
        dials, levers_at = dials_of_levers(each.levers, usage, book, months)
        found = live(usage, dials, levers_at, book, months_ahead=months, by_kind=by_kind)
        scenarios.append(LiveScenario(each.name, found))
    return LivePlan(
        title=f"Plan for {head.result.period}",
        currency=head.result.currency,
        scenarios=scenarios,
        limit=plan.limits.get(MONTHLY_COST),
        remarks=(f"Computed on {day_text(today)}.",),
        assumptions=[*assumptions(head), *_fixed(head)],
    )


def _fixed(head: Version) -> list[tuple[str, str]]:
    """Return which amounts of the workbook do not follow a changed cell."""
    return [
        (f"{each.name}: what {lever.step} makes of the cost does not follow changed cells", "note")
        for each in head.plan.scenarios
        for lever in each.levers
        if lever.step in FIXED
    ]


def assumptions(head: Version) -> list[tuple[str, str]]:
    """Return notes and assumptions of all scenarios, each once, with where they come from."""
    every = (head.result.baseline, *head.result.scenarios)
    notes = dict.fromkeys(text for each in every for text in each.warnings)
    assumed = dict.fromkeys(text for each in every for text in each.assumptions)
    return [*((text, "note") for text in notes), *((text, "assumed") for text in assumed)]
