"""The story of the demo: who asks what of which model, and what happens on which day.

Data only. The numbers of calls are small and the prompts long, so that two months of spending fit
into a few megabytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

START = date(2026, 9, 21)
CLOCK = datetime(2026, 11, 20, 12, tzinfo=UTC)
NANO_ENDS = date(2026, 10, 23)
CACHE_BROKEN = (date(2026, 11, 3), date(2026, 11, 4), date(2026, 11, 5))
LOOP_STARTS = datetime(2026, 11, 11, 2, 10, tzinfo=UTC)
LOOP_LASTS = timedelta(minutes=80)
LOOP_EVERY_SECONDS = 4.8
TRIAL = (date(2026, 11, 9), date(2026, 11, 20))
MONTHS = ("2026-09", "2026-10", "2026-11")
OVERLAP = timedelta(minutes=15)
FAULTS = {
    "2026-09": ("cut",),
    "2026-10": ("cut", "cached above input", "untimed", "negative"),
    "2026-11": ("cut", "cached above input", "untimed", "negative") * 2 + ("cut",),
}
REPETITIONS = 4
UNMETERED = {"2026-09": 0, "2026-10": 14, "2026-11": 26}
EXPIRED_IN = "2026-10"
BILLED = "2026-10"
SEARCHES_A_WEEKDAY = 31

FULL = "gpt-4.1-2025-04-14"
MINI = "gpt-4.1-mini-2025-04-14"
NANO = "gpt-4.1-nano-2025-04-14"
TRIAL_MODEL = "acme-7b"

OFFICE_HOURS = (1, 1, 1, 1, 1, 2, 8, 24, 44, 52, 54, 48, 36, 46, 52, 50, 44, 30, 14, 7, 4, 3, 2, 1)
ALL_DAY = (8, 6, 5, 5, 6, 9, 15, 22, 28, 32, 34, 35, 36, 35, 34, 34, 35, 37, 40, 42, 38, 30, 20, 12)
NIGHT_JOB = (0, 60, 40, *[0] * 21)


@dataclass(frozen=True, slots=True)
class Workload:
    """What one feature asks of a model on a weekday.

    Tokens are medians of single calls, spreads are standard deviations of their logarithm.
    """

    feature: str
    team: str
    endpoint: str
    task: str
    model: str
    sessions: float
    turns: int
    weekend_share: float
    hours: tuple[int, ...]
    prefix_tokens: int
    own_tokens: int
    answer_tokens: int
    hit_rate: float
    turn_tokens: int = 0
    own_spread: float = 0.35
    answer_spread: float = 0.45
    escalated: float = 0.0
    staging_share: float = 0.0
    weekly_growth: float = 0.016
    starts: date = START
    batch: bool = False


SUPPORT_CHAT = Workload(
    "support-chat", "support", "reply", "chat", MINI, 86, 3, 0.70, OFFICE_HOURS,
    prefix_tokens=9_000, own_tokens=3_200, answer_tokens=780, hit_rate=0.90, turn_tokens=4_200,
    escalated=0.135, staging_share=0.04,
)  # fmt: skip
CODE_REVIEW = Workload(
    "code-review", "platform", "review-diff", "code", MINI, 86, 2, 0.20, OFFICE_HOURS,
    prefix_tokens=19_000, own_tokens=21_000, answer_tokens=2_900, hit_rate=0.80, turn_tokens=6_000,
    own_spread=0.6, escalated=0.145, staging_share=0.06,
)  # fmt: skip
CONTRACT_RAG = Workload(
    "contract-rag", "legal", "ask-contract", "rag", MINI, 73, 2, 0.40, OFFICE_HOURS,
    prefix_tokens=14_000, own_tokens=92_000, answer_tokens=1_700, hit_rate=0.75, turn_tokens=2_500,
    own_spread=0.45, escalated=0.115, starts=date(2026, 10, 6),
)  # fmt: skip
SEARCH_STEPS = Workload(
    "search", "discovery", "plan-step", "micro-step", MINI, 92, 4, 1.0, ALL_DAY,
    prefix_tokens=71_000, own_tokens=3_000, answer_tokens=310, hit_rate=0.93, turn_tokens=1_400,
    escalated=0.145,
)  # fmt: skip
SEARCH_BULK = Workload(
    "search", "discovery", "preprocess", "bulk", NANO, 72, 1, 0.9, ALL_DAY,
    prefix_tokens=700, own_tokens=40_000, answer_tokens=1_900, hit_rate=0.0, own_spread=0.7,
)  # fmt: skip
LEGAL_CHECK = Workload(
    "legal-check", "legal", "check-clause", "critical", FULL, 99, 1, 0.15, OFFICE_HOURS,
    prefix_tokens=15_000, own_tokens=36_000, answer_tokens=2_500, hit_rate=0.85, own_spread=0.5,
)  # fmt: skip
SUMMARIES = Workload(
    "summaries", "insights", "nightly", "batch", MINI, 52, 1, 0.9, NIGHT_JOB,
    prefix_tokens=2_300, own_tokens=140_000, answer_tokens=3_800, hit_rate=0.1, own_spread=0.5,
    batch=True,
)  # fmt: skip
WORKLOADS = (
    SUPPORT_CHAT,
    CODE_REVIEW,
    CONTRACT_RAG,
    SEARCH_STEPS,
    SEARCH_BULK,
    LEGAL_CHECK,
    SUMMARIES,
)
TRIAL_CHAT = replace(
    SUPPORT_CHAT, model=TRIAL_MODEL, sessions=8.6, turns=2, prefix_tokens=4_000, own_tokens=2_000,
    turn_tokens=2_000, answer_tokens=420, hit_rate=0.0, escalated=0.0, staging_share=0.0,
    weekly_growth=0.0,
)  # fmt: skip
