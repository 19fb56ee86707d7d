"""Every model of the price book in a grid that one can search, sort and filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html

from costmodel.book import Unpriced
from costmodel.meters import Meter
from costmodel.number_text import rate_text
from costmodel.usage import PricingKey
from dashboard.pages.prices.family import ZONE
from dashboard.pages.prices.words import PROVIDER_WORDS

if TYPE_CHECKING:
    from datetime import date

    from dash.development.base_component import Component

    from costmodel.book import PriceBook, Quote
    from costmodel.rates import Model

GRID, SEARCH = "prices-grid", "prices-search"
_ROW_HEIGHT, _HEAD_HEIGHT, _ROWS = 38, 44, 14
_RATES = (
    ("input", "standard", Meter.INPUT, "Uncached input"),
    ("cached", "standard", Meter.CACHED_INPUT, "Cached input"),
    ("output", "standard", Meter.OUTPUT, "Output"),
    ("batch_input", "batch", Meter.INPUT, "Batch input"),
    ("batch_output", "batch", Meter.OUTPUT, "Batch output"),
)


def all_models_card(book: PriceBook, today: date) -> Component:
    """Return the card of all models, with today's worldwide rates of short requests."""
    currency = book.contract.currency
    return html.Section(
        [
            html.Div(
                [
                    html.H2("All models", className="card-title"),
                    dmc.TextInput(
                        id=SEARCH,
                        placeholder="Search models",
                        size="sm",
                        w=240,
                        **{"aria-label": "Search models"},
                    ),
                ],
                className="card-head",
            ),
            html.P(
                f"{len(book.models)} models, {currency} per million tokens. Choose a row to see "
                "its family and history above; every column can be sorted and filtered.",
                className="chart-sentence",
            ),
            html.Div(_grid(book, today, currency), className="grid-box"),
        ],
        className="card",
    )


def _grid(book: PriceBook, today: date, currency: str) -> dag.AgGrid:
    return dag.AgGrid(
        id=GRID,
        columnDefs=_columns(),
        rowData=[_row(book, model, today, currency) for model in _in_order(book)],
        defaultColDef={
            "sortable": True,
            "resizable": True,
            "filter": True,
            "suppressMovable": True,
        },
        getRowId="params.data.key",
        dashGridOptions={
            "theme": {"function": "tollbookGrid(themeQuartz)"},
            "rowHeight": _ROW_HEIGHT,
            "headerHeight": _HEAD_HEIGHT,
            "ensureDomOrder": True,
            "animateRows": False,
            "quickFilterText": "",
        },
        style={"height": _HEAD_HEIGHT + _ROW_HEIGHT * _ROWS + 2},
    )


def _in_order(book: PriceBook) -> list[Model]:
    """Return all models, those of one provider together."""
    order = list(PROVIDER_WORDS)
    return sorted(book.models, key=lambda model: order.index(model.provider))


def _columns() -> list[dict[str, Any]]:
    return [
        {
            "field": "model",
            "headerName": "Model",
            "width": 280,
            "tooltipField": "names",
        },
        {"field": "provider", "headerName": "Provider", "width": 110},
        *(_rate_column(field, title) for field, _, _, title in _RATES),
        {"field": "ends", "headerName": "Ends", "width": 120},
        {"field": "checked", "headerName": "Checked", "width": 120},
        {"field": "source", "headerName": "Source", "width": 420, "tooltipField": "source"},
        {"field": "names", "headerName": "Names", "hide": True},
    ]


def _rate_column(field: str, title: str) -> dict[str, Any]:
    """Return a column of rates: shown as written, sorted and filtered by the number."""
    return {
        "field": field,
        "headerName": title,
        "type": "rightAligned",
        "width": 150,
        "filter": "agNumberColumnFilter",
        "valueFormatter": {"function": f"params.data.{field}_text"},
    }


def _row(book: PriceBook, model: Model, today: date, currency: str) -> dict[str, Any]:
    quotes = {tier: _quote(book, model, tier, today) for tier in ("standard", "batch")}
    standard = quotes["standard"]
    end = model.life.shutdown_on
    row: dict[str, Any] = {
        "key": f"{model.provider}/{model.name}",
        "model": model.name,
        "names": ", ".join((model.display, *model.names)),
        "provider": PROVIDER_WORDS.get(model.provider, model.provider),
        "ends": end.isoformat() if end else "",
        "checked": standard.card.checked_on.isoformat() if standard else "",
        "source": standard.card.source if standard else "",
    }
    for field, tier, meter, _ in _RATES:
        quote = quotes[tier]
        rate = quote.rates.get(meter) if quote else None
        row[field] = None if rate is None else float(rate)
        row[f"{field}_text"] = "–" if rate is None else rate_text(rate, currency)
    return row


def _quote(book: PriceBook, model: Model, tier: str, today: date) -> Quote | None:
    quote = book.quote(PricingKey(model.provider, model.name, ZONE, tier, 0, today))
    return None if isinstance(quote, Unpriced) else quote
