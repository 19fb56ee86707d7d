"""A folder that is watched: its files are imported as they come, until somebody stops it."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from tollbook import clock
from tollbook.failures import translated
from tollbook.import_words import import_answer, show_imports
from tollbook.importing import Failure, choose_views, import_files, unpriced_volumes
from tollbook.usage_files import usage_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.imports import ImportOptions, ImportResult
    from tollbook.invocation import Invocation

    Mark = tuple[int, int]
    Handle = Callable[[Path], bool]


class WatchedFolder:
    """The usage files of a folder, each ready once when it has stopped growing.

    A file is ready when two looks one after the other find it the same, and again when
    it has changed since it was taken care of.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[Path, Mark] = {}
        self._done: dict[Path, Mark] = {}

    def look(self) -> list[Path]:
        """Look at all files and return those that are ready."""
        before, self._seen = self._seen, dict(self._marks())
        self._done = {path: mark for path, mark in self._done.items() if path in self._seen}
        still = [path for path, mark in self._seen.items() if before.get(path) == mark]
        return [path for path in still if self._done.get(path) != self._seen[path]]

    def is_there(self) -> bool:
        """Tell whether the folder exists now."""
        return self._folder.is_dir()

    def done(self, path: Path) -> None:
        """Note that a file is taken care of as it was at the last look."""
        self._done[path] = self._seen[path]

    def _marks(self) -> Iterator[tuple[Path, Mark]]:
        """Return size and time of each file; one that is just going away is not there."""
        for path in usage_in(self._folder):
            try:
                status = path.stat()
            except OSError:
                continue
            yield path, (status.st_size, status.st_mtime_ns)


def watch(
    folder: WatchedFolder, handle: Handle, seconds: float, came_or_went: Callable[[bool], None]
) -> None:
    """Look until somebody stops it; ``handle`` tells whether a file needs no other try.

    ``came_or_went`` hears when the folder vanishes, and when it is back.
    """
    was_there = True
    with until_stopped() as stopped:
        while not stopped.is_set():
            if folder.is_there() != was_there:
                was_there = not was_there
                came_or_went(was_there)
            for path in folder.look():
                if not stopped.is_set() and handle(path):
                    folder.done(path)
            clock.wait(stopped, seconds)


@contextmanager
def until_stopped() -> Iterator[Event]:
    """Give what Ctrl-C and a service manager set: what is being imported is finished first.

    A second Ctrl-C does not wait for that; an import that it breaks off leaves nothing.
    """
    stopped = Event()

    def stop(*_: object) -> None:
        stopped.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def watch_imports(
    invocation: Invocation, folder: Path, options: ImportOptions, seconds: float
) -> None:
    """Import what comes into a folder until somebody stops it; no failure ends it."""
    watched = _Imports(invocation, options)
    invocation.output.note(f"Watching {folder}, a look every {seconds:g} s (Ctrl-C stops it).")

    def came_or_went(is_there: bool) -> None:  # noqa: FBT001 - what it tells is yes or no
        gone = f"The folder {folder} is gone; nothing is imported until it is back."
        invocation.output.note(f"The folder {folder} is back." if is_there else gone)

    watch(WatchedFolder(folder), watched.handle, seconds, came_or_went)
    if invocation.as_json:
        unpriced = unpriced_volumes(invocation, watched.results)
        failures = [*watched.failures.values()]
        invocation.output.result(import_answer(watched.results, failures, unpriced))


class _Imports:
    """What came of the files of a watched folder; a failure stands until its file works."""

    def __init__(self, invocation: Invocation, options: ImportOptions) -> None:
        self._invocation = invocation
        self._options = options
        self.results: list[ImportResult] = []
        self.failures: dict[Path, Failure] = {}

    def handle(self, path: Path) -> bool:
        """Import a file; tell whether it needs no other try before it changes.

        A fault of the file stays as long as the file does, one of the store may pass.
        """
        from ingest.errors import StoreError

        try:
            self._import(path)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next file has its turn
            self._failed(Failure(path, str(translated(error))))
            return not isinstance(error, StoreError)
        return True

    def _import(self, path: Path) -> None:
        options = replace(self._options, imported_at=self._invocation.clock())
        done, failed = import_files(self._invocation, [path], options)
        for failure in failed:
            self._failed(failure)
        if done:
            self.failures.pop(path, None)
            self.results += done
            choose_views(self._invocation)
            if not self._invocation.as_json:
                show_imports(self._invocation, done, ())

    def _failed(self, failure: Failure) -> None:
        """Say a failure, once however often it comes back."""
        if self.failures.get(failure.path) != failure:
            self.failures[failure.path] = failure
            path, reason = str(failure.path), failure.reason
            self._invocation.output.note(reason if path in reason else f"{path}: {reason}")
