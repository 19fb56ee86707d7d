"""Traces of OpenTelemetry as OTLP-JSON: one export a line, or one document.

The attributes of today's GenAI conventions are read, older ones, OpenLLMetry's and
OpenInference's, in every mix. Only calls of a model count: agents, tools and workflows
repeat what their calls used. Cached tokens are inside of input, see ``usage``.
Source: open-telemetry/semantic-conventions-genai, opentelemetry-proto.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingest.canonical import REQUESTS, Given, Remarks, opened_rows
from ingest.formats.otlp.rows import ANSWER, MODEL, Role, keys_for, role_of, row_of, text_at
from ingest.formats.otlp.spans import NoSpan, Span, is_export, marks_shown, spans_in
from ingest.formats.otlp.usage import BESIDE, UNFIT, UNPROVEN, Counted, counted
from ingest.span_trees import SpanNode, repeating
from ingest.values import Fault, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from ingest.canonical import UsageRow
    from ingest.dimension_keys import DimensionKeys
    from ingest.projection import ImportOptions, Opened, Sample
    from ingest.span_trees import SpanKey

NOTHING: Final = "the export holds no span that calls a model: 0 rows"
WITHOUT: Final = "left out: {} without tokens, no call of a model"
REPEATED: Final = "left out: {} above calls that have the same tokens"
OTHER: Final = "left out: {} of agents, tools or workflows with tokens: only calls count"
SPANS: Final = (WITHOUT, REPEATED, OTHER)
FLAGS: Final = (BESIDE, UNFIT)


@dataclass(frozen=True, slots=True)
class _Seen:
    span: Span
    role: Role
    tokens: Counted | Fault | None

    @property
    def key(self) -> SpanKey:
        return str(self.span.own["traceId"]), str(self.span.own["spanId"])


class Otlp:
    """The format ``otlp``."""

    name = "otlp"

    def claims(self, sample: Sample) -> bool:
        """Tell by the lists of spans, metrics or logs that an export holds."""
        return is_export(sample)

    def nearness(self, sample: Sample) -> float:
        """Return the share of an export's marks that the sample shows."""
        return marks_shown(sample)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Read all spans first: what is below a span decides whether it counts."""
        found = [_seen(each) for each in spans_in(sample.path)]
        remarks = Remarks()
        return opened_rows(_rows(found, options, remarks), options, workspace, REQUESTS, remarks)


def _seen(found: Span | NoSpan) -> _Seen | NoSpan:
    if isinstance(found, NoSpan):
        return found
    tokens: Counted | Fault | None
    try:
        tokens = counted(found.attributes)
    except Fault as fault:
        tokens = fault
    return _Seen(found, role_of(found), tokens)


def _rows(
    found: Sequence[_Seen | NoSpan], options: ImportOptions, remarks: Remarks
) -> Iterator[Given]:
    keys = keys_for(options)
    repeats = _repeating(each for each in found if isinstance(each, _Seen))
    counts: Counter[str] = Counter()
    for each in found:
        if isinstance(each, NoSpan):
            counts["rows"] += 1
            yield Given(each.line, each.fault)
        elif (reason := _left_out(each, repeats)) is not None:
            counts[reason] += 1
        else:
            counts["rows"] += 1
            yield Given(each.span.line, _row(each, keys, counts))
    _remark(counts, remarks)


def _remark(counts: Counter[str], remarks: Remarks) -> None:
    for said in SPANS:
        if counts[said]:
            remarks.notices.append(said.format(_many(counts[said], "span")))
    for said in FLAGS:
        if counts[said]:
            remarks.notices.append(f"{said}: {_many(counts[said], 'row')}, please check")
    if counts[UNPROVEN]:
        remarks.assumptions.append(f"{UNPROVEN}: {_many(counts[UNPROVEN], 'row')}")
    if not counts["rows"]:
        remarks.notices.append(NOTHING)


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _left_out(seen: _Seen, repeats: set[SpanKey]) -> str | None:
    """Return why a span is no row of its own, None for one that is."""
    if seen.role is not Role.CALL and seen.tokens is None:
        return WITHOUT
    if seen.role is Role.OTHER:
        return OTHER
    return REPEATED if seen.key in repeats else None


def _row(seen: _Seen, keys: DimensionKeys, counts: Counter[str]) -> UsageRow | Fault:
    try:
        if isinstance(seen.tokens, Fault):
            raise seen.tokens
        row = row_of(seen.span, seen.tokens, keys)
    except Fault as fault:
        return Fault(f"{seen.span.where}: {fault}")
    if seen.tokens is not None and seen.tokens.flag is not None:
        counts[seen.tokens.flag] += 1
    return row


def _repeating(seen: Iterable[_Seen]) -> set[SpanKey]:
    parents: dict[SpanKey, SpanKey | None] = {}
    nodes = []
    for each in seen:
        above = text_of(each.span.own["parentSpanId"])
        parents[each.key] = None if above is None else (each.key[0], above)
        if each.tokens is not None:
            attributes = each.span.attributes
            model, answer = text_at(attributes, MODEL), text_at(attributes, ANSWER)
            nodes.append(SpanNode(each.key, model, each.role is Role.CALL, answer))
    return repeating(nodes, parents)
