"""Lines as the Chat API answers them, files of such lines, and what a store made of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from costmodel.meters import INDEX, METERS
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import CellQuery, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

OCTOBER_17 = 1_792_224_000
"""2026-10-17 08:00 UTC."""


def chat(number: int = 1, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """Return a completion of 100 tokens in and 10 out; ``usage`` and others may be given."""
    usual = {
        "id": f"chatcmpl-{number}",
        "object": "chat.completion",
        "created": OCTOBER_17,
        "model": "gpt-4.1-mini-2025-04-14",
        "service_tier": "default",
        "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110},
    }
    return {**usual, **values}


def counts(tokens_in: int, tokens_out: int, cached: int = 0) -> dict[str, Any]:
    return {
        "prompt_tokens": tokens_in,
        "completion_tokens": tokens_out,
        "total_tokens": tokens_in + tokens_out,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def written(path: Path, lines: Iterable[object]) -> Path:
    """Write lines: objects as JSON, texts as they are."""
    texts = (line if isinstance(line, str) else json.dumps(line) for line in lines)
    path.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
    return path


def imported(
    store: Store, name: str, lines: Iterable[object], options: ImportOptions | None = None
) -> ImportResult:
    """Import lines from a file of this name beside the store."""
    path = written(store.path.parent / name, lines)
    return import_file(store, path, options=options)


def accounting(result: ImportResult) -> dict[str, int]:
    """Return the counts of an import that are not zero."""
    names = ("read", "added", "replaced", "duplicate", "set_aside", "without_usage")
    found = {name: getattr(result, f"rows_{name}") for name in names}
    return {name: count for name, count in found.items() if count}


def adds_up(result: ImportResult) -> bool:
    parts = (result.rows_added, result.rows_replaced, result.rows_duplicate)
    others = (result.rows_set_aside, result.rows_without_usage)
    return result.rows_read == sum(parts) + sum(others)


def totals(store: Store, query: CellQuery | None = None) -> dict[str, int]:
    """Return requests, unmetered requests and every meter that is not zero."""
    cells = store.cells(query or CellQuery())
    found = {
        "requests": sum(cell.requests for cell in cells),
        "unmetered": sum(cell.unmetered_requests for cell in cells),
        **{str(meter): sum(cell.quantities[INDEX[meter]] for cell in cells) for meter in METERS},
    }
    return {name: count for name, count in found.items() if count}


def ledger(store: Store) -> dict[object, tuple[int, ...]]:
    """Return everything that cells say, as sums by their key and dimensions."""
    found: dict[object, list[int]] = {}
    for cell in store.cells(CellQuery(by=("feature", "team", "environment"))):
        sums = found.setdefault((cell.key, cell.dimensions), [0] * (len(METERS) + 2))
        for place, amount in enumerate((cell.requests, cell.unmetered_requests, *cell.quantities)):
            sums[place] += amount
    return {key: tuple(sums) for key, sums in found.items()}


def by_dimension(store: Store, name: str) -> Mapping[str | None, int]:
    """Return requests by the values of one dimension."""
    found: dict[str | None, int] = {}
    for cell in store.cells(CellQuery(by=(name,))):
        value = cell.dimensions[0]
        found[value] = found.get(value, 0) + cell.requests
    return found
