"""The plot of a frontier: what one thing costs in terms of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from computegrid.maps.fonts import fit_fonts
from computegrid.maps.header import large, money
from computegrid.maps.palette import CHANGE, INK
from computegrid.maps.plotwords import figure_name, literal, plot_words, title_of
from computegrid.maps.words import Lang, check_lang

if TYPE_CHECKING:
    from computegrid.studies.frontier import Frontier

_SHARES = ("foreign_share",)


def plot_frontier(frontier: Frontier, ax: Axes | None = None, *, lang: Lang = "en") -> Axes:
    """Plot least y for every bound on x, and below it the price of one more unit of the bound.

    Parameters
    ----------
    frontier : Frontier
        What :func:`computegrid.studies.frontier.frontier` returned.
    ax : matplotlib Axes, optional
        Where to draw the curve; a new figure when None, which also has the shadow prices.
    lang : {"en", "zh", "both"}
        Words in English or Chinese; both is English, with Chinese titles beside.

    Returns
    -------
    matplotlib Axes
    """
    check_lang(lang)
    table, says = frontier.table, plot_words(lang)
    below = None
    if ax is None:
        _, (ax, below) = plt.subplots(
            2, 1, figsize=(8.5, 5.6), height_ratios=(3, 1.3), sharex=True, layout="constrained"
        )
    share = frontier.x in _SHARES
    x = table[frontier.x].to_numpy(dtype=float) * (100 if share else 1)
    y = table[frontier.y].to_numpy(dtype=float)
    ax.plot(x, y, color=INK, marker="o", markersize=4, linewidth=1.6)
    short = _dollars if frontier.y == "cost_usd" else _tonnes
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
    ax.set_ylabel(figure_name(frontier.y, lang))
    ends = [(x[0], y[0], says["free"]), (x[-1], y[-1], says["tightest"])]
    for (at, height, text), side in zip(ends, ("right", "left"), strict=True):
        ax.annotate(
            f"{text}: {short(height)}", (at, height), (-6 if side == "right" else 6, 8),
            textcoords="offset points", ha=side, fontsize=9, color=INK,
        )  # fmt: skip
    if frontier.stopped_by:
        ax.annotate(f"{says['ends']}: {literal(shorten(frontier.stopped_by[0]))}",
                    (0.01, 0.02), xycoords="axes fraction", fontsize=8, color=INK)
    ax.margins(y=0.16)
    bottom = ax if below is None else below
    if below is not None:
        per = -table["shadow_price"].to_numpy(dtype=float) / (100 if share else 1)
        below.step(x, per, where="mid", color=CHANGE[0])
        below.fill_between(x, per, step="mid", color=CHANGE[0], alpha=0.18)
        below.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        below.set_ylim(bottom=0)
        below.set_ylabel(says["per_point"] if share else says["per_unit"], fontsize=8.5)
    bottom.set_xlabel(figure_name(frontier.x, lang) + (" (%)" if share else ""))
    for one in filter(None, (ax, below)):
        one.spines[["top", "right"]].set_visible(False)
        one.grid(color="#e5e7eb", linewidth=0.7)
        one.set_axisbelow(True)
    heading = f"{says['frontier']}\n{title_of(frontier.scenario, frontier.regime, lang)}"
    ax.set_title(heading, loc="left", fontsize=10, color=INK)
    fit_fonts(ax, below)
    return ax


def shorten(name: str, most: int = 60) -> str:
    """A rule's name, cut where the plot has no more room."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _dollars(value: float) -> str:
    return money(value).removesuffix(" USD").strip()


def _tonnes(value: float) -> str:
    return large(value).strip()
