"""Anthropic's costs by day: pages of the Admin API's cost report, and the Console's cost CSV.

The report's amounts are texts in cents, with fractions of them; the CSV's are dollars.
Every kind of token is a line of its own, and the kinds are disjoint.
Source: anthropic-sdk-python, and Console exports (facts 2.11).
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.anthropic_pages import Result, results_of
from ingest.canonical import Remarks, opened_charges
from ingest.charges import Charge, ChargeKind, kind_in_words
from ingest.csv_records import header_of, records_of
from ingest.json_objects import word_of
from ingest.names import kept_name
from ingest.values import Fault, moment_of, money_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

CSV_MARKS: Final = frozenset(("usage_date_utc", "cost_usd"))
METERS: Final[Mapping[str, Meter]] = {
    "uncached_input_tokens": Meter.INPUT,
    "input_no_cache": Meter.INPUT,
    "cache_read_input_tokens": Meter.CACHED_INPUT,
    "input_cache_read": Meter.CACHED_INPUT,
    "cache_creation.ephemeral_5m_input_tokens": Meter.CACHE_WRITE,
    "input_cache_write": Meter.CACHE_WRITE,
    "input_cache_write_5m": Meter.CACHE_WRITE,
    "cache_creation.ephemeral_1h_input_tokens": Meter.CACHE_WRITE_1H,
    "input_cache_write_1h": Meter.CACHE_WRITE_1H,
    "output_tokens": Meter.OUTPUT,
    "output": Meter.OUTPUT,
}
TOKENS: Final = frozenset(("token", "tokens"))
TOOLS: Final = frozenset(("web_search", "code_execution", "session_usage"))
ITEM_COLUMNS: Final = ("description", "cost_type", "token_type", "model")
MEMO_COLUMNS: Final = ("service_tier", "usage_type", "context_window", "inference_geo", "speed")
"""Columns that tell charges apart, beside model, kind of token, workspace and key."""
PEOPLE: Final = ("workspace_id", "workspace", "api_key_id", "api_key")
EVERYTHING: Final = (
    "the export is not grouped by description, so tokens and tools cannot be told apart: "
    "export it by description"
)
DAY: Final = timedelta(days=1)
CENTS: Final = -2


@dataclass(frozen=True, slots=True)
class _Line:
    """A row of the report or of the table, its amount in dollars; or why it is none."""

    line: int
    where: str
    scope: object
    start: datetime
    end: datetime
    amount: Decimal
    values: Mapping[str, str | None]


class AnthropicCosts:
    """The format ``anthropic_costs``."""

    name = "anthropic_costs"

    def claims(self, sample: Sample) -> bool:
        """Tell a report by its amounts in buckets, a table by its columns."""
        if set(header_of(sample)) >= CSV_MARKS:
            return True
        start = sample.text.lstrip()
        marks = ('"starting_at"', '"results"', '"amount"', '"currency"')
        return start.startswith(("{", "[")) and all(mark in start for mark in marks)

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual columns or marks that the sample shows."""
        usual = {*CSV_MARKS, "model", "token_type", "cost_type", "list_price_usd"}
        marks = ('"starting_at"', '"results"', '"amount"', '"currency"', '"cost_type"')
        shown = sum(mark in sample.text for mark in marks) / len(marks)
        return max(shown, len(usual & set(header_of(sample))) / len(usual))

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every result or record a charge."""
        remarks = Remarks()
        pages = sample.text.lstrip().startswith(("{", "["))
        found = list(_of_pages(sample.path, remarks.notices) if pages else _of_table(sample))
        return opened_charges(_charges(found, remarks.notices), options, workspace, remarks)


def _of_pages(path: Path, notices: list[str]) -> Iterator[_Line | tuple[int, Fault]]:
    for each in results_of(path, notices):
        if not isinstance(each, Result):
            yield each
            continue
        try:
            amount = _cents(each.values)
            values = _words(each.values)
        except Fault as fault:
            yield each.line, Fault(f"{each.where}: {fault}")
            continue
        yield _Line(each.line, each.where, each.scope, each.start, each.end, amount, values)


def _cents(values: Mapping[str, Any]) -> Decimal:
    """Return the amount in dollars; only those are documented to come in hundredths."""
    currency = text_of(values.get("currency"))
    if (currency or "USD").upper() != "USD":
        raise Fault(f"currency is {str(currency)[:40]!r}, and only USD is known to be in cents")
    amount = money_of("amount", values.get("amount"))
    if amount is None:
        raise Fault("no amount")
    return amount.scaleb(CENTS)


def _words(values: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: word_of(values, name) for name in (*ITEM_COLUMNS, *MEMO_COLUMNS, *PEOPLE)}


def _of_table(sample: Sample) -> Iterator[_Line | tuple[int, Fault]]:
    for record in records_of(sample):
        try:
            if isinstance(record.cells, Fault):
                raise record.cells
            yield _of_record(record.line, record.part, record.cells)
        except Fault as fault:
            yield record.line, fault


def _of_record(line: int, part: int, cells: Mapping[str, str]) -> _Line:
    start = moment_of("usage_date_utc", cells.get("usage_date_utc"))
    amount = money_of("cost_usd", cells.get("cost_usd"))
    if start is None or amount is None:
        raise Fault(f"no {'usage_date_utc' if start is None else 'cost_usd'}")
    return _Line(line, "", part, start, start + DAY, amount, _words(cells))


def _charges(
    found: Iterable[_Line | tuple[int, Fault]], notices: list[str]
) -> list[tuple[int, Charge | Fault]]:
    """Return charges and faults; of pages that repeat a bucket the last one counts."""
    listed = list(found)
    lines = [each for each in listed if isinstance(each, _Line)]
    grouping = _grouping(lines)
    if lines and "line_item" not in grouping:
        notices.append(EVERYTHING)
    made: dict[object, tuple[int, Charge | Fault]] = {}
    seen: Counter[object] = Counter()
    for place, each in enumerate(listed):
        if not isinstance(each, _Line):
            made[place] = each
            continue
        charge = _charge(each, grouping)
        alike = replace(charge, line=0, amount=Decimal(0))
        seen[each.scope, alike] += 1
        made[alike, seen[each.scope, alike]] = (each.line, charge)
    unknown = [c for _, c in made.values() if isinstance(c, Charge) and c.kind is ChargeKind.OTHER]
    if unknown:
        notices.append(f"{len(unknown)} charges are of a kind that is not known: kept as other")
    if repeated := len(listed) - len(made):
        notices.append(f"{repeated} charges stand in several pages: the last of each counts")
    return list(made.values())


def _grouping(lines: Iterable[_Line]) -> str:
    """Return by what the export is grouped, in the columns that any line has a value for."""
    used = {name for each in lines for name, word in each.values.items() if word}
    groups = ["line_item"] if used.intersection(ITEM_COLUMNS) else []
    groups += ["workspace"] if used & {"workspace_id", "workspace"} else []
    groups += ["api_key"] if used & {"api_key_id", "api_key"} else []
    return ",".join(groups)


def _charge(each: _Line, grouping: str) -> Charge:
    values = each.values
    kind, meter = _kind_and_meter(values)
    item = values["description"] or ", ".join(
        word for word in (values["model"], values["token_type"] or values["cost_type"]) if word
    )
    memo = ", ".join(f"{name} {word}" for name in MEMO_COLUMNS if (word := values[name]))
    return Charge(
        line=each.line,
        provider="anthropic",
        start=each.start,
        end=each.end,
        kind=kind,
        amount=each.amount,
        currency="USD",
        line_item=kept_name(item or None),
        model=_served(values["model"]),
        meter=meter,
        project=kept_name(values["workspace_id"] or values["workspace"]),
        api_key=kept_name(values["api_key_id"] or values["api_key"], is_key=True),
        memo=memo or None,
        grouping=grouping,
    )


def _kind_and_meter(values: Mapping[str, str | None]) -> tuple[ChargeKind, Meter | None]:
    meter = METERS.get((values["token_type"] or "").lower())
    cost_type = (values["cost_type"] or "").lower()
    if cost_type in TOOLS:
        return ChargeKind.TOOL, Meter.WEB_SEARCH_CALLS if cost_type == "web_search" else None
    if cost_type in TOKENS or meter is not None or not any(values[n] for n in ITEM_COLUMNS):
        return ChargeKind.USAGE, meter
    told = kind_in_words(f"{cost_type.replace('_', ' ')} {values['description'] or ''}")
    return told or ChargeKind.OTHER, None


def _served(model: str | None) -> str | None:
    """Return the served name; the Console's CSV shows a model as people write it."""
    if model is None or " " not in model:
        return model
    return re.sub(r"[ .]+", "-", model.lower())
