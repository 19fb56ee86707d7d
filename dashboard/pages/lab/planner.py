"""The context planner: a form, what each way costs, and why one does not fit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import dash_mantine_components as dmc
from dash import html

from costmodel.context import (
    Chunking,
    Compaction,
    Conversation,
    Document,
    Gateway,
    Retrieval,
)
from costmodel.context_cost import NoPriceError, Prices
from costmodel.context_ways import Setting, conversation_plan, document_ways, passage_ways
from costmodel.money import decimal_string, dollars
from costmodel.number_text import count
from dashboard import chart_card
from dashboard.attributes import attributes
from dashboard.figures.lab import HEIGHT_PX, WayBar, way_bars
from dashboard.notices import notice_list
from dashboard.own_keys import own_key
from dashboard.pages.lab.fields import ModelField, NumberField, models_by_name

if TYPE_CHECKING:
    from collections.abc import Mapping
    from fractions import Fraction

    from dash.development.base_component import Component

    from costmodel.context_ways import Way
    from dashboard.context import DashboardContext

Kind = Literal["document", "passages", "conversation"]
CARD = "lab-ways"
KINDS: tuple[tuple[Kind, str], ...] = (
    ("document", "Document"),
    ("passages", "Passages"),
    ("conversation", "Conversation"),
)
ANSWERS = ModelField("answers", "Answered by", "gpt-4.1-mini")
READS = ModelField("reads", "Pieces read by", "")
BODY = NumberField("body_kb", "Gateway takes at most, kB", 0)
WAIT = NumberField("wait", "Gateway waits, seconds", 0)
FIELDS: Mapping[Kind, tuple[NumberField, ...]] = {
    "document": (
        NumberField("document", "Tokens of the document", 200_000, 1),
        NumberField("prompt", "Instructions", 300),
        NumberField("output", "Answer", 1_500, 1),
        NumberField("questions", "Questions", 1, 1, 10_000),
        NumberField("chunk", "Tokens of a piece", 8_000, 10),
        NumberField("overlap", "Shared with the next", 200),
        NumberField("extract", "Written about a piece", 400, 1),
    ),
    "passages": (
        NumberField("passages", "Passages", 20, 1, 10_000),
        NumberField("passage", "Tokens of a passage", 500, 1),
        NumberField("rules", "Instructions", 250),
        NumberField("question", "Question", 50),
        NumberField("reply", "Answer", 1_500, 1),
    ),
    "conversation": (
        NumberField("system", "System prompt", 500),
        NumberField("user", "Each question", 60, 1),
        NumberField("answer", "Each answer", 250, 1),
        NumberField("turns", "Turns", 50, 1, 300),
        NumberField("summary", "Summary", 300, 1),
        NumberField("instruction", "Asking for it", 200),
    ),
}
KEYS = frozenset(
    {"plan", ANSWERS.key, READS.key, BODY.key, WAIT.key}
    | {field.key for fields in FIELDS.values() for field in fields}
)
_NO_LONGER_THAN_SHARED = "Pieces must be longer than what they share with the next."


@dataclass(frozen=True)
class Planned:
    """What an address plans: ways with a sentence, or why there are none."""

    kind: Kind
    ways: tuple[Way, ...]
    sentence: str
    currency: str

    @property
    def problems(self) -> list[str]:
        """Return why ways do not fit, each sentence once."""
        said = [f"{way.name}: {text}." for way in self.ways for text in way.problems]
        return [f"{each[:1].upper()}{each[1:]}" for each in dict.fromkeys(said)]


def kind_of(own: Mapping[str, str]) -> Kind:
    """Return what an address plans; a document where it does not say."""
    asked = own.get("plan", "document")
    return cast("Kind", asked) if asked in FIELDS else "document"


def planned(context: DashboardContext, own: Mapping[str, str]) -> Planned:
    """Return the ways that an address asks for, with their cost."""
    kind, currency = kind_of(own), context.book.contract.currency
    numbers = {field.key: field.read(own) for field in FIELDS[kind]}
    if kind == "document" and numbers["chunk"] <= numbers["overlap"]:
        return Planned(kind, (), _NO_LONGER_THAN_SHARED, currency)
    try:
        ways, more = _ways(kind, numbers, _setting(context, own), currency)
    except NoPriceError as error:
        return Planned(kind, (), f"{error}.", currency)
    return Planned(kind, ways, f"{_comparison(kind, ways, currency)}{more}", currency)


def _setting(context: DashboardContext, own: Mapping[str, str]) -> Setting:
    models = models_by_name(context.book)
    model = ANSWERS.read(own, models) or context.book.models[0]
    reader = READS.read(own, models) if kind_of(own) == "document" else None
    body, wait = BODY.read(own), WAIT.read(own)
    gateway = Gateway(body * 1_000 or None, float(wait) or None)
    return Setting(Prices(context.book, model, context.now().date(), reader), gateway)


def _ways(
    kind: Kind, n: Mapping[str, int], setting: Setting, currency: str
) -> tuple[tuple[Way, ...], str]:
    """Return the ways, and what else is to say of them."""
    if kind == "document":
        document = Document(n["document"], n["prompt"], n["output"])
        cut = Chunking(n["chunk"], n["overlap"], n["extract"])
        return tuple(document_ways(document, cut, n["questions"], setting)), ""
    if kind == "passages":
        asked = Retrieval(n["passages"], n["passage"], n["rules"], n["question"], n["reply"])
        ways = passage_ways(asked, setting)
        one, other = ways[0], ways[1]
        steps = other.cost.input_tokens - one.cost.input_tokens
        each = (other.cost.total - one.cost.total) * n["passage"] / steps
        return tuple(
            ways
        ), f" Each further passage adds {_exact(each * 1_000, currency)} to 1,000 questions."
    talk = Conversation(n["system"], n["user"], n["answer"], n["turns"])
    plan = conversation_plan(talk, Compaction(n["summary"], n["instruction"]), setting)
    rule = f" The rule of thumb says a summary every {plan.estimate:.1f} turns."
    return (plan.whole, plan.cached, plan.compacted), rule


def _comparison(kind: Kind, ways: tuple[Way, ...], currency: str) -> str:
    fitting = [way for way in ways if way.fits]
    if not fitting:
        return "None of these ways fits."
    if kind == "passages":
        first, last = fitting[0], fitting[-1]
        return (
            f"An answer costs {_exact(first.cost.total, currency)} with {first.name} and "
            f"{_exact(last.cost.total, currency)} with {last.name}."
        )
    best = min(fitting, key=lambda way: way.cost.total)
    return f"The cheapest that fits costs {_exact(best.cost.total, currency)}: {best.name}."


def _exact(money: Fraction, currency: str) -> str:
    """Return an amount with two decimals, or as many as a small one needs."""
    places = len(decimal_string(money).partition(".")[2])
    return dollars(money, currency, 2 if money >= 1 else min(max(2, places), 5))


def chart_of(plan: Planned) -> chart_card.Chart:
    """Return the bars of the ways with the table behind them."""
    bars = [
        WayBar(
            way.name, float(way.cost.total), _exact(way.cost.total, plan.currency), fits=way.fits
        )
        for way in plan.ways
    ]
    header = ("Way", "Calls", "Tokens in", "Cached", "Tokens out", "Longest call", "Cost", "Fits")
    return chart_card.Chart(
        plan.sentence, way_bars(bars), header, [_row(w, plan) for w in plan.ways]
    )


def _row(way: Way, plan: Planned) -> list[str]:
    cost = way.cost
    counts = (cost.calls, cost.input_tokens, cost.cached_tokens, cost.output_tokens)
    money = _exact(cost.total, plan.currency)
    fits = "yes" if way.fits else "no"
    return [way.name, *map(count, counts), count(cost.largest_input), money, fits]


def section(context: DashboardContext, own: Mapping[str, str]) -> Component:
    """Return the form beside the chart."""
    plan = planned(context, own)
    return html.Div(
        [
            _form(context, own),
            html.Div(
                [
                    chart_card.chart_card(
                        CARD, "What each way costs", chart_of(plan), height=HEIGHT_PX
                    ),
                    html.Div(found(plan), id="lab-problems"),
                ],
                className="lab-results",
            ),
        ],
        className="lab-planner",
    )


def found(plan: Planned) -> Component | None:
    """Return what does not fit and what to cut."""
    return notice_list(plan.problems) if plan.problems else None


def _form(context: DashboardContext, own: Mapping[str, str]) -> Component:
    models, kind = models_by_name(context.book), kind_of(own)
    groups = [
        html.Div(
            [field.input(own) for field in fields],
            id={"type": "lab-fields", "kind": name},
            className="lab-fields",
            hidden=name != kind,
        )
        for name, fields in FIELDS.items()
    ]
    reads = html.Div(READS.select(own, models), id="lab-reads", hidden=kind != "document")
    return html.Section(
        [
            html.H2("Plan a context", className="card-title"),
            html.P("Numbers are tokens unless they say otherwise.", className="chart-sentence"),
            dmc.SegmentedControl(
                id=own_key("plan", "document"),
                value=kind,
                data=[{"value": name, "label": label} for name, label in KINDS],
                size="xs",
                fullWidth=True,
                **attributes(aria_label="What is planned"),
            ),
            html.Div([ANSWERS.select(own, models), reads], className="lab-fields"),
            *groups,
            html.Div([BODY.input(own), WAIT.input(own)], className="lab-fields"),
            html.P(
                "0: no limit. A token is taken for 4 bytes, writing for 50 tokens a second.",
                className="lab-note",
            ),
        ],
        className="card lab-form",
    )
