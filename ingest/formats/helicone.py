"""Helicone's requests (``HeliconeRequest``), as its export tool and its API give them.

Whether ``prompt_tokens`` holds the cached tokens depends on when and by which way the request
was logged, and no field says which. It is settled by the first of these: the usage in the
answer, where the export has bodies; more cached than prompt tokens, which can only stand
beside; how Anthropic counts; and ``reasoning_tokens``, a column that came when Helicone began
to keep cached and reasoning tokens beside. Where nothing tells they are taken as inside, and
the import says so. Read from Helicone/helicone (``llm-mapper/types.ts``, ``usage/
openAIUsageProcessor.ts``). Prompts and answers are not read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
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
    from decimal import Decimal
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.projection import ImportOptions, Opened, Sample

KEYS: Final = frozenset(("request_id", "request_created_at"))
OTHER_KEYS: Final = frozenset(
    ("response_status", "response_model", "request_model", "prompt_tokens", "completion_tokens")
)
NOT_FROM_CACHE: Final = "00000000-0000-0000-0000-000000000000"
"""What Helicone writes where no answer of its cache was used."""
FAILED_FROM: Final = 400


class Helicone:
    """The format ``helicone``."""

    name = "helicone"

    def claims(self, sample: Sample) -> bool:
        """Tell by the keys of the first rows."""
        return any(keys >= KEYS and keys & OTHER_KEYS for keys in key_sets(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that a row has."""
        return most_keys(sample, KEYS | OTHER_KEYS)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every request a row of its own."""
        log = _Log(options)
        return opened_rows(log.rows(sample), options, workspace, REQUESTS, log.remarks)


@dataclass
class _Log:
    """Reads the rows of one file and counts what must be said of them."""

    options: ImportOptions
    remarks: Remarks = field(default_factory=Remarks)
    from_cache: int = 0
    beside: int = 0
    taken_as_inside: int = 0
    other_totals: int = 0

    def rows(self, sample: Sample) -> Iterator[Given]:
        yield from given_rows(gateway_rows(sample), self._row)
        self.remarks.notices += from_cache("Helicone", self.from_cache)
        if self.beside:
            self.remarks.notices.append(
                f"{self.beside} rows have more cached than prompt tokens: their prompt tokens are "
                "the uncached ones, as Helicone's own guard reads them"
            )
        if self.other_totals:
            self.remarks.notices.append(
                f"{self.other_totals} rows have a total_tokens that their prompt and completion "
                "tokens do not add up to: the parts were counted"
            )
        if self.taken_as_inside:
            self.remarks.assumptions.append(
                f"{self.taken_as_inside} rows do not say whether their prompt tokens hold the "
                "cached ones: they are taken to"
            )

    def _row(self, row: Row) -> UsageRow:
        names = ("response_model", "model", "model_override", "request_model")
        word = name_of(row.get("provider"))
        served = first_name(*(row.get(name) for name in names))
        provider, model = served_by(word, served, maker_of(served))
        meters = self._meters(row, provider)
        user = first_name(row.get("request_user_id"), row.get("helicone_user"))
        labels = _labels(row)
        named = {"user": user, "session": first_name(labels.get("Helicone-Session-Id"))}
        return UsageRow(
            time=moment_of("request_created_at", name_of(row.get("request_created_at"))),
            model=model or None,
            meters=meters,
            id=name_of(row.get("request_id")),
            provider=provider,
            tier=name_of(row.get("service_tier")),
            dimensions={
                "prompt_version": first_name(row.get("prompt_version"), row.get("prompt_id")),
                **labelled(labels, self.options),
                **{name: value for name, value in named.items() if value is not None},
            },
            measures=_measures(row),
            reasoning_tokens=_count(row, "reasoning_tokens") if any(meters.values()) else 0,
            reported_cost=_cost(row),
        )

    def _meters(self, row: Row, provider: str) -> Mapping[Meter, int]:
        if name_of(row.get("cache_reference_id")) not in {None, NOT_FROM_CACHE}:
            self.from_cache += 1
            return NO_TOKENS
        tokens = _Tokens.of(row)
        total = _count(row, "total_tokens")
        if tokens.nothing:
            if total:
                raise Fault(f"total_tokens is {total}, prompt and completion tokens are 0")
            return NO_TOKENS if _has_failed(row) else {}
        meters = tokens.meters(self._relation(row, provider, tokens))
        plain_sum = tokens.prompt + tokens.completion
        known = {0, plain_sum, plain_sum + tokens.reasoning, sum(meters.values())}
        self.other_totals += total not in known
        return meters

    def _relation(self, row: Row, provider: str, tokens: _Tokens) -> _Cached:
        """Tell which of the tokens read from and written to a cache the prompt tokens hold."""
        if not tokens.read + tokens.written:
            return _Cached.INSIDE
        told = _told_by_answer(row, tokens)
        if told is not None:
            return told
        if _is_anthropic(row, provider):
            return _Cached.BESIDE
        is_newer = "reasoning_tokens" in row
        if tokens.read > tokens.prompt or (
            tokens.written > tokens.prompt - (0 if is_newer else tokens.read)
        ):
            self.beside += 1
            return _Cached.BESIDE
        if is_newer:
            return _Cached.READ_BESIDE
        self.taken_as_inside += 1
        return _Cached.INSIDE


class _Cached(Enum):
    """Where cached tokens stand: in the prompt tokens, or beside them."""

    INSIDE = auto()
    READ_BESIDE = auto()
    BESIDE = auto()


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The counts of a request."""

    prompt: int
    read: int
    written: int
    heard: int
    completion: int
    reasoning: int
    spoken: int

    @classmethod
    def of(cls, row: Row) -> _Tokens:
        """Return the counts of a row.

        Raises:
            Fault: One of them cannot be right.
        """
        return cls(
            prompt=_count(row, "prompt_tokens"),
            read=_count(row, "prompt_cache_read_tokens"),
            written=_count(row, "prompt_cache_write_tokens"),
            heard=_count(row, "prompt_audio_tokens"),
            completion=_count(row, "completion_tokens"),
            reasoning=_count(row, "reasoning_tokens"),
            spoken=_count(row, "completion_audio_tokens"),
        )

    @property
    def nothing(self) -> bool:
        """Tell whether there is no token at all."""
        counts = (self.prompt, self.read, self.written, self.completion, self.reasoning)
        return not any(counts)

    def meters(self, cached: _Cached) -> Mapping[Meter, int]:
        """Return the tokens by what they are charged as; reasoning stands beside completion.

        Raises:
            Fault: Parts are more than their total.
        """
        total = self.prompt
        if cached is not _Cached.INSIDE:
            total += self.read
        if cached is _Cached.BESIDE:
            total += self.written
        parts = {
            Meter.CACHED_INPUT: self.read,
            Meter.CACHE_WRITE: self.written,
            Meter.INPUT_AUDIO: self.heard,
        }
        if self.spoken > self.completion:
            raise Fault(
                f"{self.spoken} audio tokens are more than the {self.completion} output tokens"
            )
        return {
            Meter.INPUT: split_input(total, parts),
            **parts,
            Meter.OUTPUT: self.completion + self.reasoning - self.spoken,
            Meter.OUTPUT_AUDIO: self.spoken,
        }


