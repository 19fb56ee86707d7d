"""The demo as a store and a source, for tests of everything that shows it."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from dashboard.context import Source
from ingest.configuration import read_configuration
from ingest.imports import ImportOptions, import_file
from ingest.store import Store
from pricing import load_book

DEMO = Path(__file__).parents[1] / "sample_logs" / "demo"
SECONDS_TO_IMPORT = 120
DEMO_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def demo_clock() -> datetime:
    return DEMO_NOW


def demo_store_in(folder: Path) -> Path:
    """A store that holds the whole demo, in a folder of a test run, which imports it only once."""
    of_a_worker = folder.parent.name.startswith("popen-")
    kept = folder.parents[1 if of_a_worker else 0] / "demo-of-this-run"
    store, begun = kept / "demo.duckdb", kept / "begun.duckdb"
    try:
        kept.mkdir()
    except FileExistsError:
        _wait_for(store)
    else:
        for file in (*sorted(DEMO.glob("*.jsonl.gz")), *DEMO.glob("costs-*.csv")):
            import_file(Store(begun), file, options=ImportOptions(organisation="demo"))
        begun.rename(store)
    return Path(shutil.copy(store, folder))


def _wait_for(store: Path) -> None:
    """Wait until another worker has made a store."""
    ends_at = time.monotonic() + SECONDS_TO_IMPORT
    while not store.exists():
        assert time.monotonic() < ends_at, f"nobody made {store}"
        threading.Event().wait(0.05)


def demo_source_of(store_path: Path) -> Source:
    configuration = read_configuration(DEMO / "tollbook.yaml")
    return Source(store_path, load_book(), configuration, demo_clock, demo=True)
