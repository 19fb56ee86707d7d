"""Lines of an Azure bill: the tokens that they bill, and the money.

Azure's meters are disjoint: input is uncached input. Money of a line of an AI service is
a charge even where its quantity cannot be right, so that the bill stays whole.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from ingest.azure_meters import REGIONAL, counts_no_tokens, token_meter, tokens_per_unit
from ingest.canonical import UsageRow
from ingest.charges import Charge, ChargeKind
from ingest.rows import DIMENSION_KEYS, GLOBAL_ZONE, LARGEST_COUNT, NO_TIME, ROW_DIMENSIONS
from ingest.values import Fault, moment_of, money_of, text_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.azure_meters import TokenMeter
    from ingest.projection import ImportOptions

DAY: Final = timedelta(days=1)
COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "Date": ("date", "usagedate", "usagedatetime"),
    "MeterName": ("metername", "meter"),
    "MeterCategory": ("metercategory", "servicename"),
    "MeterSubCategory": ("metersubcategory", "servicetier"),
    "ServiceFamily": ("servicefamily",),
    "Product": ("product", "productname"),
    "Quantity": ("quantity", "usagequantity"),
    "UnitOfMeasure": ("unitofmeasure",),
    "Cost": ("costinbillingcurrency", "pretaxcost", "cost"),
    "BillingCurrency": ("billingcurrency", "billingcurrencycode", "currency"),
    "ChargeType": ("chargetype",),
    "ResourceLocation": ("resourcelocation",),
    "MeterRegion": ("meterregion",),
    "ResourceGroup": ("resourcegroup", "resourcegroupname"),
    "CostCenter": ("costcenter",),
    "Subscription": ("subscriptionid", "subscriptionguid", "subscriptionname"),
    "Resource": ("resourceid", "instanceid", "resourcename"),
    "Tags": ("tags",),
}
"""Columns by the name that people see, each with its spellings in exports of all agreements."""

OWN_SERVICES: Final = ("azure openai", "foundry models")
SHARED_SERVICES: Final = ("cognitive services", "foundry tools", "azure ai services")
"""Services that bill speech and pictures too: the meter must be one of a model."""
MODEL_METER: Final = re.compile(r"gpt|\bo[134]\b|embedding|\btokens\b")
TOOLS: Final = re.compile(r"code interpreter|file search|web search|grounding|\bsessions?\b")
CHARGE_KINDS: Final = {
    "": ChargeKind.USAGE,
    "usage": ChargeKind.USAGE,
    "refund": ChargeKind.CREDIT,
    "credit": ChargeKind.CREDIT,
    "tax": ChargeKind.TAX,
}
DATES: Final = (
    re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})(?: 0?0:00(?::00)?)?"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})"),
)
SWAPPED: Final = {"us": "us", "eu": "europe"}
"""Meter regions say ``EU West`` for the place that resources call ``westeurope``."""
ASSUMED_CURRENCY: Final = "USD"
NO_UNIT: Final = "the export has no UnitOfMeasure: how many tokens its quantities are is not known"
EXACT: Final = Decimal("0.001")
"""As far from a whole token a quantity may be: a decimal fraction that was a float once."""


@dataclass(frozen=True)
class BillLine:
    """A line of an AI service: its charge, and its usage, or why there is none.

    ``groups`` are the values by which the export tells such lines apart, in small letters:
    two exports of one bill may spell a resource's name in both.
    """

    line: int
    row: UsageRow | Fault | None
    charge: Charge | None = None
    groups: Mapping[str, str] | None = None
    zone_named: bool = True


def value_of(cells: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 - what the file holds
    """Return what a line says under any spelling of a column, None for nothing."""
    found = (cells.get(each) for each in COLUMNS[name])
    return next((value for value in found if text_of(value) is not None), None)


def is_ai(cells: Mapping[str, Any]) -> bool:
    """Tell whether a line bills a model."""
    meter = str(value_of(cells, "MeterName") or "").lower()
    among = ("MeterCategory", "MeterSubCategory", "ServiceFamily", "Product")
    said = " | ".join(str(value_of(cells, name) or "").lower() for name in among)
    if any(service in said for service in OWN_SERVICES):
        return True
    return any(each in said for each in SHARED_SERVICES) and bool(MODEL_METER.search(meter))


def cost_of(cells: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Return amount and currency of a line.

    Raises:
        Fault: It has none, or one that cannot be right.
    """
    amount = money_of("Cost", _plain("Cost", value_of(cells, "Cost")))
    currency = text_of(value_of(cells, "BillingCurrency"))
    if amount is None:
        raise Fault("no Cost")
    if abs(amount) >= LARGEST_COUNT:
        raise Fault(f"Cost is {str(amount)[:40]!r}, too large to be right")
    return amount, (currency or ASSUMED_CURRENCY).upper()


