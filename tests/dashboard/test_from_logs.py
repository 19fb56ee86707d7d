"""What the logs tell, on What-if: sentences, tables and figures from usage known by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from costmodel.flows import ZERO, total_of
from costmodel.meters import CACHED_METERS, INPUT_METERS
from dashboard.context import DashboardContext, Source
from dashboard.pages.whatif import caching, thresholds
from dashboard.pages.whatif.baseline import DEFAULT_RANGE, baseline_view
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS
from dashboard.state import parse
from ingest.caching import usage_caching
from ingest.configuration import Configuration
from ingest.escalation import usage_escalation
from ingest.imports import import_file
from ingest.store import Store
from pricing import load_book
from pricing.prompt_caching import load_cache_policy
from tests.tollbook.test_cache import write_prefixes
from tests.tollbook.test_escalation import write_tries
from tests.tollbook.usage import MINI, chat, write_guide_month

if TYPE_CHECKING:
    from pathlib import Path

    from dash.development.base_component import Component

    from costmodel.caching import FeatureCaching
    from dashboard.chart_card import Chart
    from dashboard.pages.whatif.from_logs import LogSection
    from ingest.escalation import Escalation

NOVEMBER_20 = datetime(2026, 11, 20, 12, tzinfo=UTC)


def context_of(path: Path) -> DashboardContext:
    store = path.parent / "t.duckdb"
    import_file(Store(store), path)
    return DashboardContext(Source(store, load_book(), Configuration(), lambda: NOVEMBER_20))


def content_of(section: LogSection[Any], path: Path) -> list[Component]:
    context = context_of(path)
    state = parse("", STATE_KEYS, DEFAULT_RANGE)
    return section.content(section.ask(baseline_view(context, state)), screen_of(context, state))


def texts_of(content: list[Component]) -> str:
    return json.dumps([each.to_plotly_json() for each in content], default=_plain)


def _plain(component: Component) -> Any:  # noqa: ANN401 - any part of a layout
    return component.to_plotly_json()


def cached(path: Path) -> tuple[FeatureCaching, ...]:
    view = baseline_view(context_of(path), parse("", STATE_KEYS, DEFAULT_RANGE))
    policy = load_cache_policy()
    return usage_caching(view.store, view.source.book, policy, view.period, view.filters)


def escalated(path: Path) -> Escalation:
    view = baseline_view(context_of(path), parse("", STATE_KEYS, DEFAULT_RANGE))
    return usage_escalation(view.store, view.source.book, view.period, view.filters)


def pair_chart(found: Escalation) -> Chart:
    [pair] = found.pairs
    assert pair.thresholds is not None
    return thresholds.threshold_chart(pair, pair.thresholds, found, None)


def test_caching_in_a_sentence_a_table_and_a_figure(tmp_path: Path) -> None:
    rows = cached(write_prefixes(tmp_path / "calls.jsonl"))
    chart = caching.caching_chart(rows, None, "USD")
    # a quarter of 4,096 tokens, 400 seconds apart; under a cent of saving
    assert chart.sentence == (
        "0% of the input is billed at the cached price. Keeping prefixes for an hour after each "
        "use would allow 25%, and save $0.01 a month where it pays."
    )
    assert list(chart.rows) == [
        ("search, gpt-4.1-mini", "4.1k", "0%", "0%", "25%", "25%", "25%", "25%", "25%", "0%",
         "−$0.01 (10 min)"),
    ]  # fmt: skip
    assert chart.header[3:9] == ("5 min", "10 min", "30 min", "1 h", "24 h", "For ever")
    today, more, _ = chart.figure["data"]
    assert (today["x"], more["x"], more["customdata"]) == ([0.0], [0.25], ["25%"])
    assert caching.notes(rows, None)[0].startswith("Possible: blocks of the prompt")


def test_caching_says_which_field_is_missing(tmp_path: Path) -> None:
    said = texts_of(content_of(caching.SECTION, write_guide_month(tmp_path / "usage.csv")))
    assert "no request here names its session or prefix" in said
    assert "prefix_hashes in their metadata" in said
    assert "whatif-caching" not in said  # no chart


def test_busy_prefixes_and_dear_writes_are_named(tmp_path: Path) -> None:
    labels = {"feature": "search", "prefix_hashes": "a b"}
    usage = {"prompt_tokens": 1_024, "completion_tokens": 1, "total_tokens": 1_025}
    calls = [
        chat(n, "gpt-6-luna", None, at=f"2026-11-19T09:00:{n:02}+00:00", usage=usage,
             metadata=labels)
        for n in range(16)
    ]  # fmt: skip
    path = tmp_path / "calls.jsonl"
    path.write_text("\n".join(map(json.dumps, calls)), encoding="utf-8")
    said = caching.notes(cached(path), None)
    assert any("up to 16 requests a minute with one prefix are more" in each for each in said)
    assert any("worth it from a cached share of 21.7%" in each for each in said)


def test_thresholds_without_ratings(tmp_path: Path) -> None:
    found = escalated(write_tries(tmp_path / "calls.jsonl"))
    chart = pair_chart(found)
    assert chart.sentence == (
        "25% of what gpt-4.1-mini tries is asked again of gpt-4.1, 25% by cost: $0.32 a month. "
        "Up to 80% by cost this is cheaper than all on gpt-4.1, so it pays."
    )
    assert list(chart.rows)[:2] == [
        ("All on gpt-4.1-mini", "0%", "0%", "$0.14"),
        ("0.7", "25%", "25%", "$0.32"),
    ]
    bars, line = chart.figure["data"]
    assert line["x"] == [0.7, 0.8, 0.9]
    assert line["y"] == [0.324, 0.504, 0.684]
    assert bars["text"][0] == "1 try with a confidence from 0.3 on"
    assert "yaxis2" not in chart.figure["layout"]
    [pair] = found.pairs
    assert pair.thresholds is not None
    assert thresholds.NO_QUALITY in thresholds.notes(pair, pair.thresholds, None)


def test_thresholds_with_ratings(tmp_path: Path) -> None:
    found = escalated(write_tries(tmp_path / "calls.jsonl", rated=True))
    chart = pair_chart(found)
    assert chart.header[4:7] == ("Right answers", "Per right answer", "One more right answer")
    first, best, *others = chart.rows
    assert first[4:] == ("75%", "$0.0016", "", "")
    assert best[4:] == ("100%", "$0.0027", "$0.0060", "")
    assert {row[4] for row in others} == {"not known"}


@pytest.mark.parametrize("marked", [True, False])
def test_thresholds_without_confidence(tmp_path: Path, marked: bool) -> None:
    labels = {"feature": "search", **({"escalated_from": MINI} if marked else {})}
    calls = [chat(1, MINI, "search"), chat(2, "gpt-4.1", None, metadata=labels)]
    path = tmp_path / "calls.jsonl"
    path.write_text("\n".join(map(json.dumps, calls)), encoding="utf-8")
    content = content_of(thresholds.SECTION, path)
    said = texts_of(content)
    assert bool(content) is marked
    if marked:
        assert "100% of what Mini tries is asked again of full" in said
        assert "so it does not pay" in said
        assert "No try here tells its confidence" in said


def test_the_share_of_the_control_stands_beside_the_one_without_batches(
    demo: DashboardContext,
) -> None:
    state = parse("", STATE_KEYS, DEFAULT_RANGE)
    screen = screen_of(demo, state)
    flows = screen.board.baseline.flows

    def cached_share(*, batches: bool) -> float:
        counted = [flow for flow in flows if batches or flow.tier != "batch"]
        cached = sum((total_of(flow.quantities, CACHED_METERS) for flow in counted), ZERO)
        whole = sum((total_of(flow.quantities, INPUT_METERS) for flow in counted), ZERO)
        return float(cached / whole)

    without, whole = cached_share(batches=False), cached_share(batches=True)
    assert (f"{without:.0%}", f"{whole:.1%}") == ("57%", "50.9%")
    said = texts_of(
        caching.SECTION.content(caching.SECTION.ask(baseline_view(demo, state)), screen)
    )
    assert "57% of the input outside batches is billed at the cached price; with batches" in said
    assert "it is 50.9%, where" in said


@pytest.mark.parametrize("section", [caching.SECTION, thresholds.SECTION])
def test_the_demo_has_both(demo: DashboardContext, section: LogSection[Any]) -> None:
    state = parse("", STATE_KEYS, DEFAULT_RANGE)
    [card] = section.content(section.ask(baseline_view(demo, state)), screen_of(demo, state))
    assert "card-notes" in texts_of([card])
