"""An import that tells how much memory it took."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingest.errors import IngestError
from ingest.imports import ImportOptions, import_file
from ingest.store import Store

COLUMNS = "columns: {time: start_time, model: model, input: input_tokens}"


def import_and_measure(path: Path, store: Path, format_name: str | None) -> dict[str, Any]:
    """Return counts and reasons, or why it was refused, and the most kilobytes ever held."""
    mapping = None
    if format_name == "mapped":
        mapping = path.with_name("mapping.yaml")
        mapping.write_text(COLUMNS, encoding="utf-8")
    options = ImportOptions(format=None if mapping else format_name, mapping=mapping)
    told: dict[str, Any] = {}
    try:
        found = import_file(Store(store), path, options=options)
        told = {"read": found.rows_read, "added": found.rows_added, "aside": found.rows_set_aside}
        told["reasons"] = [[each.line, each.reason] for each in found.set_aside]
    except IngestError as error:
        told["refused"] = str(error)
    return {**told, "kilobytes": _most_kilobytes()}


def _most_kilobytes() -> int:
    """Return what this process held at most; a forked one begins with what it was forked from."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return int(status["VmHWM"].split()[0])
