"""The store: one DuckDB file with every usage row, and cells to read them by.

Sessions are short: each call opens the file, works and closes it, so that the
dashboard, the command line and the alert process can share it.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from ingest.errors import StoreMissingError
from ingest.rows import CELL_DIMENSIONS
from ingest.store import door, ledger
from ingest.store.alert_ledger import AlertLedger
from ingest.store.budgets import StoredBudget, add_budget, budget_versions, change_budget
from ingest.store.call_facts import CallFacts, call_facts
from ingest.store.call_measures import CallMeasures, read_call_measures
from ingest.store.cells import (
    KEY_FILTERS,
    QUARTER_SECONDS,
    SeriesRow,
    admits,
    all_series,
    first_quarter_from,
    holds_daily_sums,
    read_cells,
    requests_by_series,
)
from ingest.store.charge_ledger import StoredCharge, counting_charges
from ingest.store.peaks import PeakQuery, read_peaks
from ingest.store.plans import StoredPlan, insert_plan, stored_plans
from ingest.store.prompts import PromptSize, prompt_sizes
from ingest.store.quarters import Quarters, read_quarters
from ingest.store.records import (
    CellQuery,
    DayCoverage,
    ImportCounts,
    ImportRecord,
    SetAside,
    day_coverage,
    import_record,
)
from ingest.store.reuse import ServedModel, reuses
from ingest.store.schema import is_current, migrate
from ingest.store.sessions import SampledSessions, sampled_sessions
from ingest.store.standing import Standing, moment_of, read_standing
from ingest.store.tries import CallsFound, PairTries, tries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from pathlib import Path

    import duckdb

    from costmodel.caching import CachePolicy, Reuse
    from costmodel.rate_limits import Load
    from costmodel.usage import Cell

__all__ = [
    "AlertLedger",
    "CallFacts",
    "CallMeasures",
    "CallsFound",
    "CellQuery",
    "DayCoverage",
    "ImportCounts",
    "ImportRecord",
    "PairTries",
    "PeakQuery",
    "PromptSize",
    "Quarters",
    "SampledSessions",
    "ServedModel",
    "SetAside",
    "Standing",
    "Store",
    "StoredBudget",
    "StoredCharge",
    "StoredPlan",
]

ENDED_AFTER: Final = timedelta(days=7)
"""A source this far behind the newest one is taken to have ended; it holds nothing back."""


_STANDINGS: Final[dict[Path, tuple[tuple[int, ...], Standing | None]]] = {}
"""The standing of each file as it was when last looked at; any change of the file voids it."""


class Store:
    """One store; reading a file that is not there finds nothing, unless ``read_only``.

    Raises:
        StoreMissingError: ``read_only`` is asked of a file that is not there.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        if read_only and not path.exists():
            raise StoreMissingError(
                f"there is no store at {path}: import a file first, or check --db"
            )

    @contextmanager
    def _session(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """Open the store to read, None where there is no file; brings an old one up to date."""
        if not self.path.exists():
            yield None
            return
        with door.reading(self.path) as connection:
            name = connection.execute("SELECT current_database()").fetchall()[0][0]
            if is_current(connection, name, "state"):
                yield connection
                return
        with self._change():
            pass
        with door.reading(self.path) as connection:
            yield connection

    def version(self) -> int:
        """Return a number that rises with each commit, 0 without a store."""
        standing = self.standing()
        return standing.version if standing else 0

    def standing(self) -> Standing | None:
        """Return what tells this state of this store from every other, None without a store."""
        before = self._signature()
        seen = _STANDINGS.get(self.path)
        if seen is not None and seen[0] == before:
            return seen[1]
        with self._session() as session:
            standing = None if session is None else read_standing(session)
        if before and before == self._signature():
            _STANDINGS[self.path] = (before, standing)
        return standing

    def _signature(self) -> tuple[int, ...]:
        """Return what changes whenever the file does: a commit never leaves it as it was."""
        found: list[int] = []
        for path in (self.path, self.path.with_name(self.path.name + ".wal")):
            try:
                status = path.stat()
            except FileNotFoundError:
                continue
            found += (status.st_ino, status.st_size, status.st_mtime_ns)
        return tuple(found)

    def is_empty(self) -> bool:
        """Tell whether there is no usage at all."""
        return self.extent() is None

    def extent(self) -> tuple[datetime, datetime] | None:
        """Return the start of the first and the end of the last quarter of an hour with usage."""
        standing = self.standing()
        return standing.extent if standing else None

    def watermark(self) -> datetime | None:
        """Return the time up to which every source that has not ended has brought usage."""
        with self._session() as session:
            if session is None:
                return None
            rows = session.execute(
                f"""SELECT max(quarter + greatest(1, width_seconds // {QUARTER_SECONDS}))
                FROM cells JOIN series USING (series) JOIN sources so USING (source)
                GROUP BY so.provider, so.organisation"""
            ).fetchall()
        ends = [moment_of(end) for (end,) in rows]
        return min((e for e in ends if e >= max(ends) - ENDED_AFTER), default=None)

    def cells(self, query: CellQuery) -> list[Cell]:
        """Return usage folded to the query's dimensions and pricing keys.

        Raises:
            KeyError: The query names something that is no dimension of cells.
        """
        with self._session() as session:
            return [] if session is None else read_cells(session, query, all_series(session))

    def quarters(self, since: datetime) -> Quarters | None:
        """Return the usage from a moment on in columns, None without a store."""
        with self._session() as session:
            return None if session is None else read_quarters(session, first_quarter_from(since))

    def call_measures(self, since: datetime, until: datetime) -> CallMeasures | None:
        """Return how single calls went between two moments, None without a store."""
        with self._session() as session:
            return None if session is None else read_call_measures(session, since, until)

    def call_facts(self, query: CellQuery, canonical: Callable[[str, str], str]) -> list[CallFacts]:
        """Return when last calls came and how long answers take, see ``call_facts``."""
        with self._session() as session:
            return [] if session is None else call_facts(session, query, canonical)

    def reuses(
        self,
        query: CellQuery,
        policy: CachePolicy,
        served: Mapping[tuple[str, str], ServedModel],
    ) -> list[Reuse]:
        """Return what single requests say of repeated prefixes, see ``ingest.store.reuse``."""
        with self._session() as session:
            return [] if session is None else reuses(session, query, policy, served)

    def holds_daily_sums(self, query: CellQuery) -> bool:
        """Tell whether usage that a query asks for came as sums of whole days, without hours."""
        with self._session() as session:
            return session is not None and holds_daily_sums(session, query, all_series(session))

    def tries(
        self,
        query: CellQuery,
        canonical: Callable[[str, str], str],
        full_of: Callable[[str, str], str | None],
    ) -> tuple[CallsFound, list[PairTries]]:
        """Return tries and second calls by their confidence, see ``ingest.store.tries``."""
        with self._session() as session:
            if session is None:
                return CallsFound(0, 0, 0), []
            return tries(session, query, canonical, full_of)

    def dimension_values(self, query: CellQuery) -> Mapping[str, Mapping[str | None, int]]:
        """Return for each dimension its values with their requests.

        A dimension's own filter does not narrow it, so that one can choose another value.
        """
        found: dict[str, dict[str | None, int]] = {}
        with self._session() as session:
            if session is None:
                return {name: {} for name in (*CELL_DIMENSIONS, *KEY_FILTERS)}
            rows = {row.series: row for row in all_series(session)}
            requests = requests_by_series(session, query)
        for name in (*CELL_DIMENSIONS, *KEY_FILTERS):
            counts: dict[str | None, int] = defaultdict(int)
            for series, count in requests:
                row = rows[series]
                if count and not row.unmetered and admits(query, row, but=name):
                    counts[row.value(name)] += count
            found[name] = dict(sorted(counts.items(), key=lambda each: -each[1]))
        return found

    def peaks(self, query: PeakQuery) -> list[Load]:
        """Return what each model carried in its busiest minute, largest first."""
        with self._session() as session:
            return [] if session is None else read_peaks(session, query)

    def prompt_sizes(self, since: datetime | None, until: datetime | None) -> list[PromptSize]:
        """Return the smallest input that each feature sent, most requests first."""
        with self._session() as session:
            return [] if session is None else prompt_sizes(session, since, until)

    def served_models(self) -> list[tuple[str, str]]:
        """Return provider and model, as served, of all usage."""
        return sorted({(row.provider, row.model) for row in self._live_series()})

    def _live_series(self) -> list[SeriesRow]:
        with self._session() as session:
            if session is None:
                return []
            used = {
                row[0] for row in session.execute("SELECT DISTINCT series FROM cells").fetchall()
            }
            return [row for row in all_series(session) if row.series in used]

    def imports(self) -> list[ImportRecord]:
        """Return every import, the latest first."""
        with self._session() as session:
            if session is None:
                return []
            rows = session.execute("SELECT * FROM imports ORDER BY import_id DESC").fetchall()
        return [import_record(row) for row in rows]

    def set_aside(self, import_id: int | None = None) -> list[SetAside]:
        """Return the rows that were set aside, by one import or by all that are not undone."""
        chosen = "import_id = ?" if import_id is not None else "NOT undone"
        with self._session() as session:
            if session is None:
                return []
            rows = session.execute(
                f"""SELECT a.path, a.line, a.reason FROM set_aside a JOIN imports USING (import_id)
                WHERE {chosen} ORDER BY import_id, line""",
                [import_id] if import_id is not None else [],
            ).fetchall()
        return [SetAside(*row) for row in rows]

    def charges(self) -> list[StoredCharge]:
        """Return the lines of bills that count, by time."""
        with self._session() as session:
            return [] if session is None else counting_charges(session)

    def sessions(self, query: CellQuery, on: date) -> SampledSessions | None:
        """Return a sample of sessions, priced on one day, see ``sampled_sessions``."""
        with self._session() as session:
            return None if session is None else sampled_sessions(session, query, on)

    def plans(self) -> list[StoredPlan]:
        """Return every version of every adopted plan, the latest adopted first."""
        with self._session() as session:
            return [] if session is None else stored_plans(session)

    def adopt(self, plan: StoredPlan) -> int:
        """Keep a plan under its name and return the number of this version."""
        with self._change() as session:
            return insert_plan(session, plan)

    def alerts(self) -> AlertLedger:
        """Return the alerts that the store keeps, and what was sent of them."""
        return AlertLedger(self._session, self._change)

    def budget_versions(self) -> list[StoredBudget]:
        """Return every version of every budget made on screen, by name, the latest first."""
        with self._session() as session:
            return [] if session is None else budget_versions(session)

    def add_budget(self, name: str, definition: str, at: datetime, by: str) -> int:
        """Keep a budget made on screen, see ``ingest.store.budgets``."""
        with self._change() as session:
            return add_budget(session, name, definition, at, by)

    def change_budget(self, name: str, definition: str | None, at: datetime, by: str) -> int:
        """Keep a new version of a budget made on screen, None to remove it."""
        with self._change() as session:
            return change_budget(session, name, definition, at, by)

    def coverage(self) -> list[DayCoverage]:
        """Return, for days with a bucket export, which view is read and what share it holds."""
        with self._session() as session:
            if session is None:
                return []
            rows = session.execute("SELECT * FROM coverage ORDER BY ALL").fetchall()
        return [day_coverage(row) for row in rows]

    def prefer(self, provider: str, organisation: str, reads: str | None) -> None:
        """Read always "requests" or always "buckets" of an organisation; None: as the rule says."""
        with self._change() as session:
            session.execute(
                "DELETE FROM s.preferences WHERE provider = ? AND organisation = ?",
                [provider, organisation],
            )
            if reads is not None:
                session.execute(
                    "INSERT INTO s.preferences VALUES (?, ?, ?)", [provider, organisation, reads]
                )
            session.execute("UPDATE s.state SET version = version + 1")
            ledger.refresh_views(session)

    def undo(self, import_id: int) -> None:
        """Take an import out of the ledger; rows that another one repeated go to that one.

        Raises:
            UnknownImportError: There is no such import, or it was undone before.
        """
        with self._change() as session:
            ledger.undo(session, import_id)

    @contextmanager
    def _change(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with door.writing(self.path) as session:
            session.execute("BEGIN")
            try:
                migrate(session)
                yield session
            except BaseException:
                session.execute("ROLLBACK")
                raise
            session.execute("COMMIT")
