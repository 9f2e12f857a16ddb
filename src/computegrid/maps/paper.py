"""A map for paper: the same marks as the page, drawn by matplotlib, for reports and articles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import LinearSegmentedColormap, Normalize

from computegrid.maps.base import BaseMap, Land, apart, cut_at, ground
from computegrid.maps.figures import price_column
from computegrid.maps.fonts import fit_fonts
from computegrid.maps.header import header
from computegrid.maps.layers import Layers, arcs_between, draw_layers
from computegrid.maps.legends import map_legend, scale_bar
from computegrid.maps.palette import CONTROL_COLOURS, INK, SEQUENTIAL
from computegrid.maps.paperground import draw_ground, patch
from computegrid.maps.plotwords import literal, plot_words, title_of
from computegrid.maps.scales import bounds, flow_rule, price_range, west_edge
from computegrid.maps.shapes import Shapes, shapes_of
from computegrid.maps.words import Lang, check_lang, names

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

_WIDEST_PT, _LARGEST_PT2, _LABELS = 5.0, 420.0, 10


def plot_map(
    dispatch: Dispatch,
    ax: Axes | None = None,
    *,
    lang: Lang = "en",
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    region_shapes: Shapes = None,
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
    land, worldview, base_map, base_map_note, region_shapes
        As :func:`computegrid.maps.page.draw_dispatch` takes them.
    title : bool
        Write model and regime above.

    Returns
    -------
    matplotlib Axes
    """
    check_lang(lang)
    if ax is None:
        _, ax = plt.subplots(figsize=(9.5, 5.6), layout="constrained")
    below = ground(land, worldview, base_map, base_map_note)
    shapes = shapes_of(dispatch.scenario, below, region_shapes)
    layers = draw_layers(dispatch, arcs=False)
    west = west_edge([layers])
    layers = _on_map(dispatch, layers, west)
    _frame(ax, layers, west)
    draw_ground(ax, below, west)
    _regions(ax, layers, price_column(dispatch), shapes, west)
    _flows(ax, layers)
    _sites(ax, layers)
    _labels(ax, layers, lang)
    note = header(dispatch, lang, below).ground
    ax.annotate(literal(note), (1, 0), (-4, 4), xycoords="axes fraction", color="#4b5563",
                textcoords="offset points", ha="right", va="bottom", fontsize=6, zorder=7,
                bbox={"facecolor": "white", "alpha": 0.8, "linewidth": 0, "pad": 1.5})  # fmt: skip
    map_legend(ax, set(layers.sites["group"]), lang, _sizes(layers), _shades(layers, dispatch))
    scale_bar(ax)
    if title:
        says = plot_words(lang)
        heading = f"{says['map']}\n{title_of(dispatch.scenario, dispatch.regime, lang)}"
        ax.set_title(heading, loc="left", fontsize=10, color=INK)
    fit_fonts(ax)
    return ax


def _on_map(dispatch: Dispatch, layers: Layers, west: float) -> Layers:
    """The layers with longitudes east of the map's western edge, and arcs that are cut there."""
    turned = {
        name: table.set_geometry(gpd.points_from_xy(
            (table.geometry.x - west) % 360 + west, table.geometry.y, crs=table.crs))
        for name, table in (("sites", layers.sites), ("regions", layers.regions))
    }  # fmt: skip
    arcs = arcs_between(dispatch.scenario, layers.flows, west)
    return replace(layers, flows=layers.flows.set_geometry(arcs, crs=layers.flows.crs), **turned)


def _frame(ax: Axes, layers: Layers, edge: float) -> None:
    (south, west), (north, east) = bounds([layers], edge)["all"]
    opening = _opening(layers)
    if len(opening):
        north = max(north, min(74.0, float(opening.geometry.bounds["maxy"].max())))
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


def _opening(layers: Layers) -> gpd.GeoDataFrame:
    """The flows that a page would open with."""
    flows = layers.flows
    least = flow_rule(flows["mw"].to_numpy(dtype=float), len(flows))["least_mw"]
    return flows[flows["mw"] >= least]


