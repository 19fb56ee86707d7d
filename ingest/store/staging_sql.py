"""The SQL that turns a projection into staged rows. Pure text, no session."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from costmodel.meters import INPUT_METERS, MINIMUM_CACHEABLE_EDGE, SIZE_BAND_EDGES, UNKNOWN_BAND
from ingest.narrowing import keys_of, prefixes_of
from ingest.projection import MEASURED, NUMBER, TEXT
from ingest.rows import LARGEST_COUNT, MAIN_METERS, TIER_WORDS
from ingest.served import sql_string

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from ingest.narrowing import Keys
    from ingest.projection import Kind, Projection

GOOD, ASIDE, WITHOUT_USAGE, DOUBTFUL = 0, 1, 2, 3

ONE: Final = "1"
"""Requests of a row that is one request; no column is made for it."""
SLOTS: Final = 1_024
"""Room for known series; of two with one place one counts as unknown."""
MOST_BLOCKS: Final = 8_192
"""So many hashes of one prompt are kept; 128 tokens each make a million."""
EARLIEST: Final = "2015-01-01"
LATEST: Final = "2100-01-01"
MOST_DOUBTFUL: Final = "0.002"
"""Share of a sample that may have no plain number where the file is read as having one."""
SMALLEST: Final = 16
"""Where a sample has smaller counts than this, apart from 0, the file will have a 1."""


def _tier_cases() -> str:
    return " ".join(f"WHEN '{word}' THEN '{tier}'" for word, tier in TIER_WORDS.items())


MACROS: Final = f"""
-- A cast to BIGINT rounds: it must read as the text did, or equal a cast that does not.
CREATE MACRO whole(x) AS CASE
    WHEN try_cast(x AS BIGINT)::VARCHAR = x THEN try_cast(x AS BIGINT)
    WHEN try_cast(x AS DOUBLE) = try_cast(x AS BIGINT) THEN try_cast(x AS BIGINT) END;
-- A number was looked at before: it is a whole one, or its row is doubtful.
CREATE MACRO unless_false(x VARCHAR) AS nullif(x, 'false'), (x DOUBLE) AS x;
CREATE MACRO count_of(x VARCHAR) AS
        CASE WHEN x IS NULL OR x = '0' THEN 0::BIGINT ELSE whole(x) END,
    (x DOUBLE) AS CASE WHEN x IS NULL THEN 0::BIGINT ELSE try_cast(x AS BIGINT) END;
CREATE MACRO epoch_time(d) AS CASE
    WHEN d BETWEEN 0 AND 100000000000 THEN to_timestamp(d)
    WHEN d BETWEEN 0 AND 100000000000000 THEN to_timestamp(d / 1000)
    WHEN d BETWEEN 0 AND 100000000000000000 THEN to_timestamp(d / 1000000) END;
-- Whole seconds come first: nearly every file has those.
CREATE MACRO moment(x VARCHAR) AS coalesce(
        CASE WHEN try_cast(x AS UINTEGER)::VARCHAR = x
            THEN make_timestamp(try_cast(x AS UINTEGER)::BIGINT * 1000000) END,
        coalesce(epoch_time(try_cast(x AS DOUBLE)), try_cast(x AS TIMESTAMPTZ)) AT TIME ZONE 'UTC'),
    (x DOUBLE) AS CASE WHEN x BETWEEN 0 AND 4294967295
        THEN make_timestamp(try_cast(x AS BIGINT) * 1000000)
        ELSE epoch_time(x) AT TIME ZONE 'UTC' END;
-- The usual cases come first: text functions cost more than reading the file.
CREATE MACRO tier_of(x) AS CASE WHEN x IS NULL OR x = 'default' THEN 'standard'
    WHEN x = 'standard' OR x = 'flex' OR x = 'batch' OR x = 'priority' THEN x
    ELSE CASE lower(trim(x)) {_tier_cases()} ELSE trim(x) END END;
CREATE MACRO text_of(x) AS CASE
    WHEN x BETWEEN '\\' AND 'zzz' THEN x
    WHEN starts_with(x, '{{') OR starts_with(x, '[') THEN NULL
    WHEN x >= '!' THEN x WHEN trim(x) <> '' THEN trim(x) END;
CREATE MACRO label(x) AS CASE
    WHEN contains(x, '@') AND regexp_matches(x, '[^@\\s]+@[^@\\s]+\\.[A-Za-z]{{2,}}')
    THEN 'mail:' || sha256(x)[1:16] ELSE text_of(x) END;
