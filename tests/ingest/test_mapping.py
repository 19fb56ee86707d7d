"""Column mappings: every mistake with file and line, every meaning settled once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import duckdb
import pytest

from ingest.errors import MappingError, UnreadableFileError
from ingest.imports import ImportOptions, ImportResult, import_file
from ingest.mapping import read_mapping
from ingest.store import CellQuery, Store
from tests.ingest.chats import accounting, by_dimension, totals
from tests.real import real_file

if TYPE_CHECKING:
    from pathlib import Path

SMALLEST = "columns: {time: t, input: i, output: o}\nconstants: {model: gpt-4.1-mini}\n"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.duckdb")


def mapped(store: Store, content: str | bytes, mapping: str, name: str = "own.csv") -> ImportResult:
    folder = store.path.parent
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (folder / "own.yaml").write_text(mapping, encoding="utf-8")
    return import_file(store, path, options=ImportOptions(mapping=folder / "own.yaml"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (SMALLEST + "price_on: 2026-11-01\n", "own.yaml:3: price_on: unknown key 'price_on'; did "),
        ("columns: {tme: t, input: i}\nconstants: {model: m}\n", "1: columns.tme: unknown key 'tm"),
        (SMALLEST + "price_at: soon\n", "own.yaml:3: price_at: must be a day"),
        (SMALLEST + "origin: never\n", "own.yaml:3: origin: must be a day or a moment"),
        (SMALLEST + "unit: fortnights\n", "own.yaml:3: unit: 'fortnights' is not known here"),
        ("columns: {time: t, input: i}\n", "no model; name its column"),
        ("columns: {time: t}\nconstants: {model: m}\n", "no column is counted"),
        ("constants: {model: m}\n", "the key 'columns' is missing"),
        (
            "columns: {input: i, cached: c}\nconstants: {model: m}\n",
            "own.yaml:1: columns.cached: say whether input counts cached tokens",
        ),
        (
            "columns: {input: i, requests: n}\nconstants: {model: m}\n",
            "own.yaml:1: columns.requests: a row that sums requests needs its length",
        ),
        (
            "columns: {input: i, prompt_tokens: p}\nconstants: {model: m}\n",
            "'input' is named twice, as 'prompt_tokens' too; keep one",
        ),
        (
            "columns: {input: i, model: x}\nconstants: {model: m}\n",
            "own.yaml:1: columns.model: 'model' is a column and a constant",
        ),
        ("columns: [", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError) as error:
        read_mapping(path)
    assert message in str(error.value)


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text("columns: {time: t}\nconstants: {modl: m}\nunit: x\n", encoding="utf-8")
    with pytest.raises(MappingError) as error:
        read_mapping(path)
    assert len(str(error.value).splitlines()) == 4


def test_a_mapping_that_is_not_there_is_said(store: Store, tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        read_mapping(tmp_path / "absent.yaml")
    path = tmp_path / "a.csv"
    path.write_text("t,i,o\n", encoding="utf-8")
    with pytest.raises(MappingError, match="needs a column mapping"):
        import_file(store, path, options=ImportOptions(format="mapped"))


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(store: Store) -> None:
    with pytest.raises(MappingError) as error:
        mapped(store, "t,in_tokens,o\n1,2,3\n", SMALLEST.replace("i,", "in_token,"))
    assert "columns.input: the file has no column 'in_token'; it has in_tokens" in str(error.value)
    with pytest.raises(MappingError, match="line 1: two columns are called 'i'"):
        mapped(store, "t,i,i,o\n", SMALLEST)


@pytest.mark.parametrize(
    ("included", "expected"),
    [
        ("true", {"requests": 1, "input": 600, "cached_input": 300, "cache_write": 100}),
        ("false", {"requests": 1, "input": 1_000, "cached_input": 300, "cache_write": 100}),
    ],
)
def test_the_mapping_says_whether_input_counts_cached_tokens(
    store: Store, included: str, expected: dict[str, int]
) -> None:
    mapping = (
        "columns: {time: t, input: i, cached: c, cache_write: w}\nconstants: {model: m}\n"
        f"input_includes_cached: {included}\n"
    )
    mapped(store, "t,i,c,w\n2026-10-17,1000,300,100\n", mapping)
    assert totals(store) == expected


@pytest.mark.parametrize(
    ("count", "tokens"),
    [("0.5", 0), ("1.5", 2), ("2.5", 2), ("2.51", 3), ("7", 7), ("1e3", 1_000), ("7.0", 7)],
)
def test_parts_of_tokens_are_rounded_half_to_even_and_said(
    store: Store, count: str, tokens: int
) -> None:
    result = mapped(store, f"t,i,o\n2026-10-17,{count},1000\n", SMALLEST)
    assert totals(store).get("input", 0) == tokens
    is_whole = float(count) == int(float(count))
    assert bool(result.notices) is not is_whole


def test_what_is_no_count_is_set_aside(store: Store) -> None:
    wrong = ("many", "-1", "nan", "inf", "1e30", "0x10", "true")
    rows = "".join(f"2026-10-17,{count},1\n" for count in wrong)
    result = mapped(store, f"t,i,o\n{rows}2026-10-17,1,1\n", SMALLEST)
    assert accounting(result) == {"read": 8, "added": 1, "set_aside": 7}
    assert [each.reason for each in result.set_aside] == [
        f"i is '{count}', not a number of 0 or more" for count in wrong
    ]


def test_relative_times_begin_at_the_origin_in_their_unit(store: Store) -> None:
    mapping = SMALLEST + "origin: 2026-10-01T06:00:00Z\nunit: minutes\n"
    result = mapped(store, "t,i,o\n0,1,1\n90.5,1,1\n", mapping)
    assert store.extent() == (
        datetime(2026, 10, 1, 6, tzinfo=UTC),
        datetime(2026, 10, 1, 7, 45, tzinfo=UTC),
    )
    assert result.assumptions == ("relative times begin at 2026-10-01 06:00 UTC",)


def test_usage_without_any_time_lies_on_the_day_it_is_priced_as_of(store: Store) -> None:
    mapping = "columns: {input: i}\nconstants: {model: m}\nprice_at: 2026-11-01\n"
    result = mapped(store, "i\n5\n5\n", mapping)
    assert totals(store) == {"requests": 2, "input": 10}
    assert store.cells(CellQuery())[0].key.on == date(2026, 11, 1)
    assert result.assumptions == (
        "rows without a time are dated 2026-11-01",
        "priced as of 2026-11-01, whenever the usage was",
    )


def test_a_time_format_reads_days_as_americans_write_them(store: Store) -> None:
    mapped(store, "t,i,o\n10/03/2026,1,1\n", SMALLEST + 'time_format: "%m/%d/%Y"\n')
    extent = store.extent()
    assert extent is not None
    assert extent[0] == datetime(2026, 10, 3, tzinfo=UTC)


def test_lines_of_nested_objects_are_reached_by_dots(store: Store) -> None:
    mapping = (
        "columns: {time: at, model: props.model, input: props.n.in, latency_ms: ms, tier: tier,\n"
        "  env: props.env}\n"
    )
    lines = (
        '{"at": 1792224000, "props": {"model": "m", "n": {"in": 7}, "env": "test"}, "ms": 1500}\n'
        '{"at": 1792224000, "props": {"model": "", "n": {"in": 7}}}\n'
        '{"at": 1792224001, "props": {"model": "m", "n": {"in": 8}}, "tier": "fast"}\n'
    )
    result = mapped(store, lines, mapping, "own.jsonl")
    assert accounting(result) == {"read": 3, "added": 2, "set_aside": 1}
    assert result.set_aside[0].reason == "no model in props.model"
    assert by_dimension(store, "environment") == {"test": 1, None: 1}
    assert {cell.key.tier for cell in store.cells(CellQuery())} == {"standard", "priority"}


def test_rows_that_sum_requests_are_buckets_and_a_later_file_restates_them(store: Store) -> None:
    mapping = (
        "columns: {time: t, requests: n, input: i, output: o, team: team}\n"
        "constants: {model: m}\nbucket: hour\n"
    )
    header = "t,n,i,o,team\n"
    mapped(store, header + "2026-10-17 08:00,3,30,3,red\n2026-10-17 09:00,2,20,2,red\n", mapping)
    assert totals(store) == {"requests": 5, "input": 50, "output": 5}
    assert {cell.key.size_band for cell in store.cells(CellQuery())} == {-1}
    later = mapped(store, header + "2026-10-17 09:00,4,40,4,red\n", mapping)
    assert accounting(later) == {"read": 1, "replaced": 1}
    assert totals(store) == {"requests": 7, "input": 70, "output": 7}


def test_a_bad_record_makes_the_whole_csv_be_read_record_by_record(store: Store) -> None:
    content = (
        'm,t,i,o\n"two\nlines",2026-10-17,1,1\nshort,2026-10-17\n\n'
        'x,2026-10-17,1,1,9\n"quo""ted",2026-10-17,bad,1\nlast,2026-10-17,1,1\n'
    )
    result = mapped(store, content, "columns: {time: t, model: m, input: i, output: o}\n")
    assert accounting(result) == {"read": 5, "added": 2, "set_aside": 3}
    assert [(each.line, each.reason) for each in result.set_aside] == [
        (4, "2 cells, and the header has another number of them"),
        (6, "5 cells, and the header has another number of them"),
        (7, "i is 'bad', not a number of 0 or more"),
    ]
    assert store.served_models() == [("openai", "last"), ("openai", "two\nlines")]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_separators_and_marks_of_spreadsheets(store: Store, separator: str, mark: bytes) -> None:
    text = "t,i,o\r\n2026-10-17,1,2\r\n".replace(",", separator)
    mapped(store, mark + text.encode(), SMALLEST)
    assert totals(store) == {"requests": 1, "input": 1, "output": 2}


def test_parquet_keeps_times_with_and_without_a_zone_apart(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "own.parquet"
    with duckdb.connect() as session:
        session.execute("SET TimeZone='Asia/Tokyo'")
        session.execute(
            f"""COPY (SELECT TIMESTAMPTZ '2026-10-17 08:00:00+00' AS t, 1.5 AS i, 2 AS o
            UNION ALL SELECT TIMESTAMPTZ '2026-10-17 08:00:00+00', -1, 2) TO '{path}'"""
        )
    result = mapped(store, path.read_bytes(), SMALLEST, "own.parquet")
    assert accounting(result) == {"read": 2, "added": 1, "set_aside": 1}
    assert result.set_aside[0].line == 2
    extent = store.extent()
    assert extent is not None
    assert extent[0] == datetime(2026, 10, 17, 8, tzinfo=UTC)
    with pytest.raises(UnreadableFileError, match="no whole Parquet file"):
        mapped(store, path.read_bytes()[:-20], SMALLEST, "cut.parquet")


def test_the_real_conversations_of_one_hour_are_counted_to_the_token(store: Store) -> None:
    path = real_file("azure-llm-2023-conv.csv")
    mapping = store.path.parent / "azure.yaml"
    mapping.write_text(
        "columns: {time: TIMESTAMP, input: ContextTokens, output: GeneratedTokens}\n"
        "constants: {model: gpt-4.1-mini}\nprice_at: 2026-11-01\n",
        encoding="utf-8",
    )
    first = import_file(store, path, options=ImportOptions(mapping=mapping))
    assert accounting(first) == {"read": 19_366, "added": 19_366}
    wanted = {"requests": 19_366, "input": 22_361_870, "output": 4_088_665}
    assert totals(store) == wanted
    assert {cell.key.on for cell in store.cells(CellQuery())} == {date(2026, 11, 1)}
    again = import_file(store, path, options=ImportOptions(mapping=mapping))
    assert accounting(again) == {"read": 19_366, "duplicate": 19_366}
    assert totals(store) == wanted
