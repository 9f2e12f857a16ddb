"""What a dispatch looks like on a map: pure functions from a dispatch to GeoDataFrames."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from computegrid.errors import Fault, ScenarioError
from computegrid.maps.arcs import bows, great_circles
from computegrid.maps.palette import control_group

if TYPE_CHECKING:
    from computegrid.dispatch import Dispatch

CRS = "EPSG:4326"
LANE = ["region", "workload", "site"]


@dataclass(frozen=True)
class Layers:
    """The layers of one dispatch, averaged over its hours by ``weight_hours``, in EPSG:4326.

    Attributes:
        flows: one row per region and site: ``mw`` (mean MW of IT work), ``mwh`` over the horizon,
            ``usd_per_mwh`` (mean price where the work is wanted), ``rtt_ms``, ``control``; the
            geometry is the great-circle arc.
        by_workload: the same flows by workload: region, site, workload, ``mw``, ``mwh``.
        sites: one row per site: ``capacity_mw``, ``used_mw``, ``used_share``, ``rent_usd_per_mwh``,
            ``energy_usd_per_mwh``, ``served_mw``, ``group`` and what the scenario says of it.
        regions: one row per region: ``demand_mw``, ``served_mw``, ``usd_per_mwh``,
            ``unserved_share``, ``away_share`` (served at another place), ``foreign_share`` (served
            under a control that is not its own).
        horizon_hours: real hours the dispatch stands for.
    """

    flows: gpd.GeoDataFrame
    by_workload: pd.DataFrame
    sites: gpd.GeoDataFrame
    regions: gpd.GeoDataFrame
    horizon_hours: float


def draw_layers(dispatch: Dispatch) -> Layers:
    """Every layer of a dispatch, ready to be drawn or saved as GeoJSON or GeoParquet."""
    check_places(dispatch)
    flows = weighted_flows(dispatch)
    return Layers(
        flows=flow_layer(dispatch, flows),
        by_workload=_by_workload(flows, horizon_hours(dispatch)),
        sites=site_layer(dispatch, flows),
        regions=region_layer(dispatch, flows),
        horizon_hours=horizon_hours(dispatch),
    )


def check_places(dispatch: Dispatch) -> None:
    """Refuse a scenario whose regions or sites have no place on the Earth."""
    faults = [
        Fault(name, "has no place, so it cannot be drawn", row=str(key),
              cure="give lon_deg and lat_deg (degrees east and north)")
        for name in ("regions", "sites")
        for key in _without_place(getattr(dispatch.scenario, name))
    ]
    if faults:
        raise ScenarioError("A map needs a place for every region and site.", faults)


def horizon_hours(dispatch: Dispatch) -> float:
    """Real hours the dispatch stands for: the sum of ``weight_hours``."""
    return float(dispatch.scenario.hours["weight_hours"].sum())


def weighted_flows(dispatch: Dispatch) -> pd.DataFrame:
    """Flows with ``mwh`` (MW x weight_hours) and ``usd``, their value at the price of the demand."""
    flows = dispatch.flows.copy()
    weight = flows["hour"].map(dispatch.scenario.hours["weight_hours"]).astype(float)
    flows["mwh"] = flows["mw"].to_numpy(dtype=float) * weight.to_numpy()
    keys = ["region", "workload", "hour"]
    price = dispatch.prices.set_index(keys)["usd_per_mwh"]
    flows["usd_per_mwh"] = price.reindex(pd.MultiIndex.from_frame(flows[keys])).to_numpy(dtype=float)
    flows["usd"] = flows["mwh"] * flows["usd_per_mwh"]
    lanes = dispatch.scenario.lanes
    if "rtt_ms" in lanes and set(LANE) <= set(lanes.columns):
        rtt = lanes.drop_duplicates(LANE).set_index(LANE)["rtt_ms"]
        flows["rtt_ms"] = rtt.reindex(pd.MultiIndex.from_frame(flows[LANE])).to_numpy(dtype=float)
    else:
        flows["rtt_ms"] = np.nan
    return flows


def priced_demand(dispatch: Dispatch) -> pd.DataFrame:
    """Demand of every hour with its price: region, workload, hour, ``mw``, ``usd_per_mwh``."""
    scenario, hours = dispatch.scenario, dispatch.scenario.hours.index
    demand = scenario.demand
    if "hour" not in demand:
        demand = demand.merge(pd.DataFrame({"hour": hours}), how="cross")
    keys = ["region", "workload", "hour"]
    return demand[[*keys, "mw"]].merge(dispatch.prices[[*keys, "usd_per_mwh"]], on=keys, how="left")


def flow_layer(dispatch: Dispatch, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One great-circle arc per region and site, the largest flow first."""
    work = flows.assign(rtt=flows["mwh"] * flows["rtt_ms"])
    pairs = work.groupby(["region", "site"], as_index=False, sort=True, observed=True)[
        ["mwh", "usd", "rtt"]
    ].sum(min_count=1)
    pairs["mw"] = pairs["mwh"] / horizon_hours(dispatch)
    pairs["usd_per_mwh"] = pairs["usd"] / pairs["mwh"]
    pairs["rtt_ms"] = pairs["rtt"] / pairs["mwh"]
    pairs = pairs.sort_values(["mwh", "region", "site"], ascending=[False, True, True])
    sites = dispatch.scenario.sites
    pairs["control"] = pairs["site"].map(sites["control"]).fillna("unknown")
    pairs["group"] = [control_group(control) for control in pairs["control"]]
    start = points_of(dispatch.scenario.regions).reindex(pairs["region"].to_numpy())
    end = points_of(sites).reindex(pairs["site"].to_numpy())
    ends = (start.x.to_numpy(), start.y.to_numpy(), end.x.to_numpy(), end.y.to_numpy())
    arcs = great_circles(*ends, bow=bows(*ends)) if len(pairs) else []
    shapes = [shapely.MultiLineString([part for part in arc]) for arc in arcs]
    columns = ["region", "site", "mw", "mwh", "usd_per_mwh", "rtt_ms", "control", "group"]
    return gpd.GeoDataFrame(pairs[columns].reset_index(drop=True), geometry=shapes, crs=CRS)


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
    rents = dispatch.rents
    rent = rents.assign(usd=rents["usd_per_mwh"] * rents["hour"].map(weight).astype(float))
    sites["rent_usd_per_mwh"] = _sum_by(rent, "site", "usd", sites.index) / total
    sites["group"] = [control_group(control) for control in sites["control"]]
    sites["estimate"] = _is_estimate(sites, ("kind", "capacity_kind", "confidence"))
    return _on_points(sites, scenario.sites)