CREATE MACRO key_label(x) AS CASE
    WHEN regexp_matches(x, '^(sk-|sk_|AIza|[0-9A-Fa-f]{{32,}}$)') THEN '...' || x[-4:]
    ELSE label(x) END;
CREATE MACRO number_of(x) AS CASE
    WHEN isfinite(try_cast(x AS DOUBLE)) THEN try_cast(x AS DOUBLE) END;
-- A list in any notation; what no prompt has so many blocks for is left out.
CREATE MACRO hashes_of(x) AS nullif(array_to_string(
    regexp_extract_all(x, '[A-Za-z0-9_.+/=-]+')[1:{MOST_BLOCKS}], ' '), '');
"""


def size_band_sql(tokens: str) -> str:
    """Return the band of an SQL expression of input tokens, as ``costmodel.meters.size_band``."""
    cases = [f"WHEN {tokens} < {MINIMUM_CACHEABLE_EDGE} THEN 0"]
    edges = SIZE_BAND_EDGES[1:]
    for lower, upper in pairwise(edges):
        cases.append(f"WHEN {tokens} <= {upper} THEN {lower}")
    return f"CASE {' '.join(cases)} ELSE {edges[-1]} END"


def input_tokens_sql(meters: Iterable[str]) -> str:
    """Return the sum of those of the meters that count input."""
    return " + ".join(f'"{meter}"' for meter in meters if meter in INPUT_METERS) or "0"


def quoted(name: str) -> str:
    """Return an identifier that no keyword can spoil."""
    return '"' + name.replace('"', '""') + '"'


def rarely_used(projection: Projection) -> tuple[str, ...]:
    """Return the staged columns that most files leave at 0 or NULL."""
    meters = [str(meter) for meter in projection.meters if meter not in MAIN_METERS]
    return (*meters, *projection.dimensions, *projection.measures)


def places_of(projection: Projection) -> tuple[str, ...]:
    """Return every place in the reader where a value may stand."""
    return tuple(dict.fromkeys(place for places in projection.raw.values() for place in places))


def unseen_sql(projection: Projection, places: Collection[str]) -> str:
    """Return a condition that holds for rows with a value outside of these places.

    Of a struct that none of the places is in, the struct itself is asked for: to ask
    for each of its members takes longer than to read the file.
    """
    seen = prefixes_of(places)
    asked = [_first_outside(keys_of(place), seen) for place in places_of(projection)]
    unseen = dict.fromkeys(keys for keys in asked if keys is not None)
    return " OR ".join(f"{'.'.join(map(quoted, keys))} IS NOT NULL" for keys in unseen) or "false"


def _first_outside(keys: Keys, seen: Collection[Keys]) -> Keys | None:
    """Return the outermost part of a place that is not among the seen ones, if any is not."""
    parts = (keys[: depth + 1] for depth in range(len(keys)))
    return next((part for part in parts if part not in seen), None)


def used_places_sql(projection: Projection) -> str:
    """Return a query that tells for each place whether any row has a value there."""
    tests = [f"bool_or({place} IS NOT NULL)" for place in places_of(projection)]
    return f"SELECT {', '.join(tests)} FROM {_reader(projection)}"


def plain_numbers_sql(projection: Projection) -> str:
    """Return a query that tells for each numeric group whether nearly all rows have plain numbers.

    A 1 is none: it would not be told from ``true``, and to look at a row again takes a pass
    over the file, so where small counts are usual they stay text. To tell ``false`` from 0
    is not worth a file's text: the counts of a group are read ``unless_false``.
    """
    tests = []
    for group in projection.numeric:
        places = [place for name in group for place in projection.raw[name]]
        plain = " AND ".join(f"regexp_full_match({place}, '[0-9]{{1,12}}')" for place in places)
        small = " OR ".join(
            f"coalesce(try_cast({place} AS BIGINT) BETWEEN 1 AND {SMALLEST - 1}, false)"
            for place in places
        )
        tests.append(
            f"avg(CASE WHEN {plain or 'false'} THEN 0 ELSE 1 END) <= {MOST_DOUBTFUL} "
            f"AND NOT bool_or({small or 'false'})"
        )
    return f"SELECT {', '.join(tests) or 'true'} FROM {_reader(projection)}"


def _doubtful_sql(projection: Projection, numbers: Collection[str]) -> str:
    """Return a condition for rows with a number that may have been something else.

    What is no number at all was read as NULL, and ``true`` as 1.
    """
    places = dict.fromkeys(p for name in projection.raw if name in numbers
                           for p in projection.raw[name])  # fmt: skip
    doubts = (
        f"coalesce({p} <> trunc({p}) OR {p} = 1 OR {p} NOT BETWEEN 0 AND {LARGEST_COUNT}, true)"
        for p in places
    )
    return " OR ".join(doubts) or "false"


def used_columns_sql(projection: Projection, names: Iterable[str]) -> str:
    """Return a query that tells for each named column whether any row uses it."""
    tests = [f"coalesce(bool_or({_used(projection, name)}), false)" for name in names]
    return f"SELECT {', '.join(tests) or 'true'} FROM {_raw_rows(projection)}"


@dataclass(frozen=True)
class Staging:
    """What is made of the rows of a projection.

    Of the rare columns only ``keep`` are made. ``apart`` names the columns that tell one
    series from another: they are the same for most rows, so they are kept once a series.
    ``unseen`` is a condition for rows that use what is not made. ``numbers`` names what the
    projection reads as numbers; a row that may have something else there is ``DOUBTFUL``.
    """

    projection: Projection
    keep: tuple[str, ...]
    assumed_date: date | None
    apart: tuple[str, ...]
    unseen: str = "false"
    numbers: frozenset[str] = frozenset()

    def series_sql(self, rows: int) -> str:
        """Return a query of the series among the first rows: hash, and columns as text."""
        return (
            f"SELECT series AS h, any_value({self._told}) AS told "
            f"FROM (SELECT * FROM ({self._rows}) LIMIT {rows}) GROUP BY series"
        )

    def rows_sql(self, known: Iterable[int] = ()) -> str:
        """Return the query that makes staged rows, one for each row read, in file order.

        ``series`` is a hash of what tells one series from another; ``told`` holds that
        itself, as text, except for most of the ``known`` series. ``left_out`` tells whether
        a row uses a column that is not made, or meets the condition ``unseen``.
        """
        apart = ", ".join(map(quoted, self.apart))
        # To join with the known ones, or to ask IN, would lose the order of the file.
        slot = f"[{_slots(known)}][(series % {SLOTS}::UBIGINT + 1)::BIGINT]"
        return (
            f"SELECT * EXCLUDE ({apart}), "
            f"CASE WHEN {slot} IS DISTINCT FROM series THEN {self._told} END AS told "
            f"FROM ({self._rows})"
        )

    @property
    def _told(self) -> str:
        return f"[{', '.join(f'{quoted(name)}::VARCHAR' for name in self.apart)}]"

    @property
    def _rows(self) -> str:
        projection, kept = self.projection, set(self.keep)
        left_out = [name for name in rarely_used(projection) if name not in kept]
        guard = " OR ".join(["unseen", *(_used(projection, name) for name in left_out)])
        columns = {
            "occurred_at": _time_sql(projection, self.assumed_date),
            "time_given": projection.time_given,
            "recognised": projection.recognised,
            "has_usage": projection.has_usage,
            "sound": projection.sound,
            "request_id": projection.request_id,
            "provider": projection.provider,
            "model": projection.model,
            "zone": projection.zone,
            "tier": projection.tier,
            "requests": projection.requests,
            **_marks(projection),
            **{str(m): e for m, e in projection.meters.items() if m in MAIN_METERS or m in kept},
            **{name: sql for name, sql in _labels(projection).items() if name in kept},
            "left_out": guard,
            "doubtful": "doubtful",
        }
        selected = ", ".join(f"({sql}) AS {quoted(name)}" for name, sql in columns.items())
        source = _raw_rows(projection, self.unseen, self.numbers)
        rows = _judged(projection, kept, f"SELECT {selected} FROM {source}")
        told_apart = ", ".join(map(quoted, self.apart))
        return f"SELECT *, hash({told_apart}, state = {WITHOUT_USAGE}) AS series FROM ({rows})"


def _slots(known: Iterable[int]) -> str:
    """Return as many constants as there are slots: each series at the remainder of its hash."""
    by_place = {series % SLOTS: series for series in known}
    places = (f"{by_place[n]}::UBIGINT" if n in by_place else "NULL" for n in range(SLOTS))
    return ", ".join(places) if by_place else "NULL::UBIGINT"


def _judged(projection: Projection, kept: set[str], rows: str) -> str:
    meters = [quoted(str(m)) for m in projection.meters if m in MAIN_METERS or m in kept]
    counted = " AND ".join(f"{meter} BETWEEN 0 AND {LARGEST_COUNT}" for meter in meters)
    placed = (
        f"occurred_at BETWEEN TIMESTAMP '{EARLIEST}' AND TIMESTAMP '{LATEST}' AND model IS NOT NULL"
    )
    state = (
        f"CASE WHEN doubtful THEN {DOUBTFUL} WHEN recognised IS NOT TRUE THEN {ASIDE} "
        f"WHEN has_usage IS NOT TRUE THEN {WITHOUT_USAGE} "
        f"WHEN ({counted} AND sound AND requests >= 0 AND {placed}) IS TRUE THEN {GOOD} "
        f"ELSE {ASIDE} END"
    )
    requests = "".join(f"{name}, " for name in _marks(projection))
    if projection.requests != ONE:
        requests += f"CASE WHEN state = {GOOD} THEN requests ELSE 1 END AS requests, "
    kept_labels = [quoted(name) for name in _labels(projection) if name in kept]
    nulled = ", ".join(
        f"CASE WHEN state = {GOOD} THEN {meter} ELSE 0 END AS {meter}" for meter in meters
    )
    return (
        f"SELECT state, ({placed}) IS TRUE AND state <> {ASIDE} AS placed, occurred_at, "
        f"request_id, provider, model, zone, tier, {requests}{nulled}, "
        f"{''.join(label + ', ' for label in kept_labels)}left_out, NOT time_given AS dated "
        f"FROM (SELECT *, {state} AS state FROM ({rows}))"
    )


def _marks(projection: Projection) -> dict[str, str]:
    """Return the columns that only buckets and only files with estimates have."""
    grouping = {"grouping": projection.grouping} if projection.view == "buckets" else {}
    estimated = {} if projection.estimated == MEASURED else {"estimated": projection.estimated}
    return {**grouping, **estimated}


def _time_sql(projection: Projection, assumed_date: date | None) -> str:
    if assumed_date is None:
        return projection.occurred_at
    return (
        f"CASE WHEN {projection.time_given} THEN {projection.occurred_at} "
        f"ELSE TIMESTAMP '{assumed_date.isoformat()}' END"
    )


def _labels(projection: Projection) -> Mapping[str, str]:
    return {**projection.dimensions, **projection.measures}


def _used(projection: Projection, name: str) -> str:
    meters = {str(meter): sql for meter, sql in projection.meters.items()}
    if name in meters:
        return f"({meters[name]}) IS DISTINCT FROM 0"
    return f"({_labels(projection)[name]}) IS NOT NULL"


def _raw_rows(projection: Projection, unseen: str = "false", numbers: Collection[str] = ()) -> str:
    raw = [
        f"{_first_value(places, NUMBER if name in numbers else TEXT)} AS {quoted(name)}"
        for name, places in projection.raw.items()
    ]
    doubtful = _doubtful_sql(projection, numbers)
    marks = (f"({unseen}) AS unseen", f"({doubtful}) AS doubtful")
    rows = f"(SELECT {', '.join([*raw, *marks])} FROM {_reader(projection)})"
    if not projection.derived:
        return rows
    derived = ", ".join(f"({sql}) AS {quoted(name)}" for name, sql in projection.derived.items())
    return f"(SELECT *, {derived} FROM {rows})"


def _reader(projection: Projection) -> str:
    columns = ", ".join(
        f"{sql_string(name)}: {sql_string(_kind_sql(kind))}"
        for name, kind in projection.columns.items()
    )
    return projection.reader.replace("{columns}", f"{{{columns}}}")


def _kind_sql(kind: Kind) -> str:
    if isinstance(kind, str):
        return kind
    members = ", ".join(f"{quoted(name)} {_kind_sql(member)}" for name, member in kind.items())
    return f"STRUCT({members})"


def _first_value(places: Sequence[str], kind: str) -> str:
    if not places:
        return f"NULL::{kind}"
    return places[0] if len(places) == 1 else f"coalesce({', '.join(places)})"


def unknown_band_or(view: str, tokens: str) -> str:
    """Return the band of a row: unknown for a provider's bucket."""
    return str(UNKNOWN_BAND) if view == "buckets" else size_band_sql(tokens)
