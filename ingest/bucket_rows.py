"""Rows of OpenAI's usage buckets, each checked and written one way whatever export it came from.

Input is all input: uncached, cached and written. Audio and pictures of the input are
parts of the uncached tokens, those of the cached input parts of the cached ones. A row
whose parts do not fit its totals is set aside. The split of text is not checked: what
is neither audio nor picture is text.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

from ingest.buckets import GROUP_COLUMNS, GROUPING, TOKEN_COLUMNS, UNIT_COLUMNS
from ingest.digests import digest_of
from ingest.names import end_of_key
from ingest.rows import LARGEST_COUNT
from ingest.values import WHOLE, Fault, count_of, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMPLETIONS: Final = "organization.usage.completions.result"
BYTES: Final = "usage_bytes"
"""What vector stores hold: no meter counts it, a notice tells it."""
MARKS_OF_KINDS: Final = (
    ("images", "images", "images"),
    ("characters", "characters", "audio_speeches"),
    ("seconds", "seconds", "audio_transcriptions"),
    (BYTES, BYTES, "vector_stores"),
    ("num_sessions", "num_sessions", "code_interpreter_sessions"),
    ("num_requests", "context_level", "web_searches"),
    ("num_requests", "vector_store_id", "file_searches"),
)
"""Of a table, which does not name its kind: the column with a count, one beside it, the kind."""
USAGE_KIND: Final = re.compile(r"organization\.usage\.\w+\.result")
COUNT_COLUMNS: Final = (
    "num_model_requests",
    *TOKEN_COLUMNS,
    "input_uncached_tokens",
    *(name for name in UNIT_COLUMNS if name != "seconds"),
)
LATEST: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


@dataclass(frozen=True)
class GivenRow:
    """A row as an export has it.

    ``scope`` tells rows that stand beside each other from rows that restate each other:
    two equal groups in one scope are two groups that the export does not tell apart.
    """

    line: int
    where: str
    scope: object
    values: Mapping[str, Any] | str


@dataclass
class BucketRow:
    """A row made ready: values by column, or the fault that sets it aside."""

    line: int
    where: str
    scope: object
    values: dict[str, Any] = field(default_factory=dict)
    fault: str | None = None

    @property
    def start(self) -> int:
        """Return where the bucket begins, in seconds since 1970."""
        return int(self.values["start_time"])

    @property
    def kind(self) -> str:
        """Return the kind of usage, as OpenAI names it."""
        return str(self.values["object"])

    @property
    def width(self) -> int | None:
        """Return how long the bucket is in seconds, None where the export has no end."""
        end = self.values.get("end_time")
        return None if end is None else int(end) - self.start

    @property
    def reason(self) -> str:
        """Return the fault with its place in the line."""
        return ": ".join(part for part in (self.where, self.fault or "") if part)


def made_ready(given: GivenRow) -> BucketRow:
    """Return a row with its values checked and in one spelling."""
    row = BucketRow(given.line, given.where, given.scope)
    if isinstance(given.values, str):
        row.fault = given.values
        return row
    try:
        row.values = _values(given.values)
    except Fault as fault:
        row.fault = str(fault)
    return row


def _values(given: Mapping[str, Any]) -> dict[str, Any]:
    start, end = _moment(given, "start_time"), _moment(given, "end_time")
    if start is None:
        raise Fault("no start_time")
    if end is not None and end <= start:
        raise Fault(f"ends at {end}, not after it starts at {start}")
    counts = {name: _count(name, given.get(name)) for name in COUNT_COLUMNS}
    values = {
        "start_time": start,
        "end_time": end,
        "object": _kind(given),
        **_checked(counts),
        "seconds": _seconds(given.get("seconds")),
        BYTES: _count(BYTES, given.get(BYTES)),
        **{name: _group(name, given.get(name)) for name in GROUP_COLUMNS},
    }
    return {name: value for name, value in values.items() if value is not None}


def _moment(given: Mapping[str, Any], name: str) -> int | None:
    """Return a time in seconds since 1970; a time without a zone is UTC, as OpenAI writes it."""
    text = text_of(given.get(name)) or text_of(given.get(f"{name}_iso"))
    if text is None:
        return None
    try:
        seconds = float(text) if WHOLE.fullmatch(text) else _seconds_of_iso(text)
    except ValueError as error:
        raise Fault(f"{name} is {text[:40]!r}, neither a time nor seconds since 1970") from error
    if not 0 <= seconds < LATEST:
        raise Fault(f"{name} is {text[:40]!r}, which is no time before 2100")
    return int(seconds)


def _seconds_of_iso(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _count(name: str, value: object) -> int | None:
    return None if text_of(value) is None else count_of(name, value)


def _seconds(value: object) -> str | None:
    text = text_of(value)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = -1
    if isinstance(value, bool) or not isfinite(number) or not 0 <= number < LARGEST_COUNT:
        raise Fault(f"seconds is {text[:40]!r}, not a number of seconds")
    return text


def _kind(given: Mapping[str, Any]) -> str:
    kind = text_of(given.get("object")) or _kind_of_columns(given)
    if not USAGE_KIND.fullmatch(kind):
        raise Fault(f"object is {kind[:60]!r}, which is not usage")
    return kind


def _kind_of_columns(given: Mapping[str, Any]) -> str:
    """Return the kind that a row of a table is of, so that the API's row of it is the same."""
    for counted, beside, kind in MARKS_OF_KINDS:
        if text_of(given.get(counted)) is not None and beside in given:
            return f"organization.usage.{kind}.result"
    if text_of(given.get("num_requests")) is not None:
        raise Fault("num_requests does not say of which tool: export it with vector_store_id")
    model = (text_of(given.get("model")) or "").lower()
    if "output_tokens" not in given and ("embedding" in model or "moderation" in model):
        return (
            f"organization.usage.{'embeddings' if 'embedding' in model else 'moderations'}.result"
        )
    return COMPLETIONS


