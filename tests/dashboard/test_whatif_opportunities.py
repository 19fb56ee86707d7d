"""Opportunities on What-if: what they say, and the way of each move into the plan."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from costmodel.money import dollars
from dashboard.app import create_app
from dashboard.pages.overview.side_cards import side_cards
from dashboard.pages.whatif.move_settings import is_in_plan, with_move
from dashboard.pages.whatif.opportunities import found_in, sentence
from dashboard.pages.whatif.opportunity_files import plan_of
from dashboard.pages.whatif.screen import screen_of
from dashboard.pages.whatif.settings import STATE_KEYS, Settings, written
from dashboard.state import parse
from dashboard.view import view_of
from ingest.plan_file import plan_of as read_plan
from pricing import load_book, located_yaml

if TYPE_CHECKING:
    from fractions import Fraction
    from pathlib import Path

    from costmodel.opportunities import Opportunity
    from dashboard.context import DashboardContext
    from dashboard.pages.whatif.screen import Screen
    from dashboard.state import State


def state_of(search: str) -> State:
    return parse(search, STATE_KEYS, "last 30d")


def screen(demo: DashboardContext, search: str = "") -> Screen:
    return screen_of(demo, state_of(search))


def row(demo: DashboardContext, feature: str) -> Opportunity:
    rows = found_in(demo, state_of("")).opportunities.rows
    return next(each for each in rows if each.value == feature)


def plan_cost(demo: DashboardContext, settings: Settings) -> Fraction:
    state = state_of("").with_own(**written(settings))
    return screen_of(demo, state_of(state.search())).outcome.cost


def test_today_is_what_the_page_says(demo: DashboardContext) -> None:
    offers = found_in(demo, state_of("")).opportunities
    assert offers.today == screen(demo).view.today
    assert {each.value for each in offers.rows if each.is_critical} == {"legal-check"}


def test_a_move_added_to_the_plan_saves_what_the_table_says(demo: DashboardContext) -> None:
    search = row(demo, "search")
    today = screen(demo).view.today
    assert search.best is not None
    for priced in (search.best, *search.others):
        settings = with_move("search", priced.move, screen(demo))
        if priced.move.kind in {"shorter prompt", "cache"}:
            assert settings is None  # no control says it, nor a share for each model
            continue
        assert settings is not None
        assert settings.features == ("search",)
        assert today - plan_cost(demo, settings) == priced.saving


def test_the_same_move_of_another_feature_joins_the_plan(demo: DashboardContext) -> None:
    first, second = row(demo, "search"), row(demo, "summaries")
    assert first.best is not None
    assert second.best is not None
    alone = with_move("search", first.best.move, screen(demo))
    assert alone is not None
    now = screen(demo, state_of("").with_own(**written(alone)).search())
    assert is_in_plan("search", first.best.move, now)
    assert not is_in_plan("summaries", second.best.move, now)
    both = with_move("summaries", second.best.move, now)
    assert both is not None
    assert both.features == ("search", "summaries")
    today = screen(demo).view.today
    assert today - plan_cost(demo, both) == first.saving + second.saving


def test_another_move_replaces_the_plan_and_keeps_the_limit(demo: DashboardContext) -> None:
    batch = next(e for e in row(demo, "code-review").others if e.move.kind == "batch")
    now = screen(demo, "?apply=search&start=gpt-6-luna&escalate=0&limit=600&growth=5")
    settings = with_move("code-review", batch.move, now)
    assert settings is not None
    assert (settings.start, settings.batch, settings.growth) == ((), 1, 0)
    assert (settings.features, settings.limit) == (("code-review",), 600)


def test_a_move_that_no_control_can_say_has_no_settings(demo: DashboardContext) -> None:
    best = row(demo, "search").best
    assert best is not None
    [lever] = best.move.levers
    elsewhere = replace(best.move, levers=(replace(lever, family="gpt-5"),))  # type: ignore[call-arg]
    assert with_move("search", elsewhere, screen(demo)) is None
    assert not is_in_plan("search", elsewhere, screen(demo))


def test_overview_says_who_still_calls_what_ends(demo: DashboardContext) -> None:
    cards = str(side_cards(view_of(demo, parse("")), None))
    assert "Still called by search, legal-check, contract-rag, code-review and 2 more. " in cards


def test_the_sentence_names_saving_share_and_what_is_not_known(demo: DashboardContext) -> None:
    offers = found_in(demo, state_of("")).opportunities
    text = sentence(offers)
    assert dollars(offers.saving) in text
    assert text.endswith("Their quality is not known.")
    some = [replace(each.best.move, risk="none") for each in offers.rows[:1] if each.best]
    first = replace(offers.rows[0], best=replace(offers.rows[0].best, move=some[0]))  # type: ignore[type-var]
    mixed = replace(offers, rows=(first, *offers.rows[1:]))
    assert sentence(mixed).endswith("Of 4 of them the quality is not known.")
    nothing = replace(offers, rows=tuple(replace(each, best=None) for each in offers.rows))
    assert sentence(nothing) == "No single move saves 1% or more of what a feature costs."


def test_the_plan_file_is_one_that_a_plan_reads(demo: DashboardContext, tmp_path: Path) -> None:
    offers = found_in(demo, state_of("")).opportunities
    plan = read_plan(located_yaml.parse(plan_of(demo, state_of("")), tmp_path), load_book())
    assert plan.scenarios[0].levers == offers.levers


@pytest.mark.parametrize("kind", ["xlsx", "yaml"])
def test_the_files_are_there(demo: DashboardContext, kind: str) -> None:
    answer = create_app(demo).server.test_client().get(f"/download/opportunities.{kind}")
    assert answer.status_code == 200
    if kind == "yaml":
        assert b"gpt-6-luna" in answer.data
        return
    with ZipFile(BytesIO(answer.data)) as book:
        texts = book.read("xl/sharedStrings.xml").decode()
    for text in ("legal-check", "check-clause", "GPT-6 Luna"):
        assert text in texts
