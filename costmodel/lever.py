"""What every lever has, and the order in which levers apply.

Each lever is one linear map on flows: it moves, scales or copies usage and never
looks at money. Levers apply in the order of ``ORDER``, whatever the order given.
Shares are fractions from 0 to 1 and mean the expected value over requests.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

from costmodel.rates import Assumption
from costmodel.scene import LeverError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from costmodel.flows import Flow
    from costmodel.scene import Scene

ORDER = (
    "grow", "retry", "compress", "route", "cascade", "verify", "review", "cache", "tier", "batch",
    "retire", "reprice", "commit", "cap",
)  # fmt: skip

SAME_TOKENS = Assumption("same-tokens", "same tokens per request on every model")


@dataclass(frozen=True, kw_only=True)
class Lever:
    """What every lever has: the usage it touches.

    ``where`` holds the values of dimensions (also of provider, model, zone, tier) that
    a flow must have; ``from_`` is the first day whose usage is touched. Fields named
    in ``shares`` must lie between 0 and 1.
    """

    step: ClassVar[str]
    shares: ClassVar[tuple[str, ...]] = ()
    curved: ClassVar[tuple[str, ...]] = ()
    """Fields in which the cost is no straight line."""

    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    from_: date | None = None

    def __post_init__(self) -> None:
        for name in self.shares:
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise LeverError(f"{name} must lie between 0% and 100%, not {float(share):.4g}")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return the dimensions by which the lever needs usage grouped."""
        return tuple(self.where)

    def touches(self, flow: Flow, scene: Scene) -> bool:
        """Tell whether the lever is about this usage."""
        in_time = self.from_ is None or flow.on >= self.from_
        return in_time and scene.matches(flow, self.where)

    def apply(self, flows: Iterable[Flow], scene: Scene) -> list[Flow]:
        """Return the usage after the lever."""
        return [changed for flow in flows for changed in self.changed(flow, scene)]

    def changed(self, flow: Flow, scene: Scene) -> Iterable[Flow]:
        """Return what becomes of one flow."""
        raise NotImplementedError

    def model_names(self) -> tuple[str, ...]:
        """Return every model that the lever names."""
        return ()


def in_order(levers: Iterable[Lever]) -> list[Lever]:
    """Return levers in the order in which they apply, the same for any order given.

    Levers of one step stand from the general to the special, cascades in the order
    in which they hand on.
    """
    by_step: dict[str, list[Lever]] = defaultdict(list)
    for lever in levers:
        by_step[lever.step].append(lever)
    return [lever for step in ORDER for lever in _within_step(by_step[step])]


def _within_step(levers: list[Lever]) -> list[Lever]:
    ordered = sorted(levers, key=lambda lever: (len(lever.where), _fingerprint(lever)))
    return _handed_on(ordered)


def _handed_on(levers: list[Lever]) -> list[Lever]:
    """Put a lever that hands requests to a model before those that try them on it."""
    left, done = list(levers), []
    while left:
        targets = {getattr(lever, "then", None) for lever in left}
        free = [each for each in left if getattr(each, "first", object()) not in targets]
        done += free or left
        left = [each for each in left if each not in free] if free else []
    return done


def _fingerprint(lever: Lever) -> str:
    where = sorted((name, repr(values)) for name, values in lever.where.items())
    others = [(each.name, getattr(lever, each.name)) for each in fields(lever)[1:]]
    return repr((type(lever).__name__, where, others))
