"""Objects as the APIs answer them: Chat, Responses, streams, Batch output, embeddings, runs.

Each line is decided by itself. OpenAI counts cached, written and audio tokens inside
input; Anthropic counts them beside it. What was asked and answered is not read.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.files import (
    clean_copy,
    first_objects,
    is_clean,
    is_lines_of_objects,
    reasons_of_lines,
    rewritten,
    unpacked_copy,
)
from ingest.narrowing import within
from ingest.object_reasons import (
    COUNT_KEYS,
    DETAILS,
    INPUT_DETAIL_KEYS,
    OUTPUT_DETAIL_KEYS,
    OUTPUT_DETAILS,
    explain,
)
from ingest.projection import (
    JSON_LINES,
    SHORT_JSON_LINES,
    TEXT,
    ImportOptions,
    Kind,
    Opened,
    Projection,
    Sample,
)
from ingest.rows import CHAINS, DIMENSION_KEYS, NUMBERS, ROW_DIMENSIONS, SECONDS_KEYS, TEXTS
from ingest.served import served_sql, sql_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

OBJECT_WORDS: Final = (
    "chat.completion", "chat.completion.chunk", "response", "text_completion", "list",
    "thread.run", "embedding",
)  # fmt: skip
GATEWAY_LOG: Final = frozenset(("call_type", "startTime"))
"""Keys of LiteLLM's log, which has the answer inside of a row of its own."""
ENVELOPES: Final = ("response", "response.body", "result.message")
"""Where the object may stand inside a line, beside the line itself."""


def _texts(names: Iterable[str]) -> dict[str, Kind]:
    return dict.fromkeys(names, TEXT)


USAGE_FIELDS: Final[Mapping[str, Kind]] = {
    **_texts((*COUNT_KEYS, "service_tier", "inference_geo", "cost")),
    **{key: _texts(DETAILS) for key in INPUT_DETAIL_KEYS},
    **{key: _texts(OUTPUT_DETAILS) for key in OUTPUT_DETAIL_KEYS},
    "cache_creation": _texts(("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")),
    "server_tool_use": _texts(("web_search_requests",)),
}


