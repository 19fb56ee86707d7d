"""FOCUS bills, version 1.0 to 1.4, as CSV or Parquet: the money of all services of a cloud.

Rows are money and no tokens that could be told from requests, so those of AI services
become charges. Rows of other services are read, summed in one notice, and left out. A
platform for machine learning (its computers, its notebooks) is no AI service here.
Source: the FOCUS specification (facts 2.5).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from ingest.azure_meters import token_meter, tokens_per_unit
from ingest.canonical import REQUESTS, Given, Remarks, opened_rows
from ingest.charges import Charge, ChargeKind
from ingest.csv_records import Record, header_of, records_of
from ingest.formats.focus.parquet import parquet_records
from ingest.formats.parquet import column_types, is_parquet
from ingest.gateway_rows import labelled
from ingest.json_objects import last_part, loaded
from ingest.names import kept_name
from ingest.providers import served_by
from ingest.values import Fault, moment_of, money_of, storable, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ingest.azure_meters import TokenMeter
    from ingest.projection import ImportOptions, Opened, Sample

MARKS: Final = frozenset(("billedcost", "chargeperiodstart", "chargecategory"))
USUAL: Final = MARKS | {"billingcurrency", "chargeperiodend", "servicename", "servicecategory"}
NOTHING: Final = frozenset(("null", "none"))
PROVIDERS: Final[Mapping[str, str]] = {
    "microsoft": "azure",
    "microsoft azure": "azure",
    "aws": "bedrock",
    "amazon": "bedrock",
    "amazon web services": "bedrock",
    "amazon web services, inc.": "bedrock",
    "google cloud": "google",
    "google cloud platform": "google",
    "gcp": "google",
}
"""Words of FOCUS for a provider, and who of it serves models; others as everywhere."""
KINDS: Final[Mapping[str, ChargeKind]] = {
    "usage": ChargeKind.USAGE,
    "purchase": ChargeKind.OTHER,
    "tax": ChargeKind.TAX,
    "credit": ChargeKind.CREDIT,
    "adjustment": ChargeKind.CREDIT,
}
AI_CATEGORY: Final = "ai and machine learning"
NAMES: Final = (
    "servicename", "servicesubcategory", "skumeter", "skuid", "chargedescription",
    "x_skumeter", "x_skumetercategory", "x_skumetersubcategory", "x_skumetername",
    "x_servicecode", "resourcetype",
)  # fmt: skip
FAMILIES: Final = re.compile(
    r"\b(gpt|chatgpt|openai|foundry models|claude|anthropic|gemini|vertex ai|bedrock|llama|"
    r"mistral|deepseek|cohere|qwen|grok|amazon nova|titan text|text-embedding)\b|\bgpt-?\d"
)
"""Models and those who serve them, as services and meters are called."""
PLATFORMS: Final = re.compile(
    r"machine learning|sagemaker|rekognition|comprehend|textract|transcribe|polly|translat|"
    r"vision|speech|personalize|forecast|kendra|\blex\b|databricks|document|notebook"
)
"""Services of the same category whose money is not for a language model."""
GROUPING: Final = "line_item:focus"
"""Beside the same bill in the provider's own columns, of which one counts."""


class Focus:
    """The format ``focus``."""

    name = "focus"

    def claims(self, sample: Sample) -> bool:
        """Tell by the columns that every version has."""
        return _columns(sample) >= MARKS

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual columns that the sample shows."""
        return len(_columns(sample) & USUAL) / len(USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make charges of the rows of AI services."""
        remarks = Remarks()
        rows = parquet_records(sample.path) if is_parquet(sample) else records_of(sample)
        return opened_rows(_given(rows, options, remarks), options, workspace, REQUESTS, remarks)


def _columns(sample: Sample) -> set[str]:
    names = column_types(sample.path) if is_parquet(sample) else header_of(sample)
    return {name.lower() for name in names}


@dataclass
class _Sums:
    """How many rows there are of a sort, and their money by currency."""

    rows: int = 0
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, amount: Decimal, currency: str) -> None:
        """Count a row."""
        self.rows += 1
        self.money[currency] += amount

    def __str__(self) -> str:
        return " and ".join(f"{self.money[each]:,.2f} {each}" for each in sorted(self.money))


