"""What the browser is sent to move a plan while somebody drags: corners, and no rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from costmodel.corners import GROWTH_POSITIONS
from dashboard.pages.whatif.address_values import HUNDRED, percent_text
from dashboard.pages.whatif.charts import dashed_from
from dashboard.pages.whatif.more import shown_values
from dashboard.pages.whatif.settings import Settings, TypedNumbers, written
from dashboard.pages.whatif.words import sentence_money

if TYPE_CHECKING:
    from fractions import Fraction

    from dashboard.pages.whatif.board import Board

MIX = "mix"
"""What the control "Start with" holds when several models share the work."""


def payload(board: Board) -> dict[str, object]:
    """Return everything that the browser's kernel needs."""
    codes = feature_codes(board)
    start = TypedNumbers()
    return {
        "key": board.key,
        "table": board.table.to_json(),
        "choices": list(board.choices),
        "defaults": {"start": board.default_start, "limit": _float(board.limit), **defaults(board)},
        "more": shown_values(),
        "bounds": {control: list(bounds(control)) for control in defaults(board)},
        "at_least": board.at_least,
        "symbol": sentence_money(0, board.currency).removesuffix("0"),
        "split": dashed_from(board),
        "features": [codes[name] for name in board.features if name not in board.locked],
        "feature_names": {code: name or "" for name, code in codes.items()},
        "typed": {
            "sessions": str(start.sessions_per_day),
            "days": str(start.days),
            "tokens": str(start.tokens_per_session),
            "output": percent_text(start.output_share),
            "served": start.model,
        },
    }


def own_of(settings: Settings) -> dict[str, str]:
    """Return the page's keys of the address, those at their default left out."""
    return {key: value for key, value in written(settings).items() if value is not None}


def _float(amount: Fraction | None) -> float | None:
    return None if amount is None else float(amount)


def defaults(board: Board) -> dict[str, float]:
    """Return in percent where each slider stands until somebody moves it."""
    return {
        "escalate": float(percent_text(board.default_escalation)),
        "cache": float(percent_text(board.cached_share)),
        "batch": 0.0,
        "growth": 0.0,
    }


def bounds(control: str) -> tuple[float, float]:
    """Return between which percentages a slider moves."""
    if control == "growth":
        return float(GROWTH_POSITIONS[0] * HUNDRED), float(GROWTH_POSITIONS[-1] * HUNDRED)
    return 0.0, 100.0


def feature_codes(board: Board) -> dict[str | None, str]:
    """Return each feature as a control holds it: controls know no missing value."""
    return {name: "\u0000" if name is None else name for name in board.features}
