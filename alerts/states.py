"""States of alerts: what was seen before and what is seen now make edges, and nothing else does.

An alert is one rule and level of one budget in one period. It fires on an edge and is over
on another; between the two lines of its rule it stays what it was. A clock that jumps makes
no edges: an alert of a period that lies ahead waits for it, and one whose period had been
taken for over goes on without being told again. Who takes a rule out ends its alerts, and
that is no recovery: nothing is known of the spending from then on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from alerts.transition import OVER, AlertKey, Transition
from costmodel.burn.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from alerts.situation import Situation
    from alerts.transition import Move
    from costmodel.burn.finding import Finding, Severity

OUTLIVES_PERIODS: Final = frozenset({"slo", "stale", "unpriced", "failed", "ending"})
"""Kinds of findings that are not about a period's amount, so its end changes nothing."""
OF_RULES: Final = frozenset({"actual", "forecast", "burn", "change", "hourly", "slo"})
"""Kinds of findings that a rule of the budget makes; the others come from the data."""


@dataclass(frozen=True)
class Acknowledgement:
    """Somebody has taken an alert on."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Snooze:
    """An alert is not told until a time, or without one until it gets worse or is over."""

    until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Tell whether it is not over yet."""
        return self.until is None or now < self.until


@dataclass(frozen=True)
class AlertState:
    """What is known of one alert that fired at least once.

    ``severity`` is the highest since it fired; ``edge`` is the number of its last transition;
    ``since`` the watermark of the last one that began or ended it; ``finding`` what was seen
    last. ``ended`` remembers that its period was told to be over. ``told_to`` are the mailboxes
    that heard of it since it fired, None where that was not written down.
    """

    key: AlertKey
    firing: bool
    severity: Severity
    edge: int
    since: datetime
    finding: Finding
    ended: bool = False
    acknowledged: Acknowledgement | None = None
    snooze: Snooze | None = None
    told_to: tuple[str, ...] | None = ()


@dataclass(frozen=True)
class Look:
    """What one look at a budget found. ``start`` and ``end`` are its period's local days.

    ``is_complete`` is False where not every rule could be evaluated: what is missing then
    says nothing. ``unsure`` names the rules that may say nothing in a complete look too, as
    a forecast does where nothing can be forecast: their alerts stay as they were. ``at`` is
    the watermark that was looked at. ``lines`` are rule and level of every line that the
    budget has now, None where that is not known.
    """

    budget: str
    value: str
    start: date
    end: date
    at: datetime
    findings: Sequence[Finding]
    is_complete: bool = True
    unsure: frozenset[str] = frozenset()
    lines: frozenset[tuple[str, str]] | None = None

    def lacks(self, state: AlertState) -> bool:
        """Tell whether the line that an alert is about was taken out of the budget."""
        if self.lines is None or state.finding.kind not in OF_RULES:
            return False
        return (state.key.rule, state.key.level) not in self.lines

    def key_of(self, finding: Finding) -> AlertKey:
        """Return the alert that a finding is about."""
        start = None if finding.kind in OUTLIVES_PERIODS else self.start
        return AlertKey(self.budget, self.value, finding.rule, finding.level, start)


@dataclass(frozen=True)
class Step:
    """What one look changed: states by their keys, edges, and those that a snooze keeps silent."""

    states: Mapping[AlertKey, AlertState]
    transitions: tuple[Transition, ...] = ()
    silent: frozenset[str] = frozenset()


def look_of(
    situation: Situation,
    now: datetime,
    unsure: frozenset[str] = frozenset(),
    lines: frozenset[tuple[str, str]] | None = None,
) -> Look:
    """Return what a situation says of its alerts; without any data it says little."""
    return Look(
        situation.budget.name,
        situation.value,
        situation.start.date(),
        situation.end.date(),
        situation.watermark or now,
        situation.findings,
        is_complete=situation.state != "failed" and situation.watermark is not None,
        unsure=unsure,
        lines=lines,
    )


def step(
    before: Mapping[AlertKey, AlertState],
    looks: Iterable[Look],
    now: datetime,
    *,
    standing: frozenset[str] | None = frozenset(),
) -> Step:
    """Return the states after a look, all of them, and the edges that led there.

    ``standing`` names the budgets that there are, also those without a look because no value
    of theirs has usage. None: one that is missing may only not have been looked at.
    """
    seen = {(look.budget, look.value): look for look in looks}
    names = None if standing is None else standing | {look.budget for look in seen.values()}
    machine = _Machine(now, dict(before))
    for look in seen.values():
        for key, finding in _worst_by_key(look).items():
            machine.meet(key, finding, look.at)
    for key, state in before.items():
        looked = seen.get((key.budget, key.value))
        if looked is not None:
            if key not in machine.met:
                machine.miss(state, looked)
        elif names is not None and key.budget in names:
            machine.close(state, "ended", now)
        elif names is not None:
            machine.remove(state, "budget", now)
    order = sorted(machine.transitions, key=lambda each: (_key_order(each.key), each.edge))
    return Step(machine.states, tuple(order), frozenset(machine.silent))


def transition_id(key: AlertKey, edge: int) -> str:
    """Return the name of an edge, the same in every process that sees it."""
    return f"{alert_id(key)}-{edge}"


