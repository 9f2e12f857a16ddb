"""Tables as given become tables as used, or every fault in them is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

import pandas as pd

from computegrid.errors import DataError, Fault, did_you_mean
from computegrid.scenario.gaps import ASSUMED, assumed_columns
from computegrid.tables import schema
from computegrid.tables.check import collect
from computegrid.tables.geo import located
from computegrid.tables.hours import check_waiting
from computegrid.tables.steps import check_days, remark_on_days, with_lengths

ONE_WORKLOAD = "work"
"""Name of the workload when a demand table names none."""


def available_shares(
    given: Mapping[str, float] | None, faults: list[Fault]
) -> dict[str, float]:
    """Share of capacity usable by status: the usual ones, and what a model says otherwise."""
    for status, value in (given or {}).items():
        if not _is_share(value):
            faults.append(Fault("available", "is a share from 0 to 1", row=status, value=value,
                                cure="write a fraction, 0.25 for 25 %"))
    return {**schema.STATUS_SHARE, **(given or {})}


def _is_share(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real):
        return False
    return 0 <= float(value) <= 1


def typed_sources(sources: Any, faults: list[Fault]) -> pd.DataFrame:
    """Sources through the gate, indexed by ``source_id``; empty where none are given."""
    if sources is None or (isinstance(sources, pd.DataFrame) and sources.empty):
        return pd.DataFrame()
    typed = collect(schema.SOURCES, sources, faults)
    return typed.set_index("source_id") if "source_id" in typed.columns else typed


def _require_frames(raw: Mapping[str, Any]) -> None:
    """Raise if something is no table at all; hours may also be an index or a series."""
    faults = [
        Fault(name, f"expected a pandas DataFrame, got {type(table).__name__}")
        for name, table in raw.items()
        if table is not None and not isinstance(table, pd.DataFrame)
        and not (name == "hours" and isinstance(table, pd.Index | pd.Series))
    ]
    if faults:
        raise DataError("these are no tables:", faults)


def typed_tables(
    faults: list[Fault], notes: list[Fault], known: Mapping[str, schema.Table], **raw: Any
) -> dict[str, Any]:
    """Type every table by what is ``known`` of its columns, and set its index.

    What is wrong is appended to ``faults``, what was taken to be so to ``notes``.
    """
    _require_frames(raw)
    tables: dict[str, Any] = {}
    for name in ("regions", "sites"):
        typed = collect(known[name], raw[name], faults)
        if name in typed.columns or typed.index.name == name:
            typed = typed.set_index(name)
        typed = typed.set_index(name[:-1]) if name[:-1] in typed.columns else typed
        for column in ("lon_deg", "lat_deg"):
            if column not in typed.columns:
                typed[column] = float("nan")
        tables[name] = located(typed, name, faults, notes)
    tables["sites"].attrs[ASSUMED] = assumed_columns(raw["sites"])
    demand = collect(_with_gaps(known["demand"], raw["demand"]), raw["demand"], faults)
    workloads = raw["workloads"]
    if workloads is None:
        names = demand["workload"].unique() if "workload" in demand.columns else [ONE_WORKLOAD]
        workloads = pd.DataFrame({"workload": names})
    workloads = collect(known["workloads"], workloads, faults)
    if "workload" in workloads.columns:
        workloads = workloads.set_index("workload")
    if "workload" not in demand.columns:
        if len(workloads) != 1:
            faults.append(Fault("demand", "names no workload, but there are several",
                                column="workload", cure="say which workload each row asks for"))
        demand.insert(1, "workload", workloads.index[0] if len(workloads) else ONE_WORKLOAD)
    tables |= {"demand": demand, "workloads": workloads}
    if raw["lanes"] is not None:
        tables["lanes"] = collect(known["lanes"], raw["lanes"], faults)
    if raw["site_hours"] is not None:
        given = raw["site_hours"]
        typed = collect(known["site_hours"], given, faults)
        present = {*getattr(given, "columns", ()), *getattr(given.index, "names", ())}
        tables["site_hours"] = typed[[c for c in typed.columns if c in present]]
    tables["hours"] = _hours(raw["hours"], known["hours"], tables, faults, notes)
    if faults and "mw" in demand.columns and demand["mw"].isna().any():
        # gaps are not looked for until the rest is right: blank cells are told with it
        told: list[Fault] = []
        collect(known["demand"], raw["demand"], told)
        faults += [one for one in told if one not in faults]
    return tables


def _with_gaps(known: schema.Table, given: pd.DataFrame) -> schema.Table:
    """Demand whose blank cells are gaps where it is hourly; elsewhere they are faults."""
    if "hour" not in {*given.columns, *given.index.names}:
        return known
    return replace(known, columns=tuple(
        replace(column, default=math.nan) if column.name == "mw" else column
        for column in known.columns))


def _hours(
    given: Any, known: schema.Table, tables: Mapping[str, Any], faults: list[Fault],
    notes: list[Fault],
) -> pd.DataFrame:
    """The time steps: as given, or those of the demand, or of the sites' figures, or just one."""
    none = given is None and not any(
        "hour" in tables[name].columns for name in ("demand", "site_hours") if name in tables)
    if none:
        given = pd.DataFrame({"hour": [0], "weight_hours": [1.0]})
    elif given is None:
        source = tables["demand" if "hour" in tables["demand"].columns else "site_hours"]["hour"]
        given = pd.DataFrame({"hour": source.dropna().drop_duplicates()})
    elif isinstance(given, pd.Index):
        given = pd.DataFrame({"hour": given})
    elif isinstance(given, pd.Series):
        given = given.rename("weight_hours").rename_axis("hour").reset_index()
    before = len(faults)
    typed = collect(known, given, faults)
    if len(faults) > before or "hour" not in typed.columns or typed.empty:
        if len(faults) == before:
            faults.append(Fault("hours", "is empty", cure="give at least one time step"))
        return typed
    typed = typed.sort_values("hour").set_index("hour")
    if "day" in typed.columns:
        check_days(typed, faults)
    if "weight_hours" not in given.columns:
        typed = with_lengths(typed, faults, notes)
    if "defer_hours" in tables["workloads"].columns:
        check_waiting(typed, tables["workloads"], faults)
        if (tables["workloads"]["defer_hours"] > 0).any():
            notes += remark_on_days(typed)
    return typed


