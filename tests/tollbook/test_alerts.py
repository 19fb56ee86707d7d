"""``tollbook alerts``: one look, what it says, and what it sends through a real mail server."""

from __future__ import annotations

import os
import signal
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.store import Store
from tests.alerts.letterbox import Letterbox, open_letterbox
from tests.tollbook.test_serving import free_port, serving
from tests.tollbook.usage import NOW
from tollbook import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.tollbook.calling import Tollbook

ANN = "ann@example.com"
EARLY = ("--now", "2026-11-10 12:00 UTC")
LATER = ("--now", "2026-11-20 12:15 UTC")
SPENT = "{name: Search, amount: 1100, starts: 2026-10-21}"
"""The guide's month began on 21 October and costs $1,188: 108% of this."""
ENDS = ["Search/end of gpt-4.1-mini/90 days", "Search/end of gpt-4.1/90 days"]
"""Both models of the guide end on 14 January, 55 days ahead: notices."""


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


@pytest.fixture
def write(home: Path, box: Letterbox) -> Callable[[str], None]:
    """Put a budget into tollbook.yaml, in place of the one that stood there."""
    assert box.letters == []
    mail = (home / "tollbook.yaml").read_text(encoding="utf-8")

    def written(budget: str) -> None:
        (home / "tollbook.yaml").write_text(f"{mail}budgets: [{budget}]\n", encoding="utf-8")

    return written


@pytest.fixture
def broken(guide: Tollbook, home: Path) -> Store:
    """A store in which a budget cannot be read, so that every look fails."""
    assert guide("doctor").code == 0
    store = Store(home / "tollbook.duckdb")
    store.add_budget("Broken", "{amount: none}", datetime(2026, 11, 1, tzinfo=UTC), "Ann")
    return store


def test_a_look_tells_what_fires_and_mails_it_once(
    guide: Tollbook, box: Letterbox, write: Callable[[str], None]
) -> None:
    write(SPENT)
    ran = guide(*NOW, "alerts", "check")
    assert ran.code == 3
    assert "Search/amount/100%" in ran.out
    assert "1 message sent." in ran.out
    assert "1 alert firing: Search/amount/100%" in ran.err
    again = guide(*LATER, "alerts", "check", "--json")
    assert again.code == 3
    answer = again.answer
    assert answer["transitions"] == []
    assert sorted(each["key"] for each in answer["firing"]) == ["Search/amount/100%", *ENDS]
    assert answer["budgets"][0]["left"] == "-88.00"
    assert len(box.letters) == 1


@pytest.mark.parametrize(
    ("budget", "fires"),
    [
        ("{name: Search, amount: 10000, starts: 2026-10-21, levels: [{actual: 11.8%}]}", True),
        ("{name: Search, amount: 10000, starts: 2026-10-21, levels: [{actual: 11.9%}]}", False),
    ],
)
def test_a_notice_or_nothing_is_exit_code_0(
    guide: Tollbook, write: Callable[[str], None], budget: str, fires: bool
) -> None:
    write(budget)
    ran = guide(*NOW, "alerts", "check", "--json")
    assert ran.code == 0
    assert ("Search/actual/11.8%" in {each["key"] for each in ran.answer["firing"]}) == fires


def test_a_level_taken_out_of_the_file_ends_and_says_so(
    guide: Tollbook, box: Letterbox, write: Callable[[str], None]
) -> None:
    write(f"{SPENT[:-1]}, levels: [{{actual: 80%}}, {{actual: 100%}}]}}")
    assert guide(*NOW, "alerts", "check").code == 3
    write(f"{SPENT[:-1]}, levels: [{{actual: 80%}}]}}")
    answer = guide(*LATER, "alerts", "check", "--json").answer
    assert [(each["key"], each["move"]) for each in answer["transitions"]] == [
        ("Search/actual/100%", "removed")
    ]
    subject = str(box.to(ANN)[1]["Subject"])
    assert subject == "Search: the rule actual 100% was removed, $1,188 of $1,100 (108%)"
    write("{name: Other, amount: 5000}")
    moves = guide(*LATER, "alerts", "check", "--json").answer["transitions"]
    gone = [each["key"] for each in moves if each["move"] == "removed"]
    assert sorted(gone) == ["Search/actual/80%", *ENDS]


