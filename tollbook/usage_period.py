"""Which usage a question about plans starts from."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tollbook.report_options import range_words

if TYPE_CHECKING:
    from ingest.periods import Period
    from ingest.store import Store
    from tollbook.invocation import Invocation

DEFAULT_RANGE = "last 30d"
DAYS_SHOWN = 30


def usage_period(invocation: Invocation, store: Store, last: str | None) -> Period:
    """Return the range asked for, else the last 30 days.

    Where nothing happened in these, the last 30 days that hold usage.
    """
    from ingest.periods import parse_period

    zone, now = invocation.configuration.timezone, invocation.now
    if last is not None:
        return parse_period(range_words(last), now, zone)
    period, extent = parse_period(DEFAULT_RANGE, now, zone), store.extent()
    if extent is None or extent[1] > period.start:
        return period
    last_moment = extent[1] - timedelta(microseconds=1)
    end = last_moment.astimezone(period.start.tzinfo).date()
    return parse_period(f"{end - timedelta(DAYS_SHOWN - 1)}..{end}", now, zone)
