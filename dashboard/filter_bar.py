"""The filter bar: range in words, zone, comparison, and dimensions with counts.

The bar and the address hold the same state; one callback keeps them equal, so
neither can run ahead of the other.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, ctx, html, no_update

from costmodel.number_text import count
from dashboard.attributes import attributes
from dashboard.navigation import page_at
from dashboard.period import PRESETS, is_range
from dashboard.state import COMPARISONS, DEFAULT_COMPARE, DEFAULT_RANGE, State, parse
from dashboard.view import values_with_counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

CHOICES: tuple[str, ...] = ("team", "feature", "model")
"""Dimensions that the bar offers; an address may name more."""

_NOT_GIVEN = "\u0000"
_MOST_OPTIONS = 300


def layout(context: DashboardContext) -> html.Form:
    """Return the bar with defaults; the address fills it."""
    return html.Form(
        [
            dmc.Autocomplete(
                id="range",
                label="Period",
                value=DEFAULT_RANGE,
                data=list(PRESETS),
                debounce=True,
                w=160,
                maxDropdownHeight=280,
                filter={"function": "everyOption"},
            ),
            dmc.Select(
                id="compare",
                label="Compare with",
                value=DEFAULT_COMPARE,
                data=[{"value": word, "label": text} for word, text in COMPARISONS.items()],
                allowDeselect=False,
                w=230,
            ),
            dmc.Select(
                id="zone",
                label="Time zone",
                value=context.configuration.timezone,
                data=_zones(context.configuration.timezone),
                searchable=True,
                allowDeselect=False,
                limit=50,
                w=130,
            ),
            *(_dimension(name) for name in CHOICES),
        ],
        className="filter-bar",
        role="search",
        **attributes(aria_label="Filters"),
    )


def _dimension(name: str) -> html.Div:
    return html.Div(
        dmc.MultiSelect(
            id={"type": "dimension", "name": name},
            label=name.capitalize(),
            placeholder="all",
            data=[],
            value=[],
            searchable=True,
            clearable=True,
            hidePickedOptions=False,
            limit=_MOST_OPTIONS,
            debounce=False,
            className="dimension",
        ),
        id={"type": "dimension-slot", "name": name},
        hidden=True,
        className="dimension-slot",
    )


def _zones(own: str) -> list[str]:
    """Return time zones by name, UTC and the configured one first."""
    rest = sorted(z for z in available_timezones() if "/" in z and not z.startswith("Etc/"))
    return list(dict.fromkeys(["UTC", own, *rest]))


def register(app: Dash, context: DashboardContext) -> None:
    """Keep bar and address equal, and the offered values current."""
    _register_sync(app, context)
    _register_options(app, context)


def _register_sync(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("url", "search"),
        Output("range", "value"),
        Output("range", "error"),
        Output("compare", "value"),
        Output("zone", "value"),
        Output({"type": "dimension", "name": ALL}, "value"),
        Input("url", "search"),
        Input("range", "value"),
        Input("compare", "value"),
        Input("zone", "value"),
        Input({"type": "dimension", "name": ALL}, "value"),
        Input("url", "pathname"),
    )
    def keep_equal(
        search: str | None,
        range_text: str | None,
        compare: str | None,
        zone: str | None,
        dimensions: Sequence[Sequence[str]],
        path: str | None,
    ) -> tuple[Any, ...]:
        page = page_at(path)
        state = page.state_of(search) if page else parse(search)
        default_range = page.default_range if page else DEFAULT_RANGE
        own_zone = context.configuration.timezone
        if ctx.triggered_id is None or ctx.triggered_id == "url":
            return (no_update, *_values(state, default_range, own_zone))
        words = (range_text or default_range).strip()
        if not is_range(words):
            return (no_update, no_update, _NOT_A_RANGE, *(no_update,) * 2, [no_update] * 3)
        chosen = _chosen(
            state, None if words == default_range else words, (compare, zone), own_zone
        )
        for name, values in zip(CHOICES, dimensions, strict=True):
            chosen = chosen.with_filter(name, [decoded(value) for value in values or ()])
        written = chosen.search()
        unchanged = written == replace(state, notices=()).search()
        rest = (no_update, None, no_update, no_update, [no_update] * len(CHOICES))
        return (no_update if unchanged else written, *rest)


_NOT_A_RANGE = "write last 30d, 2026-10 or 2026-10-01..2026-10-20"


def _values(state: State, default_range: str, own_zone: str) -> tuple[Any, ...]:
    """Return what each control shows for a state."""
    return (
        state.range_text or default_range,
        None,
        state.compare or DEFAULT_COMPARE,
        state.zone or own_zone,
        [[encoded(value) for value in state.filters.get(name, ())] for name in CHOICES],
    )


def _chosen(
    state: State, words: str | None, chosen: tuple[str | None, str | None], own_zone: str
) -> State:
    compare, zone = chosen
    return replace(
        state,
        range_text=words,
        compare=None if compare == DEFAULT_COMPARE else compare,
        zone=None if zone == own_zone else zone,
    )


def _register_options(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output({"type": "dimension", "name": ALL}, "data"),
        Output({"type": "dimension-slot", "name": ALL}, "hidden"),
        Input("url", "search"),
        Input("source-version", "data"),
        Input("url", "pathname"),
    )
    def offer(search: str | None, _: int, path: str | None) -> tuple[list[Any], list[bool]]:
        page = page_at(path)
        state = page.state_of(search) if page else parse(search)
        default_range = page.default_range if page else None
        shown = replace(state, range_text=state.range_text or default_range)
        counted = values_with_counts(context, shown, CHOICES)
        options = [_options(counted[name], state.filters.get(name, ())) for name in CHOICES]
        hidden = [not any(value is not None for value in counted[name]) for name in CHOICES]
        return options, hidden


def _options(
    counted: Mapping[str | None, int], chosen: Sequence[str | None]
) -> list[dict[str, str]]:
    """Return the values to choose from, most requests first, with what is already chosen."""
    ranked = sorted(counted, key=lambda value: (-counted[value], value or ""))
    offered = dict.fromkeys([*ranked[:_MOST_OPTIONS], *chosen])
    return [
        {
            "value": encoded(value),
            "label": f"{value_text(value)} ({count(counted.get(value, 0))})",
        }
        for value in offered
    ]


def value_text(value: str | None) -> str:
    """Return a dimension's value as people read it; a missing one is not "unknown"."""
    return "not given" if value is None else value


def encoded(value: str | None) -> str:
    """Return a value as a control holds it: controls know no missing value."""
    return _NOT_GIVEN if value is None else value


def decoded(value: str) -> str | None:
    """Return the value that a control's entry stands for."""
    return None if value == _NOT_GIVEN else value


def chips(state: State) -> list[Component]:
    """Return the filters that the bar does not offer, as words."""
    return [
        html.Span(f"{name}: {', '.join(map(value_text, values))}", className="chip")
        for name, values in state.filters.items()
        if name not in CHOICES
    ]