def test_a_dry_run_says_who_would_get_what(
    guide: Tollbook, box: Letterbox, write: Callable[[str], None]
) -> None:
    write(SPENT)
    ran = guide(*NOW, "alerts", "check", "--dry-run")
    said = "108% of the month's budget is spent, $1,188 of $1,100 (108%)"
    assert f"Would send to {ANN}: Search: {said}" in " ".join(ran.out.split())
    assert box.letters == []
    assert "never looked at" in guide("alerts", "log").out


def test_a_look_that_fails_is_mailed_and_exit_code_1(
    guide: Tollbook, box: Letterbox, broken: Store
) -> None:
    assert broken.budget_versions()
    ran = guide(*NOW, "alerts", "check")
    assert ran.code == 1
    assert "budgets could not be looked at" in ran.err
    assert "budget Broken" in ran.err
    assert len(box.letters) == 1
    assert guide(*NOW, "doctor").code == 1


def test_what_is_acknowledged_and_snoozed_is_shown_so(
    guide: Tollbook, box: Letterbox, write: Callable[[str], None]
) -> None:
    levels = "[{actual: 50%, severity: warning}, {actual: 100%}]"
    write(f"{SPENT[:-1]}, levels: {levels}}}")
    assert guide(*EARLY, "alerts", "check").code == 3, "20 days cost $792, 72%"
    ran = guide(*EARLY, "alerts", "acknowledge", "Search", "--by", "Ann")
    assert "acknowledged by Ann" in ran.out
    assert guide(*EARLY, "alerts", "check").code == 3
    ran = guide(*EARLY, "alerts", "snooze", "Search/actual/50%", "--for", "20d", "--json")
    assert ran.answer["alerts"][0]["snoozed_until"] == "2026-11-30T12:00:00+00:00"
    assert guide(*EARLY, "alerts", "check").code == 0
    ran = guide(*NOW, "alerts", "check")
    assert ran.code == 3, "the next level is not snoozed"
    assert "1 alert firing: Search/actual/100%" in ran.err
    assert len(box.letters) == 2


def test_a_name_that_nothing_firing_has_is_refused_with_those_that_fire(
    guide: Tollbook, write: Callable[[str], None]
) -> None:
    write(SPENT)
    guide(*NOW, "alerts", "check")
    ran = guide("alerts", "acknowledge", "Sarch")
    assert ran.code == 2
    assert "Search/amount/100%" in ran.err


def test_the_log_shows_changes_mails_and_the_last_look(
    guide: Tollbook, box: Letterbox, write: Callable[[str], None]
) -> None:
    write(SPENT)
    box.refused = {ANN}
    guide(*NOW, "alerts", "check")
    ran = guide("alerts", "log")
    assert "last looked at 2026-11-20 12:00 UTC" in ran.out
    assert "550 no such mailbox" in ran.out
    answer = guide("alerts", "log", "--json").answer
    assert [each["move"] for each in answer["transitions"]] == ["fired"] * 3
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
    guide: Tollbook,
    box: Letterbox,
    write: Callable[[str], None],
    broken: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write(SPENT)
    waits = []

    def wait(_stopped: object, seconds: float) -> None:
        assert seconds == 300
        waits.append(len(box.letters))
        if len(waits) == 1:
            broken.change_budget("Broken", None, datetime(2026, 11, 20, tzinfo=UTC), "Ann")
        if len(waits) == 3:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(clock, "wait", wait)
    ran = guide(*NOW, "alerts", "run", "--every", "5m")
    assert ran.code == 0
    assert waits == [1, 3, 3], "it failed; it is over, and the budget's own; nothing new"
    assert "Search/amount/100%: fired" in ran.err


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
