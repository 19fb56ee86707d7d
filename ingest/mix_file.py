"""Mix files: segments, what their answers must be like, and the models that may serve them."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final

from costmodel.meters import TIERS
from costmodel.ways import BATCH, REQUESTS, TOKENS, Offer
from ingest.configuration_sections import FILTER_NAMES
from ingest.lever_values import LeverValues, filters
from ingest.plan_file import PlanFileError
from pricing import located_yaml
from pricing.located_yaml import Checker, YamlError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from costmodel.book import PriceBook
    from costmodel.ways import LimitName
    from pricing.located_yaml import Located

USUAL_PEAK: Final = Fraction(4)
"""How much busier the busiest minute is than the mean one, where nobody says."""
_LIMITS: Final = {"requests_per_minute": REQUESTS, "tokens_per_minute": TOKENS}
_NEEDS: Final = ("quality_floor", "p95_seconds", "may_wait", "cached_share")


@dataclass(frozen=True)
class TypedRequests:
    """A month of requests typed by hand; tokens are those of one request."""

    requests: Fraction
    input_tokens: Fraction
    output_tokens: Fraction
    cached_share: Fraction


@dataclass(frozen=True)
class WantedSegment:
    """One segment as the file says it: ``typed``, or the stored usage that ``where`` names."""

    name: str
    where: Mapping[str, tuple[str | None, ...]]
    typed: TypedRequests | None
    quality_floor: Fraction | None
    p95_seconds: Fraction | None
    may_wait: bool
    cached_share: Fraction | None


@dataclass(frozen=True)
class MixFile:
    """A mix file, checked; ``last`` is the range of stored usage in words."""

    segments: tuple[WantedSegment, ...]
    offers: tuple[Offer, ...]
    last: str
    peak_factor: Fraction
    quality_floor: Fraction | None
    limits: Mapping[LimitName, Fraction]

    @property
    def needs_usage(self) -> bool:
        """Tell whether some segment is stored usage."""
        return any(segment.typed is None for segment in self.segments)


def read_mix(path: Path, book: PriceBook) -> MixFile:
    """Return what a file says.

    Raises ``PlanFileError`` with all mistakes at once, ``OSError`` where the file
    cannot be read.
    """
    try:
        return mix_of(located_yaml.read(path), book)
    except YamlError as error:
        raise PlanFileError(error.problems) from error


def mix_of(located: Located, book: PriceBook) -> MixFile:
    """Return the mix that located YAML describes; raises ``PlanFileError``."""
    checker = Checker()
    values = LeverValues(checker, book)
    optional = ("usage", "peak_factor", "quality_floor", "limits")
    keys = checker.mapping(located, required=("segments", "options"), optional=optional)
    usage = checker.mapping(keys.get("usage"), optional=("last",))
    segments = _segments(keys.get("segments"), values)
    names = {segment.name for segment in segments}
    offers = _offers(keys.get("options"), values, names)
    found = MixFile(
        segments=segments,
        offers=offers,
        last=checker.text(usage.get("last")) or "30d",
        peak_factor=_at_least_one(keys.get("peak_factor"), checker) or USUAL_PEAK,
        quality_floor=values.share(keys.get("quality_floor")),
        limits=_limits(keys.get("limits"), values, {offer.model for offer in offers}),
    )
    if checker.problems:
        raise PlanFileError(sorted(checker.problems, key=lambda problem: problem.line))
    return found


def _at_least_one(located: Located | None, checker: Checker) -> Fraction | None:
    number = checker.number(located)
    if located is not None and number is not None and number < 1:
        checker.note(located, "cannot be below 1: the busiest minute is no quieter than the mean")
        return None
    return number


def _segments(located: Located | None, values: LeverValues) -> tuple[WantedSegment, ...]:
    found: dict[str, WantedSegment] = {}
    items = values.checker.sequence(located)
    if located is not None and not items:
        values.checker.note(located, "holds no segment; add one with a name")
    for item in items:
        segment = _segment(item, values)
        if segment is not None and segment.name in found:
            values.checker.note(item, f"a second segment is named {segment.name!r}; rename it")
        elif segment is not None:
            found[segment.name] = segment
    return tuple(found.values())


def _segment(located: Located, values: LeverValues) -> WantedSegment | None:
    checker = values.checker
    keys = checker.mapping(located, required=("name",), optional=("where", "workload", *_NEEDS))
    name = checker.text(keys.get("name"))
    if ("where" in keys) == ("workload" in keys):
        checker.note(located, "must hold either 'where' or 'workload'")
    typed = _typed(keys["workload"], values) if "workload" in keys else None
    if name is None or ("workload" in keys and typed is None):
        return None
    return WantedSegment(
        name=name,
        where=filters(keys.get("where"), checker, FILTER_NAMES),
        typed=typed,
        quality_floor=values.share(keys.get("quality_floor")),
        p95_seconds=values.amount(keys.get("p95_seconds")),
        may_wait=bool(checker.flag(keys.get("may_wait"))),
        cached_share=values.share(keys.get("cached_share")),
    )


def _typed(located: Located, values: LeverValues) -> TypedRequests | None:
    numbers = ("requests", "input_tokens", "output_tokens")
    keys = values.checker.mapping(located, required=numbers, optional=("cached_share",))
    requests, read, answered = (values.amount(keys.get(name)) for name in numbers)
    cached = values.share(keys.get("cached_share")) or Fraction(0)
    if requests is None or read is None or answered is None:
        return None
    if not requests or not read + answered:
        values.checker.note(located, "holds no tokens; give requests with input or output tokens")
        return None
    return TypedRequests(requests, read, answered, cached)


def _offers(located: Located | None, values: LeverValues, segments: set[str]) -> tuple[Offer, ...]:
    found: dict[str, Offer] = {}
    items = values.checker.sequence(located)
    if located is not None and not items:
        values.checker.note(located, "holds no option; add one with a model")
    for item in items:
        offer = _offer(item, values, segments)
        if offer is not None and offer.model in found:
            values.checker.note(item, f"{offer.model} is given twice; keep one")
        elif offer is not None:
            found[offer.model] = offer
    return tuple(found.values())


def _offer(located: Located, values: LeverValues, segments: set[str]) -> Offer | None:
    checker = values.checker
    optional = ("tiers", "quality", "p95_seconds")
    keys = checker.mapping(located, required=("model",), optional=optional)
    model = values.model(keys.get("model"))
    given = checker.sequence(keys.get("tiers"))
    tiers = [tier for item in given if (tier := checker.choice(item, TIERS))]
    chosen = tuple(dict.fromkeys(tiers)) or ("standard", BATCH)
    quality = _by_name(keys.get("quality"), values.share, checker, segments)
    seconds = _by_name(keys.get("p95_seconds"), values.amount, checker, set(TIERS))
    if model is None:
        return None
    everywhere = seconds.pop(None, None)
    by_tier = {tier: everywhere for tier in chosen if everywhere is not None and tier != BATCH}
    return Offer(model, chosen, quality, {**by_tier, **{k: v for k, v in seconds.items() if k}})


def _by_name(
    located: Located | None,
    read: Callable[[Located], Fraction | None],
    checker: Checker,
    names: set[str],
) -> dict[str | None, Fraction]:
    """Return one number for all (key None), or a number for each name."""
    if located is None:
        return {}
    if not isinstance(located.value, dict):
        number = read(located)
        return {} if number is None else {None: number}
    found: dict[str | None, Fraction] = {}
    for name, item in checker.mapping(located, optional=names).items():
        number = read(item)
        if number is not None:
            found[name] = number
    return found


def _limits(
    located: Located | None, values: LeverValues, models: set[str]
) -> dict[LimitName, Fraction]:
    found: dict[LimitName, Fraction] = {}
    for name, item in values.checker.mapping(located, optional=None).items():
        model = values.known(name, item)
        if model is not None and model not in models:
            values.checker.note(item, f"{model} is no option; add it or leave its limits out")
        for word, each in values.checker.mapping(item, optional=tuple(_LIMITS)).items():
            limit = values.amount(each)
            if limit == 0:
                values.checker.note(each, "must be above 0; leave the option out instead")
            elif limit is not None and model is not None:
                found[model, _LIMITS[word]] = limit
    return found
