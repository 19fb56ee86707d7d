"""``tollbook alerts``: look at budgets, and tell people in time."""

from __future__ import annotations

import getpass
import os
import uuid
from typing import TYPE_CHECKING, Any

import click

from tollbook.alerting import (
    MINUTE,
    look,
    look_again_and_again,
    show_firing,
    show_tick,
    state_answer,
    tick_answer,
)
from tollbook.commands.alerts_backtest import backtest_command
from tollbook.data_fitness import age_of, check_fresh, fitness_options
from tollbook.errors import DataUnfit, PolicyViolated, TollbookError, UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.numbers import reading
from tollbook.options import TollbookCommand, group
from tollbook.output import Column, Table, number_column, plural
from tollbook.watching import until_stopped

if TYPE_CHECKING:
    from datetime import timedelta

    from alerts.states import AlertState
    from alerts.tick import Tick
    from ingest.store import Store
    from ingest.store.alert_records import Delivery

SHOWN = 20

every_option = click.option(
    "--every",
    callback=reading(age_of),
    default="15m",
    show_default=True,
    metavar="AGE",
    help="Look this often.",
)


@group("alerts")
def alerts_command() -> None:
    """Look at budgets, and tell people in time."""


alerts_command.add_command(backtest_command)


@alerts_command.command("check", cls=TollbookCommand)
@click.option("--dry-run", is_flag=True, help="Send and record nothing.")
@fitness_options
@with_invocation
def check_command(
    invocation: Invocation,
    dry_run: bool,  # noqa: FBT001 - click passes flags by name
    require_fresh: timedelta | None,
    require_priced: bool,  # noqa: FBT001 - click passes flags by name
) -> None:
    """Look at every budget once, and send what has to be told: for cron and timers.

    Exit code 3 while something of severity warning or critical fires and is not snoozed,
    1 where budgets could not be looked at.
    """
    found = look(invocation, dry_run=dry_run)
    if invocation.as_json:
        invocation.output.result(tick_answer(found, dry_run=dry_run))
    else:
        show_tick(invocation, found, dry_run=dry_run)
    if found.failure:
        raise TollbookError(f"budgets could not be looked at: {found.failure}")
    if require_fresh is not None:
        check_fresh(invocation, invocation.store(), require_fresh)
    if require_priced and any(each.at_least for each in found.situations):
        raise DataUnfit("some usage has no price, so more may be spent than is shown")
    _raise_on_firing(found)


def _raise_on_firing(found: Tick) -> None:
    from alerts.naming import key_text

    loud = [
        each
        for each in found.firing
        if each.severity != "notice" and not (each.snooze and each.snooze.holds(found.at))
    ]
    if loud:
        named = ", ".join(sorted(key_text(each.key) for each in loud)[:SHOWN])
        raise PolicyViolated(f"{plural(len(loud), 'alert')} firing: {named}")


@alerts_command.command("run", cls=TollbookCommand)
@every_option
@with_invocation
def run_command(invocation: Invocation, every: timedelta) -> None:
    """Look again and again until stopped (Ctrl-C, or a service manager's signal)."""
    invocation.store()
    seconds = every.total_seconds()
    invocation.output.note(f"Looking at budgets every {seconds / 60:g} min (Ctrl-C stops it).")
    with until_stopped() as stopped:
        look_again_and_again(invocation, seconds, stopped, invocation.output.note)


@alerts_command.command("test-mail", cls=TollbookCommand)
@click.argument("address")
@with_invocation
def test_mail_command(invocation: Invocation, address: str) -> None:
    """Send a mail to ADDRESS, to see that mails arrive."""
    from alerts import mail
    from alerts.message import test_message

    settings = invocation.configuration.mail
    if settings is None:
        raise UsageProblem("tollbook.yaml names no mail server; write one under mail")
    password = os.environ.get(settings.password_env)
    if settings.user and not password:
        raise UsageProblem(
            f"the environment variable {settings.password_env} is not set; "
            f"set it to the password of {settings.user}"
        )
    name = f"test.{uuid.uuid4().hex}@{settings.sender.rpartition('@')[2]}"
    try:
        refused = mail.deliver(
            settings, password, [address], test_message(invocation.now), name, invocation.now
        )
    except mail.MailError as error:
        raise TollbookError(str(error)) from error
    for who, refusal in refused.items():
        raise TollbookError(f"{settings.host} refuses {who}: {refusal.code} {refusal.said}")
    if invocation.as_json:
        invocation.output.result({"to": address, "message_id": name})
    else:
        invocation.output.say(f"{settings.host} took a mail to {address}; see whether it arrives.")


