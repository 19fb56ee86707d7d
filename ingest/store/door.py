"""The only door to DuckDB files: short sessions, and patience when one is taken.

An open read-write session locks out every other process, and inside one process
DuckDB refuses to open a file in two ways at once. So readers of this process share
a file, a writer has it alone, and whoever meets the lock of another process tries
again. What DuckDB says about a lock names the other program; it is never shown.

To start DuckDB takes ten times as long as to open a file with it, so a process keeps
what it started; files are attached to it for a session and let go.
"""

from __future__ import annotations

import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar

import duckdb

from ingest.errors import NoRoomError, StoreBusyError, StoreMissingError, StoreUnreadableError
from ingest.room import is_full
from ingest.served import sql_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from ingest.errors import IngestError

Answer = TypeVar("Answer")

READ_ONLY: Final = "(READ_ONLY)"
LOCKED = "Could not set lock"
SMALLEST_STORE_BYTES: Final = 3 * 4096
"""What DuckDB writes first of all; a file with less of it never was a store."""
OUT_OF_REACH: Final = (
    "Permission denied",
    "Read-only file system",
    "No such file or directory",
    "Not a directory",
    "Is a directory",
)
PATIENCE_SECONDS = 60.0
FIRST_WAIT_SECONDS = 0.005
LONGEST_WAIT_SECONDS = 0.1


