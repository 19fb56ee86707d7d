"""A plan file as settings of What-if: what its controls can say, and the names of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from costmodel.corners import GROWTH_POSITIONS
from costmodel.levers import Batch, Cache, Cascade, Grow, Route, StartWith
from costmodel.plan import MONTHLY_COST, LedgerBaseline, TypedBaseline
from dashboard.pages.whatif.address_values import percent_text
from dashboard.pages.whatif.more_reading import fields_of
from dashboard.pages.whatif.settings import Settings, TypedNumbers, written
from dashboard.period import is_range
from dashboard.state import DIMENSIONS, State
from ingest.plan_file import PlanFileError, plan_of
from pricing import located_yaml
from pricing.located_yaml import YamlError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.plan import Plan, Scenario
    from pricing.located_yaml import Located

LONGEST_TEXT = 200_000
LONGEST_DAYS = 366
_FILE = Path("plan.yaml")
_TENTHS = 1_000


class PlanTextError(Exception):
    """Text that is no plan; ``problems`` says why, line by line."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Opened:
    """One scenario as an address of What-if, and what of it no control can say."""

    name: str
    state: State
    missing: tuple[str, ...]


def opened(text: str, book: PriceBook, today: date) -> tuple[Opened, ...]:
    """Return every scenario of a plan file; raises ``PlanTextError``.

    ``today`` is the day whose rates the page shows.
    """
    if len(text) > LONGEST_TEXT:
        raise PlanTextError([f"A plan file has at most {LONGEST_TEXT:,} letters."])
    try:
        located = located_yaml.parse(text, _FILE)
        plan = plan_of(located, book)
    except (YamlError, PlanFileError) as error:
        raise PlanTextError(map(str, error.problems)) from error
    listed = located.child("scenarios")
    dates = _other_prices(plan, book, today)
    return tuple(
        _scenario(plan, scenario, listed.child(place) if listed else None, _Reading(book, [*dates]))
        for place, scenario in enumerate(plan.scenarios)
    )


@dataclass
class _Reading:
    """Settings as they are found, and what cannot be set.

    A control that the file does not name changes nothing, whatever its default is.
    """

    book: PriceBook
    missing: list[str]
    settings: Settings = field(default_factory=lambda: Settings(start=(), escalate=Fraction(0)))

    def set(self, **values: object) -> None:
        changed: Mapping[str, object] = values
        self.settings = replace(self.settings, **changed)  # type: ignore[arg-type]

    def share(self, words: str, value: Fraction) -> Fraction:
        """Return a share in tenths of a percent, as the controls have it."""
        tenths = Fraction(round(value * _TENTHS), _TENTHS)
        if tenths != value:
            self.missing.append(f"{words} is rounded to {percent_text(tenths)}%")
        return tenths


def _other_prices(plan: Plan, book: PriceBook, today: date) -> list[str]:
    """Return that rates have changed between the day of a typed plan and today, if they have."""
    on = plan.baseline.on if isinstance(plan.baseline, TypedBaseline) else None
    if on is None:
        return []
    first, last = sorted((on, today))
    changed = any(first < day <= last for day in book.change_dates())
    return [f"prices of {on}: the page shows today's"] if changed else []


def _scenario(plan: Plan, scenario: Scenario, located: Located | None, reading: _Reading) -> Opened:
    limit = plan.limits.get(MONTHLY_COST)
    reading.set(limit=None if limit is None else Fraction(round(limit * 100), 100))
    state = _baseline(plan, reading)
    seen: set[type[Lever]] = set()
    # a route means something else where "Start with" is taken
    for lever in sorted(scenario.levers, key=lambda each: isinstance(each, Route)):
        if type(lever) in seen:
            reading.missing.append(f"a second {lever.step}")
        else:
            _lever(lever, reading, plan, located)
        seen.add(type(lever))
    for (_, name), between in scenario.ranges.items():
        middle = percent_text(between.middle)
        reading.missing.append(f"the range of {name}: its middle, {middle}%, is set")
    _where(scenario.levers, reading)
    return Opened(
        scenario.name, state.with_own(**written(reading.settings)), tuple(reading.missing)
    )


def _baseline(plan: Plan, reading: _Reading) -> State:
    """Return the state that shows the plan's baseline."""
    if isinstance(plan.baseline, TypedBaseline):
        reading.set(typed=_typed(plan.baseline, reading))
        return State()
    return _ledger(plan.baseline, reading)


def _typed(given: TypedBaseline, reading: _Reading) -> TypedNumbers:
    numbers = (given.sessions_per_day, given.days, given.tokens_per_session)
    whole = [round(number) for number in numbers]
    if whole != list(numbers):
        reading.missing.append("parts of sessions, days or tokens: they are rounded")
    if not 1 <= whole[1] <= LONGEST_DAYS:
        reading.missing.append(f"{whole[1]:,} days: the page takes 1 to {LONGEST_DAYS}")
        whole[1] = min(max(whole[1], 1), LONGEST_DAYS)
    share = reading.share("output_share", given.output_share)
    return TypedNumbers(whole[0], whole[1], whole[2], share, given.model)


