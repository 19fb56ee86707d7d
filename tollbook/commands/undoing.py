"""``tollbook undo``: an import taken back, or the list of imports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from tollbook.import_words import COUNTS
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command
from tollbook.output import Column, Table, number_column

if TYPE_CHECKING:
    from ingest.store import ImportRecord, Store


@command("undo")
@click.argument("import_id", type=int, required=False)
@with_invocation
def undo_command(invocation: Invocation, import_id: int | None) -> None:
    """Take an import back.

    Without IMPORT_ID the imports are listed. Rows that a later import repeated stay,
    as rows of that import.
    """
    store = invocation.store()
    if import_id is None:
        _list_imports(invocation, store)
        return
    store.undo(import_id)
    record = next(each for each in store.imports() if each.import_id == import_id)
    if invocation.as_json:
        invocation.output.result({"import_id": import_id, "path": record.path, "undone": True})
    else:
        invocation.output.say(f"Import {import_id} ({record.path}) is undone.")


def _list_imports(invocation: Invocation, store: Store) -> None:
    records = store.imports()
    if invocation.as_json:
        invocation.output.result({"imports": [_record_answer(each) for each in records]})
        return
    columns = [number_column("Import"), Column("File"), Column("Format"), Column("Imported")]
    table = Table([*columns, number_column("Rows added"), Column("State")])
    for each in records:
        when = f"{each.imported_at:%Y-%m-%d %H:%M}" if each.imported_at else ""
        added = f"{each.counts.rows_added:,}"
        state = "undone" if each.undone else ""
        table.rows.append([str(each.import_id), each.path, each.format, when, added, state])
    invocation.output.table(table)
    invocation.output.note("'tollbook undo IMPORT' takes one back.")


def _record_answer(record: ImportRecord) -> dict[str, Any]:
    return {
        "import_id": record.import_id,
        "path": record.path,
        "format": record.format,
        "imported_at": record.imported_at.isoformat() if record.imported_at else None,
        "undone": record.undone,
        **{name: getattr(record.counts, name) for name in COUNTS},
    }
