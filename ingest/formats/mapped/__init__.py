"""Somebody's own CSV, JSONL or Parquet file, read as a column mapping says."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import METERS, Meter
from ingest.errors import MappingError
from ingest.formats.mapped.tables import CELLS, TABLES, Table, csv_by_record, type_of
from ingest.mapping import ColumnMapping, read_mapping
from ingest.projection import ImportOptions, Opened, Projection, Sample
from ingest.rows import (
    CHAINS,
    GLOBAL_ZONE,
    LARGEST_COUNT,
    NO_TIME,
    NUMBERS,
    ROW_DIMENSIONS,
    SECONDS_KEYS,
    TEXTS,
)
from ingest.served import served_sql, sql_string

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

CACHED: Final = (Meter.CACHED_INPUT, Meter.CACHE_WRITE, Meter.CACHE_WRITE_1H)
"""Meters that an input column may include."""


class Mapped:
    """The format ``mapped``; it claims no file, a mapping names it."""

    name = "mapped"

    def claims(self, sample: Sample) -> bool:  # noqa: ARG002 - the protocol's signature
        """Tell that no file is recognised without a mapping."""
        return False

    def nearness(self, sample: Sample) -> float:  # noqa: ARG002 - the protocol's signature
        """Return that no file is near."""
        return 0.0

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Read the columns that the mapping names.

        Raises:
            MappingError: The mapping has mistakes, or names a column that is not there.
        """
        if options.mapping is None:
            raise MappingError("the format mapped needs a column mapping: name it with --mapping")
        mapping = read_mapping(options.mapping)
        kind = mapping.file_type or type_of(sample)
        table = TABLES[kind](sample, mapping, workspace)
        _check_columns(mapping, table)
        first = _opened(table, mapping, options)
        if kind != "csv":
            return first
        return replace(
            first, again=lambda: _opened(csv_by_record(sample, workspace), mapping, options)
        )


def _opened(table: Table, mapping: ColumnMapping, options: ImportOptions) -> Opened:
    return Opened(
        projection=_projection(mapping, table, options),
        path=table.path,
        reasons=lambda places: _reasons(table, mapping, places),
    )


def _check_columns(mapping: ColumnMapping, table: Table) -> None:
    if table.columns is None:
        return
    problems = []
    for located in mapping.columns.values():
        name = str(located.value)
        if name not in table.columns:
            close = get_close_matches(name, table.columns, n=1) or list(table.columns)
            problems.append(
                located.problem(f"the file has no column {name!r}; it has {', '.join(close)}")
            )
    if problems:
        raise MappingError("\n".join(map(str, problems)))


def _projection(mapping: ColumnMapping, table: Table, options: ImportOptions) -> Projection:
    counted = [meter for meter in METERS if mapping.column(str(meter))]
    raw = {
        f"m_{target}": (table.expression(str(c.value)),) for target, c in mapping.columns.items()
    }
    price_at = options.price_at or mapping.price_at
    has_time = "time" in mapping.columns
    undated = None if has_time or options.date is not None else price_at
    buckets = mapping.bucket_seconds > 0
    return Projection(
        reader=table.reader,
        parameters=[str(table.path)],
        raw=raw,
        derived=_numbers(mapping, counted),
        occurred_at=_time(mapping, undated),
        time_given="m_time IS NOT NULL" if has_time else str(undated is not None).lower(),
        recognised=_coalesced([f"m_{target}" for target in mapping.columns]),
        has_usage=_coalesced([f"m_{meter}" for meter in counted]),
        sound=_sound(mapping),
        request_id="text_of(m_id)" if "id" in mapping.columns and not buckets else "NULL::VARCHAR",
        provider=_named(mapping, "provider", options.provider or "openai"),
        model=_model(mapping, options),
        zone=_named(mapping, "zone", GLOBAL_ZONE),
        tier=_tier(mapping),
        meters=_meters(mapping, counted),
        dimensions=_dimensions(mapping),
        measures=_measures(mapping, counted),
        requests="n_requests" if "requests" in mapping.columns else "1",
        price_at=price_at,
        view="buckets" if buckets else "requests",
        width_seconds=mapping.bucket_seconds,
        grouping=sql_string(f"mapped:{','.join(_group_names(mapping))}") if buckets else "''",
        assumptions=_assumptions(mapping, undated),
        timezone=mapping.timezone,
    )


