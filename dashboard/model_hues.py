"""Which colour each model of a store has, on every page and under every filter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel import usage
from dashboard.figures.palette import model_colours
from ingest.report import ReportQuery, report

if TYPE_CHECKING:
    from dashboard.view import View


def hues_of(view: View) -> dict[str, str]:
    """Return the hue of each model that has one, from all usage of the store."""
    rows = report(view.store, view.source.book, ReportQuery(period=None, by=("model",))).rows
    ranked = sorted(rows, key=lambda row: -usage.all_tokens(row.quantities))
    return model_colours(row.dimensions[0] or "" for row in ranked)
