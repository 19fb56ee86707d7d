"""Answers that take long to read from single requests, kept in a folder beside the store.

Each is kept under everything that decides it: the state of the store, the question and the
program's own text. So an import, an undo or a new version leaves it behind, a copied or
exchanged store never meets another one's answers, and the folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeVar, cast

import costmodel
from ingest import answer_text, store
from ingest.store.cells import EPOCH, QUARTER_SECONDS, first_quarter_from

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from ingest.store import CellQuery, Standing, Store

Answer = TypeVar("Answer")

WORTH_KEEPING_SECONDS = 0.2
"""What is found faster is asked again: small stores never get a folder."""
ONE_DAY: Final = timedelta(days=1)
MOST_ANSWERS = 200
KEY_LENGTH: Final = 32

_UNDER_WAY: Final[dict[Path, Lock]] = {}
_GUARD: Final = Lock()


def kept(source: Store, question: object, ask: Callable[[], Answer]) -> Answer:
    """Return what ``ask`` answers, from the folder where it was asked in this state before.

    ``question`` must say, by its ``repr``, everything beside the store that decides the
    answer. Who asks what somebody else is just finding out waits for that.
    """
    standing = source.standing()
    if standing is None:
        return ask()
    folder = folder_of(source.path) / _key(standing)
    path = folder / f"{_key(question)}.json"
    with _GUARD:
        lock = _UNDER_WAY.setdefault(path, Lock())
    with lock:
        try:
            return cast("Answer", answer_text.parsed(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, LookupError, TypeError):  # not there, or not whole
            return _asked(path, ask, lambda: source.standing() == standing)


def folder_of(path: Path) -> Path:
    """Return where the answers of a store are kept."""
    return path.with_name(f"{path.name}.answers")


def as_kept(query: CellQuery, standing: Standing | None) -> CellQuery:
    """Return a query by quarters of an hour, as cells are read, no longer than there is usage.

    So "the last 30 days" of a minute ago and of now are one question. Less than a day is
    left as it is.
    """
    since, until = query.since, query.until
    if since is None or until is None or until - since >= ONE_DAY:
        since, until = _quarter(since), _quarter(until)
    if standing is not None and standing.extent is not None:
        first, last = standing.extent
        since = None if since is not None and since <= first else since
        until = None if until is not None and until >= last else until
    return replace(query, since=since, until=until)


def question(query: CellQuery) -> tuple[object, ...]:
    """Return a query as part of a question, the same for equal ones."""
    served = None if query.served is None else sorted(query.served)
    filters = sorted((name, sorted(map(repr, values))) for name, values in query.filters.items())
    times = (query.since, query.until, query.edges, query.change_dates)
    return (times, filters, query.by, served, query.organisation)


def _quarter(moment: datetime | None) -> datetime | None:
    """Return the first quarter of an hour from a moment on."""
    if moment is None:
        return None
    return EPOCH + first_quarter_from(moment) * (EPOCH.resolution * QUARTER_SECONDS * 1_000_000)


def _key(asked: object) -> str:
    text = f"{_program()} {asked!r}"
    return hashlib.sha256(text.encode()).hexdigest()[:KEY_LENGTH]


@cache
def _program() -> str:
    """Return a hash of the program's text that answers come from."""
    digest = hashlib.sha256()
    for package in (costmodel, store):
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _asked(path: Path, ask: Callable[[], Answer], is_unchanged: Callable[[], bool]) -> Answer:
    started = time.monotonic()
    answer = ask()
    if time.monotonic() - started >= WORTH_KEEPING_SECONDS and is_unchanged():
        _keep(path, answer_text.written(answer))
    return answer


def _keep(path: Path, text: str) -> None:
    """Write an answer whole or not at all; a disk that takes nothing costs only time later."""
    unfinished = path.with_suffix(f".{time.monotonic_ns()}")
    try:
        if not path.parent.exists():
            shutil.rmtree(path.parents[1], ignore_errors=True)
            path.parent.mkdir(parents=True)
        kept_before = sorted(path.parent.iterdir(), key=lambda each: each.stat().st_mtime_ns)
        for oldest in kept_before[: -(MOST_ANSWERS - 1)]:
            oldest.unlink(missing_ok=True)
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    except OSError:
        return
