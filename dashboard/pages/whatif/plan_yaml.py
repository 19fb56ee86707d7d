"""A plan as a YAML file that ``tollbook plan`` reads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.pages.whatif.address_values import amount_text, percent_text
from ingest.plan_text import lever_text, quoted, where_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.pages.whatif.screen import Screen
    from dashboard.pages.whatif.settings import TypedNumbers

_LEDGER_NOTE = (
    "# tollbook plan lays the weekdays of this usage on the coming calendar month;",
    "# What-if shows the days as they were.",
)


def plan_yaml(screen: Screen) -> str:
    """Return the plan file: baseline, limit, and the plan's levers."""
    lines = ["# A plan made on What-if: run it with `tollbook plan FILE.yaml`."]
    lines += [f"# {screen.sentence}"]
    lines += [*_baseline(screen), *_limits(screen), "scenarios:", "  - name: this plan"]
    levers = list(_levers(screen))
    lines += ["    levers:", *(f"      - {lever}" for lever in levers)] if levers else []
    return "\n".join(lines) + "\n"


def _baseline(screen: Screen) -> list[str]:
    if screen.settings.typed is not None:
        return ["baseline:", f"  workload: {_workload(screen.settings.typed, screen)}"]
    words = screen.board.usage.range_words.removeprefix("last ")
    parts = [f"last: {quoted(words)}"]
    if screen.state.filters:
        parts.append(f"filter: {where_text(screen.state.filters)}")
    return [*_LEDGER_NOTE, "baseline:", f"  ledger: {{{', '.join(parts)}}}"]


def _workload(typed: TypedNumbers, screen: Screen) -> str:
    parts = (
        f"sessions_per_day: {typed.sessions_per_day}",
        f"days: {typed.days}",
        f"tokens_per_session: {typed.tokens_per_session}",
        f"output_share: {percent_text(typed.output_share)}%",
        f"model: {quoted(typed.model)}",
        f"on: {screen.board.today.isoformat()}",
    )
    return f"{{{', '.join(parts)}}}"


def _limits(screen: Screen) -> list[str]:
    if screen.limit is None:
        return []
    return [f"limits: {{monthly_cost: {amount_text(screen.limit)}}}"]


def _levers(screen: Screen) -> Iterator[str]:
    controls = screen.controls
    where = f", where: {where_text(controls.where)}" if controls.where else ""
    if controls.growth:
        yield f"grow: {{requests: {percent_text(controls.growth)}%{where}}}"
    if controls.start_with:
        yield f"start_with: {{{_start(screen)}{where}}}"
    if controls.cache is not None:
        yield f"cache: {{hit_rate: {percent_text(controls.cache)}%{where}}}"
    if controls.batch:
        yield f"batch: {{share: {percent_text(controls.batch)}%{where}}}"
    for lever in controls.more:
        yield lever_text(replace(lever, where=controls.where))


def _start(screen: Screen) -> str:
    controls = screen.controls
    shares = ", ".join(
        f"{quoted(name)}: {percent_text(share)}%" for name, share in controls.start_with if share
    )
    parts = [
        f"shares: {{{shares}}}",
        f"full: {quoted(controls.full)}",
        f"escalate: {percent_text(controls.escalate)}%",
    ]
    if controls.escalation == "sent_directly":
        parts.append("sent: directly")
    if controls.family is not None:
        parts.append(f"family: {quoted(controls.family)}")
    return ", ".join(parts)