class ApiObjects:
    """The format ``api_objects``."""

    name = "api_objects"

    def claims(self, sample: Sample) -> bool:
        """Tell whether the file holds objects of an API."""
        return any(_is_object(each) for each in first_objects(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks that the first objects show."""
        objects = first_objects(sample)
        marks = ("id", "model", "usage", "created")
        shown = [sum(mark in each for mark in marks) / len(marks) for each in objects]
        return max(shown, default=0.0)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Read lines where they stand; anything else is rewritten to one object a line."""
        opened = _read(sample, options, workspace)
        if not sample.complete or "\\u" in sample.text or _has_text_bodies(sample):
            return opened
        # The whole text is known, and no key in it is written in code.
        projection = within(opened.projection, lambda key: f'"{key}"' in sample.text)
        return replace(opened, projection=projection)


def _read(sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
    path = sample.path
    if not is_lines_of_objects(sample) or _has_text_bodies(sample):
        return _opened(*rewritten(path, workspace, _rows_of), options)
    if not is_clean(path):
        path = unpacked_copy(path, workspace)
    first = _opened(path, None, options, SHORT_JSON_LINES)
    return replace(first, again=lambda: _opened(*clean_copy(path, workspace), options))


def _opened(
    path: Path, lines: list[int] | None, options: ImportOptions, reader: str = JSON_LINES
) -> Opened:
    return Opened(
        projection=_projection(path, options, reader),
        path=path,
        reasons=lambda places: reasons_of_lines(path, places, explain, lines),
        over=lambda other: _projection(other, options, reader),
    )


def _is_object(line: Mapping[str, Any]) -> bool:
    if line.keys() >= GATEWAY_LOG:
        return False
    return any(_is_answer(each) for each in _inner_objects(line))


def _is_answer(each: Mapping[str, Any]) -> bool:
    """Tell an answer of an API from other objects: by its kind, or by its counts."""
    if each.get("object") == "page":
        return False
    usage = each.get("usage")
    counts = isinstance(usage, dict) and any(key in usage for key in COUNT_KEYS)
    known = each.get("object") in OBJECT_WORDS or (each.get("type") == "message" and "role" in each)
    return known or (counts and "model" in each)


def _inner_objects(line: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield line
    if "custom_id" in line and ("response" in line or "result" in line):
        yield {"object": "chat.completion"}
    response = line.get("response")
    if isinstance(response, dict):
        yield response


def _has_text_bodies(sample: Sample) -> bool:
    responses = [each.get("response") for each in first_objects(sample)]
    return any(isinstance(r, dict) and isinstance(r.get("body"), str) for r in responses)


def _rows_of(document: Any) -> Iterable[object]:  # noqa: ANN401 - any JSON value
    """Return the object with the body of its response unpacked, as some gateways pack it."""
    response = document.get("response") if isinstance(document, dict) else None
    if isinstance(response, dict) and isinstance(response.get("body"), str):
        try:
            body = json.loads(response["body"])
        except (ValueError, RecursionError):
            return [document]
        return [{**document, "response": {**response, "body": body}}]
    return [document]


def _label_keys(options: ImportOptions) -> list[str]:
    """Return every key of metadata that means something to us."""
    keys = [key for name in ROW_DIMENSIONS for key in DIMENSION_KEYS.get(name, (name,))]
    keys += [key for pairs in SECONDS_KEYS.values() for key, _ in pairs]
    return list(dict.fromkeys([*options.dimensions, *keys, *NUMBERS, *TEXTS, *CHAINS]))


def _columns(options: ImportOptions) -> dict[str, Kind]:
    """Return what is read of a line, with its type."""
    labels = _texts(_label_keys(options))
    inner: dict[str, Kind] = {
        **_texts(("id", "object", "type", "created", "created_at", "model", "service_tier")),
        "usage": USAGE_FIELDS,
        "metadata": labels,
    }
    return {
        **labels,
        **inner,
        **_texts(("timestamp", "custom_id", "error")),
        "response": {**inner, "status_code": TEXT, "body": inner},
        "result": {"type": TEXT, "message": inner},
    }


def _first_of(*expressions: str) -> str:
    return f"coalesce({', '.join(expressions)})"


def _everywhere(field: str) -> list[str]:
    """Return a field of the line and of every object that the line may hold."""
    return [f'"{field}"', *(f"{envelope}.{field}" for envelope in ENVELOPES)]


Places = tuple[str, ...]
"""Where a value may stand in a line; the first place that has one counts."""


def _counted(*paths: str) -> Places:
    return tuple(f"{usage}.{path}" for usage in _everywhere("usage") for path in paths)


def _details(keys: Iterable[str], name: str) -> Places:
    return _counted(*(f"{key}.{name}" for key in keys))


USAGE: Final[Mapping[str, Places]] = {
    "prompt": _counted("prompt_tokens"),
    "input_count": _counted("input_tokens"),
    "completion": _counted("completion_tokens", "output_tokens"),
    "cached_count": _details(INPUT_DETAIL_KEYS, "cached_tokens"),
    "written_count": _details(INPUT_DETAIL_KEYS, "cache_write_tokens"),
    "audio_count": _details(INPUT_DETAIL_KEYS, "audio_tokens"),
    "audio_out_count": _details(OUTPUT_DETAIL_KEYS, "audio_tokens"),
    "reasoning_count": _details(OUTPUT_DETAIL_KEYS, "reasoning_tokens"),
    "read_count": _counted("cache_read_input_tokens"),
    "creation_count": _counted("cache_creation_input_tokens"),
    "written_5m": _counted("cache_creation.ephemeral_5m_input_tokens"),
    "written_1h": _counted("cache_creation.ephemeral_1h_input_tokens"),
    "searches": _counted("server_tool_use.web_search_requests"),
    "usage_tier": _counted("service_tier"),
    "geo": _counted("inference_geo"),
    "money": _counted("cost"),
}
IDENTITY: Final[Mapping[str, Places]] = {
    "line_id": ("result.message.id", "response.body.id", "response.id", "id"),
    "kind": ("response.body.object", "response.object", "object"),
    "message_type": ("result.message.type", "type"),
    "served": tuple(_everywhere("model")),
    "moment_text": (*_everywhere("created"), *_everywhere("created_at"), "timestamp"),
    "tier_word": tuple(_everywhere("service_tier")),
    "batch_mark": ("custom_id", "response.status_code", "response.body.id", "result.type"),
    "http_status": ("response.status_code",),
}


def _label_places(key: str) -> Places:
    return (
        f'metadata."{key}"',
        f'response.body.metadata."{key}"',
        f'response.metadata."{key}"',
        f'"{key}"',
    )


ANTHROPIC: Final = """coalesce(prompt IS NULL AND kind IS NULL AND (message_type = 'message'
    OR starts_with(line_id, 'msg_') OR read_count IS NOT NULL
    OR creation_count IS NOT NULL), false)"""


def _count(value: str) -> str:
    """Return the SQL of a count; ``false`` is none, as ``null`` is (docs/decisions/0009)."""
    return f"count_of(unless_false({value}))"


DERIVED: Final[Mapping[str, str]] = {
    "served_tier": "coalesce(tier_word, usage_tier)",
    "known_line": (
        "coalesce(line_id, kind, served, batch_mark) IS NOT NULL "
        "OR coalesce(prompt, input_count) IS NOT NULL "
        "OR starts_with(message_type, 'response.')"
    ),
    "anthropic": ANTHROPIC,
    "n_input": _count("coalesce(prompt, input_count)"),
    "n_output": _count("completion"),
    "n_cached": _count("cached_count"),
    "n_written": _count("written_count"),
    "n_audio": _count("audio_count"),
    "n_audio_out": _count("audio_out_count"),
    "n_reasoning": _count("reasoning_count"),
    "n_read": _count("read_count"),
    "n_creation": _count(
        "CASE WHEN coalesce(written_5m, written_1h) IS NULL THEN creation_count ELSE written_5m END"
    ),
    "n_creation_1h": _count("written_1h"),
    "n_searches": _count("searches"),
}
NUMERIC: Final = (
    ("moment_text",),
    ("prompt", "input_count"),
    ("completion",),
    ("cached_count",),
    ("written_count",),
    ("audio_count",),
    ("audio_out_count",),
    ("reasoning_count",),
    ("read_count",),
    ("creation_count", "written_5m", "written_1h"),
    ("searches",),
)
SPECIAL: Final = "(n_cached + n_written + n_audio)"
CACHED_AUDIO: Final = f"greatest({SPECIAL} - n_input, 0)"
"""OpenAI does not say how much of the audio was cached: what does not fit otherwise."""

METERS: Final[Mapping[Meter, str]] = {
    Meter.INPUT: (
        f"CASE WHEN anthropic THEN n_input ELSE n_input - {SPECIAL} + {CACHED_AUDIO} END"
    ),
    Meter.CACHED_INPUT: f"CASE WHEN anthropic THEN n_read ELSE n_cached - {CACHED_AUDIO} END",
    Meter.CACHE_WRITE: "CASE WHEN anthropic THEN n_creation ELSE n_written END",
    Meter.CACHE_WRITE_1H: "CASE WHEN anthropic THEN n_creation_1h ELSE 0 END",
    Meter.OUTPUT: "n_output - n_audio_out",
    Meter.INPUT_AUDIO: f"CASE WHEN anthropic THEN 0 ELSE n_audio - {CACHED_AUDIO} END",
    Meter.CACHED_INPUT_AUDIO: f"CASE WHEN anthropic THEN 0 ELSE {CACHED_AUDIO} END",
    Meter.OUTPUT_AUDIO: "n_audio_out",
    Meter.WEB_SEARCH_CALLS: "n_searches",
}


def _projection(path: Path, options: ImportOptions, reader: str = JSON_LINES) -> Projection:
    provider = sql_string(options.provider or "openai")
    labels = {f"label_{key}": _label_places(key) for key in _label_keys(options)}
    return Projection(
        reader=reader,
        columns=_columns(options),
        parameters=[str(path)],
        raw={**IDENTITY, **USAGE, **labels},
        occurred_at="moment(moment_text)",
        time_given="moment_text IS NOT NULL",
        recognised="known_line",
        has_usage=(
            "coalesce(prompt, input_count) IS NOT NULL OR completion IS NOT NULL "
            "OR read_count IS NOT NULL OR creation_count IS NOT NULL"
        ),
        sound=(
            "(coalesce(prompt, input_count) IS NOT NULL OR completion IS NOT NULL) "
            "AND (anthropic OR n_cached <= n_input) AND n_reasoning <= n_output"
        ),
        request_id="text_of(line_id)",
        provider=f"CASE WHEN anthropic THEN 'anthropic' ELSE {provider} END",
        model=served_sql("served", options.deployments),
        zone="CASE WHEN geo = 'us' THEN 'regional:us' ELSE 'global' END",
        tier="CASE WHEN batch_mark IS NOT NULL THEN 'batch' ELSE tier_of(served_tier) END",
        meters=METERS,
        dimensions=_dimensions(options),
        measures=_measures(),
        price_at=options.price_at,
        derived=DERIVED,
        numeric=NUMERIC,
    )


def _label(key: str) -> str:
    return f'"label_{key}"'


def _dimensions(options: ImportOptions) -> dict[str, str]:
    found = {}
    for name in ROW_DIMENSIONS:
        configured = [key for key, meaning in options.dimensions.items() if meaning == name]
        keys = [*configured, *DIMENSION_KEYS.get(name, (name,))]
        masked = "key_label" if name == "api_key" else "label"
        found[name] = f"{masked}({_first_of(*map(_label, keys))})"
    return found


def _measures() -> dict[str, str]:
    seconds = {
        name: _first_of(*(f"number_of({_label(key)}) / {units}" for key, units in pairs))
        for name, pairs in SECONDS_KEYS.items()
    }
    numbers = {name: f"number_of({_label(name)})" for name in NUMBERS}
    texts = {name: f"label({_label(name)})[:40]" for name in TEXTS}
    failed = "CASE WHEN http_status <> '200' THEN http_status END"
    texts["status"] = f"coalesce({texts['status']}, {failed})"
    chains = {name: f"hashes_of({_label(name)})" for name in CHAINS}
    return {
        **seconds,
        **numbers,
        **texts,
        **chains,
        "reasoning_tokens": "nullif(n_reasoning, 0)",
        "reported_cost": "try_cast(money AS DECIMAL(38, 12))",
    }
