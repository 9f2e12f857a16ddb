"""Plots of a dispatch: supply curve, price duration, utilisation, and who controls what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.maps.figures import horizon_hours, priced_demand, weighted_flows
from computegrid.maps.layers import draw_layers
from computegrid.maps.palette import CONTROL_COLOURS, control_group
from computegrid.maps.safe import plain
from computegrid.maps.words import GROUP_NAMES

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

Kind = Literal["supply", "prices", "utilisation", "control"]
_INK = "#1f2937"
_MOST_REGIONS = 12


def plot_dispatch(dispatch: Dispatch, kind: Kind = "supply", ax: Axes | None = None) -> Axes:
    """Draw one plot of a dispatch.

    Parameters
    ----------
    dispatch : Dispatch
        What :func:`computegrid.solve` returned.
    kind : {"supply", "prices", "utilisation", "control"}
        ``supply``: capacity by mean operating cost, against demand. ``prices``: price duration by
        workload. ``utilisation``: power used of each site's capacity. ``control``: from regions to
        who controls the sites that serve them.
    ax : matplotlib Axes, optional
        Where to draw; a new figure when None.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    ScenarioError
        If there is no plot of that kind.
    """
    if kind not in _PLOTS:
        raise ScenarioError(f"no plot {kind!r}; {did_you_mean(kind, get_args(Kind))}")
    if ax is None:
        _, ax = plt.subplots(figsize=(8.5, 4.8), layout="constrained")
    _PLOTS[kind](dispatch, ax)
    if kind != "control":
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="y", color="#e5e7eb", linewidth=0.7)
        ax.set_axisbelow(True)
    scenario, regime = dispatch.scenario, dispatch.regime
    name = f"{scenario.title or scenario.name}, {regime.title or regime.name}"
    heading = f"{ax.get_title()}\n{_text(name)}"
    ax.set_title("")
    ax.set_title(heading, loc="left", fontsize=10, color=_INK)
    return ax


def _supply(dispatch: Dispatch, ax: Axes) -> None:
    """Capacity in order of its mean cost of energy and rent, and the mean demand."""
    a, sites = dispatch.scenario.arrays, dispatch.scenario.sites
    weight = a.weight_hours / a.weight_hours.sum()
    cost = (a.pue * a.power_ratio[:, None] * a.energy_usd_per_mwh) @ weight + a.rent_usd_per_mwh
    work = (a.available_mw / a.power_ratio[:, None]) @ weight
    order = np.argsort(cost, kind="stable")
    colours = [CONTROL_COLOURS[control_group(control)] for control in sites["control"].iloc[order]]
    left = np.concatenate(([0.0], np.cumsum(work[order])[:-1]))
    ax.bar(left, cost[order], width=work[order], align="edge", color=colours, linewidth=0)
    demand = float(a.demand_mw.sum(axis=0) @ weight)
    ax.axvline(demand, color=_INK, linewidth=1.4)
    ax.annotate(
        f"mean demand {demand:,.0f} MW", (demand, 1), (4, -4), xycoords=("data", "axes fraction"),
        textcoords="offset points", va="top", color=_INK, fontsize=9,
    )  # fmt: skip
    ax.set(xlabel="Work that sites can do, cheapest first (MW)", title="Supply against demand")
    ax.set(ylabel="Energy and rent (USD/MWh of work)", xlim=(0, max(work.sum(), demand) * 1.01))
    _control_legend(ax, set(colours))


def _prices(dispatch: Dispatch, ax: Axes) -> None:
    """Price of work, from dear to cheap, over the share of the demand."""
    demand, names = priced_demand(dispatch), dispatch.scenario.workloads.get("name")
    for style, (workload, rows) in enumerate(demand[demand["mwh"] > 0].groupby("workload")):
        rows = rows.sort_values("price", ascending=False)
        share = np.concatenate(([0.0], rows["mwh"].cumsum() / rows["mwh"].sum())) * 100
        label = workload if names is None else names[workload]
        line = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))[style % 5]
        price = rows["price"].to_numpy(dtype=float)
        ax.step(share, np.concatenate((price[:1], price)), where="pre", linestyle=line,
                label=_text(label), color=plt.get_cmap("cividis")(style / 5))  # fmt: skip
    unit = "USD/MWh" if dispatch.minimise == "cost" else "kg CO₂/MWh"
    ax.set(xlabel="Share of the demand (%)", ylabel=f"Price of work ({unit})", xlim=(0, 100))
    ax.set(title="Price duration by workload")
    ax.legend(frameon=False, fontsize=9)


def _utilisation(dispatch: Dispatch, ax: Axes) -> None:
    """The largest sites: capacity, and the mean power used of it."""
    sites = draw_layers(dispatch).sites.nlargest(25, "capacity_mw").iloc[::-1]
    colours = [CONTROL_COLOURS[group] for group in sites["group"]]
    y = np.arange(len(sites))
    ax.barh(y, sites["capacity_mw"], color="white", edgecolor=colours, linewidth=1)
    ax.barh(y, sites["used_mw"], color=colours)
    labels = sites["name"].fillna("") if "name" in sites else sites.index.astype(str)
    ax.set_yticks(y, [_text(label)[:40] for label in labels], fontsize=7.5)
    ax.set(
        xlabel="IT power (MW): outline capacity, filled mean use", title="Use of the largest sites"
    )
    _control_legend(ax, set(colours))


def _control(dispatch: Dispatch, ax: Axes) -> None:
    """Ribbons from each region to the group that controls the sites serving it."""
    flows = weighted_flows(dispatch)
    control = dispatch.scenario.sites["control"]
    flows["group"] = flows["site"].map({site: control_group(c) for site, c in control.items()})
    mw = flows.groupby(["region", "group"])["mwh"].sum().unstack().fillna(0.0)
    mw /= horizon_hours(dispatch)
    mw = mw.loc[mw.sum(axis=1).sort_values(ascending=False, kind="stable").index]
    if len(mw) > _MOST_REGIONS:
        rest = mw.iloc[_MOST_REGIONS:].sum()
        mw = mw.iloc[:_MOST_REGIONS]
        mw.loc[f"{len(flows['region'].unique()) - _MOST_REGIONS} others"] = rest
    groups = [group for group in CONTROL_COLOURS if group in mw.columns]
    total = float(mw.to_numpy().sum()) or 1.0
    left, right = _stack(mw.sum(axis=1), total), _stack(mw[groups].sum(), total)
    names = dispatch.scenario.regions.get("name", {})
    for region, row in mw.iterrows():
        middle = left[region] + float(row.sum()) / 2
        ax.text(
            -0.015, middle, _text(names.get(region, region)), ha="right", va="center", fontsize=8
        )
        for group in groups:
            width = float(row[group])
            if width > 0:
                _ribbon(ax, left[region], right[group], width, CONTROL_COLOURS[group])
                left[region] += width
                right[group] += width
    for group in groups:
        served = float(mw[group].sum())
        text = f"{GROUP_NAMES[group][0]}\n{served:,.0f} MW, {100 * served / total:.0f} %"
        ax.text(1.015, right[group] - served / 2, text, ha="left", va="center", fontsize=8)
    ax.set(
        xlim=(-0.3, 1.3), ylim=(total * 1.2, -total * 0.02), title="Who controls what serves whom"
    )
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


def _control_legend(ax: Axes, colours: set[str]) -> None:
    keys = [
        Patch(color=colour, label=GROUP_NAMES[group][0])
        for group, colour in CONTROL_COLOURS.items()
        if colour in colours
    ]
    ax.legend(
        handles=keys, frameon=False, fontsize=8, title="Control of the site", title_fontsize=8
    )


def _text(value: object) -> str:
    """Text that matplotlib writes as it is: no mathematics in a name."""
    return plain(value).replace("$", r"\$")


_PLOTS = {"supply": _supply, "prices": _prices, "utilisation": _utilisation, "control": _control}
