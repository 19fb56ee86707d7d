"""Charges: money that somebody bills, kept beside usage and never mixed with it.

A provider's bill for usage (``usage``) is what ours is held against; seats, provisioned
throughput, vector stores, credits and tax are other charges.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from ingest.digests import digest_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from decimal import Decimal

    from costmodel.meters import Meter


class ChargeKind(StrEnum):
    """What a charge is for."""

    USAGE = "usage"
    """Tokens and calls of a model: compared with usage times rate."""
    TOOL = "tool"
    """Fees of tools beside a model: searches, containers, storage."""
    CREDIT = "credit"
    """Credits, discounts and refunds, usually below 0."""
    TAX = "tax"
    OTHER = "other"
    """Seats, provisioned throughput, support."""


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of a bill; ``amount`` keeps every digit that the export has.

    ``start`` and ``end`` are UTC, ``end`` exclusive. ``model`` is the served name,
    ``quantity`` in ``unit``. ``grouping`` names the columns by which the export was
    grouped: of several groupings of one bill only one counts.
    """

    line: int
    provider: str
    start: datetime
    end: datetime
    kind: ChargeKind
    amount: Decimal
    currency: str
    line_item: str | None = None
    model: str | None = None
    meter: Meter | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    project: str | None = None
    api_key: str | None = None
    team: str | None = None
    memo: str | None = None
    grouping: str = ""


_TAX: Final = re.compile(r"\b(tax(es)?|vat|gst)\b")
_CREDIT: Final = re.compile(r"\b(credits?(?! card)|refund(s|ed)?|discount(s|ed)?)\b")


def kind_in_words(text: str) -> ChargeKind | None:
    """Return the kind that the words of a bill tell: tax or credit, None for neither."""
    words = text.lower()
    if _TAX.search(words):
        return ChargeKind.TAX
    return ChargeKind.CREDIT if _CREDIT.search(words) else None


def keys_of(charges: Iterable[Charge], organisation: str) -> list[str]:
    """Return what each charge is known by in every export of it; equal ones are numbered.

    The amount is no part of it: a later export restates it.
    """
    seen: Counter[str] = Counter()
    keys = []
    for charge in charges:
        identity = [
            organisation, charge.provider, charge.start.isoformat(), charge.end.isoformat(),
            charge.kind, charge.currency, charge.line_item, charge.model, charge.meter,
            charge.project, charge.api_key, charge.team, charge.memo, charge.grouping,
        ]  # fmt: skip
        digest = digest_of(identity)
        seen[digest] += 1
        keys.append(f"{digest}#{seen[digest]}")
    return keys
