"""OpenAI's bill as charges, whether its Costs API or its dashboard wrote it.

Every row is money of one day and group. What the export was grouped by is what any row
has a value for. Fields that could tell a person are kept as a hash where they are addresses.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from ingest.canonical import Remarks, opened_charges
from ingest.charges import Charge
from ingest.line_items import LineItem, counted_in, line_item_of
from ingest.names import end_of_key, without_addresses
from ingest.values import Fault, currency_of, moment_of, money_of, number_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened

GROUPS: Final = ("project_id", "line_item", "api_key_id", "user_id", "api_source")
"""Columns by which a bill may be grouped."""
ASSUMED_CURRENCY: Final = "USD"
"""The currency of an amount without one: OpenAI bills in it."""
NOT_BY_LINE_ITEM: Final = (
    "the export is not grouped by line item, so tokens and tools cannot be told apart: "
    "export it by line item"
)
MIXED: Final = (
    "rows without a line item: {} of {}; if exports grouped in different ways are joined here, "
    "import each as a file of its own"
)
RESULT: Final = '"organization.costs.result"'
SHOWN: Final = 3
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BillRow:
    """A row of a bill in the names of the dashboard's columns, or why it is none.

    ``scope`` tells rows that stand beside each other from rows that restate each other.
    """

    line: int
    where: str
    scope: object
    values: Mapping[str, Any] | Fault


@dataclass
class _Notes:
    blank: int = 0
    restated: int = 0
    without_currency: int = 0
    without_line_item: int = 0
    charges: int = 0
    unknown: dict[str, None] = field(default_factory=dict)


def holds_costs(text: str) -> bool:
    """Tell whether results of a page are costs: they say so, or have amounts by line item."""
    if '"results"' not in text and '"result"' not in text:
        return False
    return RESULT in text or ('"amount"' in text and '"line_item"' in text)


def opened_bill(
    rows: Iterable[BillRow],
    options: ImportOptions,
    workspace: Path,
    notices: Sequence[str] = (),
) -> Opened:
    """Return the charges of a bill, with those that cannot be right set aside."""
    listed = list(rows)
    grouping = ",".join(name for name in GROUPS if any(_has(row, name) for row in listed))
    notes = _Notes()
    made = [(row, _charge_or_fault(row, grouping, notes)) for row in listed]
    given = [(row.line, each) for row, each in _latest(made, notes)]
    remarks = Remarks([*_notices(notes, grouping), *notices], _assumptions(notes))
    return opened_charges(given, options, workspace, remarks)


def _has(row: BillRow, name: str) -> bool:
    return not isinstance(row.values, Fault) and text_of(row.values.get(name)) is not None


def _charge_or_fault(row: BillRow, grouping: str, notes: _Notes) -> Charge | Fault | None:
    """Return what a row makes; None for a bucket without charges."""
    if isinstance(row.values, Fault):
        return _placed(row, row.values)
    if not any(_has(row, name) for name in ("amount_value", "quantity", "line_item")):
        notes.blank += 1
        return None
    try:
        return _charge(row.line, row.values, grouping, notes)
    except Fault as fault:
        return _placed(row, fault)


def _placed(row: BillRow, fault: Fault) -> Fault:
    return Fault(": ".join(part for part in (row.where, str(fault)) if part))


def _charge(line: int, values: Mapping[str, Any], grouping: str, notes: _Notes) -> Charge:
    names = {name: _name(name, values.get(name)) for name in (*GROUPS, "quantity_unit")}
    start, end = _period(values)
    amount = _number("amount_value", values.get("amount_value"))
    if amount is None:
        raise Fault("no amount")
    number_of("quantity", values.get("quantity"))
    quantity = _number("quantity", values.get("quantity"))
    currency = _currency(values.get("amount_currency"), notes)
    counted, unit = counted_in(quantity, names["quantity_unit"])
    item = line_item_of(names["line_item"], unit)
    _note(item, names["line_item"], notes)
    return Charge(
        line=line,
        provider="openai",
        start=start,
        end=end,
        kind=item.kind,
        amount=amount,
        currency=currency,
        line_item=_kept(names["line_item"]),
        model=item.model,
        meter=item.meter,
        quantity=counted,
        unit=unit,
        project=_kept(names["project_id"]),
        api_key=_key(names["api_key_id"]),
        memo=_memo(names),
        grouping=grouping,
    )


def _number(name: str, value: object) -> Decimal | None:
    """Return a number with every digit; OpenAI groups no thousands, so a comma is a decimal one."""
    text = text_of(value)
    if text is not None and "," in text:
        raise Fault(
            f"{name} is {text[:40]!r}: a spreadsheet wrote it with a comma, export it again"
        )
    return money_of(name, value)


def _name(name: str, value: object) -> str | None:
    if isinstance(value, bool | int | float | Decimal | dict | list):
        raise Fault(f"{name} is {str(value)[:40]!r}, not a name")
    return text_of(value)


def _period(values: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start, end = (_moment(values, name) for name in ("start_time", "end_time"))
    if start is None:
        raise Fault("no start_time")
    end = end or start + _DAY
    if end <= start:
        raise Fault(f"end_time {end:%Y-%m-%d %H:%M} is not after start_time {start:%Y-%m-%d %H:%M}")
    return start, end


def _moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """Return a time; one without a zone is UTC, as OpenAI writes it."""
    return moment_of(name, values.get(name)) or moment_of(f"{name}_iso", values.get(f"{name}_iso"))


def _currency(value: object, notes: _Notes) -> str:
    currency = currency_of("amount_currency", value)
    if currency is None:
        notes.without_currency += 1
    return currency or ASSUMED_CURRENCY


def _note(item: LineItem, text: str | None, notes: _Notes) -> None:
    notes.charges += 1
    notes.without_line_item += text is None
    if not item.known and text is not None:
        notes.unknown[text] = None


def _kept(text: str | None) -> str | None:
    return None if text is None else without_addresses(text)


def _key(text: str | None) -> str | None:
    """Return the last characters of a key's name, as usage has them."""
    return None if text is None else end_of_key(text)