def bill_line(line: int, cells: Mapping[str, Any], options: ImportOptions) -> BillLine:
    """Return what a line of an AI service bills."""
    try:
        amount, currency = cost_of(cells)
        given = _day(value_of(cells, "Date"))
        start = given or _assumed(options)
    except Fault as fault:
        return BillLine(line, fault)
    taken = _taken_apart(cells, options)
    charge = Charge(
        line=line,
        provider=options.provider or "azure",
        start=start,
        end=start + DAY,
        kind=_kind(cells, taken),
        amount=amount,
        currency=currency,
        line_item=taken.name or None,
        model=taken.meter.model if taken.meter else None,
        meter=taken.meter.meter if taken.meter else None,
        quantity=None if taken.tokens is None else Decimal(taken.tokens),
        unit=None if taken.tokens is None else "tokens",
        project=_no_address(taken.labels.get("project")),
        team=_no_address(taken.labels.get("team")),
        grouping="line_item",
    )
    if taken.meter is None or taken.tokens is None:
        return BillLine(line, taken.fault, charge)
    row = UsageRow(
        time=given,
        model=taken.meter.model,
        meters={taken.meter.meter: taken.tokens},
        provider="azure",
        zone=_zone(taken.meter.scope, cells),
        tier=taken.meter.tier,
        requests=0,
        dimensions=taken.labels,
        reported_cost=amount if currency == "USD" else None,
    )
    groups = _groups(cells, taken.meter, row)
    return BillLine(line, row, charge, groups, zone_named=taken.meter.scope is not None)


@dataclass(frozen=True)
class _Taken:
    """A line taken apart; ``counted`` tells that it bills tokens, ``fault`` why not how many."""

    name: str
    meter: TokenMeter | None
    counted: bool
    tokens: int | None
    fault: Fault | None
    labels: Mapping[str, str]


def _taken_apart(cells: Mapping[str, Any], options: ImportOptions) -> _Taken:
    name = text_of(value_of(cells, "MeterName")) or text_of(value_of(cells, "Product")) or ""
    meter = token_meter(name, _product(cells))
    counted = _bills_tokens(cells, name, meter)
    tokens = fault = None
    try:
        tokens = _tokens(cells, name, meter) if counted else None
    except Fault as found:
        fault = found
    return _Taken(name, meter, counted, tokens, fault, _dimensions(cells, options))


def _groups(cells: Mapping[str, Any], meter: TokenMeter, row: UsageRow) -> dict[str, str]:
    groups = {
        "subscription": text_of(value_of(cells, "Subscription")),
        "resource": text_of(value_of(cells, "Resource")),
        **row.dimensions,
        "model": meter.model,
        "meter": str(meter.meter),
        "zone": row.zone,
        "service_tier": meter.tier or "standard",
    }
    return {name: value.lower() for name, value in groups.items() if value is not None}


def _bills_tokens(cells: Mapping[str, Any], name: str, meter: TokenMeter | None) -> bool:
    unit = text_of(value_of(cells, "UnitOfMeasure"))
    of_tokens = unit is None or tokens_per_unit(unit) is not None
    named = meter is not None or not counts_no_tokens(name)
    return named and of_tokens and _charge_kind(cells) is ChargeKind.USAGE


def _tokens(cells: Mapping[str, Any], name: str, meter: TokenMeter | None) -> int | None:
    """Return the tokens of a line, None where the export has costs only.

    Raises:
        Fault: How many there are, or of which kind, cannot be told.
    """
    unit = text_of(value_of(cells, "UnitOfMeasure"))
    quantity = value_of(cells, "Quantity")
    if unit is None and quantity is None:
        return None
    if meter is None:
        raise Fault(
            f"the meter {name[:60]!r} does not say whether its tokens are input or output: "
            "its cost is kept, its quantity is not"
        )
    each = tokens_per_unit(unit)
    if each is None:
        raise Fault(NO_UNIT)
    return _whole(quantity, unit, each)


