"""Files that wait: what was seen in each, and whether it shall come in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, html

from costmodel.book import Unpriced
from costmodel.number_text import count, short_count
from costmodel.usage import PricingKey
from dashboard.attributes import attributes
from dashboard.import_words import counted, sentences
from dashboard.mapping_choices import DAY, DAY_LABEL
from dashboard.moments import day_text
from dashboard.pages.imports.lines import lines_table
from dashboard.pages.imports.mapping_editor import mapping_editor
from ingest.raw_lines import has_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dash.development.base_component import Component

    from costmodel.book import PriceBook
    from dashboard.context import DashboardContext
    from dashboard.import_jobs import Held
    from ingest.preview import Preview, StagedUsage

FILES, VERSION = "held-files", "held-version"
MOST_REASONS = 20
MOST_MODELS = 6


def held_files(context: DashboardContext) -> list[Component]:
    """Return a card for each file that waits to come into the store on screen."""
    return [_card(each, context.book) for each in context.imports.held(context.store_path)]


def _card(held: Held, book: PriceBook) -> Component:
    inside = [] if held.seen is None else _seen(held, held.seen, book)
    return html.Section(
        [
            html.H2(held.path.name, className="card-title import-name"),
            *inside,
            mapping_editor(held),
            html.Div(_buttons(held), className="held-buttons"),
            html.P(className="held-status", role="status"),
        ],
        className="card held-file",
        **attributes(aria_label=f"{held.path.name}, not imported yet"),
    )


def _buttons(held: Held) -> list[Component]:
    discard = _button(held, "discard", "Discard", "header-button")
    if held.seen is None or not held.seen.rows_good:
        return [discard]
    return [_button(held, "import", "Import", "primary-button"), discard]


def _button(held: Held, decision: str, text: str, kind: str) -> html.Button:
    return html.Button(
        text,
        type="button",
        className=kind,
        **attributes(
            data_decision=decision,
            data_job=held.name,
            aria_label=f"{text} {held.path.name}",
        ),
    )


def _seen(held: Held, seen: Preview, book: PriceBook) -> list[Component]:
    remarks = sentences((*seen.notices, *(f"assumed: {each}" for each in seen.assumptions)))
    return [
        html.P(facts_words(seen), className="import-facts"),
        html.P(totals_words(seen), className="import-counts"),
        *_unpriced(seen, book),
        html.Ul([html.Li(each) for each in remarks], className="import-remarks"),
        *_set_aside(held, seen),
        *_day_form(held, seen),
    ]


def facts_words(seen: Preview) -> str:
    """Return the format and the UTC days of a file: ``mapped · 3 Nov 2026 to 5 Nov 2026``."""
    if seen.first_at is None or seen.last_at is None:
        return f"{seen.format} · no row has a time"
    first, last = seen.first_at.date(), seen.last_at.date()
    until = f" to {day_text(last)}" if first != last else ""
    return f"{seen.format} · {day_text(first)}{until}"


def totals_words(seen: Preview) -> str:
    """Return how many rows are good, and what they add up to by model."""
    parts = [f"{count(seen.rows_good)} good"]
    parts += [f"{count(seen.rows_set_aside)} set aside"] if seen.rows_set_aside else []
    parts += [f"{count(seen.rows_without_usage)} without usage"] if seen.rows_without_usage else []
    read = f"{counted(seen.rows_read, 'row')}: {', '.join(parts)}."
    bill = f" {counted(seen.charges, 'line')} of a bill." if seen.charges else ""
    if not seen.usage:
        return read + bill
    tokens = f"{short_count(seen.tokens)} tokens in {counted(seen.requests, 'request')}"
    return f"{read}{bill} {tokens}: {_models(seen.usage)}."


def _models(usage: Iterable[StagedUsage]) -> str:
    tokens: dict[str, int] = {}
    for each in usage:
        tokens[each.model] = tokens.get(each.model, 0) + each.tokens
    said = [f"{name} {short_count(number)}" for name, number in tokens.items()]
    more = len(said) - MOST_MODELS
    return ", ".join([*said[:MOST_MODELS], *([f"{more} more"] if more > 0 else [])])


def unpriced(seen: Preview, book: PriceBook) -> list[str]:
    """Return the usage that has no price, each with its reason."""
    found: dict[str, None] = {}
    for each in seen.usage:
        key = PricingKey(each.provider, each.model, each.zone, each.tier, 0, each.last_on)
        quote = book.quote(key)
        if isinstance(quote, Unpriced):
            found[f"{each.model}, {short_count(each.tokens)} tokens: {quote.reason}"] = None
    return list(found)


def _unpriced(seen: Preview, book: PriceBook) -> list[Component]:
    found = unpriced(seen, book)
    if not found:
        return []
    more = len(found) - MOST_MODELS
    items = [*found[:MOST_MODELS], *([f"{more} more"] if more > 0 else [])]
    return [
        html.P('Without a price, so that totals will say "at least":', className="import-counts"),
        html.Ul([html.Li(each) for each in items], className="import-remarks"),
    ]


def _set_aside(held: Held, seen: Preview) -> list[Component]:
    if not seen.set_aside:
        return []
    found: list[Component] = [
        lines_table(
            seen.set_aside,
            f"Lines of {held.path.name} that are set aside",
            MOST_REASONS,
            "the import keeps all",
        )
    ]
    if has_lines(held.path):
        link = html.A(
            "Save these lines to repair them",
            href=f"/download/held/{held.name}/lines",
            download="",
            className="quiet-link",
        )
        text = "; import the file, and the repaired lines as a file of their own."
        found.append(html.P([link, text], className="card-note"))
    return found


def _day_form(held: Held, seen: Preview) -> list[Component]:
    """Return where to say the day of rows without a time; a mapping has a field of its own."""
    if held.mapping is not None or not (seen.rows_without_time or held.day):
        return []
    field = dmc.TextInput(
        id=f"day-{held.name}",
        name=DAY,
        label=DAY_LABEL,
        value=held.day,
        size="sm",
    )
    button = _button(held, "day", "Look with this day", "header-button")
    return [html.Form([field, button], className="day-form")]


def register(app: Dash, context: DashboardContext) -> None:
    """Draw the files that wait anew when one came or went."""

    @app.callback(
        Output(FILES, "children"),
        Input(VERSION, "data"),
        prevent_initial_call=True,
    )
    def show(_: Any) -> list[Component]:  # noqa: ANN401 - a number that only changes
        return held_files(context)
