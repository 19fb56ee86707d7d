"""Rate limits: the busiest minute of the last 30 days against a usage tier."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html
from dash.exceptions import PreventUpdate

from costmodel.money import dollars
from costmodel.number_text import count, share
from costmodel.rate_limit_words import (
    basis_words,
    limit_rows,
    limit_source,
    months_words,
    range_words,
    size_words,
)
from costmodel.rate_limits import limits_of, never_passing, standings, usage_tiers_of
from dashboard.attributes import attributes
from dashboard.own_keys import own_key
from dashboard.pages.lab.fields import NumberField
from dashboard.pages.lab.tables import Cell, table
from dashboard.period import parse_period
from dashboard.remembered import remembered
from dashboard.state import parse
from ingest.traffic import loads, spend_of_a_month

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from dash.development.base_component import Component

    from costmodel.rate_limits import Load, Standing
    from costmodel.rates import Model
    from dashboard.context import DashboardContext

TIER: Final = "tier_of_account"
FIRST_TIER: Final = "1"
MAX_TOKENS: Final = NumberField("max_tokens", "Tokens asked for (max_tokens)", 0, 0, 1_000_000)
KEYS: Final = frozenset({TIER, MAX_TOKENS.key})
GROWTH: Final = Fraction(1, 10)
BODY: Final = "lab-limits"
CLASS: Final = "lab-counted"
BUSY: Final = "lab-counted lab-counting"
COUNTING: Final = (
    "Counting the busiest minute of the last 30 days: a few seconds for many requests."
)
NO_USAGE: Final = "No usage in the last 30 days: nothing comes to a limit. Import a file to see it."
NO_LIMITS: Final = "The price book holds no rate limits of the models in use."


@dataclass(frozen=True)
class Held:
    """Traffic against one tier; ``spend`` is 30 days' cost by provider."""

    tier: str
    loads: list[Load]
    stands: list[Standing]
    models: Mapping[tuple[str, str], Model]
    spend: Mapping[str, Fraction]


def held(context: DashboardContext, own: Mapping[str, str]) -> Held:
    """Return the last 30 days against the tier of an address; the store is asked once an hour."""
    book, store = context.book, context.store()
    now = context.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    period = parse_period("last 30d", now, context.configuration.timezone)
    tokens = MAX_TOKENS.read(own)
    found = remembered(
        store, ("lab-loads", id(book), hour, tokens), lambda: loads(store, book, period, tokens)
    )
    spend = spend_of_a_month(store, book, period) if found else {}
    chosen = _tier(context, own)
    models = {(model.provider, model.name): model for model in book.models}
    return Held(chosen, found, standings(found, models, chosen, GROWTH), models, spend)


def _tier(context: DashboardContext, own: Mapping[str, str]) -> str:
    tier = own.get(TIER, FIRST_TIER)
    return tier if tier in usage_tiers_of(context.book.models) else FIRST_TIER


def section(context: DashboardContext, own: Mapping[str, str]) -> Component:
    """Return the choice of a tier, and the place of what follows from it, which fills itself."""
    tiers = usage_tiers_of(context.book.models)
    control = dmc.SegmentedControl(
        id=own_key(TIER, FIRST_TIER),
        value=_tier(context, own),
        data=[{"value": tier, "label": f"Tier {tier}"} for tier in tiers],
        size="xs",
        **attributes(aria_label="Usage tier of the account"),
    )
    head = html.Div(
        [html.H2("Rate limits", className="card-title"), control, MAX_TOKENS.input(own)],
        className="card-head",
    )
    waiting = html.P(COUNTING, className="chart-sentence", role="status")
    return html.Section(
        [head, html.Div(waiting, id=BODY, className=CLASS)], className="card lab-limits"
    )


def register(app: Dash, context: DashboardContext, keys: Collection[str]) -> None:
    """Count for the tier of the address: after the page, for many requests take seconds."""

    @app.callback(
        Output(BODY, "children"),
        Input("url", "search"),
        State("url", "pathname"),
        running=[(Output(BODY, "className"), BUSY, CLASS)],
    )
    def fill(search: str | None, path: str | None) -> list[Component]:
        if path != "/lab":
            raise PreventUpdate
        return content(held(context, parse(search, keys).own), context)


