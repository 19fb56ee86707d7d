"""Column mappings: which column of somebody's own file means what, in YAML.

Every mistake is reported with file and line; an unknown key is refused with the
nearest name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from costmodel.meters import METERS
from ingest.errors import MappingError
from ingest.rows import CHAINS, DIMENSION_KEYS, NUMBERS, ROW_DIMENSIONS, SECONDS_KEYS, TEXTS
from pricing import located_yaml
from pricing.located_yaml import Checker, YamlError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pricing.located_yaml import Located

SYNONYMS: Final[Mapping[str, str]] = {
    "timestamp": "time",
    "occurred_at": "time",
    "request_id": "id",
    "input_tokens": "input",
    "prompt_tokens": "input",
    "cached": "cached_input",
    "cached_tokens": "cached_input",
    "cached_input_tokens": "cached_input",
    "cache_write_tokens": "cache_write",
    "output_tokens": "output",
    "completion_tokens": "output",
    "reasoning": "reasoning_tokens",
    "cost": "reported_cost",
    "hash_ids": "prefix_hashes",
    **{key: name for name, keys in DIMENSION_KEYS.items() for key in keys if key != name},
}
"""Other names of targets, as exports have them."""

KEY_TARGETS: Final = ("time", "id", "provider", "model", "zone", "tier", "requests")
MEASURE_TARGETS: Final = (
    *(key for pairs in SECONDS_KEYS.values() for key, _ in pairs),
    *NUMBERS,
    *TEXTS,
    *CHAINS,
    "reasoning_tokens",
    "reported_cost",
)
TARGETS: Final = (*KEY_TARGETS, *map(str, METERS), *ROW_DIMENSIONS, *MEASURE_TARGETS)
CONSTANT_TARGETS: Final = ("provider", "model", "zone", "tier", *ROW_DIMENSIONS)

UNIT_SECONDS: Final[Mapping[str, float]] = {
    "milliseconds": 0.001,
    "seconds": 1,
    "minutes": 60,
    "hours": 3_600,
    "days": 86_400,
}
BUCKET_SECONDS: Final[Mapping[str, int]] = {"minute": 60, "hour": 3_600, "day": 86_400}
FILE_TYPES: Final = ("csv", "jsonl", "parquet")


@dataclass(frozen=True)
class ColumnMapping:
    """Which column means what.

    ``columns`` and ``constants`` are by target; ``origin`` is where relative times
    begin, counted in ``unit_seconds``; ``bucket_seconds`` is set where a row sums the
    requests of a stretch of time.
    """

    path: Path
    columns: Mapping[str, Located]
    constants: Mapping[str, str] = field(default_factory=dict)
    price_at: date | None = None
    origin: datetime | None = None
    unit_seconds: float = 1
    input_includes_cached: bool = True
    bucket_seconds: int = 0
    time_format: str | None = None
    timezone: str | None = None
    file_type: str | None = None

    def column(self, target: str) -> str | None:
        """Return the column that means a target."""
        located = self.columns.get(target)
        return None if located is None else str(located.value)


def read_mapping(path: Path) -> ColumnMapping:
    """Return the mapping that a file describes.

    Raises:
        MappingError: The file is not there or has mistakes; all of them are named.
    """
    try:
        located = located_yaml.read(path)
    except OSError as error:
        raise MappingError(f"{path}: cannot be read: {error.strerror}") from error
    except YamlError as error:
        raise MappingError(str(error)) from error
    checker = Checker()
    mapping = _mapping(located, checker)
    if checker.problems:
        raise MappingError("\n".join(map(str, checker.problems)))
    return mapping


def _mapping(located: Located, checker: Checker) -> ColumnMapping:
    keys = checker.mapping(
        located,
        required=("columns",),
        optional=(
            "constants", "price_at", "origin", "unit", "input_includes_cached", "bucket",
            "time_format", "timezone", "type",
        ),
    )  # fmt: skip
    columns = _targets(keys.get("columns"), TARGETS, checker)
    constants = _targets(keys.get("constants"), CONSTANT_TARGETS, checker)
    unit = checker.choice(keys.get("unit"), UNIT_SECONDS) or "seconds"
    bucket = checker.choice(keys.get("bucket"), BUCKET_SECONDS)
    included = checker.flag(keys.get("input_includes_cached"))
    mapping = ColumnMapping(
        path=located.path,
        columns=columns,
        constants={name: checker.text(value) or "" for name, value in constants.items()},
        price_at=checker.day(keys.get("price_at")),
        origin=_moment(keys.get("origin"), checker),
        unit_seconds=UNIT_SECONDS[unit],
        input_includes_cached=included is not False,
        bucket_seconds=BUCKET_SECONDS[bucket] if bucket else 0,
        time_format=checker.text(keys.get("time_format")),
        timezone=checker.text(keys.get("timezone")),
        file_type=checker.choice(keys.get("type"), FILE_TYPES),
    )
    _check_whole(mapping, located, checker, says_included=included is not None)
    return mapping


def _targets(
    located: Located | None, known: tuple[str, ...], checker: Checker
) -> dict[str, Located]:
    """Return what is said about each target, under its own name whatever synonym stands there."""
    synonyms = [word for word, target in SYNONYMS.items() if target in known]
    written = checker.mapping(located, optional=(*known, *synonyms))
    found: dict[str, Located] = {}
    for word, value in written.items():
        target = SYNONYMS.get(word, word)
        if target in found:
            checker.note(value, f"{target!r} is named twice, as {word!r} too; keep one")
        if checker.text(value) is not None:
            found[target] = value
    return found


def _moment(located: Located | None, checker: Checker) -> datetime | None:
    if located is None:
        return None
    value = located.value
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    checker.note(located, "must be a day or a moment, such as 2026-10-01T00:00:00Z")
    return None


def _check_whole(
    mapping: ColumnMapping, located: Located, checker: Checker, *, says_included: bool
) -> None:
    """Note what only the keys together tell."""
    has_input = mapping.column("input") or mapping.column("output")
    if not has_input and not any(mapping.column(str(meter)) for meter in METERS):
        checker.note(located, "no column is counted; name one under columns: input or output")
    if "model" not in mapping.columns and "model" not in mapping.constants:
        checker.note(located, "no model; name its column under columns, or one under constants")
    both = set(mapping.columns) & set(mapping.constants)
    for target in sorted(both):
        checker.note(mapping.columns[target], f"{target!r} is a column and a constant; keep one")
    if mapping.column("cached_input") and not says_included:
        checker.note(
            mapping.columns["cached_input"],
            "say whether input counts cached tokens: add input_includes_cached: true or false",
        )
    if mapping.column("requests") and not mapping.bucket_seconds:
        checker.note(
            mapping.columns["requests"],
            "a row that sums requests needs its length: add bucket: minute, hour or day",
        )
