"""From which confidence on an answer is kept: cost and quality at every threshold.

A small model tries each request; an answer with less confidence than the threshold is
asked again of the full one, and both calls are paid. What counts is the share of cost
that is asked again, not the share of requests: long requests are dearer.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from costmodel.book import Unpriced
from costmodel.cost import money
from costmodel.flows import ZERO
from costmodel.meters import METERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from costmodel.book import PriceBook
    from costmodel.flows import Flow
    from costmodel.workload import Baseline

ENOUGH_RATED: Final = Fraction(95, 100)
"""Quality is known where at least so many of the answers that count were rated."""

OptionKind = Literal["first_only", "threshold", "full_only"]


@dataclass(frozen=True)
class Rated:
    """How many answers were rated, and what the ratings (0 to 1) add up to."""

    count: int = 0
    total: Fraction = ZERO

    def __add__(self, other: Rated) -> Rated:
        """Return both together."""
        return Rated(self.count + other.count, self.total + other.total)


@dataclass(frozen=True)
class TwoByTwo:
    """Questions that both models answered, by who was right."""

    both: int = 0
    only_first: int = 0
    only_full: int = 0
    neither: int = 0

    def __add__(self, other: TwoByTwo) -> TwoByTwo:
        """Return the questions of both together."""
        return TwoByTwo(
            self.both + other.both,
            self.only_first + other.only_first,
            self.only_full + other.only_full,
            self.neither + other.neither,
        )

    @property
    def total(self) -> int:
        """Return all questions."""
        return self.both + self.only_first + self.only_full + self.neither

    @property
    def first(self) -> Fraction:
        """Return the share that the first model answered right."""
        return Fraction(self.both + self.only_first, self.total)

    @property
    def full(self) -> Fraction:
        """Return the share that the full model answered right."""
        return Fraction(self.both + self.only_full, self.total)

    @property
    def best(self) -> Fraction:
        """Return what a check that is never wrong could reach."""
        return Fraction(self.total - self.neither, self.total)

    def caught(self, recall: Fraction, false_alarm: Fraction) -> Fraction:
        """Return the quality of a check that catches and alarms with these probabilities.

        It asks again ``recall`` of the first model's failures and ``false_alarm`` of its
        right answers: n11 + n10 (1 - b) + n01 a.
        """
        kept = self.both + self.only_first * (1 - false_alarm) + self.only_full * recall
        return Fraction(kept) / self.total


@dataclass(frozen=True)
class Step:
    """Tries whose confidence lies from ``above`` on and below the next step.

    ``full_cost`` is what the same requests cost on the full model: as they came where they
    were asked again, else the same tokens at its rates.
    """

    above: Fraction
    tries: int
    asked_again: int
    first_cost: Fraction
    full_cost: Fraction
    first_rated: Rated = Rated()
    full_rated: Rated = Rated()
    answers: TwoByTwo = TwoByTwo()


@dataclass(frozen=True)
class Seen:
    """What was asked again so far: by requests, by cost, and what it cost with the tries."""

    share: Fraction
    cost_share: Fraction
    cost: Fraction


@dataclass(frozen=True)
class Option:
    """One way to serve the tries. Below ``threshold`` an answer is asked again.

    ``share`` and ``cost_share`` are asked again, of the requests and of what all cost on
    the full model. ``cost`` covers all tries. ``quality`` is the share of right answers,
    None where not known. ``price_of_one_more`` right answer is against the next cheaper
    option worth choosing; ``is_never_best`` marks what no price of a failure makes best.
    """

    kind: OptionKind
    threshold: Fraction | None
    share: Fraction
    cost_share: Fraction
    cost: Fraction
    quality: Fraction | None = None
    per_right_answer: Fraction | None = None
    price_of_one_more: Fraction | None = None
    is_never_best: bool = False


@dataclass(frozen=True)
class Thresholds:
    """Every option from the first model alone to the full one alone, in order of thresholds.

    ``break_even`` is the share of cost from which on trying first costs more than the full
    model alone: 1 less the tries' cost over its own.
    """

    options: tuple[Option, ...]
    tries: int
    break_even: Fraction
    seen: Seen
    answers: TwoByTwo | None

    @property
    def knows_quality(self) -> bool:
        """Tell whether some option's quality is known."""
        return any(option.quality is not None for option in self.options)

    @property
    def highest_paying(self) -> Option | None:
        """Return the highest threshold that costs less than the full model alone."""
        full = self.options[-1].cost
        paying = [o for o in self.options if o.kind == "threshold" and o.cost < full]
        return paying[-1] if paying else None


def thresholds(steps: Sequence[Step], seen_cost: Fraction) -> Thresholds | None:
    """Return cost and quality at each step's edge; None without tries or without any cost.

    ``steps`` go up; ``seen_cost`` is what the second calls that came have cost.
    """
    tries = sum(step.tries for step in steps)
    first = sum((step.first_cost for step in steps), ZERO)
    full = sum((step.full_cost for step in steps), ZERO)
    if not tries or not full:
        return None
    options = [_option(steps, place, first, full, tries) for place in range(1, len(steps))]
    one = Fraction(1)
    first_alone = _alone((step.first_rated for step in steps), tries)
    full_alone = _alone((step.full_rated for step in steps), tries)
    everything = [
        Option("first_only", None, ZERO, ZERO, first, first_alone),
        *options,
        Option("full_only", None, one, one, full, full_alone),
    ]
    answers = sum((step.answers for step in steps), TwoByTwo())
    again = sum(step.asked_again for step in steps)
    return Thresholds(
        options=judged(everything, tries),
        tries=tries,
        break_even=1 - first / full,
        seen=Seen(Fraction(again, tries), seen_cost / full, first + seen_cost),
        answers=answers if answers.total else None,
    )


