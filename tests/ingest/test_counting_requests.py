"""What is read from single requests, on random small stores, against plain Python."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.periods import Period
from ingest.store import CellQuery, Store
from ingest.traffic import loads
from pricing import load_book
from tests.ingest.chats import OCTOBER_17, chat, counts, imported

if TYPE_CHECKING:
    from collections.abc import Iterable

BOOK = load_book()
FIRST = datetime.fromtimestamp(OCTOBER_17, UTC)
MODELS = {"gpt-4.1-mini-2025-04-14": "gpt-4.1-mini", "gpt-4.1-2025-04-14": "gpt-4.1"}
SPAN_SECONDS = 200
A_THIRD = settings(max_examples=settings().max_examples // 3)  # each imports up to three files

labels = st.fixed_dictionaries(
    {"feature": st.sampled_from(("search", "draft"))},
    optional={
        "session": st.sampled_from(("a", 'with "session": in it')),
        "latency_seconds": st.integers(0, 50),
        "quality": st.sampled_from((0, 0.5, 1, 7)),
        "confidence": st.sampled_from((0.25, 0.5)),
        "task": st.sampled_from(("one", "two")),
        "escalated_from": st.just("gpt-4.1-mini"),
    },
)
calls = st.tuples(
    st.integers(0, SPAN_SECONDS),
    st.sampled_from(tuple(MODELS)),
    st.sampled_from((100, 600, 2_000)),
    st.sampled_from((0, 40)),
    labels,
)
files = st.lists(st.lists(calls, min_size=1, max_size=25), min_size=1, max_size=3)


def lines_of(drawn: list[Any], first: int) -> list[dict[str, Any]]:
    """Return lines with ids of their own; what repeats another import is repeated elsewhere."""
    return [
        chat(
            first + number,
            created=OCTOBER_17 + second,
            model=model,
            usage={
                **counts(tokens, 10 + audio),
                "completion_tokens_details": {"audio_tokens": audio},
            },
            metadata=metadata,
        )
        for number, (second, model, tokens, audio, metadata) in enumerate(drawn)
    ]


def stored(folder: str, drawn: list[list[Any]], *, undo: bool) -> tuple[Store, list[Any]]:
    """Return a store, and the lines that count in it: the first two files overlap."""
    store = Store(Path(folder) / "t.duckdb")
    kept: dict[str, Any] = {}
    for place, part in enumerate(drawn):
        lines = lines_of(part, first=place // 2 * 100)
        imported(store, f"{place}.jsonl", lines)
        if not (undo and place == len(drawn) - 1):
            for line in lines:
                known = kept.get(line_key(line))
                if known is None or weight(line) >= weight(known):
                    kept[line_key(line)] = line
    if undo:
        store.undo(len(drawn))
    return store, list(kept.values())


def line_key(line: dict[str, Any]) -> str:
    return f"{line['id']} {line['model']}"


def weight(line: dict[str, Any]) -> int:
    return int(line["usage"]["completion_tokens"])


def tokens_of(line: dict[str, Any]) -> int:
    return int(line["usage"]["total_tokens"])


def busiest(moments: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the most requests and the most tokens of any 60 seconds that begin at a request."""
    listed = list(moments)
    windows = [
        [tokens for other, tokens in listed if start <= other < start + 60] for start, _ in listed
    ]
    return max(map(len, windows)), max(map(sum, windows))


@A_THIRD
@given(files, st.booleans(), st.integers(0, SPAN_SECONDS))
def test_peaks_and_facts_are_those_of_the_rows(
    drawn: list[list[Any]], undo: bool, since: int
) -> None:
    with TemporaryDirectory() as folder:
        store, kept = stored(folder, drawn, undo=undo)
        peaks_are_those_of_every_window(store, kept)
        facts_are_those_of_the_rows_in_the_range(store, kept, since)


def peaks_are_those_of_every_window(store: Store, kept: list[Any]) -> None:
    by_model = defaultdict(list)
    for line in kept:
        by_model[MODELS[line["model"]]].append((line["created"], tokens_of(line)))
    found = {load.model: load for load in loads(store, BOOK)}
    assert set(found) == set(by_model)
    for name, moments in by_model.items():
        load = found[name]
        assert (load.peak_requests, load.peak_tokens) == tuple(map(Fraction, busiest(moments)))
        assert (load.requests, load.tokens) == (len(moments), sum(each for _, each in moments))


def facts_are_those_of_the_rows_in_the_range(store: Store, kept: list[Any], since: int) -> None:
    query = CellQuery(since=FIRST + timedelta(seconds=since), by=("feature",))
    facts = store.call_facts(query, lambda _, name: MODELS[name])
    sizes = store.prompt_sizes(query.since, None)
    calls_found, _ = store.tries(query, lambda _, name: MODELS.get(name, name), lambda *_: None)
    sampled = store.sessions(query, FIRST.date())
    inside = [line for line in kept if line["created"] >= OCTOBER_17 + since]
    groups = defaultdict(list)
    for line in inside:
        groups[MODELS[line["model"]], line["metadata"]["feature"]].append(line)
    assert {(each.model, each.dimensions[0]) for each in facts} == set(groups)
    for each in facts:
        lines = groups[each.model, each.dimensions[0] or ""]
        rated = [line["metadata"]["quality"] for line in lines if "quality" in line["metadata"]]
        assert each.last_at.timestamp() == max(line["created"] for line in lines)
        assert each.timed == sum("latency_seconds" in line["metadata"] for line in lines)
        assert each.rated == len(rated)
    told = [line["metadata"] for line in inside]
    firsts = [each for each in told if "escalated_from" not in each]
    assert calls_found.second_calls == len(told) - len(firsts)
    assert calls_found.with_confidence == sum("confidence" in each for each in firsts)
    assert calls_found.with_quality == sum(each.get("quality", 7) <= 1 for each in told)
    assert sum(size.requests for size in sizes) == len(inside)
    named = sum(tokens_of(line) for line in inside if "session" in line["metadata"])
    if not named or named < 0.5 * sum(map(tokens_of, inside)):
        assert sampled is None
    else:
        assert sampled is not None
        assert sum(sum(cell.quantities) for cell in sampled.cells) == named


def test_a_range_that_ends_before_a_request_leaves_it_out(tmp_path: Path) -> None:
    store = Store(tmp_path / "t.duckdb")
    imported(store, "a.jsonl", [chat(1), chat(2, created=OCTOBER_17 + 1)])
    until = FIRST + timedelta(seconds=1)
    assert [each.requests for each in store.prompt_sizes(None, until)] == [1]
    period = Period(FIRST, until, zone="UTC", label="", text="")
    assert [load.requests for load in loads(store, BOOK, period)] == [1]
