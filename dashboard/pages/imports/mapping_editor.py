"""The editor for a table that no format knows: which column means what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dash_mantine_components as dmc
from dash import html

from dashboard.attributes import attributes
from dashboard.mapping_choices import (
    BUCKET,
    CACHED,
    COLUMN,
    CONSTANT,
    DAY,
    DAY_LABEL,
    ORGANISATION,
    ZONE,
    first_choices,
)
from ingest.mapping import BUCKET_SECONDS, TARGETS
from ingest.table_head import table_head

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from dashboard.import_jobs import Held
    from ingest.table_head import TableHead

MAIN = ("time", "model", "input", "cached_input", "output", "requests")
OFTEN = ("team", "feature", "project", "api_key", "id", "tier", "cache_write", "reported_cost")
WORDS = {
    "time": "Time",
    "model": "Model",
    "input": "Input tokens",
    "cached_input": "Cached input tokens",
    "output": "Output tokens",
    "requests": "Number of requests",
    "id": "Request ID",
    "api_key": "API key",
    "tier": "Service tier",
    "cache_write": "Cache write tokens",
    "reported_cost": "Cost that the file states, USD",
}
LONGEST_VALUE = 32
_NONE = {"value": "", "label": "–"}


def mapping_editor(held: Held) -> Component | None:
    """Return the editor; it is closed where a mapping has been found to read the table."""
    if held.seen is not None and held.choices is None:
        return None
    head = table_head(held.path)
    made = held.choices if held.draft is None else held.draft
    choices = first_choices(head) if made is None else made
    form = html.Form(_form(held, head, choices), className="mapping-form", id=f"map-{held.name}")
    if held.seen is None:
        return html.Div([*_problem(held), _first_look(held, head), form])
    link = html.A(
        "Save the mapping for the next file",
        href=f"/download/held/{held.name}/mapping.yaml",
        download="",
        className="quiet-link",
    )
    summary = html.Summary("Change what the columns mean", className="quiet-link")
    details = html.Details([summary, _first_look(held, head), form])
    return html.Div([html.P(link), details])


def _problem(held: Held) -> list[Component]:
    if held.choices is None:
        text = "No format knows this table. Say what its columns mean; the guesses go by names."
        return [html.P(text)]
    problems = held.problem.splitlines()
    return [html.Ul([html.Li(each) for each in problems], className="notices notices-warning")]


def _first_look(held: Held, head: TableHead) -> Component:
    """Return the first rows of the table."""
    titles = html.Tr([html.Th(column, scope="col") for column in head.columns])
    rows = [html.Tr([html.Td(_short(cell)) for cell in row]) for row in head.rows]
    return html.Div(
        html.Table([html.Thead(titles), html.Tbody(rows)], className="chart-table"),
        className="table-scroll first-look",
        tabIndex="0",
        role="region",
        **attributes(aria_label=f"First rows of {held.path.name}"),
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}…"


def _form(held: Held, head: TableHead, choices: Mapping[str, str]) -> list[Component]:
    columns = [_NONE, *(_column_option(head, each) for each in dict.fromkeys(head.columns) if each)]

    def column_select(target: str) -> Component:
        words = WORDS.get(target, target.replace("_", " ").capitalize())
        return _select(held, f"{COLUMN}{target}", words, columns, choices)

    rest = [*OFTEN, *(target for target in TARGETS if target not in {*MAIN, *OFTEN})]
    return [
        html.Div([column_select(target) for target in MAIN], className="mapping-fields"),
        html.Div(_other_fields(held, choices), className="mapping-fields"),
        html.Details(
            [
                html.Summary("More columns", className="quiet-link"),
                html.Div([column_select(target) for target in rest], className="mapping-fields"),
            ],
            open=any(f"{COLUMN}{target}" in choices for target in rest),
        ),
        html.Button(
            "Look through this mapping",
            type="button",
            className="primary-button",
            **attributes(data_decision="mapping", data_job=held.name),
        ),
    ]


def _column_option(head: TableHead, column: str) -> dict[str, str]:
    examples = ", ".join(_short(each) for each in head.examples(column)[:2])
    return {"value": column, "label": f"{_short(column)} ({examples})" if examples else column}


def _other_fields(held: Held, choices: Mapping[str, str]) -> list[Component]:
    cached = [
        {"value": "", "label": "–"},
        {"value": "true", "label": "yes, as OpenAI counts"},
        {"value": "false", "label": "no, they come on top"},
    ]
    rows = [
        {"value": "", "label": "one request"},
        *(
            {"value": word, "label": f"the sum of {'an' if word == 'hour' else 'a'} {word}"}
            for word in BUCKET_SECONDS
        ),
    ]
    return [
        _select(held, CACHED, "Input counts the cached tokens", cached, choices),
        _select(held, BUCKET, "A row is", rows, choices),
        _text(held, f"{CONSTANT}model", "Model, where no column has it", choices),
        _text(held, f"{CONSTANT}provider", "Provider (else openai)", choices),
        _text(held, ZONE, "Zone of the times (else UTC)", choices),
        _text(held, DAY, DAY_LABEL, choices),
        _text(held, ORGANISATION, "Organisation (else as configured)", choices),
    ]


def _select(
    held: Held,
    name: str,
    words: str,
    options: Sequence[Mapping[str, str]],
    choices: Mapping[str, str],
) -> Component:
    chosen = choices.get(name, "")
    field = html.Select(
        [
            html.Option(
                each["label"],
                value=each["value"],
                selected="selected" if each["value"] == chosen else None,
            )
            for each in options
        ],
        id=_id(held, name),
        name=name,
    )
    return html.Div([html.Label(words, htmlFor=_id(held, name)), field])


def _text(held: Held, name: str, words: str, choices: Mapping[str, str]) -> Component:
    field: Component = dmc.TextInput(
        id=_id(held, name), name=name, label=words, value=choices.get(name, ""), size="sm"
    )
    return field


def _id(held: Held, name: str) -> str:
    return f"map-{held.name}-{name}".replace(".", "-")
