"""Observations of Langfuse: exports, replies of its API, and traces as JSON.

An export is CSV, JSON, JSON lines or Parquet. Cached tokens stand beside input or inside
of it: the total of each row tells which. Only observations with tokens count, and of those
inside of each other the innermost.
Source: langfuse/langfuse, observation-field-groups.ts and ingestion/types.ts.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ingest.canonical import REQUESTS, Given, Remarks, opened_rows
from ingest.formats.langfuse.observations import (
    MARKS,
    SURE,
    Observation,
    is_observation,
    is_page_of_nothing,
    plain,
    read,
    shown_names,
)
from ingest.formats.langfuse.rows import (
    is_call,
    meanings_for,
    row_of,
    served,
    served_name,
    tokens_of,
)
from ingest.formats.langfuse.usage import Counted
from ingest.span_trees import SpanNode, repeating
from ingest.values import Fault, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from ingest.canonical import UsageRow
    from ingest.formats.langfuse.rows import Meanings
    from ingest.projection import ImportOptions, Opened, Sample
    from ingest.span_trees import SpanKey

UNFINISHED: Final = "the last reply says that more follow: the export is not complete"
NOTHING: Final = "the export holds no observation that calls a model: 0 rows"
GUESSED: Final = "Langfuse does not say who served a model: the model's name tells the provider"
LEFT_OUT: Final = "left out: {} without tokens (spans, events and tools are no calls)"
REPEATED: Final = "left out: {} above calls that have the same tokens"
MIXED: Final = "parts are inside of only input or only output, as the totals say: {}, please check"
Tokens = Counted | Fault | None


class Langfuse:
    """The format ``langfuse``."""

    name = "langfuse"

    def claims(self, sample: Sample) -> bool:
        """Tell by the names of columns or keys."""
        return is_observation(shown_names(sample)) or is_page_of_nothing(sample)

    def nearness(self, sample: Sample) -> float:
        """Return the share of an observation's marks that the sample shows."""
        marks = SURE | MARKS
        return len(marks & set(map(plain, shown_names(sample)))) / len(marks)

    def open(self, sample: Sample, options: ImportOptions, workspace: Path) -> Opened:
        """Read all observations first: what is inside of what decides which of them count."""
        seen, unfinished = read(sample, workspace)
        remarks = Remarks(notices=[UNFINISHED] if unfinished else [])
        return opened_rows(_rows(seen, options, remarks), options, workspace, REQUESTS, remarks)


def _rows(seen: Sequence[Observation], options: ImportOptions, remarks: Remarks) -> Iterator[Given]:
    tokens = [_tokens(each) for each in seen]
    repeats = _repeating(seen, tokens)
    counts: Counter[str] = Counter()
    meanings = meanings_for(options)
    for each, found in zip(seen, tokens, strict=True):
        values = each.values
        if isinstance(values, dict) and _key(each) in repeats:
            counts[REPEATED] += 1
        elif isinstance(values, dict) and found is None and not is_call(values):
            counts[LEFT_OUT] += 1
        else:
            counts["rows"] += 1
            yield Given(each.line, _row(each, found, meanings, counts))
    for said, noun in ((LEFT_OUT, "observation"), (REPEATED, "observation"), (MIXED, "row")):
        if count := counts[said]:
            remarks.notices.append(said.format(f"{count} {noun}{'s' if count > 1 else ''}"))
    if counts["guessed"]:
        remarks.assumptions.append(GUESSED)
    if not counts["rows"]:
        remarks.notices.append(NOTHING)


def _tokens(seen: Observation) -> Tokens:
    if isinstance(seen.values, Fault):
        return None
    try:
        return tokens_of(seen.values)
    except Fault as fault:
        return fault


def _row(
    seen: Observation, tokens: Tokens, meanings: Meanings, counts: Counter[str]
) -> UsageRow | Fault:
    try:
        if isinstance(seen.values, Fault):
            raise seen.values
        if isinstance(tokens, Fault):
            raise tokens
        who = served(seen.values, meanings)
        row = row_of(seen.values, tokens, who, meanings)
    except Fault as fault:
        return Fault(": ".join(part for part in (seen.where, str(fault)) if part))
    counts["guessed"] += who.guessed
    counts[MIXED] += tokens is not None and tokens.mixed
    return row


def _key(seen: Observation) -> SpanKey:
    values = seen.values if isinstance(seen.values, dict) else {}
    return str(values.get("traceid", "")), str(values.get("id", ""))


def _repeating(seen: Sequence[Observation], tokens: Sequence[Tokens]) -> set[SpanKey]:
    parents: dict[SpanKey, SpanKey | None] = {}
    nodes = []
    for each, found in zip(seen, tokens, strict=True):
        if isinstance(each.values, dict):
            key, above = _key(each), text_of(each.values.get("parentobservationid"))
            parents[key] = None if above is None else (key[0], above)
            if found is not None:
                nodes.append(SpanNode(key, served_name(each.values), is_call(each.values)))
    return repeating(nodes, parents)
