"""What a dispatch looks like on a map: pure functions from a dispatch to GeoDataFrames."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from computegrid.accounts import own_control
from computegrid.errors import Fault, ScenarioError
from computegrid.maps.arcs import bows, great_circles
from computegrid.maps.figures import (
    PARTS,
    horizon_hours,
    price_column,
    priced_demand,
    weighted_flows,
)
from computegrid.maps.palette import control_group
from computegrid.tables.labels import as_text

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch
    from computegrid.scenario.scenario import Scenario

CRS = "EPSG:4326"


@dataclass(frozen=True)
class Layers:
    """The layers of one dispatch, averaged over its hours by ``weight_hours``, in EPSG:4326.

    Attributes
    ----------
    flows : GeoDataFrame
        One row per region and site: ``mw`` (mean MW of IT work), ``mwh`` over the horizon,
        ``usd_per_mwh`` (mean price where the work is wanted; ``kg_per_mwh`` where carbon was
        minimised) and what it is made of (``energy_usd_per_mwh``, ...), ``rtt_ms``, ``control``;
        the geometry is the great-circle arc.
    by_workload : DataFrame
        The same flows by workload: region, site, workload, ``mw``, ``mwh``.
    sites : GeoDataFrame
        One row per site: ``capacity_mw``, ``used_mw``, ``used_share``, ``scarcity_usd_per_mwh``
        (shadow price of its capacity), ``served_mw``, ``group`` and what the scenario says of it.
    regions : GeoDataFrame
        One row per region: ``demand_mw``, ``served_mw``, ``usd_per_mwh``, ``unserved_share``,
        ``away_share`` (served in another grid or country), ``foreign_share`` (served under a
        control that is not of its country or bloc; NaN where regions name neither).
    horizon_hours : float
        Real hours the dispatch stands for.
    """

    flows: gpd.GeoDataFrame
    by_workload: pd.DataFrame
    sites: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    horizon_hours: float


def draw_layers(dispatch: Dispatch, *, arcs: bool = True) -> Layers:
    """Every layer of a dispatch, ready to be drawn or saved as GeoJSON or GeoParquet.

    Without ``arcs`` the flows have no geometry; :func:`arcs_between` makes it for any pairs.
    """
    check_places(dispatch)
    flows = weighted_flows(dispatch)
    return Layers(
        flows=flow_layer(dispatch, flows, arcs=arcs),
        by_workload=_by_workload(flows, horizon_hours(dispatch)),
        sites=site_layer(dispatch, flows),
        regions=region_layer(dispatch, flows),
        horizon_hours=horizon_hours(dispatch),
    )


def check_places(dispatch: Dispatch) -> None:
    """Refuse a scenario whose regions or sites have no place on the Earth."""
    faults = [
        Fault(
            name,
            "has no place, so it cannot be drawn",
            row=str(key),
            cure="give lon_deg and lat_deg (degrees east and north)",
        )
        for name in ("regions", "sites")
        for key in _without_place(getattr(dispatch.scenario, name))
    ]
    if faults:
        raise ScenarioError("A map needs a place for every region and site.", faults)


def flow_layer(
    dispatch: Dispatch, flows: pd.DataFrame, *, arcs: bool = True
) -> gpd.GeoDataFrame:
    """One great-circle arc per region and site, the largest flow first."""
    amounts = ["mwh", "price", "rtt", *PARTS]
    pairs = flows.groupby(["region", "site"], as_index=False, observed=True)[amounts].sum()
    pairs["mw"] = pairs["mwh"] / horizon_hours(dispatch)
    price = price_column(dispatch)
    pairs = pairs.assign(
        **{price: pairs["price"] / pairs["mwh"], "rtt_ms": pairs["rtt"] / pairs["mwh"]}
    )
    for part in PARTS:
        pairs[f"{part}_usd_per_mwh"] = pairs[part] / pairs["mwh"]
    pairs = pairs.sort_values(["mwh", "region", "site"], ascending=[False, True, True])
    sites = dispatch.scenario.sites
    pairs["control"] = pairs["site"].map(sites["control"]).fillna("unknown")
    pairs["group"] = [control_group(control) for control in pairs["control"]]
    shapes = arcs_between(dispatch.scenario, pairs) if arcs else [None] * len(pairs)
    columns = ["region", "site", "mw", "mwh", price, "rtt_ms", "control", "group"]
    columns += [f"{part}_usd_per_mwh" for part in PARTS]
    return gpd.GeoDataFrame(pairs[columns].reset_index(drop=True), geometry=shapes, crs=CRS)


def arcs_between(
    scenario: Scenario, pairs: pd.DataFrame, west_deg: float = -180.0
) -> list[shapely.MultiLineString]:
    """The arc of each row of ``region, site``; those on one way are bowed apart.

    Arcs are cut at ``west_deg``, the western edge of the map: the antimeridian if it is -180.
    """
    start = points_of(scenario.regions).reindex(pairs["region"].to_numpy())
    end = points_of(scenario.sites).reindex(pairs["site"].to_numpy())
    ends = (start.x.to_numpy(), start.y.to_numpy(), end.x.to_numpy(), end.y.to_numpy())
    arcs = great_circles(*ends, bow=bows(*ends), west_deg=west_deg) if len(pairs) else []
    return [shapely.MultiLineString(list(arc)) for arc in arcs]


def site_layer(dispatch: Dispatch, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One point per site with its capacity, used share and mean prices."""
    scenario, total = dispatch.scenario, horizon_hours(dispatch)
    sites = scenario.sites.copy()
    weight = scenario.hours["weight_hours"].astype(float)
    use = dispatch.utilisation
    drawn = use.assign(mwh=use["power_mw"] * use["hour"].map(weight).astype(float))
    offered = use.assign(mwh=use["available_mw"] * use["hour"].map(weight).astype(float))
    sites["used_mw"] = _sum_by(drawn, "site", "mwh", sites.index) / total
    sites["available_mw"] = _sum_by(offered, "site", "mwh", sites.index) / total
    sites["served_mw"] = _sum_by(flows, "site", "mwh", sites.index) / total
    capacity = sites["capacity_mw"].astype(float)
    sites["used_share"] = (sites["used_mw"] / capacity.where(capacity > 0)).fillna(0.0)
    rents, price = dispatch.rents, price_column(dispatch)
    rent = rents.assign(worth=rents[price] * rents["hour"].map(weight).astype(float))
    sites[f"scarcity_{price}"] = _sum_by(rent, "site", "worth", sites.index) / total
    sites["group"] = [control_group(control) for control in sites["control"]]
    sites["estimate"] = _is_estimate(sites, ("kind", "capacity_kind", "confidence"))
    return _on_points(sites, scenario.sites)


