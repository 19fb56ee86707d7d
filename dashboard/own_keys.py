"""Controls that write one key of a page's own into the address, all by one function.

``dmc.SegmentedControl(id=own_key("unit", "money"), ...)`` is all that a page writes:
the browser puts ``unit=tokens`` into the address, and takes it out at the default.
"""

from __future__ import annotations

from dash import ALL, ClientsideFunction, Dash, Input, Output, State

_EVERY = {"type": "own-key", "key": ALL, "default": ALL}


def own_key(key: str, default: str) -> dict[str, str]:
    """Return the id of a control whose value is this key of the address."""
    return {"type": "own-key", "key": key, "default": default}


def register(app: Dash) -> None:
    """Connect every such control with the address."""
    app.clientside_callback(
        ClientsideFunction("tollbook", "chosen"),
        Output("url", "search", allow_duplicate=True),
        Input(_EVERY, "value"),
        State(_EVERY, "id"),
        State("url", "search"),
        prevent_initial_call=True,
    )
