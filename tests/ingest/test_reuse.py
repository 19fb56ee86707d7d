"""Gaps between uses of prefixes and of sessions, against a cache replayed in Python."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from costmodel.caching import Basis, CachePolicy, KeepRule, Reuse
from ingest.caching import usage_caching
from ingest.imports import ImportOptions, import_file
from ingest.periods import parse_period
from ingest.store import CellQuery, ServedModel, Store
from pricing import load_book
from pricing.prompt_caching import load_cache_policy
from tests.ingest.chats import OCTOBER_17, chat, counts, imported, written
from tests.real import real_file

if TYPE_CHECKING:
    from pathlib import Path

MINI = "gpt-4.1-mini-2025-04-14"
SERVED = {("openai", MINI): ServedModel("gpt-4.1-mini", 1_024)}
POLICY = CachePolicy((300, 600), {"openai": KeepRule(128, 2)})
ALL = CellQuery()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "t.duckdb")


def asked(number: int, second: int, tokens: int, cached: int = 0, **labels: Any) -> dict[str, Any]:  # noqa: ANN401
    """A call so many seconds after the first one."""
    return chat(
        number,
        created=OCTOBER_17 + second,
        usage=counts(tokens, 10, cached),
        metadata={"feature": "search", **labels},
    )


def told(store: Store, *calls: dict[str, Any], query: CellQuery = ALL) -> list[Reuse]:
    imported(store, "calls.jsonl", calls)
    return store.reuses(query, POLICY, SERVED)


def test_a_block_counts_while_every_block_before_it_is_kept(store: Store) -> None:
    # blocks of 512 tokens; the last call shares two blocks with the first, 301 s after it
    calls = [
        asked(1, 0, 2_000, prefix_hashes=["a", "b", "c", "d"]),
        asked(2, 200, 1_536, prefix_hashes=["x", "b2", "c2"]),
        asked(3, 301, 1_500, prefix_hashes=["a", "b", "e"]),
        asked(4, 400, 2_000, prefix_hashes=["a", "b", "e", "f"]),
    ]
    [found] = told(store, *calls)
    # call 3: 1,024 tokens after 301 s; call 4: a, b and e 99 s after call 3, 1,536 tokens
    assert found.reusable_tokens == (1_536, 2_560, 2_560)
    assert (found.requests, found.input_tokens, found.basis) == (4, 7_036, Basis.PREFIXES)
    assert (found.feature, found.provider, found.model) == ("search", "openai", "gpt-4.1-mini")


@pytest.mark.parametrize(("second", "kept"), [(300, 1_024), (301, 0)])
def test_both_sides_of_the_time_that_is_kept(store: Store, second: int, kept: int) -> None:
    calls = [asked(n, n * second, 1_024, prefix_hashes="a b") for n in (0, 1)]
    [found] = told(store, *calls)
    assert found.reusable_tokens[0] == kept


@pytest.mark.parametrize(
    ("tokens", "kept"), [(1_023, 0), (1_024, 1_024), (1_151, 1_024), (1_152, 1_152)]
)
def test_both_sides_of_the_shortest_prefix_and_of_a_step(
    store: Store, tokens: int, kept: int
) -> None:
    calls = [asked(n, n, tokens, prefix_hashes="a b c") for n in (0, 1)]
    [found] = told(store, *calls)
    assert found.reusable_tokens[0] == kept


def test_a_busy_prefix_is_counted_in_a_window_that_slides(store: Store) -> None:
    # three within 60 seconds across a full minute; the rule here allows two
    calls = [asked(n, s, 1_024, prefix_hashes="a b") for n, s in enumerate((30, 59, 89, 150))]
    calls.append(asked(9, 31, 1_024, prefix_hashes="z y"))
    [found] = told(store, *calls)
    assert (found.busiest_minute, found.busy_prefixes) == (3, 1)


def test_exactly_a_minute_apart_is_not_within_it(store: Store) -> None:
    calls = [asked(n, s, 1_024, prefix_hashes="a b") for n, s in enumerate((0, 30, 60))]
    [found] = told(store, *calls)
    assert (found.busiest_minute, found.busy_prefixes) == (2, 0)


def test_a_session_s_next_call_repeats_the_call_before(store: Store) -> None:
    calls = [
        asked(1, 0, 1_100, session="s"),
        asked(2, 250, 1_500, session="s"),  # repeats 1,100: 1,024
        asked(3, 900, 2_000, session="s"),  # repeats 1,500 after 650 s: 1,408
        asked(4, 910, 1_900, session="s"),  # shorter: another conversation
        asked(5, 920, 1_900, session="other"),
    ]
    [found] = told(store, *calls)
    assert (found.basis, found.busiest_minute) == (Basis.SESSIONS, None)
    assert found.reusable_tokens == (1_024, 1_024, 1_024 + 1_408)


def test_what_was_cached_could_be_cached_whatever_the_session_says(store: Store) -> None:
    [found] = told(store, asked(1, 0, 2_000, cached=1_280, session="s"))
    assert (found.cached_tokens, found.reusable_tokens) == (1_280, (1_280,) * 3)


def test_models_do_not_share_a_cache_and_batches_are_left_aside(store: Store) -> None:
    full = asked(2, 1, 1_024, prefix_hashes="a b") | {"model": "gpt-4.1-2025-04-14"}
    batch = asked(3, 2, 1_024, prefix_hashes="a b") | {"service_tier": "batch"}
    found = told(store, asked(1, 0, 1_024, prefix_hashes="a b"), full, batch)
    # a name that nobody explained stays as it is
    assert {each.model: each.requests for each in found} == {
        "gpt-4.1-2025-04-14": 1,
        "gpt-4.1-mini": 1,
    }
    assert all(each.reusable_tokens == (0, 0, 0) for each in found)


def test_only_requests_of_the_range_and_in_the_ledger(store: Store) -> None:
    start = datetime.fromtimestamp(OCTOBER_17, UTC)
    calls = [asked(n, 10 * n, 1_024, prefix_hashes="a b") for n in range(4)]
    range_ = CellQuery(since=start + timedelta(seconds=10), until=start + timedelta(seconds=30))
    [found] = told(store, *calls, query=range_)
    assert (found.requests, found.reusable_tokens[0]) == (2, 1_024)
    imported(store, "again.jsonl", calls[:1])
    [everything] = store.reuses(ALL, POLICY, SERVED)
    assert everything.requests == 4
    store.undo(1)
    [left] = store.reuses(ALL, POLICY, SERVED)
    assert left.requests == 1


def test_nothing_is_told_without_prefix_session_or_store(store: Store) -> None:
    assert store.reuses(ALL, POLICY, SERVED) == []
    assert told(store, asked(1, 0, 2_000)) == []


def test_blocks_of_several_sizes_are_equal_parts_of_their_prompt(store: Store) -> None:
    calls = [
        asked(1, 0, 4_096, prefix_hashes="a b c d"),
        asked(2, 1, 4_096, prefix_hashes="a b x y"),
        asked(3, 2, 1_280, prefix_hashes="1 2 3 4 5 6 7 8 9 10"),
    ]
    [found] = told(store, *calls)
    assert found.reusable_tokens == (2_048,) * 3


Call = tuple[int, list[int], int]


def replayed(calls: list[Call], seconds: float) -> int:
    """The same by a cache that is kept in a dictionary, call by call."""
    used: dict[tuple[int, ...], int] = {}
    total = 0
    now = 0
    for gap, path, rest in calls:
        now += gap
        prefixes = [tuple(path[: n + 1]) for n in range(len(path))]
        hits = 0
        while hits < len(prefixes) and now - used.get(prefixes[hits], -(10**9)) <= seconds:
            hits += 1
        reach = min(512 * hits, 512 * len(path) - rest) // 128 * 128
        total += reach if reach >= 1_024 else 0
        used |= dict.fromkeys(prefixes, now)
    return total


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.integers(0, 700),
            st.lists(st.integers(0, 1), min_size=1, max_size=6),
            st.integers(0, 511),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_gaps_say_what_a_replayed_cache_says(
    tmp_path_factory: pytest.TempPathFactory, calls: list[Call]
) -> None:
    store = Store(tmp_path_factory.mktemp("reuse") / "t.duckdb")
    second, lines = 0, [asked(999, 10**8, 512 * 40, prefix_hashes=[f"p{n}" for n in range(40)])]
    for number, (gap, path, rest) in enumerate(calls):
        second += gap
        hashes = ["h" + "".join(map(str, path[: n + 1])) for n in range(len(path))]
        lines.append(asked(number, second, 512 * len(path) - rest, prefix_hashes=hashes))
    [found] = told(store, *lines)
    expected = [replayed(calls, kept) for kept in (300, 600, 10**8)]
    assert list(found.reusable_tokens) == expected


def test_the_published_trace_reaches_its_published_shares(store: Store, tmp_path: Path) -> None:
    mapping = tmp_path / "trace.yaml"
    mapping.write_text(
        "columns: {time: timestamp, input: input_length, output: output_length,\n"
        "          hash_ids: hash_ids}\n"
        "constants: {model: gpt-4.1-mini}\n"
        "origin: 2026-11-01T00:00:00Z\nunit: milliseconds\n",
        encoding="utf-8",
    )
    import_file(
        store, real_file("mooncake-synthetic.jsonl"), options=ImportOptions(mapping=mapping)
    )
    period = parse_period("all", datetime(2026, 11, 20, tzinfo=UTC), "UTC")
    [row] = usage_caching(store, load_book(), load_cache_policy(), period, {})
    shares = {each.seconds: float(each.share) for each in row.possible}
    assert shares[300] == pytest.approx(0.5948, abs=1e-4)
    assert shares[600] == pytest.approx(0.6452, abs=1e-4)
    assert shares[None] == pytest.approx(0.6509, abs=1e-4)
    assert (row.known_share, row.basis) == (1, Basis.PREFIXES)


@pytest.mark.parametrize(
    ("given_as", "kept"),
    [
        (["a1", "b2"], "a1 b2"),
        ([7, 8], "7 8"),
        ("a1,b2", "a1 b2"),
        ("", None),
        ("\u202e;'\"<>", None),
    ],
)
def test_hashes_in_any_notation(store: Store, given_as: object, kept: str | None) -> None:
    lines = [json.dumps(asked(1, 0, 1_024, session="s", prefix_hashes=given_as))]
    written(store.path.parent / "one.jsonl", lines)
    import_file(store, store.path.parent / "one.jsonl")
    with store._session() as session:
        assert session is not None
        [[found]] = session.execute("SELECT extra->>'$.prefix_hashes' FROM usage").fetchall()
    assert found == kept
