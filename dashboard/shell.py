"""The shell round every page: navigation, ribbon, filter bar, notices, shortcuts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, MATCH, ClientsideFunction, Dash, Input, Output, State, dcc, html

from dashboard import filter_bar, own_keys, source_switch
from dashboard.attributes import attributes
from dashboard.data_age import age_sentence
from dashboard.drop_zone import drop_zone
from dashboard.figures.palette import DARK
from dashboard.navigation import Page, page_at, pages
from dashboard.notices import notice_list
from dashboard.state import parse
from dashboard.theme import THEME

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from dashboard.context import DashboardContext

_SHORTCUTS = (("?", "this list"), ("/", "go to the filters"), ("Esc", "close what is open"))


def layout(context: DashboardContext) -> dmc.MantineProvider:
    """Return the shell; the page inside follows the address."""
    return dmc.MantineProvider(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="palette", data=dict(DARK)),
            dcc.Store(id="source-version", data=0),
            dcc.Store(id="scheme-on-screen"),
            html.A("Skip to the content", href="#main", className="skip-link"),
            dmc.AppShell(
                [_header(), _navigation(context), _main(context)],
                id="shell",
                header={"height": 56},
                navbar={
                    "width": 200,
                    "breakpoint": "sm",
                    "collapsed": {"mobile": True},
                },
                padding="0",
            ),
            _shortcuts_dialog(context),
            _add_usage_dialog(),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def _header() -> dmc.AppShellHeader:
    return dmc.AppShellHeader(
        html.Div(
            [
                dmc.Burger(
                    id="burger",
                    size="sm",
                    hiddenFrom="sm",
                    opened=False,
                    **attributes(aria_label="Open the navigation"),
                ),
                dcc.Link("Tollbook", href="/", className="wordmark", id="wordmark"),
                html.Div(id="data-until", className="data-until"),
                html.Button(
                    "Add usage",
                    id="add-usage-button",
                    type="button",
                    className="header-button",
                    hidden=True,
                    **attributes(data_action="open-add-usage"),
                ),
                _round_button("?", "Keyboard shortcuts", "open-shortcuts"),
                dmc.ColorSchemeToggle(
                    id="color-scheme",
                    lightIcon=html.Span("☀", **attributes(aria_hidden="true")),
                    darkIcon=html.Span("☾", **attributes(aria_hidden="true")),
                    variant="subtle",
                    color="ink",
                    size="lg",
                    **attributes(aria_label="Change between light and dark"),
                ),
            ],
            className="header-row",
        ),
        withBorder=True,
    )


def _round_button(sign: str, label: str, action: str) -> html.Button:
    return html.Button(
        sign,
        type="button",
        className="round-button",
        title=label,
        **attributes(aria_label=label, data_action=action),
    )


def _navigation(context: DashboardContext) -> dmc.AppShellNavbar:
    return dmc.AppShellNavbar(
        html.Nav(
            [_link(page, context) for page in pages()],
            className="navigation",
            **attributes(aria_label="Pages"),
        ),
        withBorder=True,
    )


def _link(page: Page, context: DashboardContext) -> dcc.Link:
    return dcc.Link(
        page.title,
        style=_place_style(page, context),
        href=page.path,
        id={"type": "nav", "path": page.path},
        className="nav-link",
    )


def _place_style(page: Page, context: DashboardContext) -> dict[str, str]:
    """Return the style of a page's link: a page that has nothing to show is not named."""
    return {} if page.is_shown(context) else {"display": "none"}


def _main(context: DashboardContext) -> dmc.AppShellMain:
    return dmc.AppShellMain(
        html.Div(
            [
                html.Div(id="ribbon"),
                html.Div(id="failure", role="alert"),
                html.Div(id="import-result", role="status", className="notices import-result"),
                html.Div(filter_bar.layout(context), id="filter-slot"),
                html.Div(id="notices", role="status"),
                html.Div(
                    html.P("Reading the usage…", className="reading"),
                    id="page",
                    className="page",
                ),
            ],
            id="main",
            tabIndex="-1",
            className="main",
        ),
    )


