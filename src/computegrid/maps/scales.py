"""How a page is scaled: sizes, ramps, the extent, and which flows it opens with."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computegrid.maps.layers import Layers

OPENING_SHARE, OPENING_FLOWS = 0.95, 120
"""Where there are many flows, the page opens with the largest: until they carry this share of the
MW or are this many. The reader may ask for the rest, and the page says what is not drawn."""

_IDLE = {"planned", "under_construction", "announced", "unverified"}


def flow_rule(flows: pd.DataFrame, kept: int) -> dict[str, Any]:
    """Which flows the page opens with, and the steps the reader may choose from [MW]."""
    mw = flows["mw"].to_numpy(dtype=float)
    shares = np.linspace(0.05, 0.95, 19) if len(mw) > 20 else np.empty(0)
    steps = sorted({0.0, *(float(f"{value:.2g}") for value in np.quantile(mw, shares))})
    least = 0.0
    if len(mw) > OPENING_FLOWS:
        carried = int(np.searchsorted(np.cumsum(mw) / mw.sum(), OPENING_SHARE))
        least = float(f"{mw[min(carried, OPENING_FLOWS)]:.3g}")
        steps = sorted({*steps, least})
    cut = float(f"{mw[kept]:.3g}") if kept < len(mw) else 0.0
    return {
        "least_mw": least,
        "steps": steps,
        "count": len(mw),
        "mw": float(f"{mw.sum():.7g}"),
        "cut_mw": cut,
    }


def sizes(layers: Layers) -> dict[str, float]:
    """Pixels of the widest flow and the largest circle, and the MW they stand for."""
    many = len(layers.sites) + len(layers.regions)
    largest = max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max(), 1e-6)
    flow = layers.flows["mw"].max() if len(layers.flows) else 1.0
    return {
        "flow_px": 9.0 if len(layers.flows) < 120 else 7.5,
        "flow_mw": float(flow),
        "site_px": 24.0 if many < 90 else 20.0 if many < 250 else 16.0,
        "site_mw": float(largest),
    }


def price_range(prices: NDArray[np.float64]) -> list[float | bool]:
    """Ends of the colour ramp of prices, and whether some lie below or above them."""
    if not len(prices):
        return [0.0, 1.0, False, False]
    low, high = np.quantile(prices, [0.03, 0.97])
    least, most = prices.min(), prices.max()
    if high - low < 1e-6 * max(1.0, abs(high)):
        low, high = least, most
    return [float(low), float(high), bool(least < low - 1e-9), bool(most > high + 1e-9)]


def shades(regions: pd.DataFrame) -> list[str]:
    """What regions may be coloured by: only what the dispatch can say."""
    found = ["price", "unserved"]
    found += ["foreign"] if regions["foreign_share"].notna().any() else []
    return found + (["away"] if (regions["away_share"] > 1e-9).any() else [])


def marks(sites: list[dict[str, Any]]) -> list[str]:
    """Marks of sites that the legend has to explain."""
    found = {"estimate"} if any(site["estimate"] for site in sites) else set()
    for site in sites:
        if site["status"] in _IDLE:
            found.add("idle")
        elif site["status"] not in ("", "operational"):
            found.add("out")
    return sorted(found)


def bounds(layers: Layers) -> list[list[float]]:
    """South-west and north-east corner of all places [deg]."""
    lon = np.concatenate([layers.regions.geometry.x, layers.sites.geometry.x])
    lat = np.concatenate([layers.regions.geometry.y, layers.sites.geometry.y])
    return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]
