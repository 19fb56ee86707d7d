"""``tollbook plan --adopt``: a scenario kept under a name, as it stands today."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tollbook.errors import UsageProblem
from tollbook.output import amount, listed
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from costmodel.levers import Lever
    from ingest.adopted_plans import AdoptedPlan
    from tollbook.invocation import Invocation
    from tollbook.plan_changes import Version
    from tollbook.plan_horizon import HorizonAsked

F = TypeVar("F", bound="Callable[..., Any]")


@dataclass(frozen=True)
class AdoptionAsked:
    """Under which name to keep a plan, and which of its scenarios; None: the only one."""

    name: str
    scenario: str | None


def adoption_options(function: F) -> F:
    """Add ``--adopt`` and ``--scenario`` to a command; see ``adoption_asked``."""
    options = [
        click.option(
            "--adopt",
            metavar="NAME",
            help='Keep a scenario as a plan of this name, such as "Budget 2027".',
        ),
        click.option(
            "--scenario", metavar="NAME", help="The scenario to adopt; baseline changes nothing."
        ),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def adoption_asked(options: dict[str, Any]) -> AdoptionAsked | None:
    """Take the options of an adoption out of all options; None where nothing is adopted."""
    from ingest.plan_adoption import LONGEST_NAME, is_plan_name

    name, scenario = options.pop("adopt"), options.pop("scenario")
    if name is None:
        if scenario is not None:
            raise UsageProblem("--scenario says what to adopt; add --adopt NAME")
        return None
    if not is_plan_name(name):
        raise UsageProblem(f"--adopt takes a name of 1 to {LONGEST_NAME} letters, on one line")
    return AdoptionAsked(name.strip(), scenario)


def adopted(
    invocation: Invocation,
    file: Path,
    head: Version,
    ahead: HorizonAsked | None,
    asked: AdoptionAsked,
) -> AdoptedPlan:
    """Keep the scenario asked for in the store, and return it with its version."""
    from ingest.plan_adoption import Adoption, adopt

    name, levers = _scenario(head, asked)
    adoption = Adoption(
        name=asked.name,
        scenario=name,
        plan=head.plan,
        plan_text=file.read_text(encoding="utf-8"),
        levers=levers,
        history=head.history,
        first_month=date.fromisoformat(f"{head.result.period}-01"),
    )
    if ahead:
        adoption = replace(adoption, growth=tuple(ahead.growth), months=ahead.months)
    return adopt(adoption, invocation.store(), invocation.book, invocation.now)


def _scenario(head: Version, asked: AdoptionAsked) -> tuple[str, tuple[Lever, ...]]:
    """Return the name and the levers of the scenario to adopt."""
    from ingest.adopted_plans import BASELINE

    found = {BASELINE: (), **{each.name: each.levers for each in head.plan.scenarios}}
    names = [each.name for each in head.plan.scenarios]
    chosen = asked.scenario or (names[0] if len(names) == 1 else None)
    if chosen is None:
        raise UsageProblem(f"say which scenario to adopt: --scenario {listed(names, 'or')}")
    if chosen not in found:
        raise UsageProblem(f"there is no scenario {chosen!r}; known: {listed(found)}")
    return chosen, found[chosen]


def adoption_answer(plan: AdoptedPlan) -> dict[str, Any]:
    """Return an adopted plan as JSON, money as decimal strings."""
    return {
        "name": plan.name,
        "version": plan.version,
        "scenario": plan.scenario,
        "adopted_at": plan.adopted_at.isoformat(),
        "currency": plan.currency,
        "book_digest": plan.book_digest,
        "filter": {name: list(values) for name, values in plan.filters.items()},
        "months": {f"{month:%Y-%m}": amount(cost) for month, cost in plan.costs.items()},
        "total": amount(plan.total),
    }


def adoption_text(plan: AdoptedPlan) -> str:
    """Return what was adopted, in a sentence."""
    months = len(plan.costs)
    total = money_words(plan.total, plan.currency)
    return (
        f"Adopted {plan.scenario!r} as {plan.name!r}, version {plan.version}: "
        f"{total} over {months} {'month' if months == 1 else 'months'} "
        f"from {plan.first_month:%b %Y}."
    )
