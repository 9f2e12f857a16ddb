"""Borders by name: whose view of the world they are is said on the map, and none is the default."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import shapely
import shapely.affinity

from computegrid.errors import ScenarioError

WORLDVIEWS = {
    "natural-earth-de-facto": (
        "Natural Earth 4.1 de facto: who holds the ground, whoever claims it",
        "Natural Earth 4.1(实际控制,不代表任何主张)",
    )
}
"""Worldviews whose borders are shipped, and what the map says of each in English and Chinese."""


def check_worldview(name: str) -> None:
    """Refuse a worldview whose borders are not here, and say how to bring them.

    Raises
    ------
    ScenarioError
        If it is none of ``WORLDVIEWS``.
    """
    if name not in WORLDVIEWS:
        raise ScenarioError(
            f"no borders of a worldview {name!r} are shipped; there is only "
            f"{', '.join(map(repr, WORLDVIEWS))}, since of no other could data be had that may be "
            "passed on. Bring the layer you are bound to as base_map= (a GeoDataFrame or a local "
            "GeoJSON file), and its name and approval number as base_map_note="
        )


def borders_of(name: str) -> list[Any]:
    """Lines between two countries, without coasts: arrays (points, 2) of lon_deg, lat_deg."""
    held, arcs = _held(name)
    return [arcs[arc] for arc in held["borders"]]


def countries_of(name: str) -> dict[str, Any]:
    """Shape of each country that has an ISO 3166 code, by that code."""
    held, arcs = _held(name)
    shapes: dict[str, list[shapely.Polygon]] = {}
    for code, _, parts in held["countries"]:
        if code:  # some codes stand on more than one shape: Australia and its reefs
            for part in parts:
                rings = [_ring(ring, arcs) for ring in part]
                shapes.setdefault(code, []).extend(flat_polygons(rings))
    return {code: shapely.MultiPolygon(found) for code, found in shapes.items() if found}


def flat_polygons(rings: list[Any]) -> list[shapely.Polygon]:
    """A polygon of the globe, cut at the antimeridian where its rings step over it.

    What has no area, or goes round a pole, is left out.
    """
    whole = []
    for ring in rings:
        points = np.array(ring, dtype=float)
        points[:, 0] = np.unwrap(points[:, 0], period=360.0)
        if abs(points[0, 0] - points[-1, 0]) < 1e-6 and len(points) > 3:
            whole.append(points)
        elif not whole:
            return []
    middle = whole[0][:, 0].mean()  # holes may have been unwrapped to another turn than the outside
    for points in whole[1:]:
        points[:, 0] += 360.0 * np.round((middle - points[:, 0].mean()) / 360.0)
    shape = shapely.Polygon(whole[0], whole[1:])
    if shape.bounds[0] >= -180.0 and shape.bounds[2] <= 180.0:
        return [shape]
    found = []
    for turn in (-360.0, 0.0, 360.0):
        box = shapely.box(turn - 180.0, -90.0, turn + 180.0, 90.0)
        part = shapely.intersection(shapely.make_valid(shape), box)
        there = shapely.get_parts(shapely.affinity.translate(part, -turn))
        found += [p for p in there if p.geom_type == "Polygon" and p.area > 0]
    return found


def _ring(ring: list[int], arcs: list[Any]) -> Any:
    return np.vstack([arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring])


@cache
def _held(name: str) -> tuple[dict[str, Any], list[Any]]:
    path = files("computegrid.maps") / "assets" / f"{name}.json"
    held: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    steps = (np.reshape(arc, (-1, 2)) for arc in held["arcs"])
    return held, [np.cumsum(arc, axis=0) / held["units"] for arc in steps]
