"""What was spent in equal steps of time, and where each step lies in the local week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

Amounts = npt.NDArray[np.float64]
HoursOfWeek = npt.NDArray[np.int16]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUARTER = timedelta(minutes=15)
HOURS_OF_DAY, HOURS_OF_WEEK = 24, 168
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_HOUR = 72
"""1970 began on a Thursday: three days after Monday 00:00."""
_HOUR_SECONDS, _DAY_SECONDS = 3_600, 86_400
_QUARTER_SECONDS = 900


@dataclass(frozen=True, eq=False)
class Series:
    """Money, tokens or requests in steps from ``start`` (UTC) up to the watermark.

    ``step`` is a quarter of an hour, or one day (in UTC) for data that knows only days;
    any step that divides a day is fine. ``calendar`` holds the local hour of the week of
    each step, Monday 00:00 first, and reaches to the end of the budget's period.
    """

    start: datetime
    step: timedelta
    amounts: Amounts
    calendar: HoursOfWeek

    def __post_init__(self) -> None:
        """Refuse a start off the grid and a calendar that ends before the amounts."""
        if (self.start - _EPOCH) % self.step:
            raise ValueError(f"{self.start.isoformat()} is no multiple of {self.step}")
        if len(self.calendar) < len(self.amounts):
            raise ValueError("the calendar ends before the amounts do")

    @property
    def watermark(self) -> datetime:
        """Return the moment up to which the data reaches."""
        return self.start + len(self.amounts) * self.step

    @property
    def end(self) -> datetime:
        """Return the moment up to which the calendar reaches."""
        return self.start + len(self.calendar) * self.step

    def position(self, moment: datetime) -> float:
        """Return how many steps after the start a moment lies; parts count."""
        return (moment - self.start) / self.step

    def positions(self, moments: Sequence[datetime]) -> Amounts:
        """Return how many steps after the start moments lie, parts included."""
        seconds = np.array([moment.timestamp() for moment in moments])
        return (seconds - self.start.timestamp()) / self.step.total_seconds()

    def edges(self, positions: npt.ArrayLike) -> Amounts:
        """Return where spending is cut for these positions: steps of a day are never split.

        A day counts where the middle of it lies; shorter steps are cut in proportion.
        """
        wanted = np.asarray(positions, dtype=np.float64)
        return np.ceil(wanted - 0.5) if self.step == DAY else wanted

    def moment(self, position: float) -> datetime:
        """Return the moment at a position."""
        return self.start + float(position) * self.step

    def spent_before(self, positions: npt.ArrayLike) -> Amounts:
        """Return what was spent before each position; a part of a step counts in proportion."""
        return between(self._cumulated, positions)

    def spent_between(self, start: datetime, end: datetime) -> float:
        """Return what was spent between two moments."""
        before, until = self.spent_before([self.position(start), self.position(end)])
        return float(until - before)

    @cached_property
    def _cumulated(self) -> Amounts:
        return np.concatenate(([0.0], np.cumsum(self.amounts)))


def between(cumulated: Amounts, positions: npt.ArrayLike) -> Amounts:
    """Return cumulated amounts at positions, by parts of a step between its two edges.

    Before the first edge and after the last one it is what stands there.
    """
    last = len(cumulated) - 1
    wanted = np.minimum(np.maximum(np.asarray(positions, dtype=np.float64), 0), last)
    below = wanted.astype(np.int64)
    start = cumulated[below]
    above = cumulated[np.minimum(below + 1, last)]
    found: Amounts = (above - start) * (wanted - below) + start
    return found


def hours_of_week(start: datetime, step: timedelta, count: int, zone: tzinfo) -> HoursOfWeek:
    """Return the local hour of the week at the middle of each of ``count`` steps from ``start``.

    The middle, so that a day in UTC belongs to the local day which holds most of it.
    The array is shared and cannot be written to.
    """
    return _hours_of_week(int((start - _EPOCH).total_seconds()), step, count, zone)


@lru_cache(maxsize=256)
def _hours_of_week(start: int, step: timedelta, count: int, zone: tzinfo) -> HoursOfWeek:
    seconds = int(step.total_seconds())
    middles = start + seconds // 2 + np.arange(count, dtype=np.int64) * seconds
    local = middles + _offsets(middles, zone)
    hours = ((local // _HOUR_SECONDS + _EPOCH_HOUR) % HOURS_OF_WEEK).astype(np.int16)
    hours.flags.writeable = False
    return hours


def _offsets(instants: npt.NDArray[np.int64], zone: tzinfo) -> npt.NDArray[np.int64]:
    """Return the zone's seconds ahead of UTC at each instant (seconds since 1970, ascending)."""
    if not len(instants):
        return np.zeros(0, dtype=np.int64)
    first = int(instants[0]) // _DAY_SECONDS
    last = int(instants[-1]) // _DAY_SECONDS
    changes = [(first * _DAY_SECONDS, _offset(first * _DAY_SECONDS, zone))]
    for day in range(first, last + 1):
        if _offset((day + 1) * _DAY_SECONDS, zone) != changes[-1][1]:
            changes += _changes_within(day, changes[-1][1], zone)
    edges = np.array([at for at, _ in changes])
    values = np.array([offset for _, offset in changes], dtype=np.int64)
    return values[np.searchsorted(edges, instants, side="right") - 1]


def _changes_within(day: int, before: int, zone: tzinfo) -> list[tuple[int, int]]:
    """Return from which quarter of an hour of a UTC day which offset holds."""
    found = []
    begin = day * _DAY_SECONDS
    for at in range(begin, begin + _DAY_SECONDS + 1, _QUARTER_SECONDS):
        offset = _offset(at, zone)
        if offset != before:
            found.append((at, offset))
            before = offset
    return found


@lru_cache(maxsize=65_536)
def _offset(second: int, zone: tzinfo) -> int:
    shift = (_EPOCH + timedelta(seconds=second)).astimezone(zone).utcoffset()
    return int(shift.total_seconds()) if shift else 0


def local_midnight(day: date, zone: tzinfo) -> datetime:
    """Return the aware moment at which a local day begins: the edge of a budget's period."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


@lru_cache(maxsize=1_024)
def local_midnights(first: date, last: date, zone: tzinfo) -> tuple[datetime, ...]:
    """Return the moments at which the local days from ``first`` to ``last`` begin, both with."""
    count = (last - first).days + 1
    return tuple(local_midnight(first + timedelta(days=n), zone) for n in range(count))
