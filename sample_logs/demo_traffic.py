"""The calls of the demo, drawn from its story.

Every day of every workload draws from its own seed, so one day can be made alone and a change of
one workload leaves the others as they were. Only `random()` is drawn from the generator: its
sequence is the one that Python promises to keep.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sample_logs.demo_story import (
    CACHE_BROKEN,
    CLOCK,
    CODE_REVIEW,
    FULL,
    LOOP_EVERY_SECONDS,
    LOOP_LASTS,
    LOOP_STARTS,
    MINI,
    NANO,
    NANO_ENDS,
    SEARCH_STEPS,
    START,
    TRIAL,
    TRIAL_CHAT,
    TRIAL_MODEL,
    WORKLOADS,
    Workload,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SEED = "tollbook-demo-1"
FIRST_TOKEN_MS = {FULL: 620.0, MINI: 380.0, NANO: 240.0, TRIAL_MODEL: 300.0}
TOKEN_MS = {FULL: 14.0, MINI: 11.0, NANO: 6.5, TRIAL_MODEL: 9.0}
PREFILL_TOKEN_MS = 0.025
SMALLEST_CACHED_PROMPT = 1_024
CACHE_STEP = 128
CONFIDENT_FROM = 0.6
SATURDAY = 5
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Call:
    """One answered request."""

    created: int
    call_id: str
    workload: Workload
    model: str
    prompt_tokens: int
    cached_tokens: int
    answer_tokens: int
    metadata: dict[str, str] = field(default_factory=dict)


def seeded(*parts: object) -> Random:
    """A source of chance that depends on its name and on nothing that ran before."""
    return Random("/".join(map(str, (SEED, *parts))))


def normal(chance: Random) -> float:
    """A draw from the standard normal distribution (Box and Muller, 1958)."""
    radius = math.sqrt(-2 * math.log(1 - chance.random()))
    return radius * math.cos(2 * math.pi * chance.random())


def spread(chance: Random, median: float, log_spread: float) -> int:
    """A positive whole number around the median, with the long right tail of token counts."""
    return max(1, round(median * math.exp(log_spread * normal(chance))))


def letters(chance: Random, count: int) -> str:
    """Random letters and digits as in an identifier."""
    return "".join(LETTERS[int(chance.random() * len(LETTERS))] for _ in range(count))


def call_id(created: int, chance: Random) -> str:
    """An identifier that begins with its time, as those of the API do."""
    digits = []
    for _ in range(6):
        created, digit = divmod(created, len(LETTERS))
        digits.append(LETTERS[digit])
    return "chatcmpl-" + "".join(reversed(digits)) + letters(chance, 10)


def days() -> Iterator[date]:
    """Every day of the demo."""
    for number in range((CLOCK.date() - START).days + 1):
        yield START + timedelta(days=number)


def served_model(workload: Workload, day: date) -> str:
    """The model of a workload; what ran on Nano moves to Mini on the day Nano ends."""
    return MINI if workload.model == NANO and day >= NANO_ENDS else workload.model


def prompt_version(workload: Workload, day: date) -> str:
    """The prompt in use; search has a bad one for three days and a repaired one after them."""
    if workload is not SEARCH_STEPS or day < CACHE_BROKEN[0]:
        return f"{workload.endpoint}-7"
    return f"{workload.endpoint}-8" if day in CACHE_BROKEN else f"{workload.endpoint}-9"


def session_count(workload: Workload, day: date, chance: Random) -> int:
    """How many sessions a day brings: weekday or weekend, growth, a good or a bad day."""
    if day < workload.starts:
        return 0
    share = workload.weekend_share if day.weekday() >= SATURDAY else 1.0
    weeks = (day - START).days / 7
    mean = workload.sessions * share * math.exp(weeks * math.log1p(workload.weekly_growth))
    return max(
        0, round(mean * math.exp(0.05 * normal(chance)) + 0.5 * math.sqrt(mean) * normal(chance))
    )


def moment(workload: Workload, day: date, chance: Random) -> int:
    """A second of the day in UTC, likelier in the hours at which the workload is busy."""
    left = chance.random() * sum(workload.hours)
    hour = 0
    while left >= workload.hours[hour]:
        left -= workload.hours[hour]
        hour += 1
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(midnight.timestamp()) + hour * 3_600 + int(chance.random() * 3_600)


def cached_tokens(
    workload: Workload, day: date, prompt_tokens: int, reusable: int, chance: Random
) -> int:
    """The part of a prompt that the cache served: whole steps, none under the smallest prompt."""
    hit_rate = 0.02 if workload is SEARCH_STEPS and day in CACHE_BROKEN else workload.hit_rate
    if prompt_tokens < SMALLEST_CACHED_PROMPT or chance.random() >= hit_rate:
        return 0
    steps = reusable // CACHE_STEP * CACHE_STEP
    return steps if steps >= SMALLEST_CACHED_PROMPT else 0


def timing(call: Call, chance: Random) -> dict[str, str]:
    """Milliseconds to the first token and to the last."""
    prefill = (call.prompt_tokens - call.cached_tokens) * PREFILL_TOKEN_MS
    first = spread(chance, FIRST_TOKEN_MS[call.model] + prefill, 0.25)
    whole = first + spread(chance, call.answer_tokens * TOKEN_MS[call.model], 0.15)
    return {"latency_ms": str(whole), "time_to_first_token_ms": str(first)}


def status(chance: Random) -> str:
    """How the application judged the answer."""
    drawn = chance.random()
    return "ok" if drawn >= 0.012 else "invalid_output" if drawn >= 0.004 else "timeout"


def described(workload: Workload, day: date, session: str, chance: Random) -> dict[str, str]:
    """The metadata that all calls of a session share."""
    environment = "staging" if chance.random() < workload.staging_share else "production"
    return {
        "feature": workload.feature,
        "team": workload.team,
        "endpoint": workload.endpoint,
        "environment": environment,
        "task": workload.task,
        "prompt_version": prompt_version(workload, day),
        "session": session,
    }


def answered(call: Call, chance: Random) -> Call:
    """The call with its timing and status; work at night has no reader, so no timing."""
    measured = {} if call.workload.batch else timing(call, chance)
    return replace(call, metadata={**call.metadata, **measured, "status": status(chance)})


def confidence(*, escalates: bool, chance: Random) -> str:
    """The score by which an answer is kept or asked again of the full model."""
    if escalates:
        return f"{0.25 + (CONFIDENT_FROM - 0.26) * math.sqrt(chance.random()):.2f}"
    return f"{1 - (1 - CONFIDENT_FROM) * chance.random() ** 1.6:.2f}"


def escalation(call: Call, chance: Random) -> Call:
    """The same question to the full model, some seconds after an answer with little confidence."""
    created = call.created + 1 + int(call.metadata["latency_ms"]) // 1_000
    day = datetime.fromtimestamp(created, UTC).date()
    reusable = min(call.prompt_tokens, call.workload.prefix_tokens)
    cached = cached_tokens(call.workload, day, call.prompt_tokens, reusable, chance)
    output = spread(chance, call.answer_tokens * 1.15, 0.2)
    kept = {key: call.metadata[key] for key in call.metadata if not key.endswith("_ms")}
    asked = replace(
        call, created=created, call_id=call_id(created, chance), model=FULL, cached_tokens=cached,
        answer_tokens=output, metadata={**kept, "escalated_from": call.model},
    )  # fmt: skip
    return answered(asked, chance)


def tried(call: Call, chance: Random) -> Iterator[Call]:
    """The answered call, and the one to the full model where it escalates."""
    if not call.workload.escalated:
        yield answered(call, chance)
        return
    escalates = chance.random() < call.workload.escalated
    scored = {**call.metadata, "confidence": confidence(escalates=escalates, chance=chance)}
    first = answered(replace(call, metadata=scored), chance)
    yield first
    if escalates:
        yield escalation(first, chance)


def session_calls(workload: Workload, day: date, chance: Random) -> Iterator[Call]:
    """The turns of one session: each repeats what was said before and adds to it."""
    metadata = described(workload, day, "s-" + letters(chance, 5), chance)
    created = moment(workload, day, chance)
    own = spread(chance, workload.own_tokens, workload.own_spread)
    reusable = workload.prefix_tokens
    for turn in range(1 + int(chance.random() * (2 * workload.turns - 1))):
        prompt = workload.prefix_tokens + own + turn * workload.turn_tokens
        cached = cached_tokens(workload, day, prompt, reusable, chance)
        output = spread(chance, workload.answer_tokens, workload.answer_spread)
        model = served_model(workload, day)
        asked = Call(
            created, call_id(created, chance), workload, model, prompt, cached, output, metadata
        )
        yield from tried(asked, chance)
        reusable = prompt if turn else max(reusable, int(prompt * 0.8))
        created += 20 + int(chance.random() * 100)


def workload_day(workload: Workload, day: date) -> Iterator[Call]:
    """What one workload asks on one day; a session begun before midnight may end after it."""
    chance = seeded(workload.endpoint, workload.model, day)
    for _ in range(session_count(workload, day, chance)):
        yield from session_calls(workload, day, chance)


def loop_calls() -> Iterator[Call]:
    """The night on which a reviewer tried the same answer again and again."""
    chance = seeded("loop")
    began = int(LOOP_STARTS.timestamp())
    metadata = described(CODE_REVIEW, LOOP_STARTS.date(), "s-" + letters(chance, 5), chance)
    metadata["environment"] = "production"
    for attempt in range(int(LOOP_LASTS.total_seconds() / LOOP_EVERY_SECONDS)):
        created = began + int(attempt * LOOP_EVERY_SECONDS)
        prompt = 40_000 + 40 * (attempt % 300)
        cached = 25_984 if chance.random() < 0.8 else 0
        output = spread(chance, 1_300, 0.3)
        asked = Call(
            created, call_id(created, chance), CODE_REVIEW, MINI, prompt, cached, output, metadata
        )
        retried = {**asked.metadata, **timing(asked, chance), "status": "invalid_output"}
        yield replace(asked, metadata={**retried, "retries": str(attempt)})


def trial_calls() -> Iterator[Call]:
    """Two weeks in which support tried a model that no price table knows."""
    for day in days():
        if TRIAL[0] <= day <= TRIAL[1] and day.weekday() < SATURDAY:
            for call in workload_day(TRIAL_CHAT, day):
                yield replace(call, metadata={**call.metadata, "variant": "acme-trial"})


def until_clock(calls: Iterable[Call]) -> list[Call]:
    """The calls before the pinned clock, in order of time."""
    end = CLOCK.timestamp()
    return sorted(
        (call for call in calls if call.created < end),
        key=lambda call: (call.created, call.call_id),
    )


def all_calls(*, batch: bool) -> list[Call]:
    """Everything asked, either at once or in the nightly batch."""
    usual = [load for load in WORKLOADS if load.batch == batch]
    calls = [call for load in usual for day in days() for call in workload_day(load, day)]
    return until_clock(calls if batch else [*calls, *loop_calls(), *trial_calls()])
