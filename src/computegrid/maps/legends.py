"""The legends of plots and paper maps: who controls what, and how much a mark stands for."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from computegrid.maps.palette import CONTROL_COLOURS, INK, SEQUENTIAL
from computegrid.maps.plotwords import plot_words
from computegrid.maps.words import GROUP_NAMES, Lang, pick

_GREY = "#475569"
_KM_PER_DEG = 111.195  # on a sphere of 6371 km


def control_legend(ax: Axes, groups: set[str], lang: Lang) -> None:
    """Colours of the groups that control sites, where there is room."""
    ax.legend(handles=_controls(groups, lang), frameon=False, fontsize=8, title_fontsize=8,
              title=plot_words(lang)["legend"], loc="best")  # fmt: skip


def map_legend(
    ax: Axes,
    groups: set[str],
    lang: Lang,
    sizes: dict[str, list[tuple[float, float]]],
    shades: tuple[float, float, str],
) -> None:
    """Below a map: colours of control, widths of flows, areas of sites and squares, and prices.

    ``sizes`` are pairs of MW and points (flows) or square points (sites); ``shades`` the ends of
    the ramp of prices and their unit.
    """
    says, (low, high, unit) = plot_words(lang), shades
    flows = [Line2D([], [], color=_GREY, linewidth=width, label=f"{says['flow']} {mw:,g} MW")
             for mw, width in sizes["flows"]]  # fmt: skip
    sites = [
        Line2D([], [], marker="o", color="none", markerfacecolor="white", markeredgecolor=_GREY,
               markersize=float(np.sqrt(area)), label=f"{says['site']} {mw:,g} MW")
        for mw, area in sizes["sites"]
    ]  # fmt: skip
    digits = 0 if high - low >= 10 else 1
    ends = [
        Line2D([], [], marker="s", color="none", markerfacecolor=SEQUENTIAL[at], markersize=7,
               markeredgecolor="#4a4038", label=f"{sign} {price:,.{digits}f} {unit}")
        for at, sign, price in ((0, "≤", low), (-1, "≥", high))
    ]  # fmt: skip
    ax.legend(handles=[*_controls(groups, lang), *flows, *sites, *ends], frameon=False, fontsize=7,
              ncols=6, loc="upper left", bbox_to_anchor=(0, -0.01), borderaxespad=0.2,
              columnspacing=1.4, labelspacing=0.9)  # fmt: skip


def scale_bar(ax: Axes) -> None:
    """A bar of a round number of km, right in the middle latitude of the map."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    km_per_lon = _KM_PER_DEG * np.cos(np.radians((south + north) / 2))
    wanted = (east - west) * km_per_lon / 6
    power = 10.0 ** np.floor(np.log10(wanted))
    km = max(lead for lead in (1, 2, 5) if lead * power <= wanted) * power
    left, low = west + 0.02 * (east - west), south + 0.03 * (north - south)
    ax.plot([left, left + km / km_per_lon], [low, low], color=INK, linewidth=1.6, zorder=7,
            solid_capstyle="butt")  # fmt: skip
    ax.annotate(f"{km:,.0f} km", (left, low), (0, 3), textcoords="offset points", fontsize=6.5,
                color=INK, zorder=7)  # fmt: skip


def _controls(groups: set[str], lang: Lang) -> list[Patch]:
    return [
        Patch(color=colour, label=pick(*GROUP_NAMES[group], lang))
        for group, colour in CONTROL_COLOURS.items()
        if group in groups
    ]
