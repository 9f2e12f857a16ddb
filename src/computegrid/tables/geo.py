"""Places on the Earth: points from lon/lat and great-circle distances."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely.affinity import translate

from computegrid.errors import Fault
from computegrid.tables.labels import BLANK, as_labels, is_blank, label
from computegrid.units import EARTH_RADIUS_KM

Mask = npt.NDArray[np.bool_]
Shapes = npt.NDArray[np.object_]

WGS84 = "EPSG:4326"
AREA = 2
"""What shapely calls the dimension of an area."""
HALF_ROUND = 180.0
"""Half of the way round the Earth [deg]."""
POLE = 90.0
SAME_PLACE_KM = 25.0
"""Farther than this from its geometry a place is another: 0.4 ms of a round trip."""


def great_circle_km(
    lon_a: npt.ArrayLike, lat_a: npt.ArrayLike, lon_b: npt.ArrayLike, lat_b: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    r"""Great-circle distance [km] between points given in degrees; arguments broadcast.

    .. math:: d = 2R \arcsin\sqrt{\sin^2\tfrac{\Delta\varphi}{2}
              + \cos\varphi_a \cos\varphi_b \sin^2\tfrac{\Delta\lambda}{2}}

    Examples
    --------
    >>> round(float(great_circle_km(116.40, 39.91, 121.46, 31.22)))
    1069
    """
    lam_a, phi_a, lam_b, phi_b = (
        np.radians(np.asarray(v, dtype=np.float64)) for v in (lon_a, lat_a, lon_b, lat_b)
    )
    half = (
        np.sin((phi_b - phi_a) / 2) ** 2
        + np.cos(phi_a) * np.cos(phi_b) * np.sin((lam_b - lam_a) / 2) ** 2
    )
    angle: npt.NDArray[np.float64] = 2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return EARTH_RADIUS_KM * angle


def located(
    table: pd.DataFrame, name: str, faults: list[Fault], notes: list[Fault] | None = None
) -> gpd.GeoDataFrame:
    """Return the table with a geometry (WGS 84) and ``lon_deg``/``lat_deg`` that agree.

    A geometry that is not a point keeps its shape; ``lon_deg``/``lat_deg`` are then a point on it
    unless they are given. Areas drawn over 180 degrees in one ring are cut there.

    Parameters
    ----------
    table : DataFrame or GeoDataFrame
        ``lon_deg`` and ``lat_deg`` are there, blank where not given; a column ``geometry`` of
        shapes or of well-known text counts as geometry too.
    name : str
        What the table is called in faults.
    faults, notes : list of Fault
        Get geometries that are empty, without numbers, outside WGS 84, or that contradict
        ``lon_deg`` and ``lat_deg``; areas that were cut.
    """
    frame = _with_geometry(table.copy(), name, faults)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None:
        return _from_columns(frame, name, faults)
    if frame.active_geometry_name != "geometry":
        frame = frame.rename_geometry("geometry")
    series = frame.geometry
    if series.crs is not None and not series.crs.equals(WGS84):
        series = series.to_crs(WGS84)
    shapes: Shapes = np.array(series, dtype=object)
    sound = _sound(shapes, frame.index, name, faults)
    for i in np.flatnonzero(sound & (shapely.get_dimensions(shapes) > 0)):
        shapes[i] = _cut(shapes[i], str(frame.index[i]), name, faults, notes)
    used = shapes.copy()
    used[~sound] = None
    flat: Mask = shapely.get_dimensions(used) == AREA
    used[flat] = shapely.make_valid(used[flat])
    points = gpd.GeoSeries(used, index=frame.index, crs=WGS84).representative_point()
    blank = frame["lon_deg"].isna() | frame["lat_deg"].isna()
    _check_agree(frame[~blank & sound], used[(~blank & sound).to_numpy()], name, faults)
    frame["lon_deg"] = frame["lon_deg"].mask(blank, points.x)
    frame["lat_deg"] = frame["lat_deg"].mask(blank, points.y)
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes, crs=WGS84)


def _from_columns(frame: pd.DataFrame, name: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    lon, lat = frame["lon_deg"].to_numpy(), frame["lat_deg"].to_numpy()
    for row in frame.index[np.isnan(lon) != np.isnan(lat)]:
        faults.append(Fault(name, "only one of lon_deg, lat_deg is given", row=str(row),
                            cure="give both or neither"))
    known = ~(np.isnan(lon) | np.isnan(lat))
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return gpd.GeoDataFrame(frame, geometry=points, crs=WGS84)


def _with_geometry(frame: pd.DataFrame, name: str, faults: list[Fault]) -> pd.DataFrame:
    """A plain table with a column of shapes, or of well-known text, as a table with geometry."""
    if isinstance(frame, gpd.GeoDataFrame) or "geometry" not in frame.columns:
        return frame
    shapes = np.full(len(frame), None, dtype=object)
    for i, cell in enumerate(frame["geometry"]):
        if isinstance(cell, shapely.Geometry):
            shapes[i] = cell
        elif not is_blank(cell) and label(cell) != BLANK:
            shapes[i] = shapely.from_wkt(str(cell), on_invalid="ignore")
            if shapes[i] is None:
                faults.append(Fault(name, "is no geometry", row=str(frame.index[i]),
                                    column="geometry", value=str(cell),
                                    cure="give a shape of shapely, well-known text such as "
                                    "POINT (10 50), or lon_deg and lat_deg"))
    made: pd.DataFrame = gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes,
                                          crs=WGS84)
    return made


def _sound(shapes: Shapes, rows: pd.Index, name: str, faults: list[Fault]) -> Mask:
    """Which shapes have a place on Earth, shape (n,); a fault for each that is there and has not.

    No geometry at all is no fault: the place may stand in columns, or not be needed.
    """
    there = ~shapely.is_missing(shapes)
    empty = shapely.is_empty(shapes)
    bounds = np.abs(shapely.bounds(shapes))
    numbers = np.array([shape is None or bool(np.isfinite(shapely.get_coordinates(shape)).all())
                        for shape in shapes], dtype=bool)
    with np.errstate(invalid="ignore"):
        north, east = bounds[:, [1, 3]].max(axis=1) > 90, bounds[:, [0, 2]].max(axis=1) > 180
        turned = east & ~north & (bounds[:, [0, 2]].max(axis=1) <= 360)
    for wrong, message, cure in (
        (empty, "has an empty geometry", "give a point or a shape"),
        (~numbers, "has a geometry whose coordinates are no numbers",
         "give its place, or leave the geometry out"),
        (numbers & turned, "has longitudes beyond 180 degrees",
         "subtract 360 from them, and cut areas at 180 degrees"),
        (numbers & (north | east) & ~turned,
         "lies outside WGS 84: its coordinates are no degrees",
         "say the right reference system with .set_crs(..., allow_override=True), then "
         ".to_crs('EPSG:4326')"),
    ):
        for row in rows[wrong]:
            faults.append(Fault(name, message, row=str(row), column="geometry", cure=cure))
    out: Mask = there & ~empty & numbers & ~north & ~east
    return out


def _cut(
    shape: Any, row: str, name: str, faults: list[Fault], notes: list[Fault] | None
) -> Any:
    """The shape with every area that runs over 180 degrees in one ring cut there (RFC 7946)."""
    parts = list(shapely.get_parts(shape))
    over = [_runs_over(part) for part in parts]
    if not any(over):
        return shape
    cut: list[Any] = []
    for part, is_over in zip(parts, over, strict=True):
        halves = _halves(part) if is_over else [part]
        if halves is None:
            faults.append(Fault(name, "runs over 180 degrees and cannot be cut there", row=row,
                                column="geometry", cure="cut it along 180 degrees (RFC 7946)"))
            return shape
        cut += halves
    if notes is not None:
        notes.append(Fault(name, "is an area drawn over 180 degrees in one ring; it is cut there",
                           row=row, column="geometry",
                           cure="cut it yourself (RFC 7946) if the long way round is meant"))
    return shapely.MultiPolygon(cut) if all(
        shapely.get_dimensions(one) == AREA for one in cut) else shapely.GeometryCollection(cut)


def _runs_over(part: Any) -> bool:
    """Whether an edge jumps more than half round the Earth; along a pole it may."""
    rings = [part.exterior, *part.interiors] if isinstance(part, shapely.Polygon) else [part]
    if isinstance(part, shapely.Point):
        return False
    for ring in rings:
        lon, lat = shapely.get_coordinates(ring).T
        jump = np.abs(np.diff(lon)) > HALF_ROUND
        at_pole = np.minimum(np.abs(lat[1:]), np.abs(lat[:-1])) == POLE
        if (jump & ~at_pole).any():
            return True
    return False


def _halves(part: Any) -> list[Any] | None:
    """The areas a ring over 180 degrees encloses, on either side; None where it cannot be said."""
    if not isinstance(part, shapely.Polygon):
        return None
    rings = []
    for ring in (part.exterior, *part.interiors):
        places = shapely.get_coordinates(ring)
        places[:, 0] = np.degrees(np.unwrap(np.radians(places[:, 0])))
        if abs(places[0, 0] - places[-1, 0]) > 1:
            return None  # it goes round a pole
        rings.append(places)
    middle = rings[0][:, 0].mean()
    for places in rings[1:]:
        places[:, 0] += 360.0 * np.round((middle - places[:, 0].mean()) / 360.0)
    whole = shapely.make_valid(shapely.Polygon(rings[0], rings[1:]))
    halves = [
        translate(piece, turn)
        for turn in (-360.0, 0.0, 360.0)
        for piece in shapely.get_parts(
            whole.intersection(shapely.box(-180.0 - turn, -90.0, 180.0 - turn, 90.0)))
    ]
    return [piece for piece in halves if shapely.get_dimensions(piece) == AREA and piece.area > 0]


def _check_agree(
    frame: pd.DataFrame, shapes: Shapes, name: str, faults: list[Fault]
) -> None:
    """Append a fault where a geometry lies elsewhere than ``lon_deg`` and ``lat_deg`` say."""
    if not len(frame):
        return
    lon, lat = (frame[c].to_numpy(dtype=np.float64) for c in ("lon_deg", "lat_deg"))
    nearest = shapely.get_coordinates(shapely.get_point(
        shapely.shortest_line(shapes, shapely.points(lon, lat)), 0))
    apart = great_circle_km(lon, lat, nearest[:, 0], nearest[:, 1])
    rows = as_labels(frame.index)
    for i in np.flatnonzero(apart > SAME_PLACE_KM):
        faults.append(Fault(
            name, f"its geometry lies {apart[i]:,.0f} km from lon_deg and lat_deg",
            row=rows[i], column="geometry", value=f"{lon[i]:g}, {lat[i]:g}",
            cure="leave one of them out, or change both: drop(columns='geometry'), or "
            "lon_deg and lat_deg"))
