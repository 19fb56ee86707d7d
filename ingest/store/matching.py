"""Matching: which staged rows came before, in the file or in the store.

A row is known by provider, id and model. When it comes again, the larger output
wins, because a stream's last message counts all tokens; among equals the later
one does. What we counted ourselves yields to what the provider counted.
A provider's bucket is restated: there the later one always wins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingest.rows import MAIN_METERS
from ingest.store.records import ImportCounts
from ingest.store.staging_sql import WITHOUT_USAGE, quoted

if TYPE_CHECKING:
    from datetime import datetime

    from ingest.store.stage import Facts, Stage

MARGIN: Final = "INTERVAL 1 DAY"
"""How far apart the start and the end of one request may be noted."""

_LOSER_TABLES: Final = """
CREATE OR REPLACE TABLE losers (place BIGINT, metered BOOLEAN, differs BOOLEAN);
CREATE OR REPLACE TABLE winners (place BIGINT, metered BOOLEAN, overtaken BIGINT);
"""


def match_inside_file(stage: Stage, facts: Facts) -> None:
    """Fill ``losers`` and ``winners`` with the rows whose key occurs again in the file."""
    stage.connection.execute(_LOSER_TABLES)
    if facts.distinct_ids == facts.placed:
        return
    columns = ("occurred_at", "series", *stage.meters, *stage.extra_columns)
    names = [stage.requests, *map(quoted, columns)]
    before = "OVER (PARTITION BY provider, request_id, model ORDER BY place"
    preceding = f"{before} ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)"
    whole = "OVER (PARTITION BY provider, request_id, model)"
    stage.connection.execute(
        f"""CREATE OR REPLACE TABLE repeats AS
        WITH again AS (SELECT hash(request_id) AS h FROM staged WHERE placed
                       GROUP BY h HAVING count(*) > 1),
        lines AS (SELECT r.rowid AS place, provider, request_id, model,
                         state <> {WITHOUT_USAGE} AS metered,
                         {stage.weight("r", "k")} AS weight, hash({", ".join(names)}) AS content
                  FROM staged r JOIN combinations k ON k.h = r.series
                  WHERE placed AND hash(request_id) IN (FROM again)),
        ranked AS (SELECT *, weight::HUGEINT * 1099511627776 + place AS rank FROM lines)
        SELECT place, metered, metered AND coalesce(weight > max(weight) {preceding}
                OR (weight = max(weight) {preceding}
                    AND content <> arg_max(content, rank) {preceding}), true) AS changed,
            content <> arg_max(content, rank) {whole} AS differs,
            arg_max(place, rank) {whole} AS winner
        FROM ranked"""
    )
    stage.connection.execute(
        """INSERT INTO losers SELECT place, metered, differs FROM repeats WHERE place <> winner;
        INSERT INTO winners SELECT winner, bool_or(metered) FILTER (place = winner),
                count(*) FILTER (changed) - 1
            FROM repeats GROUP BY winner HAVING count(*) > 1;
        DROP TABLE repeats"""
    )


def repeated_import(stage: Stage, facts: Facts) -> int | None:
    """Return the import that brought exactly the staged rows, None where none did.

    Needs the table ``mapped`` of series. Two sums over hashes of whole rows tell in a
    tenth of the time that matching row by row takes; that is left to files that differ.
    """
    if not facts.placed or facts.distinct_ids != facts.placed:
        return None
    stored = "occurred_at", "series", "requests", *MAIN_METERS, "extra"
    staged = (
        "r.occurred_at", "m.series", f"{stage.requests}::BIGINT",
        *(f"r.{meter}" for meter in MAIN_METERS), stage.extra("r"),
    )  # fmt: skip
    alike = _alike_imports(stage, facts)
    if not alike:
        return None
    digest = "SELECT count(*), sum(h)::HUGEINT, bit_xor(h) FROM (SELECT hash({}) AS h FROM {})"
    ours = stage.connection.execute(
        digest.format(
            ", ".join(("r.request_id", *staged)),
            "staged r JOIN mapped m ON m.h = r.series WHERE r.placed",
        )
    ).fetchall()
    for number in alike:
        theirs = stage.connection.execute(
            digest.format(", ".join(("request_id", *stored)), f"s.usage WHERE import_id = {number}")
        ).fetchall()
        if ours == theirs:
            return number
    return None


def _alike_imports(stage: Stage, facts: Facts) -> list[int]:
    """Return imports of as many rows of the same time, all of which are still in the ledger."""
    rows: list[tuple[int]] = stage.connection.execute(
        """SELECT import_id FROM s.imports i
        WHERE NOT undone AND NOT dated AND rows_duplicate = 0 AND NOT ?
          AND rows_read - rows_set_aside = ?
          AND first_at = ?::TIMESTAMP AND last_at = ?::TIMESTAMP
          AND NOT EXISTS (SELECT 1 FROM s.fates f JOIN s.usage u USING (row_id)
                          WHERE u.import_id = i.import_id)
        ORDER BY import_id DESC LIMIT 3""",
        [facts.dated > 0, facts.placed, facts.first_at, facts.last_at],
    ).fetchall()
    return [row[0] for row in rows]


def match_store(stage: Stage, facts: Facts) -> None:
    """Fill ``matches`` with the staged rows whose key is in the ledger of the attached store.

    Needs the table ``mapped`` of series. ``same`` rows say what the store says;
    ``beats`` tells whether the staged one wins.
    """
    connection = stage.connection
    connection.execute(
        """CREATE OR REPLACE TABLE matches
        (place BIGINT, row_id BIGINT, holder INTEGER, metered BOOLEAN, same BOOLEAN,
         beats BOOLEAN)"""
    )
    candidates = _overlapping_imports(stage, facts)
    if not candidates or not facts.placed:
        return
    connection.execute(
        f"""INSERT INTO matches
        SELECT r.rowid, u.row_id, CASE WHEN f.row_id IS NULL THEN u.import_id ELSE f.holder END,
            r.state <> {WITHOUT_USAGE}, {_same(stage)},
            {stage.weight("r", "k")} >= {stored_weight("u", "t", stage.view)}
        FROM staged r
        JOIN s.usage u ON u.request_id = r.request_id
        JOIN combinations k ON k.h = r.series
        JOIN s.series t ON t.series = u.series AND t.provider = k.provider AND t.model = k.model
        JOIN s.imports i ON i.import_id = u.import_id
        LEFT JOIN s.fates f ON f.row_id = u.row_id
        JOIN mapped m ON m.h = r.series
        WHERE r.placed AND r.rowid NOT IN (SELECT place FROM losers)
          AND u.import_id IN ({", ".join(map(str, candidates))})
          AND CASE WHEN f.row_id IS NULL THEN NOT i.undone ELSE f.holder IS NOT NULL END"""
    )


def stored_weight(row: str, series: str, view: str) -> str:
    """Return the SQL of a stored row's weight, as ``Stage.weight`` of a staged one."""
    if view == "buckets":
        return "0::BIGINT"
    audio, image = (
        f"coalesce(try_cast({row}.extra->>'$.{meter}' AS BIGINT), 0)"
        for meter in ("output_audio", "output_image")
    )
    measured = f"{row}.output + {audio} + {image}"
    return (
        f"CASE WHEN {series}.unmetered THEN -1 WHEN {series}.estimated THEN 0 ELSE {measured} END"
    )


