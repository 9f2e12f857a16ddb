"""How a page is scaled: sizes, ramps, the extent, and which flows it opens with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from computegrid.maps.layers import Layers

Floats = NDArray[np.float64]

OPENING_SHARE, OPENING_FLOWS = 0.95, 120
"""Where there are many flows, the page opens with the largest: until they carry this share of the
MW or are this many. The reader may ask for the rest, and the page says what is not drawn."""

_ATLANTIC_DEG = (-30.0, -27.5, -32.5, -25.0, -35.0, -37.5, -40.0)
"""Meridians at which a map may be cut instead of the antimeridian: few people live there."""

_IDLE = {"planned", "under_construction", "announced", "unverified"}


ALIKE = 1e-6
"""Prices that differ by less than this part of the largest are shown as one."""


def flow_rule(mw: Floats, kept: int) -> dict[str, Any]:
    """Which flows the page opens with, and the steps the reader may choose from [MW].

    ``mw`` is from the largest to the smallest; the page has the first ``kept``.
    """
    marks = np.quantile(mw, np.linspace(0.05, 0.95, 19)) if len(mw) > 20 else np.empty(0)
    steps = sorted({0.0, *(float(f"{value:.2g}") for value in marks)})
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


def sizes(drawn: Sequence[Layers], larger: float = 1.0) -> dict[str, float]:
    """Pixels of the widest flow and the largest circle, and the MW they stand for in every view."""
    base = drawn[0]
    many = len(base.sites) + len(base.regions)
    largest = max(base.sites["capacity_mw"].max(), base.regions["demand_mw"].max()) or 1.0
    flows = [layers.flows["mw"].max() for layers in drawn if len(layers.flows)]
    return {
        "flow_px": 9.0 if max(len(layers.flows) for layers in drawn) < 120 else 7.5,
        "flow_mw": float(max(flows, default=1.0)),
        "site_px": larger * (24.0 if many < 90 else 20.0 if many < 250 else 16.0),
        "site_mw": float(largest),
    }


def price_range(prices: Floats) -> list[float | bool]:
    """Ends of the colour ramp of prices, and whether some lie below or above them."""
    if not len(prices):
        return [0.0, 1.0, False, False]
    low, high = np.quantile(prices, [0.03, 0.97])
    least, most = prices.min(), prices.max()
    if high - low < ALIKE * max(abs(high), abs(low)):
        low, high = least, most
    hair = ALIKE * max(abs(least), abs(most))
    return [float(low), float(high), bool(least < low - hair), bool(most > high + hair)]


def share_ranges(drawn: Sequence[Layers]) -> dict[str, float]:
    """Upper end of the colour ramp of shares: a round number above the largest in any view."""
    out = {}
    for shade in ("unserved", "foreign", "away"):
        most = np.nanmax([[0.0, *layers.regions[f"{shade}_share"]] for layers in drawn])
        out[shade] = next(top for top in (0.2, 0.5, 1.0) if most <= top + 1e-9)
    return out


def shades(drawn: Sequence[Layers]) -> list[str]:
    """What regions may be coloured by: only what the dispatches can say."""
    found = ["price", "unserved"]
    found += ["foreign"] if drawn[0].regions["foreign_share"].notna().any() else []
    away = any((layers.regions["away_share"] > 1e-9).any() for layers in drawn)
    return found + (["away"] if away else [])


def marks(sites: list[dict[str, Any]]) -> list[str]:
    """Marks of sites that the legend has to explain."""
    found = {"estimate"} if any(site["estimate"] for site in sites) else set()
    for site in sites:
        if site["status"] in _IDLE:
            found.add("idle")
        elif site["status"] not in ("", "operational"):
            found.add("out")
    return sorted(found)


def west_edge(drawn: Sequence[Layers]) -> float:
    """Western edge of the map [deg]: the antimeridian, or the middle of the Atlantic.

    A map whose work goes over the Pacific is cut in the Atlantic, if of the flows it opens with
    that cuts less than half as many MW; so most arcs are seen whole. The edge keeps clear of
    regions and sites.
    """
    regions, sites = drawn[0].regions.geometry.x, drawn[0].sites.geometry.x
    opening = [
        flows[flows["mw"] >= flow_rule(flows["mw"].to_numpy(dtype=float), len(flows))["least_mw"]]
        for flows in (layers.flows for layers in drawn)
    ]
    flows = pd.concat([flows[["region", "site", "mw"]] for flows in opening])
    start = flows["region"].map(regions).to_numpy(dtype=float)
    way = (flows["site"].map(sites).to_numpy(dtype=float) - start + 180) % 360 - 180
    edges = np.array([-180.0, *_ATLANTIC_DEG])
    begin = np.minimum(start, start + way)  # how far each edge lies east of where an arc begins
    crossed = (edges[:, None] - begin) % 360 < np.abs(way)
    cut = crossed @ flows["mw"].to_numpy(dtype=float)
    every = np.concatenate([regions.to_numpy(dtype=float), sites.to_numpy(dtype=float)])
    near = np.abs((every - edges[:, None] + 180) % 360 - 180).min(axis=1, initial=180.0)
    cut[(near < 4.0) & (edges != -180.0)] = np.inf
    best = int(np.argmin(cut))
    return float(edges[best]) if cut[best] < 0.5 * cut[0] else -180.0


def bounds(drawn: Sequence[Layers], west_deg: float = -180.0) -> dict[str, list[list[float]]]:
    """South-west and north-east corners [deg] of all there is to see, and of the regions alone.

    Of the sites, those count that do ``OPENING_SHARE`` of the work in a view: a far place that
    serves next to nothing does not make all others small.
    """
    regions = drawn[0].regions
    home = regions.geometry[regions["demand_mw"] > 0]
    places = [home if len(home) else regions.geometry]
    for layers in drawn:
        sites = layers.sites.sort_values("served_mw", ascending=False, kind="stable")
        before = sites["served_mw"].cumsum() - sites["served_mw"]
        most = before < OPENING_SHARE * sites["served_mw"].sum()
        places.append(sites.geometry[most] if most.any() else sites.geometry)
    return {"all": _corners(places, west_deg), "home": _corners(places[:1], west_deg)}


def _corners(places: list[gpd.GeoSeries], west_deg: float) -> list[list[float]]:
    lon = (np.concatenate([place.x for place in places]) - west_deg) % 360.0 + west_deg
    lat = np.concatenate([place.y for place in places])
    return [[float(lat.min()), float(lon.min())], [float(lat.max()), float(lon.max())]]
