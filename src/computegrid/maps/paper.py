"""A map for paper: the same marks as the page, drawn by matplotlib, for reports and articles."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize
from matplotlib.patches import Polygon

from computegrid.maps.base import BaseMap, base_layer
from computegrid.maps.figures import price_column
from computegrid.maps.fonts import fit_fonts
from computegrid.maps.layers import Layers, draw_layers
from computegrid.maps.legends import control_legend
from computegrid.maps.palette import CONTROL_COLOURS, INK, SEQUENTIAL
from computegrid.maps.plotwords import literal, plot_words, title_of
from computegrid.maps.scales import bounds, flow_rule
from computegrid.maps.words import Lang, check_lang, names

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

_WIDEST_PT, _LARGEST_PT2, _LABELS = 5.0, 420.0, 10


def plot_map(
    dispatch: Dispatch,
    ax: Axes | None = None,
    *,
    lang: Lang = "en",
    base_map: BaseMap = None,
    title: bool = True,
) -> Axes:
    """Draw the mean flows, sites and regions of a dispatch on matplotlib axes.

    Width is MW, colour is who controls the site; circles are sites (area is capacity, the filled
    part is used), squares are regions (area is demand, colour is price). Plate carrée, stretched
    so that shapes are right in the middle of the map.

    Parameters
    ----------
    dispatch : Dispatch
        What to draw.
    ax : matplotlib Axes, optional
        Where; a new figure when None.
    lang : {"en", "zh", "both"}
        Words and names.
    base_map : optional
        As :func:`computegrid.maps.page.draw_dispatch` takes it.
    title : bool
        Write model and regime above.

    Returns
    -------
    matplotlib Axes
    """
    check_lang(lang)
    if ax is None:
        _, ax = plt.subplots(figsize=(9.5, 5.6), layout="constrained")
    layers = draw_layers(dispatch)
    _frame(ax, layers)
    _land(ax, base_map)
    _flows(ax, layers)
    _regions(ax, layers, price_column(dispatch))
    _sites(ax, layers)
    _labels(ax, layers, lang)
    control_legend(ax, set(layers.sites["group"]), lang, on_map=True)
    if title:
        says = plot_words(lang)
        heading = f"{says['map']}\n{title_of(dispatch.scenario, dispatch.regime, lang)}"
        ax.set_title(heading, loc="left", fontsize=10, color=INK)
    fit_fonts(ax)
    return ax


def _frame(ax: Axes, layers: Layers) -> None:
    (south, west), (north, east) = bounds([layers])["all"]
    high, wide = max(north - south, 4.0) * 0.08, max(east - west, 6.0) * 0.08
    south, north = max(south - high, -85.0), min(north + high, 85.0)
    stretch = 1 / np.cos(np.radians((south + north) / 2))
    box = ax.get_window_extent()
    missing = box.width / box.height * (north - south) * stretch - (east - west + 2 * wide)
    wide += max(0.0, missing / 2)
    ax.set(xlim=(west - wide, east + wide), ylim=(south, north), facecolor="#f3f6f8")
    ax.set_aspect(stretch)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("#d6d3cc")


def _land(ax: Axes, base_map: BaseMap) -> None:
    """Land or the planner's own layer; what lies outside the frame is left out."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    lines: list[Any] = []
    shapes: list[Any] = []
    for feature in json.loads(base_layer(base_map))["features"]:
        for ring in _rings(feature["geometry"]):
            points = np.asarray(ring, dtype=float)[:, :2]
            (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
            if right < west or left > east or high < south or low > north:
                continue
            points = np.clip(points, [west - 9, south - 9], [east + 9, north + 9])
            closed = feature["geometry"]["type"].endswith("Polygon")
            (shapes if closed else lines).append(points)
    fill = PatchCollection([Polygon(points) for points in shapes], facecolor="#f2efe8",
                           edgecolor="#cfc9bd", linewidth=0.4, zorder=1)  # fmt: skip
    ax.add_collection(fill, autolim=False)
    ax.add_collection(LineCollection(lines, colors="#cfc9bd", linewidths=0.5, zorder=1), False)


def _rings(geometry: dict[str, Any]) -> list[Any]:
    """Outer rings of polygons, and lines."""
    kind, at = geometry["type"], geometry.get("coordinates", [])
    if kind == "GeometryCollection":
        return [ring for part in geometry["geometries"] for ring in _rings(part)]
    if kind.endswith("Polygon"):
        return [part[0] for part in (at if kind == "MultiPolygon" else [at])]
    return list(at) if kind == "MultiLineString" else [at]


def _flows(ax: Axes, layers: Layers) -> None:
    flows = layers.flows
    if not len(flows):
        return
    least = flow_rule(flows["mw"].to_numpy(dtype=float), len(flows))["least_mw"]
    shown = flows[flows["mw"] >= least].iloc[::-1]
    most = float(flows["mw"].max())
    lines, widths, colours = [], [], []
    for arc, mw, group in zip(shown.geometry, shown["mw"], shown["group"], strict=True):
        for part in arc.geoms:
            lines.append(np.asarray(part.coords))
            widths.append(max(0.4, _WIDEST_PT * float(np.sqrt(mw / most))))
            colours.append(CONTROL_COLOURS[group])
    ax.add_collection(
        LineCollection(lines, colors=colours, linewidths=widths, alpha=0.55, zorder=2), False
    )


def _area(layers: Layers, mw: Any) -> Any:
    """Area of a mark [points²], on one scale for circles and squares."""
    most = max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max(), 1e-6)
    return _LARGEST_PT2 * np.asarray(mw, dtype=float) / most


