"""The neutral base of a map: the bundled land, or the official layer a planner brings."""

from __future__ import annotations

import json
import os
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import shapely

from computegrid.errors import DataError, ScenarioError

BaseMap: TypeAlias = "gpd.GeoDataFrame | gpd.GeoSeries | str | os.PathLike[str] | None"
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, shapely.errors.ShapelyError)
_DRAWN = {"Polygon", "MultiPolygon", "LineString", "MultiLineString"}


@cache
def asset(name: str) -> str:
    """Text of a file that ships with the maps."""
    return (files("computegrid.maps") / "assets" / name).read_text(encoding="utf-8")


def base_layer(base_map: BaseMap) -> str:
    """GeoJSON of what lies below everything: shapes only, no text and no property.

    Parameters
    ----------
    base_map : GeoDataFrame, GeoSeries, path of a GeoJSON file, or None
        A layer of one's own, e.g. an officially approved one; None is the bundled land, without
        any border.

    Raises
    ------
    DataError
        If the file is no GeoJSON, is not a local file, or holds nothing to draw.
    """
    if base_map is None:
        return json.dumps(json.loads(asset("land.geojson")), separators=(",", ":"))
    shapes = _read(base_map) if isinstance(base_map, str | os.PathLike) else _own(base_map)
    parts = [part for shape in shapes for part in _parts(shape)]
    if not parts:
        raise DataError("base_map holds no polygon and no line to draw")
    rounded = shapely.transform(np.asarray(parts, dtype=object), lambda xy: np.round(xy, 3))
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(part)}
        for part in rounded
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))


def check_worldview(worldview: str | None) -> None:
    """Refuse a worldview: borders are nobody's but the planner's own.

    Raises
    ------
    ScenarioError
        If one is named.
    """
    if worldview is not None:
        raise ScenarioError(
            f"no borders are shipped, so there is no worldview {worldview!r}; pass the layer you "
            "are bound to as base_map= (a GeoDataFrame or a local GeoJSON file), and its name and "
            "approval number as base_map_note="
        )


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


def _parts(shape: Any) -> list[Any]:
    """Polygons and lines of a shape, also out of collections; nothing is dropped for being odd."""
    if shape is None or shape.is_empty:
        return []
    if shape.geom_type == "GeometryCollection":
        return [part for inner in shape.geoms for part in _parts(inner)]
    return [shape] if shape.geom_type in _DRAWN else []
