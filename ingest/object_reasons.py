"""Why an object of an API was set aside, in words."""

from __future__ import annotations

import json
from reprlib import Repr
from typing import TYPE_CHECKING, Any, Final

from ingest.files import OVERLONG
from ingest.rows import LARGEST_COUNT, NO_TIME

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DETAILS: Final = (
    "cached_tokens",
    "cache_write_tokens",
    "audio_tokens",
)
OUTPUT_DETAILS: Final = ("reasoning_tokens", "audio_tokens")
INPUT_DETAIL_KEYS: Final = ("prompt_tokens_details", "input_tokens_details", "prompt_token_details")
OUTPUT_DETAIL_KEYS: Final = ("completion_tokens_details", "output_tokens_details")
COUNT_KEYS: Final = (
    "prompt_tokens",
    "completion_tokens",
    "input_tokens",
    "output_tokens",
    "total_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
)


_SHORT: Final = Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 60


def _shown(value: object) -> str:
    """Return a value as a reason quotes it, whatever its size."""
    return _SHORT.repr(value)


def explain(line: str) -> str:
    """Say why a line was set aside."""
    if line.startswith(OVERLONG):
        return f"the line is {OVERLONG.removeprefix('! ')}"
    try:
        value = json.loads(line.strip())
    except json.JSONDecodeError as error:
        return f"not JSON: {error.msg.lower().removesuffix(' at')}, column {error.colno}"
    except RecursionError:
        return "not readable as JSON: it is nested too deeply"
    except ValueError:
        return "not readable as JSON: a number in it is too long"
    if not isinstance(value, dict):
        return "a line must be one JSON object"
    answer = _answer_in(value)
    return _bad_counts(answer.get("usage")) or _bad_place(answer, value)


def _answer_in(line: dict[str, Any]) -> dict[str, Any]:
    """Return the object that counts of a line."""
    inner: Any = line
    for steps in (("response", "body"), ("response",), ("result", "message")):
        at: Any = line
        for step in steps:
            at = at.get(step) if isinstance(at, dict) else None
        if isinstance(at, dict) and inner.get("usage") is None:
            inner = at
            break
    return inner if isinstance(inner, dict) else line


def _bad_counts(usage: object) -> str | None:
    if not isinstance(usage, dict):
        return None
    for key, value in _counts(usage):
        if not _is_count(value):
            return f"usage.{key} is {_shown(value)}, not a whole number of tokens"
    counts = {key: int(value) for key, value in _counts(usage)}
    total = counts.get("prompt_tokens", counts.get("input_tokens", 0))
    cached = max((n for key, n in counts.items() if key.endswith(".cached_tokens")), default=0)
    if cached > total:
        return f"{cached} cached tokens are more than the {total} input tokens"
    special = sum(
        n for key, n in counts.items() if "." in key and key.split(".")[0] in INPUT_DETAIL_KEYS
    )
    if special > total:
        return (
            f"cached, written and audio tokens ({special}) are more than the {total} input tokens"
        )
    output = counts.get("completion_tokens", counts.get("output_tokens", 0))
    reasoning = max(
        (n for key, n in counts.items() if key.endswith(".reasoning_tokens")), default=0
    )
    if reasoning > output:
        return f"{reasoning} reasoning tokens are more than the {output} output tokens"
    return None


def _counts(usage: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in usage.items():
        if key in COUNT_KEYS and value is not None:
            yield key, value
        elif isinstance(value, dict) and key in (*INPUT_DETAIL_KEYS, *OUTPUT_DETAIL_KEYS):
            names = (*DETAILS, *OUTPUT_DETAILS)
            yield from ((f"{key}.{n}", v) for n, v in value.items() if n in names and v is not None)


def _is_count(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return False
    return number >= 0 and number == int(number) if number < LARGEST_COUNT else False


def _bad_place(answer: Mapping[str, Any], line: Mapping[str, Any]) -> str:
    if not isinstance(answer.get("usage"), dict) and "model" not in answer:
        return "no object of an API: neither model nor usage"
    if not isinstance(answer.get("model"), str) or not answer["model"].strip():
        return "no model name"
    if answer["model"].startswith(("{", "[")):
        return f"the model name {_shown(answer['model'])} looks like JSON"
    moments = [
        each.get(k) for each in (answer, line) for k in ("created", "created_at", "timestamp")
    ]
    given = next((moment for moment in moments if moment is not None), None)
    if given is None:
        return NO_TIME
    return f"the time {_shown(given)} cannot be read, or is out of range"