def region_layer(dispatch: Dispatch, flows: pd.DataFrame) -> gpd.GeoDataFrame:
    """One row per region: demand, mean price, unserved, away and foreign shares."""
    scenario, total = dispatch.scenario, horizon_hours(dispatch)
    regions = scenario.regions.copy()
    weight = scenario.hours["weight_hours"].astype(float)
    demand = priced_demand(dispatch)
    demand["mwh"] = demand["mw"] * demand["hour"].map(weight).astype(float)
    demand["usd"] = demand["mwh"] * demand["usd_per_mwh"].fillna(0.0)
    unserved = dispatch.unserved
    unserved = unserved.assign(mwh=unserved["mw"] * unserved["hour"].map(weight).astype(float))
    wanted = _sum_by(demand, "region", "mwh", regions.index)
    served = _sum_by(flows, "region", "mwh", regions.index)
    regions["demand_mw"] = wanted / total
    regions["served_mw"] = served / total
    regions["usd_per_mwh"] = _ratio(_sum_by(demand, "region", "usd", regions.index), wanted)
    regions["unserved_share"] = _ratio(_sum_by(unserved, "region", "mwh", regions.index), wanted)
    own, near = _own_control(scenario, flows), _own_place(scenario, flows)
    regions["foreign_share"] = _ratio(_sum_by(flows[~own], "region", "mwh", regions.index), served)
    regions["away_share"] = _ratio(_sum_by(flows[~near], "region", "mwh", regions.index), served)
    regions["estimate"] = _is_estimate(regions, ("kind", "confidence"))
    return _on_points(regions, scenario.regions)


def points_of(table: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """The point at which each row is drawn: its own, or one inside its shape."""
    return table.geometry.representative_point()


def _by_workload(flows: pd.DataFrame, total: float) -> pd.DataFrame:
    keys = ["region", "site", "workload"]
    table = flows.groupby(keys, as_index=False, sort=True, observed=True)[["mwh"]].sum()
    return table.assign(mw=table["mwh"] / total)


def _own_control(scenario: Any, flows: pd.DataFrame) -> pd.Series[bool]:
    """True where the site's control is the region's own country or its own bloc."""
    control = flows["site"].map(scenario.sites["control"]).fillna("unknown").astype(str)
    if "country" not in scenario.regions:
        return control != "unknown"
    country = flows["region"].map(scenario.regions["country"]).fillna("").astype(str)
    groups = {name: control_group(name) for name in {*control, *country}}
    same_bloc = control.map(groups) == country.map(groups)
    in_bloc = country.map(groups).isin(["EU", "GCC"])
    own: pd.Series[bool] = (control == country) | (same_bloc & in_bloc)
    return own


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
    present = [table[column].astype(str).str.lower().isin(marks) for column in columns if column in table]
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