def region_layer(dispatch: Dispatch, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per region: demand, mean price, unserved, away and foreign shares."""
    scenario, total = dispatch.scenario, horizon_hours(dispatch)
    regions = scenario.regions.copy()
    weight = scenario.hours["weight_hours"].astype(float)
    demand = priced_demand(dispatch)
    demand["worth"] = demand["mwh"] * demand["price"].fillna(0.0)
    unserved = dispatch.unserved
    unserved = unserved.assign(mwh=unserved["mw"] * unserved["hour"].map(weight).astype(float))
    wanted = _sum_by(demand, "region", "mwh", regions.index)
    served = _sum_by(flows, "region", "mwh", regions.index)
    regions["demand_mw"] = wanted / total
    regions["served_mw"] = served / total
    worth = _sum_by(demand, "region", "worth", regions.index)
    regions[price_column(dispatch)] = _ratio(worth, wanted)
    regions["unserved_share"] = _ratio(_sum_by(unserved, "region", "mwh", regions.index), wanted)
    away = flows[~_own_place(scenario, flows)]
    regions["away_share"] = _ratio(_sum_by(away, "region", "mwh", regions.index), served)
    regions["foreign_share"] = _ratio(_sum_by(flows, "region", "foreign", regions.index), served)
    if own_control(scenario) is None:
        regions["foreign_share"] = np.nan
    regions["estimate"] = _is_estimate(regions, ("kind", "confidence"))
    return _on_points(regions, scenario.regions)


def points_of(table: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The point at which each row is drawn: its own, or one inside its shape."""
    return table.geometry.representative_point()


def _by_workload(flows: pd.DataFrame, total: float) -> pd.DataFrame:
    keys = ["region", "site", "workload"]
    table = flows.groupby(keys, as_index=False, sort=True, observed=True)[["mwh"]].sum()
    return table.assign(mw=table["mwh"] / total)


def _own_place(scenario: Any, flows: pd.DataFrame) -> pd.Series[bool]:
    """True where region and site share the finest of grid or country that both tables have."""
    for column in ("grid", "country"):
        if column in scenario.regions and column in scenario.sites:
            wanted = flows["region"].map(scenario.regions[column])
            near: pd.Series[bool] = wanted == flows["site"].map(scenario.sites[column])
            return near
    return pd.Series(data=True, index=flows.index)


def _sum_by(table: pd.DataFrame, key: str, value: str, index: pd.Index[Any]) -> pd.Series[float]:
    sums: pd.Series[float] = table.groupby(key, observed=True)[value].sum().reindex(index)
    return sums.fillna(0.0).astype(float)


def _ratio(part: pd.Series[float], whole: pd.Series[float]) -> pd.Series[float]:
    return (part / whole.where(whole > 0)).fillna(0.0)


def _is_estimate(table: pd.DataFrame, columns: tuple[str, ...]) -> list[bool]:
    marks = {"estimate", "synthetic", "target", "low"}
    present = [
        as_text(table[column]).str.lower().isin(marks) for column in columns if column in table
    ]
    return [any(row) for row in zip(*present, strict=True)] if present else [False] * len(table)


def _on_points(table: pd.DataFrame, source: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    points = points_of(source)
    frame = gpd.GeoDataFrame(table.drop(columns=source.geometry.name), geometry=points, crs=CRS)
    frame["shape"] = [None if shape.geom_type == "Point" else shape for shape in source.geometry]
    return frame


def _without_place(table: pd.DataFrame) -> list[Hashable]:
    if not isinstance(table, gpd.GeoDataFrame) or table.active_geometry_name is None:
        return list(table.index)
    lost = table.geometry.isna() | table.geometry.is_empty
    return list(table.index[lost])
