"""Opportunities, endings and the migration inventory as the JSON of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tollbook.output import amount

if TYPE_CHECKING:
    from fractions import Fraction

    from costmodel.ending import Ending
    from costmodel.opportunities import Opportunities, Opportunity, Priced
    from ingest.opportunities import InventoryLine
    from ingest.periods import Period


def opportunities_answer(
    found: Opportunities, ending: list[Ending], period: Period
) -> dict[str, Any]:
    """Return every group with its moves, all of them together, and what ends soon."""
    return {
        "period": period.label,
        "currency": found.currency,
        "by": found.by,
        "monthly_cost": amount(found.today),
        "together": amount(found.together),
        "saving": amount(found.saving),
        "saving_share": _share(found.saving, found.today),
        "at_least": found.at_least,
        "rows": [_row_answer(row, found.by) for row in found.rows],
        "ending": [_ending_answer(each) for each in ending],
        "assumptions": [each.text for each in found.assumptions],
        "warnings": list(found.warnings),
    }


def _share(part: Fraction, whole: Fraction) -> float | None:
    return float(part / whole) if whole else None


def _row_answer(row: Opportunity, by: str) -> dict[str, Any]:
    return {
        by: row.value,
        "monthly_cost": amount(row.cost),
        "requests": float(row.requests),
        "critical": row.is_critical,
        "move": _move_answer(row.best, row.cost) if row.best else None,
        "others": [_move_answer(each, row.cost) for each in row.others],
    }


def _move_answer(priced: Priced, cost: Fraction) -> dict[str, Any]:
    from ingest.plan_text import lever_text

    move = priced.move
    return {
        "kind": move.kind,
        "name": move.name,
        "model": move.model,
        "saving": amount(priced.saving),
        "saving_share": _share(priced.saving, cost),
        "risk": move.risk,
        "assumption": move.assumption,
        "levers": [lever_text(lever) for lever in move.levers],
    }


def _ending_answer(each: Ending) -> dict[str, Any]:
    return {
        "models": list(each.models),
        "on": each.on.isoformat(),
        "days_left": each.days_left,
        "cost": amount(each.cost),
        "successor": each.successor,
        "successor_cost": amount(each.successor_cost),
        "callers": [
            {"feature": caller.names[0], "requests": caller.requests, "cost": amount(caller.cost)}
            for caller in each.callers
        ],
    }


def inventory_answer(line: InventoryLine) -> dict[str, Any]:
    """Return one line of the migration inventory."""
    return {
        "feature": line.feature,
        "endpoint": line.endpoint,
        "provider": line.provider,
        "model": line.model,
        "requests": line.requests,
        "cost": amount(line.cost),
        "p95_latency_seconds": line.p95_latency_seconds,
        "owner": line.owner,
        "last_seen": line.last_seen.isoformat() if line.last_seen else None,
        "ends_on": line.ends_on.isoformat() if line.ends_on else None,
        "successor": line.successor,
    }
