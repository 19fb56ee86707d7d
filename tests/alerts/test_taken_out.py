"""A rule or a budget taken out while it fires: who was told hears so, and of no recovery."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import duckdb

from alerts.budgets import add, remove
from alerts.records import alert_state, finding_text, stored_alert
from costmodel.budget import Budget
from costmodel.burn.rules import ActualRule
from ingest.store import Store
from ingest.store.alert_records import Recording
from ingest.store.schema import MIGRATIONS
from tests.alerts.desk import ANN, BEN, BURN
from tests.alerts.seen import HOUR, MINUTE, finding, situation
from tests.alerts.test_webhooks import receiver

if TYPE_CHECKING:
    from pathlib import Path

    from tests.alerts.desk import Desk

HALF = finding("amount", kind="actual", level="50%")
CARLA = "carla@example.com"


def test_a_level_taken_out_ends_with_a_line_of_its_own_to_who_was_told(desk: Desk) -> None:
    budget = Budget(
        "Search", Fraction(900), owners=(BEN,), levels=(ActualRule("amount", "warning", 0.5),)
    )
    desk.seen = [replace(situation(HALF), budget=budget)]
    desk.tick()
    assert len(desk.box.to(ANN)) == len(desk.box.to(BEN)) == 1
    desk.seen = [replace(situation(), budget=replace(budget, levels=(), owners=(CARLA,)))]
    found = desk.tick(15 * MINUTE)
    assert [each.move for each in found.transitions] == ["removed"]
    assert found.firing == []
    assert len(desk.box.to(ANN)) == len(desk.box.to(BEN)) == 2
    assert desk.box.to(CARLA) == [], "she never heard that it fired"
    letter = desk.box.to(BEN)[1]
    assert str(letter["Subject"]).startswith("Search: the rule amount 50% was removed, ")
    page = letter.get_body(("plain",))
    assert page is not None
    text = page.get_content()
    assert "- The rule amount 50% was removed; the last it said: spending is 4.6x plan." in text
    assert "normal" not in text
    assert len(desk.box.ids()) == len(set(desk.box.ids())) == 4
    desk.tick(HOUR)
    assert len(desk.box.ids()) == 4, "it is told once"


def test_a_budget_removed_on_screen_ends_its_alerts_to_who_was_told(desk: Desk) -> None:
    budget = Budget("Search", Fraction(900), owners=(BEN,))
    add(desk.store, desk.configuration, budget, desk.now, "Ann")
    desk.seen = [situation(BURN, owners=(BEN,))]
    desk.tick()
    remove(desk.store, desk.configuration, "Search", desk.now, "Ann")
    desk.seen = []
    found = desk.tick(15 * MINUTE)
    assert [each.move for each in found.transitions] == ["removed"]
    for who in (ANN, BEN):
        assert str(desk.box.to(who)[1]["Subject"]) == (
            "Search: The budget was removed; the last it said: spending is 4.6x plan"
        )
    desk.tick(HOUR)
    assert len(desk.box.letters) == 4


def test_a_budget_whose_values_have_no_usage_was_not_taken_out(desk: Desk) -> None:
    teams = Budget("Teams", Fraction(900), each="team")
    add(desk.store, desk.configuration, teams, desk.now, "Ann")
    desk.seen = [replace(situation(BURN, value="red"), budget=teams)]
    desk.tick()
    desk.seen = []
    assert [each.move for each in desk.tick(15 * MINUTE).transitions] == ["ended"]
    assert len(desk.box.letters) == 1


def test_a_failed_send_loses_nothing_and_repeats_under_its_id(desk: Desk) -> None:
    desk.tick()
    desk.seen = []
    desk.box.busy = 1
    assert [each.state for each, _ in desk.tick(15 * MINUTE).delivered.settled] == ["waiting"]
    kept = desk.store.alerts().deliveries()[0].message_id
    desk.tick(15 * MINUTE)
    assert desk.box.ids()[1:] == [f"<{kept}>"]


def test_an_alert_of_an_older_store_is_told_to_whom_its_budget_names_now(desk: Desk) -> None:
    desk.tick()
    book = desk.store.alerts().book()
    old = replace(alert_state(book.alerts[0]), told_to=None)
    assert desk.store.alerts().record(book.serial, Recording(book.pulse, [stored_alert(old)]))
    desk.seen = []
    desk.tick(15 * MINUTE)
    assert len(desk.box.to(ANN)) == 2


def test_programs_hear_of_it_so_that_a_paused_key_is_let_go(desk: Desk) -> None:
    with receiver() as programs:
        hook = replace(programs.webhook, name="gateway")
        desk.configuration = replace(desk.configuration, mail=None, webhooks=(hook,))
        desk.tick()
        desk.seen = [situation()]
        desk.tick(15 * MINUTE)
        assert [json.loads(body)["event"] for _, body in programs.posts] == ["fired", "removed"]


def test_a_store_from_before_keeps_its_alerts(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{path}' AS s")
        for step in MIGRATIONS[:6]:
            connection.execute(step)
        connection.execute("UPDATE s.state SET schema_version = 6")
        connection.execute(
            "INSERT INTO s.alert_states (alert, budget, value, rule, level, firing, ended, "
            "severity, edge, since, finding, snoozed) VALUES ('a', 'Search', '', 'fast', '', "
            "true, false, 'critical', 1, TIMESTAMP '2026-11-20 12:00', ?, false)",
            [finding_text(BURN)],
        )
    (row,) = Store(path).alerts().book().alerts
    assert alert_state(row).told_to is None
    assert alert_state(row).finding == BURN
