"""How people name alerts, on the command line and in logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from alerts.states import AlertState
    from alerts.transition import AlertKey


class NoSuchAlertError(LookupError):
    """Nothing that fires has this name."""


def key_text(key: AlertKey) -> str:
    """Return how people name an alert: ``Search/actual/80%``, ``Teams=acme/burn 6h``."""
    place = f"{key.budget}={key.value}" if key.value else key.budget
    return "/".join(filter(None, (place or "Tollbook", key.rule, key.level)))


def named_alerts(states: Sequence[AlertState], name: str) -> list[AlertState]:
    """Return the firing alerts that a name means: one, or all of a budget.

    Raises:
        NoSuchAlertError: None that fires has this name.
    """
    firing = [each for each in states if each.firing]
    found = [each for each in firing if f"{key_text(each.key)}/".startswith(f"{name}/")]
    found = found or [each for each in firing if each.key.budget == name]
    if not found:
        known = ", ".join(sorted({key_text(each.key) for each in firing})) or "nothing"
        raise NoSuchAlertError(f"no alert called {name!r} fires; what fires: {known}")
    return found
