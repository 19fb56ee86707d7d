"""Regimes: the stretches of the coming months in which neither prices nor models change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from costmodel.levers import Retire
from costmodel.workload import WorkloadError, model_named

if TYPE_CHECKING:
    from collections.abc import Iterable

    from costmodel.book import PriceBook
    from costmodel.levers import Lever
    from costmodel.rates import Model
    from costmodel.workload import Baseline


def month_after(month: date, count: int = 1) -> date:
    """Return the first day of the month so many months later."""
    months = 12 * month.year + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


@dataclass(frozen=True)
class Stretch:
    """Part of a month without a change: its first day and its share of the month's days."""

    first_day: date
    share: Fraction


@dataclass(frozen=True)
class Regimes:
    """When rates and models that a scenario may use change, from a month on."""

    baseline: Baseline
    levers: tuple[Lever, ...]
    book: PriceBook
    first_month: date
    months: int

    @cached_property
    def models(self) -> tuple[Model, ...]:
        """Return every model that may carry traffic: today's, the levers', and successors."""
        found: dict[tuple[str, str], Model] = {}
        names = [name for lever in self.levers for name in lever.model_names()]
        providers = dict.fromkeys(flow.provider for flow in self.baseline.flows)
        waiting = list(self.baseline.served_models(self.book))
        waiting += [model_named(name, self.book, p) for name in names for p in providers]
        while waiting:
            model = waiting.pop(0)
            if (model.provider, model.name) not in found:
                found[model.provider, model.name] = model
                successor = self._successor(model)
                waiting += [successor] if successor else []
        return tuple(found.values())

    def _successor(self, model: Model) -> Model | None:
        """Return the model that a provider names as successor, where the book knows it."""
        if model.life.successor is None:
            return None
        try:
            return model_named(model.life.successor, self.book, model.provider)
        except WorkloadError:
            return None

    def successor_on(self, model: Model, day: date) -> Model | None:
        """Return who answers for a model that is gone on this day: the first one still alive."""
        seen = {model.name}
        successor = self._successor(model)
        while successor and successor.life.is_gone(day) and successor.name not in seen:
            seen.add(successor.name)
            successor = self._successor(successor)
        return None if successor is None or successor.life.is_gone(day) else successor

    def successions(self, day: date) -> tuple[Retire, ...]:
        """Return levers that price the traffic of gone models at their successors."""
        return tuple(
            Retire(
                model=model.name,
                to=successor.name,
                on=model.life.shutdown_on,
                where={"provider": (model.provider,)},
            )
            for model in self.models
            if model.life.is_gone(day) and (successor := self.successor_on(model, day))
        )

    @cached_property
    def boundaries(self) -> tuple[date, ...]:
        """Return the days within the horizon on which something changes, its first day first."""
        end = month_after(self.first_month, self.months)
        days = {day for day in self._changes() if self.first_month < day < end}
        return (self.first_month, *sorted(days))

    def _changes(self) -> Iterable[date]:
        yield from self.book.contract.change_dates()
        for model in self.models:
            yield from (day for day, _ in self.price_days(model))
            if model.life.shutdown_on:
                yield model.life.shutdown_on
        for lever in self.levers:
            yield from (d for d in (lever.from_, getattr(lever, "on", None)) if d)

    def price_days(self, model: Model) -> list[tuple[date, str]]:
        """Return the days on which a card of the model begins or ends, with its tier."""
        cards = self.book.cards_of(model.provider, model.name)
        live = [card for card in cards if card.status != "withdrawn"]
        days = [(card.in_force_from, card.tier) for card in live]
        days += [(card.in_force_to, card.tier) for card in live]
        return [(day, tier) for day, tier in days if day]

    def stretches(self, month: date) -> tuple[Stretch, ...]:
        """Return the stretches of one month; their shares of its days sum to 1."""
        end = month_after(month)
        days = (end - month).days
        cuts = [month, *(day for day in self.boundaries if month < day < end), end]
        return tuple(Stretch(a, Fraction((b - a).days, days)) for a, b in pairwise(cuts))

    def regime_of(self, day: date) -> date:
        """Return the last boundary at or before a day: one price holds from there."""
        return max(boundary for boundary in self.boundaries if boundary <= day)
