"""Edges of alerts: each once, none lost, whatever the clock does."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.states import Acknowledgement, AlertState, Look, Snooze, Step, alert_id, look_of, step
from alerts.transition import AlertKey, Transition
from costmodel.burn.finding import SEVERITIES, Finding
from tests.alerts.seen import DAY, DECEMBER, HOUR, JANUARY, NOON, NOVEMBER, finding, look, situation

KEY = AlertKey("Search", "", "burn 6h", "", NOVEMBER)


def walk(*looks: Look | None) -> tuple[dict[AlertKey, AlertState], list[tuple[str, str]]]:
    """Look once an hour, None where the budget is gone; return states, and rule and move each."""
    states: dict[AlertKey, AlertState] = {}
    told: list[tuple[str, str]] = []
    for hour, each in enumerate(looks):
        found = step(states, [] if each is None else [each], NOON + hour * HOUR)
        states = dict(found.states)
        told += [(t.key.rule, t.move) for t in found.transitions]
    return states, told


def moves(*looks: Look | None) -> list[str]:
    return [move for _, move in walk(*looks)[1]]


FIRING, BETWEEN, CLEAR = (finding(reading=each) for each in ("firing", "between", "clear"))


def test_what_is_calm_has_no_state() -> None:
    assert walk(look(CLEAR), look(BETWEEN), look(CLEAR)) == ({}, [])


def test_it_fires_once_and_recovers_only_below_the_lower_line() -> None:
    walked = moves(
        look(FIRING), look(FIRING), look(BETWEEN), look(FIRING), look(CLEAR), look(CLEAR)
    )
    assert walked == ["fired", "recovered"]


def test_edges_are_numbered_and_named_by_their_alert() -> None:
    states, _ = walk(look(FIRING), look(CLEAR), look(FIRING))
    found = step(states, [look(CLEAR)], NOON).transitions[0]
    assert (found.edge, found.transition_id) == (4, f"{alert_id(KEY)}-4")
    assert len({alert_id(replace(KEY, rule=rule)) for rule in ("a", "b")}) == 2


def test_a_higher_level_is_told_although_a_lower_one_fires() -> None:
    low = finding("actual", kind="actual", level="80%", severity="notice")
    high = replace(low, level="100%", severity="critical")
    _, told = walk(look(low), look(low, high))
    assert told == [("actual", "fired"), ("actual", "fired")]


def test_a_higher_severity_of_one_level_escalates_once_and_does_not_flap() -> None:
    worse = replace(FIRING, severity="critical")
    assert moves(look(FIRING), look(worse), look(FIRING), look(worse)) == ["fired", "escalated"]


def test_levels_that_fire_at_once_are_all_recorded() -> None:
    levels = [finding("actual", kind="actual", level=f"{each}%") for each in (50, 80, 100)]
    found = step({}, [look(*levels)], NOON)
    assert [each.key.level for each in found.transitions] == ["100%", "50%", "80%"]


def test_of_two_findings_about_one_alert_the_worse_one_counts() -> None:
    found = step({}, [look(CLEAR, FIRING, BETWEEN)], NOON)
    assert [each.move for each in found.transitions] == ["fired"]


def test_the_end_of_a_period_ends_its_alerts_and_the_next_one_begins_anew() -> None:
    december = look(FIRING, start=DECEMBER, end=JANUARY)
    states, told = walk(look(FIRING), december, december)
    assert [move for _, move in told] == ["fired", "ended", "fired"]
    assert {key.period_start for key, state in states.items() if state.firing} == {DECEMBER}


def test_an_alert_that_outlives_periods_goes_on() -> None:
    late = finding("stale", kind="stale")
    assert moves(look(late), look(late, start=DECEMBER, end=JANUARY)) == ["fired"]
    assert moves(look(late), look(start=DECEMBER, end=JANUARY)) == ["fired", "recovered"]


def test_a_rule_that_says_nothing_any_more_ends_and_may_come_back() -> None:
    assert moves(look(FIRING), look(), look(), look(FIRING)) == ["fired", "ended", "fired"]


def test_a_rule_that_was_taken_out_ends_at_once_and_is_no_recovery() -> None:
    without = replace(look(), lines=frozenset({("amount", "100%")}), unsure=frozenset({"burn 6h"}))
    states, told = walk(look(FIRING), without, without)
    assert [move for _, move in told] == ["fired", "removed"]
    (state,) = states.values()
    assert not state.firing
    assert state.finding.sentence == (
        "The rule burn 6h was removed; the last it said: spending is 4.6x plan"
    )
    back = replace(look(FIRING), lines=frozenset({("burn 6h", "")}))
    assert moves(look(FIRING), without, back) == ["fired", "removed", "fired"]
    late = finding("errors", kind="slo")
    assert moves(look(late), without) == ["fired", "removed"]


def test_of_a_rule_only_the_level_that_was_taken_out_ends() -> None:
    levels = [finding("forecast", kind="forecast", level=each) for each in ("50%", "80%")]
    left = frozenset({("forecast", "50%")})
    fewer = replace(look(), lines=left, unsure=frozenset({"forecast"}))
    states, told = walk(look(*levels), fewer)
    assert [move for _, move in told] == ["fired", "fired", "removed"]
    assert [key.level for key, state in states.items() if state.firing] == ["50%"]


def test_an_alert_about_the_data_has_no_rule_that_could_be_taken_out() -> None:
    late = finding("stale data", kind="stale", level="openai")
    bare = replace(look(), lines=frozenset())
    assert moves(look(late), bare) == ["fired", "recovered"]


def test_a_rule_that_was_taken_out_ends_although_the_budget_cannot_be_looked_at() -> None:
    failed = replace(look(is_complete=False), lines=frozenset())
    assert moves(look(FIRING), failed) == ["fired", "removed"]


def test_a_budget_that_was_taken_out_ends_at_once_and_is_no_recovery() -> None:
    late = finding("stale data", kind="stale", level="openai")
    states, told = walk(look(FIRING, late), None, None)
    assert [move for _, move in told] == ["fired", "fired", "removed", "removed"]
    said = {state.finding.sentence for state in states.values()}
    assert said == {"The budget was removed; the last it said: spending is 4.6x plan"}
    assert moves(look(FIRING), None, look(FIRING)) == ["fired", "removed", "fired"]


def test_a_value_without_usage_ends_while_its_budget_stands() -> None:
    states, _ = walk(look(FIRING, value="red"))
    found = step(states, [look(value="blue")], NOON)
    assert [each.move for each in found.transitions] == ["ended"]
    found = step(states, [], NOON, standing=frozenset({"Search"}))
    assert [each.move for each in found.transitions] == ["ended"]


def test_what_could_not_be_evaluated_says_nothing() -> None:
    failed = look(finding("evaluation", kind="failed"), is_complete=False)
    assert moves(look(FIRING), failed, look(FIRING)) == ["fired", "fired", "recovered"]
    states, _ = walk(look(FIRING))
    assert step(states, [], NOON, standing=None).transitions == ()


def test_a_rule_that_has_nothing_to_say_keeps_its_alert_as_it_was() -> None:
    speechless = replace(look(), unsure=frozenset({"burn 6h"}))
    assert moves(look(FIRING), speechless, look(FIRING), look(CLEAR)) == ["fired", "recovered"]
    late = finding("errors", kind="slo")
    silent = replace(look(), unsure=frozenset({"errors"}))
    assert moves(look(late), silent, look(late)) == ["fired"]
    december = replace(speechless, start=DECEMBER, end=JANUARY)
    assert moves(look(FIRING), december) == ["fired", "ended"]


def test_a_budget_without_any_data_says_only_that() -> None:
    blank = replace(situation(finding("stale data", kind="stale")), watermark=None)
    assert moves(look(FIRING), look_of(blank, NOON)) == ["fired", "fired"]


def test_a_period_that_grows_longer_ends_the_alerts_of_the_shorter_one() -> None:
    quarter = look(start=NOVEMBER.replace(month=10), end=JANUARY)
    assert moves(look(FIRING), quarter) == ["fired", "ended"]


def test_a_clock_that_jumps_ahead_and_back_neither_loses_nor_doubles() -> None:
    december = look(FIRING, start=DECEMBER, end=JANUARY)
    walked = moves(look(FIRING), december, look(FIRING), look(CLEAR), december)
    assert sorted(walked) == sorted(["fired", "fired", "ended", "recovered"])
    again = moves(look(FIRING), december, look(FIRING), december, december)
    assert sorted(again) == sorted(["fired", "fired", "ended"])
    worse = look(replace(FIRING, severity="critical"))
    assert moves(look(FIRING), december, worse)[-1] == "escalated"


def test_an_acknowledgement_holds_until_the_next_edge() -> None:
    states, _ = walk(look(FIRING))
    taken = {KEY: replace(states[KEY], acknowledged=Acknowledgement("Ann", NOON))}
    assert step(taken, [look(FIRING)], NOON).states[KEY].acknowledged is not None
    worse = look(replace(FIRING, severity="critical"))
    assert step(taken, [worse], NOON).states[KEY].acknowledged is None
    assert step(taken, [look(CLEAR)], NOON).states[KEY].acknowledged is None


def snoozed(until_hours: float | None) -> dict[AlertKey, AlertState]:
    states, _ = walk(look(FIRING))
    until = None if until_hours is None else NOON + until_hours * HOUR
    return {KEY: replace(states[KEY], snooze=Snooze(until))}


def told(found: Step) -> list[str]:
    return [each.move for each in found.transitions if each.transition_id not in found.silent]


@pytest.mark.parametrize("until", [3.0, None])
def test_what_is_snoozed_recovers_silently(until: float | None) -> None:
    found = step(snoozed(until), [look(CLEAR)], NOON + HOUR)
    assert [each.move for each in found.transitions] == ["recovered"]
    assert told(found) == []


def test_a_snooze_until_a_time_keeps_the_next_firing_silent_and_one_without_does_not() -> None:
    def twice(until: float | None) -> list[str]:
        first = step(snoozed(until), [look(CLEAR)], NOON + HOUR)
        return told(step(first.states, [look(FIRING)], NOON + 2 * HOUR))

    assert twice(3.0) == []
    assert twice(None) == ["fired"]


@pytest.mark.parametrize("until", [3.0, None])
def test_what_gets_worse_breaks_through_a_snooze(until: float | None) -> None:
    worse = replace(FIRING, severity="critical")
    assert told(step(snoozed(until), [look(worse)], NOON + HOUR)) == ["escalated"]
    calm = step(snoozed(3.0), [look(CLEAR)], NOON + HOUR)
    assert told(step(calm.states, [look(worse)], NOON + 2 * HOUR)) == ["fired"]


def test_another_level_is_not_snoozed() -> None:
    other = finding("actual", kind="actual", level="100%")
    assert told(step(snoozed(None), [look(FIRING, other)], NOON + HOUR)) == ["fired"]


def test_what_still_fires_when_the_snooze_is_over_is_told_again_once() -> None:
    just_before = step(snoozed(3.0), [look(FIRING)], NOON + 3 * HOUR - timedelta(seconds=1))
    assert told(just_before) == []
    over = step(just_before.states, [look(FIRING)], NOON + 3 * HOUR)
    assert told(over) == ["reminded"]
    assert told(step(over.states, [look(FIRING)], NOON + 4 * HOUR)) == []


READINGS = st.sampled_from(["firing", "between", "clear"])
PERIODS = [(NOVEMBER, DECEMBER), (DECEMBER, JANUARY)]
RULES = [("burn", "burn"), ("actual", "actual"), ("late", "stale")]


@st.composite
def one_look(draw: st.DrawFn) -> Look | None:
    if draw(st.integers(0, 9)) == 0:
        return None
    start, end = draw(st.sampled_from(PERIODS))
    findings = []
    for rule, kind in RULES:
        if draw(st.integers(0, 5)):
            reading, severity = draw(READINGS), draw(st.sampled_from(SEVERITIES))
            findings.append(Finding(rule, kind, severity, reading, "so"))  # type: ignore[arg-type]
    seen = look(*findings, start=start, end=end, is_complete=draw(st.booleans()))
    lines = frozenset((each.rule, each.level) for each in findings)
    return replace(seen, lines=draw(st.sampled_from([None, lines])))


@given(st.lists(st.tuples(one_look(), st.integers(-40, 40)), max_size=30))
def test_edges_alternate_and_are_numbered_whatever_is_seen_and_the_clock_does(
    looks: list[tuple[Look | None, int]],
) -> None:
    states: dict[AlertKey, AlertState] = {}
    edges: dict[AlertKey, list[Transition]] = {}
    for seen, days in looks:
        before = states
        found = step(before, [] if seen is None else [seen], NOON + days * DAY)
        states = dict(found.states)
        for each in found.transitions:
            edges.setdefault(each.key, []).append(each)
        again = step(states, [] if seen is None else [seen], NOON + days * DAY)
        assert again.transitions == (), "the same look twice is no news"
        for key, findings in fired_in(seen).items():
            assert states[key].firing
            assert SEVERITIES.index(states[key].severity) >= max(findings)
    for key, some in edges.items():
        assert [each.edge for each in some] == [*range(1, len(some) + 1)]
        assert some[0].move == "fired"
        for one, next_one in pairwise(some):
            assert next_one.move in FOLLOWS[one.move], key
            if next_one.move == "escalated":
                assert SEVERITIES.index(next_one.severity) > SEVERITIES.index(one.severity)


FOLLOWS = {
    "fired": {"escalated", "recovered", "ended", "removed"},
    "escalated": {"escalated", "recovered", "ended", "removed"},
    "recovered": {"fired"},
    "removed": {"fired"},
    "ended": {"fired", "escalated", "recovered", "removed"},
}
"""After an end comes more of the same stretch where a clock had jumped ahead and back."""


def fired_in(seen: Look | None) -> dict[AlertKey, list[int]]:
    """Return the alerts that fire in a look, with the severities of their findings."""
    found: dict[AlertKey, list[int]] = {}
    for each in seen.findings if seen else ():
        if each.is_firing and seen is not None:
            found.setdefault(seen.key_of(each), []).append(SEVERITIES.index(each.severity))
    return found


@given(st.lists(st.tuples(READINGS, st.sampled_from(SEVERITIES)), min_size=1, max_size=25))
def test_a_rise_in_severity_is_told_however_long_something_fires_already(
    readings: list[tuple[str, str]],
) -> None:
    states: dict[AlertKey, AlertState] = {}
    loudest: int | None = None
    for reading, severity in readings:
        each = replace(FIRING, reading=reading, severity=severity)  # type: ignore[arg-type]
        found = step(states, [look(each)], NOON)
        states = dict(found.states)
        rank = SEVERITIES.index(severity)
        told_ranks = [
            SEVERITIES.index(t.severity) for t in found.transitions if t.move != "recovered"
        ]
        if reading == "firing" and (loudest is None or rank > loudest):
            assert told_ranks == [rank]
            loudest = rank
        elif reading == "clear":
            loudest = None
        else:
            assert told_ranks == []
