"""Spans of OTLP-JSON: where they stand in an export, and their attributes as plain values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from ingest.files import first_objects
from ingest.json_documents import UNREADABLE, documents
from ingest.values import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.projection import Sample

EXACT: Final = json.JSONDecoder(parse_float=Decimal)
TRACES: Final = ("resourceSpans", "resource_spans", "batches")
SCOPES: Final = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
OTHER_SIGNALS: Final[Mapping[str, str]] = {
    "resourceMetrics": "metrics, whose sums have no single calls",
    "resourceLogs": "logs",
}
"""What else OpenTelemetry exports: no usage is read from it."""
LONGEST_TEXT: Final = 400
"""Longer texts are prompts and answers, which are not kept; metadata may be longer."""
LONG_KEYS: Final = frozenset(("metadata",))
TEXT_PREFIXES: Final = (
    "gen_ai.prompt.",
    "gen_ai.completion.",
    "gen_ai.input.",
    "gen_ai.output.",
    "gen_ai.system_instructions",
    "llm.input_messages",
    "llm.output_messages",
    "input.",
    "output.",
    "traceloop.entity.input",
    "traceloop.entity.output",
)
"""Attributes that hold what was asked and answered."""

Attributes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A span with its attributes and those of its resource."""

    line: int
    where: str
    own: Mapping[str, Any]
    attributes: Attributes
    resource: Attributes


@dataclass(frozen=True, slots=True)
class NoSpan:
    """Why there is no span."""

    line: int
    fault: Fault


def is_export(sample: Sample) -> bool:
    """Tell whether a file is an export of OpenTelemetry's collector or of a file exporter."""
    if not sample.text.lstrip().startswith(("{", "[")):
        return False
    objects = first_objects(sample)
    if any(_signal(_unwrapped(each)) is not None for each in objects):
        return True
    return not sample.complete and any(f'"{name}":' in sample.text for name in TRACES[:2])


def marks_shown(sample: Sample) -> float:
    """Return the share of an export's marks that a sample shows."""
    marks = ("traceId", "spanId", "startTimeUnixNano", "attributes", "gen_ai.")
    return sum(f'"{mark}' in sample.text for mark in marks) / len(marks)


def _unwrapped(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an export that stands by itself or, from some stores of traces, under a name."""
    trace = document.get("trace")
    return trace if isinstance(trace, dict) else document


def _signal(document: Mapping[str, Any]) -> str | None:
    """Return the key under which a document has spans, metrics or logs."""
    names = (*TRACES[:2], *OTHER_SIGNALS)
    found = next((name for name in names if isinstance(document.get(name), list)), None)
    batches = document.get("batches")
    if found is None and isinstance(batches, list) and batches:
        first = batches[0]
        return "batches" if isinstance(first, dict) and set(SCOPES) & first.keys() else None
    return found


def spans_in(path: Path) -> Iterator[Span | NoSpan]:
    """Return every span of a file: one export a line, or one document."""
    for line, document in documents(path, EXACT):
        if document is UNREADABLE:
            yield NoSpan(line, Fault("cannot be read as JSON"))
        else:
            yield from _of_document(line, document)


def _of_document(line: int, document: object) -> Iterator[Span | NoSpan]:
    if isinstance(document, dict):
        document = _unwrapped(document)
    signal = _signal(document) if isinstance(document, dict) else None
    if not isinstance(document, dict) or signal is None:
        yield NoSpan(line, Fault("no export of traces: it has no resourceSpans"))
    elif signal in OTHER_SIGNALS:
        said = f"holds {OTHER_SIGNALS[signal]}: export traces, their spans are the calls"
        yield NoSpan(line, Fault(said))
    else:
        yield from _of_resources(line, document[signal])


def _of_resources(line: int, resources: list[Any]) -> Iterator[Span | NoSpan]:
    place = 0
    for each in resources:
        resource = each.get("resource") if isinstance(each, dict) else None
        about = attributes_of(resource.get("attributes") if isinstance(resource, dict) else None)
        for span in _spans_below(each):
            place += 1
            if isinstance(span, dict):
                attributes = attributes_of(span.get("attributes"))
                yield Span(line, f"span {place}", _kept(span), attributes, about)
            else:
                yield NoSpan(line, Fault(f"span {place}: no object"))


def _spans_below(resource: object) -> Iterator[object]:
    scopes = _list_in(resource, SCOPES)
    if scopes is None:
        yield None
    for scope in scopes or ():
        spans = _list_in(scope, ("spans",))
        yield from [None] if spans is None else spans


def _list_in(value: object, names: tuple[str, ...]) -> list[Any] | None:
    """Return the list under one of the names; what is absent has no elements."""
    if not isinstance(value, dict):
        return None
    found: Any = next((value[name] for name in names if value.get(name) is not None), [])
    return found if isinstance(found, list) else None


def _kept(span: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is kept of a span beside its attributes."""
    names = ("traceId", "spanId", "parentSpanId", "startTimeUnixNano", "endTimeUnixNano", "status")
    snake = {"traceId": "trace_id", "spanId": "span_id", "parentSpanId": "parent_span_id",
             "startTimeUnixNano": "start_time_unix_nano",
             "endTimeUnixNano": "end_time_unix_nano"}  # fmt: skip
    return {name: span.get(name, span.get(snake.get(name, name))) for name in names}


def attributes_of(given: object) -> Attributes:
    """Return attributes as plain values by key, lists of pairs unfolded, texts left out."""
    found: Attributes = {}
    if isinstance(given, dict):
        pairs = list(given.items())
    else:
        entries = given if isinstance(given, list) else []
        pairs = [(e.get("key"), e.get("value")) for e in entries if isinstance(e, dict)]
    for key, value in pairs:
        if isinstance(key, str) and not key.startswith(TEXT_PREFIXES):
            _put(found, key, value, depth=0)
    return found


def _put(found: Attributes, key: str, value: object, depth: int) -> None:
    if isinstance(value, dict):
        pairs = value.get("kvlistValue")
        if isinstance(pairs, dict) and depth < 3:  # noqa: PLR2004
            for name, below in _pairs(pairs):
                _put(found, f"{key}.{name}", below, depth + 1)
            return
        value = next((value[name] for name in SCALARS if name in value), None)
    long = isinstance(value, str) and len(value) > LONGEST_TEXT and key not in LONG_KEYS
    if value is not None and not long and not isinstance(value, dict | list):
        found[key] = value


SCALARS: Final = ("stringValue", "intValue", "doubleValue", "boolValue")


def _pairs(given: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    values = given.get("values")
    for each in values if isinstance(values, list) else ():
        if isinstance(each, dict):
            yield str(each.get("key")), each.get("value")
