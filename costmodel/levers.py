"""Levers: the single changes that make a scenario.

Each lever is one linear map on flows: it moves, scales or copies usage and never
looks at money. Levers apply in the order of ``ORDER``, whatever the order given.
Shares are fractions from 0 to 1 and mean the expected value over requests.
Every lever takes ``where`` (dimension: values; also provider, model, tier, zone) and
``from_``, the first day whose usage it touches.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from fractions import Fraction

ORDER = (
    "grow", "retry", "compress", "route", "cascade", "verify", "review", "cache", "tier", "batch",
    "retire", "reprice", "commit", "cap",
)  # fmt: skip


class LeverError(ValueError):
    """A lever that makes no sense: a share above 1, an unknown model or dimension."""


@dataclass(frozen=True, kw_only=True)
class Lever:
    """What every lever has: the usage it touches."""

    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    from_: date | None = None


@dataclass(frozen=True, kw_only=True)
class Grow(Lever):
    """Requests grow by a share a month, compounding; the first month ahead has grown once."""

    requests: Fraction


@dataclass(frozen=True, kw_only=True)
class Route(Lever):
    """A share of the requests of ``source`` is sent to ``to`` with its tokens.

    Without ``source``: of every model in the family of ``to`` if the usage has any,
    else of the family that serves most of it.
    """

    to: str
    share: Fraction
    source: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StartWith(Lever):
    """What-if's mix: so much of a family's first calls starts on each model (shares <= 100%).

    The rest stays as it is. Second calls seen in the ledger go with the calls that
    they followed: the moved share of them falls away.
    """

    shares: tuple[tuple[str, Fraction], ...]
    family: str | None = None


@dataclass(frozen=True, kw_only=True)
class Cascade(Lever):
    """Every request is tried on ``first``; a share ``escalate`` is paid again on ``then``.

    Touches the requests of ``first`` and ``then`` (all traffic with ``where``; with
    ``only_first`` only what ``first`` serves). ``verifier`` reads every prompt and
    answer and writes ``verifier_output_tokens``; ``draft`` passes the first answer to
    ``then`` as input; ``then_hit_rate`` is the cached share of input of second calls.
    Second calls already in a ledger are not tried again: the cascade replaces them.
    """

    first: str
    then: str
    escalate: Fraction
    verifier: str | None = None
    verifier_output_tokens: int = 50
    draft: bool = False
    then_hit_rate: Fraction | None = None
    only_first: bool = False


@dataclass(frozen=True, kw_only=True)
class Cache(Lever):
    """``hit_rate`` of all input tokens is billed at the cached price, on every model.

    The share is absolute. A ledger is bounded by the tokens in requests long enough
    to be cached; a typed workload only warns. ``models`` limits it.
    """

    hit_rate: Fraction
    models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Batch(Lever):
    """A share of standard traffic is sent in batches, where the model is offered there."""

    share: Fraction


@dataclass(frozen=True, kw_only=True)
class Retire(Lever):
    """From ``on`` the requests of ``model`` go to ``to``.

    Without ``to`` to the successor that its provider names, without ``on`` from its
    day of shutdown.
    """

    model: str
    to: str | None = None
    on: date | None = None