class _Turns:
    """Who may use one file in this process: many readers, or one writer."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers = 0
        self._writing = False
        self._waiting_writers = 0

    @contextmanager
    def shared(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._writing and not self._waiting_writers)
            self._readers += 1
        try:
            yield
        finally:
            with self._changed:
                self._readers -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._waiting_writers += 1
            self._changed.wait_for(lambda: not self._writing and not self._readers)
            self._waiting_writers -= 1
            self._writing = True
        try:
            yield
        finally:
            with self._changed:
                self._writing = False
                self._changed.notify_all()


QUIET_UTC: Final = "SET TimeZone='UTC'; SET enable_progress_bar=false"
"""Times are UTC, and no bar is drawn on stdout, which belongs to the answer."""

_TURNS: dict[str, _Turns] = {}
_TURNS_GUARD = threading.Lock()


def _turns(path: Path) -> _Turns:
    with _TURNS_GUARD:
        return _TURNS.setdefault(str(path.resolve()), _Turns())


class _Attachment:
    """One file among the readers' files: its name there, and how many read it now."""

    def __init__(self, root: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
        self._root = root
        self._path = path
        self._readers = 0
        self._guard = threading.Lock()
        self.name = name

    @contextmanager
    def held(self) -> Iterator[None]:
        """Attach the file with its first reader, let it go with its last."""
        with self._guard:
            if not self._readers:
                attach = _attach_sql(self._path, self.name, READ_ONLY)
                _patiently(self._path, lambda: self._run(attach))
            self._readers += 1
        try:
            yield
        finally:
            with self._guard:
                self._readers -= 1
                if not self._readers:
                    self._run(f"DETACH {self.name}")

    def _run(self, statement: str) -> None:
        with self._root.cursor() as cursor:
            cursor.execute(statement)


class _Readers:
    """One DuckDB that stays; all readers of a file in this process share one attachment of it."""

    def __init__(self, spill_into: Path) -> None:
        self._root = duckdb.connect(config={"temp_directory": str(spill_into)})
        self._guard = threading.Lock()
        self._attachments: dict[Path, _Attachment] = {}

    @contextmanager
    def session(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a session in which the tables of the file are called by their names."""
        attachment = self._attachment(path)
        with attachment.held(), self._root.cursor() as session:
            session.execute(f"{QUIET_UTC}; USE {attachment.name}")
            yield session

    def _attachment(self, path: Path) -> _Attachment:
        with self._guard:
            name = f"store_{len(self._attachments)}"
            fresh = _Attachment(self._root, name, path)
            return self._attachments.setdefault(path.resolve(), fresh)


_READERS: list[_Readers] = []
_WRITERS: list[duckdb.DuckDBPyConnection] = []
"""What was started and is idle; a writer that met an error is not kept."""


def _readers(path: Path) -> _Readers:
    with _TURNS_GUARD:
        if not _READERS:
            _READERS.append(_Readers(path.with_name(f"{path.name}.tmp")))
        return _READERS[0]


@contextmanager
def reading(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store to read; several readers may do so at once."""
    readers = _readers(path)
    with _turns(path).shared():
        try:
            with readers.session(path) as session:
                yield session
        except (duckdb.FatalException, duckdb.InternalException):
            _forget(readers)
            raise


def _forget(readers: _Readers) -> None:
    """Keep a DuckDB no longer that gave itself up: it refuses every question from then on."""
    with _TURNS_GUARD:
        if readers in _READERS:
            _READERS.remove(readers)


@contextmanager
def writing(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a store as ``s`` to change it; everybody else waits meanwhile."""
    try:
        connection = _WRITERS.pop()
    except IndexError:
        connection = duckdb.connect()
        connection.execute(QUIET_UTC)
    try:
        with attached(connection, path, read_only=False):
            yield connection
    except BaseException:
        connection.close()
        raise
    _WRITERS.append(connection)


def _attach_sql(path: Path, name: str, option: str) -> str:
    return f"ATTACH {sql_string(str(path))} AS {name} {option}"


@contextmanager
def attached(
    connection: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool
) -> Iterator[float]:
    """Attach a store to an in-memory session as ``s``; gives the time it was locked, in seconds.

    The time is on the monotonic clock, for measuring how long the lock is held.
    """
    attach = _attach_sql(path, "s", READ_ONLY if read_only else "")
    with _turns(path).alone():
        is_new = not path.exists()
        try:
            _patiently(path, lambda: connection.execute(attach), must_exist=read_only)
        except NoRoomError:
            if is_new:
                _remove_stump(path)
            raise
        try:
            yield time.monotonic()
        except duckdb.Error as error:
            if is_full(error) and str(path) in str(error):
                raise _no_room(path) from error
            raise
        finally:
            _detach(connection)


def _detach(connection: duckdb.DuckDBPyConnection) -> None:
    """Let a store go; where a full disk takes no checkpoint, its log holds what was committed."""
    try:
        connection.execute("DETACH s")
    except duckdb.Error as error:
        if not is_full(error):
            raise


def _patiently(path: Path, attempt: Callable[[], Answer], *, must_exist: bool = True) -> Answer:
    if must_exist and not path.exists():
        raise StoreMissingError(f"there is no store at {path}: import a file first, or check --db")
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    wait = FIRST_WAIT_SECONDS
    while True:
        try:
            return attempt()
        except duckdb.IOException as error:
            if LOCKED not in str(error):
                raise _not_opened(path, error) from error
        except duckdb.Error as error:
            raise _not_opened(path, error) from error
        if time.monotonic() > give_up_at:
            raise StoreBusyError(
                f"another program has kept {path} open for {PATIENCE_SECONDS:.0f} s: "
                "try again when its import is done"
            )
        time.sleep(wait * (0.5 + random.random()))  # noqa: S311 - spreads waiting programs
        wait = min(wait * 2, LONGEST_WAIT_SECONDS)


def _remove_stump(path: Path) -> None:
    """Remove what a full disk took of a new store; nobody could open it ever again."""
    if path.exists() and path.stat().st_size < SMALLEST_STORE_BYTES:
        path.unlink()


def _no_room(path: Path) -> NoRoomError:
    return NoRoomError(
        f"there is no room left on the disk of {path}: the store is as it was; "
        "make room and try again"
    )


def _not_opened(path: Path, error: duckdb.Error) -> IngestError:
    if is_full(error):
        return _no_room(path)
    said = next((each for each in OUT_OF_REACH if str(error).endswith(each)), None)
    if said is not None:
        return StoreUnreadableError(
            f"{path} cannot be opened as a store ({said[0].lower()}{said[1:]}): "
            "check its folder, or name another file with --db"
        )
    return StoreUnreadableError(
        f"{path} cannot be read as a store of Tollbook: name another file with --db"
    )
