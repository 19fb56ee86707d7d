"""Sections of What-if that stand folded: each is worked out only when somebody opens it.

The address says under ``open`` which ones are. ``assets/sections.js`` keeps address and
sections alike, and asks the server for what is open and not drawn yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dash import ALL, ClientsideFunction, Input, Output, State, dcc, html

from dashboard.folded_section import folded_section
from dashboard.pages.whatif.settings import OPEN_KEY
from dashboard.pages.whatif.wildcards import attributes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from dash import Dash
    from dash.development.base_component import Component

    from dashboard.state import State as PageState

SECTIONS = "whatif-sections"
ADDRESS = "whatif-address"
"""The address where somebody else than the page has changed the plan in it."""
_ASKED = "whatif-asked"


@dataclass(frozen=True)
class Folded:
    """A section: its ``name`` in the address, a title, a line that says what is in it.

    ``is_of_logs``: typed numbers have none of it.
    """

    name: str
    title: str
    summary: str
    body: Component
    is_of_logs: bool = False


def asked(name: str) -> Input:
    """Return the input of a section's callback: None until it is open, then the address."""
    return Input({"type": _ASKED, "section": name}, "data")


def place_of(name: str) -> str:
    """Return the id of a section, to which links lead that open it."""
    return f"whatif-{name}"


def opened_in(state: PageState, known: Collection[str]) -> list[str]:
    """Return the sections that an address opens."""
    return [name for name in state.own.get(OPEN_KEY, "").split(",") if name in known]


def opened_text(names: Sequence[str] | None) -> str | None:
    """Return open sections as the address writes them, None where there are none."""
    return ",".join(names or ()) or None


def folded(sections: Sequence[Folded], state: PageState) -> html.Div:
    """Return the sections, those of the address open."""
    opened = opened_in(state, [each.name for each in sections])
    return html.Div(
        [
            dcc.Store(id=SECTIONS, data=opened),
            *(_section(each, is_open=each.name in opened) for each in sections),
        ],
        className="sections",
    )


def _section(section: Folded, *, is_open: bool) -> html.Details:
    return folded_section(
        section.title,
        section.summary,
        [
            html.Div(section.body, className="section-body"),
            dcc.Store(id={"type": _ASKED, "section": section.name}),
        ],
        id=place_of(section.name),
        open=is_open,
        className="card section of-logs" if section.is_of_logs else "card section",
        **attributes({"data-section": section.name}),
    )


def register(app: Dash) -> None:
    """Keep the address as the page is, plan and open sections, and ask for what is open.

    All in the browser: an answer of the server would know only what was open before.
    """
    app.clientside_callback(
        ClientsideFunction("sections", "ask"),
        Output({"type": _ASKED, "section": ALL}, "data"),
        Input(SECTIONS, "data"),
        Input("whatif-shown", "data"),
        State({"type": _ASKED, "section": ALL}, "data"),
        State({"type": _ASKED, "section": ALL}, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("sections", "write"),
        Output("url", "search", allow_duplicate=True),
        Input(SECTIONS, "data"),
        Input("whatif-shown", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("sections", "follow"),
        Input("url", "search"),
        prevent_initial_call=True,
    )
