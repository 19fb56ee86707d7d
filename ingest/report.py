"""Reports: the one way in which every screen, command and export gets money.

SQL folds usage to pricing keys, ``costmodel.spend`` multiplies once, and the answer
is kept until the store or the prices change.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from costmodel.spend import spend
from ingest.periods import Period, day_edges, hour_edges, month_edges, week_edges
from ingest.rows import ROW_DIMENSIONS
from ingest.store import CellQuery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from costmodel.book import PriceBook
    from costmodel.spend import Spend
    from costmodel.usage import Cell
    from ingest.store import Store

_EDGES: Final[Mapping[str, Callable[[Period], tuple[datetime, ...]]]] = {
    "hour": hour_edges,
    "day": day_edges,
    "week": week_edges,
    "month": month_edges,
}
TIME_WORDS: Final = tuple(_EDGES)
KEY_WORDS: Final = ("model", "model_snapshot", "provider", "zone", "tier", "size_band")
GROUP_WORDS: Final = (*KEY_WORDS, *TIME_WORDS, *ROW_DIMENSIONS)
"""Every word that ``by`` may hold; a dimension that cells do not keep is null everywhere."""

REMEMBERED: Final = 256


@dataclass(frozen=True)
class ReportQuery:
    """What a report covers and how it is grouped.

    ``filters`` narrow by cell dimensions, ``provider``, ``model`` (canonical),
    ``model_snapshot`` (as served), ``zone``, ``tier`` and ``size_band``; None among
    the values means "not given". ``by`` may hold at most one time word.
    """

    period: Period | None = None
    by: tuple[str, ...] = ()
    filters: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)


class _Memory:
    """The latest answers; a price book is held so that its identity stays its own."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._answers: OrderedDict[object, tuple[PriceBook, Spend]] = OrderedDict()

    def get(self, key: object) -> Spend | None:
        """Return a remembered answer."""
        with self._lock:
            found = self._answers.get(key)
            if found is not None:
                self._answers.move_to_end(key)
        return found[1] if found else None

    def put(self, key: object, book: PriceBook, answer: Spend) -> None:
        """Remember an answer, forgetting the one not asked for longest."""
        with self._lock:
            self._answers[key] = (book, answer)
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)


_MEMORY: Final = _Memory()


def report(store: Store, book: PriceBook, query: ReportQuery) -> Spend:
    """Return what usage costs, grouped as asked.

    Raises:
        KeyError: A group or filter is none of ``GROUP_WORDS``.
    """
    _check(query)
    key = (str(store.path.resolve()), store.version(), id(book), _frozen(query))
    known = _MEMORY.get(key)
    if known is None:
        known = _fresh(store, book, query)
        _MEMORY.put(key, book, known)
    return known


def _check(query: ReportQuery) -> None:
    for name in (*query.by, *query.filters):
        if name not in GROUP_WORDS:
            raise KeyError(name)


def _frozen(query: ReportQuery) -> object:
    filters = tuple(sorted((name, tuple(values)) for name, values in query.filters.items()))
    period = query.period
    return (period and (period.start, period.end, period.zone), query.by, str(filters))


def _fresh(store: Store, book: PriceBook, query: ReportQuery) -> Spend:
    dimensions = tuple(name for name in query.by if name in ROW_DIMENSIONS)
    time_word = next((name for name in query.by if name in TIME_WORDS), None)
    edges = edges_of(store, query.period, time_word)
    cells = store.cells(cell_query(store, book, query, dimensions, edges))
    if time_word is None:
        return spend(cells, book, query.by, dimensions)
    zone = query.period.zone if query.period else "UTC"
    labelled = _labelled(cells, edges, time_word, zone)
    return spend(labelled, book, query.by, (time_word, *dimensions))


def cell_query(
    store: Store,
    book: PriceBook,
    query: ReportQuery,
    dimensions: tuple[str, ...],
    edges: tuple[datetime, ...] = (),
) -> CellQuery:
    """Return which cells a report reads; canonical names are resolved through the book."""
    wanted = query.filters.get("model")
    served = None
    if wanted is not None:
        served = frozenset(
            (provider, name)
            for provider, name in store.served_models()
            if book.canonical(provider, name) in wanted
        )
    return CellQuery(
        since=query.period.start if query.period else None,
        until=query.period.end if query.period else None,
        filters={name: values for name, values in query.filters.items() if name != "model"},
        by=dimensions,
        edges=edges,
        change_dates=book.change_dates(),
        served=served,
    )


def edges_of(store: Store, period: Period | None, time_word: str | None) -> tuple[datetime, ...]:
    """Return the edges of a time word, no further than usage reaches."""
    extent = store.extent() if time_word else None
    if time_word is None or extent is None:
        return ()
    asked = period or Period(*extent, zone="UTC", label="", text="")
    zone = ZoneInfo(asked.zone)
    start = max(asked.start.astimezone(zone), extent[0].astimezone(zone))
    end = min(asked.end.astimezone(zone), extent[1].astimezone(zone))
    return _EDGES[time_word](replace(asked, start=start, end=max(start, end)))


def _labelled(
    cells: list[Cell], edges: tuple[datetime, ...], time_word: str, zone: str
) -> list[Cell]:
    """Put the name of its hour, day, week or month on each cell instead of the edge."""
    labels = {
        edge.isoformat(): _label(edge.astimezone(ZoneInfo(zone)), time_word) for edge in edges
    }
    return [
        replace(cell, dimensions=(labels.get(cell.dimensions[0] or ""), *cell.dimensions[1:]))
        for cell in cells
    ]


def _label(local: datetime, time_word: str) -> str:
    if time_word == "hour":
        return local.isoformat(timespec="minutes")
    return f"{local:%Y-%m}" if time_word == "month" else f"{local:%Y-%m-%d}"
