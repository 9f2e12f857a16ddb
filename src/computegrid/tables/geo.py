"""Places on the Earth: points from lon/lat and great-circle distances."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from computegrid.errors import Fault
from computegrid.units import EARTH_RADIUS_KM

WGS84 = "EPSG:4326"


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


def located(table: pd.DataFrame, name: str, faults: list[Fault]) -> gpd.GeoDataFrame:
    """Return the table with a geometry (WGS 84) and ``lon_deg``/``lat_deg`` that agree.

    A geometry that is not a point keeps its shape; ``lon_deg``/``lat_deg`` are then a point on it.
    """
    frame = table.copy()
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        if frame.active_geometry_name != "geometry":
            frame = frame.rename_geometry("geometry")
        shapes = frame.geometry
        if shapes.crs is not None and not shapes.crs.equals(WGS84):
            shapes = shapes.to_crs(WGS84)
        empty = shapely.is_empty(shapes.to_numpy())
        for label in frame.index[empty]:
            faults.append(Fault(name, "has an empty geometry", row=str(label), column="geometry",
                                cure="give a point or a shape"))
        outside = shapes.bounds.abs().gt([180.0, 90.0, 180.0, 90.0]).any(axis=1).to_numpy()
        for label in frame.index[outside]:
            faults.append(Fault(name, "lies outside WGS 84: its coordinates are no degrees",
                                row=str(label), column="geometry",
                                cure="say the right reference system with .set_crs(..., "
                                     "allow_override=True), then .to_crs('EPSG:4326')"))
        points = gpd.GeoSeries(np.where(empty, None, shapes.to_numpy()), index=frame.index,
                               crs=WGS84).representative_point()
        blank = frame["lon_deg"].isna() | frame["lat_deg"].isna()
        frame["lon_deg"] = frame["lon_deg"].mask(blank, points.x)
        frame["lat_deg"] = frame["lat_deg"].mask(blank, points.y)
        return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes.to_numpy(),
                                crs=WGS84)
    lon, lat = frame["lon_deg"].to_numpy(), frame["lat_deg"].to_numpy()
    for label in frame.index[np.isnan(lon) != np.isnan(lat)]:
        faults.append(Fault(name, "only one of lon_deg, lat_deg is given", row=str(label),
                            cure="give both or neither"))
    known = ~(np.isnan(lon) | np.isnan(lat))
    points = np.full(len(frame), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return gpd.GeoDataFrame(frame, geometry=points, crs=WGS84)
