"""Objects as the APIs answer them: Chat, Responses, streams, Batch output, embeddings, runs.

Each line is decided by itself. OpenAI counts cached, written and audio tokens inside
input; Anthropic counts them beside it. What was asked and answered is not read.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.files import (
    clean_copy,
    first_objects,
    is_clean,
    is_lines_of_objects,
    reasons_of_lines,
    rewritten,
)
from ingest.object_reasons import (
    COUNT_KEYS,
    DETAILS,
    INPUT_DETAIL_KEYS,
    OUTPUT_DETAIL_KEYS,
    OUTPUT_DETAILS,
    explain,
)
from ingest.projection import ImportOptions, Opened, Projection, Sample
from ingest.rows import DIMENSION_KEYS, NUMBERS, ROW_DIMENSIONS, SECONDS_KEYS, TEXTS
from ingest.served import served_sql, sql_string

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

OBJECT_WORDS: Final = frozenset(
    ("chat.completion", "chat.completion.chunk", "response", "text_completion", "list",
     "thread.run", "embedding")
)  # fmt: skip
ENVELOPES: Final = ("response", "response.body", "result.message")
"""Where the object may stand inside a line, beside the line itself."""


def _struct(fields: Mapping[str, str]) -> str:
    members = ", ".join(f'"{name}" {kind}' for name, kind in fields.items())
    return f"STRUCT({members})"


def _texts(names: Iterable[str]) -> dict[str, str]:
    return dict.fromkeys(names, "VARCHAR")


USAGE_FIELDS: Final = {
    **_texts((*COUNT_KEYS, "service_tier", "inference_geo", "cost")),
    **{key: _struct(_texts(DETAILS)) for key in INPUT_DETAIL_KEYS},
    **{key: _struct(_texts(OUTPUT_DETAILS)) for key in OUTPUT_DETAIL_KEYS},
    "cache_creation": _struct(_texts(("ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"))),
    "server_tool_use": _struct(_texts(("web_search_requests",))),
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
        path, lines = sample.path, None
        if not is_lines_of_objects(sample) or _has_text_bodies(sample):
            path, lines = rewritten(path, workspace, _rows_of)
        elif not is_clean(path):
            path, lines = clean_copy(path, workspace)
        return Opened(
            projection=_projection(path, options),
            path=path,
            reasons=lambda places: reasons_of_lines(path, places, explain, lines),
            over=lambda other: _projection(other, options),
        )


def _is_object(line: Mapping[str, Any]) -> bool:
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
        except ValueError:
            return [document]
        return [{**document, "response": {**response, "body": body}}]
    return [document]


def _label_keys(options: ImportOptions) -> list[str]:
    """Return every key of metadata that means something to us."""
    keys = [key for name in ROW_DIMENSIONS for key in DIMENSION_KEYS.get(name, (name,))]
    keys += [key for pairs in SECONDS_KEYS.values() for key, _ in pairs]
    return list(dict.fromkeys([*options.dimensions, *keys, *NUMBERS, *TEXTS]))


def _reader(path: Path, options: ImportOptions) -> tuple[str, list[object]]:
    labels = _texts(_label_keys(options))
    inner = {
        **_texts(("id", "object", "type", "created", "created_at", "model", "service_tier")),
        "usage": _struct(USAGE_FIELDS),
        "metadata": _struct(labels),
    }
    line = {
        **labels,
        **inner,
        **_texts(("timestamp", "custom_id", "error")),
        "response": _struct({**inner, "status_code": "VARCHAR", "body": _struct(inner)}),
        "result": _struct({"type": "VARCHAR", "message": _struct(inner)}),
    }
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in line.items())
    reader = f"read_json(?, format='newline_delimited', ignore_errors=true, columns={{{columns}}})"
    return reader, [str(path)]


def _first_of(*expressions: str) -> str:
    return f"coalesce({', '.join(expressions)})"


def _everywhere(field: str) -> list[str]:
    """Return a field of the line and of every object that the line may hold."""
    return [f'"{field}"', *(f"{envelope}.{field}" for envelope in ENVELOPES)]


def _usage_fields() -> dict[str, str]:
    """Return names for the counts; ``u`` is the usage that the line or its envelope holds."""

    def detail(keys: Iterable[str], name: str) -> str:
        return _first_of(*(f"u.{key}.{name}" for key in keys))

    return {
        "prompt": "u.prompt_tokens",
        "input_count": "u.input_tokens",
        "completion": _first_of("u.completion_tokens", "u.output_tokens"),
        "any_count": _first_of(*(f"u.{key}" for key in COUNT_KEYS)),
        "cached_count": detail(INPUT_DETAIL_KEYS, "cached_tokens"),
        "written_count": detail(INPUT_DETAIL_KEYS, "cache_write_tokens"),
        "audio_count": detail(INPUT_DETAIL_KEYS, "audio_tokens"),
        "audio_out_count": detail(OUTPUT_DETAIL_KEYS, "audio_tokens"),
        "reasoning_count": detail(OUTPUT_DETAIL_KEYS, "reasoning_tokens"),
        "read_count": "u.cache_read_input_tokens",
        "creation_count": "u.cache_creation_input_tokens",
        "written_5m": "u.cache_creation.ephemeral_5m_input_tokens",
        "written_1h": "u.cache_creation.ephemeral_1h_input_tokens",
        "searches": "u.server_tool_use.web_search_requests",
        "usage_tier": "u.service_tier",
        "geo": "u.inference_geo",
        "money": "u.cost",
    }


def _projection(path: Path, options: ImportOptions) -> Projection:
    reader, parameters = _reader(path, options)
    usage = _first_of(*_everywhere("usage"))
    time = _first_of(*_everywhere("created"), *_everywhere("created_at"), '"timestamp"')
    identity = {
        "line_id": _first_of("result.message.id", "response.body.id", "response.id", '"id"'),
        "kind": _first_of("response.body.object", "response.object", '"object"'),
        "message_type": _first_of("result.message.type", '"type"'),
        "served": _first_of(*_everywhere("model")),
        "moment_text": time,
        "tier_word": _first_of(*_everywhere("service_tier")),
        "in_batch": "response.body IS NOT NULL OR custom_id IS NOT NULL OR result IS NOT NULL",
        "known_line": (
            "coalesce(id, object, model, custom_id, response.id, result.type) IS NOT NULL "
            f"OR {usage} IS NOT NULL OR starts_with(type, 'response.')"
        ),
        "http_status": "response.status_code",
    }
    labels = {f"label_{key}": _label_text(key) for key in _label_keys(options)}
    rows = f"(SELECT *, {usage} AS u FROM {reader})"
    raw = {**identity, **_usage_fields(), **labels}
    return _over(rows, parameters, raw, options)


def _label_text(key: str) -> str:
    return _first_of(
        f'metadata."{key}"', f'response.body.metadata."{key}"', f'response.metadata."{key}"',
        f'"{key}"',
    )  # fmt: skip


ANTHROPIC: Final = """(prompt IS NULL AND kind IS NULL AND (message_type = 'message'
    OR starts_with(line_id, 'msg_') OR read_count IS NOT NULL OR creation_count IS NOT NULL))"""
IN_ALL: Final = "count_of(coalesce(prompt, input_count))"
SPECIAL: Final = "(count_of(cached_count) + count_of(written_count) + count_of(audio_count))"
CACHED_AUDIO: Final = f"greatest(0, {SPECIAL} - {IN_ALL})"
"""OpenAI does not say how much of the audio was cached: what does not fit otherwise."""

METERS: Final[Mapping[Meter, str]] = {
    Meter.INPUT: (
        f"CASE WHEN {ANTHROPIC} THEN count_of(input_count) "
        f"ELSE {IN_ALL} - {SPECIAL} + {CACHED_AUDIO} END"
    ),
    Meter.CACHED_INPUT: (
        f"CASE WHEN {ANTHROPIC} THEN count_of(read_count) "
        f"ELSE count_of(cached_count) - {CACHED_AUDIO} END"
    ),
    Meter.CACHE_WRITE: (
        f"CASE WHEN NOT {ANTHROPIC} THEN count_of(written_count) "
        "WHEN written_5m IS NULL AND written_1h IS NULL THEN count_of(creation_count) "
        "ELSE count_of(written_5m) END"
    ),
    Meter.CACHE_WRITE_1H: f"CASE WHEN {ANTHROPIC} THEN count_of(written_1h) ELSE 0 END",
    Meter.OUTPUT: "count_of(completion) - count_of(audio_out_count)",
    Meter.INPUT_AUDIO: (
        f"CASE WHEN {ANTHROPIC} THEN 0 ELSE count_of(audio_count) - {CACHED_AUDIO} END"
    ),
    Meter.CACHED_INPUT_AUDIO: f"CASE WHEN {ANTHROPIC} THEN 0 ELSE {CACHED_AUDIO} END",
    Meter.OUTPUT_AUDIO: "count_of(audio_out_count)",
    Meter.WEB_SEARCH_CALLS: "count_of(searches)",
}


def _over(
    rows: str, parameters: list[object], raw: Mapping[str, str], options: ImportOptions
) -> Projection:
    provider = sql_string(options.provider or "openai")
    return Projection(
        reader=rows,
        parameters=parameters,
        raw=raw,
        occurred_at="moment(moment_text)",
        time_given="moment_text IS NOT NULL",
        recognised="known_line",
        has_usage="any_count IS NOT NULL",
        sound=(
            "coalesce(prompt, input_count, completion) IS NOT NULL "
            f"AND ({ANTHROPIC} OR count_of(cached_count) <= {IN_ALL}) "
            "AND count_of(reasoning_count) <= count_of(completion)"
        ),
        request_id="text_of(line_id)",
        provider=f"CASE WHEN {ANTHROPIC} THEN 'anthropic' ELSE {provider} END",
        model=served_sql("served", options.deployments),
        zone="CASE WHEN geo = 'us' THEN 'regional:us' ELSE 'global' END",
        tier="CASE WHEN in_batch THEN 'batch' ELSE tier_of(coalesce(tier_word, usage_tier)) END",
        meters=METERS,
        dimensions=_dimensions(options),
        measures=_measures(),
        price_at=options.price_at,
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
    return {
        **seconds,
        **numbers,
        **texts,
        "reasoning_tokens": "nullif(count_of(reasoning_count), 0)",
        "reported_cost": "try_cast(money AS DECIMAL(38, 12))",
    }
