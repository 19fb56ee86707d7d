"""One HTML file: whole in itself, and text from elsewhere stays text."""

from __future__ import annotations

import json
import re

from dashboard.chart_card import Chart
from dashboard.one_file import Document, Drawing, Listing, html_file

NASTY = "</script><script>alert(1)</script> & \u2028 \x00 <b>"


def document() -> Document:
    figure = {"data": [{"type": "bar", "x": [1], "y": [NASTY]}], "layout": {}}
    chart = Chart(NASTY, figure, ("a", "b"), [(NASTY, "$1.00")])
    listing = Listing(NASTY, ("a", "b"), [(NASTY, "$1.00")], total=("Total", "$1.00"))
    return Document(
        title=NASTY,
        sentence=NASTY,
        second=NASTY,
        as_of=NASTY,
        drawings=(Drawing(NASTY, chart, 200),),
        listings=(listing,),
        assumptions=((NASTY, NASTY), ("gpt-4.1 is gone", "note"), ("same tokens", "assumed")),
    )


def test_nothing_is_asked_of_anybody() -> None:
    text = html_file(document())
    assert "default-src 'none'" in text
    outside = text[: text.index('id="data"')]
    assert re.findall(r'(?:src|href)="(?!data:)[^"]*"', outside) == []
    assert "@import" not in outside
    assert "url(" not in outside


def test_text_from_elsewhere_stays_text() -> None:
    text = html_file(document())
    assert "<script>alert" not in text
    assert text.count("</script>") == 3
    assert "\x00" not in text[: text.index('id="data"')]
    [data] = re.findall(
        r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL
    )
    assert json.loads(data)["figures"][0]["data"][0]["y"] == [NASTY]


def test_a_name_keeps_its_small_letter() -> None:
    text = html_file(document())
    assert "<span>gpt-4.1 is gone</span>" in text
    assert "<span>Same tokens</span>" in text


def test_the_total_stands_below_the_rows() -> None:
    text = html_file(document())
    assert '<tfoot><tr><td class="word">Total</td><td>$1.00</td></tr></tfoot>' in text
