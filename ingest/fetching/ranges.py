"""A range of days from one provider: all pages of all kinds first, then a file of each to import.

Nothing is imported before everything is there, and everything that is there stays until
the import is through: the same command goes on from the last page.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.errors import FetchError
from ingest.fetching.saved import CLOSED_RANGE_KEPT, OPEN_RANGE_KEPT, Asked, SavedPages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.fetching.requests import Kind, Request, Span
    from ingest.fetching.transport import Transport

MOST_PAGES: Final = 100_000
LONGEST_NAME: Final = 40


@dataclass(frozen=True)
class Fetched:
    """The pages of one kind in one file: how many, how many of them were there before."""

    kind: str
    format: str
    path: Path
    pages: int
    kept_pages: int
    rows: int


@dataclass(frozen=True)
class RangeFolder:
    """Where the pages of a range lie until they are imported: beside the store."""

    parent: Path
    name: str
    organisation: str = ""

    @classmethod
    def beside(cls, store: Path, provider: str, span: Span, organisation: str) -> RangeFolder:
        """Return the folder of a range; another organisation has another."""
        words = (provider, *([_as_name(organisation)] if organisation else []))
        days = f"{span.since.isoformat()}_{span.until.isoformat()}"
        name = f"{'_'.join(words)}_{days}"
        return cls(store.with_name(f"{store.name}.fetch"), name, organisation)

    @property
    def path(self) -> Path:
        """Return the folder itself."""
        return self.parent / self.name

    def file_of(self, kind: str) -> Path:
        """Return the file that holds all pages of a kind."""
        return self.path / f"{self.name}_{kind}.jsonl"

    def keeps_pages(self) -> bool:
        """Tell whether any page is kept."""
        return any(SavedPages(each).page(1) for each in self.path.glob("*"))

    def remove(self) -> None:
        """Take the range away, and the folder of ranges where no other is left."""
        shutil.rmtree(self.path, ignore_errors=True)
        if self.parent.is_dir() and not any(self.parent.iterdir()):
            self.parent.rmdir()


def fetch_range(
    kinds: Sequence[Kind],
    span: Span,
    transport: Transport,
    folder: RangeFolder,
    told: Callable[[str], None],
) -> list[Fetched]:
    """Return a file for each kind, all of them complete.

    Raises:
        FetchError: A page cannot be had; those before it stay.
    """
    now = transport.timing.now()
    kept_for = OPEN_RANGE_KEPT if span.is_open else CLOSED_RANGE_KEPT
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = []
    for kind in kinds:
        pages = SavedPages(folder.path / kind.name)
        address = transport.base_url + kind.first.target
        pages.begin(Asked(address, folder.organisation, now), kept_for)
        counts = _completed(kind, transport, pages, told)
        path = _joined(kind, pages, folder.file_of(kind.name))
        found.append(Fetched(kind.name, kind.format, path, *counts))
    return found


def _completed(
    kind: Kind, transport: Transport, saved: SavedPages, told: Callable[[str], None]
) -> tuple[int, int, int]:
    """Ask for the pages that are missing; return how many there are, were before, and rows."""
    request: Request | None = kind.first
    seen: set[str] = set()
    number, kept, rows = 0, 0, 0
    while request is not None:
        if request.target in seen or number >= MOST_PAGES:
            raise FetchError(f"{request.path} leads in a circle: it names a page that we had")
        seen.add(request.target)
        number += 1
        page = saved.page(number) if kept == number - 1 else None
        if page is None:
            told(f"{kind.name}: page {number}")
            reply = transport.get(request)
            document = reply.document
            following = kind.paging.following(request, document)
            saved.add(number, kind.paging.kept(reply.body, document))
        else:
            kept, document = number, page[1]
            following = kind.paging.following(request, document)
        rows += kind.paging.count(document)
        request = following
    saved.drop_after(number)
    return number, kept, rows


def _joined(kind: Kind, pages: SavedPages, path: Path) -> Path:
    with path.open("wb") as out:
        for body in pages.bodies():
            out.write(kind.paging.lines(body))
    path.chmod(0o600)
    return path


def remove_old(parent: Path, provider: str, now: datetime) -> None:
    """Take away ranges of a provider that were left unfinished and are too old to go on with."""
    for path in parent.glob(f"{provider}_*"):
        notes = [SavedPages(each).begun() for each in path.iterdir()] if path.is_dir() else []
        begun = [each for each in notes if each is not None]
        if begun and max(begun) + CLOSED_RANGE_KEPT < now:
            RangeFolder(parent, path.name).remove()


def _as_name(text: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in text)[:LONGEST_NAME]
