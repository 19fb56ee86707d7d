"""Gemini's answers with ``usageMetadata``: as they are, from batches, or as Vertex AI logs them.

The prompt includes what was read from the cache. Candidates and thoughts stand beside each
other, and both are output; what tools added to the prompt is input beside it. Texts are not
read. Source: Vertex AI's API and its request-response logging to BigQuery (facts 2.11).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import Given, Remarks, UsageRow, opened_rows
from ingest.files import first_objects
from ingest.gateway_rows import labelled
from ingest.json_objects import loaded, member, objects_of, word_of
from ingest.values import Fault, count_of, moment_of, split_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

USAGE: Final = ("usageMetadata", "usage_metadata")
ANSWERS: Final = ("full_response", "response", "response_payload")
"""Where the answer stands inside of a line of a log or of a batch's output."""
REQUESTS: Final = ("full_request", "request")
LOG_MARKS: Final = frozenset(("logging_time", "full_request"))
MOMENTS: Final = ("createTime", "create_time", "timestamp")
LINE_MOMENTS: Final = ("logging_time", "processed_time", "timestamp")
TRAFFIC: Final[Mapping[str, str]] = {
    "ON_DEMAND": "standard",
    "ON_DEMAND_PRIORITY": "priority",
    "ON_DEMAND_FLEX": "flex",
}
MODELS: Final = ("modelVersion", "model_version")


