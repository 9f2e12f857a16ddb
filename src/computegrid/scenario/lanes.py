"""Lanes: which site may serve which region's work, how far, how slow and at what network cost."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from numbers import Real

import geopandas as gpd
import numpy as np
import pandas as pd

from computegrid.errors import DataError, Fault
from computegrid.tables.geo import great_circle_km


@dataclass(frozen=True)
class Network:
    r"""How latency and network cost follow from distance.

    .. math:: \mathrm{rtt} = a + b\,d, \qquad
              c^{net}_w = g_w \left(u_0 + u_1 \, d / 1000\right)

    Parameters
    ----------
    rtt_intercept_ms, rtt_ms_per_km : float
        Round trip against great-circle distance. The defaults fit 45 published city pairs
        (IBM Cloud backbone, July-August 2024; R² 0.79).
    usd_per_gb, usd_per_gb_per_1000km : float
        Price of moving data; a workload's ``gb_per_mwh`` (0 if the column is absent) says how much.

    Raises
    ------
    DataError
        If a figure is negative or not finite.

    Examples
    --------
    >>> round(Network().rtt_ms(1000.0), 2)
    30.14
    """

    rtt_intercept_ms: float = 14.5
    rtt_ms_per_km: float = 0.01564
    usd_per_gb: float = 0.0
    usd_per_gb_per_1000km: float = 0.0

    def __post_init__(self) -> None:
        faults = [
            Fault("network", "must be a finite number, at least 0", column=one.name,
                  value=getattr(self, one.name), cure="farther is never faster or cheaper")
            for one in fields(self) if not _is_length(getattr(self, one.name))
        ]
        if faults:
            raise DataError("the network cannot be used:", faults)

    def rtt_ms(self, distance_km: float) -> float:
        """Round-trip time [ms] over ``distance_km``."""
        return self.rtt_intercept_ms + self.rtt_ms_per_km * distance_km


def links_from_places(
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    workloads: pd.DataFrame,
    network: Network,
    faults: list[Fault],
) -> pd.DataFrame:
    """Every region × workload × site, with distance, round trip and network cost."""
    for name, table in (("regions", regions), ("sites", sites)):
        for label in table.index[table["lon_deg"].isna() | table["lat_deg"].isna()]:
            faults.append(Fault(name, "has no place, so no latency", row=str(label),
                                cure="give lon_deg and lat_deg, or give every lane in `lanes`"))
    distance = great_circle_km(
        regions["lon_deg"].to_numpy()[:, None], regions["lat_deg"].to_numpy()[:, None],
        sites["lon_deg"].to_numpy()[None, :], sites["lat_deg"].to_numpy()[None, :],
    )
    r, w, s = (
        axis.ravel() for axis in np.meshgrid(
            np.arange(len(regions)), np.arange(len(workloads)), np.arange(len(sites)),
            indexing="ij",
        )
    )
    km = distance[r, s]
    gb_per_mwh = _gb_per_mwh(workloads)
    usd_per_gb = network.usd_per_gb + network.usd_per_gb_per_1000km * km / 1000.0
    return pd.DataFrame({
        "region": regions.index.take(r),
        "workload": workloads.index.take(w),
        "site": sites.index.take(s),
        "rtt_ms": network.rtt_intercept_ms + network.rtt_ms_per_km * km,
        "distance_km": km,
        "network_usd_per_mwh": gb_per_mwh[w] * usd_per_gb,
    })


def links_from_table(
    lanes: pd.DataFrame,
    regions: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    workloads: pd.DataFrame,
    network: Network,
    faults: list[Fault],
) -> pd.DataFrame:
    """The lanes a planner gave, for every workload where none is named; only these exist."""
    for column, table in (("region", regions), ("site", sites), ("workload", workloads)):
        if column in lanes.columns:
            for label in lanes[column][~lanes[column].isin(table.index)].unique():
                faults.append(Fault("lanes", f"no such {column} in {column}s", column=column,
                                    value=label, cure=f"add it to {column}s or remove the lane"))
    if faults:
        return lanes
    if "workload" not in lanes.columns:
        lanes = lanes.merge(pd.DataFrame({"workload": workloads.index}), how="cross")
    places_r, places_s = regions.loc[lanes["region"]], sites.loc[lanes["site"]]
    distance = great_circle_km(
        places_r["lon_deg"].to_numpy(), places_r["lat_deg"].to_numpy(),
        places_s["lon_deg"].to_numpy(), places_s["lat_deg"].to_numpy(),
    )
    out = lanes.copy()
    out["distance_km"] = lanes["distance_km"].fillna(pd.Series(distance, index=lanes.index))
    computed = network.rtt_intercept_ms + network.rtt_ms_per_km * out["distance_km"]
    out["rtt_ms"] = lanes["rtt_ms"].fillna(computed)
    limited = workloads["max_rtt_ms"].loc[out["workload"]].to_numpy() < math.inf
    for i in np.flatnonzero(limited & out["rtt_ms"].isna().to_numpy()):
        row = out.iloc[int(i)]
        faults.append(Fault("lanes", "its workload limits latency, but rtt_ms is not known",
                            row=f"{row['region']}/{row['workload']}/{row['site']}",
                            column="rtt_ms", cure="give rtt_ms, or lon_deg and lat_deg"))
    first = ["region", "workload", "site", "rtt_ms", "distance_km", "network_usd_per_mwh"]
    return out[[*first, *(c for c in out.columns if c not in first)]].reset_index(drop=True)


def fast_enough(links: pd.DataFrame, workloads: pd.DataFrame) -> pd.Series:
    """Which links keep their workload's latency limit (a link of unknown latency does)."""
    limit = workloads["max_rtt_ms"].loc[links["workload"]].to_numpy()
    return ~(links["rtt_ms"] > limit)


def _gb_per_mwh(workloads: pd.DataFrame) -> np.ndarray:
    if "gb_per_mwh" not in workloads.columns:
        return np.zeros(len(workloads))
    return workloads["gb_per_mwh"].to_numpy(dtype=np.float64)


def _is_length(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return math.isfinite(value) and float(value) >= 0
