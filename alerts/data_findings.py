"""What is wrong with the data itself: late, unpriced, not looked at, soon without a model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from costmodel.burn.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from alerts.reach import Source
    from alerts.situation import Situation
    from alerts.usage import Miss
    from costmodel.burn.finding import Reading, Severity
    from costmodel.rates import Model

ENDING_LEVELS: Final[tuple[tuple[int, Severity], ...]] = (
    (90, "notice"),
    (30, "warning"),
    (7, "critical"),
)
"""Days before a model's end at which those who call it hear of it."""
MUCH_UNPRICED: Final = 0.01
"""From this share of the tokens on, usage without a price is a warning."""


def stale(sources: Iterable[Source], now: datetime) -> list[Finding]:
    """Return for each source whether its data is late."""
    return [
        Finding(
            rule="stale data",
            kind="stale",
            severity="warning",
            reading="firing" if source.is_late(now) else "clear",
            sentence=source.lateness(now)
            if source.is_late(now)
            else f"{source.name} brings its usage in time",
            level=source.name,
            value=(now - source.until).total_seconds() / 3600,
            threshold=source.allowed_lag.total_seconds() / 3600,
            since=source.until,
        )
        for source in sources
    ]


def no_data() -> Finding:
    """Return what is said of a budget without any usage."""
    said = "No usage has arrived that counts for this budget, so nothing can be said about it"
    return Finding("stale data", "stale", "warning", "firing", said, "no usage")


def unpriced(misses: Sequence[Miss], tokens: int, silent_requests: int) -> Finding:
    """Return whether spending is only a lower bound, and which usage has no price or count."""
    missing = sum(miss.tokens for miss in misses)
    share = missing / tokens if tokens else 0.0
    if misses:
        first = misses[0]
        more = f" and {len(misses) - 1} more" if len(misses) > 1 else ""
        said = (
            f"{missing:,} tokens have no price ({first.provider} {first.model}{more}: "
            f"{first.reason}), so more than this was spent"
        )
    elif silent_requests:
        said = f"{silent_requests:,} requests came without tokens, so more than this was spent"
    else:
        said = "All usage has a price"
    fires = bool(misses or silent_requests)
    severity: Severity = "warning" if share >= MUCH_UNPRICED else "notice"
    reading: Reading = "firing" if fires else "clear"
    return Finding("unpriced usage", "unpriced", severity, reading, said, value=share, threshold=0)


def failed(error: Exception) -> Finding:
    """Return that a budget could not be looked at, and why."""
    said = f"This budget could not be looked at: {error or type(error).__name__}"
    return Finding("evaluation", "failed", "critical", "firing", said)


def evaluated() -> Finding:
    """Return that a budget could be looked at."""
    return Finding("evaluation", "failed", "critical", "clear", "This budget could be looked at")


def endings(models: Iterable[Model], today: date) -> list[Finding]:
    """Return for each called model that ends how near its end is.

    Only the nearest level fires, so that a model that is first seen a week before its end
    makes one alert and not three; what fired at a wider level before goes on.
    """
    found = []
    for model in models:
        end = model.life.shutdown_on
        if end is None or end <= today:
            continue
        left = (end - today).days
        reached = [days for days, _ in ENDING_LEVELS if left <= days]
        for days, severity in ENDING_LEVELS:
            if days not in reached:
                continue
            found.append(
                Finding(
                    rule=f"end of {model.name}",
                    kind="ending",
                    severity=severity,
                    reading="firing" if days == reached[-1] else "between",
                    sentence=_ending_sentence(model, end, left),
                    level=f"{days} days",
                    value=left,
                    threshold=days,
                )
            )
    return found


def ends_told_once(situations: Sequence[Situation]) -> list[Situation]:
    """Return a budget's values so that one of those which call a model tells of its end.

    It is the first by name, whatever they use today: many keys make one mail, which says how
    many others call the model.
    """
    callers: dict[tuple[str, str], list[str]] = {}
    for situation in sorted(situations, key=lambda each: each.value):
        for finding in situation.findings:
            if finding.kind == "ending":
                callers.setdefault((finding.rule, finding.level), []).append(situation.value)
    return [_telling_ends(situation, callers) for situation in situations]


def _telling_ends(
    situation: Situation, callers: Mapping[tuple[str, str], Sequence[str]]
) -> Situation:
    kept = []
    for finding in situation.findings:
        first, *others = callers.get((finding.rule, finding.level), [situation.value])
        if finding.kind != "ending" or (first == situation.value and not others):
            kept.append(finding)
        elif first == situation.value:
            more = "1 other" if len(others) == 1 else f"{len(others)} others"
            said = f"; called by {situation.budget.each} {first} and {more}"
            kept.append(replace(finding, sentence=finding.sentence + said))
    return replace(situation, findings=tuple(kept))


def _ending_sentence(model: Model, end: date, left: int) -> str:
    days = "1 day" if left == 1 else f"{left} days"
    after = f"; its provider names {model.life.successor}" if model.life.successor else ""
    return f"{model.name} is still called and is shut down in {days}, on {end}{after}"