def _regions(ax: Axes, layers: Layers, price: str) -> None:
    regions = layers.regions[layers.regions["demand_mw"] > 0]
    prices = regions[price].to_numpy(dtype=float)
    low, high = np.quantile(prices, [0.03, 0.97]) if len(prices) else (0.0, 1.0)
    ramp = LinearSegmentedColormap.from_list("price", SEQUENTIAL)
    ax.scatter(
        regions.geometry.x, regions.geometry.y, marker="s", linewidths=0.6, edgecolors="#4a4038",
        s=np.maximum(6.0, _area(layers, regions["demand_mw"])), zorder=3,
        c=ramp(Normalize(low, high if high > low else low + 1.0, clip=True)(prices)),
    )  # fmt: skip


def _sites(ax: Axes, layers: Layers) -> None:
    sites = layers.sites.sort_values("capacity_mw", ascending=False, kind="stable")
    colours = [CONTROL_COLOURS[group] for group in sites["group"]]
    whole = np.maximum(4.0, _area(layers, sites["capacity_mw"]))
    place = (sites.geometry.x, sites.geometry.y)
    ax.scatter(*place, s=whole, facecolors="#ffffffcc", edgecolors=colours, linewidths=0.8,
               zorder=4)  # fmt: skip
    used = whole * sites["used_share"].clip(0, 1)
    ax.scatter(*place, s=used, c=colours, linewidths=0, alpha=0.9, zorder=5)


def _labels(ax: Axes, layers: Layers, lang: Lang) -> None:
    """Names of the largest regions, where there is room."""
    regions = layers.regions.assign(label=names(layers.regions, lang))
    taken: list[tuple[float, float]] = []
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    for _, row in regions.nlargest(3 * _LABELS, "demand_mw").iterrows():
        x, y = row.geometry.x, row.geometry.y
        near = (abs(x - a) / (east - west) < 0.13 and abs(y - b) / (north - south) < 0.035
                for a, b in taken)  # fmt: skip
        if len(taken) >= _LABELS or any(near):
            continue
        taken.append((x, y))
        shift = 2 + float(np.sqrt(max(6.0, _area(layers, row["demand_mw"])))) / 2
        ax.annotate(literal(row["label"])[:24], (x, y), (shift, 0), textcoords="offset points",
                    va="center", fontsize=7, color=INK, zorder=6, clip_on=True)  # fmt: skip
