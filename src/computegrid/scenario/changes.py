"""New scenarios from one that is there: what was given, figures scaled, a site more."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import Fault, ScenarioError, did_you_mean
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.gaps import Fill
from computegrid.scenario.lanes import Network
from computegrid.scenario.select import column_of, positions
from computegrid.tables import schema
from computegrid.tables.labels import as_labels, label

Floats = npt.NDArray[np.float64]
Tables = Mapping[str, pd.DataFrame]
Factor = float | Mapping[str, float]

AREAS = ("country", "bloc", "grid")
"""Columns whose values a factor may name beside the rows themselves, the first that has it."""
_BOUNDS = {figure: (low, high) for low, figure, high in schema.SITES.bounds}
SITE_FIGURES = tuple(c.name for c in schema.SITES.columns
                     if c.kind == "number" and c.name not in ("lon_deg", "lat_deg")
                     and c.name not in {one for pair in _BOUNDS.values() for one in pair})
"""Figures of sites that can be scaled."""
_PRICED = ("energy_usd_per_mwh", "carbon_kg_per_mwh", "pue")


@dataclass(frozen=True)
class Given:
    """What :meth:`Scenario.from_tables` was given and the tables it made do not show.

    Attributes
    ----------
    network : Network or None
    available_share : mapping
        Share of capacity usable by status, where it is not the usual one.
    unusual : tuple of str
    group_by : str
    lanes, routes : DataFrame or None
        None where lanes were made from places, where no corridor is known.
    fill : {"previous", "interpolate"} or None
        How gaps in hourly tables are filled.
    """

    network: Network | None = None
    available_share: Mapping[str, float] = field(default_factory=dict)
    unusual: tuple[str, ...] = ()
    group_by: str = ""
    lanes: pd.DataFrame | None = field(default=None, repr=False)
    routes: pd.DataFrame | None = field(default=None, repr=False)
    fill: Fill | None = None


def scaled(
    tables: Tables, a: Arrays, unusual: Iterable[str], factors: Mapping[str, Factor]
) -> tuple[dict[str, pd.DataFrame], Arrays | None]:
    """Return the tables and the arrays with figures multiplied; no arrays if demands vanish.

    Parameters
    ----------
    tables, a
        Of the scenario.
    unusual : list of str
        Columns whose figures may lie outside what is plausible.
    factors : mapping
        ``demand`` or a figure of sites → a number, or a mapping from names to numbers.

    Raises
    ------
    ScenarioError
        With every figure and name that is not known, every factor that is no number from 0 on,
        and every figure that leaves the range it may have.
    """
    faults: list[Fault] = []
    known = ("demand", *SITE_FIGURES)
    of_rows: dict[str, Floats] = {}
    for name, factor in factors.items():
        if name not in known:
            faults.append(Fault("scaled", "is no figure that can be scaled", column=name,
                                cure=did_you_mean(name, known)))
            continue
        of_rows[name] = (_of_demand(tables, factor, faults) if name == "demand"
                         else _by_row(tables["sites"], "site", name, factor, faults))
    if not faults:
        faults = _out_of_range(tables, unusual, of_rows)
    if faults:
        raise ScenarioError("the scenario cannot be scaled so:", faults)
    new, arrays = dict(tables), dict[str, Any]()
    vanish = False
    if "demand" in of_rows:
        new["demand"], arrays["demand_mw"] = _demands(tables, a, of_rows.pop("demand"))
        vanish = not (arrays["demand_mw"] > 0).any(axis=1).all()
    known_arrays = {one.name for one in fields(Arrays)}
    columns: dict[str, Floats] = {}
    hourly: dict[str, Floats] = {}
    for name, by_site in of_rows.items():
        for column in (name, *_BOUNDS.get(name, ())):
            if column in tables["sites"].columns:
                columns[column] = tables["sites"][column].to_numpy(dtype=np.float64) * by_site
        named = "available_mw" if name == "capacity_mw" else name
        if named in known_arrays:
            values = getattr(a, named)
            arrays[named] = values * (by_site if values.ndim == 1 else by_site[:, None])
        if "site_hours" in tables and named in tables["site_hours"].columns:
            rows = positions(tables["sites"].index, tables["site_hours"]["site"])
            hourly[named] = (tables["site_hours"][named].to_numpy(dtype=np.float64)
                             * by_site[rows])
    if columns:
        new["sites"] = tables["sites"].assign(**columns)
    if hourly:
        new["site_hours"] = tables["site_hours"].assign(**hourly)
    return new, None if vanish else replace(a, **arrays)


def _demands(tables: Tables, a: Arrays, by_pair: Floats) -> tuple[pd.DataFrame, Floats]:
    """Demand, as a table and by pair and hour, times the factor of region and workload."""
    table = tables["demand"]
    rows = (positions(tables["regions"].index, table["region"]),
            positions(tables["workloads"].index, table["workload"]))
    mw = table["mw"].to_numpy(dtype=np.float64) * by_pair[rows]
    return table.assign(mw=mw), a.demand_mw * by_pair[a.ask_region, a.ask_workload][:, None]


def _of_demand(tables: Tables, factor: Factor, faults: list[Fault]) -> Floats:
    """Factor of every region and workload, shape (R, W); names may be of either."""
    shape = len(tables["regions"]), len(tables["workloads"])
    if not isinstance(factor, (Mapping, pd.Series)):
        return np.full(shape, _number("demand", factor, faults))
    named = {label(key): value for key, value in factor.items()}
    workloads = {key: value for key, value in named.items() if key in tables["workloads"].index}
    others = {key: value for key, value in named.items() if key not in workloads}
    for key in workloads:
        if key in tables["regions"].index:
            faults.append(Fault("scaled", "is a region and a workload", row=key, column="demand",
                                cure="scale by replace(demand=...), or rename one of them"))
    also = list(tables["workloads"].index)
    return np.outer(_by_row(tables["regions"], "region", "demand", others, faults, also),
                    _by_row(tables["workloads"], "workload", "demand", workloads, faults))


def _by_row(
    table: pd.DataFrame, what: str, figure: str, factor: Factor, faults: list[Fault],
    also: Iterable[str] = (),
) -> Floats:
    """Factor of every row of a table, shape (n,); 1 for those that are not named."""
    if not isinstance(factor, (Mapping, pd.Series)):
        return np.full(len(table), _number(figure, factor, faults))
    out = np.ones(len(table))
    taken = np.zeros(len(table), dtype=bool)
    for key, value in factor.items():
        number = _number(figure, value, faults, str(key))
        for column in (what, *AREAS):
            cells = table.index if column == what else column_of(table, column)
            if cells is None:
                continue
            here = as_labels(cells) == label(key)
            if here.any():
                break
        else:
            names = [*table.index, *also, *(one for column in AREAS if column in table.columns
                                            for one in table[column].unique())]
            faults.append(Fault("scaled", f"no {what} of that name, and none of a country, bloc or "
                                "grid", row=str(key), column=figure,
                                cure=did_you_mean(str(key), map(str, names))))
            continue
        if (here & taken).any():
            first = table.index[here & taken][0]
            faults.append(Fault("scaled", f"names {first} a second time", row=str(key),
                                column=figure, cure="give every row one factor"))
        taken |= here
        out[here] = number
    return out


def _number(figure: str, value: object, faults: list[Fault], row: str = "") -> float:
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real) or not (
        0 <= float(value) < math.inf
    ):
        faults.append(Fault("scaled", "a factor is a number from 0 on", row=row, column=figure,
                            value=value, cure="1.2 adds a fifth, 0.8 takes one away"))
        return 1.0
    return float(value)


def _out_of_range(
    tables: Tables, unusual: Iterable[str], of_rows: Mapping[str, Floats]
) -> list[Fault]:
    """Figures of sites that would leave their range: a PUE below 1 is none."""
    faults, free = [], set(unusual)
    for name, by_site in of_rows.items():
        column = schema.SITES.column(name)
        if column is None:
            continue
        lower, upper = column.lower, column.upper
        if name not in free:
            lower, upper = max(lower, column.plausible[0]), min(upper, column.plausible[1])
        found = [(tables["sites"].index, tables["sites"][name].to_numpy(dtype=np.float64), by_site)]
        if name in _PRICED and "site_hours" in tables and name in tables["site_hours"].columns:
            sites = pd.Index(tables["site_hours"]["site"])
            rows = positions(tables["sites"].index, sites)
            found.append((sites, tables["site_hours"][name].to_numpy(dtype=np.float64),
                          by_site[rows]))
        for labels, before, factor in found:
            after = before * factor
            wrong = np.flatnonzero(((after < lower) | (after > upper)) & (factor != 1))
            if len(wrong):
                i = wrong[0]
                more = labels[wrong].nunique() - 1
                said = f", as do {more} others" if more else ""
                faults.append(Fault(
                    "sites", f"would leave the range from {lower:g} to {upper:g}{said}",
                    row=str(labels[i]), column=name, value=float(after[i]),
                    cure=f"a factor of {factor[i]:g} is too "
                         f"{'small' if after[i] < lower else 'large'} for it"))
                break
    return faults


def one_more_site(
    tables: Mapping[str, Any], site: str, like: str | None, lanes: pd.DataFrame | None,
    site_hours: pd.DataFrame | None, columns: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the tables ``sites``, ``lanes`` and ``site_hours`` with a site more.

    Raises
    ------
    ScenarioError
        If the site is there already, a column or the site to be like is not known, or something
        is left out that would be taken for nothing: lanes, a price.
    """
    sites: gpd.GeoDataFrame = tables["sites"]
    faults: list[Fault] = []
    if site in sites.index:
        faults.append(Fault("sites", "is there already", row=site,
                            cure="give another name, or change it by replace(sites=...)"))
    if like is not None and like not in sites.index:
        faults.append(Fault("sites", "is no site to be like", row=like,
                            cure=did_you_mean(like, sites.index)))
    for column in columns:
        if column not in sites.columns:
            faults.append(Fault("sites", "is no column of sites", row=site, column=column,
                                cure=did_you_mean(column, map(str, sites.columns))))
    hourly = () if site_hours is None else site_hours.columns
    neutral = {c: schema.SITES.column(c).default for c in _PRICED}  # type: ignore[union-attr]
    missing = [c for c in _PRICED if like is None and c not in columns and c not in hourly
               and (sites[c] != neutral[c]).all()]
    for column in missing:
        faults.append(Fault("sites", "is left out, and every other site has one", row=site,
                            column=column, cure="give it, or say like= which site it is"))
    if tables["lanes"] is not None and lanes is None:
        faults.append(Fault("lanes", "only those given exist, and none leads to the new site",
                            row=site, cure="give its lanes: lanes=DataFrame(region, rtt_ms, ...)"))
    if faults:
        raise ScenarioError(f"site {site!r} cannot be added:", faults)
    blank = {c: _blank(sites[c]) for c in sites.columns}
    known = {c.name: c.default for c in schema.SITES.columns
             if c.default is not None and c.name in sites.columns}
    row: dict[Any, Any] = {**blank, **known}
    if like is not None:
        row |= sites.loc[like].to_dict()
    if "geometry" not in columns and {"lon_deg", "lat_deg"} & set(columns):
        row["geometry"] = None
    row |= columns
    frame = pd.DataFrame(sites.drop(columns="geometry"))
    added = pd.DataFrame({c: pd.Series([row[c]]) for c in frame.columns})
    added.index = pd.Index([site], name=sites.index.name)
    joined = pd.concat([frame, added])
    out: dict[str, Any] = {"sites": gpd.GeoDataFrame(joined, geometry=[
        *sites.geometry, _place(row)], crs=sites.crs)}
    out["sites"].attrs |= sites.attrs
    if lanes is not None:
        named = {c.name: c.default for c in schema.LANES.columns
                 if c.default is not None and c.name not in lanes.columns}
        out["lanes"] = _joined(tables["lanes"], lanes.assign(site=site, **named))
    before = tables["site_hours"]
    if site_hours is not None:
        out["site_hours"] = _joined(before, site_hours.assign(site=site))
    elif like is not None and before is not None:
        copied = before[(before["site"] == like).to_numpy()].assign(site=site)
        own = [c for c in copied.columns
               if c in columns or (c == "available_mw" and "capacity_mw" in columns)]
        out["site_hours"] = _joined(before, copied.drop(columns=own))
    return out


def _joined(before: pd.DataFrame | None, more: pd.DataFrame) -> pd.DataFrame:
    return more if before is None else pd.concat([before, more], ignore_index=True)


def _place(row: Mapping[str, Any]) -> Any:
    from shapely.geometry import Point

    if row["geometry"] is not None:
        return row["geometry"]
    lon, lat = row["lon_deg"], row["lat_deg"]
    return None if lon != lon or lat != lat else Point(lon, lat)


def _blank(column: pd.Series) -> Any:
    """What a cell holds where nothing is known."""
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != bool:
        return math.nan
    return None if column.name == "geometry" else ""
