"""The demo as a store and a source, for tests of everything that shows it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dashboard.context import Source
from ingest.configuration import read_configuration
from ingest.imports import ImportOptions, import_file
from ingest.store import Store
from pricing import load_book

DEMO = Path(__file__).parents[1] / "sample_logs" / "demo"
DEMO_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def demo_clock() -> datetime:
    return DEMO_NOW


def demo_store_in(folder: Path) -> Path:
    """A store that holds the whole demo."""
    path = folder / "demo.duckdb"
    for file in sorted(DEMO.glob("*.jsonl.gz")):
        import_file(Store(path), file, options=ImportOptions(organisation="demo"))
    return path


def demo_source_of(store_path: Path) -> Source:
    configuration = read_configuration(DEMO / "tollbook.yaml")
    return Source(store_path, load_book(), configuration, demo_clock, demo=True)