def _coalesced(names: Sequence[str]) -> str:
    return f"coalesce({', '.join(names)}) IS NOT NULL"


def _group_names(mapping: ColumnMapping) -> list[str]:
    return [name for name in ("model", "tier", *ROW_DIMENSIONS) if name in mapping.columns]


def _time(mapping: ColumnMapping, undated: object) -> str:
    if "time" not in mapping.columns:
        return f"TIMESTAMP '{undated}'" if undated else "NULL::TIMESTAMP"
    if mapping.origin is not None:
        start = mapping.origin.isoformat()
        seconds = f"try_cast(m_time AS DOUBLE) * {mapping.unit_seconds}"
        since = f"(epoch_us(TIMESTAMPTZ '{start}') + round(({seconds}) * 1000000))"
        return f"epoch_time({since} / 1000000) AT TIME ZONE 'UTC'"
    if mapping.time_format is not None:
        wanted = sql_string(mapping.time_format)
        return f"(try_strptime(m_time, {wanted})::VARCHAR)::TIMESTAMPTZ AT TIME ZONE 'UTC'"
    return "moment(m_time)"


def _numbers(mapping: ColumnMapping, counted: Sequence[Meter]) -> dict[str, str]:
    """Return every count, as a whole number and rounded half to even where it is none.

    Text that is no number gives NULL. Most counts are whole: to round all costs more
    than to read the file.
    """
    others = [name for name in ("requests", "reasoning_tokens") if mapping.column(name)]
    found: dict[str, str] = {}
    for name in (*map(str, counted), *others):
        found[f"w_{name}"] = f"whole(m_{name})"
        number = f"try_cast(m_{name} AS DOUBLE)"
        fits = f"isfinite({number}) AND {number} BETWEEN 0 AND {LARGEST_COUNT}"
        found[f"n_{name}"] = (
            f"CASE WHEN m_{name} IS NULL THEN 0 WHEN w_{name} IS NOT NULL THEN w_{name} "
            f"WHEN {fits} THEN round_even({number}, 0)::BIGINT END"
        )
    return found


def _meters(mapping: ColumnMapping, counted: Sequence[Meter]) -> dict[Meter, str]:
    found = {meter: f"n_{meter}" for meter in counted}
    if mapping.input_includes_cached and Meter.INPUT in found:
        inside = [found[meter] for meter in CACHED if meter in found]
        found[Meter.INPUT] = " - ".join([found[Meter.INPUT], *inside])
    mains = (Meter.INPUT, Meter.CACHED_INPUT, Meter.CACHE_WRITE, Meter.OUTPUT)
    return {meter: found.get(meter, "0") for meter in (*mains, *found)}


def _sound(mapping: ColumnMapping) -> str:
    if "reasoning_tokens" in mapping.columns and "output" in mapping.columns:
        return "n_reasoning_tokens <= n_output"
    return "true"


def _named(mapping: ColumnMapping, target: str, otherwise: str) -> str:
    constant = sql_string(mapping.constants.get(target, otherwise))
    if target in mapping.columns:
        return f"coalesce(text_of(m_{target}), {constant})"
    return constant


def _model(mapping: ColumnMapping, options: ImportOptions) -> str:
    if "model" in mapping.columns:
        return served_sql("m_model", options.deployments)
    constant = mapping.constants["model"]
    return sql_string(options.deployments.get(constant, constant))


def _tier(mapping: ColumnMapping) -> str:
    if "tier" in mapping.columns:
        return "tier_of(m_tier)"
    return f"tier_of({sql_string(mapping.constants.get('tier', 'standard'))})"


