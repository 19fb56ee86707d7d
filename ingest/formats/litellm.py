"""LiteLLM's log of requests: SpendLogs of its database or API, and StandardLoggingPayload objects.

``prompt_tokens`` is all input for every provider: LiteLLM adds what was read from and
written to a cache. How much that was stands in no column, only in the usage object inside
of ``metadata``, which is often JSON written as text. Times without a zone are UTC. Read from
LiteLLM 1.109 (``proxy/schema.prisma``, ``types/utils.py``). Prompts and answers are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import REQUESTS, Remarks, UsageRow, opened_rows
from ingest.gateway_rows import (
    NO_TOKENS,
    Row,
    first_name,
    from_cache,
    gateway_rows,
    given_rows,
    inside,
    key_sets,
    labelled,
    most_keys,
    name_of,
    plain,
    unpacked,
)
from ingest.providers import maker_of, served_by
from ingest.values import Fault, count_of, moment_of, money_of, number_of, split_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.projection import ImportOptions, Opened, Sample

LOG_KEYS: Final = frozenset(("request_id", "starttime", "spend"))
PAYLOAD_KEYS: Final = frozenset(("call_type", "starttime", "response_cost"))
USUAL: Final = (LOG_KEYS | PAYLOAD_KEYS) | {"prompt_tokens", "completion_tokens", "model_group"}


class Litellm:
    """The format ``litellm``."""

    name = "litellm"

    def claims(self, sample: Sample) -> bool:
        """Tell by the keys of the first rows."""
        return any(keys >= LOG_KEYS or keys >= PAYLOAD_KEYS for keys in key_sets(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that a row has."""
        return most_keys(sample, USUAL)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every logged request a row of its own."""
        log = _Log(options)
        return opened_rows(log.rows(sample), options, workspace, REQUESTS, log.remarks)


@dataclass
class _Log:
    """Reads the rows of one file and counts what must be said of them."""

    options: ImportOptions
    remarks: Remarks = field(default_factory=Remarks)
    from_cache: int = 0
    other_totals: int = 0

    def rows(self, sample: Sample) -> Iterator[Given]:
        yield from given_rows(gateway_rows(sample), self._row)
        self.remarks.notices += from_cache("LiteLLM", self.from_cache)
        if self.other_totals:
            self.remarks.notices.append(
                f"{self.other_totals} rows have a total_tokens that is not prompt_tokens and "
                "completion_tokens together: those two were counted"
            )

    def _row(self, row: Row) -> UsageRow | None:
        """Return a request; one that was refused before it had a model is none."""
        metadata = unpacked("metadata", row.get("metadata"))
        given = metadata if isinstance(metadata, dict) else {}
        named = first_name(row.get("model"), row.get("model_group"))
        word = name_of(row.get("custom_llm_provider"))
        provider, model = served_by(word, named, maker_of(named))
        if not model and _has_failed(row) and not _count(row, "total_tokens"):
            return None
        usage = usage_object(given)
        return UsageRow(
            time=moment_of("startTime", name_of(row.get("starttime"))),
            model=model or None,
            meters=self._meters(row, usage),
            id=first_name(row.get("request_id"), row.get("id"), row.get("litellm_call_id")),
            provider=provider,
            tier=_tier(row, given, usage),
            dimensions=_dimensions(row, given, self.options),
            measures=_measures(row),
            reasoning_tokens=_reasoning(usage, row),
            reported_cost=money_of("spend", _cost(row)),
        )

    def _meters(self, row: Row, usage: Mapping[str, Any]) -> Mapping[Meter, int]:
        if _is_true(row.get("cache_hit")):
            self.from_cache += 1
            return NO_TOKENS
        meters = meters_of(row, usage)
        tokens_in, tokens_out = (_count(row, f"{kind}_tokens") for kind in ("prompt", "completion"))
        total = _count(row, "total_tokens")
        if any(meters.values()):
            self.other_totals += total not in {0, tokens_in + tokens_out}
            return meters
        if total:
            raise Fault(f"total_tokens is {total}, prompt_tokens and completion_tokens are 0")
        return NO_TOKENS if _has_failed(row) else {}


def usage_object(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the usage as the provider gave it, or its details that LiteLLM keeps beside."""
    beside = inside(metadata, "additional_usage_values")
    whole = unpacked("usage_object", inside(metadata, "usage_object"))
    parts = [unpacked("additional_usage_values", beside), whole]
    found: dict[str, Any] = {}
    for part in parts:
        if isinstance(part, dict):
            found |= {key: value for key, value in part.items() if value is not None}
    return found


