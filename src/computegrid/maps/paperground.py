"""What a map for paper stands on, drawn by matplotlib."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from computegrid.maps.base import Ground, cut_at


def draw_ground(ax: Axes, below: Ground, edge: float) -> None:
    """Land and borders, or the planner's own layer; what lies outside the frame is left out."""
    (west, east), (south, north) = ax.get_xlim(), ax.get_ylim()
    polygons, lines = cut_at(below.polygons, below.lines, edge)

    def seen(points: Any) -> bool:
        (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
        return bool(right >= west and left <= east and high >= south and low <= north)

    def near(points: Any) -> Any:
        return np.clip(points, [west - 9, south - 9], [east + 9, north + 9])

    fill = PatchCollection(
        [patch([near(ring) for ring in rings]) for rings in polygons if seen(rings[0])],
        facecolor="#f2efe8", edgecolor="#cfc9bd", linewidth=0.4, zorder=1)  # fmt: skip
    ax.add_collection(fill, autolim=False)
    kept = [near(line) for line in lines if seen(line)]
    ax.add_collection(LineCollection(kept, colors="#8d8577", linewidths=0.5, zorder=1.2), False)


def patch(rings: list[Any]) -> PathPatch:
    """A polygon with its holes."""
    codes = [np.r_[Path.MOVETO, np.full(len(ring) - 1, Path.LINETO)] for ring in rings]
    return PathPatch(Path(np.vstack(rings), np.concatenate(codes)))
