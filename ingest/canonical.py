"""Usage rows that a format has worked out in Python, written one to a line for DuckDB to read.

A format whose rows need more than SQL can say (nested spans, running totals, meters
spread over lines) gives rows in our own words. They are checked here, so that the store
sets aside only those without a time.
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from costmodel.meters import METERS
from ingest.narrowing import within
from ingest.projection import JSON_LINES, MEASURED, TEXT, Opened, Projection
from ingest.rows import (
    CHAINS,
    GLOBAL_ZONE,
    MAIN_METERS,
    NO_TIME,
    NUMBERS,
    ROW_DIMENSIONS,
    SECONDS_KEYS,
    TEXTS,
)
from ingest.served import served_sql, sql_string
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path

    from costmodel.meters import Meter
    from ingest.charges import Charge
    from ingest.projection import ImportOptions

MEASURES: Final = (*SECONDS_KEYS, *NUMBERS, *TEXTS, *CHAINS)
NO_REQUEST: Final = {"provider": "none", "unmetered": 1}
"""Without a model the store counts a row as read and keeps nothing of it."""
COLUMNS: Final = (
    *("time", "id", "provider", "model", "zone", "tier", "requests", "unmetered", "grouping"),
    *map(str, METERS),
    *ROW_DIMENSIONS,
    *MEASURES,
    *("reasoning_tokens", "reported_cost", "estimated"),
)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One request, or one bucket of a provider; meters are disjoint.

    ``id`` is what the provider knows the request by; of a bucket it must name start and
    group. ``tier`` is the export's word. ``dimensions`` and ``measures`` have the names of
    ``ingest.rows``. Without ``meters`` the request counts as one without usage;
    ``estimated`` says that we counted them, and not the provider.
    """

    time: datetime | None
    model: str | None
    meters: Mapping[Meter, int]
    id: str | None = None
    provider: str = "openai"
    zone: str = GLOBAL_ZONE
    tier: str | None = None
    requests: int = 1
    dimensions: Mapping[str, str | None] = field(default_factory=dict)
    measures: Mapping[str, float | str | None] = field(default_factory=dict)
    reasoning_tokens: int = 0
    reported_cost: Decimal | None = None
    grouping: str = ""
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """What stands at a line of the export: a row, or why there is none.

    None is a line that is no request, such as another service's in a bill: read, without usage.
    """

    line: int
    row: UsageRow | Fault | None


@dataclass(frozen=True)
class View:
    """Whether rows are requests or a provider's buckets, and of which length."""

    name: str = "requests"
    width_seconds: int = 0


REQUESTS: Final = View()


@dataclass
class Remarks:
    """What a format notes while it makes rows: notices, assumptions, and lines of a bill."""

    notices: list[str] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    charges: list[Charge] = field(default_factory=list)


def opened_rows(
    given: Iterable[Given],
    options: ImportOptions,
    workspace: Path,
    view: View = REQUESTS,
    remarks: Remarks | None = None,
) -> Opened:
    """Write rows to a file and say how it reads; remarks are read when all rows are made."""
    path = workspace / "usage-rows.jsonl"
    lines, faults = array("q"), dict[int, str]()
    keys: set[str] = set()
    with path.open("w", encoding="utf-8") as out:
        for place, each in enumerate(given):
            lines.append(each.line)
            fault = _fault(each.row)
            if fault is not None:
                faults[place] = fault
                out.write("!\n")
            elif each.row is None:
                out.write(json.dumps(NO_REQUEST) + "\n")
            elif isinstance(each.row, UsageRow):
                values = _written(each.row)
                keys.update(values)
                out.write(json.dumps(values) + "\n")

    def reasons(places: Sequence[int]) -> Iterator[tuple[int, str]]:
        for place in places:
            yield lines[place], faults.get(place, NO_TIME)

    made = remarks or Remarks()
    projection = replace(
        within(_projection(path, options, view, keys), (keys | NO_REQUEST.keys()).__contains__),
        notices=tuple(made.notices),
        assumptions=tuple(made.assumptions),
    )
    return Opened(projection, path, reasons, charges=tuple(made.charges))


