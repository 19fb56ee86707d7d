"""The sliders of What-if, and the numbers typed beside them and elsewhere on the page."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.whatif.address_values import percent_text
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.payload import bounds, defaults
from dashboard.pages.whatif.wildcards import labelled
from dashboard.pages.whatif.words import sentence_money, share_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dash.development.base_component import Component

    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.settings import Settings

TITLES: Mapping[str, str] = {
    "escalate": "Escalate to full",
    "cache": "Cached input share",
    "batch": "Batch share",
    "growth": "Growth a month",
}
_LEAST_MARKED = Fraction(1, 8)
"""A mark further left has no room for its words; the line below says the share anyway."""


def sliders(board: Board, settings: Settings) -> list[html.Section]:
    """Return the four sliders of a plan, each with its number, a reset and its source."""
    return [
        _section(board, "escalate", _escalation_source(board), above=[_how(settings)]),
        _section(board, "cache", _cache_source(board), marks=_cache_marks(board)),
        _section(board, "batch", _batch_source(board)),
        _section(board, "growth", "assumed; compounds from the first month on"),
    ]


def _section(
    board: Board,
    control: str,
    source: str,
    *,
    above: list[Component] | None = None,
    marks: list[dict[str, Any]] | None = None,
) -> html.Section:
    title = title_of(board, control)
    value = defaults(board)[control]
    return html.Section(
        [
            html.Div(
                [
                    html.H3(title, className="control-title"),
                    html.Button(
                        "Reset",
                        id={"type": "whatif-reset", "control": control},
                        type="button",
                        className="quiet-link",
                        **labelled(f"Reset {title}"),
                    ),
                ],
                className="control-head",
            ),
            *(above or []),
            html.Div(
                [
                    slider(
                        {"type": "whatif-slider", "control": control},
                        value,
                        bounds(control),
                        f"{title}, percent",
                        marks,
                    ),
                    number(
                        {"type": "whatif-number", "control": control},
                        value,
                        bounds(control),
                        f"{title}, percent",
                    ),
                ],
                className="control-row" + (" has-marks" if marks else ""),
            ),
            html.P(source, className="control-source"),
        ],
        className="control",
    )


def title_of(board: Board, control: str) -> str:
    """Return the title of a slider: ``Escalate to full``."""
    if control != "escalate":
        return TITLES[control]
    return f"Escalate to {short_name(board.base.full, board.comparison.family)}"


def slider(
    identity: dict[str, str],
    value: float,
    limits: tuple[float, float],
    label: str,
    marks: list[dict[str, Any]] | None = None,
    *,
    linked: bool = False,
) -> dmc.Slider:
    """Return a slider in percent; a ``linked`` one tells Dash of every move, not of the last."""
    low, high = limits
    return dmc.Slider(
        id=identity,
        value=value,
        min=low,
        max=high,
        step=0.5 if low < 0 else 1,
        marks=marks or [],
        updatemode="drag" if linked else "mouseup",
        label=None,
        size="sm",
        thumbSize=18,
        thumbLabel=label,
        className="control-slider",
    )


def number(
    identity: dict[str, str], value: float, limits: tuple[float, float], label: str
) -> dmc.NumberInput:
    """Return a number in percent."""
    low, high = limits
    return dmc.NumberInput(
        id=identity,
        value=value,
        min=low,
        max=high,
        step=0.5 if low < 0 else 1,
        decimalScale=1,
        suffix="%",
        hideControls=True,
        debounce=300,
        size="xs",
        **labelled(label),
    )


def amount(identity: str, value: Fraction | None, currency: str, label: str) -> dmc.NumberInput:
    """Return an amount of money, empty where there is none."""
    return dmc.NumberInput(
        id=identity,
        value="" if value is None else float(value),
        min=0,
        prefix=sentence_money(0, currency).removesuffix("0"),
        thousandSeparator=",",
        decimalScale=2,
        debounce=300,
        hideControls=True,
        size="sm",
        **labelled(label),
    )


def _how(settings: Settings) -> dmc.SegmentedControl:
    return dmc.SegmentedControl(
        id="whatif-sent",
        value="directly" if settings.directly else "tried",
        data=[
            {"value": "tried", "label": "tried first"},
            {"value": "directly", "label": "sent directly"},
        ],
        size="xs",
        fullWidth=True,
        **labelled("How requests reach full"),
    )


def _escalation_source(board: Board) -> str:
    share = share_text(board.default_escalation)
    if board.is_typed:
        return f"{share}: typed numbers escalate nothing until you say so"
    return f"{share} {board.comparison.escalation_source}"


def _cache_source(board: Board) -> str:
    today = share_text(board.cached_share)
    if board.is_typed:
        return "typed numbers: nothing is cached"
    highest = board.usage.highest_cached_share
    if highest is None:
        return f"{today} seen in your logs"
    return f"{today} seen in your logs; highest seen on a day {share_text(highest)}"


def _cache_marks(board: Board) -> list[dict[str, Any]] | None:
    highest = board.usage.highest_cached_share
    if highest is None or highest < _LEAST_MARKED or board.is_typed:
        return None
    return [{"value": float(percent_text(highest)), "label": "highest seen"}]


def _batch_source(board: Board) -> str:
    family = board.comparison.family
    if family and family.name == "gpt-4.1":
        return "0%; no cached price in batch is published for gpt-4.1"
    return "0%; answers come within 24 hours, at about half the price"
