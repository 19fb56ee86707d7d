"""The sample usage: where it lies, and the demo's store made of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook.errors import TollbookError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingest.configuration import Configuration
    from ingest.imports import Progress

DEMO_STORE = Path("demo.duckdb")
DEMO_NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""The moment at which the demo stands still."""


def samples() -> Path:
    """Return the folder of sample usage, in the source tree or inside the installed package."""
    here = Path(__file__).parent
    for folder in (here.parent / "sample_logs", here / "sample_logs"):
        if (folder / "demo").is_dir():
            return folder
    raise TollbookError("the sample usage is not installed; install Tollbook again")


def demo_files() -> tuple[Path, ...]:
    """Return the files of the demo: its usage in the order of export, then its bill."""
    folder = samples() / "demo"
    return (*sorted(folder.glob("*.jsonl.gz")), *sorted(folder.glob("costs-*.csv")))


def demo_configuration() -> Configuration:
    """Return the demo's configuration, with its budget, notes and features."""
    from ingest.configuration import FILE_NAME, read_configuration

    return read_configuration(samples() / "demo" / FILE_NAME)


def import_demo(path: Path, progress: Callable[[Progress], None] | None = None) -> int:
    """Bring the sample usage into a store unless it is there; return how many rows were added."""
    from ingest.imports import ImportOptions, import_file
    from ingest.store import Store

    store = Store(path)
    known = {Path(each.path).name for each in store.imports() if not each.undone}
    missing = [each for each in demo_files() if each.name not in known]
    configuration = demo_configuration()
    options = ImportOptions(
        organisation=configuration.organisation,
        dimensions=configuration.dimensions,
        cells=configuration.cells,
        imported_at=DEMO_NOW,
    )
    told = progress or (lambda _: None)
    results = [import_file(store, each, options=options, progress=told) for each in missing]
    return sum(result.rows_added for result in results)