@alerts_command.command("acknowledge", cls=TollbookCommand)
@click.argument("key")
@click.option("--by", metavar="NAME", help="Who takes it on.  [default: the user's name]")
@with_invocation
def acknowledge_command(invocation: Invocation, key: str, by: str | None) -> None:
    """Say that somebody has taken on what fires: KEY is a budget, or one alert of it."""
    from alerts.answering import acknowledge
    from alerts.states import alert_id

    who = by or getpass.getuser()
    store = invocation.store()
    for alert in _named(store, key):
        acknowledge(store, alert_id(alert.key), who, invocation.now)
    _show_named(invocation, store, key)


@alerts_command.command("snooze", cls=TollbookCommand)
@click.argument("key")
@click.option(
    "--for",
    "time",
    callback=reading(age_of),
    metavar="AGE",
    help="How long, such as 8h.  [default: until it gets worse or is over]",
)
@with_invocation
def snooze_command(invocation: Invocation, key: str, time: timedelta | None) -> None:
    """Send nothing about what fires for a while: KEY is a budget, or one alert of it.

    Whatever gets worse is told all the same.
    """
    from alerts.answering import snooze
    from alerts.states import alert_id

    store = invocation.store()
    until = None if time is None else invocation.now + time
    for alert in _named(store, key):
        snooze(store, alert_id(alert.key), until)
    _show_named(invocation, store, key)


def _named(store: Store, name: str) -> list[AlertState]:
    from alerts.naming import named_alerts
    from alerts.records import alert_state

    return named_alerts([alert_state(row) for row in store.alerts().book().alerts], name)


def _show_named(invocation: Invocation, store: Store, name: str) -> None:
    changed = _named(store, name)
    if invocation.as_json:
        invocation.output.result({"alerts": [state_answer(each) for each in changed]})
    else:
        show_firing(invocation, changed)


@alerts_command.command("log", cls=TollbookCommand)
@click.option(
    "--last",
    type=click.IntRange(1),
    default=SHOWN,
    show_default=True,
    metavar="N",
    help="So many messages and changes.",
)
@with_invocation
def log_command(invocation: Invocation, last: int) -> None:
    """Show what happened, what was sent to whom, and when budgets were last looked at."""
    from alerts.naming import key_text
    from alerts.records import transition_of

    ledger = invocation.store().alerts()
    pulse = ledger.book().pulse
    edges = [(transition_of(each), each.telling) for each in ledger.transitions()[-last:]]
    deliveries = ledger.deliveries(last)
    if invocation.as_json:
        invocation.output.result(
            {
                "looked_at": pulse.looked_at and pulse.looked_at.isoformat(),
                "well_at": pulse.well_at and pulse.well_at.isoformat(),
                "failure": pulse.failure or None,
                "transitions": [
                    {
                        "id": each.transition_id,
                        "key": key_text(each.key),
                        "move": each.move,
                        "severity": each.severity,
                        "at": each.recorded_at.isoformat(),
                        "sentence": each.finding.sentence,
                        "mail": telling,
                    }
                    for each, telling in edges
                ],
                "deliveries": [_delivery_answer(each) for each in deliveries],
            }
        )
        return
    output = invocation.output
    output.say(_pulse_words(pulse.looked_at, pulse.failure))
    table = Table([Column("At"), Column("Alert"), Column("Change"), Column("What"), Column("Mail")])
    for each, telling in edges:
        at, move = f"{each.recorded_at:{MINUTE}}", f"{each.move} ({each.severity})"
        table.rows.append([at, key_text(each.key), move, each.finding.sentence, telling])
    if edges:
        output.table(table)
    if deliveries:
        output.table(_delivery_table(deliveries))


def _pulse_words(looked_at: Any, failure: str) -> str:  # noqa: ANN401 - a moment or None
    if looked_at is None:
        return "Budgets were never looked at; 'tollbook alerts check' does."
    failed = f", and it failed: {failure}" if failure else ""
    return f"Budgets were last looked at {looked_at:{MINUTE}} UTC{failed}."


def _delivery_table(deliveries: list[Delivery]) -> Table:
    columns = [Column("Made"), Column("To"), Column("Subject"), Column("State")]
    table = Table([*columns, number_column("Tries"), Column("Said")])
    for each in deliveries:
        made = f"{each.created_at:{MINUTE}}"
        row = [made, each.recipient, each.subject, each.state, str(each.tries), each.said]
        table.rows.append(row)
    return table


def _delivery_answer(delivery: Delivery) -> dict[str, Any]:
    settled = delivery.settled_at
    return {
        "channel": delivery.channel,
        "to": delivery.recipient,
        "subject": delivery.subject,
        "message_id": delivery.message_id,
        "state": delivery.state,
        "tries": delivery.tries,
        "created_at": delivery.created_at.isoformat(),
        "settled_at": settled and settled.isoformat(),
        "said": delivery.said or None,
    }
