"""The figures of What-if as data: lengths, hatching, signs and words, no red and no green."""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction

import pytest

from dashboard.figures.whatif import Bar, Step, bars, label_width, step_text, waterfall
from dashboard.figures.whatif_months import Event, Month, hangs, months

ROWS = [
    Bar("Today", Fraction(1188), "#8A929D"),
    Bar("This plan", Fraction("633.60"), "#2B313A"),
    Bar("All <Nano>", Fraction(99), "#009E73", is_gone=True, note="gone since 23 Oct 2026"),
]
STEPS = [
    Step("First model", Fraction(-792)),
    Step("Escalation", Fraction("237.60")),
    Step("Cached input", Fraction(0)),
]
TWELVE = [
    Month(date(2026 + (11 + n) // 12, (11 + n) % 12 + 1, 1), Fraction(300), Fraction(100), n >= 1)
    for n in range(12)
]


def test_bars_are_as_long_as_they_cost() -> None:
    [trace] = bars(ROWS, Fraction(600))["data"]
    assert trace["x"] == [1188.0, 633.6, 99.0]
    assert trace["text"] == ["$1,188.00", "$633.60", "$99.00  gone since 23 Oct 2026"]
    assert trace["marker"]["pattern"]["shape"] == ["", "", "/"]


def test_names_cannot_draw_html() -> None:
    [trace] = bars(ROWS, None)["data"]
    assert trace["y"][2] == "All &lt;Nano&gt;"


def test_the_limit_is_a_line_on_the_same_scale_and_only_where_there_is_one() -> None:
    layout = bars(ROWS, Fraction(600))["layout"]
    assert {line["x0"] for line in layout["shapes"]} == {600.0}
    assert {line["x1"] for line in layout["shapes"]} == {600.0}
    assert layout["annotations"][0]["text"] == "limit $600"
    assert layout["xaxis"]["range"][1] > 1188
    without = bars(ROWS, None)["layout"]
    assert without["shapes"] == without["annotations"] == []


def test_the_limit_stands_between_bars_so_that_it_crosses_no_amount() -> None:
    layout = bars(ROWS, Fraction(600))["layout"]
    gaps = [(line["y0"], line["y1"]) for line in layout["shapes"]]
    assert [layout["bargap"], *map(pytest.approx, gaps)] == [
        0.38, (-0.5, -0.31), (0.31, 0.69), (1.31, 1.69), (2.31, 2.5),
    ]  # fmt: skip


def test_a_limit_above_every_bar_is_on_the_scale() -> None:
    assert bars(ROWS, Fraction(5000))["layout"]["xaxis"]["range"][1] > 5000


def test_the_waterfall_walks_from_today_to_the_plan() -> None:
    steps, connectors = waterfall(Fraction(1188), STEPS, Fraction("633.60"))["data"]
    assert steps["base"] == [0.0, 396.0, 396.0, 633.6, 0.0]
    assert steps["x"] == [1188.0, 792.0, 237.6, 0.0, 633.6]
    assert connectors["x"][:6] == [1188.0, 1188.0, None, 396.0, 396.0, None]
    assert connectors["y"][:3] == ["Today", "First model", None]


def test_up_and_down_are_signs_words_and_hatching() -> None:
    [steps, _] = waterfall(Fraction(1188), STEPS, Fraction("633.60"))["data"]
    assert steps["text"] == ["$1,188.00", "−$792.00 less", "+$237.60 more", "no change", "$633.60"]
    assert steps["marker"]["pattern"]["shape"] == ["", "", "/", "", ""]
    assert len(set(steps["marker"]["color"])) == 2


@pytest.mark.parametrize(
    ("change", "text"),
    [("0.004", "no change"), ("-0.005", "no change"), ("0.006", "+$0.01 more")],
)
def test_less_than_half_a_cent_is_no_change(change: str, text: str) -> None:
    assert step_text(Fraction(change), is_total=False) == text


def test_months_are_dashed_from_the_shutdown_on() -> None:
    event = Event(date(2027, 1, 14), "14 Jan 2027: gpt-4.1 ends")
    figure = months(TWELVE, [event], Fraction(250))
    today, today_dashed, plan, plan_dashed = figure["data"]
    assert today["x"] == ["2026-12-15"]
    assert plan_dashed["x"][:2] == ["2026-12-15", "2027-01-15"]  # it begins where the solid ends
    assert len(plan_dashed["x"]) == 12
    assert plan_dashed["line"]["dash"] == today_dashed["line"]["dash"] == "dash"
    assert "dash" not in plan["line"]
    assert [shape["line"].get("dash") for shape in figure["layout"]["shapes"]] == ["dot", None]
    assert figure["layout"]["annotations"][0]["x"] == "2027-01-14"


def test_every_event_of_the_months_has_room_for_its_words_and_earlier_ones_none() -> None:
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 11), date(2027, 1, 14)]
    layout = months(TWELVE, [Event(day, day.isoformat()) for day in days])["layout"]
    named = [(note["text"], note["yshift"]) for note in layout["annotations"][:-2]]
    assert named == [("2026-12-01", 0), ("2026-12-11", 14), ("2027-01-14", 28)]
    assert len(layout["shapes"]) == 3
    assert layout["margin"]["t"] == 28 + 14 + 16
    assert months(TWELVE, [])["layout"]["margin"]["t"] == 30


def test_amounts_of_millions_have_room_beside_their_bars() -> None:
    few = waterfall(Fraction(1_000), [Step("a", Fraction(-1))], Fraction(999))
    many = waterfall(Fraction(10**9), [Step("a", Fraction(-(10**8)))], Fraction(9 * 10**8))
    assert few["layout"]["margin"]["r"] == 112
    # "−$100,000,000.00 less" has 21 letters of 7.4 pixels
    assert many["layout"]["margin"]["r"] >= 21 * 7.4


def test_months_without_an_end_are_solid() -> None:
    rows = [Month(row.month, row.today, row.plan, is_dashed=False) for row in TWELVE]
    _, today_dashed, plan, plan_dashed = months(rows, [])["data"]
    assert len(plan["x"]) == 12
    assert today_dashed["x"] == plan_dashed["x"] == []


def test_lines_that_nearly_meet_have_their_names_apart() -> None:
    apart = [name["yshift"] for name in hangs(100, 900, 1000)]
    plan_above, today_above = hangs(500, 520, 1000), hangs(520, 500, 1000)
    assert apart == [0, 0]
    assert plan_above[1]["yshift"] - plan_above[0]["yshift"] >= 30
    assert today_above[0]["yshift"] - today_above[1]["yshift"] >= 30


def test_the_last_month_names_both_lines_with_their_amounts() -> None:
    annotations = months(TWELVE, [])["layout"]["annotations"]
    assert [each["text"] for each in annotations] == ["as today<br>$300", "this plan<br>$100"]


def test_figures_are_plain_data() -> None:
    for figure in (
        bars(ROWS, Fraction(600)),
        waterfall(Fraction(1188), STEPS, Fraction("633.60")),
        months(TWELVE, [], Fraction(600)),
    ):
        assert json.loads(json.dumps(figure)) == figure


def test_names_get_the_room_they_need() -> None:
    assert label_width(["All full"]) == label_width(["Today"])
    assert label_width(["All claude-sonnet-4-5-20250929"]) > 200
