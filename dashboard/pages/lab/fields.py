"""The fields of the lab: each writes one key of the address, and is read back from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dash_mantine_components as dmc

from dashboard.own_keys import own_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    from costmodel.book import PriceBook
    from costmodel.rates import Model

PROVIDER = "openai"
"""The lab offers this vendor's models first; others stand behind their vendor's name."""


@dataclass(frozen=True)
class NumberField:
    """A whole number in the address, with its bounds."""

    key: str
    label: str
    default: int
    least: int = 0
    most: int = 10_000_000

    def read(self, own: Mapping[str, str]) -> int:
        """Return the number of an address, the nearest bound or the default where it is none."""
        try:
            number = int(own.get(self.key, ""))
        except ValueError:
            return self.default
        return min(self.most, max(self.least, number))

    def input(self, own: Mapping[str, str]) -> dmc.NumberInput:
        """Return the control."""
        return dmc.NumberInput(
            id=own_key(self.key, str(self.default)),
            label=self.label,
            value=self.read(own),
            min=self.least,
            max=self.most,
            thousandSeparator=",",
            allowDecimal=False,
            debounce=400,
            size="sm",
        )


@dataclass(frozen=True)
class ModelField:
    """A model in the address; ``default`` may be empty where none is needed."""

    key: str
    label: str
    default: str

    def read(self, own: Mapping[str, str], models: Mapping[str, Model]) -> Model | None:
        """Return the model of an address, else the default, None where there is none."""
        return models.get(own.get(self.key, "")) or models.get(self.default)

    def select(self, own: Mapping[str, str], models: Mapping[str, Model]) -> dmc.Select:
        """Return the control."""
        chosen = self.read(own, models)
        data = [{"value": name, "label": name} for name in models]
        return dmc.Select(
            id=own_key(self.key, self.default),
            label=self.label,
            value=next((name for name, model in models.items() if model is chosen), None),
            data=data,
            searchable=True,
            clearable=not self.default,
            allowDeselect=not self.default,
            placeholder=None if self.default else "the same",
            nothingFoundMessage="No such model",
            size="sm",
        )


def models_by_name(book: PriceBook) -> dict[str, Model]:
    """Return every model by the name that the fields show; OpenAI's need no vendor."""
    ordered = sorted(book.models, key=lambda model: (model.provider != PROVIDER, model.provider))
    return {
        model.name if model.provider == PROVIDER else f"{model.name} ({model.provider})": model
        for model in ordered
    }
