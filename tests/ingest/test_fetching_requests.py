from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.errors import FetchError
from ingest.fetching import litellm
from ingest.fetching.anthropic import anthropic_kinds
from ingest.fetching.litellm import DAYS, WINDOWS, litellm_kinds
from ingest.fetching.openai import USAGE_GROUPS, openai_kinds
from ingest.fetching.requests import LARGEST_LIMITS, CursorPaging, Request, Span
from tests.provider_server import USAGE_GROUPS as DOCUMENTED
from tests.provider_server import a_log

OCTOBER = Span(date(2026, 10, 1), date(2026, 11, 1), is_open=False)
NOVEMBER_SO_FAR = Span(date(2026, 11, 1), date(2026, 11, 21), is_open=True)
PAGING = CursorPaging()
ASKED = Request("/organization/usage/completions", (("limit", "31"), ("page", "old")))


def values(request: Request, name: str) -> list[str]:
    return [value for key, value in request.query if key == name]


def test_the_kinds_of_usage_are_those_that_openai_documents() -> None:
    kinds = openai_kinds(OCTOBER, "1d")
    assert {kind.name for kind in kinds} == {*DOCUMENTED, "costs"}
    for kind in kinds[:-1]:
        assert kind.first.path == f"/organization/usage/{kind.name}"
        assert set(values(kind.first, "group_by[]")) == DOCUMENTED[kind.name]
        assert kind.format == "openai_usage"
    assert kinds[-1].first.path == "/organization/costs"


def test_costs_are_asked_by_the_day_and_can_be_left_out() -> None:
    [costs] = openai_kinds(OCTOBER, "1m", [], costs=True)
    assert values(costs.first, "bucket_width") == ["1d"]
    assert values(costs.first, "limit") == ["180"]
    assert values(costs.first, "group_by[]") == ["project_id", "line_item", "api_key_id"]
    assert openai_kinds(OCTOBER, "1d", [], costs=False) == ()


@pytest.mark.parametrize(("width", "limit"), [("1d", "31"), ("1h", "168"), ("1m", "1440")])
def test_a_page_has_as_many_buckets_as_it_may(width: str, limit: str) -> None:
    for kind in (*openai_kinds(OCTOBER, width)[:-1], anthropic_kinds(OCTOBER, width)[0]):
        assert values(kind.first, "limit") == [limit]
        assert values(kind.first, "bucket_width") == [width]
    assert anthropic_kinds(OCTOBER, width)[1].first.value("limit") == "31"
    assert str(LARGEST_LIMITS[width]) == limit


def test_the_range_is_in_utc_and_its_end_is_excluded() -> None:
    first = openai_kinds(OCTOBER, "1d")[0].first
    # 1 October and 1 November 2026, midnight UTC
    assert (first.value("start_time"), first.value("end_time")) == ("1790812800", "1793491200")
    usage = anthropic_kinds(OCTOBER, "1d")[0].first
    assert usage.value("starting_at") == "2026-10-01T00:00:00Z"
    assert usage.value("ending_at") == "2026-11-01T00:00:00Z"


def test_no_end_is_asked_for_that_lies_in_the_future() -> None:
    kinds = (*openai_kinds(NOVEMBER_SO_FAR, "1d"), *anthropic_kinds(NOVEMBER_SO_FAR, "1d"))
    for kind in kinds:
        assert values(kind.first, "end_time") == values(kind.first, "ending_at") == []


def test_anthropic_is_asked_for_everything_that_has_a_price() -> None:
    usage, costs = anthropic_kinds(OCTOBER, "1d")
    assert {"model", "service_tier", "context_window", "inference_geo", "speed"} <= set(
        values(usage.first, "group_by[]")
    )
    assert dict(usage.first.headers) == {"anthropic-beta": "fast-mode-2026-02-01"}
    assert values(costs.first, "group_by[]") == ["workspace_id", "description"]
    assert (usage.format, costs.format) == ("anthropic_usage", "anthropic_costs")
    assert len(anthropic_kinds(OCTOBER, "1d", costs=False)) == 1


def test_values_are_written_as_an_address_has_them() -> None:
    request = Request("/a", (("group_by[]", "x y"), ("group_by[]", "z&"), ("page", "1")))
    assert request.having(page="2=").target == "/a?group_by%5B%5D=x+y&group_by%5B%5D=z%26&page=2%3D"
    assert Request("/a").target == "/a"


def test_the_next_page_is_the_one_that_the_page_names() -> None:
    page = {"data": [], "has_more": True, "next_page": "new"}
    following = PAGING.following(ASKED, page)
    assert following is not None
    assert following.query == (("limit", "31"), ("page", "new"))
    assert PAGING.following(ASKED, {**page, "has_more": False}) is None


@pytest.mark.parametrize("cursor", [{}, {"next_page": None}, {"next_page": ""}, {"next_page": 7}])
def test_a_page_that_says_more_and_not_where_is_an_error(cursor: dict[str, Any]) -> None:
    with pytest.raises(FetchError, match="has_more without next_page"):
        PAGING.following(ASKED, {"data": [], "has_more": True, **cursor})


@pytest.mark.parametrize(
    "document",
    [
        [],
        None,
        "x",
        {},
        {"data": []},
        {"data": {}, "has_more": False},
        {"data": [], "has_more": "no"},
        {"error": {"message": "x"}},
    ],
)
def test_what_is_no_page_is_never_taken_for_the_last_one(document: object) -> None:
    with pytest.raises(FetchError, match="no page of buckets"):
        PAGING.following(ASKED, document)


def test_rows_are_counted_over_buckets() -> None:
    data: list[object] = [{"results": [1, 2]}, {"results": []}, {"result": [3]}, "x", {}]
    assert PAGING.count({"data": data}) == 3


