"""The overview's parts over the demo: each number by another way, each sentence from data."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from costmodel.backtest_words import backtest_sentence
from costmodel.forecast import Backtest, Forecast
from costmodel.money import dollars
from costmodel.spend import Spend, SpendRow, UnpricedVolume
from costmodel.usage import NOTHING
from dashboard.budget_watch import situations_of
from dashboard.cell_text import safe_text
from dashboard.pages.overview import breakdown
from dashboard.pages.overview.days import days_chart
from dashboard.pages.overview.ending import endings
from dashboard.pages.overview.headline import remark, sentence
from dashboard.pages.overview.missing import missing, missing_sentences
from dashboard.pages.overview.moved import broken_days, moves
from dashboard.pages.overview.numbers import numbers_of
from dashboard.pages.overview.page import range_of
from dashboard.pages.overview.standing import standing_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.context import DashboardContext
    from dashboard.view import View


def test_the_sentence_of_an_open_month(view: Callable[[str], View]) -> None:
    found = view("")
    standing = standing_of(found)
    assert dollars(standing.spent) == "$797.72"
    assert standing.limit == 1200
    ahead = standing.forecast
    assert ahead is not None
    assert 797.72 < ahead.low < ahead.expected < ahead.high
    said = sentence(standing, found.now)
    assert said.startswith("November has spent at least $798 of $1,200 and heads for at least $")
    assert remark(standing).startswith("Spending ")
    assert "x plan over the last 3 days." in remark(standing)


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("?range=2026-10", "October cost at least $1,034 of $1,200."),
        ("?range=2026-10&feature=legal-check", "October cost $"),
        ("?range=last+30d", "The last 30 days cost at least $"),
        ("?range=2026-10-03..2026-10-05", "3 Oct 2026 to 5 Oct 2026 cost "),
        ("?feature=nothing-like-this", "November has no usage that could be priced."),
        ("?range=all", "All usage cost at least $"),
    ],
)
def test_the_sentence_of_other_periods(search: str, said: str, view: Callable[[str], View]) -> None:
    found = view(search)
    assert sentence(standing_of(found), found.now).startswith(said)


def test_the_page_of_its_budget_heads_for_the_same(
    view: Callable[[str], View], demo: DashboardContext
) -> None:
    (situation,) = situations_of(demo)
    standing = standing_of(view(""))
    ours, theirs = standing.forecast, situation.ahead
    assert ours
    assert isinstance(theirs, Forecast)
    found = [(each.spent, each.low, each.expected, each.high) for each in (ours, theirs)]
    assert found[0] == pytest.approx(found[1], rel=1e-9)
    assert ours.days_left == pytest.approx(theirs.days_left, rel=1e-9)
    assert standing.replayed
    assert situation.replayed
    assert standing.replayed.replays == situation.replayed.replays


def test_a_filtered_month_has_a_forecast_and_no_budget(view: Callable[[str], View]) -> None:
    standing = standing_of(view("?feature=search"))
    assert standing.budget is None
    assert standing.pace_now is None
    assert standing.forecast is not None


def test_the_four_numbers_have_their_base(view: Callable[[str], View]) -> None:
    found = {number.name: number for number in numbers_of(view(""))}
    assert found["Month to date"].value == "$797.72"
    assert found["Month to date"].at_least
    assert found["Requests"].value == "26,865"
    assert found["Requests"].base.endswith(", the same days last month")
    assert found["Input billed at the cached price"].change == "−7 points"


def test_without_comparison_numbers_have_no_change(view: Callable[[str], View]) -> None:
    assert [number.change for number in numbers_of(view("?compare=none"))] == [""] * 4


@pytest.mark.parametrize("word", breakdown.WORDS)
def test_every_breakdown_adds_up_to_the_total(word: str, view: Callable[[str], View]) -> None:
    found = view("?range=2026-10")
    assert breakdown.total_cost(breakdown.lines(found, word)) == found.report().total.cost


def test_a_cost_per_request_is_over_requests_that_have_a_price(
    view: Callable[[str], View],
) -> None:
    seen = view("?feature=support-chat")
    (line,) = breakdown.lines(seen, "feature")
    (card,) = [number for number in numbers_of(seen) if number.name.startswith("Cost per")]
    unpriced = sum(volume.requests for volume in seen.report().unpriced)
    assert unpriced == 161
    assert line.cost is not None
    assert line.cost_per_thousand == line.cost * 1000 / (line.requests - unpriced)
    assert card.value == dollars(line.cost_per_thousand)


@pytest.mark.parametrize("search", ["", "?range=2026-10", "?range=all", "?feature=search"])
def test_the_days_of_the_chart_add_up_to_the_total(
    search: str, view: Callable[[str], View]
) -> None:
    found = view(search)
    chart = days_chart(found, standing_of(found))
    assert chart is not None
    bars = [trace for trace in chart.figure["data"] if trace["type"] == "bar"]
    drawn = sum(value or 0 for trace in bars for value in trace["y"])
    assert drawn == pytest.approx(float(found.report().total.cost or 0), abs=1e-9)


def test_a_chart_of_tokens_counts_what_has_no_price(view: Callable[[str], View]) -> None:
    found = view("?unit=tokens")
    chart = days_chart(found, standing_of(found))
    assert chart is not None
    assert "acme-7b" in chart.header
    assert "tokens in 20 days" in chart.sentence


def test_what_ends_and_what_it_costs_elsewhere(view: Callable[[str], View]) -> None:
    (ending,) = endings(view(""))
    assert set(ending.models) == {"gpt-4.1", "gpt-4.1-mini"}
    assert (ending.on, ending.days_left) == (date(2027, 1, 14), 55)
    assert ending.successor == "gpt-6-luna"
    assert ending.successor_cost is not None
    assert 0 < ending.successor_cost < ending.cost


def test_what_moved_says_when_the_cache_broke(view: Callable[[str], View]) -> None:
    found = {move.name: move for move in moves(view(""), "feature")}
    assert found["search"].reason.startswith("cached share ")
    assert found["search"].reason.endswith(", broke 3 to 5 Nov")
    assert found["contract-rag"].reason.startswith("requests +")


def test_changes_are_the_difference_of_two_reports(view: Callable[[str], View]) -> None:
    seen = view("")
    (search,) = [move for move in moves(seen, "feature") if move.name == "search"]
    only = {"feature": ("search",)}
    now = seen.report(filters=only).total.cost
    before = seen.report(filters=only, period=seen.comparison).total.cost
    assert now is not None
    assert before is not None
    assert search.change == now - before


def test_what_is_missing_has_its_volume(view: Callable[[str], View]) -> None:
    found = missing(view(""))
    assert found[0] == "1.3M tokens of acme-7b have no price yet."
    assert found[-1] == "14 lines set aside on import, in all periods."


def test_many_unpriced_models_are_summed_up() -> None:
    volumes = tuple(UnpricedVolume("x", f"m{n}", "", 1_000 + n, 1) for n in range(200))
    empty = SpendRow((), 0, NOTHING, None, None)
    found = missing_sentences(Spend((), (), empty, volumes, (), "USD"))
    assert len(found) == 6
    assert found[0] == "1.2k tokens of m199 have no price yet."
    assert found[-1].endswith("tokens of 195 more models have no price yet.")


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        (0, []),
        (1, ["1 request came without any token count."]),
        (1_200, ["1,200 requests came without any token count."]),
    ],
)
def test_requests_without_a_count_are_told(requests: int, said: list[str]) -> None:
    total = SpendRow((), 2_000, NOTHING, None, None, unmetered_requests=requests)
    assert missing_sentences(Spend((), (), total, (), (), "USD")) == said


NOVEMBER = [date(2026, 11, 1) + timedelta(n) for n in range(10)]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ([2, 3, 4], "3 to 5 Nov"),
        ([4], "on 5 Nov"),
        ([], ""),
        ([1, 4], ""),
    ],
)
def test_days_without_cache_are_named_when_they_are_one_stretch(
    broken: list[int], said: str
) -> None:
    shares = [
        (day, Fraction(1 if place in broken else 8, 10)) for place, day in enumerate(NOVEMBER)
    ]
    assert broken_days(shares) == said


@pytest.mark.parametrize(
    ("first", "last", "word", "words"),
    [
        (date(2026, 11, 3), date(2026, 11, 3), "day", "2026-11-03"),
        (date(2026, 11, 3), date(2026, 11, 5), "day", "2026-11-03..2026-11-05"),
        (date(2026, 11, 2), date(2026, 11, 2), "week", "2026-11-02..2026-11-08"),
        (date(2026, 1, 1), date(2026, 2, 1), "month", "2026-01-01..2026-02-28"),
    ],
)
def test_a_drag_over_bars_covers_them_whole(first: date, last: date, word: str, words: str) -> None:
    assert range_of(first, last, word) == words


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "\uff1d1"])
def test_no_name_is_a_formula(text: str) -> None:
    assert safe_text(text) == f"'{text}".replace("\t", " ").replace("\n", " ")
    assert safe_text("search") == "search"


def test_the_backtest_says_error_and_how_often_the_range_held() -> None:
    assert backtest_sentence(Backtest(36, 11, 0.061, 0.81)) == (
        "Forecasts over 11 days, replayed on 36 days of this usage, were off by 6% on average; "
        "the likely range held 81% of them (meant to: 80%)."
    )
    assert backtest_sentence(Backtest(6, 1, 0.1, None)).endswith("off by 10% on average.")
