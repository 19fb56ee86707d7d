"""Reconciliation: our usage times rate against a bill, the gap in named causes.

Ours and the bill are laid side by side at the finest grain that the bill has, and what
lies between them is split so that the parts add up to the gap exactly. Money is positive
where the bill is above ours. ``costmodel.bill_matching`` says which lines meet.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from costmodel.money import MILLION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from costmodel.meters import Meter

BillKind = Literal["usage", "tool", "credit", "tax", "other", "rest"]
"""What a line of a bill is for; ``rest`` is what an invoice has above or below its lines."""

ROUNDING_A_LINE: Final = Fraction(1, 200)
"""Half a cent: as far as an amount moves that somebody rounds to cents."""

ZERO: Final = Fraction(0)


class Cause(StrEnum):
    """Why a bill differs from our usage times our rates.

    Every cause but the last is something that somebody can look up. A line of usage
    with quantities on both sides is split by one identity: with ours Q at rate r and
    the bill's B for the amount A, the gap A - Q*r is (B - Q)*r + (A - B*r).
    """

    PRICE_DIFFERENCE = "price_difference"
    """A - B*r: what the bill's own quantity costs at the bill's rate above ours. It is
    taken at the bill's quantity, so that usage we lack is not blamed on a price."""
    MISSING_USAGE = "missing_usage"
    """(B - Q)*r less the day shift: tokens that only the bill has (above 0), or only we
    have (below 0), at our rate, because another rate would be a price difference."""
    DAY_SHIFT = "day_shift"
    """The part of (B - Q)*r that a neighbouring day has the other way round: one side
    cuts its days in UTC and the other by a local clock. Matched before missing usage;
    over both days it is nothing, unless our rate changed between them."""
    TOOL_FEES = "tool_fees"
    """Searches, containers and storage: the bill's amount less what we price of them.
    Bills name no model for them, so they are compared as a whole."""
    TAX_AND_CREDITS = "tax_and_credits"
    """Tax, credits, refunds and discounts: usage times rate never holds them."""
    OTHER_CHARGES = "other_charges"
    """Seats, provisioned throughput, support: money for no usage that we meter."""
    UNPRICED = "unpriced"
    """What the bill asks for a model, or for a share of its tokens, that the price book
    has no price for: the usage may well be right, only its cost is not known to us."""
    USAGE_OR_PRICE = "usage_or_price"
    """The bill has amounts and no quantities here (one sum a day, a model without its
    meters, an invoice total): more usage and a higher price look the same in it."""
    ROUNDING = "rounding"
    """What is left of a line once quantities are explained, where it is at most half a
    cent for each line of the bill in it: bills are written in cents, ours is exact."""
    UNEXPLAINED = "unexplained"
    """What none of the above can be said of: a line of usage without a model beside lines
    that have one, an amount for a quantity of 0, an invoice that is not the sum of its
    lines. It is never hidden in another cause."""


