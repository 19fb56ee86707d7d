"""Figures: pure functions from numbers to plain plotly dicts. They know no data source."""

from __future__ import annotations
