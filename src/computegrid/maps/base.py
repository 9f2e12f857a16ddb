"""The ground of a map: bundled land, a named worldview's borders, or a planner's own layer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from computegrid.errors import DataError, ScenarioError
from computegrid.maps.worldview import borders_of, check_worldview, countries_of

Floats = NDArray[np.float64]
BaseMap: TypeAlias = "gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike[str] | None"
Land = Literal["coarse", "fine"]
_FILES = {"coarse": "land.json", "fine": "land-fine.json"}
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError)
UNITS = 1000
"""Steps in a degree of whatever is not bundled: 100 m."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What lies below everything, in degrees.

    Attributes
    ----------
    polygons : list of list of array
        Per polygon its rings, the outer one first; each an array (points, 2) of lon_deg, lat_deg.
    lines : list of array
        Borders or other lines, arrays (points, 2).
    units : int
        Steps in a degree when it is written into a page.
    countries : mapping of str to geometry
        Shape of each country by its ISO 3166 code, as the worldview has it; empty without one.
    worldview : str
        Name of the worldview whose borders are drawn; empty for none.
    note : str or None
        What a planner says of a layer of their own; None for the bundled land.
    """

    polygons: list[list[Floats]]
    lines: list[Floats]
    units: int = UNITS
    countries: Mapping[str, Any] = field(default_factory=dict)
    worldview: str = ""
    note: str | None = None

    def page_json(self, west_deg: float = -180.0) -> str:
        """The ground as JSON: every ring and line as whole steps, one after the other.

        ``west_deg`` is the western edge of the map; what lies across it is cut there.
        """
        polygons, lines = cut_at(self.polygons, self.lines, west_deg)
        written = {
            "units": self.units,
            "polygons": [[steps(ring, self.units) for ring in rings] for rings in polygons],
            "lines": [steps(line, self.units) for line in lines],
        }
        return json.dumps(written, separators=(",", ":"))


def ground(
    land: Land = "coarse",
    worldview: str | None = None,
    base_map: BaseMap = None,
    base_map_note: str = "",
) -> Ground:
    """The ground a map is asked to stand on.

    Parameters
    ----------
    land : {"coarse", "fine"}
        Bundled land: 1:50 million, small; or 1:10 million, for looking closely.
    worldview : str, optional
        Whose borders to draw, by name; None draws none.
    base_map : GeoDataFrame, GeoSeries or path of a GeoJSON file, optional
        A layer of one's own, e.g. an officially approved one; shapes only, no property is read.
    base_map_note : str
        Its name and approval number.

    Raises
    ------
    DataError
        If the file is no GeoJSON, is not a local file, or holds nothing to draw.
    ScenarioError
        If ``land`` or ``worldview`` is unknown, or a worldview is asked for over a layer of one's
        own, or a note for none.
    """
    if land not in get_args(Land):
        raise ScenarioError(f"land must be 'coarse' or 'fine'; got {land!r}")
    if worldview is not None:
        check_worldview(worldview)
    if base_map is None:
        if base_map_note:
            raise ScenarioError("base_map_note says what base_map= is; give the layer too")
        polygons, units = _bundled(_FILES[land])
        if worldview is None:
            return Ground(polygons, [], units)
        return Ground(polygons, borders_of(worldview), units, countries_of(worldview), worldview)
    if worldview is not None:
        raise ScenarioError(
            f"base_map= brings its own borders; leave worldview={worldview!r} out, or base_map="
        )
    shapes = _read(base_map) if isinstance(base_map, str | os.PathLike) else _own(base_map)
    polygons, lines = apart(shapes)
    if not polygons and not lines:
        raise DataError("base_map holds no polygon and no line to draw")
    return Ground(polygons, lines, note=base_map_note)


@cache
def asset(name: str) -> str:
    """Text of a file that ships with the maps."""
    return (files("computegrid.maps") / "assets" / name).read_text(encoding="utf-8")


def steps(points: Any, units: int) -> list[int]:
    """A line as whole steps of ``1 / units`` degrees: lon, lat, lon, lat, each from the last."""
    whole = np.rint(np.asarray(points, dtype=float)[:, :2] * units).astype(int)
    return [int(step) for step in np.diff(whole, axis=0, prepend=[[0, 0]]).ravel()]


def apart(shapes: Iterable[Any]) -> tuple[list[list[Floats]], list[Floats]]:
    """Polygons as rings, and lines, of any shapes, also out of collections."""
    parts = [shape for shape in shapes if shape is not None and not shape.is_empty]
    polygons: list[list[Floats]] = []
    lines: list[Floats] = []
    while parts:
        shape = parts.pop(0)
        if shape.geom_type == "Polygon":
            rings = (shape.exterior, *shape.interiors)
            polygons.append([np.asarray(ring.coords)[:, :2] for ring in rings])
        elif shape.geom_type in ("LineString", "LinearRing"):
            lines.append(np.asarray(shape.coords)[:, :2])
        elif hasattr(shape, "geoms"):
            parts[:0] = list(shape.geoms)
    return polygons, lines


def cut_at(
    polygons: list[list[Floats]], lines: list[Floats], west_deg: float
) -> tuple[list[list[Floats]], list[Floats]]:
    """The same shapes on a map whose western edge is at ``west_deg``, cut where they cross it."""
    if west_deg == -180.0:
        return polygons, lines
    whole = [*(shapely.Polygon(rings[0], rings[1:]) for rings in polygons),
             *(shapely.LineString(line) for line in lines)]  # fmt: skip
    out: list[Any] = []
    for shape in whole:
        west, _, east, _ = shape.bounds
        if west >= west_deg:
            out.append(shape)
        elif east <= west_deg:
            out.append(shapely.transform(shape, _turn))
        else:
            valid = shape if shape.is_valid else shapely.make_valid(shape)
            out.append(shapely.intersection(valid, shapely.box(west_deg, -90, 180, 90)))
            left = shapely.intersection(valid, shapely.box(-180, -90, west_deg, 90))
            out.append(shapely.transform(left, _turn))
    return apart(out)


def _turn(points: Floats) -> Floats:
    return np.asarray(points + np.array([360.0, 0.0]))


@cache
def _bundled(name: str) -> tuple[list[list[Floats]], int]:
    held = json.loads(asset(name))
    return [
        [np.cumsum(np.reshape(ring, (-1, 2)), axis=0) / held["units"] for ring in rings]
        for rings in held["polygons"]
    ], held["units"]


def _own(layer: Any) -> list[Any]:
    shapes = layer.geometry if layer.crs is None else layer.geometry.to_crs("EPSG:4326")
    return list(shapes[shapes.notna()])


def _read(path: str | os.PathLike[str]) -> list[Any]:
    """Read through json, so that no address and no other format is ever followed."""
    name = os.fspath(path)
    if "://" in name or name.startswith("/vsi"):
        raise DataError(f"base_map {name!r} is not a local file; give the path of a GeoJSON file")
    try:
        layer = json.loads(Path(name).read_text(encoding="utf-8"))
        items = layer["features"] if layer["type"] == "FeatureCollection" else [layer]
        shapes = [item["geometry"] if item["type"] == "Feature" else item for item in items]
        return [shapely.geometry.shape(shape) for shape in shapes if shape is not None]
    except (OSError, *_UNREADABLE) as error:
        raise DataError(f"base_map {name!r} cannot be read as GeoJSON: {error}") from error
