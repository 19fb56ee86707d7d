"""The left side of What-if: five controls, each with a number, a reset and its source.

The other levers stand folded behind them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from costmodel.money import dollars
from dashboard.filter_bar import value_text
from dashboard.pages.whatif.address_values import percent_text
from dashboard.pages.whatif.more_panel import more_block
from dashboard.pages.whatif.names import ended, short_name
from dashboard.pages.whatif.payload import MIX, defaults, feature_codes
from dashboard.pages.whatif.settings import AS_TODAY, TypedNumbers
from dashboard.pages.whatif.sliders import amount, number, slider, sliders
from dashboard.pages.whatif.wildcards import labelled
from dashboard.pages.whatif.words import capital

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.settings import Settings


def panel(board: Board, settings: Settings) -> list[Component]:
    """Return all controls of a board at their settings."""
    parts = [
        _typed_numbers(board, settings) if board.is_typed else _baseline_words(board),
        _start(board, settings),
        *sliders(board, settings),
        more_block(board, settings),
        _limit(board, settings),
        _features(board),
    ]
    return [part for part in parts if part is not None]


def panel_key(board: Board) -> str:
    """Return what the panel's own parts depend on: it is drawn again only when that changes."""
    depends = (
        board.is_typed,
        board.usage.words,
        board.choices,
        board.features,
        board.locked,
        board.limit,
        defaults(board),
        board.usage.highest_cached_share,
    )
    return repr(depends)


def _section(title: str, children: list[Component | None], hint: str = "") -> html.Section:
    parts = [part for part in children if part is not None]
    if hint:
        parts.append(html.P(hint, className="control-source"))
    return html.Section([html.H3(title, className="control-title"), *parts], className="control")


def _baseline_words(board: Board) -> html.Section:
    month = board.baseline
    scaled = month.days != board.usage.seen.days
    spent = dollars(board.usage.spent, board.currency)
    words = f"{spent} in {_days(board)}, scaled to a month of 30 days." if scaled else ""
    return _section("Baseline", [html.P(capital(board.usage.words) + ".")], words)


def _days(board: Board) -> str:
    days = board.usage.seen.days
    return "1 day" if days == 1 else f"{float(days):g} days"


def _typed_numbers(board: Board, settings: Settings) -> html.Section:
    typed = settings.typed or TypedNumbers()
    numbers: list[tuple[str, str, float, dict[str, Any]]] = [
        ("sessions", "Sessions a day", typed.sessions_per_day, {"min": 0, "step": 1_000}),
        ("tokens", "Tokens a session", typed.tokens_per_session, {"min": 0, "step": 100}),
        (
            "output",
            "Output share",
            float(percent_text(typed.output_share)),
            {"min": 0, "max": 100, "suffix": "%", "decimalScale": 1},
        ),
        ("days", "Days", typed.days, {"min": 1, "max": 366}),
    ]
    fields: list[Component] = [
        dmc.NumberInput(
            id={"type": "whatif-typed", "number": key},
            label=label,
            value=value,
            thousandSeparator=",",
            debounce=300,
            size="sm",
            **rules,
        )
        for key, label, value, rules in numbers
    ]
    model: Component = dmc.Select(
        id={"type": "whatif-typed", "number": "served"},
        label="Served today by",
        value=typed.model,
        data=sorted({m.name for m in board.book.models if m.provider == "openai"} | {typed.model}),
        searchable=True,
        allowDeselect=False,
        size="sm",
    )
    return _section("Typed workload", [html.Div([*fields, model], className="typed-fields")])


def _start(board: Board, settings: Settings) -> html.Section:
    options = [{"value": name, "label": _choice_label(board, name)} for name in board.choices]
    options += [
        {"value": MIX, "label": "a mix"},
        {"value": AS_TODAY, "label": "as today"},
    ]
    chosen = settings.start
    value = (
        board.default_start
        if chosen is None
        else AS_TODAY
        if not chosen
        else MIX
        if len(chosen) > 1
        else chosen[0][0]
    )
    shares = dict(chosen or ())
    return _section(
        "Start with",
        [
            dmc.Select(
                id="whatif-start",
                value=value,
                data=options,
                allowDeselect=False,
                size="sm",
                **labelled("Start with"),
            ),
            html.Div(
                [_mix_row(board, name, float(shares.get(name, 0) * 100)) for name in board.choices],
                id="whatif-mix-rows",
                className="mix-rows",
                hidden=value != MIX,
            ),
        ],
        _start_source(board),
    )


def _choice_label(board: Board, name: str) -> str:
    family = board.comparison.family
    short = short_name(name, family)
    model = board.book.resolve(family.full.provider, name) if family else None
    gone = ended(model, board.today) if model else ""
    words = [name] if short != name else []
    words += [gone] if gone else []
    return f"{short} ({', '.join(words)})" if words else short


def _mix_row(board: Board, name: str, percent: float) -> html.Div:
    short = short_name(name, board.comparison.family)
    return html.Div(
        [
            html.Span(short, className="mix-name"),
            slider(
                {"type": "whatif-mix", "model": name},
                percent,
                (0, 100),
                f"Share of {short}",
                linked=True,
            ),
            number(
                {"type": "whatif-mix-number", "model": name}, percent, (0, 100), f"Share of {short}"
            ),
        ],
        className="control-row",
    )


def _start_source(board: Board) -> str:
    family = board.comparison.family
    if family is None:
        return "nothing in this usage has a price"
    text = f"shares are of the requests that {family.full.name} and its family serve today"
    if family.small and board.default_start != family.small.name:
        small = short_name(family.small.name, family)
        text = f"trying {small} first is about what you do already; {text}"
    rest = [
        model.name
        for model in board.baseline.served_models(board.book)
        if model.family != family.name
    ]
    rest += sorted({flow.model for flow in board.baseline.unpriced})
    return f"{text}; {', '.join(rest)} stays as it is" if rest else text


def _limit(board: Board, settings: Settings) -> html.Section:
    limit = board.limit if settings.limit is None else settings.limit
    source = board.limit_source or "none set: type an amount to see which plan keeps to it"
    return _section(
        "Limit a month",
        [
            amount("whatif-limit", limit, board.currency, "Limit a month"),
        ],
        source,
    )


def _features(board: Board) -> html.Section | None:
    if not board.features:
        return None
    codes = feature_codes(board)
    chips = [
        dmc.Chip(_chip_text(board, name), value=code, size="xs", disabled=name in board.locked)
        for name, code in codes.items()
    ]
    group = dmc.ChipGroup(
        chips,
        id="whatif-features",
        multiple=True,
        value=[codes[name] for name in board.chosen],
    )
    hint = "locked features are critical: no plan touches them" if board.locked else ""
    return _section("Features in the plan", [html.Div(group, className="chip-row")], hint)


def _chip_text(board: Board, name: str | None) -> str:
    text = value_text(name)
    return f"{text} (locked)" if name in board.locked else text
