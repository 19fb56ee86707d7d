"""From a verdict to a mail, through a real mail server and every fault it may have."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import time as clock_time
from typing import TYPE_CHECKING

import pytest

from alerts import mail, outgoing
from alerts.records import alert_state, stored_alert
from alerts.states import Snooze
from alerts.tick import Tick, tick
from ingest.configuration import Configuration
from ingest.errors import StoreBusyError
from ingest.settings import Digest, Mail, QuietHours, Webhook
from ingest.store import Store
from ingest.store.alert_records import Recording
from tests.alerts.desk import ANN, BEN, BURN, Desk
from tests.alerts.letterbox import Letterbox, Login, Mute, open_letterbox
from tests.alerts.seen import DAY, HOUR, MINUTE, NOON, calm, finding, situation
from tests.alerts.test_webhooks import receiver
from tests.tollbook.test_serving import free_port

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from alerts.situation import Situation


def test_an_edge_becomes_one_mail_and_the_next_look_none(desk: Desk) -> None:
    assert [each.move for each in desk.tick().transitions] == ["fired"]
    desk.tick(15 * MINUTE)
    assert [recipients for recipients, _ in desk.box.letters] == [[ANN]]
    assert desk.subjects()[0].startswith("Search: spending is 4.6x plan")
    assert desk.states() == ["sent"]
    (edge,), (sent,) = desk.store.alerts().transitions(), desk.store.alerts().deliveries()
    assert sent.bundle.partition(".")[0] == edge.transition_id, "pages find the mail by this"
    assert desk.steps[:6] == ["begun", "looked", "planned", "recorded", "claimed", "sent"]


def test_owners_with_an_address_and_who_hears_of_everything_get_one_mail_each(desk: Desk) -> None:
    desk.seen = [situation(BURN, owners=("finance", BEN, ANN))]
    desk.tick()
    assert sorted(who for recipients, _ in desk.box.letters for who in recipients) == [ANN, BEN]
    assert len(set(desk.box.ids())) == 2


def test_levels_that_fire_at_once_are_one_mail_and_all_recorded(desk: Desk) -> None:
    levels = [finding("actual", kind="actual", level=f"{each}%") for each in (50, 80, 100)]
    desk.seen = [situation(*levels)]
    assert len(desk.tick().transitions) == 3
    assert len(desk.box.letters) == 1
    assert len(desk.store.alerts().transitions()) == 3


def test_a_mail_server_that_is_down_for_an_hour_delays_and_loses_nothing(tmp_path: Path) -> None:
    port, box = free_port(), Letterbox()
    settings = Mail("127.0.0.1", "tollbook@example.com", port, "none", to=(ANN,))
    desk = Desk(Store(tmp_path / "s.duckdb"), Configuration(mail=settings), box)
    desk.tick()
    desk.seen = [situation(replace(BURN, severity="critical"))]
    for _ in range(3):
        desk.tick(15 * MINUTE)
    assert desk.states() == ["waiting", "waiting"]
    assert "does not answer" in desk.store.alerts().deliveries()[0].said
    server = open_letterbox(box, port)
    try:
        for _ in range(5):
            desk.tick(15 * MINUTE)
    finally:
        server.stop()
    assert desk.states() == ["sent", "sent"]
    assert len(box.ids()) == len(set(box.ids())) == 2


def test_a_line_cut_after_the_letter_was_taken_repeats_it_under_its_id(desk: Desk) -> None:
    desk.box.drop_after_data = 1
    desk.tick()
    assert desk.states() == ["waiting"]
    desk.tick(15 * MINUTE)
    assert desk.states() == ["sent"]
    first, second = desk.box.ids()
    assert first == second


def test_a_server_that_is_busy_gets_it_later(desk: Desk) -> None:
    desk.box.busy = 2
    desk.tick()
    desk.tick(15 * MINUTE)
    assert desk.states() == ["waiting"]
    desk.tick(15 * MINUTE)
    assert desk.states() == ["sent"]
    assert desk.store.alerts().deliveries()[0].tries == 3


def test_one_refused_recipient_keeps_no_other_one_waiting(desk: Desk) -> None:
    desk.mail(to=(ANN, BEN))
    desk.box.refused = {ANN}
    desk.tick()
    assert [recipients for recipients, _ in desk.box.letters] == [[BEN]]
    assert desk.states() == ["failed", "sent"]
    said = [each.said for each in desk.store.alerts().deliveries() if each.state == "failed"]
    assert said == ["127.0.0.1 refuses ann@example.com: 550 no such mailbox"]
    desk.tick(HOUR)
    assert len(desk.box.letters) == 1


def test_a_server_that_hangs_is_given_up_on_for_now(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SILENCE_SECONDS", 0.3)
    mute = Mute(free_port())
    desk.mail(port=mute.port, to=(ANN, BEN, "c@example.com"))
    assert desk.tick().delivered.count("waiting") == 2, "the third one is not tried in vain"
    mute.close()
    assert [each.tries for each in desk.store.alerts().deliveries()] == [0, 1, 1]


def test_after_five_days_a_mail_is_given_up_and_says_so(desk: Desk) -> None:
    desk.mail(port=free_port())
    desk.tick()
    desk.tick(5 * DAY)
    assert desk.states() == ["waiting"]
    desk.tick(2 * HOUR)
    assert desk.states() == ["failed"]
    assert desk.store.alerts().deliveries()[0].said.startswith("given up after 5 days")


def test_starttls_and_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = [
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        "-keyout", str(key), "-out", str(certificate), "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost",
    ]  # fmt: skip
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    port, box = free_port(), Letterbox()
    settings = Mail(
        "localhost", "tollbook@example.com", port, "starttls", user="tollbook", to=(ANN,)
    )
    server = open_letterbox(box, port, tls=context, login=Login("tollbook", "right"))
    desk = Desk(Store(tmp_path / "s.duckdb"), Configuration(mail=settings), box)
    try:
        desk.tick()
        assert "TOLLBOOK_MAIL_PASSWORD is not set" in desk.store.alerts().deliveries()[0].said
        desk.secrets["TOLLBOOK_MAIL_PASSWORD"] = "wrong"
        desk.tick(15 * MINUTE)
        assert "refuses the login of tollbook" in desk.store.alerts().deliveries()[0].said
        assert box.letters == []
        desk.secrets["TOLLBOOK_MAIL_PASSWORD"] = "right"
        desk.tick(15 * MINUTE)
        assert desk.states() == ["sent"]
    finally:
        server.stop()


def test_at_night_a_mail_waits_and_what_recovers_is_only_in_the_digest(desk: Desk) -> None:
    quiet = QuietHours(clock_time(22), clock_time(7))
    desk.mail(quiet_hours=quiet, digest=Digest("daily", 8))
    desk.now = NOON.replace(hour=21)
    desk.seen = [situation()]
    desk.tick()
    desk.seen = [situation(BURN)]
    desk.tick(2 * HOUR)
    desk.seen = [situation(calm(BURN))]
    desk.tick(HOUR)
    desk.tick(7 * HOUR)
    assert desk.box.letters == []
    desk.tick(2 * HOUR)
    assert len(desk.box.letters) == 1
    assert "daily summary" in desk.subjects()[0]
    desk.tick(HOUR)
    assert len(desk.box.letters) == 1, "a digest comes once"


def test_after_a_week_without_looks_there_is_one_mail_and_one_digest(desk: Desk) -> None:
    desk.mail(digest=Digest("daily", 8))
    desk.seen = [situation()]
    desk.tick()
    desk.seen = [situation(BURN)]
    desk.tick(7 * DAY)
    assert len(desk.box.letters) == 2


def test_many_budgets_at_once_are_one_mail_to_each(desk: Desk) -> None:
    desk.seen = [situation(BURN, name=f"Team {number}") for number in range(40)]
    assert len(desk.tick().transitions) == 40
    assert len(desk.box.letters) == 1
    assert "alert summary" in desk.subjects()[0]


def test_a_look_that_fails_is_an_alert_and_ends_when_looks_work_again(desk: Desk) -> None:
    def broken(_now: datetime) -> list[Situation]:
        raise ValueError("a price without a date")

    desk.tick()
    desk.now += 15 * MINUTE
    failed = tick(desk.house(), broken)
    assert failed.failure == "ValueError: a price without a date"
    assert {each.key.rule for each in failed.firing} == {"burn 6h", "evaluation"}
    assert "could not be looked at" in desk.subjects()[1]
    pulse = desk.store.alerts().book().pulse
    assert (pulse.looked_at, pulse.well_at) == (NOON + 15 * MINUTE, NOON)
    found = desk.tick(15 * MINUTE)
    assert [each.move for each in found.transitions] == ["recovered"]
    assert desk.store.alerts().book().pulse.failure == ""


def test_two_ticks_at_once_record_and_send_once(desk: Desk) -> None:
    desk.seen = [situation(BURN, name=f"Team {number}") for number in range(6)]
    together = threading.Barrier(2)

    def both() -> Tick:
        def evaluate(_now: datetime) -> list[Situation]:
            together.wait()
            return list(desk.seen)

        return tick(desk.house(), evaluate)

    with ThreadPoolExecutor(2) as pool:
        ticks = [each.result() for each in [pool.submit(both) for _ in range(2)]]
    assert sorted(len(each.transitions) for each in ticks) == [0, 6]
    assert len(desk.box.ids()) == len(set(desk.box.ids())) == 6
    assert desk.states() == ["sent"] * 6


def test_a_store_that_an_import_keeps_is_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = [6]
    real = Store._change

    def sometimes(store: Store) -> object:
        if taken[0]:
            taken[0] -= 1
            raise StoreBusyError("an import")
        return real(store)

    monkeypatch.setattr(Store, "_change", sometimes)
    desk.tick()
    assert taken == [0]
    assert desk.states() == ["sent"]


@pytest.mark.parametrize("jump", [-400 * DAY, -HOUR, 40 * DAY])
def test_a_clock_that_jumps_delays_nothing_for_long(desk: Desk, jump: object) -> None:
    desk.box.busy = 1
    desk.tick()
    desk.tick(jump)
    assert desk.states() == ["sent"]
    desk.now = NOON + HOUR
    desk.tick()
    assert len(desk.box.letters) == 1


def test_a_dry_run_sends_and_records_nothing(desk: Desk) -> None:
    found = tick(desk.house(), lambda _now: list(desk.seen), dry_run=True)
    assert [each.move for each in found.transitions] == ["fired"]
    assert desk.box.letters == []
    assert not desk.store.path.exists()


def test_a_snooze_set_at_night_keeps_the_morning_mail_back(desk: Desk) -> None:
    desk.mail(quiet_hours=QuietHours(clock_time(22), clock_time(7)))
    desk.now = NOON.replace(hour=23)
    desk.tick()
    book = desk.store.alerts().book()
    state = replace(alert_state(book.alerts[0]), snooze=Snooze(desk.now + 12 * HOUR))
    assert desk.store.alerts().record(book.serial, Recording(book.pulse, [stored_alert(state)]))
    desk.tick(10 * HOUR)
    assert desk.box.letters == []
    found = desk.tick(2 * HOUR)
    assert [each.move for each in found.transitions] == ["reminded"]
    assert len(desk.box.letters) == 1


def test_a_heartbeat_comes_at_its_hour_and_not_when_looks_fail(desk: Desk) -> None:
    def broken(_now: datetime) -> list[Situation]:
        raise ValueError("no prices")

    desk.mail(heartbeat=Digest("daily", 9))
    desk.seen = [situation(state="ok")]
    desk.tick()
    desk.now += 21 * HOUR - MINUTE
    desk.tick()
    assert desk.box.letters == []
    desk.now += MINUTE
    tick(desk.house(), broken)
    assert not any("is watching" in each for each in desk.subjects())
    desk.tick(MINUTE)
    desk.tick(MINUTE)
    assert sum("is watching" in each for each in desk.subjects()) == 1


def test_a_heartbeat_comes_to_webhooks_too_each_at_its_own_hour(desk: Desk) -> None:
    def broken(_now: datetime) -> list[Situation]:
        raise ValueError("no prices")

    with receiver() as programs, receiver() as chats:
        hooks = (
            replace(programs.webhook, name="gateway", heartbeat=Digest("daily", 9)),
            replace(chats.webhook, name="chat", shape="slack", heartbeat=Digest("daily", 10)),
        )
        desk.configuration = replace(desk.configuration, mail=None, webhooks=hooks)
        desk.seen = [situation(state="ok")]
        desk.tick()
        desk.tick(21 * HOUR - MINUTE)
        assert programs.posts == [], "it is a minute to nine"
        desk.now += MINUTE
        tick(desk.house(), broken)
        assert len(programs.posts) == 1, "the failure, and no heartbeat"
        programs.answer = 503
        desk.tick(MINUTE)
        programs.answer = 200
        desk.tick(2 * MINUTE)
        beats = [(headers, json.loads(body)) for headers, body in programs.posts]
        beats = [(headers, body) for headers, body in beats if body["event"] == "heartbeat"]
        assert len(beats) == 2, "it is tried again, and it is the same"
        assert beats[0][0]["X-Tollbook-Delivery"] == beats[1][0]["X-Tollbook-Delivery"]
        assert beats[0][1] == beats[1][1]
        (budget,) = beats[0][1]["budgets"]
        assert (budget["budget"], budget["state"], budget["left"]) == ("Search", "ok", "260.00")
        assert not any(b"is watching" in body for _, body in chats.posts)
        desk.tick(HOUR)
        said = [json.loads(body)["text"] for _, body in chats.posts]
        assert said.count("Tollbook is watching: 1 budget looked at") == 1
        desk.tick(HOUR)
        assert sum(b"heartbeat" in body for _, body in programs.posts) == 2


def test_programs_get_every_edge_and_chats_only_what_people_shall_hear(desk: Desk) -> None:
    with receiver() as programs, receiver() as chats:
        hooks = (
            replace(programs.webhook, name="gateway"),
            replace(chats.webhook, name="chat", shape="slack"),
        )
        desk.configuration = replace(desk.configuration, mail=None, webhooks=hooks)
        share = finding("amount", kind="actual", level="100%")
        desk.seen = [situation(share)]
        desk.tick()
        desk.seen = [situation()]
        found = desk.tick(15 * MINUTE)
        assert [each.move for each in found.transitions] == ["ended"]
        bodies = [json.loads(body) for _, body in programs.posts]
        assert [each["event"] for each in bodies] == ["fired", "ended"]
        assert (bodies[0]["limit"], bodies[0]["spent"], bodies[0]["left"]) == (
            "900.00", "640.00", "260.00",
        )  # fmt: skip
        assert len(chats.posts) == 1
    names = [headers["X-Tollbook-Delivery"] for headers, _ in programs.posts]
    assert names == [each["id"] for each in bodies]


def test_a_webhook_that_is_busy_is_tried_again_and_one_that_refuses_is_not(desk: Desk) -> None:
    with receiver() as programs:
        desk.configuration = replace(desk.configuration, mail=None, webhooks=(programs.webhook,))
        programs.answer = 503
        desk.tick()
        assert desk.states() == ["waiting"]
        programs.answer = 400
        desk.tick(15 * MINUTE)
        assert desk.states() == ["failed"]
        desk.tick(HOUR)
        names = {headers["X-Tollbook-Delivery"] for headers, _ in programs.posts}
    assert len(programs.posts) == 2
    assert len(names) == 1


def test_a_webhook_that_tollbook_yaml_no_longer_has_is_given_up(desk: Desk) -> None:
    hook = Webhook("gone", f"http://127.0.0.1:{free_port()}/")
    desk.configuration = replace(desk.configuration, mail=None, webhooks=(hook,))
    desk.tick()
    desk.configuration = replace(desk.configuration, webhooks=())
    desk.tick(15 * MINUTE)
    assert desk.states() == ["failed"]
    assert "no webhook 'gone'" in desk.store.alerts().deliveries()[0].said


def test_a_mail_that_cannot_be_drawn_goes_out_as_plain_text(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("no fonts")

    monkeypatch.setattr(outgoing, "alert_message", broken)
    desk.tick()
    assert desk.subjects() == ["Search: Spending is 4.6x plan"]
