"""A plan as Markdown, to stand under a pull request: limits first, then what changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dashboard.moments import day_text
from tollbook.output import at_least, share_words
from tollbook.spend_words import money_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from fractions import Fraction

    from costmodel.plan_result import PlanResult, ScenarioResult
    from tollbook.plan_changes import Change

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_ENTITIES = str.maketrans({"<": "&lt;", "&": "&amp;", "@": "&#64;"})
BASELINE = "baseline"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it stands: on one line, without links or mentions."""
    seen = "".join(letter if letter.isprintable() else " " for letter in text)
    return _SPECIAL.sub(r"\\\1", seen).translate(_ENTITIES)


def plan_markdown(result: PlanResult, changes: Sequence[Change], *, as_of: date) -> str:
    """Return the plan as Markdown; without ``changes`` it is held against its baseline only."""
    head = f"### Cost of the plan, {result.period}"
    blocks = [head, *_limits(result), *_sentences(result, changes), *_table(result, changes)]
    blocks += [_details(result, as_of)]
    return "\n\n".join(blocks) + "\n"


def _limits(result: PlanResult) -> list[str]:
    if not result.violations:
        return []
    lines = [
        f"- {_name(each.scenario)} costs {_money(each.value, result)}, above the limit of "
        f"{_money(each.allowed, result)} a month"
        for each in result.violations
    ]
    count = len(lines)
    title = "A limit is crossed" if count == 1 else f"{count} scenarios cross a limit"
    return ["\n".join([f"**{title}**", "", *lines])]


def _sentences(result: PlanResult, changes: Sequence[Change]) -> list[str]:
    if not changes:
        return []
    lines = [line for each in changes for line in _change_lines(each, result)]
    if not lines:
        return ["No scenario changes in cost."]
    return ["\n".join(["**What changes**", "", *lines])]


def _change_lines(change: Change, result: PlanResult) -> Iterable[str]:
    if change.before is None:
        yield f"- {_name(change.name)} is new: {_cost(change.now, result)}"
    elif change.now is None:
        yield f"- {_name(change.name)} is gone; it was {_cost(change.before, result)}"
    elif change.difference or change.settings:
        was, now = _cost(change.before, result), _cost(change.now, result)
        costs = (
            f"costs {now} instead of {was}: {_difference(change, result)}"
            if change.difference
            else f"still costs {now}"
        )
        yield f"- {_name(change.name)} {costs}"
        yield from (f"  - {escaped(text)}" for text in change.settings)
        if change.causes:
            parts = (f"{name} {_signed(part, result)}" for name, part in change.causes)
            yield f"  - of this: {', '.join(parts)}"


def _signed(part: Fraction, result: PlanResult) -> str:
    return f"{'+' if part > 0 else '−'}{_money(abs(part), result)}"


def _difference(change: Change, result: PlanResult) -> str:
    found = change.difference
    if not found:
        return "no change"
    share = f" ({share_words(abs(change.share))})" if change.share is not None else ""
    return f"{_money(abs(found), result)} {'more' if found > 0 else 'less'}{share}"


def _table(result: PlanResult, changes: Sequence[Change]) -> list[str]:
    """Return one row for each scenario; with changes also what it cost before."""
    ranged = any(each.p10 is not None for each in (result.baseline, *result.scenarios))
    titles = ["Scenario", *(["Before"] if changes else []), "A month"]
    titles += ["Likely (8 in 10)"] if ranged else []
    titles += ["Against the baseline", ""]
    marks = ["---", *["--:"] * (len(titles) - 2), "---"]
    before = {each.name: each.before for each in changes}
    over = {each.scenario for each in result.violations}
    rows = []
    for each in (result.baseline, *result.scenarios):
        row = [_name(each.name), *([_cost(before.get(each.name), result)] if changes else [])]
        row += [_cost(each, result), *([_range(each, result)] if ranged else [])]
        rows.append([*row, _against(each, result), "over the limit" if each.name in over else ""])
    lines = [titles, marks, *rows]
    return ["\n".join(f"| {' | '.join(line)} |" for line in lines)]


def _range(each: ScenarioResult, result: PlanResult) -> str:
    if each.p10 is None or each.p90 is None:
        return ""
    return f"{_money(each.p10, result)} to {_money(each.p90, result)}"


def _against(each: ScenarioResult, result: PlanResult) -> str:
    if each.name == BASELINE:
        return ""
    if each.delta is None:
        return "not comparable"
    if not each.delta:
        return "the same"
    share = "" if each.delta_share is None else f" ({share_words(abs(each.delta_share))})"
    return f"{_money(abs(each.delta), result)} {'more' if each.delta > 0 else 'less'}{share}"


def _details(result: PlanResult, as_of: date) -> str:
    every = (result.baseline, *result.scenarios)
    notes = dict.fromkeys(text for each in every for text in each.warnings)
    assumed = dict.fromkeys(text for each in every for text in each.assumptions)
    lines = [
        *(f"- {escaped(text)}" for text in notes),
        *(f"- assumed: {escaped(text)}" for text in assumed),
        f"- computed on {day_text(as_of)}; amounts in {result.currency}",
        *(["- no likely range: typed numbers"] if result.baseline.p10 is None else []),
    ]
    summary = "<summary>What this assumes</summary>"
    return "\n".join(["<details>", summary, "", *lines, "", "</details>"])


def _name(name: str) -> str:
    return "Baseline" if name == BASELINE else f"“{escaped(name)}”"


def _cost(each: ScenarioResult | None, result: PlanResult) -> str:
    if each is None:
        return ""
    return at_least(_money(each.monthly_cost, result), is_lower_bound=each.at_least)


def _money(money: Fraction, result: PlanResult) -> str:
    return escaped(money_words(money, result.currency))