def content(now: Held, context: DashboardContext) -> list[Component]:
    """Return the sentence, the table and what is to know beside it."""
    if not now.loads:
        return [html.P(NO_USAGE, className="chart-sentence")]
    if not now.stands:
        return [html.P(NO_LIMITS, className="chart-sentence")]
    return [
        html.P(sentence(now), className="chart-sentence"),
        _table(now),
        html.Ul([html.Li(said) for said in remarks(now, context)], className="lab-remarks"),
    ]


def sentence(now: Held) -> str:
    """Return whether the tier carries the traffic, and what comes nearest."""
    nearest = max(now.stands, key=lambda each: each.largest_share)
    row = max(limit_rows(nearest), key=lambda each: each.share)
    carries = "carries" if all(each.passes for each in now.stands) else "does not carry"
    return (
        f"Tier {now.tier} {carries} the last 30 days: {nearest.load.model} comes to "
        f"{share(row.share)} of its {row.name} ({row.peak} of {row.allowed})."
    )


def _table(now: Held) -> Component:
    header = ["Model", "Requests", "Limit", "Share", "Busiest", "Allowed", "Months left"]
    rows: list[list[Cell]] = [
        [
            each.load.model,
            _size(each.load, now),
            row.name,
            _bar(row.share),
            row.peak,
            row.allowed,
            months_words(row.share, GROWTH),
        ]
        for each in now.stands
        for row in limit_rows(each)
    ]
    return table("Traffic against the limits", header, rows)


def _size(load: Load, now: Held) -> str:
    return size_words(load, now.models.get((load.provider, load.model)))


def _bar(part: Fraction) -> Component:
    """Return how much of a limit is used, as a bar and in figures."""
    width = f"{min(100.0, float(part) * 100):.1f}%"
    over = " lab-bar-over" if part > 1 else ""
    fill = html.Span(className=f"lab-bar-fill{over}", style={"width": width})
    return html.Span(
        [
            html.Span(fill, className="lab-bar", **attributes(aria_hidden="true")),
            html.Span(share(part), className="lab-bar-text"),
        ],
        className="lab-bar-row",
    )


def remarks(now: Held, context: DashboardContext) -> list[str]:
    """Return what is to know beside the table, a sentence each."""
    said = [*_never(now), *_caps(now, context), *_flights(now)]
    known = {(each.load.provider, each.load.model) for each in now.stands}
    others = dict.fromkeys(
        load.model for load in now.loads if (load.provider, load.model) not in known
    )
    said += [f"No limits of {name} are in the price book." for name in others]
    bases = dict.fromkeys(basis_words(load) for load in now.loads if load.requests)
    said += [f"Busiest: {basis}." for basis in bases]
    said.append(
        "A request counts its input, cached tokens included, and its output, or max_tokens if "
        "that is more; failed requests count too and are not in usage files."
    )
    said.append(f"Months left at {share(GROWTH)} growth a month.")
    sources = dict.fromkeys(limit_source(each.limit) for each in now.stands)
    return [*said, *(f"Limits: {source}." for source in sources if source)]


def _never(now: Held) -> list[str]:
    found = []
    for provider, name in dict.fromkeys((s.load.provider, s.load.model) for s in now.stands):
        refused = sum(s.never_pass for s in now.stands if s.load.model == name)
        if refused:
            ranges = never_passing(limits_of(now.models[provider, name], now.tier))
            sizes = " and ".join(range_words(each) for each in ranges)
            found.append(
                f"{count(refused)} requests to {name} can never pass in this tier, however long "
                f"one waits: those of {sizes}."
            )
    return found


def _caps(now: Held, context: DashboardContext) -> list[str]:
    """Say how a month compares with the tier's cap, which is in US dollars."""
    if context.book.contract.currency != "USD":
        return []
    return [
        f"Tier {now.tier} of {cap.provider} caps a month at "
        f"{dollars(cap.monthly_cap_usd, places=0)}; the last 30 days cost "
        f"{dollars(now.spend[cap.provider])}."
        for cap in context.book.usage_tiers
        if cap.usage_tier == now.tier and cap.provider in now.spend
    ]


def _flights(now: Held) -> list[str]:
    return [
        f"{each.load.model}, {_size(each.load, now)}: "
        f"about {each.in_flight:.1f} requests under way at once in the busiest minute; the tier "
        f"allows {each.in_flight_allowed:.1f}."
        for each in now.stands
        if each.in_flight is not None and each.in_flight_allowed is not None
    ]
