"""How far the data reaches: a budget is judged only up to where every source has arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from alerts.usage import moment_of, quarter_at
from ingest.ages import age_text
from ingest.store.cells import QUARTERS_A_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alerts.usage import Part, Usage
    from ingest.configuration import Configuration

REQUESTS_LAG: Final = timedelta(hours=24)
DAILY_LAG: Final = timedelta(hours=48)
"""How late data may be unless `sources` says so: providers publish a day's sums a day later."""
ENDED_AFTER: Final = timedelta(days=7)
"""A source this far behind the others holds them back no longer."""


@dataclass(frozen=True)
class Source:
    """Whose usage it is, up to where it has arrived, and how late it may be."""

    provider: str
    organisation: str
    until: datetime
    allowed_lag: timedelta
    daily: bool

    @property
    def name(self) -> str:
        """Return how people call it."""
        if self.organisation == "default":
            return self.provider
        return f"{self.provider} ({self.organisation})"

    def is_late(self, now: datetime) -> bool:
        """Tell whether its data should have come by now."""
        return now - self.until > self.allowed_lag

    def lateness(self, now: datetime) -> str:
        """Return in words how late it is."""
        may = age_text(self.allowed_lag)
        return f"{self.name} has brought nothing for {age_text(now - self.until)} ({may} is usual)"


def sources_of(usage: Usage, configuration: Configuration) -> dict[tuple[str, str], Source]:
    """Return every source with usage, by provider and organisation."""
    names = usage.quarters.names
    known: dict[tuple[str, str], int] = {}
    code = [known.setdefault((row.provider, row.organisation), len(known)) for row in names]
    if not known:
        return {}
    codes = np.array(code, dtype=np.int64)
    ends = _last_quarters(usage, codes, len(known))
    daily = {(row.provider, row.organisation) for row in names if row.daily}
    return {
        who: Source(
            *who, moment_of(ends[place]), _lag(who, who in daily, configuration), who in daily
        )
        for who, place in known.items()
        if ends[place] > 0
    }


def _last_quarters(usage: Usage, codes: np.ndarray, count: int) -> list[int]:
    """Return the end of each source's last usage; what was undone is no usage."""
    quarters = usage.quarters
    spans = codes[quarters.series] * usage.count + quarters.quarter - usage.first
    net = np.bincount(spans, weights=quarters.amount, minlength=count * usage.count) > 0
    widths = np.maximum(quarters.width, 1)
    half = np.where(widths >= QUARTERS_A_DAY, widths // 2, 0)
    beyond = np.zeros(count, dtype=np.int64)
    np.maximum.at(beyond, codes, widths - half)
    ends = []
    for place, row in enumerate(net.reshape(count, usage.count)):
        seen = np.flatnonzero(row)
        ends.append(usage.first + int(seen[-1]) + int(beyond[place]) if len(seen) else 0)
    return ends


def _lag(who: tuple[str, str], daily: bool, configuration: Configuration) -> timedelta:  # noqa: FBT001
    for source in configuration.sources:
        organisation = source.organisation or configuration.organisation
        if (source.provider, organisation) == who and source.allowed_lag is not None:
            return source.allowed_lag
    return DAILY_LAG if daily else REQUESTS_LAG


def of_part(part: Part, usage: Usage, sources: dict[tuple[str, str], Source]) -> tuple[Source, ...]:
    """Return the sources that a part of the usage comes from."""
    rows = (usage.quarters.names[place] for place in part.places.tolist())
    names = dict.fromkeys((row.provider, row.organisation) for row in rows)
    return tuple(sources[name] for name in names if name in sources)


def watermark_of(sources: Iterable[Source], now: datetime) -> datetime | None:
    """Return up to where every source that has not ended has arrived, never beyond now."""
    ends = [source.until for source in sources]
    living = [end for end in ends if end >= max(ends) - ENDED_AFTER]
    return moment_of(quarter_at(min(now, *living))) if living else None
