"""Files of gateways' exports, and what a store made of them."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import duckdb

from ingest.files import sample_of
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from ingest.formats.base import Format


def imported(
    folder: Path, text: str, name: str = "export.json", options: ImportOptions | None = None
) -> tuple[ImportResult, Store]:
    """Import a text as a file of this name into the store of the folder."""
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    store = Store(folder / "store.duckdb")
    return import_file(store, path, options=options), store


def claims(format_: Format, folder: Path, text: str) -> bool:
    """Tell whether a format claims a file that holds this text."""
    path = folder / "claimed"
    path.write_text(text, encoding="utf-8")
    return format_.claims(sample_of(path))


def table(rows: Sequence[Mapping[str, Any]], by: str = ",", end: str = "\n") -> str:
    """Return rows as a table, objects in cells as JSON, nothing as an empty cell."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), delimiter=by, lineterminator=end)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return out.getvalue()


def _cell(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value


def containers(rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return the same rows in every way that gateways save them."""
    return {
        "array.json": json.dumps(rows),
        "pretty.json": json.dumps(rows, indent=2),
        "lines.jsonl": lines(rows),
        "reply.json": json.dumps({"data": rows, "total": len(rows)}),
        "table.csv": table(rows),
        "tabs.csv": "\ufeff" + table(rows, "\t", "\r\n"),
        "semicolons.csv": table(rows, ";"),
    }


def lines(rows: Iterable[object]) -> str:
    """Return objects one to a line, texts as they are."""
    return "".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in rows)


def reported(store: Store) -> dict[str, str]:
    """Return what the export says that each request or bucket cost, by its id."""
    return {
        row["request_id"]: str(json.loads(row["extra"]).get("reported_cost"))
        for row in raw_rows(store)
        if row["extra"] is not None
    }


def raw_rows(store: Store) -> list[dict[str, Any]]:
    """Return the stored rows as they are."""
    with duckdb.connect(str(store.path), read_only=True) as connection:
        found = connection.execute("SELECT * FROM usage ORDER BY row_id")
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
