"""Looks at budgets from the command line: once, or again and again until somebody stops it."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from tollbook import clock
from tollbook.failures import translated
from tollbook.output import Column, Table, amount, plural

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime, timedelta

    from alerts.delivery import House
    from alerts.situation import Situation
    from alerts.states import AlertState
    from alerts.tick import Tick
    from tollbook.invocation import Invocation

SECONDS_TO_FINISH = 30.0
"""What a look may still take when the dashboard ends; what it had no time for comes next."""
MINUTE = "%Y-%m-%d %H:%M"


def house_of(invocation: Invocation) -> House:
    """Return what a tick works with: this is where secrets come from the environment."""
    from alerts.delivery import House

    return House(
        invocation.store(),
        invocation.configuration,
        invocation.clock,
        os.environ.get,
        clock.pause,
    )


def look(invocation: Invocation, *, dry_run: bool = False) -> Tick:
    """Look at all budgets once, record and deliver."""
    from alerts.evaluation import situations
    from alerts.tick import tick

    house = house_of(invocation)

    def evaluate(now: datetime) -> tuple[Situation, ...]:
        return situations(house.store, invocation.book, house.configuration, now)

    return tick(house, evaluate, dry_run=dry_run)


def look_again_and_again(
    invocation: Invocation, seconds: float, stopped: Event, say: Callable[[str], None]
) -> None:
    """Look until somebody stops it; whatever fails, the next look comes."""
    while not stopped.is_set():
        try:
            found = look(invocation)
        except Exception as error:  # noqa: BLE001 - a loop that ends would be silence
            say(f"Alerts: {translated(error)}")
        else:
            for text in happenings(found):
                say(text)
        clock.wait(stopped, seconds)


@contextmanager
def looking_beside(invocation: Invocation, every: timedelta) -> Iterator[None]:
    """Look at budgets in a thread beside what the block does; the look in hand is finished."""
    stopped = Event()
    thread = Thread(
        target=look_again_and_again,
        args=(invocation, every.total_seconds(), stopped, invocation.output.note),
        name="alerts",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join(SECONDS_TO_FINISH)


def happenings(found: Tick, *, onsets: bool = True) -> list[str]:
    """Return what a tick changed, a sentence each; nothing where all stayed as it was.

    Without ``onsets`` what began to fire is left out: a table of all that fires shows it.
    """
    from alerts.naming import key_text
    from alerts.transition import ONSETS

    said = [
        f"{key_text(each.key)}: {each.move} ({each.severity}): {each.finding.sentence}."
        for each in found.transitions
        if onsets or each.move not in ONSETS
    ]
    for delivery, settled in found.delivered.settled:
        if settled.state != "sent":
            how = "waits" if settled.state == "waiting" else "is not delivered"
            said.append(f"{delivery.subject!r} to {delivery.recipient} {how}: {settled.said}.")
    return said


def tick_answer(found: Tick, *, dry_run: bool) -> dict[str, Any]:
    """Return what programs get of a tick."""
    from alerts.naming import key_text

    fate = {each.transition_id: "held" for each in found.telling.held}
    fate |= {each.transition_id: "silent" for each in found.telling.silent}
    delivered = found.delivered
    return {
        "at": found.at.isoformat(),
        "dry_run": dry_run,
        "failure": found.failure or None,
        "budgets": [situation_answer(each) for each in found.situations],
        "firing": [state_answer(each) for each in found.firing],
        "transitions": [
            {
                "id": each.transition_id,
                "key": key_text(each.key),
                "move": each.move,
                "severity": each.severity,
                "sentence": each.finding.sentence,
                "mail": fate.get(each.transition_id, "told"),
            }
            for each in found.transitions
        ],
        "deliveries": {state: delivered.count(state) for state in ("sent", "waiting", "failed")},
        "undelivered": [
            {"to": each.recipient, "subject": each.subject, "state": how.state, "said": how.said}
            for each, how in delivered.settled
            if how.state != "sent"
        ],
    }


def situation_answer(situation: Situation) -> dict[str, Any]:
    """Return how a budget stands, for programs."""
    from alerts.forecast_json import forecast_json

    reached = situation.watermark
    return {
        "budget": situation.budget.name,
        "value": situation.value or None,
        "state": situation.state,
        "spent": amount(situation.spent),
        "amount": amount(situation.budget.amount),
        "left": amount(situation.left),
        "currency": situation.budget.currency,
        "at_least": situation.at_least,
        "forecast": forecast_json(situation.budget, situation.ahead, situation.coming),
        "from": situation.start.isoformat(),
        "until": situation.end.isoformat(),
        "watermark": reached and reached.isoformat(),
    }


def state_answer(state: AlertState) -> dict[str, Any]:
    """Return a firing alert, for programs."""
    from alerts.naming import key_text

    until = state.snooze.until if state.snooze else None
    return {
        "key": key_text(state.key),
        "severity": state.severity,
        "since": state.since.isoformat(),
        "sentence": state.finding.sentence,
        "acknowledged_by": state.acknowledged.by if state.acknowledged else None,
        "snoozed": state.snooze is not None,
        "snoozed_until": until and until.isoformat(),
    }


def show_tick(invocation: Invocation, found: Tick, *, dry_run: bool) -> None:
    """Print for people how budgets stand, what fires, and what was sent."""
    output = invocation.output
    _show_situations(invocation, found)
    if found.firing:
        show_firing(invocation, found.firing)
    for text in happenings(found, onsets=False):
        output.say(text)
    if dry_run:
        _show_unsent(invocation, found)
    elif found.delivered.settled:
        output.say(f"{plural(found.delivered.count('sent'), 'message')} sent.")


def _show_situations(invocation: Invocation, found: Tick) -> None:
    from alerts.words import STATE_WORDS, budget_title, spent_of

    if found.failure:
        invocation.output.say(f"Budgets could not be looked at: {found.failure}.")
        return
    if not found.situations:
        invocation.output.say("There are no budgets; write one under budgets in tollbook.yaml.")
        return
    table = Table([Column("Budget"), Column("State"), Column("Spent"), Column("Data until")])
    for each in found.situations:
        until = f"{each.watermark:{MINUTE}}" if each.watermark else "no data"
        table.rows.append([budget_title(each), STATE_WORDS[each.state], spent_of(each), until])
    invocation.output.table(table)


def show_firing(invocation: Invocation, firing: list[AlertState]) -> None:
    """Print the alerts that fire, with how to name them."""
    from alerts.naming import key_text

    table = Table(
        [Column("Alert"), Column("Severity"), Column("Since"), Column("What"), Column("Who")]
    )
    for each in firing:
        who = f"acknowledged by {each.acknowledged.by}" if each.acknowledged else ""
        if each.snooze:
            until = each.snooze.until
            who = f"snoozed until {until:{MINUTE}}" if until else "snoozed until it gets worse"
        since = f"{each.since:{MINUTE}}"
        table.rows.append([key_text(each.key), each.severity, since, each.finding.sentence, who])
    invocation.output.table(table)


def _show_unsent(invocation: Invocation, found: Tick) -> None:
    subjects = {each.bundle: each.subject for each in found.outgoing.messages}
    for each in found.outgoing.deliveries:
        invocation.output.say(f"Would send to {each.recipient}: {subjects[each.bundle]}")
    invocation.output.say("Nothing was sent and nothing recorded.")
