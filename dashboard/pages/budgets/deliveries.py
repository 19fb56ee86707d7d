"""The delivery log: what was sent to whom, what became of it, and each mail as sent."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Final

import dash_mantine_components as dmc
from dash import html

from alerts.records import message_of
from dashboard.attributes import attributes
from dashboard.moments import moment_text
from dashboard.pages.budgets.words import delivery_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from ingest.store.alert_records import Delivery

LETTER: Final = "letter"
DIALOG, CONTENT = "letter-dialog", "letter-content"
MOST_SHOWN: Final = 100


def delivery_card(deliveries: Sequence[Delivery], zone: str) -> Component | None:
    """Return the log, the latest first; nothing before anything was sent."""
    if not deliveries:
        return None
    head = [html.Th(name, scope="col") for name in ("What", "To", "When", "What became of it")]
    return html.Section(
        [
            html.H2("Sent", className="card-title"),
            html.Div(
                html.Table(
                    [
                        html.Thead(html.Tr(head)),
                        html.Tbody([_row(each, zone) for each in deliveries]),
                    ],
                    className="chart-table budget-table budget-log",
                ),
                className="table-scroll budget-table-scroll",
                tabIndex="0",
                role="region",
                **attributes(aria_label="What was sent"),
            ),
        ],
        className="card",
    )


def _row(delivery: Delivery, zone: str) -> html.Tr:
    opens = html.Button(
        delivery.subject,
        id={"type": LETTER, "number": delivery.number},
        type="button",
        className="quiet-link budget-letter-link",
    )
    to = delivery.recipient if delivery.channel == "mail" else f"webhook {delivery.recipient}"
    texts = (to, moment_text(delivery.created_at, zone), delivery_words(delivery, zone))
    return html.Tr([html.Th(opens, scope="row"), *(html.Td(text) for text in texts)])


def letter_dialog() -> dmc.Modal:
    """Return the dialog that shows one message, closed."""
    return dmc.Modal(
        html.Div(id=CONTENT),
        id=DIALOG,
        title="As it was sent",
        size="xl",
        closeButtonProps={"aria-label": "Close"},
        transitionProps={"duration": 0},
    )


def letter(delivery: Delivery) -> list[Component]:
    """Return a message as it was sent: a mail in a frame without scripts, JSON as text."""
    head = html.P(f"{delivery.subject} · to {delivery.recipient}", className="card-detail")
    if delivery.channel == "webhook":
        body = json.dumps(json.loads(delivery.content), indent=2, ensure_ascii=False)
        return [head, html.Pre(body, className="budget-json", tabIndex="0")]
    frame = html.Iframe(
        srcDoc=mail_page(delivery),
        sandbox="",
        title="The mail as it was sent",
        className="budget-letter",
    )
    return [head, frame]


def mail_page(delivery: Delivery) -> str:
    """Return a mail's page with its pictures inside, so that it needs nothing from outside."""
    message = message_of(delivery.subject, delivery.content)
    page = message.html
    for image in message.images:
        data = base64.b64encode(image.png).decode()
        page = page.replace(f"cid:{image.name}", f"data:image/png;base64,{data}")
    return page
