"""Stores that many tests begin with: made when the first one asks, and copied for each."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable


def copied(fill: Callable[[Store], object]) -> Callable[[Path], Store]:
    """Return what puts a copy of a store that ``fill`` filled at a path."""

    @cache
    def content() -> bytes:
        with TemporaryDirectory() as folder:
            store = Store(Path(folder) / "store.duckdb")
            fill(store)
            return store.path.read_bytes()

    def copy_at(path: Path) -> Store:
        path.write_bytes(content())
        return Store(path)

    return copy_at