@dataclass(frozen=True, slots=True)
class OurUsage:
    """Priced usage of one UTC day, provider, canonical model and meter.

    ``day`` None stands for the whole period. ``quantity`` is what has a price;
    ``unpriced_quantity`` is beside it and in no amount.
    """

    day: date | None
    provider: str
    model: str
    meter: Meter
    quantity: int
    cost: Fraction
    list_cost: Fraction
    unpriced_quantity: int = 0


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill; ``model`` is canonical, None where the line names none.

    ``quantity`` counts what the meter counts. ``rate_per_million`` is what our book asks
    for it; it counts only where we have no usage of the line, whose average rate would
    be nearer. None: the book has no price.
    """

    day: date | None
    provider: str
    kind: BillKind
    amount: Fraction
    model: str | None = None
    meter: Meter | None = None
    quantity: Fraction | None = None
    rate_per_million: Fraction | None = None


@dataclass(frozen=True, slots=True)
class LineKey:
    """Where ours and the bill meet; None: the bill does not tell, or it is a sum over all."""

    day: date | None
    provider: str
    kind: BillKind
    model: str | None = None
    meter: Meter | None = None


@dataclass
class Pair:
    """Running sums of both sides of one line."""

    ours: Fraction = ZERO
    list_cost: Fraction = ZERO
    quantity: int = 0
    unpriced_quantity: int = 0
    theirs: Fraction = ZERO
    bill_quantity: Fraction = ZERO
    bill_lines: int = 0
    without_quantity: bool = False
    book_rate: Fraction | None = None

    def add_usage(self, usage: OurUsage) -> None:
        """Put usage on our side."""
        self.ours += usage.cost
        self.list_cost += usage.list_cost
        self.quantity += usage.quantity
        self.unpriced_quantity += usage.unpriced_quantity

    def add_bill(self, line: BillLine) -> None:
        """Put a line of the bill on the other side."""
        self.theirs += line.amount
        self.bill_lines += 1
        self.bill_quantity += line.quantity or 0
        self.without_quantity |= line.quantity is None
        self.book_rate = line.rate_per_million if self.book_rate is None else self.book_rate

    @property
    def our_rate(self) -> Fraction | None:
        """Return what one of the meter costs with us on average, else what the book says.

        The average covers all tiers and request sizes of the line, as the bill's line does.
        """
        if self.quantity:
            return self.ours / self.quantity
        return None if self.book_rate is None else self.book_rate / MILLION

    @property
    def billed_without_price(self) -> Fraction:
        """Return how much of the bill's quantity is usage that we have without a price."""
        return min(Fraction(self.unpriced_quantity), max(self.bill_quantity, ZERO))

    @property
    def surplus(self) -> Fraction:
        """Return by how much the bill's quantity is above ours, unpriced usage apart."""
        return self.bill_quantity - self.billed_without_price - self.quantity


@dataclass(frozen=True)
class ReconciledLine:
    """Both sides of a line or of a group of lines, and the gap by cause.

    ``causes`` holds no zeros and adds up to ``gap``. A quantity is None where the bill
    has none, and over several meters. ``unpriced_quantity`` of ours is in no amount.
    """

    key: LineKey
    ours: Fraction
    list_cost: Fraction
    theirs: Fraction
    causes: Mapping[Cause, Fraction]
    quantity: int | None = None
    bill_quantity: Fraction | None = None
    unpriced_quantity: int = 0

    @property
    def ours_is_unknown(self) -> bool:
        """Tell whether we have usage here and no price for any of it: no zero, but unknown."""
        return self.unpriced_quantity > 0 and not self.ours

    @property
    def gap(self) -> Fraction:
        """Return the bill less ours."""
        return self.theirs - self.ours

    @property
    def largest_cause(self) -> Cause | None:
        """Return the cause of most money either way, None where nothing differs."""
        return max(self.causes, key=lambda cause: abs(self.causes[cause]), default=None)


@dataclass(frozen=True)
class Reconciliation:
    """Every line, and their sum."""

    lines: tuple[ReconciledLine, ...]
    total: ReconciledLine = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "total", _summed(LineKey(None, "", "usage"), self.lines))

    @property
    def unexplained(self) -> Fraction:
        """Return what no cause could be named for."""
        return self.total.causes.get(Cause.UNEXPLAINED, ZERO)

    @property
    def unexplained_share(self) -> Fraction | None:
        """Return the unexplained rest as a share of the bill, None where the bill is 0."""
        return share_of(self.unexplained, self.total.theirs)

    def by(self, word: Literal["day", "provider", "model", "meter"]) -> list[ReconciledLine]:
        """Return the lines summed by day, or by what they are for, the largest gaps first.

        Lines of tools, tax and the like have no model and no meter: each kind stays apart.
        """
        groups: dict[LineKey, list[ReconciledLine]] = defaultdict(list)
        for line in self.lines:
            groups[_group_key(line.key, word)].append(line)
        rows = [_summed(key, lines) for key, lines in groups.items()]
        if word == "day":
            return sorted(rows, key=lambda row: (row.key.day is not None, str(row.key.day)))
        return sorted(rows, key=lambda row: (-abs(row.gap), str(row.key)))