def _alone(rated: Iterable[Rated], tries: int) -> Fraction | None:
    """Return the quality of one model alone."""
    return quality([(sum(rated, Rated()), tries)])


def _option(
    steps: Sequence[Step], place: int, first: Fraction, full: Fraction, tries: int
) -> Option:
    """Return what asking again below the edge of the step at ``place`` gives."""
    below, kept = steps[:place], steps[place:]
    again = sum((step.full_cost for step in below), ZERO)
    count = sum(step.tries for step in below)
    parts = [
        (sum((step.full_rated for step in below), Rated()), count),
        (sum((step.first_rated for step in kept), Rated()), tries - count),
    ]
    return Option(
        kind="threshold",
        threshold=steps[place].above,
        share=Fraction(count, tries),
        cost_share=again / full,
        cost=first + again,
        quality=quality(parts),
    )


def quality(parts: Iterable[tuple[Rated, int]]) -> Fraction | None:
    """Return the mean rating over parts with so many answers; None where too few were rated."""
    total, answers = ZERO, 0
    for rated, count in parts:
        if not count:
            continue
        if rated.count < ENOUGH_RATED * count:
            return None
        total += rated.total / rated.count * count
        answers += count
    return total / answers if answers else None


def judged(options: Sequence[Option], tries: int) -> tuple[Option, ...]:
    """Return the options with what a right answer costs, and which are never the best choice.

    Worth choosing are the corners of the convex hull of cost and quality, cheapest first:
    what lies inside costs more than a mix of two others that answers as well.
    """
    hull = _hull(options)
    price = {id(option): _price(cheaper, option, tries) for cheaper, option in pairwise(hull)}
    corners = {id(option) for option in hull}
    return tuple(_with_verdict(option, tries, price, corners) for option in options)


def _with_verdict(
    option: Option, tries: int, price: dict[int, Fraction], corners: set[int]
) -> Option:
    if option.quality is None:
        return option
    right = option.quality * tries
    return replace(
        option,
        per_right_answer=option.cost / right if right else None,
        price_of_one_more=price.get(id(option)),
        is_never_best=id(option) not in corners,
    )


def _hull(options: Iterable[Option]) -> list[Option]:
    """Return the options that some price of a failure makes best, cheapest first."""
    known = [option for option in options if option.quality is not None]
    ordered = sorted(known, key=lambda o: (o.cost, -(o.quality or ZERO)))
    hull: list[Option] = []
    for option in ordered:
        if hull and (option.quality or ZERO) <= (hull[-1].quality or ZERO):
            continue
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], option):
            hull.pop()
        hull.append(option)
    return hull


def _slope(cheaper: Option, option: Option) -> Fraction:
    return (option.cost - cheaper.cost) / ((option.quality or ZERO) - (cheaper.quality or ZERO))


def _price(cheaper: Option, option: Option, tries: int) -> Fraction:
    """Return the price of one more right answer: money over right answers, both of all tries."""
    return _slope(cheaper, option) / tries


@dataclass(frozen=True)
class MarkedPair:
    """What second calls marked as such tell, without any confidence.

    ``tries`` are the first model's calls in the features that have second calls. The cost
    shares are of what all tries would cost on the full model, with the same tokens.
    """

    provider: str
    first: str
    full: str
    tries: Fraction
    asked_again: Fraction
    cost_share: Fraction
    break_even: Fraction

    @property
    def share(self) -> Fraction:
        """Return the share of tries that was asked again."""
        return min(Fraction(1), self.asked_again / self.tries)

    @property
    def pays(self) -> bool:
        """Tell whether trying first costs less than the full model alone."""
        return self.cost_share < self.break_even


def marked_pairs(baseline: Baseline, book: PriceBook) -> tuple[MarkedPair, ...]:
    """Return the pairs of models whose second calls are marked, most second calls first.

    The baseline keeps the dimension feature, where it has one, and knows second calls.
    """
    second: dict[tuple[str, str, str], list[Flow]] = defaultdict(list)
    for flow in baseline.flows:
        if flow.escalated_from is not None:
            second[flow.provider, flow.escalated_from, flow.model].append(flow)
    pairs = (_marked_pair(names, calls, baseline, book) for names, calls in second.items())
    return tuple(sorted((p for p in pairs if p), key=lambda pair: -pair.asked_again))


def _marked_pair(
    names: tuple[str, str, str], second: Sequence[Flow], baseline: Baseline, book: PriceBook
) -> MarkedPair | None:
    provider, first, full = names
    places = {flow.dimensions[1:] for flow in second}
    tried = [
        flow
        for flow in baseline.flows
        if (flow.provider, flow.model) == (provider, first)
        and flow.escalated_from is None
        and flow.dimensions[1:] in places
    ]
    on_full = _cost([replace(flow, model=full) for flow in tried], book)
    first_cost, second_cost = _cost(tried, book), _cost(second, book)
    if not on_full or first_cost is None or second_cost is None:
        return None
    return MarkedPair(
        *names,
        tries=sum((flow.requests for flow in tried), ZERO),
        asked_again=sum((flow.requests for flow in second), ZERO),
        cost_share=second_cost / on_full,
        break_even=1 - first_cost / on_full,
    )


def _cost(flows: Iterable[Flow], book: PriceBook) -> Fraction | None:
    """Return what flows cost, None where one has no price."""
    total = ZERO
    for flow in flows:
        quote = book.quote(flow.key)
        if isinstance(quote, Unpriced):
            return None
        used = zip(METERS, flow.quantities, strict=True)
        total += sum((money(n, quote.rates[m]) for m, n in used if n and m in quote.rates), ZERO)
    return total
