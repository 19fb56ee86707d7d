"""Which mail goes out now, which in the morning, and which never."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.letters import bundled
from alerts.states import AlertState, Snooze, step
from alerts.telling import is_quiet_at, last_due, telling_of
from ingest.settings import Digest, QuietHours
from tests.alerts.seen import HOUR, NOON, finding, look

if TYPE_CHECKING:
    from alerts.states import Look
    from alerts.transition import AlertKey, Transition
    from costmodel.burn.finding import Finding, Reading, Severity

BERLIN = QuietHours(time(22), time(7), "Europe/Berlin")


class Night:
    """Looks one after another, and what is mailed of them."""

    def __init__(self) -> None:
        self.states: dict[AlertKey, AlertState] = {}
        self.held: tuple[Transition, ...] = ()
        self.all: list[Transition] = []
        self.mailed: list[Transition] = []
        self._hour = 0

    def look(self, seen: Look, *, quiet: bool = False) -> list[str]:
        """Look once; return severity and move of what is mailed."""
        self._hour += 1
        found = step(self.states, [seen], NOON + self._hour * HOUR)
        self.states = dict(found.states)
        telling = telling_of(
            (*self.held, *found.transitions), self.states, found.silent, is_quiet=quiet
        )
        assert len(bundled(telling.told)) <= 1
        self.held = telling.held
        self.all += found.transitions
        self.mailed += telling.told
        return [f"{each.severity} {each.move}" for each in telling.told]


@pytest.fixture
def night() -> Night:
    """A budget before its first look."""
    return Night()


def burn(reading: Reading = "firing", severity: Severity = "warning", rule: str = "6h") -> Look:
    return look(finding(rule, reading, severity))


def test_by_day_everything_is_mailed_at_once(night: Night) -> None:
    assert night.look(burn()) == ["warning fired"]
    assert night.look(burn(severity="critical")) == ["critical escalated"]
    assert night.look(burn("clear")) == ["critical recovered"]


def test_at_night_a_warning_waits_for_the_morning_and_critical_passes(night: Night) -> None:
    assert night.look(burn(), quiet=True) == []
    assert night.look(burn(), quiet=True) == []
    assert night.look(burn()) == ["warning fired"]
    assert night.look(burn()) == []
    assert night.look(burn(severity="critical"), quiet=True) == ["critical escalated"]


def test_what_recovers_before_the_morning_is_not_mailed(night: Night) -> None:
    night.look(burn(), quiet=True)
    night.look(burn("clear"), quiet=True)
    assert night.look(burn("clear")) == []
    assert [each.move for each in night.all] == ["fired", "recovered"], "the digest tells it"


def test_what_recovers_at_night_after_it_was_told_is_told_in_the_morning(night: Night) -> None:
    night.look(burn())
    assert night.look(burn("clear"), quiet=True) == []
    assert night.look(burn("clear")) == ["warning recovered"]


def test_of_what_flaps_at_night_the_morning_tells_how_it_stands(night: Night) -> None:
    night.look(burn())
    night.look(burn("clear"), quiet=True)
    night.look(burn(), quiet=True)
    assert night.look(burn()) == ["warning fired"]
    night.look(burn("clear"), quiet=True)
    night.look(burn(), quiet=True)
    night.look(burn("clear"), quiet=True)
    assert night.look(burn("clear")) == ["warning recovered"]


def test_the_pace_is_told_to_be_right_again_once_for_all_its_rules(night: Night) -> None:
    fast, slow = finding("1h", severity="critical"), finding("change", kind="change")
    night.look(look(fast, slow))
    assert night.look(look(replace(fast, reading="clear"), slow)) == []
    clear = look(replace(fast, reading="clear"), replace(slow, reading="clear"))
    assert night.look(clear) == ["critical recovered", "warning recovered"]


def test_a_share_that_is_spent_does_not_hold_the_pace_back(night: Night) -> None:
    share = finding("actual", kind="actual", level="80%")
    night.look(look(share, finding()))
    assert night.look(look(share, finding(reading="clear"))) == ["warning recovered"]


def test_the_worst_of_a_bundle_comes_first() -> None:
    def share(level: str, severity: Severity) -> Finding:
        return finding("actual", severity=severity, kind="actual", level=level)

    levels = [share("50%", "notice"), share("80%", "warning"), share("99%", "critical")]
    found = step({}, [look(*levels)], NOON)
    telling = telling_of(found.transitions, found.states, (), is_quiet=False)
    assert [[each.key.level for each in some] for some in bundled(telling.told)] == [
        ["99%", "80%", "50%"]
    ]


def test_each_budget_and_value_has_a_mail_of_its_own() -> None:
    looks = [look(finding(), budget=name, value=value) for name in "AB" for value in "xy"]
    found = step({}, looks, NOON)
    telling = telling_of(found.transitions, found.states, (), is_quiet=False)
    assert len(bundled(telling.told)) == 4


def test_the_end_of_a_period_is_no_mail(night: Night) -> None:
    night.look(burn())
    assert night.look(look()) == []
    assert [each.move for each in night.all] == ["fired", "ended"]


def without(rule: str, *findings: Finding) -> Look:
    lines = frozenset((each.rule, each.level) for each in findings)
    return replace(look(*findings), lines=lines, unsure=frozenset({rule}))


def test_a_rule_that_was_taken_out_is_told_once(night: Night) -> None:
    night.look(burn())
    assert night.look(without("6h")) == ["warning removed"]
    assert night.look(without("6h")) == []


def test_a_rule_taken_out_before_anybody_heard_of_it_is_not_told(night: Night) -> None:
    night.look(burn(), quiet=True)
    assert night.look(without("6h"), quiet=True) == []
    assert night.look(without("6h")) == []


def test_where_a_rule_was_taken_out_the_pace_is_not_told_to_be_right_again(night: Night) -> None:
    fast, slow = finding("1h"), finding("change", kind="change")
    night.look(look(fast, slow))
    calm = replace(fast, reading="clear")
    assert night.look(look(calm, slow)) == [], "it waits for the other rule"
    assert night.look(without("change", calm)) == ["warning removed"]
    assert night.look(without("change", calm)) == []


def test_a_snooze_is_kept(night: Night) -> None:
    night.look(burn())
    (key,) = night.states
    night.states[key] = replace(night.states[key], snooze=Snooze(None))
    assert night.look(burn("clear")) == []


@given(st.lists(st.tuples(st.sampled_from(["firing", "between", "clear"]), st.booleans())))
def test_who_reads_the_mails_knows_by_day_whether_it_fires(
    looks: list[tuple[Reading, bool]],
) -> None:
    night = Night()
    for reading, quiet in looks:
        night.look(burn(reading), quiet=quiet)
        if not quiet:
            fires = any(each.firing for each in night.states.values())
            believed = bool(night.mailed) and night.mailed[-1].move == "fired"
            assert believed == fires
            assert night.held == ()
    names = [each.transition_id for each in night.mailed]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("moment", "quiet"),
    [
        ("2026-11-20 20:59", False),
        ("2026-11-20 21:00", True),
        ("2026-11-21 05:59", True),
        ("2026-11-21 06:00", False),
        ("2026-10-25 00:30", True),
        ("2026-10-25 01:30", True),
        ("2026-03-29 01:30", True),
        ("2026-07-01 19:59", False),
        ("2026-07-01 20:00", True),
    ],
)
def test_quiet_hours_are_those_of_the_wall_clock(moment: str, quiet: bool) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert is_quiet_at(now, BERLIN, "UTC") is quiet
    assert is_quiet_at(now, None, "UTC") is False


def test_quiet_hours_within_a_day_in_the_reporting_zone() -> None:
    noon = QuietHours(time(12), time(13))
    assert is_quiet_at(NOON, noon, "UTC")
    assert not is_quiet_at(NOON, noon, "Asia/Kolkata")
    assert is_quiet_at(NOON.replace(hour=6, minute=30), noon, "Asia/Kolkata")


@pytest.mark.parametrize(
    ("every", "moment", "due"),
    [
        ("daily", "2026-11-20 06:59", "2026-11-19 07:00"),
        ("daily", "2026-11-20 07:00", "2026-11-20 07:00"),
        ("weekly", "2026-11-23 06:59", "2026-11-16 07:00"),
        ("weekly", "2026-11-23 07:00", "2026-11-23 07:00"),
        ("weekly", "2026-11-29 23:30", "2026-11-23 07:00"),
        ("daily", "2026-10-25 07:30", "2026-10-25 07:00"),
        ("daily", "2026-10-24 06:30", "2026-10-24 06:00"),
    ],
)
def test_a_summary_is_due_at_its_hour_in_the_reporting_zone(
    every: str, moment: str, due: str
) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    digest = Digest("weekly" if every == "weekly" else "daily", 8)
    found = last_due(digest, now, "Europe/Berlin")
    assert found.astimezone(UTC).isoformat(" ", "minutes") == f"{due}+00:00"
