"""The page of a streamed run: its totals, and the clock of its mean day, or some of its days."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from computegrid.maps.base import BaseMap, Land, ground
from computegrid.maps.page import OfflineMap, draw_views
from computegrid.maps.shapes import Shapes
from computegrid.maps.views import View
from computegrid.maps.words import Lang
from computegrid.streaming.excerpt import Days, days_of, mean_day

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch
    from computegrid.streaming.answer import StreamedRun


def draw_streamed(
    run: StreamedRun,
    days: Days | None = None,
    *,
    lang: Lang = "both",
    max_flows: int = 3000,
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
    region_shapes: Shapes = None,
) -> OfflineMap:
    """Draw a streamed run as a map that needs no network.

    Parameters
    ----------
    run : StreamedRun
        What :func:`computegrid.solve_streamed` returned.
    days : str, int or list of them, optional
        Days to draw, hour by hour, as ``scenario.hours`` names them. None draws the whole run:
        flows, totals and prices of the horizon, and by the clock the mean of each hour of the day.
    lang, max_flows, land, worldview, base_map, base_map_note, region_shapes
        As :func:`computegrid.maps.page.draw_dispatch` takes them.

    Raises
    ------
    ScenarioError
        If the run has no such day, a region or site has no place, or an option is not known.
    """
    return draw_views(
        [view_of(run, days)], ground(land, worldview, base_map, base_map_note), region_shapes,
        lang=lang, max_flows=max_flows,
    )  # fmt: skip


def view_of(run: StreamedRun, days: Days | None = None) -> View:
    """What a page shows of a run: the whole with the clock of its mean day, or some days."""
    if days is None:
        return View(cast("Dispatch", run), moving=cast("Dispatch", mean_day(run)))
    return View(cast("Dispatch", days_of(run, days)))