def meters_of(row: Row, usage: Mapping[str, Any]) -> dict[Meter, int]:
    """Return a request's tokens by what they are charged as.

    Raises:
        Fault: A count cannot be right, or parts are more than their total.
    """
    details = "prompt_tokens_details"
    cached = _detail(usage, (details, "cached_tokens"), ("cache_read_input_tokens",))
    written = _detail(usage, (details, "cache_creation_tokens"), ("cache_creation_input_tokens",))
    hourly = _detail(usage, (details, "cache_creation_token_details", "ephemeral_1h_input_tokens"))
    if hourly > written:
        raise Fault(f"{hourly} tokens written for an hour are more than the {written} written")
    heard = _detail(usage, (details, "audio_tokens"))
    total = _count(row, "prompt_tokens")
    both = max(0, min(heard, cached, cached + written + heard - total))
    parts = {
        Meter.CACHED_INPUT: cached - both,
        Meter.CACHE_WRITE: written - hourly,
        Meter.CACHE_WRITE_1H: hourly,
        Meter.INPUT_AUDIO: heard - both,
        Meter.CACHED_INPUT_AUDIO: both,  # nobody says how much: what does not fit otherwise
    }
    spoken = _detail(usage, ("completion_tokens_details", "audio_tokens"))
    output = _count(row, "completion_tokens")
    if spoken > output:
        raise Fault(f"{spoken} audio tokens are more than the {output} output tokens")
    return {
        Meter.INPUT: split_input(total, parts),
        **parts,
        Meter.OUTPUT: output - spoken,
        Meter.OUTPUT_AUDIO: spoken,
        Meter.WEB_SEARCH_CALLS: _detail(
            usage, ("server_tool_use", "web_search_requests"), (details, "web_search_requests")
        ),
    }


def _detail(usage: Mapping[str, Any], *places: tuple[str, ...]) -> int:
    """Return the first count that is not 0; LiteLLM writes some in two places."""
    counts = (count_of(keys[-1], plain(inside(usage, *keys))) for keys in places)
    return next((count for count in counts if count), 0)


def _count(row: Row, name: str) -> int:
    return count_of(name, plain(row.get(name)))


def _reasoning(usage: Mapping[str, Any], row: Row) -> int:
    reasoning = _detail(usage, ("completion_tokens_details", "reasoning_tokens"))
    output = _count(row, "completion_tokens")
    if reasoning > output:
        raise Fault(f"reasoning_tokens is {reasoning}, more than the {output} output tokens")
    return 0 if _is_true(row.get("cache_hit")) else reasoning


def _cost(row: Row) -> object:
    given = row.get("spend")
    return plain(row.get("response_cost") if given is None else given)


def _tier(row: Row, metadata: Mapping[str, Any], usage: Mapping[str, Any]) -> str | None:
    """Return the tier that was charged; a retrieved batch was logged with its usage."""
    if "retrieve_batch" in (name_of(row.get("call_type")) or ""):
        return "batch"
    return first_name(
        inside(row, "cost_breakdown", "service_tier"),
        inside(metadata, "cost_breakdown", "service_tier"),
        usage.get("service_tier"),
    )


def _dimensions(
    row: Row, metadata: Mapping[str, Any], options: ImportOptions
) -> dict[str, str | None]:
    def key(name: str) -> object:
        return metadata.get(f"user_api_key_{name}")

    columns = {
        "team": first_name(key("team_alias"), row.get("team_id"), key("team_id")),
        "project": first_name(key("project_alias"), key("project_id")),
        "api_key": first_name(key("alias"), row.get("api_key"), key("hash")),
        "user": first_name(row.get("user"), key("user_id")),
        "customer": first_name(row.get("end_user"), key("end_user_id")),
        "session": first_name(row.get("session_id"), row.get("trace_id")),
    }
    named = {name: value for name, value in columns.items() if value is not None}
    return {**labelled(_labels(row, metadata), options), **named}


def _labels(row: Row, metadata: Mapping[str, Any]) -> dict[str, object]:
    """Return what people said of the request: tags written as ``key:value``, and metadata."""
    labels: dict[str, object] = {}
    for name in ("requester_metadata", "spend_logs_metadata"):
        given = unpacked(name, metadata.get(name))
        labels |= given if isinstance(given, dict) else {}
    tags = unpacked("request_tags", row.get("request_tags"))
    for tag in reversed(tags) if isinstance(tags, list) else ():
        key, colon, value = str(tag).partition(":")
        if colon:
            labels[key.strip()] = value
    return labels


def _measures(row: Row) -> dict[str, float | str | None]:
    started, ended, first = (
        moment_of(name, name_of(row.get(name.lower())))
        for name in ("startTime", "endTime", "completionStartTime")
    )
    milliseconds = number_of("request_duration_ms", name_of(row.get("request_duration_ms")))
    seconds = None if milliseconds is None else milliseconds / 1_000
    if started and ended and ended >= started:
        seconds = (ended - started).total_seconds()
    streamed = started and first and ended and started <= first < ended
    waited = (first - started).total_seconds() if streamed and first and started else None
    return {
        "latency_seconds": seconds,
        "time_to_first_token_seconds": waited,
        "status": name_of(row.get("status")),
    }


def _has_failed(row: Row) -> bool:
    return name_of(row.get("status")) == "failure"


def _is_true(value: object) -> bool:
    return str(value).strip().lower() == "true"
