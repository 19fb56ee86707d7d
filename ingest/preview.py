"""A look at a file before anything of it is stored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING

from ingest.rows import NO_TIME
from ingest.store.stage_usage import StagedUsage, staged_usage

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.store import SetAside
    from ingest.store.commit import Arrival
    from ingest.store.stage import Facts, Stage

__all__ = ["Preview", "StagedUsage", "preview_of"]


@dataclass(frozen=True)
class Preview:
    """What a file holds.

    ``rows_read`` is the sum of the three ``rows_`` after it; whether a good row is in a
    store already only an import tells. ``usage`` is by model, zone and tier, most tokens
    first; ``charges`` are lines of a bill.
    """

    path: str
    format: str
    rows_read: int
    rows_good: int
    rows_set_aside: int
    rows_without_usage: int
    first_at: datetime | None
    last_at: datetime | None
    usage: tuple[StagedUsage, ...]
    charges: int
    set_aside: tuple[SetAside, ...]
    assumptions: tuple[str, ...]
    notices: tuple[str, ...]

    @property
    def tokens(self) -> int:
        """Return the tokens of all good rows."""
        return sum(each.tokens for each in self.usage)

    @property
    def requests(self) -> int:
        """Return the requests of all good rows."""
        return sum(each.requests for each in self.usage)

    @property
    def rows_without_time(self) -> int:
        """Return the rows that are set aside only because no day was named for them."""
        return sum(each.reason.endswith(NO_TIME) for each in self.set_aside)


def preview_of(arrival: Arrival, staged: tuple[Stage, Facts] | None) -> Preview:
    """Return a look at a file whose lines are judged; one that is a bill alone has no stage."""
    aside, charges = len(arrival.set_aside), arrival.charges
    bill = Preview(
        path=arrival.path,
        format=arrival.format,
        rows_read=len(charges) + aside,
        rows_good=len(charges),
        rows_set_aside=aside,
        rows_without_usage=0,
        first_at=min((each.start for each in charges), default=None),
        last_at=max((each.end for each in charges), default=None),
        usage=(),
        charges=len(charges),
        set_aside=tuple(arrival.set_aside),
        assumptions=arrival.assumptions,
        notices=arrival.notices,
    )
    if staged is None:
        return bill
    stage, facts = staged
    return replace(
        bill,
        rows_read=facts.rows,
        rows_good=facts.good,
        rows_set_aside=facts.aside,
        rows_without_usage=facts.without_usage,
        first_at=_in_utc(facts.first_at),
        last_at=_in_utc(facts.last_at),
        usage=tuple(staged_usage(stage)),
    )


def _in_utc(moment: datetime | None) -> datetime | None:
    return moment.replace(tzinfo=UTC) if moment else None
