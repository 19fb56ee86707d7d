"""Chats as texts without token counts: one object with model and messages on each line.

The answer stands under ``response``, ``completion``, ``output`` or ``choices``, or is the last
message. Tokens are counted here and marked as estimated; the texts themselves are not kept.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from ingest.canonical import REQUESTS, Given, Remarks, UsageRow, opened_rows
from ingest.files import first_objects, is_lines_of_objects, lines_of
from ingest.json_documents import UNREADABLE, documents
from ingest.providers import served_by
from ingest.rows import DIMENSION_KEYS, NO_TIME, ROW_DIMENSIONS
from ingest.text_tokens import TextCounter
from ingest.values import Fault, moment_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ingest.projection import ImportOptions, Opened, Sample

COUNTS: Final = frozenset(
    ("usage", "prompt_tokens", "completion_tokens", "total_tokens", "input_tokens",
     "output_tokens", "spend", "usage_details", "usageDetails", "usage_metadata", "usageMetadata")
)  # fmt: skip
"""Keys of objects that have counts of their own, which other formats read."""
ANSWERS: Final = ("response", "completion", "output", "choices")
TIMES: Final = ("created", "created_at", "timestamp", "time")


class Texts:
    """The format ``texts``."""

    name = "texts"

    def claims(self, sample: Sample) -> bool:
        """Tell whether the file holds chats, and no answers of an API or counts of tokens."""
        objects = first_objects(sample)
        return any(map(_is_chat, objects)) and not any(map(_is_of_an_api, objects))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the marks that the first objects show."""
        marks = ("model", "messages")
        shown = [sum(m in each for m in marks) / len(marks) for each in first_objects(sample)]
        return max(shown, default=0.0)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Count every chat."""
        reader = _Reader(options)
        given = (Given(line, reader.row(value)) for line, value in _objects(sample))
        return opened_rows(given, options, workspace, REQUESTS, reader.remarks)


def _given_keys(line: Mapping[str, Any]) -> set[str]:
    return {key for key, value in line.items() if value is not None}


def _is_of_an_api(line: Mapping[str, Any]) -> bool:
    """Tell what other formats read: answers of an API as they came, and counts of tokens."""
    answered = line.get("response")
    inner = _given_keys(answered) if isinstance(answered, dict) else set()
    outer = _given_keys(line)
    return (
        not COUNTS.isdisjoint(outer | inner)
        or not {"object", "custom_id"}.isdisjoint(outer)
        or "object" in inner
        or (line.get("type") == "message" and "role" in line)
    )


def _is_chat(line: Mapping[str, Any]) -> bool:
    return isinstance(line.get("model"), str) and isinstance(line.get("messages"), list)


def _objects(sample: Sample) -> Iterator[tuple[int, object]]:
    if not is_lines_of_objects(sample):
        yield from documents(sample.path)
        return
    for number, line in lines_of(sample.path):
        try:
            yield number, json.loads(line)
        except (ValueError, RecursionError):
            yield number, UNREADABLE


class _Reader:
    """Makes rows of chats and notes what is not known about them."""

    def __init__(self, options: ImportOptions) -> None:
        self.remarks = Remarks()
        self._options = options
        self._counter = TextCounter(options.provider)
        self._counted = 0
        self._unanswered = 0

    def row(self, value: object) -> UsageRow | Fault:
        """Return the row of a chat, or why there is none."""
        try:
            row = self._row(value)
        except Fault as fault:
            return fault
        self._note()
        return row

    def _row(self, value: object) -> UsageRow:
        line = _checked(value)
        answered = line.get("response")
        inner: Mapping[str, Any] = answered if isinstance(answered, dict) else {}
        places = (inner, line)
        time = _time(places, self._options.tz)
        if time is None and self._options.date is None:
            raise Fault(NO_TIME)
        messages, answer = _parted(line)
        name = _first(places, ("model",))
        provider, model = served_by(text_of(line.get("provider")), name)
        meters = self._counter.meters(provider, model, messages, answer)
        self._counted += 1
        self._unanswered += answer is None
        return UsageRow(
            time=time,
            model=model,
            meters=meters,
            id=_first(places, ("id", "request_id")),
            provider=provider,
            tier=_first(places, ("service_tier",)),
            dimensions=_dimensions(line, self._options),
            estimated=True,
        )

    def _note(self) -> None:
        """Say how far it got; the remarks are read when all rows are made."""
        counted = "requests without token counts, so that their texts were counted here"
        unknown = "hidden reasoning and cached input are not known"
        self.remarks.notices[:] = [f"{counted}: {self._counted}; {unknown}"]
        if self._unanswered:
            self.remarks.notices.append(
                f"requests without an answer, whose output is not counted: {self._unanswered}"
            )
        guessed = ", ".join(sorted(self._counter.without_tokenizer)[:5])
        if guessed:
            self.remarks.notices.append(f"models without a public tokenizer: {guessed}")


def _checked(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Fault("cannot be read as JSON" if value is UNREADABLE else "no object")
    if _is_of_an_api(value):
        raise Fault(
            "is the answer of an API or has token counts: import such lines as a file of their own"
        )
    if not isinstance(value.get("messages"), list) or not value["messages"]:
        raise Fault("no list of messages")
    if text_of(value.get("model")) is None or not isinstance(value["model"], str):
        raise Fault("no model name")
    for key in ("tools", "functions"):
        if value.get(key):
            raise Fault(f"holds {key}: how their definitions count is not published")
    return value


def _parted(line: Mapping[str, Any]) -> tuple[Sequence[object], list[object] | None]:
    """Return the messages that were asked, and what was answered if that is there."""
    messages = line["messages"]
    found = next((line[key] for key in ANSWERS if line.get(key) is not None), None)
    if found is not None:
        return messages, _answers(found)
    last = messages[-1]
    if isinstance(last, dict) and last.get("role") == "assistant" and len(messages) > 1:
        return messages[:-1], [last]
    return messages, None


def _answers(found: object) -> list[object]:
    """Return the messages of an answer, whatever it is packed in."""
    if isinstance(found, str):
        return [{"content": found}]
    if isinstance(found, list):
        return [answer for each in found for answer in _answers(each)]
    if not isinstance(found, dict):
        raise Fault("the answer is no text")
    for key in ("choices", "message"):
        if found.get(key) is not None:
            return _answers(found[key])
    if "content" not in found and isinstance(found.get("text"), str):
        return [{"content": found["text"]}]
    return [found]


def _first(places: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> str | None:
    values = (place.get(key) for place in places for key in keys)
    return next((each for each in values if isinstance(each, str) and each.strip()), None)


def _time(places: Sequence[Mapping[str, Any]], tz: str) -> datetime | None:
    values = ((key, place.get(key)) for place in places for key in TIMES)
    found = next(((key, each) for key, each in values if each is not None), None)
    return None if found is None else moment_of(*found, tz)


def _dimensions(line: Mapping[str, Any], options: ImportOptions) -> dict[str, str | None]:
    metadata = line.get("metadata")
    places = [metadata, line] if isinstance(metadata, dict) else [line]
    return {name: _dimension(name, places, options) for name in ROW_DIMENSIONS}


def _dimension(
    name: str, places: Sequence[Mapping[str, Any]], options: ImportOptions
) -> str | None:
    configured = [key for key, meaning in options.dimensions.items() if meaning == name]
    keys = [*configured, *DIMENSION_KEYS.get(name, (name,))]
    values = (place.get(key) for place in places for key in keys)
    return next((text_of(each) for each in values if isinstance(each, str | int)), None)
