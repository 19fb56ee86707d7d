"""The token lab: two texts side by side. They are counted here and kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from costmodel.money import decimal_string, dollars
from costmodel.number_text import count
from dashboard.attributes import attributes
from dashboard.pages.lab.fields import ModelField, models_by_name
from dashboard.pages.lab.tables import table
from dashboard.remembered import remembered
from dashboard.state import parse
from ingest.text_pairs import compare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from dash.development.base_component import Component

    from costmodel.rates import Model
    from dashboard.context import DashboardContext
    from ingest.store import PromptSize
    from ingest.text_pairs import TextPair

MODEL = ModelField("counts", "Count for", "gpt-4.1-mini")
LONGEST_TEXT = 200_000
"""Characters of each text; longer ones belong to ``tollbook count``."""
EMPTY = "Type or paste a text to see its tokens; a second one beside it to compare."
_SHOWN_FEATURES = 12


def section(context: DashboardContext, own: Mapping[str, str]) -> Component:
    """Return the two text fields, what they count, and the prompts that usage carries."""
    fields = [_area("a", "Text A"), _area("b", "Text B")]
    return html.Section(
        [
            html.Div(
                [
                    html.H2("Tokens of a text", className="card-title"),
                    MODEL.select(own, models_by_name(context.book)),
                ],
                className="card-head",
            ),
            html.P(
                "Texts are counted by this server and neither stored nor sent on.",
                className="chart-sentence",
            ),
            html.Div(fields, className="lab-texts"),
            html.Div(
                html.P(EMPTY, className="chart-sentence"),
                id="lab-counts",
                **attributes(aria_live="polite"),
            ),
            _prompts(context),
        ],
        className="card",
    )


def _area(name: str, label: str) -> dmc.Textarea:
    return dmc.Textarea(
        id=f"lab-text-{name}",
        label=label,
        autosize=True,
        minRows=5,
        maxRows=12,
        debounce=500,
        spellCheck=False,
        value="",
    )


def counted(first: str, second: str, model: Model, context: DashboardContext) -> list[Component]:
    """Return what two texts count and cost, as a sentence and a table."""
    if not first and not second:
        return [html.P(EMPTY, className="chart-sentence")]
    if max(len(first), len(second)) > LONGEST_TEXT:
        said = f"A text is longer than {count(LONGEST_TEXT)} characters: use tollbook count."
        return [html.P(said, className="chart-sentence")]
    today = context.now().date()
    pair = compare((first, second), model, context.book, today, estimate=True)
    return [
        html.P(sentence(pair), className="chart-sentence"),
        _table(pair, first, second, context),
    ]


def sentence(pair: TextPair) -> str:
    """Return what two texts count, and how far they begin alike, in words."""
    about = "About " if pair.estimated else ""
    first, second = pair.tokens
    if not second or not first:
        return f"{about}{count(first or second)} tokens for {pair.model.name}."
    alike = f"both begin with the same {count(pair.shared)} tokens"
    minimum = pair.model.minimum_cacheable_tokens
    if pair.cacheable:
        cache = f"of which {count(pair.cacheable)} can come from a cache"
    elif minimum:
        cache = f"too few for a cache, which begins at {count(minimum)}"
    else:
        cache = "too few for a cache"
    return (
        f"{about}{count(first)} tokens beside {count(second)} ({second - first:+,}) for "
        f"{pair.model.name}; {alike}, {cache}."
    )


def _table(pair: TextPair, first: str, second: str, context: DashboardContext) -> Component:
    currency = context.book.contract.currency
    words = [count(len(text.split())) for text in (first, second)]
    rows = [
        ["Words", *words, f"{len(second.split()) - len(first.split()):+,}", ""],
        ["Tokens", *map(count, pair.tokens), f"{pair.tokens[1] - pair.tokens[0]:+,}", ""],
    ]
    for cost in pair.costs:
        amounts = (cost.first, cost.second, cost.second - cost.first, cost.cached)
        texts = [dollars(each, currency, _places(decimal_string(each))) for each in amounts]
        rows.append([f"As input, {cost.tier}", *texts])
    header = ["", "A", "B", "B − A", "B, beginning cached"]
    return table("The two texts", header, rows)


def _places(decimals: str) -> int:
    return max(2, len(decimals.partition(".")[2]))


def _prompts(context: DashboardContext) -> Component | None:
    """Return the smallest input of each feature, which bounds the prompt that all calls carry."""
    store = context.store()
    sizes = remembered(store, "lab-prompts", lambda: store.prompt_sizes(None, None))
    if not sizes:
        return None
    rows = [_prompt_row(size) for size in sizes[:_SHOWN_FEATURES]]
    header = ["Feature", "Requests", "Smallest input", "Mean input", "Share"]
    return html.Details(
        [
            html.Summary("How long the fixed prompt of each feature is", className="quiet-link"),
            html.P(
                "What every call of a feature carries is at most its smallest input, "
                "as seen in your usage.",
                className="chart-sentence",
            ),
            table("Fixed prompts", header, rows),
        ],
        className="lab-more",
    )


def _prompt_row(size: PromptSize) -> list[str]:
    share = f"{size.smallest / size.mean:.0%}" if size.mean else ""
    numbers = [count(size.requests), count(size.smallest), count(round(size.mean)), share]
    return [size.feature or "not given", *numbers]


def register(app: Dash, context: DashboardContext, keys: frozenset[str]) -> None:
    """Count anew when a text or the model changes."""

    @app.callback(
        Output("lab-counts", "children"),
        Input("lab-text-a", "value"),
        Input("lab-text-b", "value"),
        Input("url", "search"),
        State("url", "pathname"),
        prevent_initial_call=True,
    )
    def recount(first: str | None, second: str | None, search: str | None, path: str | None) -> Any:  # noqa: ANN401 - children, or no update
        if path != "/lab":
            return no_update
        model = MODEL.read(parse(search, keys).own, models_by_name(context.book))
        return no_update if model is None else counted(first or "", second or "", model, context)
