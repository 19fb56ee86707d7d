"""The block More of What-if: levers beside the five controls, folded, each off until set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from costmodel.meters import Meter
from costmodel.workload import PREFERRED_PROVIDER
from dashboard.pages.whatif.more import KEPT, LOST, TIERS, shown_values
from dashboard.pages.whatif.wildcards import labelled

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.settings import Settings

COUNT = "whatif-more-count"
RESET = {"type": "whatif-reset", "control": "more"}
NOT_HERE = "A commitment, a cap and another price stand in a plan file: "
COMMAND = "tollbook plan"

Values = Mapping[str, str | float | None]
"""What each field shows, by its key."""


def more_block(board: Board, settings: Settings) -> html.Details:
    """Return the folded block, open where something in it is set."""
    values = shown_values(settings.more)
    reset = html.Button(
        "Reset", id=RESET, type="button", className="quiet-link", **labelled("Reset More")
    )
    summary = [
        html.Span("More", className="control-title"),
        html.Span(count_text(board), id=COUNT, className="more-count"),
    ]
    return html.Details(
        [
            html.Summary(summary),
            html.Div(
                [html.P("Levers that are off until you set them."), reset],
                className="more-head",
            ),
            *_texts(values),
            *_calls(board, values),
            *_models(board, values),
            html.P([NOT_HERE, html.Code(COMMAND), "."], className="control-source"),
        ],
        className="control more-levers",
        open=bool(board.base.more),
    )


def count_text(board: Board) -> str:
    """Return how many levers under "More" are on."""
    return f" ({len(board.base.more)} set)" if board.base.more else ""


def _texts(values: Values) -> list[Component]:
    return [
        _lever(
            "Shorter texts",
            [
                _percent("prompts", "Prompts shorter by", values),
                _percent("answers", "Answers shorter by", values),
                _choice(
                    "beginning",
                    "What is cached of the prompts",
                    {LOST: "is billed in full", KEPT: "stays: the beginning is kept"},
                    values,
                    clearable=False,
                ),
            ],
            "0%, assumed; whether answers stay as good is not known",
        ),
    ]


def _calls(board: Board, values: Values) -> list[Component]:
    return [
        _lever(
            "Retries",
            [
                _percent("retries", "Calls that fail", values, most=99.9),
                _percent("billed", "Of these billed", values),
            ],
            "0%, assumed; made again until they succeed, on top of the calls seen",
        ),
        _lever(
            "A second model checks each answer",
            [
                _choice("checker", "Model", _writing(board), values),
                _number("checked", "Tokens it writes", values, thousandSeparator=","),
            ],
            "none; 50 tokens are assumed. It reads each prompt and answer",
        ),
        _lever(
            "People review answers",
            [
                _percent("review", "Answers they read", values),
                _number("minutes", "Minutes each", values, decimalScale=2),
                _number("hourly", "Dollars an hour", values, decimalScale=2, prefix="$"),
            ],
            "0%; 2 minutes and $40 an hour are assumed",
        ),
    ]


def _models(board: Board, values: Values) -> list[Component]:
    served, known = _served(board), _writing(board)
    return [
        _lever(
            "Processing tier",
            [
                _choice("served-in", "Tier", {name: name for name in TIERS}, values),
                _percent("served-share", "Share of it", values),
            ],
            "as today; only models that are offered there, before the batch share",
        ),
        _lever(
            "Send requests elsewhere",
            [
                _choice("moved-from", "From", served, values),
                _choice("moved-to", "To", known, values),
                _percent("moved-share", "Share of them", values),
            ],
            "as today; before “Start with” divides what there is",
        ),
        _lever(
            "A model ends",
            [
                _choice("ending", "Model", served, values),
                _choice("successor", "Its successor", known, values),
                _day("ends-on", "First day without it", values),
            ],
            "as published; an empty day or successor is the one that its provider names",
        ),
    ]


def _lever(title: str, fields: list[Component], source: str) -> html.Section:
    return html.Section(
        [
            html.H4(title, className="more-title"),
            html.Div([html.Div(field) for field in fields], className="more-fields"),
            html.P(source, className="control-source"),
        ],
        className="more-lever",
    )


def _served(board: Board) -> Mapping[str, str]:
    """Return the models that serve the usage, then those to start with."""
    names = [model.name for model in board.baseline.served_models(board.book)]
    return {name: name for name in (*names, *board.choices)}


def _writing(board: Board) -> Mapping[str, str]:
    """Return the models that write text, of the providers in the usage and of OpenAI."""
    providers = {PREFERRED_PROVIDER, *(flow.provider for flow in board.baseline.flows)}
    return {
        model.name: model.name
        for model in board.book.models
        if model.provider in providers
        and not model.life.is_gone(board.today)
        and any(
            Meter.OUTPUT in card.usd_per_million
            for card in board.book.cards_of(model.provider, model.name)
        )
    }


def _id(key: str) -> dict[str, str]:
    return {"type": "whatif-more", "field": key}


def _percent(key: str, label: str, values: Values, most: float = 100) -> dmc.NumberInput:
    return _number(key, label, values, max=most, suffix="%", decimalScale=1)


def _number(
    key: str,
    label: str,
    values: Values,
    **rules: Any,  # noqa: ANN401 - attributes of the field
) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=_id(key),
        label=label,
        value=values[key],
        min=0,
        clampBehavior="strict",
        hideControls=True,
        debounce=300,
        size="xs",
        **rules,
    )


def _choice(
    key: str,
    label: str,
    options: Mapping[str, str],
    values: Values,
    *,
    clearable: bool = True,
) -> dmc.Select:
    value = values[key]
    shown = options if value is None else {str(value): str(value), **options}
    return dmc.Select(
        id=_id(key),
        label=label,
        value=value,
        data=[{"value": each, "label": text} for each, text in shown.items()],
        placeholder="none" if clearable else None,
        clearable=clearable,
        allowDeselect=clearable,
        searchable=clearable,
        size="xs",
    )


def _day(key: str, label: str, values: Values) -> dmc.TextInput:
    return dmc.TextInput(
        id=_id(key),
        label=label,
        value=values[key] or "",
        placeholder="2027-01-14",
        debounce=300,
        size="xs",
    )
