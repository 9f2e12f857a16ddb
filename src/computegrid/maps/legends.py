"""The legend that every plot with controllers has."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Patch

from computegrid.maps.palette import CONTROL_COLOURS
from computegrid.maps.plotwords import plot_words
from computegrid.maps.words import GROUP_NAMES, Lang, pick


def control_legend(ax: Axes, groups: set[str], lang: Lang, *, on_map: bool = False) -> None:
    """Colours of the groups that control sites, where there is room, or in a map's corner."""
    keys = [
        Patch(color=colour, label=pick(*GROUP_NAMES[group], lang))
        for group, colour in CONTROL_COLOURS.items()
        if group in groups
    ]
    ax.legend(
        handles=keys, frameon=on_map, fontsize=8, title=plot_words(lang)["legend"],
        title_fontsize=8, loc="lower left" if on_map else "best",
    )  # fmt: skip