def _dimensions(mapping: ColumnMapping) -> dict[str, str]:
    found = {}
    for name in ROW_DIMENSIONS:
        masked = "key_label" if name == "api_key" else "label"
        if name in mapping.columns:
            found[name] = f"{masked}(m_{name})"
        elif name in mapping.constants:
            found[name] = f"{masked}({sql_string(mapping.constants[name])})"
    return found


def _measures(mapping: ColumnMapping, counted: Sequence[Meter]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, pairs in SECONDS_KEYS.items():
        given = [(key, units) for key, units in pairs if key in mapping.columns]
        if given:
            sums = ", ".join(f"number_of(m_{key}) / {units}" for key, units in given)
            found[name] = f"coalesce({sums})"
    found |= {name: f"number_of(m_{name})" for name in NUMBERS if name in mapping.columns}
    found |= {name: f"label(m_{name})[:40]" for name in TEXTS if name in mapping.columns}
    found |= {name: f"hashes_of(m_{name})" for name in CHAINS if name in mapping.columns}
    if "reasoning_tokens" in mapping.columns:
        found["reasoning_tokens"] = "nullif(n_reasoning_tokens, 0)"
    if "reported_cost" in mapping.columns:
        found["reported_cost"] = "try_cast(m_reported_cost AS DECIMAL(38, 12))"
    parts = [f"(m_{m} IS NOT NULL AND w_{m} IS NULL AND n_{m} IS NOT NULL)" for m in counted]
    return {**found, "rounded": f"CASE WHEN {' OR '.join(parts)} THEN true END"}


def _assumptions(mapping: ColumnMapping, undated: object) -> tuple[str, ...]:
    found = []
    if mapping.origin is not None:
        found.append(f"relative times begin at {mapping.origin:%Y-%m-%d %H:%M} UTC")
    if undated is not None:
        found.append(f"rows without a time are dated {undated}")
    return tuple(found)


def _reasons(
    table: Table, mapping: ColumnMapping, places: Sequence[int]
) -> Iterator[tuple[int, str]]:
    for line, record in table.records(places):
        yield line, _reason(mapping, record)


def _reason(mapping: ColumnMapping, record: Mapping[str, Any]) -> str:
    """Say why a record was set aside."""
    if CELLS in record:
        return f"{record[CELLS]} cells, and the header has another number of them"
    values = {target: record.get(str(c.value)) for target, c in mapping.columns.items()}
    if all(value in {None, ""} for value in values.values()):
        return "no value in any mapped column"
    numbers = {}
    for meter in (*map(str, METERS), "requests", "reasoning_tokens"):
        value = values.get(meter)
        if value not in {None, ""}:
            number = _number(value)
            if number is None:
                return f"{mapping.column(meter)} is {value!r}, not a number of 0 or more"
            numbers[meter] = number
    return _bad_relation(mapping, numbers) or _bad_key(mapping, values)


def _number(value: object) -> float | None:
    try:
        number = float(str(value))
    except ValueError:
        return None
    return number if 0 <= number < LARGEST_COUNT else None


def _bad_relation(mapping: ColumnMapping, numbers: Mapping[str, float]) -> str | None:
    inside = sum(numbers.get(str(meter), 0) for meter in CACHED)
    total = numbers.get("input")
    if mapping.input_includes_cached and total is not None and inside > total:
        return f"{inside:.0f} cached and written tokens are more than the {total:.0f} input tokens"
    if numbers.get("reasoning_tokens", 0) > numbers.get("output", 0):
        return "reasoning tokens are more than the output tokens"
    return None


def _bad_key(mapping: ColumnMapping, values: Mapping[str, Any]) -> str:
    if mapping.column("model") and values.get("model") in {None, ""}:
        return f"no model in {mapping.column('model')}"
    if values.get("time") in {None, ""}:
        return NO_TIME
    return f"{mapping.column('time')} is {values['time']!r}, not a time"
