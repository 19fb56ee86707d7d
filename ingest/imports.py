"""Importing a file: claimed by one format, judged line by line, committed at once."""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ingest.claiming import format_of
from ingest.errors import IngestError, NoFormatError, UnreadableFileError
from ingest.files import sample_of
from ingest.preview import preview_of
from ingest.projection import ImportOptions, Sample
from ingest.room import room_to_work
from ingest.some_lines import SomeLines
from ingest.store import SetAside
from ingest.store.commit import Arrival, commit, commit_charges
from ingest.store.loading import load
from ingest.store.series import origin_of
from ingest.store.stage import new_stage
from ingest.values import told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ingest.formats.base import Format
    from ingest.preview import Preview
    from ingest.projection import Opened, Projection
    from ingest.store import Store
    from ingest.store.commit import Committed
    from ingest.store.stage import Facts, Stage

__all__ = ["ImportOptions", "ImportResult", "Progress", "import_file", "preview_file"]

CHANGED: Final = "could not be read again, as the file changed during the import"
SAMPLED_FROM_BYTES: Final = 16 * 1024 * 1024
"""Files smaller than this are read with all columns; larger ones with those a sample uses."""


@dataclass(frozen=True)
class Progress:
    """How far an import is: what it does, rows so far, and rows a second since it began."""

    path: str
    phase: str
    rows: int
    rows_per_second: float


@dataclass(frozen=True)
class ImportResult:
    """What became of a file; the five ``rows_`` after ``rows_read`` add up to it."""

    path: str
    format: str
    import_id: int
    rows_read: int
    rows_added: int
    rows_replaced: int
    rows_duplicate: int
    rows_set_aside: int
    rows_without_usage: int
    differing: int
    set_aside: tuple[SetAside, ...]
    assumptions: tuple[str, ...]
    notices: tuple[str, ...]
    lock_seconds: float
    seconds: float


@dataclass(frozen=True)
class _Job:
    path: Path
    format: str
    options: ImportOptions
    started: float
    workspace: Path
    report: Callable[..., None]

    @property
    def name(self) -> str:
        """Return what the file is called in records and messages."""
        return self.options.name or str(self.path)


@dataclass(frozen=True)
class _Judged:
    """A file of which every line is judged, and nothing stored; a bill alone has no stage."""

    job: _Job
    arrival: Arrival
    staged: tuple[Stage, Facts] | None


def _ignore(_: object) -> None:
    """Take no notice."""


def import_file(
    store: Store,
    path: Path,
    *,
    options: ImportOptions | None = None,
    progress: Callable[[Progress], None] = _ignore,
    reached: Callable[[str], None] = _ignore,
) -> ImportResult:
    """Import one file: its rows are all in the store afterwards, or none of them is.

    ``reached`` is told each phase as it is entered, for tests that stop there.

    Raises:
        UnreadableFileError: The file is not there or ends early.
        NoFormatError: No format knows the file, or several do.
        MappingError: The column mapping has mistakes.
        NoRoomError: A disk is full.
        StoreError: The store cannot be used.
    """
    with _judged(path, options or ImportOptions(), progress, reached) as judged:
        return _committed(store, judged)


def preview_file(
    path: Path,
    options: ImportOptions | None = None,
    progress: Callable[[Progress], None] = _ignore,
) -> Preview:
    """Return what importing a file would find, without a store.

    Raises:
        UnreadableFileError: The file is not there or ends early.
        NoFormatError: No format knows the file, or several do.
        MappingError: The column mapping has mistakes.
    """
    with _judged(path, options or ImportOptions(), progress, _ignore) as judged:
        return preview_of(judged.arrival, judged.staged)


@contextmanager
def _judged(
    path: Path,
    options: ImportOptions,
    progress: Callable[[Progress], None],
    reached: Callable[[str], None],
) -> Iterator[_Judged]:
    """Read a file and judge its lines; what that takes is gone when the caller is done."""
    _check_zone(options.tz)
    started = time.monotonic()

    def report(phase: str, rows: int = 0) -> None:
        reached(phase)
        passed = max(time.monotonic() - started, 1e-9)
        progress(Progress(str(path), phase, rows, rows / passed))

    report("reading")
    sample = sample_of(path)
    found = format_of(sample, options)
    with room_to_work(options.name or str(path)), _workspace() as folder:
        job = _Job(path, found.name, options, started, folder, report)
        opened = _opened(found, sample, options, folder)
        if opened.charges_only:
            yield _judged_charges(opened, job)
            return
        stage = new_stage(folder, options.tz, options.cells)
        try:
            yield _judged_rows(stage, opened, job)
        finally:
            stage.close()


