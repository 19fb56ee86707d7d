"""Line items of OpenAI's bill: which model, which meter, or which tool they are for.

``gpt-4.1-2025-04-14, input`` is the uncached input alone; cached input, written cache and
output are line items of their own, so the quantities are disjoint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.charges import ChargeKind, kind_in_words

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

UNITS: Final[Mapping[str, tuple[str, int]]] = {
    "1000_tokens": ("tokens", 1_000),
    "duration_minutes": ("duration_seconds", 60),
    "duration_hours": ("duration_seconds", 3_600),
}
"""Units that are larger than what our meters count, and how many of those they are."""

METER_OF_UNIT: Final[Mapping[str | None, Meter]] = {
    "images": Meter.IMAGES,
    "characters": Meter.CHARACTERS,
    "duration_seconds": Meter.AUDIO_SECONDS,
}
_TOOLS: Final = (
    (re.compile(r"storage|vector[ _]store"), None),
    (re.compile(r"web[ _]search"), Meter.WEB_SEARCH_CALLS),
    (re.compile(r"file[ _]search"), Meter.FILE_SEARCH_CALLS),
    (re.compile(r"code[ _]interpreter|container"), Meter.CODE_INTERPRETER_SESSIONS),
    (re.compile(r"tool[ _]calls?\b"), None),
)
_MODES: Final = frozenset(("batch", "flex", "priority", "standard"))
_WRITTEN: Final = frozenset(("write", "writes", "written"))
_FILLING: Final = frozenset(("token", "tokens", "text", "audio", "image", "cache", "cached"))
_FLOWS: Final = frozenset(("input", "output")) | _WRITTEN
_INPUTS: Final = {
    "text": (Meter.INPUT, Meter.CACHED_INPUT, Meter.OUTPUT),
    "audio": (Meter.INPUT_AUDIO, Meter.CACHED_INPUT_AUDIO, Meter.OUTPUT_AUDIO),
    "image": (Meter.INPUT_IMAGE, Meter.CACHED_INPUT_IMAGE, Meter.OUTPUT_IMAGE),
}
_MODEL: Final = re.compile(r"(?=\S*[\d-])[\w.:/-]+")
_FAMILY: Final = re.compile(
    r"\b(gpt|chatgpt|models?|fine-?tun\w*|dall|whisper|tts|embeddings?|moderations?|audio"
    r"|images?|sora|training)\b"
)
"""Words by which bills before 2024 name models."""


@dataclass(frozen=True, slots=True)
class LineItem:
    """What a line item is for; ``known`` is false where its words mean nothing to us."""

    kind: ChargeKind
    model: str | None = None
    meter: Meter | None = None
    known: bool = True


def line_item_of(text: str | None, unit: str | None = None) -> LineItem:
    """Return what a line item is for; none is the whole bill of a day."""
    if text is None:
        return LineItem(ChargeKind.USAGE)
    words = text.lower()
    for pattern, meter in _TOOLS:
        if pattern.search(words):
            return LineItem(ChargeKind.TOOL, _model(text), meter if unit is None else None)
    model, rest = _parts(text)
    if rest or model:
        return LineItem(ChargeKind.USAGE, model, _meter(rest) or METER_OF_UNIT.get(unit))
    kind = kind_in_words(text)
    if kind is not None:
        return LineItem(kind)
    if _FAMILY.search(words):
        return LineItem(ChargeKind.USAGE)
    return LineItem(ChargeKind.OTHER, known=False)


def counted_in(quantity: Decimal | None, unit: str | None) -> tuple[Decimal | None, str | None]:
    """Return a quantity in the unit that our meters count."""
    name, factor = UNITS.get(unit or "", (unit, 1))
    return (None if quantity is None else quantity * factor), name


def _parts(text: str) -> tuple[str | None, frozenset[str]]:
    """Return the model of a line item, and the words after it where they tell a meter."""
    head, comma, tail = text.partition(",")
    if not comma:
        head, _, tail = text.strip().partition(" ")
    rest = frozenset(re.findall(r"[a-z0-9]+", tail.lower()))
    if comma or rest <= _MODES | _FILLING | _FLOWS:
        return _model(head), rest
    return None, frozenset()


def _model(head: str) -> str | None:
    """Return the model that a line item begins with: after a prefix, before a mode."""
    words = head.partition(",")[0].rpartition("|")[2].split()
    while words and words[-1].strip("()").lower() in _MODES:
        words.pop()
    return words[0] if len(words) == 1 and _MODEL.fullmatch(words[0]) else None


def _meter(words: frozenset[str]) -> Meter | None:
    medium = next((each for each in ("audio", "image") if each in words), "text")
    uncached, cached, output = _INPUTS[medium]
    if "output" in words:
        return output
    if words & _WRITTEN:
        return Meter.CACHE_WRITE if medium == "text" else None
    if "input" not in words:
        return None
    return cached if "cached" in words or "cache" in words else uncached
