"""What meets a target and what matters most: by hand on the guide's workload, and over the demo."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.controls import levers_of
from costmodel.money import dollars
from costmodel.scenario import total_cost
from dashboard.pages.whatif import matters, one_html, target
from dashboard.pages.whatif.address_values import percent_text, share_of
from dashboard.pages.whatif.baseline import DEFAULT_RANGE
from dashboard.pages.whatif.screen import Screen, screen_of
from dashboard.pages.whatif.settings import (
    STATE_KEYS,
    linked_shares,
    parse_settings,
    shares_text,
    written,
)
from dashboard.pages.whatif.target_ways import MIX, Way, ways
from dashboard.pages.whatif.words import cents, share_text
from dashboard.state import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.context import DashboardContext

    Open = Callable[[str], Screen]

GUIDE = "?workload=typed&served=gpt-4.1&escalate=12&limit=600"
MINI, FULL, LUNA = "gpt-4.1-mini", "gpt-4.1", "gpt-6-luna"


@pytest.fixture(scope="session")
def screen(demo: DashboardContext) -> Open:
    return lambda search: screen_of(demo, parse(search, STATE_KEYS, DEFAULT_RANGE))


def told(found: list[Way]) -> list[tuple[str, ...]]:
    return [(way.title, way.now, way.meets, way.cost, way.percent or "") for way in found]


def test_what_meets_600_dollars_on_the_guides_workload(screen: Open) -> None:
    """$633.60 at 12%: 396 + 1980 x share; all cached takes off 129.60, all in batches half."""
    assert told(ways(screen(GUIDE), Fraction(600))) == [
        # 10.3% of 1980 and 396
        ("Escalate to full", "12%", "10.3% or less", "$599.94", "10.3"),
        # 25.93%, and 633.60 less 26% of 129.60
        ("Cached input share", "0%, as today", "26% or more", "$599.90", "26"),
        # 10.61%, and 633.60 less 10.7% of 316.80
        ("Batch share", "0%", "10.7% or more", "$599.70", "10.7"),
        # -5.3% in halves of a percent, and 633.60 less 5.5% of it
        ("Growth a month", "0%", "-5.5% or less", "$598.75", "-5.5"),
    ]


def test_what_cannot_meet_a_target_says_its_best(screen: Open) -> None:
    assert told(ways(screen(GUIDE), Fraction(300))) == [
        ("Escalate to full", "12%", "not alone", "$396.00 at best, at 0%", ""),
        ("Cached input share", "0%, as today", "not alone", "$504.00 at best, at 100%", ""),
        ("Batch share", "0%", "not alone", "$316.80 at best, at 100%", ""),
        ("Growth a month", "0%", "not alone", "$570.24 at best, at -10%", ""),
    ]
    assert ways(screen(GUIDE), Fraction("316.79"))[2].meets == "not alone"
    assert ways(screen(GUIDE), Fraction("316.80"))[2].percent == "100"


def test_what_every_setting_meets_and_what_changes_nothing(screen: Open) -> None:
    found = ways(screen(GUIDE), Fraction(2376))
    assert told(found)[0][2:] == ("100% or less", "$2,376.00", "100")
    assert told(found)[3][2:] == ("any setting", "at most $760.32", "")
    assert told(ways(screen(GUIDE), Fraction("2376.01")))[0][2:] == (
        "any setting", "at most $2,376.00", ""
    )  # fmt: skip
    as_today = ways(screen(f"{GUIDE}&start=today"), Fraction(600))
    assert told(as_today)[0][2:] == ("changes nothing here", "$1,980.00", "")


def test_what_is_set_already_has_nothing_to_set(screen: Open) -> None:
    there = ways(screen(GUIDE.replace("escalate=12", "escalate=10.3")), Fraction(600))
    assert told(there)[0] == ("Escalate to full", "10.3%", "10.3% or less", "$599.94", "")


def test_the_shares_of_a_mix_are_sought_in_whole_percents(screen: Open) -> None:
    """All on Mini $396, on full $1,980: 12.88% on full is $600."""
    search = GUIDE.replace("escalate=12", "escalate=0") + f"&start={MINI}:80,{FULL}:20"
    mini, full = ways(screen(search), Fraction(600))[4:]
    assert told([mini, full]) == [
        ("Share of Mini", "80%", "88% or more", "$586.08", "88"),
        ("Share of full", "20%", "12% or less", "$586.08", "12"),
    ]
    assert (mini.control, mini.model, full.model) == (MIX, MINI, FULL)


@pytest.mark.parametrize(
    ("shares", "moved", "percent", "linked"),
    [
        ("a:80,b:20", "a", 88, "a:88,b:12"),
        ("a:60,b:25,c:15", "a", 50, "a:50,b:31,c:19"),  # 31.25 and 18.75
        ("a:40,b:30,c:30", "a", 39, "a:39,b:31,c:30"),  # 30.5 twice: the first one gets it
        ("a:100,b:0,c:0", "a", 99, "a:99,b:1,c:0"),
        ("a:50,b:50", "a", 0, "a:0,b:100"),
        ("a:50,b:50", "b", 100, "a:0,b:100"),
    ],
)
def test_the_others_of_a_mix_give_way(shares: str, moved: str, percent: int, linked: str) -> None:
    starts = tuple(
        (name, share_of(part)) for name, part in (each.split(":") for each in shares.split(","))
    )
    assert shares_text(linked_shares(starts, moved, Fraction(percent, 100))) == linked


@given(
    st.data(),
    st.sampled_from(
        ("", "start=today&", f"start={MINI}:61,{FULL}:22,{LUNA}:17&", "sent=directly&")
    ),
)
def test_what_is_offered_keeps_to_the_target_once_set(
    screen: Open, data: st.DataObject, start: str
) -> None:
    escalate, cached, batch = (data.draw(st.integers(0, 1_000)) / 10 for _ in range(3))
    address = f"?{start}escalate={escalate}&cached={cached}&batch={batch}"
    shown = screen(address)
    goal = Fraction(data.draw(st.integers(10_000, 400_000)), 100)
    for way in ways(shown, goal):
        if way.percent is not None:
            cost = exact_cost(shown, way)
            assert dollars(cost) == way.cost
            assert cents(cost) <= cents(goal)


def exact_cost(shown: Screen, way: Way) -> Fraction:
    """Price the levers of the plan with one setting as its button sets it."""
    share = Fraction(way.percent or 0) / 100
    starts = linked_shares(shown.controls.start_with, way.model, share)
    changed = {"start_with": starts} if way.control == MIX else {way.control: share}
    levers = levers_of(replace(shown.controls, **changed))
    return total_cost(shown.board.baseline, levers, shown.board.book)


def test_the_target_is_the_limit_until_another_is_typed(screen: Open) -> None:
    assert screen(GUIDE).target == 600
    assert screen(f"{GUIDE}&target=300.50").target == Fraction("300.50")
    assert screen("?workload=typed").target is None
    settings = parse_settings({"target": "300.5"})
    assert written(settings)["target"] == "300.50"
    assert parse_settings({"target": "-1"}).notices != ()


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("600", "This plan costs $633.60 a month, $33.60 above the target of $600."),
        ("633.60", "This plan costs $633.60 a month, which is the target."),
        ("634", "This plan costs $633.60 a month, $0.40 below the target of $634."),
    ],
)
def test_the_sentence_says_how_far_the_target_is(amount: str, said: str, screen: Open) -> None:
    assert target.sentence(screen(GUIDE), Fraction(amount)) == said


def test_a_cached_share_above_all_that_was_seen_is_said(screen: Open) -> None:
    shown = screen("?target=700")
    highest = shown.board.usage.highest_cached_share
    assert highest is not None
    way = replace(ways(shown, Fraction(700))[1], percent=percent_text(highest))
    [said] = target.notes(shown, [replace(way, percent="100")])
    seen = f"{share_text(highest)}, the highest seen on a day."
    assert said == f"Cached input share: 100% lies above {seen}"
    below = percent_text(highest - Fraction(1, 1000))
    assert target.notes(shown, [replace(way, percent=below), replace(way, percent=None)]) == []
    assert target.notes(screen(GUIDE), ways(screen(GUIDE), Fraction(600))) == []


def test_without_a_target_the_section_asks_for_one(screen: Open) -> None:
    [asked] = target.content(screen("?workload=typed"))
    assert asked.children == target.NO_TARGET


def test_what_matters_most_on_the_guides_workload(screen: Open) -> None:
    """A point of escalation is 1% of $1,980; Mini costs $396, full 12% of $1,980."""
    found = matters.matters(screen(GUIDE))
    assert [(each.name, each.now, each.step, each.change) for each in found] == [
        ("Escalation to full", "12%", "1 point more", Fraction("19.80")),
        ("Growth a month", "0%", "1 point more", Fraction("6.336")),
        (f"Price of {MINI}", "$396.00 a month", "1% higher", Fraction("3.96")),
        ("Batch share", "0%", "1 point more", Fraction("-3.168")),
        (f"Price of {FULL}", "$237.60 a month", "1% higher", Fraction("2.376")),
        ("Cached input share", "0%", "1 point more", Fraction("-1.296")),
    ]
    assert matters.sentence(found, "USD") == (
        "Matters most: escalation to full. 1 point more costs $19.80 a month."
    )
    assert matters.change_text(found[5].change, "USD") == "\u2212$1.30"
    saving = matters.sentence(found[3:], "USD")
    assert saving == "Matters most: batch share. 1 point more saves $3.17 a month."


def test_what_changes_nothing_does_not_matter(screen: Open) -> None:
    names = [each.name for each in matters.matters(screen(f"{GUIDE}&start=today"))]
    assert "Escalation to full" not in names
    mixed = matters.matters(screen(f"{GUIDE}&start={MINI}:60,{FULL}:40"))
    shares = {each.name: each.now for each in mixed if each.name.startswith("Share of")}
    assert shares == {"Share of Mini": "60%", "Share of full": "40%"}
    [said] = matters.content(screen("?workload=typed&sessions=0"))
    assert said.children == matters.NOTHING


def test_the_file_to_hand_on_says_what_matters_most(screen: Open) -> None:
    [listing, _] = one_html.document(screen(GUIDE), None).listings
    assert listing.rows[0] == ("Escalation to full", "12%", "1 point more", "+$19.80")
