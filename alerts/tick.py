"""The tick: look at every budget, record what changed, deliver what waits.

What changed is recorded together with what is to be sent about it, all or nothing, before
anything is sent. Whoever is killed in between leaves either nothing, so that the next tick
sees the same edges, or an outbox, from which the next tick delivers.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from alerts.budgets import known_budgets
from alerts.delivery import Delivered, House, deliver_due, patiently
from alerts.evaluation import lines_of, rules_of
from alerts.outgoing import Outgoing
from alerts.records import alert_state, stored_alert, stored_transition, transition_of
from alerts.states import Look, Step, look_of, step
from alerts.telling import Telling, is_quiet_at, last_due, telling_of
from alerts.transition import ONSETS
from costmodel.burn.finding import Finding
from costmodel.burn.rules import ActualRule
from ingest.errors import StoreBusyError
from ingest.store.alert_records import Pulse, Recording

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.states import AlertState
    from alerts.transition import AlertKey, Transition
    from ingest.settings import Digest
    from ingest.store.alert_records import AlertBook
    from ingest.store.alert_records import Telling as Fate

    Evaluate = Callable[[datetime], Sequence[Situation]]

EVALUATION: Final = "evaluation"
"""The rule of the alert that a look failed; it belongs to no budget."""
LOG_KEPT: Final = timedelta(days=400)
"""How long the log keeps deliveries and edges: a year and a month, so that each month can be
compared with the same one a year ago. States and versions of budgets are kept for ever."""
RACES: Final = 20
"""How often another tick may come first before something else must be wrong."""


class TickError(Exception):
    """Other ticks were always faster; nothing is lost, they recorded what there was."""


@dataclass(frozen=True)
class Tick:
    """What one tick found and did. ``failure`` says why budgets could not be looked at."""

    at: datetime
    situations: tuple[Situation, ...]
    states: Mapping[AlertKey, AlertState]
    transitions: tuple[Transition, ...]
    telling: Telling
    outgoing: Outgoing
    failure: str = ""
    delivered: Delivered = field(default_factory=Delivered)

    @property
    def firing(self) -> list[AlertState]:
        """Return the alerts that fire after it."""
        return [state for state in self.states.values() if state.firing]


@dataclass(frozen=True)
class _Seen:
    """What a look at all budgets brought, or why it brought nothing.

    ``standing`` names the budgets that there are, None where that could not be read.
    """

    situations: tuple[Situation, ...]
    failure: str = ""
    standing: frozenset[str] | None = None


def tick(house: House, evaluate: Evaluate, *, dry_run: bool = False) -> Tick:
    """Look once at everything, record and deliver; ``dry_run`` only looks.

    ``evaluate`` returns the situations at a moment. Whatever it raises becomes an alert.

    Raises:
        StoreBusyError: An import kept the store for minutes; nothing is lost.
        TickError: Other processes recorded one tick after another meanwhile.
    """
    now = house.clock()
    house.reached("begun")
    seen = _look(house, evaluate, now)
    house.reached("looked")
    if dry_run:
        return _plan(house, seen, now, house.store.alerts().book())[0]
    found = _record(house, seen, now)
    house.reached("recorded")
    return replace(found, delivered=deliver_due(house))


def _look(house: House, evaluate: Evaluate, now: datetime) -> _Seen:
    try:
        situations = tuple(patiently(house, lambda: evaluate(now)))
        known = patiently(house, lambda: known_budgets(house.store, house.configuration))
        return _Seen(situations, standing=frozenset(each.budget.name for each in known))
    except StoreBusyError:
        raise
    except Exception as error:  # noqa: BLE001 - a look that fails is an alert, whatever the reason
        said = str(error).strip().partition("\n")[0]
        return _Seen((), f"{type(error).__name__}: {said}" if said else type(error).__name__)


def _record(house: House, seen: _Seen, now: datetime) -> Tick:
    """Record what changed, starting again where another tick came first."""
    ledger = house.store.alerts()
    for _ in range(RACES):
        book = patiently(house, ledger.book)
        found, recording = _plan(house, seen, now, book)
        house.reached("planned")
        if patiently(house, lambda: ledger.record(book.serial, recording)):  # noqa: B023 - called at once
            return found
    raise TickError("other programs look at the budgets all the time: run one of them only")


def _plan(house: House, seen: _Seen, now: datetime, book: AlertBook) -> tuple[Tick, Recording]:
    """Return what a tick finds, and what is to be kept of it."""
    before = {state.key: state for state in map(alert_state, book.alerts)}
    stepped = step(before, _looks(seen, now), now, standing=seen.standing)
    held = tuple(map(transition_of, book.held))
    telling = _telling(house, stepped, held, seen, now)
    situations = {(each.budget.name, each.value): each for each in seen.situations}
    outgoing = Outgoing(house.configuration, situations, now, stepped.states)
    outgoing.mail_alerts(telling.told)
    outgoing.post(stepped.transitions, stepped.silent)
    stepped = replace(stepped, states=_told(stepped.states, telling.told, outgoing))
    pulse = _pulse(house, outgoing, seen, book.pulse, (*held, *stepped.transitions))
    found = Tick(
        now, seen.situations, stepped.states, stepped.transitions, telling, outgoing, seen.failure
    )
    recording = _recording(before, stepped, held, telling, outgoing, pulse)
    return found, replace(recording, forget_before=_forget_before(seen))


def _forget_before(seen: _Seen) -> datetime | None:
    """Return the moment before which the log is forgotten.

    It is counted from the data and not from the clock, which may have jumped ahead.
    """
    reached = [each.watermark for each in seen.situations if each.watermark is not None]
    return max(reached) - LOG_KEPT if reached else None


def _looks(seen: _Seen, now: datetime) -> list[Look]:
    """Return a look at each budget, and one at the looking itself."""
    findings = []
    if seen.failure:
        sentence = f"Budgets could not be looked at ({seen.failure})"
        findings.append(Finding(EVALUATION, "failed", "critical", "firing", sentence))
    itself = Look("", "", date.min, date.max, now, findings)
    return [
        itself,
        *(look_of(each, now, _unsure(each), lines_of(each.budget)) for each in seen.situations),
    ]


def _told(
    states: Mapping[AlertKey, AlertState], told: Sequence[Transition], outgoing: Outgoing
) -> dict[AlertKey, AlertState]:
    """Return the states with who has heard of each: they hear when its rule is taken out."""
    found = dict(states)
    for each in told:
        if each.move in ONSETS:
            state = found[each.key]
            heard = (*(state.told_to or ()), *outgoing.audience(each))
            found[each.key] = replace(state, told_to=tuple(dict.fromkeys(heard)))
    return found


def _unsure(situation: Situation) -> frozenset[str]:
    """Return the names of rules that need more than a sum, so may have nothing to say."""
    if situation.state == "failed":
        return frozenset()
    rules = rules_of(situation.budget).rules
    return frozenset(rule.name for rule in rules if not isinstance(rule, ActualRule))


def _telling(
    house: House, stepped: Step, held: Sequence[Transition], seen: _Seen, now: datetime
) -> Telling:
    """Return what is mailed now; what is about budgets waits for a look that sees them."""
    mail, zone = house.configuration.mail, house.configuration.timezone
    quiet = is_quiet_at(now, mail.quiet_hours if mail else None, zone)
    snoozed = {*stepped.silent}
    for each in held:
        snooze = stepped.states[each.key].snooze
        if snooze is not None and snooze.holds(now):
            snoozed.add(each.transition_id)
    ready = stepped.transitions if seen.failure else (*held, *stepped.transitions)
    telling = telling_of(ready, stepped.states, snoozed, is_quiet=quiet)
    return replace(telling, held=(*telling.held, *held)) if seen.failure else telling


def _pulse(
    house: House,
    outgoing: Outgoing,
    seen: _Seen,
    before: Pulse,
    transitions: Sequence[Transition],
) -> Pulse:
    """Return the pulse after a tick, and add the regular mails that are due with it."""
    now = outgoing.now
    if seen.failure:
        return replace(before, looked_at=now, failure=seen.failure)
    _heartbeats(house, outgoing, before)
    pulse = replace(before, looked_at=now, well_at=now, failure="")
    mail, zone = house.configuration.mail, house.configuration.timezone
    if mail is not None and mail.digest is not None:
        due = last_due(mail.digest, now, zone)
        if _is_due(due, before.digest_at, now):
            happened = _since(house, before.digest_at, transitions)
            outgoing.mail_digest(happened, mail.digest.every, due)
        pulse = replace(pulse, digest_at=due)
    return pulse


def _heartbeats(house: House, outgoing: Outgoing, before: Pulse) -> None:
    """Add the heartbeats whose hour has come since the last look at which all was well."""
    mail, zone = house.configuration.mail, house.configuration.timezone

    def due(rhythm: Digest | None) -> datetime | None:
        at = last_due(rhythm, outgoing.now, zone) if rhythm else None
        return at if at and _is_due(at, before.well_at, outgoing.now) else None

    if mail is not None and (at := due(mail.heartbeat)):
        outgoing.mail_heartbeat(at)
    for webhook in house.configuration.webhooks:
        if at := due(webhook.heartbeat):
            outgoing.post_heartbeat(webhook, at)


def _since(house: House, moment: datetime | None, latest: Sequence[Transition]) -> list[Transition]:
    """Return what was recorded since a moment, and what this tick is about to record."""
    ledger = house.store.alerts()
    stored = map(transition_of, patiently(house, lambda: ledger.transitions(moment)))
    return list({each.transition_id: each for each in (*stored, *latest)}.values())


def _is_due(due: datetime, last: datetime | None, now: datetime) -> bool:
    """Tell whether a summary is to be sent: not at the first look, and once after a clock jump."""
    return last is not None and last < due <= now


def _recording(
    before: Mapping[AlertKey, AlertState],
    stepped: Step,
    held: Sequence[Transition],
    telling: Telling,
    outgoing: Outgoing,
    pulse: Pulse,
) -> Recording:
    fate: dict[str, Fate] = {each.transition_id: "told" for each in telling.told}
    fate.update((each.transition_id, "held") for each in telling.held)
    fate.update((each.transition_id, "silent") for each in telling.silent)
    changed = [state for key, state in stepped.states.items() if before.get(key) != state]
    return Recording(
        pulse=pulse,
        alerts=[stored_alert(state) for state in changed],
        transitions=[
            stored_transition(each, fate[each.transition_id]) for each in stepped.transitions
        ],
        released={
            each.transition_id: fate[each.transition_id]
            for each in held
            if fate[each.transition_id] != "held"
        },
        messages=outgoing.messages,
        deliveries=outgoing.deliveries,
    )
