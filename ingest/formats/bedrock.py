"""Bedrock's log of model invocations: one object for each, from S3 or from CloudWatch.

Input, what was read from the cache and what was written to it stand beside each other.
Texts are not read. Source: the ModelInvocationLog objects of AWS (facts 2.11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import Given, Remarks, UsageRow, opened_rows
from ingest.files import first_objects
from ingest.gateway_rows import labelled
from ingest.json_objects import loaded, member, objects_of, word_of
from ingest.rows import GLOBAL_ZONE
from ingest.values import Fault, count_of, moment_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

SCHEMA: Final = "ModelInvocationLog"
EVENTS: Final = ("logEvents", "events")
"""Where CloudWatch has its events: in what it hands on, and in answers of its API."""
MESSAGES: Final = ("message", "@message")
UNWRAPPED: Final = 3
"""How many envelopes may stand around an object."""
COUNTS: Final[Mapping[Meter, tuple[str, str]]] = {
    Meter.INPUT: ("input", "inputTokenCount"),
    Meter.CACHED_INPUT: ("input", "cacheReadInputTokenCount"),
    Meter.CACHE_WRITE: ("input", "cacheWriteInputTokenCount"),
    Meter.OUTPUT: ("output", "outputTokenCount"),
}
WRITTEN_1H: Final = "ephemeral_1h_input_tokens"
NO_REGION: Final = "global."
"""How the ids of models begin that any region may serve, at a price of its own."""


class Bedrock:
    """The format ``bedrock``."""

    name = "bedrock"

    def claims(self, sample: Sample) -> bool:
        """Tell by objects of the log, whatever stands around them."""
        return SCHEMA in sample.text and any(
            _is_log(each) for value in first_objects(sample) for each in _inside(value)
        )

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks of a log that the sample shows."""
        marks = (SCHEMA, "modelId", "inputTokenCount", "outputTokenCount", "requestId")
        return sum(mark in sample.text for mark in marks) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every invocation a row."""
        remarks = Remarks()
        return opened_rows(_rows(sample, options, remarks), options, workspace, remarks=remarks)


def _is_log(value: object) -> bool:
    return isinstance(value, dict) and value.get("schemaType") == SCHEMA


def _inside(value: object, depth: int = UNWRAPPED) -> Iterator[object]:
    """Return what stands inside of CloudWatch's envelopes, or the value itself."""
    if not isinstance(value, dict) or "schemaType" in value or not depth:
        yield value
        return
    lists = [value[name] for name in EVENTS if isinstance(value.get(name), list)]
    texts = [value[name] for name in MESSAGES if name in value]
    if not lists and not texts:
        yield value
    for text in texts[:1]:
        yield from _inside(loaded(text) if isinstance(text, str) else text, depth - 1)
    for events in lists:
        for event in events:
            yield from _inside(event, depth - 1)


def _rows(sample: Sample, options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    invocations = 0
    for line, value in objects_of(sample):
        for each in [value] if isinstance(value, Fault) else _inside(value):
            try:
                row = _row(each, options)
            except Fault as fault:
                yield Given(line, fault)
                continue
            invocations += 1
            yield Given(line, row)
    if not invocations:
        remarks.notices.append("the log holds no invocation of a model: nothing was imported")


def _row(value: object, options: ImportOptions) -> UsageRow:
    if isinstance(value, Fault):
        raise value
    if not isinstance(value, dict) or not _is_log(value):
        raise Fault(f"no object of the kind {SCHEMA}")
    model = word_of(value, "modelId")
    served = None if model is None else model.rpartition("/")[2]
    labels = labelled(member(value, "requestMetadata"), options)
    return UsageRow(
        time=moment_of("timestamp", value.get("timestamp")),
        model=served,
        meters=_meters(value),
        id=word_of(value, "requestId"),
        provider="bedrock",
        zone=_zone(served or "", word_of(value, "region")),
        dimensions={"endpoint": word_of(value, "operation"), **labels},
        measures={"status": word_of(value, "errorCode")},
    )


def _zone(model: str, region: str | None) -> str:
    """Return where the price is from: the region that was called, unless any may serve it."""
    return GLOBAL_ZONE if region is None or model.startswith(NO_REGION) else f"regional:{region}"


def _meters(value: Mapping[str, Any]) -> dict[Meter, int]:
    """Return disjoint meters, none for an invocation that was not counted."""
    sides = {side: member(value, side) for side in ("input", "output")}
    if all(sides[side].get(name) is None for side, name in COUNTS.values()):
        return {}
    found = {meter: count_of(name, sides[side].get(name)) for meter, (side, name) in COUNTS.items()}
    hour = _written_for_an_hour(sides["output"].get("outputBodyJson"))
    if hour > found[Meter.CACHE_WRITE]:
        raise Fault(
            f"{hour} tokens written for an hour are more than the "
            f"{found[Meter.CACHE_WRITE]} of cacheWriteInputTokenCount"
        )
    written = found[Meter.CACHE_WRITE] - hour
    return {**found, Meter.CACHE_WRITE: written, Meter.CACHE_WRITE_1H: hour}


def _written_for_an_hour(body: object) -> int:
    """Return what Anthropic's own answer tells of the lifetime of writes, if it is there."""
    for name in ("usage", "cache_creation"):
        body = body.get(name) if isinstance(body, dict) else None
    return count_of(WRITTEN_1H, body.get(WRITTEN_1H)) if isinstance(body, dict) else 0
