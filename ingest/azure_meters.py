"""The names of Azure's meters for models: which model, what of it, where, at which tier.

``gpt 4.1 mini cached Inp glbl Tokens`` is cached input of gpt-4.1-mini, global. One thing
has many spellings; words that say none of this are the model's name, so that a meter of
a kind not known here has a model without a price rather than a wrong one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from costmodel.meters import Meter
from ingest.rows import GLOBAL_ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping

INPUT: Final = frozenset(("inp", "inpt", "input", "in"))
OUTPUT: Final = frozenset(("outp", "outpt", "output", "out", "opt"))
CACHED: Final = frozenset(("cached", "cache", "cach", "cchd", "ccchd", "cd", "ch"))
WRITTEN: Final = frozenset(("write", "written", "writes"))
DATA_ZONE: Final = "data_zone"
REGIONAL: Final = "regional"
SCOPES: Final = {
    **dict.fromkeys(("glbl", "global", "gl"), GLOBAL_ZONE),
    **dict.fromkeys(("dz", "dzn", "dzone", "datazone"), DATA_ZONE),
    **dict.fromkeys(("regnl", "rgnl", "regional"), REGIONAL),
}
TIERS: Final = {
    "batch": "batch",
    "flex": "flex",
    **dict.fromkeys(("pp", "priority"), "priority"),
    **dict.fromkeys(("std", "standard"), "standard"),
}
MODALITIES: Final = {"txt": "", "aud": "audio", "img": "image"}
FAMILIES: Final = {"aud": "audio", "img": "image", "rt": "realtime"}
"""What stands behind ``gpt`` as part of the model's name: ``gpt aud 1.5 txt inp`` is text."""
SILENT: Final = frozenset(("token", "tokens", "tkn", "1k", "1m", "shortco"))
NO_TOKENS: Final = frozenset(
    ("hosting", "hstng", "training", "trng", "provisioned", "prov", "ptu", "session", "sessions")
)
"""Words of meters that bill hours, training or sessions, even where the name says tokens."""
KINDS: Final[Mapping[tuple[str | None, str], Meter]] = {
    ("input", ""): Meter.INPUT,
    ("cached", ""): Meter.CACHED_INPUT,
    ("output", ""): Meter.OUTPUT,
    ("input", "audio"): Meter.INPUT_AUDIO,
    ("cached", "audio"): Meter.CACHED_INPUT_AUDIO,
    ("output", "audio"): Meter.OUTPUT_AUDIO,
    ("input", "image"): Meter.INPUT_IMAGE,
    ("cached", "image"): Meter.CACHED_INPUT_IMAGE,
    ("output", "image"): Meter.OUTPUT_IMAGE,
}
UNIT: Final = re.compile(
    r"\s*([0-9]{1,9})\s*(k|m|thousand|million)?(?:\s*tokens?)?\s*", re.IGNORECASE
)
FACTORS: Final = {"": 1, "k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}
GPT: Final = re.compile(r"gpt(?=[0-9])")


@dataclass(frozen=True, slots=True)
class TokenMeter:
    """What a meter counts; ``scope`` is global, data_zone or regional, None where not named."""

    model: str
    meter: Meter
    scope: str | None
    tier: str | None


def token_meter(name: str, product: str) -> TokenMeter | None:
    """Return what the name of a meter says, None where it is not clear which tokens it counts.

    ``product`` is the family beside it: newer meters of OpenAI's leave ``gpt`` to it.
    """
    words = _words(name)
    modality = next((MODALITIES[word] for word in reversed(words) if word in MODALITIES), "")
    if words[:1] == ["gpt"] and len(words) > 1:
        words[1] = FAMILIES.get(words[1], words[1])
    said = {*SCOPES, *TIERS, *MODALITIES, *SILENT, *INPUT, *OUTPUT, *CACHED}
    model = _model([word for word in words if word not in said], product)
    meter = KINDS.get((_direction(set(words), model), modality))
    if meter is None or not model or not NO_TOKENS.isdisjoint(words):
        return None
    scope = next((SCOPES[word] for word in words if word in SCOPES), None)
    tier = next((TIERS[word] for word in words if word in TIERS), None)
    return TokenMeter(model, meter, scope, tier)


def counts_no_tokens(name: str) -> bool:
    """Tell whether a meter bills something else: its name says so, or names no tokens at all."""
    words = set(_words(name))
    named = words & (SILENT | INPUT | OUTPUT | CACHED)
    return not named or not NO_TOKENS.isdisjoint(words)


def tokens_per_unit(unit: str | None) -> int | None:
    """Return how many tokens one of a unit such as 1K or 1M is, None for hours and others."""
    found = UNIT.fullmatch(unit or "")
    return int(found[1]) * FACTORS[(found[2] or "").lower()] if found else None


def _words(name: str) -> list[str]:
    joined = re.sub(r"\bdata[ -]zone\b", "datazone", name.lower())
    return re.findall(r"[\w.]+", joined)


def _direction(words: set[str], model: str) -> str | None:
    """Return input, cached or output; embeddings have input only, and their names omit it."""
    takes, gives, cached = (bool(words & among) for among in (INPUT, OUTPUT, CACHED))
    if (gives and (takes or cached)) or words & WRITTEN:
        return None
    if cached:
        return "cached"
    if gives:
        return "output"
    return "input" if takes or "embedding" in model else None


def _model(words: list[str], product: str) -> str:
    name = GPT.sub("gpt-", "-".join(words))
    bare = name[:1].isdigit() and "openai" in product.lower()
    return f"gpt-{name}" if bare else name
