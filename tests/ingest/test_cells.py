"""Reading cells: folded, filtered and put between edges without losing a token."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import pytest

from costmodel.meters import INDEX, SIZE_BAND_EDGES, Meter, size_band
from ingest.store import CellQuery, Store
from ingest.store.cells import position_sql
from ingest.store.staging_sql import size_band_sql
from tests.ingest.chats import OCTOBER_17, by_dimension, chat, counts, imported
from tests.ingest.usage_pages import DAY, bucket, page, result
from tests.ingest.usage_pages import imported as pages_imported

if TYPE_CHECKING:
    from pathlib import Path

QUARTER = 900
EIGHT = datetime(2026, 10, 17, 8, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


@pytest.mark.parametrize("edge", SIZE_BAND_EDGES)
def test_sql_puts_requests_into_the_same_bands_as_the_cost_model(edge: int) -> None:
    for tokens in (max(edge - 1, 0), edge, edge + 1):
        row = duckdb.execute(f"SELECT {size_band_sql(str(tokens))}").fetchall()
        assert row == [(size_band(tokens),)], tokens


def test_a_cell_is_a_quarter_of_an_hour_of_one_pricing_key(store: Store) -> None:
    lines = [
        chat(1, created=OCTOBER_17),
        chat(2, created=OCTOBER_17 + QUARTER - 1),
        chat(3, created=OCTOBER_17 + QUARTER),
        chat(4, usage=counts(300_000, 1)),
        chat(5, service_tier="flex"),
    ]
    imported(store, "a.jsonl", lines)
    edges = (EIGHT, EIGHT + timedelta(minutes=15))
    found = store.cells(CellQuery(edges=edges))
    assert {
        (cell.dimensions[0], cell.key.tier, cell.key.size_band): cell.requests for cell in found
    } == {
        (edges[0].isoformat(), "standard", 0): 2,
        (edges[1].isoformat(), "standard", 0): 1,
        (edges[0].isoformat(), "standard", 272_000): 1,
        (edges[0].isoformat(), "flex", 0): 1,
    }


def test_the_end_of_a_range_is_exclusive_and_naive_means_utc(store: Store) -> None:
    lines = [chat(n, created=OCTOBER_17 + n * QUARTER) for n in range(4)]
    imported(store, "a.jsonl", lines)

    def requests(since: datetime | None, until: datetime | None) -> int:
        return sum(cell.requests for cell in store.cells(CellQuery(since=since, until=until)))

    quarter = timedelta(minutes=15)
    assert requests(EIGHT, EIGHT + quarter) == 1
    assert requests(EIGHT + quarter, None) == 3
    assert requests(None, EIGHT + quarter) == 1
    assert requests(EIGHT.replace(tzinfo=None), EIGHT + 2 * quarter) == 2
    assert requests(EIGHT + 4 * quarter, None) == 0


def test_filters_take_values_and_what_was_not_given(store: Store) -> None:
    lines = [
        chat(1, metadata={"feature": "search", "team": "shop"}),
        chat(2, metadata={"feature": "draft"}),
        chat(3),
        chat(4, model="gpt-4.1-2025-04-14", metadata={"feature": "search"}),
    ]
    imported(store, "a.jsonl", lines)

    def requests(**filters: tuple[str | None, ...]) -> int:
        return sum(cell.requests for cell in store.cells(CellQuery(filters=filters)))

    assert requests(feature=("search",)) == 2
    assert requests(feature=("search", None)) == 3
    assert requests(feature=(None,), team=(None,)) == 1
    assert requests(model_snapshot=("gpt-4.1-2025-04-14",)) == 1
    assert requests(feature=("absent",)) == 0
    assert requests(size_band=("0",)) == 4
    assert requests(size_band=("1024",)) == 0
    assert requests(provider=("azure",)) == 0
    one = frozenset({("openai", "gpt-4.1-2025-04-14")})
    assert sum(c.requests for c in store.cells(CellQuery(served=one))) == 1


def test_a_filter_of_a_value_bar_does_not_narrow_itself(store: Store) -> None:
    lines = [
        chat(1, metadata={"feature": "search", "team": "shop"}),
        chat(2, metadata={"feature": "draft", "team": "shop"}),
        chat(3, metadata={"feature": "draft", "team": "desk"}),
    ]
    imported(store, "a.jsonl", lines)
    values = store.dimension_values(CellQuery(filters={"feature": ("search",)}))
    assert values["feature"] == {"draft": 2, "search": 1}
    assert values["team"] == {"shop": 1}
    assert values["endpoint"] == {None: 1}


def test_the_price_date_is_folded_to_the_change_before_it(store: Store) -> None:
    days = [date(2026, 10, 15) + timedelta(days=n) for n in range(5)]
    lines = [
        chat(n, created=int(datetime(d.year, d.month, d.day, 23, 59, tzinfo=UTC).timestamp()))
        for n, d in enumerate(days)
    ]
    imported(store, "a.jsonl", lines)
    changes = (date(2026, 10, 16), date(2026, 10, 18), date(2027, 1, 1))
    found = {cell.key.on: cell.requests for cell in store.cells(CellQuery(change_dates=changes))}
    assert found == {date(2026, 10, 15): 1, date(2026, 10, 16): 2, date(2026, 10, 18): 2}
    since = datetime(2026, 10, 17, tzinfo=UTC)
    later = store.cells(CellQuery(change_dates=changes, since=since))
    assert {cell.key.on: cell.requests for cell in later} == {
        date(2026, 10, 16): 1,
        date(2026, 10, 18): 2,
    }
    assert len({cell.key.on for cell in store.cells(CellQuery())}) == 5


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_a_daily_bucket_is_never_split_and_belongs_to_its_own_date(
    store: Store, tmp_path: Path, zone: str
) -> None:
    start = 1_792_195_200
    pages_imported(
        tmp_path, page(bucket(result(), start=start), bucket(result(), start=start + DAY))
    )
    local = ZoneInfo(zone)
    edges = tuple(datetime(2026, 10, day, tzinfo=local).astimezone(UTC) for day in (16, 17, 18, 19))
    found = store.cells(CellQuery(edges=edges))
    labels = sorted(str(cell.dimensions[0]) for cell in found)
    assert labels == [edges[1].isoformat(), edges[2].isoformat()]
    whole = CellQuery(since=edges[1], until=edges[2])
    assert sum(cell.requests for cell in store.cells(whole)) == 1
    assert (
        sum(sum(v.values()) for k, v in store.dimension_values(whole).items() if k == "tier") == 1
    )


def test_a_daily_bucket_stands_at_its_start_where_edges_are_hours(
    store: Store, tmp_path: Path
) -> None:
    start = 1_792_195_200
    pages_imported(tmp_path, page(bucket(result(), start=start)))
    midnight = datetime(2026, 10, 17, tzinfo=UTC)
    edges = tuple(midnight + timedelta(hours=n) for n in range(24))
    assert [c.dimensions[0] for c in store.cells(CellQuery(edges=edges))] == [midnight.isoformat()]


@pytest.mark.parametrize("seed", range(20))
def test_positions_between_edges_agree_with_a_plain_search(seed: int) -> None:
    chance = random.Random(seed)
    edges = [chance.randrange(100)]
    for _ in range(chance.randrange(1, 6)):
        step = chance.choice((1, 4, 92, 96, 100))
        edges += [edges[-1] + step * n for n in range(1, chance.randrange(2, 6))]
    values = [*range(edges[0] - 3, edges[0] + 8), *edges, *(e - 1 for e in edges), edges[-1] + 999]
    sql = position_sql("v", edges)
    rows = duckdb.execute(
        f"SELECT v, {sql} FROM (SELECT unnest(?::INTEGER[]) AS v)", [values]
    ).fetchall()
    for value, position in rows:
        assert position == sum(edge <= value for edge in edges) - 1, (value, edges)


def test_above_two_hundred_values_the_rest_becomes_other_and_stays_on_its_row(store: Store) -> None:
    lines = [chat(n, metadata={"feature": f"f{n // 2:03}"}) for n in range(420)]
    lines.append(chat(420, metadata={"feature": "f000"}))
    imported(store, "a.jsonl", lines)
    found = by_dimension(store, "feature")
    assert len(found) == 201
    assert found["f000"] == 3
    assert found["other"] == 20
    imported(store, "b.jsonl", [chat(500, metadata={"feature": "new"})])
    assert by_dimension(store, "feature")["other"] == 21
    with duckdb.connect(str(store.path), read_only=True) as session:
        kept = session.execute("SELECT count(*), max(value) FROM folded").fetchall()
    assert kept == [(21, "new")]


def test_every_meter_comes_back_where_it_belongs(store: Store) -> None:
    usage = {
        **counts(1_000, 100, cached=200),
        "prompt_tokens_details": {
            "cached_tokens": 200,
            "audio_tokens": 50,
            "cache_write_tokens": 30,
        },
        "completion_tokens_details": {"audio_tokens": 40, "reasoning_tokens": 10},
    }
    imported(store, "a.jsonl", [chat(1, usage=usage)])
    (cell,) = store.cells(CellQuery())
    found = {
        meter: cell.quantities[INDEX[meter]] for meter in Meter if cell.quantities[INDEX[meter]]
    }
    assert found == {
        Meter.INPUT: 720,
        Meter.CACHED_INPUT: 200,
        Meter.CACHE_WRITE: 30,
        Meter.INPUT_AUDIO: 50,
        Meter.OUTPUT: 60,
        Meter.OUTPUT_AUDIO: 40,
    }
    filtered = store.cells(CellQuery(filters={"size_band": ("0",)}))
    assert [c.quantities for c in filtered] == [cell.quantities]


def test_an_unknown_dimension_is_an_error_and_not_an_empty_answer(store: Store) -> None:
    imported(store, "a.jsonl", [chat(1)])
    with pytest.raises(KeyError):
        store.cells(CellQuery(by=("colour",)))
    with pytest.raises(KeyError):
        store.cells(CellQuery(filters={"colour": ("red",)}))
