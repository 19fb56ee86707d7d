"""``tollbook doctor``: is everything in order?"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Literal

import click

from tollbook.errors import TollbookError, UsageProblem
from tollbook.invocation import Invocation, with_invocation
from tollbook.options import command, given
from tollbook.output import Column, Table, listed, plural, tokens_text
from tollbook.program_version import installed_version
from tollbook.spend_words import SHOWN_LINES, set_aside_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.store import SetAside, Store

PACKAGES = ("duckdb", "dash", "plotly", "pandas", "numpy", "tiktoken", "click", "rich", "waitress")
OLD_PRICES_DAYS = 90
"""Prices change a few times a year; older than a quarter they want another look."""

SILENT_TOO_LONG = timedelta(days=1)
"""Who never looks at budgets daily hears of them too late."""

State = Literal["ok", "warning", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing looked at."""

    name: str
    state: State
    detail: str


@command("doctor")
@click.pass_context
@with_invocation
def doctor_command(invocation: Invocation, ctx: click.Context) -> None:
    """Check that everything is in order.

    Versions, configuration, prices and the store. Exit code 2 where the configuration
    is wrong, 1 for another problem; a warning is none.
    """
    named = given(ctx, "db") is not None
    findings = [*_configuration(invocation), *_prices(invocation), *_store(invocation, named=named)]
    aside = _set_aside(invocation)
    if invocation.as_json:
        invocation.output.result(
            {
                "ok": all(each.state != "problem" for each in findings),
                "versions": _versions(),
                "checks": [vars(each) for each in findings],
                "set_aside": [
                    {"path": each.path, "line": each.line, "reason": each.reason} for each in aside
                ],
            }
        )
    else:
        _show(invocation, findings, aside)
    problems = [each for each in findings if each.state == "problem"]
    if problems:
        said = listed(f"{each.name}: {each.detail.splitlines()[0]}" for each in problems)
        raise (UsageProblem if _is_usage(problems) else TollbookError)(said)


def _is_usage(problems: list[Finding]) -> bool:
    return any(each.name in {"configuration", "store file"} for each in problems)


def _versions() -> dict[str, str]:
    found = {"tollbook": installed_version(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _set_aside(invocation: Invocation) -> list[SetAside]:
    from ingest.errors import StoreError
    from ingest.store import Store

    try:
        return Store(invocation.db).set_aside()
    except StoreError:
        return []


def _show(invocation: Invocation, findings: list[Finding], aside: list[SetAside]) -> None:
    versions = ", ".join(f"{name} {number}" for name, number in _versions().items())
    invocation.output.say(f"{versions}, on {sys.platform}")
    table = Table([Column("Check"), Column("State"), Column("Detail")])
    for each in findings:
        table.rows.append([each.name, each.state, each.detail.replace("\n", "; ")])
    invocation.output.table(table)
    for text in set_aside_words(aside):
        invocation.output.say(text)


def _configuration(invocation: Invocation) -> Iterator[Finding]:
    from ingest.configuration import ConfigurationError

    try:
        configuration = invocation.configuration
    except ConfigurationError as error:
        yield Finding("configuration", "problem", str(error))
        return
    if configuration.path is None:
        yield Finding("configuration", "ok", "no tollbook.yaml beside the store: the defaults hold")
        return
    budgets = plural(len(configuration.budgets), "budget")
    detail = f"{configuration.path}: no mistakes, {budgets}, days cut in {configuration.timezone}"
    yield Finding("configuration", "ok", detail)
    unknown = [
        f"{name} is {model!r}"
        for name, model in configuration.deployments.items()
        if not invocation.book.providers_of(model)
    ]
    if unknown:
        yield Finding("deployments", "warning", f"models without a price: {listed(unknown)}")


def _prices(invocation: Invocation) -> Iterator[Finding]:
    from pricing import PricingError, load_book

    try:
        book = load_book()
    except PricingError as error:
        yield Finding("prices", "problem", str(error))
        return
    checked = max(card.checked_on for card in book.cards)
    age = (invocation.now.date() - checked).days
    detail = f"{len(book.models)} models, {len(book.cards)} rates, checked last on {checked}"
    if age > OLD_PRICES_DAYS:
        yield Finding(
            "prices", "warning", f"{detail}, {age} days ago: a newer Tollbook may know more"
        )
    else:
        yield Finding("prices", "ok", detail)


def _store(invocation: Invocation, *, named: bool) -> Iterator[Finding]:
    from ingest.errors import StoreError
    from ingest.store import Store

    path = invocation.db
    if not path.exists():
        detail = f"{path} is not there yet; 'tollbook import FILE' makes it"
        yield Finding("store file", "problem" if named else "warning", detail)
        return
    size = path.stat().st_size / 1_000_000
    try:
        store = Store(path)
        records = [each for each in store.imports() if not each.undone]
        detail = f"{path}, {size:,.1f} MB, {plural(len(records), 'import')}, not locked"
        yield Finding("store", "ok", detail)
        yield from _usage(invocation, store)
        yield from _looks(invocation, store)
    except StoreError as error:
        yield Finding("store", "problem", str(error))


def _looks(invocation: Invocation, store: Store) -> Iterator[Finding]:
    """Say when budgets were last looked at, and what is stuck on its way to people."""
    from ingest.ages import age_text

    pulse = store.alerts().book().pulse
    if pulse.looked_at is None:
        yield Finding("alerts", "ok", "budgets were never looked at; 'tollbook alerts check' does")
        return
    age = invocation.now - pulse.looked_at
    detail = f"last look {age_text(age)} ago"
    stuck = {"waiting", "failed"}
    failed = sum(e.state in stuck and bool(e.said) for e in store.alerts().deliveries(SHOWN_LINES))
    if pulse.failure:
        yield Finding("alerts", "problem", f"{detail}, and it failed: {pulse.failure}")
    elif age > SILENT_TOO_LONG:
        detail = f"{detail}: does what ran 'tollbook alerts check' still run?"
        yield Finding("alerts", "warning", detail)
    elif failed:
        detail = f"{detail}; {plural(failed, 'message')} did not arrive: see 'tollbook alerts log'"
        yield Finding("alerts", "warning", detail)
    else:
        yield Finding("alerts", "ok", detail)


def _usage(invocation: Invocation, store: Store) -> Iterator[Finding]:
    from ingest.ages import age_text
    from ingest.configuration import ConfigurationError
    from ingest.report import ReportQuery, report

    extent, reached = store.extent(), store.watermark()
    if extent is None or reached is None:
        yield Finding("usage", "warning", "the store holds no usage yet")
        return
    age = age_text(invocation.now - reached)
    detail = f"from {extent[0]:%Y-%m-%d} to {reached:%Y-%m-%d %H:%M} UTC, {age} ago"
    yield Finding("usage", "ok", detail)
    aside = len(store.set_aside())
    state: State = "warning" if aside else "ok"
    yield Finding("set aside", state, plural(aside, "line") if aside else "no lines")
    try:
        book = invocation.book
    except ConfigurationError:
        return
    volumes = sorted(report(store, book, ReportQuery()).unpriced, key=lambda each: -each.tokens)
    named = [f"{tokens_text(each.tokens)} tokens of {each.model}" for each in volumes[:SHOWN_LINES]]
    more = [plural(len(volumes) - SHOWN_LINES, "other")] if len(volumes) > SHOWN_LINES else []
    missing = listed([*named, *more])
    yield Finding("unpriced", "warning" if missing else "ok", missing or "all usage has a price")
