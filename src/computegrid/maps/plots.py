"""Plots of a dispatch: supply curve, price duration, utilisation, and who controls what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.maps.figures import horizon_hours, priced_demand, weighted_flows
from computegrid.maps.fonts import fit_fonts
from computegrid.maps.layers import draw_layers
from computegrid.maps.legends import control_legend
from computegrid.maps.palette import CONTROL_COLOURS, INK, control_group
from computegrid.maps.paper import plot_map
from computegrid.maps.plotwords import literal, plot_words, title_of
from computegrid.maps.words import GROUP_NAMES, Lang, check_lang, names, pick
from computegrid.units import told

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

Kind = Literal["supply", "prices", "utilisation", "control", "map"]
_MOST_REGIONS = 12


def plot_dispatch(
    dispatch: Dispatch,
    kind: Kind | str = "supply",
    ax: Axes | None = None,
    *,
    lang: Lang = "en",
    **below: Any,
) -> Axes:
    """Draw one plot of a dispatch.

    Parameters
    ----------
    dispatch : Dispatch
        What :func:`computegrid.solve` returned.
    kind : {"supply", "prices", "utilisation", "control", "map"}
        ``supply``: capacity by mean operating cost, against mean and peak demand. ``prices``: price
        duration by workload. ``utilisation``: power used of each site's capacity. ``control`` (or
        ``sankey``): from regions to who controls the sites that serve them. ``map``: the flows on a
        map for paper.
    ax : matplotlib Axes, optional
        Where to draw; a new figure when None.
    lang : {"en", "zh", "both"}
        Words in English or Chinese; both is English words, with names in both.
    **below
        What a ``map`` stands on, as :func:`computegrid.maps.paper.plot_map` takes it.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ScenarioError
        If there is no plot of that kind, or no such language.
    """
    check_lang(lang)
    kind = "control" if kind == "sankey" else kind
    if kind == "map":
        return plot_map(dispatch, ax, lang=lang, **below)
    if below:
        raise ScenarioError(f"only the plot 'map' takes {', '.join(sorted(below))}")
    if kind not in _PLOTS:
        raise ScenarioError(f"no plot {kind!r}; {did_you_mean(kind, get_args(Kind))}")
    if ax is None:
        _, ax = plt.subplots(figsize=(8.5, 4.8), layout="constrained")
    _PLOTS[kind](dispatch, ax, lang)
    if kind != "control":
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#e5e7eb", linewidth=0.7)
        ax.set_axisbelow(True)
    heading = f"{ax.get_title()}\n{title_of(dispatch.scenario, dispatch.regime, lang)}"
    ax.set_title("")
    ax.set_title(heading, loc="left", fontsize=10, color=INK)
    fit_fonts(ax)
    return ax


def _supply(dispatch: Dispatch, ax: Axes, lang: Lang) -> None:
    """Capacity in order of its mean cost of energy and rent, and the mean demand."""
    a, sites, says = dispatch.scenario.arrays, dispatch.scenario.sites, plot_words(lang)
    weight = a.weight_hours / a.weight_hours.sum()
    cost = (a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh) @ weight + a.rent_usd_per_mwh
    work = (a.available_mw / a.power_ratio[:, None]) @ weight
    order = np.argsort(cost, kind="stable")
    colours = [CONTROL_COLOURS[control_group(control)] for control in sites["control"].iloc[order]]
    left = np.concatenate(([0.0], np.cumsum(work[order])[:-1]))
    ax.bar(left, cost[order], width=work[order], align="edge", color=colours, linewidth=0)
    demand = float(a.demand_mw.sum(axis=0) @ weight)
    peak = float(a.demand_mw.sum(axis=0).max())
    ax.axvline(demand, color=INK, linewidth=1.4)
    if peak > 1.005 * demand:
        ax.axvline(peak, color=INK, linewidth=1.0, linestyle=(0, (4, 3)))
        ax.annotate(
            f"{says['peak_demand']} {told(peak)} MW", (peak, 1), (4, -18),
            xycoords=("data", "axes fraction"), textcoords="offset points", va="top", color=INK,
            fontsize=9,
        )  # fmt: skip
    ax.annotate(
        f"{says['mean_demand']} {told(demand)} MW", (demand, 1), (4, -4),
        xycoords=("data", "axes fraction"), textcoords="offset points", va="top", color=INK,
        fontsize=9,
    )  # fmt: skip
    ax.set(xlabel=says["supply_x"], title=says["supply"], ylabel=says["supply_y"])
    ax.set(xlim=(0, max(work.sum(), peak) * 1.01))
    control_legend(ax, {control_group(control) for control in sites["control"]}, lang)


def _prices(dispatch: Dispatch, ax: Axes, lang: Lang) -> None:
    """Price of work, from dear to cheap, over the share of the demand."""
    demand, says = priced_demand(dispatch), plot_words(lang)
    workloads = dispatch.scenario.workloads
    labels = dict(zip(workloads.index, names(workloads, lang), strict=True))
    for style, (workload, rows) in enumerate(demand[demand["mwh"] > 0].groupby("workload")):
        rows = rows.sort_values("price", ascending=False)
        share = np.concatenate(([0.0], rows["mwh"].cumsum() / rows["mwh"].sum())) * 100
        line = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))[style % 5]
        price = rows["price"].to_numpy(dtype=float)
        ax.step(
            share, np.concatenate((price[:1], price)), where="pre", linestyle=line,
            label=literal(labels[workload]), color=plt.get_cmap("cividis")(style / 5),
        )  # fmt: skip
    unit = "USD/MWh" if dispatch.minimise == "cost" else "kg CO₂/MWh"
    ax.set(xlabel=says["prices_x"], ylabel=f"{says['prices_y']} ({unit})", xlim=(0, 100))
    ax.set(title=says["prices"])
    ax.legend(frameon=False, fontsize=9)


def _utilisation(dispatch: Dispatch, ax: Axes, lang: Lang) -> None:
    """The largest sites: capacity, and the mean power used of it."""
    sites = draw_layers(dispatch).sites.nlargest(25, "capacity_mw").iloc[::-1]
    colours = [CONTROL_COLOURS[group] for group in sites["group"]]
    y = np.arange(len(sites))
    ax.barh(y, sites["capacity_mw"], color="white", edgecolor=colours, linewidth=1)
    ax.barh(y, sites["used_mw"], color=colours)
    says = plot_words(lang)
    ax.set_yticks(y, [literal(label)[:40] for label in names(sites, lang)], fontsize=7.5)
    ax.set(xlabel=says["use_x"], title=says["use"])
    control_legend(ax, {control_group(control) for control in sites["control"]}, lang)


def _control(dispatch: Dispatch, ax: Axes, lang: Lang) -> None:
    """Ribbons from each region to the group that controls the sites serving it."""
    flows, says = weighted_flows(dispatch), plot_words(lang)
    control = dispatch.scenario.sites["control"]
    flows["group"] = flows["site"].map({site: control_group(c) for site, c in control.items()})
    mw = flows.groupby(["region", "group"])["mwh"].sum().unstack().fillna(0.0)
    mw /= horizon_hours(dispatch)
    mw = mw.loc[mw.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    if len(mw) > _MOST_REGIONS:
        rest = mw.iloc[_MOST_REGIONS:].sum()
        mw = mw.iloc[:_MOST_REGIONS]
        mw.loc[f"{len(flows['region'].unique()) - _MOST_REGIONS} {says['others']}"] = rest
    groups = [group for group in CONTROL_COLOURS if group in mw.columns]
    total = float(mw.to_numpy().sum()) or 1.0
    left, right = _stack(mw.sum(axis=1), total), _stack(mw[groups].sum(), total)
    regions = dispatch.scenario.regions
    labels = dict(zip(regions.index, names(regions, lang), strict=True))
    for region, row in mw.iterrows():
        middle = left[region] + float(row.sum()) / 2
        ax.text(
            -0.015, middle, literal(labels.get(region, region)), ha="right", va="center", fontsize=8
        )
        for group in groups:
            width = float(row[group])
            if width > 0:
                _ribbon(ax, left[region], right[group], width, CONTROL_COLOURS[group])
                left[region] += width
                right[group] += width
    for group in groups:
        served = float(mw[group].sum())
        name = pick(*GROUP_NAMES[group], lang)
        text = f"{name} · {told(served)} MW, {100 * served / total:.0f} %"
        ax.text(1.015, right[group] - served / 2, text, ha="left", va="center", fontsize=8)
    ax.set(xlim=(-0.3, 1.3), ylim=(total * 1.2, -total * 0.02), title=says["controls"])
    ax.set_axis_off()


def _stack(sizes: Any, total: float) -> dict[Any, float]:
    """Where each band begins, with gaps that share a sixth of the total between them."""
    gap = total * 0.16 / max(1, len(sizes) - 1)
    ends = np.cumsum(sizes.to_numpy(dtype=float)) + gap * np.arange(len(sizes))
    return dict(zip(sizes.index, ends - sizes.to_numpy(dtype=float), strict=True))


def _ribbon(ax: Axes, start: float, end: float, width: float, colour: str) -> None:
    points = [(0, start), (0.5, start), (0.5, end), (1, end), (1, end + width), (0.5, end + width),
              (0.5, start + width), (0, start + width), (0, start)]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(PathPatch(Path(points, codes), facecolor=colour, alpha=0.6, linewidth=0))


_PLOTS = {"supply": _supply, "prices": _prices, "utilisation": _utilisation, "control": _control}
