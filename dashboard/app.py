"""The Dash application: one Flask server, hardened, with every page registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import Dash, set_props
from dash.exceptions import PreventUpdate
from flask import Flask

from dashboard import gateway, guard, shell, uploads
from dashboard.navigation import pages

if TYPE_CHECKING:
    from dashboard.context import DashboardContext

INDEX = """<!DOCTYPE html>
<html lang="en">
    <head>
        {%metas%}
        <title>{%title%}</title>
        {%favicon%}
        {%css%}
    </head>
    <body>
        <noscript>Tollbook needs JavaScript to draw its pages.</noscript>
        {%app_entry%}
        <footer>{%config%}{%scripts%}{%renderer%}</footer>
    </body>
</html>"""

_TELLING_KEYS = (
    "python_version",
    "dash_version",
    "dash_version_url",
    "ddk_version",
    "plotly_version",
)


class TollbookDash(Dash):
    """Dash without the versions that it writes into every page."""

    def _config(self) -> dict[str, Any]:
        config: dict[str, Any] = super()._config()  # type: ignore[no-untyped-call]
        return {key: value for key, value in config.items() if key not in _TELLING_KEYS}


def create_app(context: DashboardContext) -> Dash:
    """Return the application for a context; ``app.server`` is what waitress serves."""
    server: Any = Flask("dashboard")  # dash's annotation knows no Flask
    app = TollbookDash(
        "dashboard",
        server=server,
        title="Tollbook",
        update_title="",
        index_string=INDEX,
        use_pages=False,
        health_endpoint="healthz",
        suppress_callback_exceptions=True,
        add_log_handler=False,
        on_error=_say_that_it_failed,
        meta_tags=[{"name": "description", "content": "What your LLM calls cost, and why."}],
    )
    app.layout = lambda: shell.layout(context)
    shell.register(app, context)
    uploads.register(server, context)
    gateway.register(server, context)
    for page in pages():
        page.module.register(app, context)
    guard.register(app, context)
    return app


def _say_that_it_failed(error: Exception) -> None:
    """Log a callback's failure and tell it on the page, which stays as it was."""
    if isinstance(error, PreventUpdate):
        raise error
    guard.log.error("a part of the page failed", exc_info=error)
    set_props("failure", {"children": shell.failure_notice(error)})
