"""The sentences of What-if. ``assets/whatif.js`` says the same ones while somebody drags."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from costmodel.goal import seek
from costmodel.money import dollars

if TYPE_CHECKING:
    from costmodel.controls import Controls
    from costmodel.corners import CornerTable

HUNDRED = 100
_TENTHS_OF_A_PERCENT = 1_000
SAME = "costs the same."


@dataclass(frozen=True)
class LimitLine:
    """What a limit says of a plan, and the escalated share that would meet it, if any."""

    text: str
    meets: Fraction | None = None


def cents(amount: Fraction) -> int:
    """Return an amount in whole cents, half to even."""
    return round(amount * HUNDRED)


def sentence_money(amount_cents: int, currency: str = "USD") -> str:
    """Return an amount for a sentence: cents only where there are some."""
    return dollars(Fraction(amount_cents, HUNDRED), currency).removesuffix(".00")


def percent(part: int, whole: int) -> str:
    """Return a share in whole percents, without its sign: ``47%``."""
    return f"{round(Fraction(abs(part) * HUNDRED, whole))}%"


def verdict(today: Fraction, plan: Fraction, currency: str = "USD") -> str:
    """Return what a plan does to the cost; amounts are those that stand on the screen."""
    before, after = cents(today), cents(plan)
    change = before - after
    if change == 0:
        return SAME
    share = f" ({percent(change, before)})" if before > 0 else ""
    amount = sentence_money(abs(change), currency)
    return f"saves {amount}{share}." if change > 0 else f"costs {amount} more{share}."


def sentence(
    today: Fraction, plan: Fraction, currency: str = "USD", *, at_least: bool = False
) -> str:
    """Return the sentence on top: today, this plan, and what it saves."""
    lead = "at least " if at_least else ""
    said = verdict(today, plan, currency)
    colon = "" if said == SAME else ":"
    now, then = (sentence_money(cents(amount), currency) for amount in (today, plan))
    return f"Today {lead}{now} a month. This plan {lead}{then}{colon} {said}"


def limit_line(
    plan: Fraction, limit: Fraction | None, table: CornerTable, controls: Controls
) -> LimitLine:
    """Return whether a plan keeps to a limit, and which escalation would meet it."""
    if limit is None:
        return LimitLine("")
    name = sentence_money(cents(limit), table.currency)
    over = cents(plan) - cents(limit)
    if over <= 0:
        spare = sentence_money(-over, table.currency)
        return LimitLine(f"Within your {name} limit, {spare} to spare.")
    goal = seek(table, controls, "escalate", limit)
    tenths = floor(goal.setting * _TENTHS_OF_A_PERCENT)
    if goal.met != "exactly" or tenths >= round(controls.escalate * _TENTHS_OF_A_PERCENT):
        lacking = sentence_money(over, table.currency)
        return LimitLine(f"Over your {name} limit by {lacking}; no share of escalation meets it.")
    share = Fraction(tenths, _TENTHS_OF_A_PERCENT)
    return LimitLine(
        f"Over your {name} limit; {share_text(share)} escalation would meet it.", share
    )


def share_text(share: Fraction) -> str:
    """Return a share with at most one decimal: ``12%``, ``10.3%``."""
    tenths = round(share * _TENTHS_OF_A_PERCENT)
    return f"{tenths // 10}%" if tenths % 10 == 0 else f"{tenths / 10:.1f}%"


def capital(text: str) -> str:
    """Return a sentence's words with a capital in front."""
    return text[:1].upper() + text[1:]