def _ledger(given: LedgerBaseline, reading: _Reading) -> State:
    words = f"last {given.last}" if given.last[:1].isdigit() else given.last
    known = {name: values for name, values in given.filters.items() if name in DIMENSIONS}
    reading.missing += [f"the filter {name}" for name in given.filters if name not in known]
    if not is_range(words):
        words = given.last
    if not is_range(words):
        reading.missing.append(f"the period {given.last!r}")
        return State(filters=known)
    return State(range_text=None if words == "last 30d" else words, filters=known)


def _lever(lever: Lever, reading: _Reading, plan: Plan, located: Located | None) -> None:
    """Set what a lever says, or name it."""
    match lever:
        case Grow() if lever.requests in GROWTH_POSITIONS:
            reading.set(growth=lever.requests)
        case Cache() if not lever.models:
            reading.set(cache=reading.share("cache: hit_rate", lever.hit_rate))
        case Batch():
            reading.set(batch=reading.share("batch: share", lever.share))
        case StartWith():
            _start(lever, reading, located)
        case Cascade() if _is_plain(lever, plan):
            share = reading.share("cascade: escalate", lever.escalate)
            reading.set(start=((lever.first, Fraction(1)),), escalate=share)
        case Route() if _is_a_mix(lever, reading):
            _route(lever, reading, plan)
        case _:
            _more(lever, reading)
    if lever.from_ is not None:
        reading.missing.append(f"{lever.step} from {lever.from_}: here it holds from the start")


def _more(lever: Lever, reading: _Reading) -> None:
    """Set the fields under "More" that say what a lever does, or name the lever."""
    found = fields_of(lever, reading.book)
    if found is None:
        reading.missing.append(f"{lever.step}: {_why(lever)}")
        return
    values: Mapping[str, Any] = found.values
    reading.set(more=replace(reading.settings.more, **values))
    reading.missing += found.missing


def _why(lever: Lever) -> str:
    match lever:
        case Grow():
            return "growth goes from -10% to 20% in half percents here"
        case Cache():
            return "a cached share for some models only has no control here"
        case Cascade() | Route():
            return "it moves other requests than “Start with” does"
    return "no control here says it"


def _start(lever: StartWith, reading: _Reading, located: Located | None) -> None:
    """Set a mix; its shares are those of the file, also where requests are sent directly."""
    starts, escalate = lever.starts, lever.escalate
    direct = _sent_directly(located)
    if direct is not None:
        starts, escalate = direct
    shares = tuple((name, reading.share(f"the share of {name}", part)) for name, part in starts)
    if sum(part for _, part in shares) != 1:
        reading.missing.append("start_with: shares that leave a part as it is today")
        return
    reading.set(
        start=shares,
        escalate=reading.share("start_with: escalate", escalate),
        directly=direct is not None,
    )


def _sent_directly(
    located: Located | None,
) -> tuple[tuple[tuple[str, Fraction], ...], Fraction] | None:
    """Return shares and escalation as the file has them where it sends directly, else None."""
    for item in located.walk() if located else ():
        found = item.child("start_with")
        if found is not None and (sent := found.child("sent")) and sent.value == "directly":
            plain = found.plain()
            starts = tuple((name, _share_of(part)) for name, part in plain["shares"].items())
            return starts, _share_of(plain.get("escalate", 0))
    return None


def _share_of(value: object) -> Fraction:
    text = str(value).strip()
    return Fraction(text.removesuffix("%").strip()) / (100 if text.endswith("%") else 1)


def _is_plain(lever: Cascade, plan: Plan) -> bool:
    """Tell whether a cascade is what "Start with" and "Escalate to full" do to typed numbers."""
    typed = plan.baseline
    has_more = lever.verifier or lever.draft or lever.then_hit_rate is not None
    return (
        isinstance(typed, TypedBaseline)
        and not has_more
        and typed.model in {lever.first, lever.then}
    )


def _is_a_mix(lever: Route, reading: _Reading) -> bool:
    """Tell whether a route of typed numbers can be said by "Start with"."""
    is_free = reading.settings.typed is not None and not reading.settings.start
    return is_free and not lever.source and lever.when is None


def _route(lever: Route, reading: _Reading, plan: Plan) -> None:
    typed = plan.baseline
    share = reading.share("route: share", lever.share)
    rest = ((typed.model, 1 - share),) if isinstance(typed, TypedBaseline) and share < 1 else ()
    reading.set(start=(*rest, (lever.to, share)))


def _where(levers: Iterable[Lever], reading: _Reading) -> None:
    """Set the features that every lever touches; name any other limit."""
    found = {tuple(sorted((n, tuple(v)) for n, v in lever.where.items())) for lever in levers}
    if found <= {()}:
        return
    [first, *others] = found
    if others or [name for name, _ in first] != ["feature"]:
        reading.missing.append("where: here all controls touch the same features")
        return
    reading.set(features=first[0][1])
