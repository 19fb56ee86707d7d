"""Burn rates: is this budget being spent as planned, and who must hear of it if not.

`series` holds what was spent in equal steps of time, `plan` lays the budget on the
period's calendar, `rules` says what may fire, `evaluation` says what does. A verdict is
a `Finding`: what fires, since when, by how much, in words. Nothing here knows a clock:
all windows end at the watermark that the caller names.
"""

from __future__ import annotations