def check_references(
    tables: Mapping[str, Any], share: Mapping[str, float], faults: list[Fault]
) -> None:
    """Names used in one table must stand in the other; every table must hold something."""
    demand, hours = tables["demand"], tables["hours"]
    for column in ("region", "workload"):
        known = tables[f"{column}s"].index
        for label in demand[column][~demand[column].isin(known)].unique():
            faults.append(Fault("demand", f"no such {column} in {column}s", column=column,
                                value=label, cure=did_you_mean(label, known)))
    for name in ("demand", "site_hours"):
        table = tables.get(name)
        if table is not None and "hour" in table.columns:
            if table["hour"].dtype.kind != hours.index.dtype.kind:
                faults.append(Fault(name, "its hours are of another kind than those of hours",
                                    column="hour", cure="use UTC times, or numbers, in both"))
                continue
            for label in table["hour"][~table["hour"].isin(hours.index)].unique()[:20]:
                faults.append(Fault(name, "no such hour in hours", column="hour", value=label,
                                    cure="add it to hours, or remove the row"))
    if "site_hours" in tables:
        asked, known = tables["site_hours"]["site"], tables["sites"].index
        for label in asked[~asked.isin(known)].unique():
            faults.append(Fault("site_hours", "no such site in sites", column="site", value=label,
                                cure=did_you_mean(label, known)))
    sites = tables["sites"]
    for status in set(share) - set(schema.STATUS_SHARE) - set(sites["status"]):
        faults.append(Fault("available", "is no status of a site", value=status,
                            cure=did_you_mean(status, {*schema.STATUS_SHARE, *sites["status"]})))
    for label, status in sites["status"][~sites["status"].isin(list(share))].items():
        faults.append(Fault("sites", "is no known status", row=str(label), column="status",
                            value=status, cure=did_you_mean(status, share)))
    for name in ("regions", "sites", "demand"):
        if tables[name].empty:
            faults.append(Fault(name, "is empty", cure="give at least one row"))


def asked_links(links: pd.DataFrame, demand: pd.DataFrame) -> pd.Series:
    """Which links serve a region and workload that want something."""
    wanted = demand.loc[demand["mw"] > 0, ["region", "workload"]].drop_duplicates()
    pairs = pd.MultiIndex.from_frame(wanted)
    return pd.Series(
        pd.MultiIndex.from_frame(links[["region", "workload"]]).isin(pairs), index=links.index
    )
