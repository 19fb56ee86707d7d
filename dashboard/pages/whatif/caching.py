"""What the logs tell of prompt caching: a chart, its sentence, and what stands in the way.

The section fills itself when it is opened, and again only where the usage is another.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from costmodel.caching import BATCH, Basis, kept_words
from costmodel.number_text import money, share, short_count, signed_money
from dashboard.chart_card import Chart, chart_card
from dashboard.figures.caching import CachedRow, cached_shares, shares_height
from dashboard.filter_bar import value_text
from dashboard.folded_section import words
from dashboard.pages.whatif.from_logs import LogSection, with_notes
from dashboard.pages.whatif.names import short_name
from dashboard.pages.whatif.words import capital, share_text
from ingest.caching import usage_caching
from pricing.prompt_caching import load_cache_policy

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from costmodel.caching import FeatureCaching, Possible
    from costmodel.comparison import Family
    from dashboard.pages.whatif.board import Board
    from dashboard.pages.whatif.screen import Screen
    from dashboard.view import View

CARD = "whatif-caching"
TITLE = "Prompt caching in your logs"
AN_HOUR = 3_600
SHOWN_ROWS = 8
ZERO = Fraction(0)
MISSING = (
    "How much more could come from the cache is not known: no request here names its session or "
    "prefix. Objects of the API bring them as session or prefix_hashes in their metadata, your "
    "own table as columns of a mapping."
)
NOTHING = "No request here has input that a cache could hold."
BASIS_NOTES = {
    Basis.PREFIXES: "Possible: blocks of the prompt that were used within an hour before.",
    Basis.SESSIONS: (
        "Possible: a session's next call repeats what the call before it sent. Prompts that "
        "sessions share count only as far as they were cached."
    ),
}
UNTESTED = "No hour has come above its mark: a share above it is untested. Batches are left aside."


def _ask(view: View) -> tuple[FeatureCaching, ...]:
    policy = load_cache_policy()
    return usage_caching(view.store, view.source.book, policy, view.period, view.filters)


def _content(rows: tuple[FeatureCaching, ...], screen: Screen) -> list[Component]:
    if not any(row.possible for row in rows):
        return [words(MISSING)] if rows else []
    family, currency = screen.board.comparison.family, screen.board.currency
    chart = caching_chart(rows, family, currency, _with_batches(screen.board))
    height = shares_height(min(len(rows), SHOWN_ROWS))
    card = chart_card(CARD, TITLE, chart, height=height)
    return [with_notes(card, notes(rows[:SHOWN_ROWS], family))]


SECTION = LogSection("caching", NOTHING, _ask, _content)


def _with_batches(board: Board) -> Fraction | None:
    """Return the share that the control starts from where batches are in it, else None."""
    has_batches = any(flow.tier == BATCH for flow in board.baseline.flows)
    return board.cached_share if has_batches else None


def caching_chart(
    rows: tuple[FeatureCaching, ...],
    family: Family | None,
    currency: str,
    with_batches: Fraction | None = None,
) -> Chart:
    """Return shares by feature and model, and in the table also money, every time and row.

    ``with_batches`` is today's cached share of all input, see ``sentence``.
    """
    times = next(
        [capital(kept_words(each.seconds)) for each in row.possible] for row in rows if row.possible
    )
    return Chart(
        sentence=sentence(rows, currency, with_batches),
        figure=cached_shares([_drawn(row, family) for row in rows[:SHOWN_ROWS]]),
        header=("Feature", "Input", "Today", *times, "Highest hour", "Best change a month"),
        rows=[_table_row(row, family, len(times), currency) for row in rows],
    )


def _drawn(row: FeatureCaching, family: Family | None) -> CachedRow:
    hour = _kept_an_hour(row)
    highest = row.seen.highest if row.seen else None
    return CachedRow(_name(row, family), row.share, hour.share if hour else None, highest)


def _name(row: FeatureCaching, family: Family | None) -> str:
    return f"{value_text(row.feature)}, {short_name(row.model, family)}"


def _kept_an_hour(row: FeatureCaching) -> Possible | None:
    return next((each for each in row.possible if each.seconds == AN_HOUR), None)


def _table_row(
    row: FeatureCaching, family: Family | None, width: int, currency: str
) -> tuple[str, ...]:
    best = row.best
    change = signed_money(best.change or ZERO, currency) if best else ""
    return (
        _name(row, family),
        short_count(int(row.input_tokens)),
        share(row.share),
        *([share(each.share) for each in row.possible] or [""] * width),
        share(row.seen.highest) if row.seen else "",
        f"{change} ({kept_words(best.seconds)})" if best else "",
    )


def sentence(
    rows: tuple[FeatureCaching, ...], currency: str, with_batches: Fraction | None = None
) -> str:
    """Return today's share, what an hour would allow, and the money in it.

    Batches are in no row; where there are some, ``with_batches`` says today's share of all
    input, which the control “Cached input share” starts from.
    """
    told = [(row, hour) for row in rows if (hour := _kept_an_hour(row))]
    tokens = sum((row.input_tokens for row, _ in told), ZERO)
    today = sum((row.share * row.input_tokens for row, _ in told), ZERO) / tokens
    possible = sum((hour.share * row.input_tokens for row, hour in told), ZERO) / tokens
    saved = -sum((hour.change for _, hour in told if hour.change and hour.change < 0), ZERO)
    lead = f"{share(today)} of the input is billed at the cached price"
    if with_batches is not None:
        lead = (
            f"{share(today)} of the input outside batches is billed at the cached price; with "
            f"batches it is {share_text(with_batches)}, where “Cached input share” starts"
        )
    if not round(saved * 100):
        return f"{lead}. Keeping prefixes for an hour after each use would save nothing more."
    return (
        f"{lead}. Keeping prefixes for an hour after each use would allow {share(possible)}, "
        f"and save {money(saved, currency)} a month where it pays."
    )


def notes(rows: tuple[FeatureCaching, ...], family: Family | None) -> list[str]:
    """Return what the shares rest on, and what stands in their way."""
    bases = {row.basis for row in rows}
    found = [text for basis, text in BASIS_NOTES.items() if basis in bases]
    found.append(UNTESTED)
    for row in rows:
        if row.busy_prefixes:
            found.append(
                f"{_name(row, family)}: up to {row.busiest_minute} requests a minute with one "
                "prefix are more than one machine takes, so some miss the cache."
            )
        if row.write_break_even:
            found.append(
                f"{_name(row, family)}: writing to the cache costs extra and is worth it from a "
                f"cached share of {share(row.write_break_even, 1)}."
            )
    return found