def _whole(value: object, unit: str | None, each: int) -> int:
    given = money_of("Quantity", _plain("Quantity", value))
    if given is None:
        raise Fault("no Quantity")
    tokens = given * each
    whole = tokens.to_integral_value()
    if tokens < 0:
        raise Fault(f"Quantity is {str(value)[:40]!r}, below 0")
    if abs(tokens - whole) > EXACT:
        raise Fault(f"Quantity is {str(value)[:40]!r} of {unit}, not a whole number of tokens")
    if whole >= LARGEST_COUNT:
        raise Fault(f"Quantity is {str(value)[:40]!r} of {unit}, too large to be right")
    return int(whole)


def _plain(name: str, value: object) -> object:
    """Return a number; one with a comma may be of either kind, so it is refused.

    Raises:
        Fault: It has a comma, or lost its digits in a spreadsheet.
    """
    text = str(value)
    if "," in text:
        raise Fault(f"{name} is {text[:40]!r}: whether its comma parts thousands is not known")
    if re.search(r"e\+?0*[1-9]", text.lower()):
        raise Fault(f"{name} is {text[:40]!r}, not all of its digits")
    return value


def _day(value: object) -> datetime | None:
    """Return the day of a line, which is UTC: MM/DD/YYYY, 20261130 or ISO.

    Raises:
        Fault: It is no day.
    """
    text = text_of(value)
    if text is None:
        return None
    found = next(filter(None, (each.fullmatch(text) for each in DATES)), None)
    if found is not None:
        text = f"{found['year']}-{int(found['month']):02}-{int(found['day']):02}"
    try:
        moment = moment_of("Date", text)
    except Fault:
        moment = None
    if moment is None or not re.match(r"\d{4}-", text):
        raise Fault(f"Date is {str(value)[:40]!r}, neither month/day/year nor year-month-day")
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _assumed(options: ImportOptions) -> datetime:
    if options.date is None:
        raise Fault(NO_TIME)
    return datetime(options.date.year, options.date.month, options.date.day, tzinfo=UTC)


def _charge_kind(cells: Mapping[str, Any]) -> ChargeKind:
    charge_type = (text_of(value_of(cells, "ChargeType")) or "").lower()
    return CHARGE_KINDS.get(charge_type, ChargeKind.OTHER)


def _kind(cells: Mapping[str, Any], taken: _Taken) -> ChargeKind:
    kind = _charge_kind(cells)
    if kind is not ChargeKind.USAGE or taken.counted:
        return kind
    return ChargeKind.TOOL if TOOLS.search(taken.name.lower()) else ChargeKind.OTHER


def _product(cells: Mapping[str, Any]) -> str:
    among = ("MeterSubCategory", "Product", "MeterCategory")
    return " | ".join(str(value_of(cells, name) or "") for name in among)


def _zone(scope: str | None, cells: Mapping[str, Any]) -> str:
    """Return the price book's zone; a meter that names none is an older one, of its region."""
    if scope not in {None, REGIONAL}:
        return scope or GLOBAL_ZONE
    place = text_of(value_of(cells, "ResourceLocation"))
    return f"regional:{_joined(place) if place else _swapped(value_of(cells, 'MeterRegion'))}"


def _joined(place: str) -> str:
    return "".join(place.lower().split())


def _swapped(region: object) -> str:
    head, *rest = (text_of(region) or "unknown").lower().split()
    if head not in SWAPPED or not rest:
        return "".join((head, *rest))
    return "".join((rest[0], SWAPPED[head], *rest[1:]))


def _dimensions(cells: Mapping[str, Any], options: ImportOptions) -> dict[str, str]:
    """Return dimensions: what tags say, else the resource group as project, cost centre as team."""
    usual = {key: name for name in ROW_DIMENSIONS for key in DIMENSION_KEYS.get(name, (name,))}
    meanings = {key.lower(): name for key, name in (usual | dict(options.dimensions)).items()}
    found = {
        "project": text_of(value_of(cells, "ResourceGroup")),
        "team": text_of(value_of(cells, "CostCenter")),
        **{meanings[key]: value for key, value in _tags(cells).items() if key in meanings},
    }
    return {name: value for name, value in found.items() if value and name in ROW_DIMENSIONS}


def _tags(cells: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags; exports of enterprise agreements leave out their braces."""
    given = value_of(cells, "Tags")
    if isinstance(given, str):
        text = given.strip()
        try:
            given = json.loads(text if text.startswith("{") else f"{{{text}}}")
        except (ValueError, RecursionError):
            return {}
    if not isinstance(given, dict):
        return {}
    return {str(k).lower(): v.strip() for k, v in given.items() if isinstance(v, str) and v.strip()}


def _no_address(value: str | None) -> str | None:
    return None if value is None or "@" in value else value
