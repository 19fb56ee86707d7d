"""Other charges: seats, fees, tax and credits of the period, beside the total and not in it."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from dash import html

from costmodel.number_text import money
from dashboard.remembered import charges_of
from ingest.other_charges import other_charges

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.view import View
    from ingest.charges import Charge

MOST_SHOWN = 6
_KINDS = {"tool": "tool fees", "credit": "credit", "tax": "tax", "other": "other"}


def other_charges_card(view: View) -> Component | None:
    """Return the card of what bills ask for no usage, None where they ask for nothing."""
    found = charge_lines(view)
    if not found:
        return None
    rows = [
        html.Li(
            [html.Span(name, className="charge-name"), html.Span(amount, className="charge-amount")]
        )
        for name, amount in found[:MOST_SHOWN]
    ]
    parts: list[Component] = [
        html.H2("Other charges", className="card-title"),
        html.Ul(rows, className="other-charges"),
    ]
    rest = len(found) - MOST_SHOWN
    more = f" {rest} more are in 'tollbook report --json'." if rest > 0 else ""
    parts.append(html.P(f"On bills of this period, in no total.{more}", className="card-note"))
    return html.Section(parts, className="card side-card")


def charge_lines(view: View) -> list[tuple[str, str]]:
    """Return vendor and purpose with the money of each, dearest first, equal ones summed."""
    sums: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for charge in other_charges(charges_of(view.store), view.period, view.filters):
        sums[charge.provider, purpose(charge), charge.currency.upper()] += Fraction(charge.amount)
    ranked = sorted(sums.items(), key=lambda each: (-abs(each[1]), each[0]))
    return [
        (f"{vendor}: {words}", money(amount, currency))
        for (vendor, words, currency), amount in ranked
    ]


def purpose(charge: Charge) -> str:
    """Return what a charge is for, in the bill's own words where it has some."""
    return charge.memo or charge.line_item or _KINDS[charge.kind.value]
