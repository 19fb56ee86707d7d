"""The look: one quiet accent (ink), two greys that pass 4.5:1, tabular numerals."""

from __future__ import annotations

from typing import Any

from dashboard.figures.base import FONT

THEME: dict[str, Any] = {
    "primaryColor": "ink",
    "primaryShade": {"light": 8, "dark": 1},
    "autoContrast": True,
    "luminanceThreshold": 0.35,
    "fontFamily": FONT,
    "fontFamilyMonospace": 'ui-monospace, "SF Mono", Menlo, Consolas, monospace',
    "headings": {"fontFamily": FONT, "fontWeight": "600"},
    "defaultRadius": "md",
    "cursorType": "pointer",
    "respectReducedMotion": True,
    "black": "#1B1F24",
    "colors": {
        "ink": [
            "#F4F5F7",
            "#E4E7EB",
            "#D0D5DB",
            "#B0B7C1",
            "#8A929D",
            "#666E7A",
            "#4A515C",
            "#343A43",
            "#22272E",
            "#14171B",
        ],
        "gray": [
            "#F8F9FA",
            "#F2F4F6",
            "#E7EAEE",
            "#DDE1E6",
            "#CBD1D8",
            "#A4ACB7",
            "#59616C",
            "#48505A",
            "#343A43",
            "#1B1F24",
        ],
        "dark": [
            "#E9EBEE",
            "#C9CED5",
            "#AEB5BF",
            "#7E8691",
            "#3A4048",
            "#2E333A",
            "#1D2126",
            "#14171A",
            "#0F1113",
            "#0A0B0D",
        ],
    },
    "components": {
        "Paper": {"defaultProps": {"radius": "lg"}},
        "Tooltip": {"defaultProps": {"withArrow": True, "openDelay": 300}},
    },
}
"""The Mantine theme. ``gray.6`` and ``dark.2`` are what ``c="dimmed"`` becomes."""
