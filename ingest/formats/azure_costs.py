"""Exports of Azure Cost Management: actual or amortised cost, and answers of its query API.

Columns are those of an Enterprise Agreement (``Cost``, ``Date`` as MM/DD/YYYY), of a
Microsoft Customer Agreement (``costInBillingCurrency``) or of the API (``PreTaxCost``,
``Meter``, ``ServiceName``). Meters are disjoint: input is uncached input. Rows of models
are buckets of a day and charges; those of other services are counted and summed only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from ingest.azure_lines import (
    ASSUMED_CURRENCY,
    DAY,
    BillLine,
    bill_line,
    cost_of,
    is_ai,
    value_of,
)
from ingest.canonical import Given, Remarks, UsageRow, View, opened_rows
from ingest.csv_records import header_of
from ingest.digests import digest_of
from ingest.table_documents import is_json, plain_name, table_records
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from ingest.csv_records import Record
    from ingest.projection import ImportOptions, Opened, Sample

COSTS: Final = frozenset(("cost", "costinbillingcurrency", "pretaxcost"))
METERS: Final = frozenset(("metername", "meter"))
SERVICES: Final = frozenset(("metercategory", "servicename", "metersubcategory"))
FOCUS: Final = frozenset(("billedcost", "effectivecost", "chargeperiodstart"))
"""Columns of FOCUS, the same bill in other words: a format of its own."""
GROUPS: Final = ("subscription", "resource", "model", "meter", "zone", "service_tier")
KIND: Final = "completions"
"""The same kind as other exports of buckets: one traffic, of which one view counts."""
WIDTH: Final = int(DAY.total_seconds())
NO_REQUESTS: Final = "Azure's bill counts tokens, not requests: their number is not known from it"


class AzureCosts:
    """The format ``azure_costs``."""

    name = "azure_costs"

    def claims(self, sample: Sample) -> bool:
        """Tell by the columns: a cost, a meter and a service, and none of FOCUS."""
        names = _columns(sample)
        if names & FOCUS or not names & COSTS:
            return False
        api = "pretaxcost" in names and bool(names & (METERS | SERVICES))
        return api or bool(names & METERS and names & SERVICES)

    def nearness(self, sample: Sample) -> float:
        """Return how many of cost, meter and service have a column."""
        names = _columns(sample)
        found = (names & COSTS, names & METERS, names & SERVICES)
        return sum(map(bool, found)) / len(found)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make daily buckets and charges of the rows of models."""
        remarks = Remarks()
        given = _given(table_records(sample), options, remarks)
        return opened_rows(given, options, workspace, View("buckets", WIDTH), remarks)


def _columns(sample: Sample) -> set[str]:
    """Return the names of the columns: of a header, or those that a JSON document begins with."""
    if not is_json(sample.text):
        return {plain_name(name) for name in header_of(sample)}
    if '"columns"' not in sample.text:
        return set()
    known = ("PreTaxCost", "Cost", "Meter", "MeterName", "ServiceName", "MeterCategory",
             "MeterSubCategory")  # fmt: skip
    return {name.lower() for name in known if f'"{name}"' in sample.text}


@dataclass
class _Seen:
    """What the rows of a file come to."""

    others: int = 0
    without_tokens: int = 0
    used: int = 0
    without_currency: int = 0
    zone_not_named: int = 0
    other_costs: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    costs_without_tokens: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


def _given(records: Iterator[Record], options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    """Return other services' rows as they come, then those of models, which name each other."""
    seen, lines = _Seen(), list[BillLine]()
    for record in records:
        read = _read(record, options, seen)
        if read is None:
            yield Given(record.line, None)
        else:
            lines.append(read)
    grouping = _grouping(lines)
    same: Counter[str] = Counter()
    for each in lines:
        _note(each, seen, remarks)
        yield Given(each.line, _named(each, grouping, options.date, same))
    remarks.notices += _notices(seen, len(lines))
    remarks.assumptions += _assumptions(seen)


def _read(record: Record, options: ImportOptions, seen: _Seen) -> BillLine | None:
    """Return a row of a model, or one that cannot be read; None for another service's."""
    if isinstance(record.cells, Fault):
        return BillLine(record.line, record.cells)
    seen.without_currency += value_of(record.cells, "BillingCurrency") is None
    if is_ai(record.cells):
        return bill_line(record.line, record.cells, options)
    try:
        amount, currency = cost_of(record.cells)
    except Fault as fault:
        return BillLine(record.line, fault)
    seen.others += 1
    seen.other_costs[currency] += amount
    return None


def _grouping(lines: Sequence[BillLine]) -> tuple[str, ...]:
    used = {name for each in lines for name in each.groups or ()}
    return (*(name for name in GROUPS if name in used), *sorted(used - {*GROUPS}))


def _named(
    each: BillLine, grouping: tuple[str, ...], assumed: date | None, same: Counter[str]
) -> UsageRow | Fault | None:
    """Return the row with its key: day and groups; equal ones of a file are numbered."""
    if not isinstance(each.row, UsageRow) or each.groups is None:
        return each.row
    day = each.row.time.date() if each.row.time else assumed
    parts: list[Any] = [str(day), WIDTH, grouping, [each.groups.get(name) for name in grouping]]
    same[digest_of(parts)] += 1
    key = f"bucket:{day}:{digest_of([*parts, same[digest_of(parts)]])}"
    return replace(each.row, id=key, grouping=f"{KIND}:{','.join(grouping)}")


def _note(each: BillLine, seen: _Seen, remarks: Remarks) -> None:
    seen.used += isinstance(each.row, UsageRow)
    seen.zone_not_named += not each.zone_named
    if each.charge is None:
        return
    remarks.charges.append(each.charge)
    if each.row is None:
        seen.without_tokens += 1
        seen.costs_without_tokens[each.charge.currency] += each.charge.amount


def _notices(seen: _Seen, lines: int) -> list[str]:
    found = []
    if not lines and not seen.others:
        found.append("the export holds no rows: it covers a time without costs")
    if seen.others:
        others = f"{seen.others} rows of other services, {_money(seen.other_costs)}, are no AI"
        nothing = "" if lines else ", and there are no others"
        found.append(f"{others} usage: read and left out{nothing}")
    if seen.without_tokens:
        found.append(
            f"{seen.without_tokens} rows of AI services name no tokens, "
            f"{_money(seen.costs_without_tokens)}: kept as charges, without usage"
        )
    return found


def _money(costs: Mapping[str, Decimal]) -> str:
    return " and ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(costs.items()))


def _assumptions(seen: _Seen) -> list[str]:
    found = [NO_REQUESTS] if seen.used else []
    if seen.without_currency:
        found.append(f"{seen.without_currency} rows name no currency: taken for {ASSUMED_CURRENCY}")
    if seen.zone_not_named:
        rows = f"{seen.zone_not_named} rows have meters that name no zone"
        found.append(f"{rows}: taken for the region of their resource")
    return found