def _shortcuts_dialog(context: DashboardContext) -> dmc.Modal:
    named = [page for page in pages() if page.is_shown(context)]
    keys = [(f"g {page.shortcut}", f"go to {page.title}") for page in named]
    rows = [
        html.Tr([html.Td(_keys(combination)), html.Td(meaning)])
        for combination, meaning in (*keys, *_SHORTCUTS)
    ]
    return dmc.Modal(
        html.Table(html.Tbody(rows), className="shortcut-table"),
        id="shortcuts",
        title="Keyboard shortcuts",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
        size="sm",
    )


def _add_usage_dialog() -> dmc.Modal:
    return dmc.Modal(
        drop_zone(html.H2),
        id="add-usage",
        title="Add usage",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
        size="lg",
    )


def _keys(combination: str) -> list[Component]:
    return [dmc.Kbd(key) for key in combination.split()]


def failure_notice(error: Exception) -> Component:
    """Return what the page says when a part of it failed: what, and what to do."""
    text = (
        f"A part of this page could not be worked out ({type(error).__name__}). What you see "
        "is from before; reload the page, and look at the log of tollbook if it stays."
    )
    return notice_list([text], warning=True)


def register(app: Dash, context: DashboardContext) -> None:
    """Connect the address with the page, and the shell's own controls."""
    filter_bar.register(app, context)
    source_switch.register(app, context)
    own_keys.register(app)
    _register_router(app, context)
    _register_browser_functions(app)


def _register_router(app: Dash, context: DashboardContext) -> None:
    @app.callback(
        Output("page", "children"),
        Output("filter-slot", "hidden"),
        Output("ribbon", "children"),
        Output("failure", "children"),
        Output("add-usage-button", "hidden"),
        Output({"type": "nav", "path": ALL}, "style"),
        Input("url", "pathname"),
        Input("source-version", "data"),
        State("url", "search"),
        running=[(Output("page", "className"), "page page-busy", "page")],
    )
    def show_page(path: str | None, _: float, search: str | None) -> tuple[Any, ...]:
        page = page_at(path)
        ribbon = source_switch.ribbon(context)
        places = [_place_style(each, context) for each in pages()]
        if page is None:
            return _nothing_here(), True, ribbon, None, True, places
        state = page.state_of(search)
        empty = context.facts().is_empty
        hidden = not page.uses_filters or empty
        content = page.module.layout(context, state)
        return content, hidden, ribbon, None, empty or context.demo, places

    @app.callback(
        Output("data-until", "children"),
        Input("url", "search"),
        Input("source-version", "data"),
    )
    def show_age(search: str | None, _: float) -> str:
        return age_sentence(context, parse(search).zone)

    @app.callback(
        Output("notices", "children"),
        Input("url", "search"),
        Input("url", "pathname"),
    )
    def show_notices(search: str | None, path: str | None) -> Component | None:
        page = page_at(path)
        notices = page.state_of(search).notices if page else ()
        return notice_list(notices) if notices else None


def _nothing_here() -> html.Div:
    return html.Div(
        [
            html.H1("There is no such page", className="headline"),
            html.P(dcc.Link("Go to the overview", href="/")),
        ],
        className="empty",
    )


def _register_browser_functions(app: Dash) -> None:
    """Connect the functions of ``assets/tollbook.js``."""
    app.clientside_callback(
        ClientsideFunction("tollbook", "themed"),
        Output({"type": "graph", "card": MATCH}, "figure"),
        Input({"type": "figure", "card": MATCH}, "data"),
        Input("scheme-on-screen", "data"),
        State("palette", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("tollbook", "linksThatKeepFilters"),
        Output({"type": "nav", "path": ALL}, "href"),
        Output({"type": "nav", "path": ALL}, "className"),
        Input("url", "search"),
        Input("url", "pathname"),
        State({"type": "nav", "path": ALL}, "id"),
    )
    app.clientside_callback(
        ClientsideFunction("tollbook", "navbar"),
        Output("shell", "navbar"),
        Output("burger", "opened"),
        Input("burger", "opened"),
        Input("url", "pathname"),
        State("shell", "navbar"),
    )
