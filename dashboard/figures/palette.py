"""Colours: what a model is drawn in, and what everything else is.

Figures are written in the light scheme; the browser exchanges every colour for its
dark partner (``DARK``), so no figure is computed twice. The five hues and the grey
of "other" keep 3:1 against their ground and stay apart under the three kinds of
colour blindness (Machado 2009, least difference 13); "other" is hatched as well,
so that colour is never the only sign.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HUES: tuple[str, ...] = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#332288")
OTHER = "#6B7280"

INK = "#1B1F24"
MUTED = "#59616C"
RULE = "#D9DDE3"
GRID = "#ECEEF1"
GROUND = "#FFFFFF"
SPENT = "#2B313A"
EXPECTED = "#8A929D"
HEAT = "#A3ABB6"
"""The dearest cell of a table that is coloured by cost; its text stays legible."""

DARK: Mapping[str, str] = MappingProxyType(
    {
        "#0072B2": "#56B4E9",
        "#D55E00": "#E69F00",
        "#009E73": "#00A87A",
        "#CC79A7": "#D287B1",
        "#332288": "#F0E442",
        OTHER: "#9CA3AF",
        INK: "#E9EBEE",
        MUTED: "#AEB5BF",
        RULE: "#454B54",
        GRID: "#2C3138",
        GROUND: "#1D2126",
        SPENT: "#DDE1E6",
        EXPECTED: "#7E8691",
        HEAT: "#50575F",
    }
)
"""The dark partner of each light colour; no two light colours are the same."""

PINNED: Mapping[str, int] = MappingProxyType(
    {"gpt-4.1": 0, "gpt-4.1-mini": 1, "gpt-4.1-nano": 2, "gpt-6-luna": 3}
)
"""Hues that belong to a model wherever it appears."""


def model_colours(models: Iterable[str]) -> dict[str, str]:
    """Return the hue of each of the models that get one; any other model is "other".

    ``models`` are all models of the store, most used first, so that a filter never
    changes a colour. Pinned hues go to their models; what is left goes in order.
    """
    names = list(dict.fromkeys(models))
    unpinned = [name for name in names if name not in PINNED]
    spare = [hue for place, hue in enumerate(HUES) if place not in PINNED.values()]
    spare += [HUES[place] for name, place in PINNED.items() if name not in names]
    given = dict(zip(unpinned, spare, strict=False))
    pinned = {name: HUES[place] for name, place in PINNED.items()}
    return given | {n: hue for n, hue in pinned.items() if hue not in given.values()}


def colour_of(model: str, colours: Mapping[str, str]) -> str:
    """Return the colour of a model, grey when it is among the others."""
    return colours.get(model, OTHER)


def is_hatched(model: str, colours: Mapping[str, str]) -> bool:
    """Tell whether a model is drawn hatched because it shares the grey of the others."""
    return model not in colours
