"""Bills made by hand, and how a test brings them into a store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from costmodel.meters import Meter
from ingest.charges import Charge, ChargeKind
from ingest.store.commit import Arrival, commit_charges
from ingest.store.series import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.store import Store

OCTOBER_17_DAY = datetime(2026, 10, 17, tzinfo=UTC)

_LINE = Charge(
    line=2,
    provider="openai",
    start=OCTOBER_17_DAY,
    end=OCTOBER_17_DAY + timedelta(days=1),
    kind=ChargeKind.USAGE,
    amount=Decimal(0),
    currency="USD",
    model="gpt-4.1-mini",
    meter=Meter.INPUT,
    unit="tokens",
)


def charge(
    amount: str,
    quantity: int | None = None,
    *,
    start: datetime = OCTOBER_17_DAY,
    days: int = 1,
    **values: Any,  # noqa: ANN401 - any field of a charge
) -> Charge:
    """One line of a bill: input of Mini on 17 October 2026 unless something else is said."""
    number = None if quantity is None else Decimal(quantity)
    end = start + timedelta(days=days)
    return replace(_LINE, amount=Decimal(amount), quantity=number, start=start, end=end, **values)


def fee(amount: str, kind: ChargeKind, **values: Any) -> Charge:  # noqa: ANN401 - as above
    """One line that is for no usage of a model."""
    return charge(amount, None, kind=kind, **{"model": None, "meter": None, "unit": None, **values})


def bring(store: Store, charges: Sequence[Charge], organisation: str = "default") -> int:
    """Import charges as a format would, and return the number of the import."""
    origin = Origin(organisation, "requests", 0, None)
    arrival = Arrival("bill.csv", "test", None, origin, (), charges=charges)
    return commit_charges(store.path, arrival, 0, lambda _: None).import_id
