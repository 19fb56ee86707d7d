"""How rates, lives and tiers are called on the page of prices."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from costmodel.meters import Meter
from dashboard.moments import day_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from costmodel.rates import Model

METER_WORDS: Mapping[Meter, str] = MappingProxyType(
    {
        Meter.INPUT: "uncached input",
        Meter.CACHED_INPUT: "cached input",
        Meter.CACHE_WRITE: "cache write",
        Meter.CACHE_WRITE_1H: "cache write, one hour",
        Meter.OUTPUT: "output",
        Meter.INPUT_AUDIO: "sound in",
        Meter.CACHED_INPUT_AUDIO: "sound in, cached",
        Meter.OUTPUT_AUDIO: "sound out",
    }
)
"""Token types in the order of the table, as people read them."""

CALL_WORDS: Mapping[Meter, str] = MappingProxyType(
    {
        Meter.WEB_SEARCH_CALLS: "1,000 web searches",
        Meter.FILE_SEARCH_CALLS: "1,000 file searches",
        Meter.CODE_INTERPRETER_SESSIONS: "1,000 code sessions",
        Meter.AUDIO_SECONDS: "1,000 seconds of audio",
        Meter.CHARACTERS: "1,000 characters",
    }
)
PROVIDER_WORDS: Mapping[str, str] = MappingProxyType(
    {"openai": "OpenAI", "azure": "Azure", "anthropic": "Anthropic", "google": "Google"}
)


def life_text(model: Model, today: date) -> str:
    """Return what a model's life means today: ``until 14 Jan 2027, 55 days left``."""
    end = model.life.shutdown_on
    if end is None:
        return "no end announced"
    if model.life.is_gone(today):
        return f"gone since {day_text(end)}"
    return f"until {day_text(end)}, {days_text((end - today).days)} left"


def days_text(days: int) -> str:
    """Return a number of days in words: ``1 day``, ``55 days``."""
    return f"{days:,} day" if days == 1 else f"{days:,} days"


def labelled(text: str) -> dict[str, Any]:
    """Return the attribute that names a part of the page for screen readers."""
    return {"aria-label": text}
