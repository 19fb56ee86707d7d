"""Charges in the store: who brought them, which of them count, what a new file changes.

All charges of all imports stay. Of lines that nothing but their amount and quantity tells
apart the latest import that is not undone counts, and it alone says how many there are. What
a file does not mention it takes nothing back of: bills come in parts, by project or by size.
Of one provider, organisation and day of a bill only one grouping counts: that with line
items, then the latest import. Charges of ``charges.csv`` have no grouping and all count.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.charges import Charge, ChargeKind, keys_of
from ingest.store.records import ImportCounts
from ingest.store.series import insert_rows
from ingest.values import storable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb

_LATEST: Final = """SELECT * EXCLUDE (is_latest) FROM (
    SELECT c.*, import_id = max(import_id) OVER (PARTITION BY split_part(key, '#', 1)) AS is_latest
    FROM {schema}charges c JOIN {schema}imports i USING (import_id) WHERE NOT i.undone)
    WHERE is_latest"""

_COUNTING: Final = f"""
WITH latest AS ({_LATEST}),
chosen AS (SELECT provider, organisation, start_at::DATE AS day, grouping,
        row_number() OVER (PARTITION BY provider, organisation, start_at::DATE
            ORDER BY contains(grouping, 'line_item') DESC, max(import_id) DESC) AS place
    FROM latest WHERE grouping <> ''
    GROUP BY provider, organisation, start_at::DATE, grouping)
SELECT l.* FROM latest l
WHERE grouping = '' OR EXISTS (SELECT 1 FROM chosen c WHERE c.place = 1
    AND c.provider = l.provider AND c.organisation = l.organisation
    AND c.day = l.start_at::DATE AND c.grouping = l.grouping)
ORDER BY start_at, provider, line_item, project, key
"""


@dataclass(frozen=True, slots=True)
class StoredCharge:
    """A charge that counts, with the organisation and the import that it came with."""

    charge: Charge
    organisation: str
    import_id: int


def charge_counts(
    connection: duckdb.DuckDBPyConnection, charges: Sequence[Charge], organisation: str, faults: int
) -> ImportCounts:
    """Return what charges would change: new keys, other amounts, the same again."""
    known = {
        row[0]: Decimal(row[1])
        for row in connection.execute(
            f"SELECT key, amount FROM ({_LATEST.format(schema='s.')})"
        ).fetchall()
    }
    pairs = list(zip(keys_of(charges, organisation), charges, strict=True))
    replaced = sum(key in known and known[key] != each.amount for key, each in pairs)
    duplicate = sum(key in known and known[key] == each.amount for key, each in pairs)
    return ImportCounts(
        rows_read=len(charges) + faults,
        rows_added=len(charges) - replaced - duplicate,
        rows_replaced=replaced,
        rows_duplicate=duplicate,
        rows_set_aside=faults,
        rows_without_usage=0,
        differing=replaced,
    )


def insert_charges(
    connection: duckdb.DuckDBPyConnection,
    import_id: int,
    charges: Sequence[Charge],
    organisation: str,
) -> None:
    """Add the charges of an import to the store attached as ``s``."""
    rows = [
        (import_id, key, organisation, *_row(each))
        for key, each in zip(keys_of(charges, organisation), charges, strict=True)
    ]
    insert_rows(connection, "s.charges", rows)


def _row(each: Charge) -> tuple[object, ...]:
    """Return the columns of a charge; a bill may name a model in characters no store can hold."""
    quantity = None if each.quantity is None else str(each.quantity)
    row = (
        each.line, each.provider, _naive(each.start), _naive(each.end), str(each.kind),
        str(each.amount), each.currency, each.line_item, each.model,
        None if each.meter is None else str(each.meter), quantity, each.unit, each.project,
        each.api_key, each.team, each.memo, each.grouping,
    )  # fmt: skip
    return tuple(storable(value) if isinstance(value, str) else value for value in row)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def counting_charges(connection: duckdb.DuckDBPyConnection) -> list[StoredCharge]:
    """Return the charges that count, of a store opened directly."""
    rows = connection.execute(_COUNTING.format(schema="")).fetchall()
    return [_stored(row) for row in rows]


def _stored(row: tuple[Any, ...]) -> StoredCharge:
    import_id, _key, organisation, *values = row
    (line, provider, start, end, kind, amount, currency, line_item, model, meter, quantity, unit,
     project, api_key, team, memo, grouping) = values  # fmt: skip
    charge = Charge(
        line=line,
        provider=provider,
        start=start.replace(tzinfo=UTC),
        end=end.replace(tzinfo=UTC),
        kind=ChargeKind(kind),
        amount=Decimal(amount),
        currency=currency,
        line_item=line_item,
        model=model,
        meter=None if meter is None else Meter(meter),
        quantity=None if quantity is None else Decimal(quantity),
        unit=unit,
        project=project,
        api_key=api_key,
        team=team,
        memo=memo,
        grouping=grouping,
    )
    return StoredCharge(charge, organisation, import_id)
