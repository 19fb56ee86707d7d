"""What the logs tell of escalating: cost and quality at every confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.number_text import money, unit_money
from dashboard.chart_card import Chart, chart_card
from dashboard.figures.thresholds import HEIGHT, Level, Point, Tries, cost_by_threshold
from dashboard.folded_section import words
from dashboard.pages.whatif.from_logs import LogSection, with_notes
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.words import capital, share_text
from ingest.escalation import usage_escalation

if TYPE_CHECKING:
    from fractions import Fraction

    from dash.development.base_component import Component

    from costmodel.comparison import Family
    from costmodel.threshold import MarkedPair, Option, Thresholds
    from dashboard.pages.whatif.screen import Screen
    from dashboard.view import View
    from ingest.escalation import Escalation, PairEscalation

CARD = "whatif-thresholds"
TITLE = "From which confidence to ask again"
NOTHING = "No request here was asked again of another model."
NO_CONFIDENCE = (
    "No try here tells its confidence, so there is no threshold to move. Objects of the API "
    "bring it as confidence in their metadata, your own table as a column of a mapping."
)
NO_QUALITY = (
    "Quality not known: import ratings from 0 to 1, as quality in the metadata of an object or "
    "as a column of a mapping."
)
BARS = "Bars: how many tries had each confidence."
SAME_TOKENS = "Assumed: the same tokens on both models where only one was asked."


def _ask(view: View) -> Escalation:
    return usage_escalation(view.store, view.source.book, view.period, view.filters)


def _content(found: Escalation, screen: Screen) -> list[Component]:
    family = screen.board.comparison.family
    for pair in found.pairs:
        whole = pair.thresholds
        if whole is not None and len(pair.steps) > 1:
            chart = threshold_chart(pair, whole, found, family)
            card = chart_card(CARD, TITLE, chart, height=HEIGHT)
            return [with_notes(card, notes(pair, whole, family))]
    if not found.marked:
        return []
    said = marked_sentence(found.marked[0], family)
    return [words(f"{said} {NO_CONFIDENCE}")]


SECTION = LogSection("confidence", NOTHING, _ask, _content)


def threshold_chart(
    pair: PairEscalation, whole: Thresholds, found: Escalation, family: Family | None
) -> Chart:
    """Return the cost of a month over thresholds between the two models alone."""
    first, full = (short_name(name, family) for name in (pair.first, pair.full))
    points = [
        Point(option.threshold, option.cost * found.scale, _point_words(option, found))
        for option in whole.options
        if option.threshold is not None
    ]
    ends = whole.options[0], whole.options[-1]
    names = capital(f"all on {first}"), capital(f"all on {full}")
    levels = [
        Level(name, option.cost * found.scale) for name, option in zip(names, ends, strict=True)
    ]
    tries = [Tries(step.above, step.tries) for step in pair.steps]
    head = ("Asked again below", "Asked again", "By cost", "A month")
    more = ("Right answers", "Per right answer", "One more right answer", "")
    return Chart(
        sentence=sentence(pair, whole, found, family),
        figure=cost_by_threshold(points, tries, levels, found.currency),
        header=(*head, *more) if whole.knows_quality else head,
        rows=[_row(option, names, whole, found) for option in whole.options],
    )


def _point_words(option: Option, found: Escalation) -> str:
    cost = money(option.cost * found.scale, found.currency)
    words = f"Below {_edge(option.threshold)}: {cost} a month, {share_text(option.share)} again"
    return words if option.quality is None else f"{words}, {share_text(option.quality)} right"


def _edge(threshold: Fraction | None) -> str:
    return "" if threshold is None else f"{float(threshold):.4g}"


def _row(
    option: Option, names: tuple[str, str], whole: Thresholds, found: Escalation
) -> tuple[str, ...]:
    alone = names[0] if option.kind == "first_only" else names[1]
    row = (
        _edge(option.threshold) or alone,
        share_text(option.share),
        share_text(option.cost_share),
        money(option.cost * found.scale, found.currency),
    )
    if not whole.knows_quality:
        return row
    return (
        *row,
        "not known" if option.quality is None else share_text(option.quality),
        _unit(option.per_right_answer, found.currency),
        _unit(option.price_of_one_more, found.currency),
        "never the best choice" if option.is_never_best else "",
    )


def _unit(amount: Fraction | None, currency: str) -> str:
    return "" if amount is None else unit_money(amount, currency)


def sentence(
    pair: PairEscalation, whole: Thresholds, found: Escalation, family: Family | None
) -> str:
    """Return what is asked again today, what that costs, and from where on it does not pay."""
    first, full = (short_name(name, family) for name in (pair.first, pair.full))
    seen, limit = whole.seen, share_text(whole.break_even)
    if not seen.share:
        return (
            f"No try of {first} was asked again of {full}; up to {limit} by cost that is "
            f"cheaper than all on {full}."
        )
    cost = money(seen.cost * found.scale, found.currency)
    verdict = "it pays" if seen.cost_share < whole.break_even else "it does not pay"
    return (
        f"{share_text(seen.share)} of what {first} tries is asked again of {full}, "
        f"{share_text(seen.cost_share)} by cost: {cost} a month. Up to {limit} by cost this is "
        f"cheaper than all on {full}, so {verdict}."
    )


def marked_sentence(each: MarkedPair, family: Family | None) -> str:
    """Return what second calls tell that are only marked."""
    first, full = (short_name(name, family) for name in (each.first, each.full))
    verdict = "it pays" if each.pays else "it does not pay"
    return (
        f"{share_text(each.share)} of what {first} tries is asked again of {full}, about "
        f"{share_text(each.cost_share)} by cost; up to {share_text(each.break_even)} this is "
        f"cheaper than all on {full}, so {verdict}."
    )


def notes(pair: PairEscalation, whole: Thresholds, family: Family | None) -> list[str]:
    """Return what both models know, and what the chart rests on."""
    found = [] if whole.knows_quality else [NO_QUALITY]
    table = whole.answers
    if table is not None:
        first, full = (short_name(name, family) for name in (pair.first, pair.full))
        found.append(
            f"Of {table.total:,} questions rated for both, both answered {table.both:,} right, "
            f"only {first} {table.only_first:,}, only {full} {table.only_full:,}, neither "
            f"{table.neither:,}. A check that is never wrong would reach "
            f"{share_text(table.best)}."
        )
    return [*found, BARS, SAME_TOKENS]
