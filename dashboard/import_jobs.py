"""Files on their way in: one thread looks at them and imports them, one after another.

One process at a time may write to the store. A file that was looked at waits on disk
until somebody imports or discards it; none outlives the process.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import tempfile
import weakref
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING

from werkzeug.utils import secure_filename

from dashboard.import_words import result_sentence
from dashboard.mapping_choices import DAY, ORGANISATION, check_choices, chosen_day, mapping_yaml
from ingest.errors import IngestError, NoFormatError
from ingest.imports import ImportOptions, import_file, preview_file
from ingest.raw_lines import is_table
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dashboard.source import Source
    from ingest.imports import Progress
    from ingest.preview import Preview

_LOG = logging.getLogger("tollbook.dashboard")
_JOBS_KEPT = 100
_HELD_AT_MOST = 50
_LONGEST_NAME = 120
_NO_USAGE = (
    "choose an export of usage or costs, a log of API answers, or a table with a line of column "
    "names"
)
_WAITS = (
    "no format knows this table; it waits on the page Imports, where you say what its columns mean"
)


@dataclass(frozen=True)
class Job:
    """One file: ``state`` is waiting, running, held, done or failed, ``sentence`` says more."""

    state: str
    sentence: str
    rows: int = 0
    rows_per_second: float = 0.0


@dataclass(frozen=True)
class Held:
    """A file that waits for a decision: what was seen in it, or why it could not be read.

    A table that no format knows has a problem and waits for a ``mapping``, which says the
    ``choices`` that somebody made; a ``draft`` is what stands in the form now. ``day`` is what
    somebody wrote as the day of rows without a time in a file that needs no mapping.
    """

    name: str
    path: Path
    source: Source
    seen: Preview | None = None
    problem: str = ""
    mapping: Path | None = None
    choices: Mapping[str, str] | None = None
    draft: Mapping[str, str] | None = None
    day: str = ""


class _StoppedError(Exception):
    """The server ends while a file is on its way in."""


class Imports:
    """The imports of this process: a queue of one, how far each is, and the files that wait."""

    def __init__(self) -> None:
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._lock = Lock()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="import")
        self._folder: Path | None = None
        self._closing = Event()

    def room_for(self, name: str) -> Path:
        """Return a path in a folder of its own, with the file's own name as far as it is safe."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="tollbook-upload-"))
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        return folder / (secure_filename(name)[-_LONGEST_NAME:] or "upload")

    def start(self, path: Path, source: Source) -> str:
        """Import a file into a source's store, then delete the file; returns the job's name."""
        held = Held(secrets.token_urlsafe(9), path, source)
        return self._queued(held, self._import)

    def look(self, path: Path, source: Source) -> str:
        """Look at a file, which then waits to be imported or discarded; returns the job's name."""
        return self._queued(Held(secrets.token_urlsafe(9), path, source), self._look)

    def look_through(self, name: str, choices: Mapping[str, str]) -> bool:
        """Look at a table that waits through a mapping of its columns; tells whether it is there.

        The table waits on, whatever the mapping is like.
        """
        held = self._taken(name)
        if held is None:
            return False
        mapping = held.path.parent / "mapping" / "mapping.yaml"
        mapping.parent.mkdir(exist_ok=True)
        mapping.write_text(mapping_yaml(choices), encoding="utf-8")
        mapped = Held(name, held.path, held.source, mapping=mapping, choices=choices)
        self._queued(mapped, self._look)
        return True

    def look_with_day(self, name: str, day: str) -> bool:
        """Look again at a file that waits, with a day for its rows without a time.

        Tells whether it is there.
        """
        held = self._taken(name)
        if held is None:
            return False
        self._queued(replace(held, day=day), self._look)
        return True

    def note_draft(self, name: str, draft: Mapping[str, str]) -> None:
        """Keep what stands in the form of a table that waits, for when it is drawn anew."""
        with self._lock:
            if name in self._held:
                self._held[name] = replace(self._held[name], draft=draft)

    def accept(self, name: str) -> bool:
        """Import a file that waits; tells whether it is there and can be read."""
        held = self.held_file(name)
        if held is None or held.seen is None or self._taken(name) is None:
            return False
        self._queued(held, self._import)
        return True

    def discard(self, name: str) -> bool:
        """Delete a file that waits; tells whether it is there."""
        held = self._taken(name)
        if held is not None:
            shutil.rmtree(held.path.parent, ignore_errors=True)
        return held is not None

    def close(self) -> None:
        """Take no more files: what is being looked at or imported stops at its next step.

        An import that stops leaves nothing in the store, and no file stays on disk.
        """
        self._closing.set()
        self._worker.shutdown(cancel_futures=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def job(self, name: str) -> Job | None:
        """Return how a job is, None when there is none of this name."""
        with self._lock:
            return self._jobs.get(name)

    def held(self, store_path: Path) -> list[Held]:
        """Return the files that wait to come into a store, the latest first."""
        with self._lock:
            found = [each for each in self._held.values() if each.source.store_path == store_path]
        return found[::-1]

    def held_file(self, name: str) -> Held | None:
        """Return a file that waits, None when there is none of this name."""
        with self._lock:
            return self._held.get(name)

    def _taken(self, name: str) -> Held | None:
        with self._lock:
            return self._held.pop(name, None)

    def _set(self, name: str, job: Job) -> None:
        with self._lock:
            self._jobs[name] = job
            while len(self._jobs) > _JOBS_KEPT:
                self._jobs.popitem(last=False)

    def _queued(self, held: Held, work: Callable[[Held], Job]) -> str:
        self._set(held.name, Job("waiting", "waiting for its turn"))
        self._worker.submit(self._run, held, work)
        return held.name

    def _run(self, held: Held, work: Callable[[Held], Job]) -> None:
        path = held.path
        try:
            job = work(held)
        except IngestError as error:
            job = self._failed(held, _plain(error, path))
        except _StoppedError:
            job = Job("failed", "Tollbook was stopped before this file came in")
        except Exception:  # noqa: BLE001 - a thread's last words go to the page and the log
            _LOG.exception("an upload could not be imported")
            job = self._failed(held, f"{path.name} could not be read; the log of tollbook says why")
        if self.held_file(held.name) is None:
            shutil.rmtree(path.parent, ignore_errors=True)
        self._set(held.name, job)

    def _failed(self, held: Held, sentence: str) -> Job:
        """Return a job that failed; a file that could be read before waits for another try."""
        if held.seen is not None:
            self._hold(held, held.seen, "")
        return Job("failed", sentence)

    def _import(self, held: Held) -> Job:
        store = Store(held.source.store_path)
        try:
            result = import_file(
                store,
                held.path,
                options=_options(held),
                progress=self._teller(held.name, "checking and storing"),
            )
        except NoFormatError as error:
            if not is_table(held.path):
                raise
            self._hold(held, None, _plain(error, held.path))
            return Job("failed", f"{held.path.name}: {_WAITS}")
        return Job("done", result_sentence(result), result.rows_read)

    def _look(self, held: Held) -> Job:
        try:
            if held.choices is not None:
                check_choices(held.choices)
            seen = preview_file(held.path, _options(held), self._teller(held.name, "checking"))
        except IngestError as error:
            could_be_mapped = isinstance(error, NoFormatError) and is_table(held.path)
            if held.mapping is None and not could_be_mapped:
                raise
            return self._hold(held, None, _plain(error, held.path))
        return self._hold(held, seen, "")

    def _hold(self, held: Held, seen: Preview | None, problem: str) -> Job:
        kept = replace(held, seen=seen, problem=problem)
        with self._lock:
            self._held[held.name] = kept
            oldest = [] if len(self._held) <= _HELD_AT_MOST else [next(iter(self._held))]
        for name in oldest:
            self.discard(name)
        return Job("held", f"{held.path.name} was read", seen.rows_read if seen else 0)

    def _teller(self, name: str, after_reading: str) -> Callable[[Progress], None]:
        def tell(progress: Progress) -> None:
            if self._closing.is_set() and progress.phase != "committed":
                raise _StoppedError
            words = "reading" if progress.phase == "reading" else after_reading
            self._set(name, Job("running", words, progress.rows, progress.rows_per_second))

        return tell


def _options(held: Held) -> ImportOptions:
    configuration = held.source.configuration
    choices = held.choices or {}
    return ImportOptions(
        date=chosen_day({DAY: held.day, **choices}),
        organisation=choices.get(ORGANISATION, "").strip() or configuration.organisation,
        dimensions=configuration.dimensions,
        deployments=configuration.deployments,
        cells=configuration.cells,
        imported_at=held.source.clock(),
        mapping=held.mapping,
    )


def _plain(error: IngestError, path: Path) -> str:
    """Return what went wrong, and what to do about it on the page.

    The folder is left out, as it is gone when somebody reads it.
    """
    said = str(error)
    if isinstance(error, NoFormatError) and error.advice:
        said = f"{error.said}: {_NO_USAGE}"
    return said.replace(f"{path.parent / 'mapping'}/", "").replace(f"{path.parent}/", "")