def _same(stage: Stage) -> str:
    columns = ("occurred_at", "input", "cached_input", "cache_write", "output")
    equal = " AND ".join(f"u.{name} = r.{name}" for name in columns)
    equal += f" AND u.requests = {stage.requests}"
    return f"({equal} AND u.series = m.series AND u.extra IS NOT DISTINCT FROM {stage.extra('r')})"


def _overlapping_imports(stage: Stage, facts: Facts) -> list[int]:
    """Return the imports whose rows may have the keys of the staged ones.

    A date given by hand says nothing about when a request was, so it prunes nothing.
    """
    rows: list[tuple[int, datetime, datetime]] = stage.connection.execute(
        f"""SELECT import_id FROM s.imports
        WHERE rows_added + rows_replaced + rows_duplicate + rows_without_usage > 0
          AND (? OR dated OR (first_at <= ?::TIMESTAMP + {MARGIN}
                              AND last_at >= ?::TIMESTAMP - {MARGIN}))""",
        [facts.dated > 0, facts.last_at, facts.first_at],
    ).fetchall()
    return [row[0] for row in rows]


SKIPPED: Final = "SELECT place FROM losers UNION ALL SELECT place FROM matches WHERE same"
"""Places of staged rows that are not stored: beaten in the file, or known already."""
OUTSIDE: Final = "SELECT place FROM matches WHERE NOT same AND NOT beats"
"""Places of staged rows that are stored, but lose against a stored one."""


def stored_where(stage: Stage, facts: Facts) -> str:
    """Return the condition for staged rows ``r`` that are stored; shorter is faster."""
    return _where(stage, facts, SKIPPED)


def counting_where(stage: Stage, facts: Facts) -> str:
    """Return the condition for staged rows ``r`` that will be in the ledger."""
    return _where(stage, facts, f"{SKIPPED} UNION ALL {OUTSIDE}")


def _where(stage: Stage, facts: Facts, left_out: str) -> str:
    count = stage.connection.execute(f"SELECT count(*) FROM ({left_out})").fetchall()[0][0]
    if count == facts.placed:
        return "false"
    parts = ["r.placed"] if facts.placed < facts.rows else []
    if count:
        parts.append(f"r.rowid NOT IN ({left_out})")
    return " AND ".join(parts) or "true"


_COUNTS_SQL: Final = """
SELECT
    (SELECT count(*) FROM losers WHERE metered),
    (SELECT count(*) FROM losers WHERE metered AND differs),
    (SELECT coalesce(sum(overtaken), 0)::BIGINT FROM winners
     WHERE metered AND place NOT IN (SELECT place FROM matches)),
    count(*), count(*) FILTER (NOT same AND beats), count(*) FILTER (NOT same)
FROM matches WHERE metered
"""


def counts(stage: Stage, facts: Facts) -> ImportCounts:
    """Return where the rows went.

    A row that was ahead until a later line of its file overtook it was added, and the
    later one replaced it; so of such a key one row is added and the others replaced.
    """
    lost, lost_differing, overtaken, known, won, known_differing = stage.connection.execute(
        _COUNTS_SQL
    ).fetchall()[0]
    return ImportCounts(
        rows_read=facts.rows,
        rows_added=facts.good - lost - known,
        rows_replaced=won + overtaken,
        rows_duplicate=lost + known - won - overtaken,
        rows_set_aside=facts.aside,
        rows_without_usage=facts.without_usage,
        differing=lost_differing + known_differing,
    )
