"""Pages on disk while a range is fetched, so that a run that breaks off goes on from there."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTE: Final = "asked.json"
OPEN_RANGE_KEPT: Final = timedelta(hours=1)
"""Pages of a range that goes on grow old: today's buckets fill up."""
CLOSED_RANGE_KEPT: Final = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """What the pages of a folder are the answer to: address and first request, for whom, when."""

    address: str
    organisation: str
    begun: datetime

    def is_of_one_run_with(self, before: Asked, kept_for: timedelta) -> bool:
        """Tell whether pages asked for before answer this question, and are fresh enough."""
        same = (self.address, self.organisation) == (before.address, before.organisation)
        return same and timedelta() <= self.begun - before.begun <= kept_for


class SavedPages:
    """The pages of one kind in a folder of their own, numbered from 1; only their owner reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, asked: Asked, kept_for: timedelta) -> None:
        """Keep pages that answer the same question and are fresh; else start anew."""
        before = self._note()
        if before is not None and asked.is_of_one_run_with(before, kept_for):
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        note = {**asdict(asked), "begun": asked.begun.isoformat()}
        _write(self.folder / NOTE, json.dumps(note).encode())

    def begun(self) -> datetime | None:
        """Return since when pages are kept here, None where none are."""
        before = self._note()
        return before.begun if before else None

    def page(self, number: int) -> tuple[bytes, Any] | None:
        """Return a page and its JSON, None where it is not there or cannot be read."""
        try:
            body = self._path(number).read_bytes()
            return body, json.loads(body)
        except (OSError, ValueError):
            return None

    def add(self, number: int, body: bytes) -> None:
        """Keep a page; it is there as a whole afterwards, whatever happens meanwhile."""
        _write(self._path(number), body)

    def drop_after(self, number: int) -> None:
        """Take away pages behind one; they answered questions that are asked anew."""
        while (path := self._path(number := number + 1)).exists():
            path.unlink()

    def bodies(self) -> Iterator[bytes]:
        """Return all pages in order."""
        number = 1
        while (path := self._path(number)).exists():
            yield path.read_bytes()
            number += 1

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06}.json"

    def _note(self) -> Asked | None:
        try:
            note = json.loads((self.folder / NOTE).read_bytes())
            begun = datetime.fromisoformat(note["begun"])
            return Asked(str(note["address"]), str(note["organisation"]), begun)
        except (OSError, ValueError, TypeError, KeyError):
            return None


def _write(path: Path, body: bytes) -> None:
    """Write a file beside its place and move it there when it is whole."""
    beside = path.with_suffix(".part")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(body)
        out.flush()
        os.fsync(out.fileno())
    beside.replace(path)
