"""Where a period stands and heads, in the one sentence of pages, mails and commands."""

from __future__ import annotations


def standing_sentence(
    name: str, spent_of_limit: str, heads: str | None, *, at_least: bool, verb: str = "spent"
) -> str:
    """Return "November is at $792 of $1,200 and heads for $1,190 (likely $1,120 to $1,280).".

    With ``at_least`` the amounts miss usage that has no price: "November has spent at least
    $792 of $1,200 and heads for at least $1,190 ...". ``heads`` comes from ``heads_for``.
    """
    is_at = f"has {verb} at least" if at_least else "is at"
    ahead = f" and {heads}" if heads else ""
    return f"{name} {is_at} {spent_of_limit}{ahead}."


def heads_for(expected: str, low: str, high: str, *, at_least: bool) -> str:
    """Return "heads for $1,190 (likely $1,120 to $1,280)", "at least" where usage is missing."""
    least = "at least " if at_least else ""
    return f"heads for {least}{expected} (likely {low} to {high})"