def _flows(ax: Axes, layers: Layers) -> None:
    flows = layers.flows
    if not len(flows):
        return
    shown = _opening(layers).iloc[::-1]
    most = float(flows["mw"].max())
    lines, widths, colours = [], [], []
    for arc, mw, group in zip(shown.geometry, shown["mw"], shown["group"], strict=True):
        for part in arc.geoms:
            lines.append(np.asarray(part.coords))
            widths.append(max(0.4, _WIDEST_PT * float(np.sqrt(mw / most))))
            colours.append(CONTROL_COLOURS[group])
        if len(lines[-1]) > 1 and np.ptp(lines[-1], axis=0).max() > 0.2:  # the way it goes
            ax.annotate("", lines[-1][-1], lines[-1][-2], zorder=2.5, arrowprops={
                "arrowstyle": "-|>", "mutation_scale": 4 + 1.6 * widths[-1], "linewidth": 0,
                "shrinkA": 0, "shrinkB": 0, "color": colours[-1]})  # fmt: skip
    ax.add_collection(
        LineCollection(lines, colors=colours, linewidths=widths, alpha=0.55, zorder=2), False
    )


def _sizes(layers: Layers) -> dict[str, list[tuple[float, float]]]:
    """What the legend shows: MW and width [points] of flows, MW and area [points²] of sites."""
    most = float(layers.flows["mw"].max()) if len(layers.flows) else 0.0
    flows = [(mw, _WIDEST_PT * float(np.sqrt(mw / most))) for mw in _round_steps(most)]
    largest = float(max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max()))
    return {"flows": flows,
            "sites": [(mw, float(_area(layers, mw))) for mw in _round_steps(largest)]}  # fmt: skip


def _round_steps(most: float) -> list[float]:
    """Two round numbers below a value: one near it, one a tenth."""
    if most <= 0:
        return []
    power = 10.0 ** np.floor(np.log10(most))
    top = float(max(lead for lead in (1.0, 2.0, 5.0) if lead * power <= most) * power)
    return [top, top / 10]


def _shades(layers: Layers, dispatch: Dispatch) -> tuple[float, float, str]:
    """Ends of the ramp of prices, and their unit."""
    price = price_column(dispatch)
    wanted = layers.regions.loc[layers.regions["demand_mw"] > 0, price].to_numpy(dtype=float)
    low, high, *_ = price_range(wanted)
    return float(low), float(high), "USD/MWh" if price == "usd_per_mwh" else "kg CO₂/MWh"


def _area(layers: Layers, mw: Any) -> Any:
    """Area of a mark [points²], on one scale for circles and squares."""
    most = max(layers.sites["capacity_mw"].max(), layers.regions["demand_mw"].max()) or 1.0
    return _LARGEST_PT2 * np.asarray(mw, dtype=float) / most


def _regions(ax: Axes, layers: Layers, price: str, shapes: dict[Any, Any], edge: float) -> None:
    """Squares whose area is the demand; regions that have a shape are shaded as well."""
    regions = layers.regions[layers.regions["demand_mw"] > 0]
    prices = regions[price].to_numpy(dtype=float)
    low, high = (float(end) for end in price_range(prices)[:2])
    ramp = LinearSegmentedColormap.from_list("price", SEQUENTIAL)
    colours = ramp(Normalize(low, high if high > low else low + 1.0, clip=True)(prices))
    for region, colour in zip(regions.index, colours, strict=True):
        polygons, _ = cut_at(apart([shapes.get(region)])[0], [], edge)
        ax.add_collection(PatchCollection(
            [patch(rings) for rings in polygons], facecolor=colour, edgecolor="#6b6459",
            linewidth=0.4, alpha=0.85, zorder=1.1), autolim=False)  # fmt: skip
    ax.scatter(
        regions.geometry.x, regions.geometry.y, marker="s", linewidths=0.6, edgecolors="#4a4038",
        s=np.maximum(6.0, _area(layers, regions["demand_mw"])), zorder=3, c=colours,
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