def _told_by_answer(row: Row, tokens: _Tokens) -> _Cached | None:
    """Tell by the usage that the provider answered, None where the export has no bodies."""
    usage = _usage_of_answer(row)
    if {"cache_read_input_tokens", "cache_creation_input_tokens"} & usage.keys():
        return _Cached.BESIDE
    given = usage.get("prompt_tokens", usage.get("input_tokens"))
    if given == tokens.prompt and tokens.read + tokens.written <= tokens.prompt:
        return _Cached.INSIDE
    return _Cached.READ_BESIDE if given == tokens.prompt + tokens.read else None


def _usage_of_answer(row: Row) -> dict[str, Any]:
    try:
        usage = inside(row, "response_body", "usage")
    except Fault:  # an answer that was not kept whole
        return {}
    return usage if isinstance(usage, dict) else {}


def _is_anthropic(row: Row, provider: str) -> bool:
    """Tell requests that Anthropic's own API counted: input beside what was cached."""
    path = first_name(row.get("request_path"), row.get("target_url")) or ""
    return provider == "anthropic" and "chat/completions" not in path


def _has_failed(row: Row) -> bool:
    status = number_of("response_status", plain(row.get("response_status")))
    return status is not None and status >= FAILED_FROM


def _cost(row: Row) -> Decimal | None:
    given = plain(row.get("costusd"))
    return money_of("cost", plain(row.get("cost")) if given is None else given)


def _count(row: Row, name: str) -> int:
    return count_of(name, plain(row.get(name)))


def _labels(row: Row) -> dict[str, object]:
    """Return the custom properties of a request; tables may have each in a column."""
    labels: dict[str, object] = {}
    for name in ("request_properties", "properties"):
        given = unpacked(name, row.get(name))
        labels |= given if isinstance(given, dict) else {}
        start = f"{name}."
        labels |= {key[len(start) :]: row[key] for key in row if key.startswith(start)}
    return labels


def _measures(row: Row) -> dict[str, float | str | None]:
    whole, first = (
        None if milliseconds is None else milliseconds / 1_000
        for milliseconds in (
            number_of(name, plain(row.get(name))) for name in ("delay_ms", "time_to_first_token")
        )
    )
    return {
        "latency_seconds": whole,
        "time_to_first_token_seconds": first,
        "status": name_of(row.get("response_status")),
    }