def opened_charges(
    given: Iterable[tuple[int, Charge | Fault]],
    options: ImportOptions,
    workspace: Path,
    remarks: Remarks | None = None,
) -> Opened:
    """Return a file that holds lines of a bill and no usage."""
    charges: list[Charge] = []
    faults: list[tuple[int, str]] = []
    for line, each in given:
        if isinstance(each, Fault):
            faults.append((line, str(each)))
        else:
            charges.append(each)
    opened = opened_rows((), options, workspace, REQUESTS, remarks)
    return replace(opened, charges=charges, charges_only=True, charge_faults=faults)


def _fault(row: UsageRow | Fault | None) -> str | None:
    if row is None:
        return None
    if isinstance(row, Fault):
        return str(row)
    if row.model is None or not row.model.strip():
        return "no model name"
    below = next((meter for meter, count in row.meters.items() if count < 0), None)
    return None if below is None else f"{below} tokens are below 0"


def _written(row: UsageRow) -> dict[str, object]:
    """Return what a row has, in the columns of the file."""
    values: dict[str, object] = {
        "time": None if row.time is None else row.time.isoformat(),
        "id": row.id,
        "provider": row.provider,
        "model": row.model,
        "zone": None if row.zone == GLOBAL_ZONE else row.zone,
        "tier": row.tier,
        "requests": None if row.requests == 1 else row.requests,
        "unmetered": None if row.meters else 1,
        "grouping": row.grouping or None,
        **{str(meter): count for meter, count in row.meters.items() if count},
        **row.dimensions,
        **row.measures,
        "reasoning_tokens": row.reasoning_tokens or None,
        "reported_cost": None if row.reported_cost is None else str(row.reported_cost),
        "estimated": 1 if row.estimated else None,
    }
    return {name: value for name, value in values.items() if value is not None}


def _projection(
    path: Path, options: ImportOptions, view: View, keys: Collection[str]
) -> Projection:
    return Projection(
        reader=JSON_LINES,
        columns=dict.fromkeys(COLUMNS, TEXT),
        parameters=[str(path)],
        raw={name: (f'"{name}"',) for name in COLUMNS},
        occurred_at="moment(time)",
        time_given="time IS NOT NULL",
        recognised="provider IS NOT NULL",
        has_usage="unmetered IS NULL",
        sound="true",
        request_id="id",
        provider=sql_string(options.provider) if options.provider else "provider",
        model=served_sql("model", options.deployments),
        zone=f"coalesce(zone, '{GLOBAL_ZONE}')",
        tier="tier_of(tier)",
        meters={meter: f'count_of("{meter}")' for meter in _meters()},
        dimensions={
            name: f'{"key_label" if name == "api_key" else "label"}("{name}")'
            for name in ROW_DIMENSIONS
        },
        measures={
            **{name: f"number_of({name})" for name in (*SECONDS_KEYS, *NUMBERS)},
            **{name: f"label({name})[:40]" for name in TEXTS},
            **{name: f"hashes_of({name})" for name in CHAINS},
            "reasoning_tokens": "try_cast(reasoning_tokens AS BIGINT)",
            "reported_cost": "try_cast(reported_cost AS DECIMAL(38, 12))",
        },
        requests="coalesce(try_cast(requests AS BIGINT), 1)" if "requests" in keys else "1",
        price_at=options.price_at,
        view=view.name,
        width_seconds=view.width_seconds,
        grouping="coalesce(grouping, '')",
        estimated="estimated IS NOT NULL" if "estimated" in keys else MEASURED,
        timezone="UTC",
    )


def _meters() -> tuple[Meter, ...]:
    return (*MAIN_METERS, *(meter for meter in METERS if meter not in MAIN_METERS))