class Vertex:
    """The format ``vertex``."""

    name = "vertex"

    def claims(self, sample: Sample) -> bool:
        """Tell by answers with their usage, whatever stands around them."""
        return any(_is_line(each) for each in first_objects(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks of an answer that the sample shows."""
        marks = ("usageMetadata", "promptTokenCount", "candidatesTokenCount", "modelVersion")
        return sum(mark in sample.text for mark in marks) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every answer a row; of the parts of a stream the store keeps the fullest."""
        remarks = Remarks()
        return opened_rows(_rows(sample, options, remarks), options, workspace, remarks=remarks)


def _is_line(line: Mapping[str, Any]) -> bool:
    try:
        return _has_usage(_answer(line)) or line.keys() >= LOG_MARKS
    except Fault:
        return False


def _has_usage(answer: Mapping[str, Any]) -> bool:
    return any(isinstance(answer.get(name), dict) for name in USAGE)


def _answer(line: Mapping[str, Any]) -> dict[str, Any]:
    """Return the answer of a line; of a stream that was logged in parts, the last one."""
    if not line.keys().isdisjoint(USAGE):
        return dict(line)
    for name in ANSWERS:
        value = line.get(name)
        value = loaded(value) if isinstance(value, str) and value.strip() else value
        if isinstance(value, list) and value:
            value = loaded(value[-1]) if isinstance(value[-1], str) else value[-1]
        if isinstance(value, dict):
            return value
    return {}


def _rows(sample: Sample, options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    answers, odd = 0, 0
    for number, line in objects_of(sample):
        try:
            if isinstance(line, Fault):
                raise line
            row, fits = _row(line, options)
        except Fault as fault:
            yield Given(number, fault)
            continue
        answers += 1
        odd += not fits
        yield Given(number, row)
    if not answers:
        remarks.notices.append("the file holds no answer of a model: nothing was imported")
    if odd:
        remarks.notices.append(
            f"in {odd} answers totalTokenCount is not the sum of its parts: the parts count"
        )


def _row(line: Mapping[str, Any], options: ImportOptions) -> tuple[UsageRow, bool]:
    """Return a row, and whether the parts of its usage are the total."""
    answer = _answer(line)
    usage = _camel(next((member(answer, name) for name in USAGE if name in answer), {}))
    meters, fits = _meters(usage)
    row = UsageRow(
        time=_first_moment(answer, MOMENTS) or _first_moment(line, LINE_MOMENTS),
        model=_model(answer, line),
        meters=meters,
        id=_first(answer, ("responseId", "response_id")) or word_of(line, "request_id"),
        provider="google",
        tier=_tier(line, answer, usage),
        dimensions=labelled(_labels(line), options),
        reasoning_tokens=count_of("thoughtsTokenCount", usage.get("thoughtsTokenCount")),
    )
    return row, fits


def _camel(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Return usage in the API's spelling; the library for Python writes ``prompt_token_count``."""
    return {re.sub(r"_([a-z])", lambda m: m[1].upper(), key): usage[key] for key in usage}


def _meters(usage: Mapping[str, Any]) -> tuple[dict[Meter, int], bool]:
    """Return disjoint meters, none for an answer without usage, and whether they are the total."""
    if not usage:
        return {}, True
    prompt, cached, added, said, thought, total = (
        count_of(name, usage.get(name))
        for name in ("promptTokenCount", "cachedContentTokenCount", "toolUsePromptTokenCount",
                     "candidatesTokenCount", "thoughtsTokenCount", "totalTokenCount")
    )  # fmt: skip
    uncached = split_input(prompt, {Meter.CACHED_INPUT: cached})
    heard_cached = _of_modality(usage, "cacheTokensDetails", "AUDIO")
    heard = _of_modality(usage, "promptTokensDetails", "AUDIO") - heard_cached
    drawn = _of_modality(usage, "candidatesTokensDetails", "IMAGE")
    spoken = _of_modality(usage, "candidatesTokensDetails", "AUDIO")
    _inside("AUDIO tokens", "uncached prompt", heard, uncached)
    _inside("AUDIO tokens", "cached", heard_cached, cached)
    _inside("IMAGE and AUDIO tokens", "candidates", drawn + spoken, said)
    meters = {
        Meter.INPUT: uncached - heard + added,
        Meter.CACHED_INPUT: cached - heard_cached,
        Meter.OUTPUT: said - drawn - spoken + thought,
        Meter.INPUT_AUDIO: heard,
        Meter.CACHED_INPUT_AUDIO: heard_cached,
        Meter.OUTPUT_IMAGE: drawn,
        Meter.OUTPUT_AUDIO: spoken,
    }
    return meters, total in {0, sum(meters.values())}


def _of_modality(usage: Mapping[str, Any], name: str, modality: str) -> int:
    details = usage.get(name)
    known = details if isinstance(details, list) else []
    listed = [_camel(each) for each in known if isinstance(each, dict)]
    return sum(
        count_of(f"{name}.tokenCount", each.get("tokenCount"))
        for each in listed
        if str(each.get("modality", "")).upper().rpartition(".")[2] == modality
    )


def _inside(what: str, of: str, part: int, total: int) -> None:
    if not 0 <= part <= total:
        raise Fault(f"{part} {what} do not fit the {total} {of} tokens")


def _model(answer: Mapping[str, Any], line: Mapping[str, Any]) -> str | None:
    """Return the model that answered, by the last part of its path."""
    name = _first(answer, MODELS) or _first(line, ("model", "model_version"))
    name = name or word_of(member(line, "request"), "model")
    return None if name is None else name.rpartition("/")[2]


def _tier(
    line: Mapping[str, Any], answer: Mapping[str, Any], usage: Mapping[str, Any]
) -> str | None:
    """Return the tier: batch by what stands around the answer, otherwise the traffic's kind."""
    if "response" in line and answer is not line and not line.keys() >= LOG_MARKS:
        return "batch"
    word = word_of(usage, "trafficType") or word_of(usage, "serviceTier")
    return TRAFFIC.get((word or "").rpartition(".")[2].upper(), word)


def _labels(line: Mapping[str, Any]) -> dict[str, Any]:
    for name in REQUESTS:
        value = line.get(name)
        value = loaded(value) if isinstance(value, str) else value
        labels = value.get("labels") if isinstance(value, dict) else None
        if isinstance(labels, dict):
            return labels
    return {}


def _first(values: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    return next((word for name in names if (word := word_of(values, name)) is not None), None)


def _first_moment(values: Mapping[str, Any], names: tuple[str, ...]) -> datetime | None:
    """Return a time; BigQuery writes UTC as a word behind it."""
    word = _first(values, names)
    return None if word is None else moment_of(names[0], re.sub(r" UTC$", "+00:00", word))
