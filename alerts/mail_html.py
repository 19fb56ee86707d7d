"""The page of a mail: tables only, because mail programs know little else.

Everything that matters is text or a table cell, so it reads the same with pictures
blocked; colours change with the reader's light or dark by a style that programs which
know no such thing ignore.
"""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from alerts import mail_text
from alerts.transition import OVER
from alerts.words import (
    STATE_WORDS,
    amount,
    budget_title,
    heads_for,
    moment,
    short_verdict,
    spent_of,
    spent_so_far,
    worst,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from alerts.situation import Situation
    from alerts.transition import Transition

_STYLE: Final = Path(__file__).with_name("mail.css")


def alert(
    situation: Situation,
    transitions: Sequence[Transition],
    now: datetime,
    link: str | None,
    *,
    has_chart: bool,
) -> str:
    """Return the page of one budget's mail."""
    first = worst(transitions)
    tone = situation.state if first.move in OVER else first.severity
    verdict = short_verdict(first)
    rows = [
        _row("state top", escape(f"{STATE_WORDS[tone]}: {budget_title(situation)}")),
        _row("verdict pad", escape(f"{verdict[:1].upper()}{verdict[1:]}")),
        *_budget_rows(situation),
    ]
    if has_chart:
        rows.append(_chart_row(situation))
    rows.append(_section("What happened", mail_text.happened(situation, transitions)))
    if situation.causes:
        causes = [
            (each.sentence, amount(situation.budget, each.amount)) for each in situation.causes
        ]
        rows.append(_section_of_amounts("The largest causes", causes))
    rows.append(_section("The data", mail_text.freshness(situation)))
    if link:
        rows.append(_button(link))
    rows.append(_foot(mail_text.why_you(situation), f"Written {moment(now, situation)}."))
    return _page(mail_text.headline(situation, transitions), tone, rows)


def facts(transitions: Sequence[Transition], now: datetime, link: str | None) -> str:
    """Return the page of what is the same for several budgets."""
    first, title = worst(transitions), mail_text.facts_headline(transitions)
    tone = "ok" if first.move in OVER else first.severity
    rows = [_row("verdict top", escape(title))]
    if tone != "ok":
        rows = [_row("state top", escape(STATE_WORDS[tone])), _row("verdict pad", escape(title))]
    rows.append(_section("What happened", mail_text.fact_lines(transitions)))
    if link:
        rows.append(_button(link))
    rows.append(_foot(mail_text.FACTS_WHY, f"Written {now:%d %b %Y %H:%M %Z}."))
    return _page(title, tone, rows)


def digest(
    situations: Sequence[Situation],
    transitions: Sequence[Transition],
    now: datetime,
    link: str | None,
    every: str,
) -> str:
    """Return the page of a summary."""
    tone = max((each.state for each in situations), key=_ORDER.index, default="ok")
    rows = [_row("verdict top", escape(f"Your budgets, {every}"))]
    for each in situations:
        rows.append(_row("section pad", escape(f"{budget_title(each)}: {STATE_WORDS[each.state]}")))
        rows += _budget_rows(each)
    if transitions:
        rows.append(_section("What happened", mail_text.told(transitions)))
    if link:
        rows.append(_button(link))
    rows.append(_foot(mail_text.DIGEST_WHY, f"Written {now:%d %b %Y %H:%M %Z}."))
    return _page(f"Your budgets, {every}", tone, rows)


def plain(title: str, lines: Sequence[str], now: datetime) -> str:
    """Return a few sentences as a page."""
    rows = [_row("verdict top", escape(title))]
    rows += [_row("pad", escape(line)) for line in lines]
    return _page(title, "ok", [*rows, _foot(f"Written {now:%d %b %Y %H:%M %Z}.")])


_ORDER: Final = ("ok", "notice", "stale", "warning", "failed", "critical")


def _budget_rows(situation: Situation) -> list[str]:
    """Return the numbers of a budget above its bar, and what the bar shows below it."""
    rows = [
        _row("numbers pad", f"<strong>{escape(spent_of(situation))}</strong>"),
        _row("pad", bar(situation)),
    ]
    said = mail_text.standing(situation)
    return [*rows, _row("key pad", escape(" ".join(said)))] if said else rows


def bar(situation: Situation) -> str:
    """Return the budget as one table row: spent, expected, left; beyond the limit in red."""
    parts = [
        f'<td class="{name}" width="{width}%">&nbsp;</td>' for name, width in _widths(situation)
    ]
    return (
        f'<table class="bar" role="img" aria-label="{escape(spent_of(situation))}" '
        f'cellpadding="0" cellspacing="0"><tr>{"".join(parts)}</tr></table>'
    )


def _widths(situation: Situation) -> list[tuple[str, int]]:
    """Return the bar's parts with whole percentages of its width, 100 together."""
    limit = float(situation.budget.amount)
    spent = max(float(situation.spent), 0.0)
    expected = situation.forecast.expected if situation.forecast else spent
    scale = max(limit, spent, expected)
    edges = [
        ("spent", min(spent, limit)),
        ("over", max(spent, min(spent, limit))),
        ("coming", max(min(expected, limit), spent)),
        ("beyond", max(expected, spent)),
        ("left", scale),
    ]
    found, before = [], 0
    for name, edge in edges:
        until = round(100 * edge / scale)
        if until > before:
            found.append((name, until - before))
            before = until
    return found


def _chart_row(situation: Situation) -> str:
    said = chart_sentence(situation)
    picture = f'<img class="chart" src="cid:spend" width="552" alt="{escape(said)}">'
    return _row("alt pad", picture)


def chart_sentence(situation: Situation) -> str:
    """Return what the picture shows, for those who do not see it."""
    planned = amount(situation.budget, situation.planned_so_far)
    spent, ahead = spent_so_far(situation), heads_for(situation)
    return f"Spent so far {spent}, planned by now {planned}" + (f"; {ahead}" if ahead else "")


def _section(title: str, lines: Iterable[str]) -> str:
    found = "".join(f'<tr><td class="line">{escape(line)}</td></tr>' for line in lines)
    return _row("section pad", escape(title)) + _row("pad", _lines(found))


def _section_of_amounts(title: str, lines: Iterable[tuple[str, str]]) -> str:
    found = "".join(
        f'<tr><td class="line">{escape(said)}</td><td class="line amount">{escape(much)}</td></tr>'
        for said, much in lines
    )
    return _row("section pad", escape(title)) + _row("pad", _lines(found))


def _lines(rows: str) -> str:
    return (
        f'<table class="lines" role="presentation" cellpadding="0" cellspacing="0">{rows}</table>'
    )


def _button(link: str) -> str:
    said = "Open in Tollbook"
    return _row("press pad", f'<a class="button" href="{escape(link)}">{said}</a>')


def _foot(*lines: str) -> str:
    return _row("foot end", "<br>".join(escape(line) for line in lines))


def _row(name: str, content: str) -> str:
    return f'<tr><td class="{name}">{content}</td></tr>'


def _page(title: str, tone: str, rows: Iterable[str]) -> str:
    """Return a whole page with its style written into every cell."""
    inner = "".join(rows)
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>{_style()}</style></head><body>"
        '<table class="outer" role="presentation" cellpadding="0" cellspacing="0">'
        '<tr><td align="center" style="padding: 24px 8px">'
        f'<table class="card {tone}" role="presentation" cellpadding="0" cellspacing="0">'
        f"{inner}</table></td></tr></table></body></html>"
    )
    return _inlined(page)


@cache
def _style() -> str:
    return _STYLE.read_text(encoding="utf-8")


def _inlined(page: str) -> str:
    """Return a page whose cells carry their style; without the extra the style stays on top."""
    try:
        import css_inline
    except ImportError:
        return page
    return css_inline.inline(page, keep_style_tags=True, load_remote_stylesheets=False)
