"""The JSON schema of a price table, so that an editor completes keys and marks mistakes.

It is made from the same names that the reader knows; ``python -m pricing.schema``
writes it anew, and a test fails while the committed file lags behind.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from costmodel.meters import SIZE_BAND_EDGES, TIERS
from pricing.rate_rows import (
    FEE_KEYS,
    RATE_KEYS,
    ROW_KEYS,
    ROW_REQUIRED,
    STATUSES,
    ZONE,
)
from pricing.reader import (
    LIFE_DAYS,
    LIFE_KEYS,
    LIMIT_KEYS,
    MODEL_KEYS,
    MODEL_REQUIRED,
    PROVIDERS,
    TABLE_KEYS,
    TABLES,
    TOKENIZERS,
    USAGE_TIER_NUMBERS,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SCHEMA_PATH = TABLES / "schema.json"

JsonSchema = dict[str, Any]

TEXT: JsonSchema = {"type": "string"}
RATE: JsonSchema = {"type": "number", "minimum": 0}
WHOLE: JsonSchema = {"type": "integer", "minimum": 0}
DAY: JsonSchema = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}
DAY_OR_UNKNOWN: JsonSchema = {"type": ["string", "null"], "pattern": DAY["pattern"]}


def table_schema() -> JsonSchema:
    """Return the schema of a price table."""
    values = {
        "provider": {"enum": list(PROVIDERS)},
        "sources": _named(_keys({"text": TEXT, "checked_on": DAY}, ("text", "checked_on"))),
        "assumptions": _named(TEXT),
        "fees": _named(_fee()),
        "usage_tiers": {"type": "array", "items": _usage_tier()},
        "models": _named(_model()),
        "rates": {"type": "array", "items": _row(("model", *ROW_REQUIRED))},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tollbook price table",
        **_keys({key: values[key] for key in ("provider", *TABLE_KEYS)}, ("provider", "sources")),
    }


def schema_text() -> str:
    """Return the schema as the committed file holds it."""
    return json.dumps(table_schema(), indent=2) + "\n"


def _keys(values: Mapping[str, JsonSchema], required: Iterable[str]) -> JsonSchema:
    return {
        "type": "object",
        "properties": dict(values),
        "required": list(required),
        "additionalProperties": False,
    }


def _named(value: JsonSchema) -> JsonSchema:
    return {"type": "object", "additionalProperties": value}


def _assumed(meters: Iterable[str]) -> JsonSchema:
    by_meter = {"type": "object", "additionalProperties": False}
    by_meter["properties"] = dict.fromkeys(meters, TEXT)
    return {"description": "a name under assumptions", "anyOf": [TEXT, by_meter]}


def _fee() -> JsonSchema:
    values = {**dict.fromkeys(FEE_KEYS, RATE), "assumed": _assumed(FEE_KEYS), "source": TEXT}
    return {"description": "dollars per thousand calls", **_keys(values, ("source",))}


def _usage_tier() -> JsonSchema:
    values = {"usage_tier": TEXT, **dict.fromkeys(USAGE_TIER_NUMBERS, RATE), "source": TEXT}
    values["account_age_days"] = WHOLE
    return {"description": "what a tier allows to spend a month", **_keys(values, values)}


def _row(required: Iterable[str]) -> JsonSchema:
    values: dict[str, JsonSchema] = {
        "model": TEXT,
        "zone": {"type": "string", "pattern": f"^({ZONE.pattern})$"},
        "tier": {"enum": list(TIERS)},
        "above_input_tokens": {"enum": list(SIZE_BAND_EDGES)},
        "from": DAY_OR_UNKNOWN,
        "to": DAY,
        "status": {"enum": list(STATUSES)},
        "announced_on": DAY_OR_UNKNOWN,
        "checked_on": DAY,
        "derived": TEXT,
        "assumed": _assumed(RATE_KEYS),
        "source": {"description": "a name under sources", **TEXT},
        **dict.fromkeys(RATE_KEYS, RATE),
    }
    required = tuple(required)
    allowed = {key: values[key] for key in dict.fromkeys((*required, *ROW_KEYS))}
    return {
        "description": "dollars per million tokens, characters, seconds or pictures",
        **_keys(allowed, required),
    }


def _model() -> JsonSchema:
    names: JsonSchema = {"type": "array", "items": TEXT, "uniqueItems": True}
    life = {**dict.fromkeys(LIFE_DAYS, DAY), "successor": TEXT, "source": TEXT}
    limit = {"usage_tier": TEXT, **dict.fromkeys(LIMIT_KEYS, WHOLE), "source": TEXT}
    values: dict[str, JsonSchema] = {
        "display": TEXT,
        "family": TEXT,
        "rates": {"type": "array", "items": _row(ROW_REQUIRED), "minItems": 1},
        "snapshots": names,
        "aliases": names,
        "life": _keys({key: life[key] for key in (*LIFE_KEYS, "source")}, ("source",)),
        "context_window": WHOLE,
        "max_output_tokens": WHOLE,
        "knowledge_cutoff": {"type": "string", "pattern": r"^\d{4}-\d{2}$"},
        "minimum_cacheable_tokens": WHOLE,
        "tokenizer": {"enum": list(TOKENIZERS)},
        "fees": {"description": "a name under fees", **TEXT},
        "rate_limits": {"type": "array", "items": _keys(limit, ("usage_tier",))},
        "source": {"description": "a name under sources", **TEXT},
    }
    return _keys({key: values[key] for key in (*MODEL_REQUIRED, *MODEL_KEYS)}, MODEL_REQUIRED)


if __name__ == "__main__":
    SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
