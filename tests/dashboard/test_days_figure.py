"""The figure of spend a day: plain data, safe names, and room for any number of models."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest

from dashboard.figures.base import GRAPH_CONFIG, escaped, money_axis
from dashboard.figures.days import OTHER_NAME, Flag, Stack, folded, spend_by_day
from dashboard.figures.palette import DARK, HUES, OTHER, PINNED, model_colours

DAYS = [date(2026, 11, 1) + timedelta(n) for n in range(3)]
COLOURS = model_colours(["gpt-4.1", "gpt-4.1-mini"])


def figure(series: dict[str, list[float]], **more: object) -> dict[str, object]:
    stack = Stack(DAYS, series, "money", **more)  # type: ignore[arg-type]
    return spend_by_day(stack, COLOURS)


def traces(found: dict[str, object]) -> list[dict[str, object]]:
    return found["data"]  # type: ignore[return-value]


def test_a_model_has_its_colour_and_a_day_without_money_no_bar() -> None:
    (bar,) = traces(figure({"gpt-4.1": [1.5, 0.0, 2.0]}))
    assert bar["marker"] == {"color": HUES[0], "line": {"width": 0}}
    assert bar["y"] == [1.5, None, 2.0]
    assert bar["x"] == ["2026-11-01", "2026-11-02", "2026-11-03"]


def test_models_without_a_hue_are_one_hatched_series() -> None:
    series = {f"model-{n}": [1.0, 2.0, 3.0] for n in range(200)}
    found = traces(figure({"gpt-4.1": [1.0, 1.0, 1.0], **series}))
    assert [trace["name"] for trace in found] == ["gpt-4.1", OTHER_NAME]
    assert found[1]["y"] == [200.0, 400.0, 600.0]
    assert found[1]["marker"]["pattern"]["fgcolor"] == OTHER  # type: ignore[index]


def test_a_few_models_without_a_hue_are_named_together() -> None:
    three = {"gpt-5.4": [2.0], "gpt-5.5": [1.0], "gpt-5.2": [0.5]}
    assert folded({"gpt-4.1": [1.0], **three}, COLOURS) == {
        "gpt-4.1": [1.0],
        "gpt-5.4, gpt-5.5, gpt-5.2": [3.5],
    }
    assert list(folded({**three, "o3": [1.0]}, COLOURS)) == [OTHER_NAME]


def test_cents_stand_on_an_axis_that_needs_them() -> None:
    formats = [
        figure({"gpt-4.1": [top, 0.0, 0.0]})["layout"]["yaxis"]["tickformat"]  # type: ignore[index]
        for top in (3.99, 4.0)
    ]
    assert formats == [",.2f", None]


def test_one_model_without_a_hue_keeps_its_name() -> None:
    assert list(folded({"acme": [1.0]}, COLOURS)) == ["acme"]


def test_names_are_never_markup() -> None:
    name = "<img src=x onerror=alert(1)> & co"
    found = json.dumps(figure({name: [1.0, 1.0, 1.0]}, flags=[Flag(DAYS[0], "<b>note</b>")]))
    assert "<" not in found.replace("<extra>", "").replace("</extra>", "")
    assert escaped(name) == "&lt;img src=x onerror=alert(1)&gt; &amp; co"


def test_the_plan_is_a_line_over_the_whole_month() -> None:
    plan = [(day, 2.0) for day in DAYS]
    found = traces(figure({"gpt-4.1": [1.0, 1.0, 1.0]}, plan=plan))
    assert (found[1]["type"], found[1]["y"]) == ("scatter", [2.0, 2.0, 2.0])
    assert found[1]["name"] == "plan"


def test_an_adopted_plan_stands_under_its_name_which_is_never_markup() -> None:
    plan = [(day, 2.0) for day in DAYS]
    found = traces(figure({"gpt-4.1": [1.0] * 3}, plan=plan, plan_name="<b>2027</b>"))
    assert found[1]["name"] == "&lt;b&gt;2027&lt;/b&gt;"
    assert "<b>" not in str(found[1]["hovertemplate"])


def test_late_flags_read_to_the_left() -> None:
    found = figure({"gpt-4.1": [1.0] * 3}, flags=[Flag(DAYS[0], "early"), Flag(DAYS[2], "late")])
    texts = found["layout"]["annotations"]  # type: ignore[index]
    assert [(text["text"], text["xanchor"]) for text in texts] == [
        ("early", "left"),
        ("late", "right"),
    ]


def test_a_figure_is_plain_data() -> None:
    found = figure({"gpt-4.1": [1.0, 2.0, 3.0]})
    assert json.loads(json.dumps(found)) == found


def test_no_graph_offers_to_send_data_away() -> None:
    assert GRAPH_CONFIG["showSendToCloud"] is False
    assert GRAPH_CONFIG["plotlyServerURL"] == ""
    assert money_axis()["tickprefix"] == "$"


def test_pinned_models_keep_their_hue_whatever_else_there_is() -> None:
    for names in (["gpt-4.1"], ["gpt-4.1", "claude"], ["claude", "o3", "gpt-4.1", "gpt-4.1-mini"]):
        assert model_colours(names)["gpt-4.1"] == HUES[PINNED["gpt-4.1"]]


@pytest.mark.parametrize("count", [0, 1, 5, 6, 200])
def test_no_two_models_share_a_hue(count: int) -> None:
    names = [f"model-{n}" for n in range(count)]
    found = model_colours(names)
    assert len(set(found.values())) == len(found)
    assert sum(name in found for name in names) == min(count, len(HUES))


def test_every_light_colour_has_one_dark_partner() -> None:
    assert len(set(DARK.values())) == len(DARK)
    assert all(hue in DARK for hue in (*HUES, OTHER))