def test_a_kept_page_has_one_line_and_every_digit() -> None:
    body = b'{\r\n "amount": 0.4843741800000000000000000000,\n "text": "a\\nb"}'
    kept = PAGING.kept(body, {})
    assert b"0.4843741800000000000000000000" in kept
    assert b"\n" not in kept
    assert json.loads(kept) == json.loads(body)


def test_spend_logs_are_asked_for_day_by_day() -> None:
    [kind] = litellm_kinds(Span(date(2026, 11, 18), date(2026, 11, 20), is_open=False))
    first = kind.first
    assert first.target == ("/spend/logs?start_date=2026-11-18&end_date=2026-11-19&summarize=false")
    second = kind.paging.following(first, [])
    assert second is not None
    assert second.value("start_date") == "2026-11-19"
    assert kind.paging.following(second, [{}]) is None


def logs_kind() -> tuple[Request, Any]:
    [kind] = litellm_kinds(Span(date(2026, 11, 18), date(2026, 11, 19), is_open=False))
    return kind.first, kind.paging


def test_a_day_that_is_cut_off_is_asked_for_in_windows_that_fit() -> None:
    request, paging = logs_kind()
    assert paging.following(request, [{}] * 9_999) is None
    window = paging.following(request, [{}] * 10_000)
    assert (window.path, window.value("page_size")) == (WINDOWS, "1000")
    assert window.value("start_date") == "2026-11-18 00:00:00"
    assert window.value("end_date") == "2026-11-18 00:30:00"
    smaller = paging.following(window, {"data": [{}] * 1_000, "total": 1_001})
    assert smaller.value("start_date") == "2026-11-18 00:00:00"
    assert smaller.value("end_date") == "2026-11-18 00:15:00"
    after = paging.following(smaller, {"data": [{}] * 1_000, "total": 1_000})
    assert after.value("start_date") == "2026-11-18 00:15:00"
    assert after.value("end_date") == "2026-11-18 00:45:00"


def test_windows_reach_the_end_of_the_day_and_not_beyond() -> None:
    request, paging = logs_kind()
    window = paging.following(request, [{}] * 10_000)
    edges = []
    while window is not None:
        edges.append((window.value("start_date"), window.value("end_date")))
        window = paging.following(window, {"data": [], "total": 0})
    assert edges[-1] == ("2026-11-18 23:30:00", "2026-11-19 00:00:00")
    assert [end for _, end in edges[:-1]] == [start for start, _ in edges[1:]]


def test_more_rows_in_a_second_than_are_shown_is_an_error() -> None:
    _, paging = logs_kind()
    edges = (("start_date", "2026-11-18 10:00:00"), ("end_date", "2026-11-18 10:00:01"))
    with pytest.raises(FetchError, match="in one second"):
        paging.following(Request(WINDOWS, edges), {"data": [{}] * 1_000, "total": 1_001})


@pytest.mark.parametrize("document", [{}, {"rows": []}, None, "x"])
def test_what_is_no_list_of_logs_is_an_error(document: object) -> None:
    request, paging = logs_kind()
    with pytest.raises(FetchError, match="no list of spend logs"):
        paging.following(request, document)
    with pytest.raises(FetchError, match=r"no list of spend logs|does not say how many"):
        paging.following(Request(WINDOWS, request.query), document)


BUSY = 60
"""So many rows cut a day off, in the property below; six fit into a window."""


@given(st.integers(0), st.integers(BUSY - 3, 3 * BUSY), st.sampled_from([300, 3_600, 86_400]))
def test_windows_miss_no_row_however_they_are_spread(seed: int, rows: int, seconds: int) -> None:
    chance = random.Random(seed)
    moments = sorted(chance.uniform(0, seconds - 1) for _ in range(rows))
    crowded = max((sum(at <= other <= at + 1 for other in moments) for at in moments), default=0)
    midnight = datetime(2026, 11, 18, tzinfo=UTC)
    times = [f"{midnight + timedelta(seconds=each):%Y-%m-%d %H:%M:%S.%f}" for each in moments]
    request, paging = logs_kind()
    seen: set[str] = set()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(litellm, "ROWS_OF_A_CUT_DAY", BUSY)
        patched.setattr(litellm, "ROWS_OF_A_WINDOW", BUSY // 10)
        while request is not None:
            start, end = request.value("start_date"), request.value("end_date")
            found = [each for each in times if start <= each <= end]
            is_window = request.path == WINDOWS
            shown = found[: BUSY // 10] if is_window else found[-BUSY:]
            seen.update(shown)
            document = {"data": shown, "total": min(len(found), BUSY)} if is_window else shown
            try:
                request = paging.following(request, document)
            except FetchError:
                assert crowded > BUSY // 10
                return
    assert seen == set(times)


def test_texts_of_prompts_and_answers_are_not_kept() -> None:
    request, paging = logs_kind()
    log = a_log(1, datetime(2026, 11, 18, 9, tzinfo=UTC), spend=1e-7)
    texts = {"messages": [{"content": "secret plan"}], "response": "x", "proxy_server_request": {}}
    assert request.path == DAYS
    page = paging.kept(b"", [{**log, **texts}, "no row"])
    assert json.loads(page) == [log, "no row"]
    windows = paging.kept(b"", {"data": [{**log, **texts}], "total": 1})
    assert json.loads(windows) == {"data": [log], "total": 1}
    assert paging.lines(windows) == paging.lines(paging.kept(b"", [log]))
    assert [json.loads(line) for line in paging.lines(page).splitlines()] == [log, "no row"]


def test_every_kind_can_be_grouped_by_project() -> None:
    assert all("project_id" in groups for groups in USAGE_GROUPS.values())
