"""``tollbook alerts``: one look, what it says, and what it sends through a real mail server."""

from __future__ import annotations

import os
import signal
import sys
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from tests.alerts.letterbox import Letterbox, open_letterbox
from tests.alerts.seen import calm, finding, situation
from tests.tollbook.test_serving import free_port, serving
from tests.tollbook.usage import NOW
from tollbook import clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from alerts.situation import Situation
    from tests.tollbook.calling import Tollbook

ANN = "ann@example.com"
LATER = ("--now", "2026-11-20 12:15 UTC")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Situation]:
    """What the next look finds."""
    found = [situation(finding())]
    fake = SimpleNamespace(situations=lambda *_: tuple(found))
    monkeypatch.setitem(sys.modules, "alerts.evaluation", fake)
    return found


@pytest.fixture
def box(home: Path) -> Iterator[Letterbox]:
    """A mail server that tollbook.yaml names."""
    port, box = free_port(), Letterbox()
    (home / "tollbook.yaml").write_text(
        f"mail: {{host: 127.0.0.1, port: {port}, security: none, "
        f"sender: tollbook@example.com, to: [{ANN}]}}\n",
        encoding="utf-8",
    )
    server = open_letterbox(box, port)
    yield box
    server.stop()


def test_a_look_tells_what_fires_and_mails_it_once(
    guide: Tollbook, box: Letterbox, seen: list[Situation]
) -> None:
    assert seen
    ran = guide(*NOW, "alerts", "check")
    assert ran.code == 3
    assert "Search/burn 6h" in ran.out
    assert "1 message sent." in ran.out
    assert "1 alert firing: Search/burn 6h" in ran.err
    again = guide(*LATER, "alerts", "check", "--json")
    assert again.code == 3
    answer = again.answer
    assert answer["transitions"] == []
    assert [each["key"] for each in answer["firing"]] == ["Search/burn 6h"]
    assert answer["budgets"][0]["left"] == "260.00"
    assert len(box.letters) == 1


@pytest.mark.parametrize("severity", ["notice", None])
def test_a_notice_or_nothing_is_exit_code_0(
    guide: Tollbook, box: Letterbox, seen: list[Situation], severity: str | None
) -> None:
    assert box.letters == []
    seen[:] = [situation(finding(severity="notice") if severity else calm(finding()))]
    assert guide(*NOW, "alerts", "check").code == 0


def test_a_dry_run_says_who_would_get_what(
    guide: Tollbook, box: Letterbox, seen: list[Situation]
) -> None:
    assert seen
    ran = guide(*NOW, "alerts", "check", "--dry-run")
    assert f"Would send to {ANN}: Search: spending is 4.6x plan" in ran.out
    assert box.letters == []
    assert "never looked at" in guide("alerts", "log").out


def test_a_look_that_fails_is_mailed_and_exit_code_1(
    guide: Tollbook, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("a price without a date")

    monkeypatch.setitem(sys.modules, "alerts.evaluation", SimpleNamespace(situations=broken))
    ran = guide(*NOW, "alerts", "check")
    assert ran.code == 1
    assert "a price without a date" in ran.err
    assert len(box.letters) == 1
    assert guide(*NOW, "doctor").code == 1


def test_what_is_acknowledged_and_snoozed_is_shown_so(
    guide: Tollbook, box: Letterbox, seen: list[Situation]
) -> None:
    guide(*NOW, "alerts", "check")
    ran = guide(*NOW, "alerts", "acknowledge", "Search", "--by", "Ann")
    assert "acknowledged by Ann" in ran.out
    assert guide(*NOW, "alerts", "check").code == 3
    ran = guide(*NOW, "alerts", "snooze", "Search/burn 6h", "--for", "8h", "--json")
    assert ran.answer["alerts"][0]["snoozed_until"] == "2026-11-20T20:00:00+00:00"
    assert guide(*NOW, "alerts", "check").code == 0
    seen[:] = [situation(finding(severity="critical"))]
    assert guide(*LATER, "alerts", "check").code == 3
    assert len(box.letters) == 2


def test_a_name_that_nothing_firing_has_is_refused_with_those_that_fire(
    guide: Tollbook, box: Letterbox, seen: list[Situation]
) -> None:
    assert seen
    assert box.letters == []
    guide(*NOW, "alerts", "check")
    ran = guide("alerts", "acknowledge", "Sarch")
    assert ran.code == 2
    assert "Search/burn 6h" in ran.err


def test_the_log_shows_changes_mails_and_the_last_look(
    guide: Tollbook, box: Letterbox, seen: list[Situation]
) -> None:
    assert seen
    box.refused = {ANN}
    guide(*NOW, "alerts", "check")
    ran = guide("alerts", "log")
    assert "last looked at 2026-11-20 12:00 UTC" in ran.out
    assert "550 no such mailbox" in ran.out
    answer = guide("alerts", "log", "--json").answer
    assert [each["move"] for each in answer["transitions"]] == ["fired"]
    assert [(each["to"], each["state"]) for each in answer["deliveries"]] == [(ANN, "failed")]
    assert "did not arrive" in guide(*NOW, "doctor").out


def test_a_test_mail_arrives_or_says_why_not(guide: Tollbook, box: Letterbox) -> None:
    assert guide(*NOW, "alerts", "test-mail", ANN).code == 0
    assert [str(each["Subject"]) for each in box.to(ANN)] == ["Tollbook can reach you"]
    box.refused = {"ben@example.com"}
    ran = guide("alerts", "test-mail", "ben@example.com")
    assert ran.code == 1
    assert "550 no such mailbox" in ran.err


def test_without_a_mail_server_a_test_mail_is_refused(guide: Tollbook) -> None:
    ran = guide("alerts", "test-mail", ANN)
    assert ran.code == 2
    assert "names no mail server" in ran.err


def test_a_loop_goes_on_after_a_failure_until_it_is_stopped(
    guide: Tollbook, box: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = []

    def situations(*_: object) -> tuple[Situation, ...]:
        looks.append(1)
        if len(looks) == 1:
            raise ValueError("not yet")
        return (situation(finding()),)

    def wait(_stopped: object, seconds: float) -> None:
        assert seconds == 300
        if len(looks) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setitem(sys.modules, "alerts.evaluation", SimpleNamespace(situations=situations))
    monkeypatch.setattr(clock, "wait", wait)
    ran = guide("alerts", "run", "--every", "5m")
    assert ran.code == 0
    assert len(looks) == 3
    assert "Search/burn 6h: fired" in ran.err
    assert len(box.letters) == 3, "it failed, it is over, and the budget's own"


def test_beside_the_dashboard_budgets_are_looked_at_too(
    guide: Tollbook, box: Letterbox, home: Path
) -> None:
    """The real rules on real usage: the guide's month costs $1,188, so $20 are spent."""
    assert guide("doctor").code == 0
    settings = home / "tollbook.yaml"
    budget = "budgets: [{name: Small, amount: 20, starts: 2026-10-21}]\n"
    settings.write_text(settings.read_text(encoding="utf-8") + budget, encoding="utf-8")
    moment = ("--now", "2026-11-20 00:00 UTC")
    with serving(*moment, "serve", "--alerts", "--port", str(free_port())) as (process, _):
        give_up_at = time.monotonic() + 60
        while not box.letters and process.poll() is None:
            assert time.monotonic() < give_up_at
            time.sleep(0.1)
    assert str(box.letters[0][1]["Subject"]).startswith("Small: ")
    assert guide(*moment, "alerts", "check").code == 3
    assert len(box.letters) == 1, "one look had told it, and the other one knows"
