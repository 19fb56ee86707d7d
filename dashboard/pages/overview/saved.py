"""What the adopted plan has saved so far, in one sentence beside its line."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.bridge import CENTS, in_cents
from costmodel.money import dollars
from costmodel.workload import WorkloadError
from dashboard.moments import short_day_text
from dashboard.remembered import remembered
from ingest.plan_file import PlanFileError
from ingest.plan_savings import plan_so_far
from pricing.located_yaml import YamlError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.savings import Saved
    from dashboard.view import View
    from ingest.adopted_plans import AdoptedPlan
    from ingest.plan_savings import PlanSoFar

LEVERS: Mapping[str, str] = {
    "route": "other models",
    "cascade": "a smaller model first",
    "cache": "cached input",
    "batch": "batch",
    "compress": "shorter texts",
    "tier": "service tiers",
    "retire": "successors",
    "reprice": "new prices",
    "commit": "the commitment",
    "verify": "checks",
    "review": "reviews",
    "retry": "retries",
}
OTHERWISE = "what came otherwise than planned"


def saved_so_far_text(view: View, plan: AdoptedPlan) -> str:
    """Return what a plan has saved up to the last whole day, split by its levers.

    Nothing where no day of it has ended, or prices no longer know what it names. Priced
    once for a day and a state of the store, from sums alone.
    """
    found = remembered(
        view.store,
        ("saved", plan.name, plan.version, view.until.date(), view.zone, id(view.source.book)),
        lambda: _so_far(view, plan),
    )
    if found is None or found.saved is None or found.days is None:
        return ""
    first, last = (short_day_text(day) for day in found.days)
    return f" {saved_text(found.saved, f'{first} to {last}', plan.currency)}"


def _so_far(view: View, plan: AdoptedPlan) -> PlanSoFar | None:
    now = min(view.now, view.until)
    try:
        return plan_so_far(view.store, view.source.book, plan, now, view.zone)
    except (PlanFileError, YamlError, WorkloadError):
        return None


def saved_text(saved: Saved, days: str, currency: str) -> str:
    """Return the sentence; its parts sum to its total, to the cent."""
    total = round(saved.so_far * CENTS)
    rest = saved.so_far - sum(saved.by_lever, Fraction(0))
    *levers, other = in_cents([*saved.by_lever, rest], total)
    cents: dict[str, int] = defaultdict(int)
    for lever, part in zip(saved.levers, levers, strict=False):
        cents[LEVERS.get(lever.step, lever.step)] += part
    cents[OTHERWISE] += other
    parts = ", ".join(f"{name} {_signed(part, currency)}" for name, part in cents.items() if part)
    amount = dollars(Fraction(abs(total), CENTS), currency)
    said = f"saved {amount} against" if total >= 0 else f"cost {amount} more than"
    least = " (usage without a price left out)" if saved.misses_unpriced else ""
    split = f"; saved by {parts}" if parts else ""
    return f"From {days} it {said} going on as before{least}{split}."


def _signed(part: int, currency: str) -> str:
    amount = dollars(Fraction(abs(part), CENTS), currency)
    return amount if part >= 0 else f"\u2212{amount}"
