"""Findings: what one rule says about one budget at one watermark."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

Severity = Literal["notice", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("notice", "warning", "critical")
"""Mildest first: an alert is escalated when a later one follows an earlier one."""

Kind = Literal[
    "actual", "forecast", "burn", "change", "hourly", "slo", "stale", "unpriced", "failed", "ending"
]

Reading = Literal["firing", "between", "clear"]
"""``between``: below the line that fires, but not yet below the one that recovers."""


@dataclass(frozen=True)
class Finding:
    """What one rule and level sees.

    ``rule`` and ``level`` name it within its budget (``level`` is "" where a rule has only
    one line, else for example "80%" or "30 days"). ``value`` is held against ``threshold``
    in the rule's own unit: a share for ``actual``, a chance for ``forecast``, times plan for
    ``burn``, the likelihood ratio for ``change``. ``excess`` is how much of the budget's
    measure was spent beyond plan in the window, where that is known. ``since`` is when it
    began, as far as the data tells. ``sentence`` says it in people's words, without a dot.
    """

    rule: str
    kind: Kind
    severity: Severity
    reading: Reading
    sentence: str
    level: str = ""
    value: float | None = None
    threshold: float | None = None
    excess: float | None = None
    since: datetime | None = None

    @property
    def is_firing(self) -> bool:
        """Tell whether somebody must hear of it now."""
        return self.reading == "firing"
