"""What LLM usage costs, exactly: meters, price book, cost, scenarios, forecasts.

This package is pure. It knows no files, clock, database, network or screen: it
takes quantities and rates and gives back money.
"""

from __future__ import annotations
