"""What a usage row may carry: the names of its dimensions, measures and tier words.

No file, no DuckDB: formats and the store both build their SQL from these names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from costmodel.meters import METERS, Meter

if TYPE_CHECKING:
    from collections.abc import Mapping

NO_TIME: Final = "no time: name the day with --date"
"""Why a row is set aside that a day given by hand would save."""

ROW_DIMENSIONS: Final[tuple[str, ...]] = (
    "feature",
    "endpoint",
    "environment",
    "variant",
    "team",
    "project",
    "api_key",
    "escalated_from",
    "customer",
    "session",
    "user",
    "prompt_version",
    "task",
)
"""Every dimension that a row can have."""

CELL_DIMENSIONS: Final[tuple[str, ...]] = ROW_DIMENSIONS[:8]
"""The dimensions that cells keep unless the configuration names others."""

DIMENSION_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "environment": ("environment", "env"),
    "project": ("project", "project_id"),
    "api_key": ("api_key", "api_key_id"),
    "customer": ("customer", "customer_id"),
    "session": ("session", "session_id"),
    "user": ("user", "user_id"),
}
"""Keys of metadata that mean a dimension; a dimension not listed has its own name only."""

SECONDS_KEYS: Final[Mapping[str, tuple[tuple[str, int], ...]]] = {
    "latency_seconds": (("latency_seconds", 1), ("latency", 1), ("latency_ms", 1_000)),
    "time_to_first_token_seconds": (
        ("time_to_first_token_seconds", 1),
        ("time_to_first_token", 1),
        ("time_to_first_token_ms", 1_000),
    ),
}
"""Durations: the keys that may carry one, and how many of their units make a second."""

NUMBERS: Final[tuple[str, ...]] = ("retries", "confidence", "quality")
TEXTS: Final[tuple[str, ...]] = ("status", "feedback")
CHAINS: Final[tuple[str, ...]] = ("prefix_hashes",)
"""Hashes of a prompt's blocks in order, each of everything up to the end of its block: whoever
sees the same hash again may have the prefix cached. Kept as text, with blanks between."""
ROW_MEASURES: Final[tuple[str, ...]] = (*SECONDS_KEYS, *NUMBERS, *TEXTS, *CHAINS)
"""What a row may say about one request beside its tokens; kept on rows, not in cells."""

NOTES: Final[tuple[str, ...]] = ("reasoning_tokens", "reported_cost", "rounded")
"""What an import itself notes on a row."""

MAIN_METERS: Final[tuple[Meter, ...]] = (
    Meter.INPUT,
    Meter.CACHED_INPUT,
    Meter.CACHE_WRITE,
    Meter.OUTPUT,
)
OTHER_METERS: Final[tuple[Meter, ...]] = tuple(m for m in METERS if m not in MAIN_METERS)

TIER_WORDS: Final[Mapping[str, str]] = {
    "": "standard",
    "default": "standard",
    "auto": "standard",
    "null": "standard",
    "on_demand": "standard",
    "standard": "standard",
    "standard_only": "standard",
    "priority": "priority",
    "fast": "priority",
    "flex": "flex",
    "batch": "batch",
}
"""Words of exports for a service tier; another word stays as it is and has no price."""

LARGEST_COUNT: Final = 1_000_000_000_000
"""Above this a count is taken for a mistake."""

DEFAULT_ORGANISATION: Final = "default"
GLOBAL_ZONE: Final = "global"
NO_MODEL: Final = "(not given)"
"""The served name of provider buckets that are not grouped by model."""


def tier_of(word: str | None) -> str:
    """Return the tier that a word of an export means, or the word itself."""
    raw = (word or "").strip()
    return TIER_WORDS.get(raw.lower(), raw)
