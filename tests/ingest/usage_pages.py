"""Pages of the Usage API and what an import made of them, for tests."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from costmodel.meters import INDEX, METERS, Meter
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import CellQuery, Store

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400
NOVEMBER_30 = 1_795_996_800


def result(**values: object) -> dict[str, Any]:
    usual = {"input_tokens": 100, "output_tokens": 10, "num_model_requests": 1}
    return {"object": "organization.usage.completions.result", **usual, "model": "m", **values}


def bucket(*results: object, start: object = NOVEMBER_30, width: int = DAY) -> dict[str, Any]:
    end = start + width if isinstance(start, int) else None
    return {"object": "bucket", "start_time": start, "end_time": end, "results": list(results)}


def page(*buckets: object, **values: object) -> dict[str, Any]:
    return {"object": "page", "data": list(buckets), "has_more": False, **values}


def imported(
    folder: Path,
    document: object,
    name: str = "usage.json",
    options: ImportOptions | None = None,
) -> tuple[ImportResult, Store]:
    """Import a document, or a text as it is, into the store of a folder."""
    path, store = folder / name, Store(folder / "store.duckdb")
    text = document if isinstance(document, str) else json.dumps(document)
    path.write_text(text, encoding="utf-8")
    return import_file(store, path, options=options), store


def amounts(store: Store) -> dict[str, dict[Meter, int]]:
    """Return the meters that are not zero, by model as served."""
    found: dict[str, dict[Meter, int]] = {}
    for cell in store.cells(CellQuery()):
        sums = found.setdefault(cell.key.model, dict.fromkeys(METERS, 0))
        for meter in METERS:
            sums[meter] += cell.quantities[INDEX[meter]]
    return {model: {m: n for m, n in sums.items() if n} for model, sums in found.items()}
