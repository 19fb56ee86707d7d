from __future__ import annotations

from fractions import Fraction
from html.parser import HTMLParser

import pytest

from alerts import message as messages
from alerts.message import alert_message, digest_message, heartbeat_message
from costmodel.forecast import NotForecastable
from tests.alerts.letters import NOW, situation, transition

LINK = "http://127.0.0.1:8050/budgets?budget=All+models"


class Words(HTMLParser):
    """Collects what a reader sees, and the shares of the bar."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.widths: list[int] = []
        self._hidden = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden = self._hidden or tag in {"style", "title"}
        width = dict(attrs).get("width") or ""
        if tag == "td" and width.endswith("%"):
            self.widths.append(int(width[:-1]))

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "title"}:
            self._hidden = False

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.words.append(" ".join(data.split()))


def test_the_subject_is_verdict_and_number() -> None:
    message = alert_message(situation(), [transition()], NOW, LINK)
    assert message.subject == (
        "All models: spending moved to 2.4x about 14 hours ago, $841 of $1,200 (70%)"
    )


def test_the_worst_edge_speaks_first_and_a_recovery_last() -> None:
    mild = transition("Spending 1.5x plan over the last 3 days", "warning", edge=2)
    calm = transition("Spending 3x plan over the last hour", move="recovered", edge=3)
    both = alert_message(situation(), [mild, calm, transition()], NOW, None)
    assert "moved to 2.4x" in both.subject
    assert "Recovered: Spending 3x plan over the last hour" in both.text
    assert "back to normal" in alert_message(situation(), [calm], NOW, None).subject


def test_text_and_page_say_the_same() -> None:
    message = alert_message(situation(at_least=True), [transition()], NOW, LINK)
    page = " ".join(Words(message.html).words)
    for said in (
        "at least $841 of $1,200 (70%)",
        "The period heads for at least $1,291 (likely $1,221 to $1,391)",
        "lately such a forecast was off by 6%.",
        "Used up about 27 Nov (likely 25 Nov to 29 Nov).",
        "(since 19 Nov 2026 22:00 CET)",
        "Search: 2.1x its usual requests",
        "Data until 20 Nov 2026 12:45 CET, 17 minutes old.",
        "You get this mail because the budget 'All models' names you",
    ):
        assert said in message.text
        assert said in page
    assert LINK in message.text
    assert f'href="{LINK}"' in message.html


@pytest.mark.parametrize(
    ("spent", "expected", "widths"),
    [
        ("600", 900.0, [50, 25, 25]),
        ("600", 1200.0, [50, 50]),
        ("600", 1500.0, [40, 40, 20]),
        ("1500", 1500.0, [80, 20]),
        ("0", 0.0, [100]),
    ],
)
def test_the_bar_is_whole_and_shows_what_lies_beyond(
    spent: str, expected: float, widths: list[int]
) -> None:
    from dataclasses import replace

    from tests.alerts.letters import FORECAST

    ahead = replace(FORECAST, expected=expected)
    seen = situation(spent=Fraction(spent), ahead=ahead)
    assert Words(alert_message(seen, [transition()], NOW, None).html).widths == widths


def test_names_from_logs_are_text_and_no_markup() -> None:
    hostile = situation('<img src=x onerror="alert(1)">\r\nBcc: all@example.com')
    message = alert_message(hostile, [transition()], NOW, LINK)
    assert "<img src=x" not in message.html
    assert "\n" not in message.subject
    assert "\r" not in message.subject


def test_without_a_forecast_the_reason_stands_and_no_picture_without_days() -> None:
    seen = situation(ahead=NotForecastable("3 complete days of usage are too few"), days=())
    message = alert_message(seen, [transition()], NOW, None)
    assert "No forecast: 3 complete days of usage are too few." in message.text
    assert "cid:" not in message.html
    assert message.images == ()


def test_the_picture_is_a_png_that_the_page_shows_with_its_words() -> None:
    message = alert_message(situation(), [transition()], NOW, None)
    assert message.images[0].png.startswith(b"\x89PNG")
    assert 'src="cid:spend"' in message.html
    assert 'alt="Spent so far $841, planned by now $760; heads for $1,291' in message.html


def test_a_summary_counts_what_is_off_plan() -> None:
    calm = situation("Search", state="ok")
    both = digest_message([situation(), calm], [transition()], NOW, LINK, "daily")
    assert both.subject == "Tollbook, daily summary: 1 of 2 budgets off plan"
    assert "Search: all is well" in both.text
    assert "20 Nov 11:45: All models: spending moved to 2.4x" in both.text
    assert digest_message([calm], [], NOW, None, "weekly").subject == (
        "Tollbook, weekly summary: 1 budget, all is well"
    )


def test_proofs_of_life() -> None:
    assert "This is a test" in messages.test_message(NOW).text
    assert (
        "All models: act now, $841 of $1,200 (70%)." in heartbeat_message([situation()], NOW).text
    )
