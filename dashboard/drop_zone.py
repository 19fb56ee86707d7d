"""The drop zone, which ``assets/upload.js`` brings to life wherever it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dash import html

from dashboard.attributes import attributes
from dashboard.uploads import LARGEST_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable

    from dash.development.base_component import Component


def drop_zone(heading: Callable[..., Component], *, then: str = "import") -> html.Div:
    """Return a zone for files, with a button for those who do not drag.

    ``then`` says what becomes of a file: "import" at once, or a "look" before.
    """
    return html.Div(
        [
            heading(
                "Drop usage exports here" if then == "look" else "Drop a usage export here",
                className="headline",
            ),
            html.P(
                "Usage exports and bills of OpenAI, Anthropic, Azure, Google and Amazon; logs of "
                "gateways such as LiteLLM and Langfuse, and of API answers; any other table. "
                "Files stay on this machine; texts of prompts and answers are not stored.",
                className="drop-words",
            ),
            html.Button(
                "Choose files",
                type="button",
                className="primary-button",
                **attributes(data_action="choose-files"),
            ),
            html.Div(className="upload-status", role="status"),
        ],
        className="card drop-zone",
        **attributes(data_then=then, data_largest_bytes=str(LARGEST_BYTES)),
    )
