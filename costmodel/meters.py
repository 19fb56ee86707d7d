"""Meters: what is counted and priced.

Token meters are disjoint, so their sum is all tokens of a request. Reasoning is
information inside ``output`` and no meter of its own.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from enum import StrEnum


class Meter(StrEnum):
    """One priced kind of usage; the value is its name in files, JSON and columns."""

    INPUT = "input"
    CACHED_INPUT = "cached_input"
    CACHE_WRITE = "cache_write"
    CACHE_WRITE_1H = "cache_write_1h"
    OUTPUT = "output"
    INPUT_AUDIO = "input_audio"
    CACHED_INPUT_AUDIO = "cached_input_audio"
    OUTPUT_AUDIO = "output_audio"
    INPUT_IMAGE = "input_image"
    CACHED_INPUT_IMAGE = "cached_input_image"
    OUTPUT_IMAGE = "output_image"
    WEB_SEARCH_CALLS = "web_search_calls"
    FILE_SEARCH_CALLS = "file_search_calls"
    CODE_INTERPRETER_SESSIONS = "code_interpreter_sessions"
    IMAGES = "images"
    AUDIO_SECONDS = "audio_seconds"
    CHARACTERS = "characters"


METERS: tuple[Meter, ...] = tuple(Meter)
TOKEN_METERS: tuple[Meter, ...] = METERS[:11]
UNIT_METERS: tuple[Meter, ...] = METERS[11:]
CALL_METERS: tuple[Meter, ...] = (
    Meter.WEB_SEARCH_CALLS,
    Meter.FILE_SEARCH_CALLS,
    Meter.CODE_INTERPRETER_SESSIONS,
)
"""Calls of tools, priced beside a model's tokens and alike in every tier."""
CACHED_METERS: tuple[Meter, ...] = (
    Meter.CACHED_INPUT,
    Meter.CACHED_INPUT_AUDIO,
    Meter.CACHED_INPUT_IMAGE,
)
WRITE_METERS: tuple[Meter, ...] = (Meter.CACHE_WRITE, Meter.CACHE_WRITE_1H)
UNCACHED_METERS: tuple[Meter, ...] = (Meter.INPUT, Meter.INPUT_AUDIO, Meter.INPUT_IMAGE)
INPUT_METERS: tuple[Meter, ...] = UNCACHED_METERS + CACHED_METERS + WRITE_METERS
OUTPUT_METERS: tuple[Meter, ...] = (Meter.OUTPUT, Meter.OUTPUT_AUDIO, Meter.OUTPUT_IMAGE)

INDEX: dict[Meter, int] = {meter: position for position, meter in enumerate(METERS)}
"""Where a meter stands in a ``Quantities`` tuple."""

TIERS: tuple[str, ...] = ("standard", "batch", "flex", "priority")

MINIMUM_CACHEABLE_EDGE = 1_024
SIZE_BAND_EDGES: tuple[int, ...] = (
    0,
    MINIMUM_CACHEABLE_EDGE,
    32_000,
    100_000,
    128_000,
    200_000,
    256_000,
    272_000,
    512_000,
)
UNKNOWN_BAND = -1
"""The band of usage whose single requests are not known: a provider's bucket."""


def size_band(input_tokens: int) -> int:
    """Return the lower edge of the band that a request of this many input tokens falls in.

    Prices step where a request is *longer than* an edge, so an edge belongs to
    the band below it. The one exception is 1,024: a prefix of exactly 1,024
    tokens can be cached, so it opens its band.
    """
    if input_tokens < 0:
        msg = f"input tokens cannot be negative: {input_tokens}"
        raise ValueError(msg)
    if input_tokens <= MINIMUM_CACHEABLE_EDGE:
        return SIZE_BAND_EDGES[bisect_right(SIZE_BAND_EDGES, input_tokens) - 1]
    return SIZE_BAND_EDGES[bisect_left(SIZE_BAND_EDGES, input_tokens) - 1]
