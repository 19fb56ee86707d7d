"""Stores of any number of requests that tell all that a request can.

Session, prefix, confidence, rating, latency; the same in every run, up to the day of ``NOW``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import duckdb

from ingest.imports import ImportOptions, import_file
from ingest.store import Store

if TYPE_CHECKING:
    from pathlib import Path

FEW: Final = 10_000
MANY: Final = 10_000_000
NOW: Final = datetime(2026, 11, 9, 8, tzinfo=UTC)
DAYS: Final = 60
FIRST: Final = NOW.replace(hour=0) - timedelta(days=DAYS)
MAPPING: Final = """columns:
  id: id
  time: created
  model: model
  tier: service_tier
  input: prompt_tokens
  output: completion_tokens
  cached_input: cached_tokens
  feature: feature
  team: team
  session: session
  confidence: confidence
  quality: quality
  escalated_from: escalated_from
  latency_seconds: latency
  prefix_hashes: hashes
input_includes_cached: true
"""
REQUESTS: Final = """SELECT 'req-' || md5(i::VARCHAR) AS id, created, model,
    ['default', 'flex'][1 + (hash(i + 9) % 2)::INT] AS service_tier,
    prompt AS prompt_tokens, 1 + hash(i + 4) % 899 AS completion_tokens,
    prompt * (h % 2) // 2 // 128 * 128 AS cached_tokens,
    ['search', 'support', 'review', 'summaries', 'routing', 'extraction'][1 + f] AS feature,
    ['shop', 'desk', 'platform', 'desk', 'platform', 'shop'][1 + f] AS team,
    CASE WHEN f < 2 THEN 's' || i // 40 || '-' || hash(i + 6) % 6 END AS session,
    CASE WHEN f = 1 AND model LIKE '%mini%' THEN (h >> 20) % 1000 / 1000.0 END AS confidence,
    CASE WHEN f = 1 AND (h >> 31) % 10 = 0 THEN (h >> 35) % 2 END AS quality,
    CASE WHEN f = 1 AND model LIKE 'gpt-4.1-2025%' AND (h >> 7) % 4 = 0
        THEN 'gpt-4.1-mini' END AS escalated_from,
    CASE WHEN f <> 5 THEN ((h >> 11) % 9000 + 100) / 1000.0 END AS latency,
    CASE WHEN f = 0 THEN concat_ws(' ', 'a' || (h >> 13) % 50, 'b' || (h >> 13) % 500,
        'c' || (h >> 13) % 50000) END AS hashes
FROM (SELECT i, hash(i) AS h, {first} + i * {seconds} // {requests} AS created,
        ['gpt-4.1-2025-04-14', 'gpt-4.1-mini-2025-04-14', 'gpt-4.1-nano-2025-04-14',
         'gpt-5-mini-2025-08-07'][1 + (hash(i + 7) % 4)::INT] AS model,
        50 + hash(i + 3) % 19950 AS prompt, (hash(i + 5) % 6)::INT AS f
      FROM range({requests}) r(i))"""


def request_store(folder: Path, requests: int) -> Store:
    """Return a store of so many requests, spread evenly over its days."""
    source = folder / f"requests-{requests}.csv"
    mapping = source.with_suffix(".yaml")
    mapping.write_text(MAPPING, encoding="utf-8")
    sql = REQUESTS.format(first=int(FIRST.timestamp()), seconds=DAYS * 86_400, requests=requests)
    with duckdb.connect(config={"threads": 2}) as session:
        session.execute("SET enable_progress_bar=false")
        session.execute(f"COPY ({sql}) TO '{source}' (HEADER)")
    store = Store(source.with_suffix(".duckdb"))
    result = import_file(store, source, options=ImportOptions(mapping=mapping))
    assert result.rows_added == requests
    source.unlink()
    return store