@contextmanager
def _workspace() -> Iterator[Path]:
    """Return a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="tollbook-") as folder:
        yield Path(folder)


def _opened(found: Format, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
    """Open a file; one that is read as a format against its looks may lack what that needs."""
    try:
        return found.open(sample, options, workspace)
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        if found.claims(sample):
            raise
        raise NoFormatError(
            f"{sample.path}: is no {found.name}: it lacks what such a file has"
        ) from error


def _judged_rows(stage: Stage, opened: Opened, job: _Job) -> _Judged:
    opened = _loaded(stage, opened, job)
    projection = opened.projection
    facts = stage.facts()
    job.report("checking", facts.rows)
    arrival = replace(
        _arrival(job, opened),
        set_aside=_explained(stage, opened, job.name, facts),
        assumptions=(*projection.assumptions, *_assumptions(job.options, projection, facts)),
        notices=(*projection.notices, *_notices(facts, projection, stage)),
    )
    return _Judged(job, arrival, (stage, facts))


def _judged_charges(opened: Opened, job: _Job) -> _Judged:
    """Judge a file that holds lines of a bill and no usage."""
    charges, faults = opened.charges, opened.charge_faults
    job.report("checking", len(charges) + len(faults))
    nothing = () if charges or faults else ("the file holds no charges: nothing was imported",)
    arrival = replace(
        _arrival(job, opened),
        set_aside=[SetAside(job.name, line, told(reason)) for line, reason in faults],
        notices=(*opened.projection.notices, *nothing),
    )
    return _Judged(job, arrival, None)


def _arrival(job: _Job, opened: Opened) -> Arrival:
    """Return what is noted about a file before its lines are judged."""
    return Arrival(
        path=job.name,
        format=job.format,
        imported_at=job.options.imported_at,
        origin=origin_of(opened.projection, job.options.organisation),
        set_aside=(),
        assumptions=opened.projection.assumptions,
        charges=opened.charges,
    )


def _committed(store: Store, judged: _Judged) -> ImportResult:
    job, arrival = judged.job, judged.arrival
    if judged.staged is None:
        done = commit_charges(store.path, arrival, len(arrival.set_aside), job.report)
        return _result(job, arrival, done)
    stage, facts = judged.staged
    if facts.with_id < facts.placed:
        stage.name_the_nameless()
        facts = stage.facts()
    done = commit(store.path, stage, arrival, facts, lambda phase: job.report(phase, facts.rows))
    return _result(job, arrival, done)


def _loaded(stage: Stage, opened: Opened, job: _Job) -> Opened:
    """Fill the stage, the slower way if the fast one gives up, and tell which it was."""
    try:
        _load(stage, opened, job)
    except UnreadableFileError as error:
        if opened.again is None:
            raise UnreadableFileError(f"{job.name}: {error}") from error
        slower = opened.again()
        _load(stage, slower, job)
        return slower
    return opened


def _load(stage: Stage, opened: Opened, job: _Job) -> None:
    is_large = opened.path.stat().st_size >= SAMPLED_FROM_BYTES
    lines = None
    if is_large and opened.over is not None:
        lines = SomeLines(opened.path, opened.over, job.workspace)
    load(stage, opened.projection, lines, job.options.date, is_large=is_large)


def _result(job: _Job, arrival: Arrival, done: Committed) -> ImportResult:
    counts = done.counts
    return ImportResult(
        path=arrival.path,
        format=arrival.format,
        import_id=done.import_id,
        rows_read=counts.rows_read,
        rows_added=counts.rows_added,
        rows_replaced=counts.rows_replaced,
        rows_duplicate=counts.rows_duplicate,
        rows_set_aside=counts.rows_set_aside,
        rows_without_usage=counts.rows_without_usage,
        differing=counts.differing,
        set_aside=tuple(arrival.set_aside),
        assumptions=arrival.assumptions,
        notices=arrival.notices,
        lock_seconds=done.lock_seconds,
        seconds=time.monotonic() - job.started,
    )


def _explained(stage: Stage, opened: Opened, path: str, facts: Facts) -> list[SetAside]:
    """Return line and reason of every row that was set aside; reads the file only if any was."""
    if not facts.aside:
        return []
    places = stage.aside_rows()
    found = [SetAside(path, line, told(reason)) for line, reason in opened.reasons(places)]
    gone = places[len(found) :]
    return [*found, *(SetAside(path, place + 1, CHANGED) for place in gone)]


def _assumptions(options: ImportOptions, projection: Projection, facts: Facts) -> list[str]:
    found = []
    if facts.dated and options.date is not None:
        found.append(f"{facts.dated} rows without a time are dated {options.date.isoformat()}")
    if projection.price_at is not None:
        found.append(f"priced as of {projection.price_at.isoformat()}, whenever the usage was")
    return found


def _notices(facts: Facts, projection: Projection, stage: Stage) -> list[str]:
    if not facts.rows and not projection.notices:
        return ["the file holds no usage: nothing was imported"]
    rounded = stage.count_of("rounded")
    return [f"{rounded} rows had parts of tokens, rounded half to even"] if rounded else []


def _check_zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise IngestError(f"there is no time zone {name!r}: write one as Europe/Berlin") from error
