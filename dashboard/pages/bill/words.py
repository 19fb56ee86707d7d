"""The words of the page of the bill, and its bars and rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.number_text import money
from costmodel.reconciliation import Cause, share_of
from costmodel.reconciliation_words import (
    CAUSE_NAMES,
    percent,
    row_name,
    sentence,
    told_causes,
)
from dashboard.chart_card import Chart
from dashboard.figures.bill import CauseBar, cause_bars

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction
    from typing import Literal

    from costmodel.reconciliation import ReconciledLine
    from ingest.bill import AgainstBill

    Word = Literal["day", "model", "meter"]

WORDS: tuple[tuple[Word, str], ...] = (("model", "Model"), ("day", "Day"), ("meter", "Token type"))


def headline(found: AgainstBill) -> str:
    """Return how the bill stands to our usage."""
    total = found.reconciliation.total
    whose = " and ".join(found.providers)
    if abs(total.gap) * 200 < 1:
        return f"The bill of {whose} is what your usage costs."
    side = "above" if total.gap > 0 else "below"
    share = share_of(total.gap, total.theirs)
    of_it = "" if share is None else f" ({percent(share)})"
    return (
        f"The bill of {whose} is {money(abs(total.gap), found.currency)}{of_it} {side} your usage."
    )


def causes_chart(found: AgainstBill) -> Chart:
    """Return the causes as bars, the largest first, with the sentence of the command."""
    total, currency = found.reconciliation.total, found.currency
    told = told_causes(total)
    bars = [
        CauseBar(
            name=CAUSE_NAMES[cause].capitalize(),
            amount=float(part),
            text=_signed(part, currency),
            is_explained=cause is not Cause.UNEXPLAINED,
        )
        for cause, part in told.items()
    ]
    return Chart(
        sentence=sentence(found.reconciliation, currency, at_least=found.spend.at_least),
        figure=cause_bars(bars),
        header=("Cause", "Amount", "Share of the bill"),
        rows=[
            [bar.name, bar.text, _share(part, total.theirs)]
            for bar, part in zip(bars, told.values(), strict=True)
        ],
    )


def _share(part: Fraction, whole: Fraction) -> str:
    share = share_of(part, whole)
    return "" if share is None else percent(share)


def _signed(part: Fraction, currency: str) -> str:
    """Return an amount to the cent with its sign."""
    text = money(part, currency)
    return f"+{text}" if part > 0 and round(part * 100) else text


def _ours(line: ReconciledLine, currency: str) -> str:
    """Return our side of a line, marked where some of it has no price."""
    if line.ours_is_unknown:
        return money(None)
    bound = "at least " if line.unpriced_quantity else ""
    return f"{bound}{money(line.ours, currency)}"


def table_rows(found: AgainstBill, word: Word) -> list[Sequence[str]]:
    """Return the rows by day, model or token type: name, ours, bill, gap, largest cause."""
    currency = found.currency
    rows: list[Sequence[str]] = []
    for line in found.reconciliation.by(word):
        cause = line.largest_cause
        rows.append(
            (
                row_name(line.key, word),
                _ours(line, currency),
                money(line.theirs, currency),
                _signed(line.gap, currency),
                CAUSE_NAMES[cause] if cause else "",
            )
        )
    return rows