def _group(name: str, value: object) -> str | None:
    text = text_of(value)
    if name == "batch" and text is not None:
        if text.lower() not in {"true", "false"}:
            raise Fault(f"batch is {text[:40]!r}, neither true nor false")
        return text.lower()
    if isinstance(value, bool | dict | list):
        raise Fault(f"{name} is {text!r:.40}, not a name")
    return text


def _checked(counts: dict[str, int | None]) -> dict[str, int | None]:
    """Return counts whose parts fit their totals, with all input where only its parts are given."""
    uncached = counts.pop("input_uncached_tokens")
    cached, written = _of(counts, "input_cached_tokens"), _of(counts, "input_cache_write_tokens")
    if counts["input_tokens"] is None and uncached is not None:
        counts["input_tokens"] = uncached + cached + written
    total = _of(counts, "input_tokens")
    if cached + written > total:
        raise Fault(
            f"{cached} cached and {written} written tokens are more than the {total} input tokens"
        )
    if uncached is not None and uncached + cached + written != total:
        raise Fault(
            f"{uncached} uncached, {cached} cached and {written} written tokens "
            f"are not the {total} input tokens"
        )
    _fits(counts, "uncached input", total - cached - written, "input_{}_tokens")
    _fits(counts, "cached input", cached, "input_cached_{}_tokens")
    _fits(counts, "output", _of(counts, "output_tokens"), "output_{}_tokens")
    return counts


def _of(counts: Mapping[str, int | None], name: str) -> int:
    return counts[name] or 0


def _fits(counts: Mapping[str, int | None], what: str, total: int, names: str) -> None:
    audio, image = (_of(counts, names.format(kind)) for kind in ("audio", "image"))
    if audio + image > total:
        raise Fault(
            f"{audio} audio and {image} picture tokens are more than the {total} {what} tokens"
        )


def groupings_of(rows: Iterable[BucketRow]) -> dict[str, tuple[str, ...]]:
    """Return the columns by which each kind is grouped: those that any row of it has a value for.

    Kinds are grouped apart, as OpenAI exports them: one file of several kinds has the same
    groups as a file for each.
    """
    used: defaultdict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.fault is None:
            used[row.kind].update(row.values)
    return {
        kind: tuple(name for name in GROUP_COLUMNS if name in names) for kind, names in used.items()
    }


def width_of(rows: Iterable[BucketRow]) -> int | None:
    """Return the most frequent length of the buckets in seconds, None where none has an end.

    Buckets of another length would be counted beside those that they overlap, so they
    are set aside; only the first or last one may be shorter, cut off by the range asked for.
    """
    good = [(row, row.width) for row in rows if row.fault is None]
    sized = [(row, width) for row, width in good if width is not None]
    widths = Counter(width for _, width in sized)
    if not widths:
        return None
    usual = max(widths, key=lambda width: (widths[width], width))
    starts = {row.start for row, _ in sized}
    whole = {row.start for row, width in sized if width == usual}
    first, last, whole_from, whole_to = min(starts), max(starts), min(whole), max(whole) + usual
    for row, width in sized:
        before = row.start == first and row.start + width <= whole_from
        after = row.start == last and row.start >= whole_to
        if width != usual and not (width < usual and (before or after)):
            row.fault = (
                f"lasts {width} seconds, the other buckets {usual}: "
                "import buckets of another length as a file of their own"
            )
    return usual


def name_rows(
    rows: Iterable[BucketRow], width: int, groupings: Mapping[str, tuple[str, ...]]
) -> None:
    """Give each row its grouping and key: the bucket and its group, the same in every export of it.

    The key is a hash, as groups may hold addresses of people; of an API key the last
    characters stay.
    """
    seen: Counter[tuple[object, str]] = Counter()
    for row in rows:
        if row.fault is not None:
            continue
        grouping = groupings[row.kind]
        groups = [row.values.get(name) for name in grouping]
        parts = [row.start, row.kind, width, grouping, groups]
        seen[row.scope, digest_of(parts)] += 1
        parts.append(seen[row.scope, digest_of(parts)])
        row.values[GROUPING] = ",".join(grouping)
        row.values["bucket_key"] = f"bucket:{row.start}:{digest_of(parts)}"
        if "api_key_id" in row.values:
            row.values["api_key_id"] = end_of_key(row.values["api_key_id"])
