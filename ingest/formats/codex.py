"""Codex's session files: JSON lines, usage in events of the kind ``token_count``.

Cached tokens are inside input, reasoning inside output. An event has the usage of the last
call and the running total of the session: the last call counts, or what the total grew by
where it is missing, never both. A total that stands again is no new usage.
Source: ryoppippi/ccusage (facts 2.11).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from costmodel.meters import Meter
from ingest.canonical import Remarks, UsageRow, opened_rows
from ingest.files import first_objects
from ingest.json_objects import given_objects, last_part, member, share_of_keys, word_of
from ingest.providers import served_by
from ingest.values import Fault, count_of, moment_of, split_input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from ingest.canonical import Given
    from ingest.projection import ImportOptions, Opened, Sample

KINDS: Final = ("session_meta", "turn_context", "event_msg", "response_item")
COUNTS: Final = (
    "input_tokens",
    "cached_input_tokens",
    "output_tokens",
    "reasoning_output_tokens",
    "total_tokens",
)
Counts = dict[str, int]


class Codex:
    """The format ``codex``."""

    name = "codex"

    def claims(self, sample: Sample) -> bool:
        """Tell by lines with a kind of Codex and what belongs to it."""
        return any(_is_line(each) for each in first_objects(sample))

    def nearness(self, sample: Sample) -> float:
        """Return the share of the usual keys that the first lines show."""
        usual = {"timestamp", "type", "payload"}
        return share_of_keys(sample, usual)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Make every event of new usage a row; all other lines are read and have none."""
        remarks = Remarks()
        return opened_rows(_Session().rows(sample, remarks), options, workspace, remarks=remarks)


def _is_line(line: Mapping[str, Any]) -> bool:
    kind = line.get("type")
    return isinstance(kind, str) and kind in KINDS and isinstance(line.get("payload"), dict)


@dataclass
class _Session:
    """What is known at a line of a session."""

    id: str | None = None
    provider: str | None = None
    model: str | None = None
    tier: str | None = None
    project: str | None = None
    total: Counts | None = None
    calls: int = 0
    odd_totals: int = 0
    odd_sums: int = 0

    def rows(self, sample: Sample, remarks: Remarks) -> Iterator[Given]:
        """Return what stands at each line."""
        yield from given_objects(sample, self._row)
        remarks.notices += self._notices()

    def _row(self, line: dict[str, Any]) -> UsageRow | None:
        kind, payload = word_of(line, "type"), line.get("payload")
        if not isinstance(payload, dict):
            return None
        if kind in {"session_meta", "turn_context"}:
            self._learn(payload)
        if kind != "event_msg" or payload.get("type") != "token_count":
            return None
        info = member(payload, "info")
        counts = self._new_usage(info)
        return None if counts is None else self._usage_row(line, info, counts)

    def _learn(self, payload: Mapping[str, Any]) -> None:
        # A fork of a session repeats the first lines of the other one after its own.
        self.id = self.id or word_of(payload, "id")
        self.provider = word_of(payload, "model_provider") or self.provider
        self.model = word_of(payload, "model") or self.model
        self.tier = word_of(payload, "service_tier") or self.tier
        self.project = last_part(word_of(payload, "cwd")) or self.project

    def _new_usage(self, info: Mapping[str, Any]) -> Counts | None:
        """Return what the last call used, None where the event says nothing new."""
        before = self.total
        total = _counts(info, "total_token_usage")
        last = _counts(info, "last_token_usage")
        if total is not None:
            self.total = total
            if total == before:
                return None
        grown = None if total is None else _grown(total, before)
        if last is None:
            return grown
        if before is not None and grown is not None and grown != last:
            self.odd_totals += 1
        return last

    def _usage_row(
        self, line: Mapping[str, Any], info: Mapping[str, Any], counts: Counts
    ) -> UsageRow:
        self.calls += 1
        model = word_of(info, "model") or self.model
        if model is None:
            raise Fault("no turn_context before it names a model")
        cached, output = counts["cached_input_tokens"], counts["output_tokens"]
        reasoning = counts["reasoning_output_tokens"]
        if reasoning > output:
            raise Fault(f"{reasoning} reasoning tokens are more than the {output} output tokens")
        uncached = split_input(counts["input_tokens"], {Meter.CACHED_INPUT: cached})
        self.odd_sums += counts["total_tokens"] not in {0, counts["input_tokens"] + output}
        provider, served = served_by(self.provider, model)
        return UsageRow(
            time=moment_of("timestamp", line.get("timestamp")),
            model=served,
            meters={Meter.INPUT: uncached, Meter.CACHED_INPUT: cached, Meter.OUTPUT: output},
            id=None if self.id is None else f"codex:{self.id}:{self.calls}",
            provider=provider,
            tier=self.tier,
            dimensions={"session": self.id, "project": self.project},
            reasoning_tokens=reasoning,
        )

    def _notices(self) -> Iterator[str]:
        if not self.calls:
            yield "the session holds no usage: nothing was imported"
        if self.odd_totals:
            yield (
                f"in {self.odd_totals} events the session's total grew by another amount than "
                "the last call used: the last call counts"
            )
        if self.odd_sums:
            yield (
                f"in {self.odd_sums} events total_tokens is not input plus output: "
                "reasoning is taken to be inside output"
            )


def _counts(info: Mapping[str, Any], name: str) -> Counts | None:
    values = member(info, name)
    if not values:
        return None
    return {each: count_of(f"{name}.{each}", values.get(each)) for each in COUNTS}


def _grown(total: Counts, before: Counts | None) -> Counts:
    """Return by what a total grew; one that fell began again, as a session resumed may."""
    if before is None or any(total[name] < before[name] for name in COUNTS):
        return total
    return {name: total[name] - before[name] for name in COUNTS}