def _memo(names: Mapping[str, str | None]) -> str | None:
    """Return what else tells rows apart, so that each finds itself in the next export."""
    parts = [f"{name} {_kept(names[name])}" for name in ("user_id", "api_source") if names[name]]
    return ", ".join(parts) or None


def _latest(
    made: Iterable[tuple[BillRow, Charge | Fault | None]], notes: _Notes
) -> list[tuple[BillRow, Charge | Fault]]:
    """Return charges and faults; of pages that repeat a bucket the last one counts."""
    found: dict[object, tuple[BillRow, Charge | Fault]] = {}
    seen: Counter[object] = Counter()
    for place, (row, each) in enumerate(made):
        if isinstance(each, Fault):
            found[place] = (row, each)
        elif each is not None:
            alike = replace(each, line=0, amount=Decimal(0), quantity=None)
            seen[row.scope, alike] += 1
            key = (alike, seen[row.scope, alike])
            notes.restated += key in found
            found[key] = (row, each)
    return list(found.values())


def _notices(notes: _Notes, grouping: str) -> list[str]:
    found = []
    if notes.blank:
        found.append(f"buckets of the export without charges: {notes.blank}")
    if notes.charges and "line_item" not in grouping:
        found.append(NOT_BY_LINE_ITEM)
    elif notes.without_line_item:
        found.append(MIXED.format(notes.without_line_item, notes.charges))
    if notes.restated:
        found.append(
            "charges that stand in several pages or parts, of which the last counts: "
            f"{notes.restated}"
        )
    if notes.unknown:
        shown = ", ".join(f"{each[:60]!r}" for each in list(notes.unknown)[:SHOWN])
        count = len(notes.unknown)
        words = "line items that are not known and count as other"
        found.append(f"{words}: {count}, such as {shown}")
    return found


def _assumptions(notes: _Notes) -> list[str]:
    if not notes.without_currency:
        return []
    return [f"amounts without a currency, taken as {ASSUMED_CURRENCY}: {notes.without_currency}"]