def alert_id(key: AlertKey) -> str:
    """Return a short name of an alert, of letters and digits."""
    fields = (key.budget, key.value, key.rule, key.level, str(key.period_start))
    return hashlib.sha256("\x1f".join(fields).encode()).hexdigest()[:20]


def is_worse(severity: Severity, than: Severity) -> bool:
    """Tell whether a severity is higher than another."""
    return SEVERITIES.index(severity) > SEVERITIES.index(than)


class _Machine:
    """The states as they change in one look."""

    def __init__(self, now: datetime, states: dict[AlertKey, AlertState]) -> None:
        self._now = now
        self.states = states
        self.met: set[AlertKey] = set()
        self.transitions: list[Transition] = []
        self.silent: set[str] = set()

    def meet(self, key: AlertKey, finding: Finding, at: datetime) -> None:
        """Hold what is seen of an alert against what it was."""
        self.met.add(key)
        state = self.states.get(key)
        if state is not None and state.firing:
            self._go_on(state, finding, at)
        elif finding.is_firing:
            self._begin(key, state, finding, at)

    def miss(self, state: AlertState, look: Look) -> None:
        """Decide on an alert that a look at its budget says nothing of."""
        start = state.key.period_start
        if start is not None and start >= look.end:
            return  # the clock was put back: its period is still to come
        if start is not None and start != look.start:
            self.close(state, "ended", look.at, period_is_over=True)
        elif look.lacks(state):
            self.remove(state, f"rule {state.key.rule} {state.key.level}".rstrip(), look.at)
        elif look.is_complete and state.key.rule not in look.unsure:
            self.close(state, "recovered" if start is None else "ended", look.at)

    def close(
        self, state: AlertState, move: Move, at: datetime, *, period_is_over: bool = False
    ) -> None:
        """End an alert if it fires."""
        if not state.firing:
            return
        closed = replace(
            state,
            firing=False,
            ended=move != "removed" and (state.ended or period_is_over),
            since=at,
            finding=replace(state.finding, reading="clear"),
        )
        if state.ended and move == "ended":
            self.states[state.key] = closed
        else:
            self._cross(closed, move, at)

    def remove(self, state: AlertState, what: str, at: datetime) -> None:
        """End an alert because what it was about was taken out, and say so in its sentence."""
        said = state.finding.sentence
        last = f"{said[:1].lower()}{said[1:]}" if said[1:2].islower() else said
        why = f"The {what} was removed; the last it said: {last}"
        self.close(replace(state, finding=replace(state.finding, sentence=why)), "removed", at)

    def _begin(
        self, key: AlertKey, state: AlertState | None, finding: Finding, at: datetime
    ) -> None:
        if state is None:
            fresh = AlertState(key, True, finding.severity, 0, at, finding)
            self._cross(fresh, "fired", at)
        elif state.ended:
            back = replace(state, firing=True, since=at, finding=finding)
            self.states[key] = back
            if is_worse(finding.severity, state.severity):
                self._cross(replace(back, severity=finding.severity), "escalated", at)
        else:
            again = replace(state, firing=True, since=at, finding=finding, told_to=())
            is_worse_now = is_worse(finding.severity, state.severity)
            again = replace(
                again,
                severity=finding.severity,
                snooze=None if is_worse_now else state.snooze,
            )
            self._cross(again, "fired", at)

    def _go_on(self, state: AlertState, finding: Finding, at: datetime) -> None:
        seen = replace(state, finding=finding)
        if finding.reading == "clear":
            self._cross(replace(seen, firing=False, ended=False, since=at), "recovered", at)
        elif finding.is_firing and is_worse(finding.severity, state.severity):
            worse = replace(seen, severity=finding.severity, snooze=None)
            self._cross(worse, "escalated", at)
        elif finding.is_firing and state.snooze and not state.snooze.holds(self._now):
            self._cross(replace(seen, snooze=None), "reminded", at)
        else:
            self.states[state.key] = seen

    def _cross(self, state: AlertState, move: Move, at: datetime) -> None:
        """Record an edge into a state; who had acknowledged the one before is not asked again."""
        edge = state.edge + 1
        name = transition_id(state.key, edge)
        if state.snooze and state.snooze.holds(self._now):
            self.silent.add(name)
        is_over = move in OVER
        snooze = state.snooze
        if snooze and (not snooze.holds(self._now) or (is_over and snooze.until is None)):
            snooze = None
        kept = state.acknowledged if move == "reminded" else None
        self.states[state.key] = replace(state, edge=edge, acknowledged=kept, snooze=snooze)
        self.transitions.append(
            Transition(name, state.key, edge, move, state.severity, at, self._now, state.finding)
        )


def _worst_by_key(look: Look) -> dict[AlertKey, Finding]:
    """Return one finding for each alert: of two the one that fires, then the more severe one."""
    found: dict[AlertKey, Finding] = {}
    for finding in look.findings:
        key = look.key_of(finding)
        if key not in found or _rank(finding) > _rank(found[key]):
            found[key] = finding
    return found


def _rank(finding: Finding) -> tuple[int, int]:
    return ("clear", "between", "firing").index(finding.reading), SEVERITIES.index(finding.severity)


def _key_order(key: AlertKey) -> tuple[str, ...]:
    return (key.budget, key.value, str(key.period_start or ""), key.rule, key.level)
