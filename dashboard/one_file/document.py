"""One HTML file: sentences, figures, tables that can be filtered, assumptions.

The chart library stands inside, from the installed plotly. A content policy forbids
every request, so the file tells nobody that it was opened.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

from dashboard.cell_text import without_controls
from dashboard.figures.base import GRAPH_CONFIG
from dashboard.figures.palette import DARK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dashboard.chart_card import Chart

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'"
)
_IN_SCRIPTS = str.maketrans({"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@dataclass(frozen=True)
class Drawing:
    """A chart under its title; ``height`` in pixels."""

    title: str
    chart: Chart
    height: int


@dataclass(frozen=True)
class Listing:
    """A table under its title that a reader can filter; ``words`` first columns are text.

    ``total`` stands below the rows, whatever the filter.
    """

    title: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1
    total: Sequence[str] | None = None


@dataclass(frozen=True)
class Document:
    """What the file shows; ``as_of`` says of when it is, ``assumptions`` come with a source."""

    title: str
    sentence: str
    second: str
    as_of: str
    drawings: Sequence[Drawing] = ()
    listings: Sequence[Listing] = ()
    assumptions: Sequence[tuple[str, str]] = field(default_factory=tuple)


def html_file(document: Document) -> str:
    """Return the whole file."""
    figures = [each.chart.figure for each in document.drawings]
    data = {"figures": figures, "dark": dict(DARK), "config": GRAPH_CONFIG}
    parts = [
        "<!DOCTYPE html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<link rel="icon" href="data:,">',
        f"<title>{_text(document.title)}</title>",
        f"<style>{_own('page.css')}</style>",
        "</head>",
        "<body>",
        *_body(document),
        f'<script type="application/json" id="data">{_json(data)}</script>',
        f"<script>{_chart_library()}</script>",
        f"<script>{_own('page.js')}</script>",
        "</body>",
        "</html>",
    ]
    return "\n".join(parts) + "\n"


def _own(name: str) -> str:
    return (files("dashboard") / "one_file" / name).read_text(encoding="utf-8")


def _chart_library() -> str:
    """Return the script; it never holds the tag that would end it."""
    source = (files("plotly") / "package_data" / "plotly.min.js").read_text(encoding="utf-8")
    return source.replace("</script", "<\\/script")


def _json(data: object) -> str:
    return json.dumps(data, separators=(",", ":")).translate(_IN_SCRIPTS)


def _text(text: str) -> str:
    return escape(without_controls(text))


def _body(document: Document) -> Iterable[str]:
    yield "<main>"
    yield '<header><span class="wordmark">Tollbook</span>'
    yield f'<span class="as-of">{_text(document.as_of)}</span>'
    yield '<button type="button" id="scheme">Light or dark</button></header>'
    yield f"<h1>{_text(document.sentence)}</h1>"
    yield f'<p class="second">{_text(document.second)}</p>'
    for place, drawing in enumerate(document.drawings):
        yield from _drawing(drawing, place)
    for place, listing in enumerate(document.listings):
        yield from _listing(listing, place)
    yield from _assumptions(document.assumptions)
    yield "</main>"


def _drawing(drawing: Drawing, place: int) -> Iterable[str]:
    title = _text(drawing.title)
    yield f"<section><h2>{title}</h2>"
    yield f'<p class="sentence">{_text(drawing.chart.sentence)}</p>'
    yield (
        f'<div class="figure" role="group" aria-label="{title}" data-figure="{place}" '
        f'style="height:{drawing.height}px"></div>'
    )
    yield "<details><summary>View as table</summary>"
    yield from _table(drawing.chart.header, drawing.chart.rows, words=1, name=title)
    yield "</details></section>"


def _listing(listing: Listing, place: int) -> Iterable[str]:
    title = _text(listing.title)
    yield f'<section data-listing="{place}"><h2>{title}</h2>'
    yield (
        f'<p class="filter"><label>Show rows with <input type="search" data-filter="{place}" '
        'autocomplete="off"></label> <span role="status"></span></p>'
    )
    rows, words, total = listing.rows, listing.words, listing.total
    yield from _table(listing.header, rows, words=words, total=total, name=title)
    yield "</section>"


def _table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: int,
    name: str,
    total: Sequence[str] | None = None,
) -> Iterable[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{name}"><table><thead><tr>'
    yield from _cells(header, words, "th")
    yield "</tr></thead><tbody>"
    for row in rows:
        yield f"<tr>{''.join(_cells(row, words, 'td'))}</tr>"
    yield "</tbody>"
    if total is not None:
        yield f"<tfoot><tr>{''.join(_cells(total, words, 'td'))}</tr></tfoot>"
    yield "</table></div>"


def _cells(texts: Sequence[str], words: int, tag: str) -> Iterable[str]:
    scope = ' scope="col"' if tag == "th" else ""
    for place, text in enumerate(texts):
        kind = ' class="word"' if place < words else ""
        yield f"<{tag}{scope}{kind}>{_text(text)}</{tag}>"


def _assumptions(found: Sequence[tuple[str, str]]) -> Iterable[str]:
    if not found:
        return
    yield '<section><h2>What this assumes</h2><ul class="assumptions">'
    for text, source in found:
        said, found_in = _text(_sentence(text)), _text(source)
        yield f'<li><span>{said}</span> <span class="source">{found_in}</span></li>'
    yield "</ul></section>"


def _sentence(text: str) -> str:
    """Return words with a capital in front, unless a name such as gpt-4.1 stands there."""
    first = text.partition(" ")[0].strip(":,")
    return text[:1].upper() + text[1:] if first.isalpha() else text