def share_of(part: Fraction, whole: Fraction) -> Fraction | None:
    """Return the size of a part as a share of the whole's, None of nothing."""
    return abs(part) / abs(whole) if whole else None


def _group_key(key: LineKey, word: str) -> LineKey:
    if word == "day":
        return LineKey(key.day, "", "usage")
    if word == "provider":
        return LineKey(None, key.provider, "usage")
    model = key.model if word == "model" else None
    meter = key.meter if word == "meter" else None
    return LineKey(None, key.provider if word == "model" else "", key.kind, model, meter)


def _summed(key: LineKey, lines: Sequence[ReconciledLine]) -> ReconciledLine:
    causes: dict[Cause, Fraction] = defaultdict(Fraction)
    for line in lines:
        for cause, amount in line.causes.items():
            causes[cause] += amount
    return ReconciledLine(
        key=key,
        ours=sum((line.ours for line in lines), ZERO),
        list_cost=sum((line.list_cost for line in lines), ZERO),
        theirs=sum((line.theirs for line in lines), ZERO),
        causes={cause: causes[cause] for cause in Cause if causes.get(cause)},
        unpriced_quantity=sum(line.unpriced_quantity for line in lines),
    )


def split(key: LineKey, pair: Pair, shifted: Fraction) -> ReconciledLine:
    """Return a line with its gap by cause; ``shifted`` of its quantity is another day's."""
    causes = _causes(key, pair, shifted)
    has_quantity = key.kind == "usage" and key.meter is not None and not pair.without_quantity
    return ReconciledLine(
        key=key,
        ours=pair.ours,
        list_cost=pair.list_cost,
        theirs=pair.theirs,
        causes={cause: amount for cause, amount in causes.items() if amount},
        quantity=pair.quantity if key.meter is not None else None,
        bill_quantity=pair.bill_quantity if has_quantity else None,
        unpriced_quantity=pair.unpriced_quantity,
    )


def _causes(key: LineKey, pair: Pair, shifted: Fraction) -> dict[Cause, Fraction]:
    gap = pair.theirs - pair.ours
    whole = _WHOLE.get(key.kind)
    if whole is not None:
        return {whole: gap}
    if key.kind == "rest":
        return _rounded(Cause.UNEXPLAINED, gap, pair)
    rate = pair.our_rate
    if key.model is not None and rate is None:
        return {Cause.UNPRICED: gap}
    if rate is None or key.meter is None or pair.without_quantity:
        return _rounded(Cause.USAGE_OR_PRICE, gap, pair)
    return _by_quantity(pair, rate, shifted)


_WHOLE: Final[Mapping[BillKind, Cause]] = {
    "tool": Cause.TOOL_FEES,
    "credit": Cause.TAX_AND_CREDITS,
    "tax": Cause.TAX_AND_CREDITS,
    "other": Cause.OTHER_CHARGES,
}
"""Kinds whose whole gap has one cause."""


def _by_quantity(pair: Pair, rate: Fraction, shifted: Fraction) -> dict[Cause, Fraction]:
    """Split by the identity that ``Cause`` states; what it leaves over is the price."""
    unpriced = ZERO
    if pair.bill_quantity:
        unpriced = pair.billed_without_price * pair.theirs / pair.bill_quantity
    shift = shifted * rate
    missing = (pair.surplus - shifted) * rate
    left = pair.theirs - pair.ours - unpriced - shift - missing
    cause = Cause.PRICE_DIFFERENCE if pair.bill_quantity else Cause.UNEXPLAINED
    return {
        Cause.UNPRICED: unpriced,
        Cause.DAY_SHIFT: shift,
        Cause.MISSING_USAGE: missing,
        **_rounded(cause, left, pair),
    }


def _rounded(cause: Cause, amount: Fraction, pair: Pair) -> dict[Cause, Fraction]:
    is_rounding = abs(amount) <= ROUNDING_A_LINE * pair.bill_lines
    return {Cause.ROUNDING if is_rounding else cause: amount}
