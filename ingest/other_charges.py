"""Other charges: what a bill asks for no usage of a model, beside every total and in none."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.charges import ChargeKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from ingest.charges import Charge
    from ingest.periods import Period
    from ingest.store import StoredCharge


def other_charges(
    charges: Iterable[StoredCharge],
    period: Period | None,
    filters: Mapping[str, tuple[str | None, ...]] | None = None,
) -> list[Charge]:
    """Return the charges for no usage that start on a day of a period, by time.

    Bills are cut in UTC: a charge of 1 November belongs to November in whatever zone.
    Filters narrow them as they narrow usage: what a charge does not say is "not given".
    """
    return [
        each.charge
        for each in charges
        if each.charge.kind is not ChargeKind.USAGE
        and (period is None or _holds(period, each.charge.start.date()))
        and all(
            getattr(each.charge, name, None) in wanted for name, wanted in (filters or {}).items()
        )
    ]


def _holds(period: Period, day: date) -> bool:
    return period.start.date() <= day <= (period.end - timedelta(microseconds=1)).date()