def _given(rows: Iterable[Record], options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    """Return every row as read and without usage, or why it is set aside; charges are remarked."""
    ours, others = _Sums(), _Sums()
    for record in rows:
        try:
            if isinstance(record.cells, Fault):
                raise record.cells
            amount, currency = _money(record.cells)
            if _is_ai(record.cells):
                remarks.charges.append(_charge(record.line, record.cells, options))
                ours.add(amount, currency)
            else:
                others.add(amount, currency)
        except Fault as fault:
            yield Given(record.line, fault)
        else:
            yield Given(record.line, None)
    remarks.notices += _notices(ours, others)


def _notices(ours: _Sums, others: _Sums) -> Iterator[str]:
    if ours.rows:
        yield f"{ours.rows} rows of AI services, {ours}: kept as charges, without usage"
    if others.rows:
        nothing = "" if ours.rows else ", and there are no others"
        yield (
            f"{others.rows} rows of other services, {others}, are no AI usage: "
            f"read and left out{nothing}"
        )
    if not ours.rows and not others.rows:
        yield "the export holds no rows: it covers a time without costs"


def _value(cells: Mapping[str, str], *names: str) -> str | None:
    """Return the first value of columns; exports of databases write NULL for nothing."""
    for name in names:
        text = text_of(storable(cells.get(name, "")))
        if text is not None and text.lower() not in NOTHING:
            return text
    return None


def _is_ai(cells: Mapping[str, str]) -> bool:
    names = " ".join(filter(None, (_value(cells, name) for name in NAMES))).lower()
    if FAMILIES.search(names):
        return True
    category = (_value(cells, "servicecategory") or "").lower()
    return category == AI_CATEGORY and not PLATFORMS.search(names)


def _money(cells: Mapping[str, str]) -> tuple[Decimal, str]:
    amount = money_of("BilledCost", _value(cells, "billedcost"))
    currency = _value(cells, "billingcurrency")
    if amount is None or currency is None:
        raise Fault(f"no {'BilledCost' if amount is None else 'BillingCurrency'}")
    if not re.fullmatch(r"[A-Za-z]{3}", currency):
        raise Fault(f"BillingCurrency is {currency[:40]!r}, not the three letters of a currency")
    return amount, currency.upper()


def _charge(line: int, cells: Mapping[str, str], options: ImportOptions) -> Charge:
    start, end = _period(cells)
    amount, currency = _money(cells)
    provider = _provider(cells)
    counted = _counted(cells) if provider == "azure" else None
    quantity, unit = _quantity(cells)
    labels = labelled(_tags(cells), options)
    item = _value(cells, "skumeter", "x_skumetername", "chargedescription", "servicename")
    return Charge(
        line=line,
        provider=provider,
        start=start,
        end=end,
        kind=KINDS.get((_value(cells, "chargecategory") or "").lower(), ChargeKind.OTHER),
        amount=amount,
        currency=currency,
        line_item=kept_name(item),
        model=None if counted is None else counted.model,
        meter=None if counted is None else counted.meter,
        quantity=quantity,
        unit=unit,
        project=kept_name(labels.get("project") or _value(cells, "subaccountname", "subaccountid")),
        team=kept_name(labels.get("team")),
        memo=_memo(cells),
        grouping=GROUPING,
    )


def _period(cells: Mapping[str, str]) -> tuple[datetime, datetime]:
    start, end = (
        _moment(name, _value(cells, name.lower()))
        for name in ("ChargePeriodStart", "ChargePeriodEnd")
    )
    if start is None:
        raise Fault("no ChargePeriodStart")
    end = end or start + timedelta(days=1)
    if end <= start:
        raise Fault(f"ChargePeriodEnd {end:%Y-%m-%d %H:%M} is not after ChargePeriodStart")
    return start, end


def _moment(name: str, text: str | None) -> datetime | None:
    """Return a time; some databases write UTC as a word behind it."""
    moment = moment_of(name, None if text is None else re.sub(r" UTC$", "+00:00", text))
    return None if moment is None else moment.astimezone(UTC)


def _provider(cells: Mapping[str, str]) -> str:
    """Return who serves it; from 1.3 on the columns of provider and publisher are others."""
    word = _value(
        cells, "serviceprovidername", "providername", "publishername", "invoiceissuername"
    )
    small = (word or "unknown").lower()
    return PROVIDERS.get(small) or served_by(small, None)[0]


def _counted(cells: Mapping[str, str]) -> TokenMeter | None:
    """Return model and meter, as Azure's meters name them."""
    name = _value(cells, "skumeter", "x_skumetername") or ""
    family = _value(cells, "x_skumetersubcategory", "servicename") or ""
    return token_meter(name, family)


def _quantity(cells: Mapping[str, str]) -> tuple[Decimal | None, str | None]:
    """Return what was consumed, in tokens where the unit counts them."""
    quantity = money_of("ConsumedQuantity", _value(cells, "consumedquantity"))
    unit = _value(cells, "consumedunit")
    per_unit = tokens_per_unit(unit)
    if quantity is None or per_unit is None:
        return quantity, unit
    return quantity * per_unit, "tokens"


def _tags(cells: Mapping[str, str]) -> dict[str, object]:
    tags = loaded(_value(cells, "tags") or "{}")
    return {str(key): value for key, value in tags.items()} if isinstance(tags, dict) else {}


def _memo(cells: Mapping[str, str]) -> str | None:
    """Return what else tells rows apart, so that each finds itself in the next export."""
    resource = last_part(_value(cells, "resourceid")) or _value(cells, "resourcename")
    found = (resource, _value(cells, "regionid"), _value(cells, "skupriceid"))
    return kept_name(", ".join(each for each in found if each) or None)
