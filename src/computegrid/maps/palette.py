"""One palette by control, the same on every map, table and plot of the project.

The hues are those of Okabe and Ito (2008), which stay apart for the common kinds of colour
blindness, some of them darkened until they stand out 3:1 from the land; ``unknown`` is grey,
because it is never assumed to be anybody's.
"""

from __future__ import annotations

from types import MappingProxyType

EU_MEMBERS = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GR",
        "HR",
        "HU",
        "IE",
        "IT",
        "LT",
        "LU",
        "LV",
        "MT",
        "NL",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
    ]
)
GCC_MEMBERS = frozenset(["AE", "BH", "KW", "OM", "QA", "SA"])

CONTROL_COLOURS = MappingProxyType(
    {
        "US": "#0072b2",
        "CN": "#d55e00",
        "EU": "#008f68",
        "GCC": "#b27900",
        "other": "#bd5893",
        "unknown": "#767676",
    }
)
"""Colour (sRGB hex) of each group of controlling jurisdictions, in the order of the legend."""

SEQUENTIAL = ("#f1e9f7", "#d5c1e6", "#b194cf", "#8560b0", "#5b3390", "#341062")
"""Ramp from low to high for prices and shares: light to dark, so it also reads in grey."""


INK = "#1f2937"
"""Colour of text in plots."""

CHANGE = ("#a8470b", "#f6f3ec", "#075f6b")
"""Less, the same, more: orange and teal differ to every kind of colour vision, and in grey by the
dashes that less is drawn with."""


def control_group(control: object) -> str:
    """The group a controlling jurisdiction is drawn as: US, CN, EU, GCC, other or unknown."""
    code = "" if control is None or control != control else str(control).strip()
    if code.lower() in ("", "unknown", "nan", "none"):
        return "unknown"
    code = code.upper()
    if code in ("US", "CN"):
        return code
    if code == "EU" or code in EU_MEMBERS:
        return "EU"
    if code == "GCC" or code in GCC_MEMBERS:
        return "GCC"
    return "other"


def control_colour(control: object) -> str:
    """Colour of a controlling jurisdiction (sRGB hex)."""
    return CONTROL_COLOURS[control_group(control)]
