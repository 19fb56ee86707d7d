"""Letters: which mails one tick makes of what is told, and who gets each of them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from costmodel.burn.finding import SEVERITIES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from alerts.transition import Transition

MAILS_AT_ONCE: Final = 10
"""Who would get more alerts than this from one look gets one mail that lists them."""


@dataclass(frozen=True)
class Letter:
    """One mail, whoever gets it: what it tells, the worst first, and in which form.

    ``budget``: all that happened to one budget and value. ``list``: a line for each of many.
    """

    form: Literal["budget", "list"]
    transitions: tuple[Transition, ...]

    @property
    def name(self) -> str:
        """Return a name that no other letter of the same tick has."""
        told = (self.form, *(each.transition_id for each in self.transitions))
        short = hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:8]
        return f"{self.transitions[0].transition_id}-{short}"


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
    """Return what one recipient gets of a tick."""
    bundles = bundled(told)
    if len(bundles) > MAILS_AT_ONCE:
        return [Letter("list", tuple(each for bundle in bundles for each in bundle))]
    return [Letter("budget", bundle) for bundle in bundles]


def bundled(told: Iterable[Transition]) -> list[tuple[Transition, ...]]:
    """Return one bundle for each budget and value, the worst first."""
    found: dict[tuple[str, str], list[Transition]] = defaultdict(list)
    for each in told:
        found[each.key.budget, each.key.value].append(each)
    sorted_each = [tuple(sorted(each, key=_worst_first)) for each in found.values()]
    return sorted(sorted_each, key=lambda bundle: _worst_first(bundle[0]))


def _worst_first(each: Transition) -> int:
    return -SEVERITIES.index(each.severity)
