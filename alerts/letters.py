"""Letters: which mails one tick makes of what is told, and who gets each of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from alerts.transition import ONSETS
from costmodel.burn.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from alerts.transition import Transition

FACTS: Final = frozenset({"ending", "unpriced"})
"""Kinds that are about prices and models, whichever budgets they touch."""
MAILS_AT_ONCE: Final = 10
"""Who would get more alerts than this from one look gets one mail that lists them."""


@dataclass(frozen=True)
class Letter:
    """One mail, whoever gets it: what it tells, the worst first, and in which form.

    ``budget``: all that happened to one budget and value. ``facts``: what is the same for
    several of them. ``list``: a line for each of many.
    """

    form: Literal["budget", "facts", "list"]
    transitions: tuple[Transition, ...]

    @property
    def name(self) -> str:
        """Return a name that no other letter of the same tick has."""
        told = (self.form, *(each.transition_id for each in self.transitions))
        short = hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:8]
        return f"{self.transitions[0].transition_id}.{short}"


def letters_of(
    told: Iterable[Transition], audience: Callable[[Transition], Iterable[str]]
) -> dict[Letter, list[str]]:
    """Return the mails that tell transitions, each with who gets it; the worst come first."""
    by_recipient: dict[str, list[Transition]] = defaultdict(list)
    for each in told:
        for who in audience(each):
            by_recipient[who].append(each)
    letters: dict[Letter, list[str]] = defaultdict(list)
    for who, some in by_recipient.items():
        for letter in _letters_for_one(some):
            letters[letter].append(who)
    return dict(sorted(letters.items(), key=lambda item: _worst_first(item[0].transitions[0])))


def _letters_for_one(told: Sequence[Transition]) -> list[Letter]:
    """Return what one recipient gets of a tick: what budgets share once, the rest for each."""
    facts, rest = shared_facts(told)
    letters = [Letter("budget", bundle) for bundle in bundled(rest)]
    if facts:
        same = (each for fact in facts for each in fact)
        letters.append(Letter("facts", tuple(sorted(same, key=_worst_first))))
    if len(letters) > MAILS_AT_ONCE:
        return [Letter("list", tuple(each for letter in letters for each in letter.transitions))]
    return letters


def shared_facts(
    told: Iterable[Transition],
) -> tuple[list[tuple[Transition, ...]], list[Transition]]:
    """Return what is one fact for several budgets or values, fact by fact, and all the rest.

    A model's end is the same for whoever calls it, and so is usage that has no price.
    """
    by_fact: dict[tuple[str, str, bool], list[Transition]] = defaultdict(list)
    rest: list[Transition] = []
    for each in told:
        if each.finding.kind in FACTS and each.move != "removed":
            by_fact[each.key.rule, each.key.level, each.move in ONSETS].append(each)
        else:
            rest.append(each)
    facts = []
    for some in by_fact.values():
        if len({(each.key.budget, each.key.value) for each in some}) > 1:
            facts.append(tuple(some))
        else:
            rest += some
    return facts, rest


def bundled(told: Iterable[Transition]) -> list[tuple[Transition, ...]]:
    """Return one bundle for each budget and value, the worst first."""
    found: dict[tuple[str, str], list[Transition]] = defaultdict(list)
    for each in told:
        found[each.key.budget, each.key.value].append(each)
    sorted_each = [tuple(sorted(each, key=_worst_first)) for each in found.values()]
    return sorted(sorted_each, key=lambda bundle: _worst_first(bundle[0]))


def _worst_first(each: Transition) -> int:
    return -SEVERITIES.index(each.severity)
