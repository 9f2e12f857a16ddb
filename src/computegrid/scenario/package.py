"""From a folder of facts and a model file to the tables of a scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from computegrid.errors import DataError, Fault, ScenarioError, did_you_mean
from computegrid.scenario.modelfile import SEASON_DAYS, Hours, ModelFile
from computegrid.scenario.optional import check_profiles, network_of, remark_on_facts
from computegrid.scenario.ownership import blocs_of, looked_through, with_owner_columns
from computegrid.scenario.seal import with_seal
from computegrid.scenario.select import select
from computegrid.tables import schema
from computegrid.tables.bounds import check_bounds
from computegrid.tables.check import check_table, check_unique, collect
from computegrid.tables.hours import typed_hours
from computegrid.tables.labels import BLANK, as_labels, as_text, label
from computegrid.tables.names import check_columns
from computegrid.tables.read import read_csv, typed_extras
from computegrid.tables.steps import elapsed_hours, usual_step
from computegrid.units import HOURS_PER_YEAR

MIDDLE_OF_SEASON = {"DJF": "2025-01-15", "MAM": "2025-04-15", "JJA": "2025-07-15",
                    "SON": "2025-10-15"}
"""The day that stands for each season."""

_FROM_GRID = ("energy_usd_per_mwh", "carbon_kg_per_mwh", "pue")


def tables_of(folder: Path, model: ModelFile, notes: list[Fault]) -> dict[str, Any]:
    """Read a package and return the arguments of ``Scenario.from_tables``.

    What its optional files leave out or name in vain is appended to ``notes``.

    Raises
    ------
    DataError
        With every fault of the files and of the joins between them.
    """
    faults: list[Fault] = []
    facts = {
        name: collect(table, _read(folder, name), faults, source=f"{name}.csv")
        for name, table in schema.accepting(schema.FACTS, model.unusual).items()
        if (folder / f"{name}.csv").exists()
    }
    regions, sites, workloads = (_read(folder, name) for name in ("regions", "sites", "workloads"))
    _check_rows(regions, sites, workloads, model.available, faults)
    if faults:
        raise DataError(f"the facts in {folder.name}/ cannot be used:", faults)
    check_profiles(facts, faults)
    network = network_of(facts, faults)
    ownership = looked_through(facts, faults)
    sites = _joined_sites(sites, regions, facts, faults)
    if faults:
        raise DataError(f"the facts in {folder.name}/ cannot be used:", faults)
    dated = model.hours is not None or (folder / "hours.csv").exists()
    notes += remark_on_facts(
        facts, sites, workloads, shaped=model.hours is not None,
        shaped_demand=dated and not (folder / "demand.csv").exists())
    sites = with_owner_columns(with_seal(sites, facts.get("seal_scores")), ownership, regions)
    regions = _chosen(regions, "region", model.regions, "[regions]")
    sites = _chosen(sites, "site", model.sites, "[sites]")
    workloads = _chosen(workloads, "workload", model.workloads, "[workloads]")
    tables: dict[str, Any] = {"regions": regions, "sites": sites, "workloads": workloads,
                              "ownership": ownership, "routes": facts.get("routes"),
                              "network": network, "sources": facts.get("sources")}
    if "controls" in facts:
        tables["controls"] = _chosen(facts["controls"], "control", model.controls, "[controls]")
    for name in ("lanes", "demand", "site_hours"):
        if (folder / f"{name}.csv").exists():
            tables[name] = _read(folder, name)
    if model.hours is not None:
        tables["hours"] = seasonal_hours(model.hours)
    elif (folder / "hours.csv").exists():
        tables["hours"] = _read(folder, "hours")
    if "demand" not in tables:
        tables["demand"] = _demand(
            regions, workloads, tables.get("hours"), facts,
            None if model.hours is None else model.hours.step_hours)
    if "site_hours" not in tables and "profiles" in facts and model.hours is not None:
        tables["site_hours"] = _site_hours(sites, tables["hours"], facts, model.hours)
    return tables


def sources_of(folder: Path) -> pd.DataFrame:
    """The sources of a package, indexed by source_id; empty when it has none.

    Raises
    ------
    DataError
        If a source has no name, or two have the same.
    """
    if not (folder / "sources.csv").exists():
        return pd.DataFrame()
    return check_table(schema.SOURCES, read_csv(folder, "sources.csv"),
                       source="sources.csv").set_index("source_id")


def seasonal_hours(hours: Hours) -> pd.DataFrame:
    """A day for each season in steps of ``step_hours``, weighted to a year of 8760 h.

    Examples
    --------
    >>> float(seasonal_hours(Hours(seasons=["DJF", "JJA"], step_hours=6))["weight_hours"].sum())
    8760.0
    """
    step = hours.step_hours
    days = sum(SEASON_DAYS[season] for season in hours.seasons)
    parts = [
        pd.DataFrame({
            "hour": pd.date_range(MIDDLE_OF_SEASON[season], periods=round(24 / step),
                                  freq=pd.Timedelta(hours=step), tz="UTC"),
            "weight_hours": SEASON_DAYS[season] * step * HOURS_PER_YEAR / 24 / days,
            "day": season,
            "season": season,
        })
        for season in hours.seasons
    ]
    return pd.concat(parts, ignore_index=True)


def _read(folder: Path, name: str) -> pd.DataFrame:
    table = schema.TABLES.get(name) or schema.FACTS[name]
    known = [c.name for c in table.columns]
    return typed_extras(read_csv(folder, f"{name}.csv"), known)


def _chosen(table: pd.DataFrame, key: str, selector: dict[str, Any], where: str) -> pd.DataFrame:
    """Rows the model's selector takes; ``key`` names the table in errors."""
    typed = typed_extras(table, (key,))
    for column, condition in selector.items():
        if column not in typed.columns:
            continue  # select says so
        known = set(as_labels(typed[column]))
        if column == "status":
            known |= set(schema.STATUS_SHARE)  # that none is damaged is no mistake
        for value in condition if isinstance(condition, list) else [condition]:
            if isinstance(value, (str, int, float)) and label(value) not in known:
                raise ScenarioError(f"{where}: no {key} has {column} = {value!r}; "
                                    f"{did_you_mean(str(value), known)}")
    return table[select({key: typed}, selector, where=where)[key]].reset_index(drop=True)


def _joined_sites(
    sites: pd.DataFrame, regions: pd.DataFrame, facts: dict[str, pd.DataFrame],
    faults: list[Fault],
) -> pd.DataFrame:
    """Sites with what their operator, chip and grid say; a site's own figure comes first."""
    out = sites
    for name, key, columns in (
        ("operators", "operator", {"name": "operator_name", "name_zh": "operator_name_zh",
                                   "hq": "hq", "control": "control", "technology": "technology"}),
        ("chips", "chip", {"name": "chip_name", "origin": "chip_origin",
                           "power_ratio": "power_ratio"}),
        ("grids", "grid", {c: c for c in (*_FROM_GRID, "energy_profile", "carbon_profile")}),
    ):
        if key not in out.columns or not (out[key] != "").any():
            continue
        if name not in facts:
            faults.append(Fault("sites.csv", f"names a {key}, but {name}.csv is missing",
                                column=key, cure=f"add {name}.csv, or remove the column"))
            continue
        table = facts[name].set_index(key)
        for site, value in zip(out["site"], out[key], strict=True):
            if value not in table.index:
                faults.append(Fault("sites.csv", f"no such {key} in {name}.csv", row=site,
                                    column=key, value=value, cure=did_you_mean(value, table.index)))
        found = table.reindex(out[key]).reset_index(drop=True)
        for column, named in columns.items():
            if column not in found.columns:
                continue
            if named in out.columns:
                own = out[named].reset_index(drop=True)
                blank = as_labels(own) == BLANK
                out = out.assign(**{named: own.astype(object).where(~blank, found[column])})
            else:
                out = out.assign(**{named: found[column].to_numpy()})
    if "control" in out.columns and {"country", "bloc"} <= set(regions.columns):
        blocs = blocs_of(regions)
        control = out["control"]
        bloc_of = control.map(blocs).astype(object)
        itself = control.where(control.isin(set(blocs.values())), "unknown")
        out = out.assign(control_bloc=bloc_of.where(bloc_of.notna(), itself))
    return out


def _demand(
    regions: pd.DataFrame, workloads: pd.DataFrame, hours: pd.DataFrame | None,
    facts: dict[str, pd.DataFrame], step: float | None,
) -> pd.DataFrame:
    """Demand by region, workload and hour from yearly means, shares and local-time shapes."""
    for table, column, name in ((regions, "demand_mw", "regions.csv"),
                                (workloads, "demand_share", "workloads.csv")):
        if column not in table.columns:
            raise DataError(
                f"{name} has no column {column}: give demand.csv, or {column} with demand shares"
            )
    mean = np.outer(_numbers(regions, "demand_mw", "regions.csv"),
                    _numbers(workloads, "demand_share", "workloads.csv"))
    index = pd.MultiIndex.from_product([regions["region"], workloads["workload"]],
                                       names=["region", "workload"])
    if hours is None or "demand_profiles" not in facts:
        return pd.DataFrame({"mw": mean.ravel()}, index=index).reset_index()
    shape = _day_shapes(facts["demand_profiles"], workloads["workload"])
    start, length = _clock(hours, step)
    offset = np.zeros(len(regions))
    if "utc_offset_hours" in regions.columns:
        offset = np.nan_to_num(_numbers(regions, "utc_offset_hours", "regions.csv"))
    factor = mean_over(shape, start + offset[:, None], length)  # workload × region × hour
    mw = mean[:, :, None] * factor.transpose(1, 0, 2)
    index = pd.MultiIndex.from_product(
        [regions["region"], workloads["workload"], hours["hour"]],
        names=["region", "workload", "hour"])
    return pd.DataFrame({"mw": mw.ravel()}, index=index).reset_index()


def _site_hours(
    sites: pd.DataFrame, hours: pd.DataFrame, facts: dict[str, pd.DataFrame], given: Hours
) -> pd.DataFrame | None:
    """Hourly energy price and carbon: the site's mean of the year times its grid's shape."""
    factors = facts["profiles"].set_index(["profile", "season", "hour_utc"])["factor"]
    columns = {}
    for figure, profile in (("energy_usd_per_mwh", "energy_profile"),
                            ("carbon_kg_per_mwh", "carbon_profile")):
        if profile not in sites.columns:
            continue
        shapes = {"": np.ones(len(hours))}
        for name in sorted(set(as_labels(sites[profile])) - {BLANK}):
            shapes[name] = _shape(factors, name, hours, given.step_hours)
        flat = as_labels(sites[profile])
        mean = _numbers(sites, figure, "sites.csv", schema.SITES)
        columns[figure] = (np.stack([shapes[name] for name in flat]) * mean[:, None]).ravel()
    if not columns:
        return None
    index = pd.MultiIndex.from_product([sites["site"], hours["hour"]], names=["site", "hour"])
    return pd.DataFrame(columns, index=index).reset_index()


def mean_over(shape: np.ndarray, start: np.ndarray, length: np.ndarray | float) -> np.ndarray:
    """Mean of hourly shapes of a day over steps of any start and length, shape (..., *start.shape).

    Parameters
    ----------
    shape : float array, shape (..., 24)
        Value in each hour of a day, which repeats.
    start : float array
        Beginning of each step [h]; a local clock may be half an hour or a quarter off.
    length : float or float array
        How long each lasts [h].

    Examples
    --------
    >>> odd = np.tile([0.0, 2.0], 12)
    >>> mean_over(odd, np.array([0.0, 5.5, 23.75]), 1.0).tolist()
    [0.0, 1.0, 0.5]
    """
    total = np.concatenate([np.zeros((*shape.shape[:-1], 1)), np.cumsum(shape, axis=-1)], axis=-1)

    def until(time: np.ndarray) -> np.ndarray:
        day, within = np.divmod(time, 24.0)
        hour = np.minimum(within.astype(np.int64), 23)
        part: np.ndarray = (day * total[..., -1:].reshape(*shape.shape[:-1], *[1] * time.ndim)
                            + total[..., hour] + shape[..., hour] * (within - hour))
        return part

    mean: np.ndarray = (until(start + length) - until(start)) / length
    return mean


def _clock(hours: pd.DataFrame, step: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Where each step begins in its day of UTC and how long it lasts, shape (T,) each [h].

    Where no ``step`` is known it lasts until the next one, or as long as steps usually do.
    """
    faults: list[Fault] = []
    typed = typed_hours("hour", hours["hour"], as_labels(hours["hour"]).tolist(), "hours.csv",
                        faults)
    if faults:
        raise DataError("hours.csv cannot be used:", faults)
    if pd.api.types.is_integer_dtype(typed):
        start = typed.to_numpy(dtype=np.float64) % 24
    else:
        start = (typed - typed.dt.normalize()).to_numpy() / np.timedelta64(1, "h")
    if step is not None:
        return start, np.full(len(hours), step)
    elapsed = elapsed_hours(pd.Index(typed))
    day = as_labels(hours["day"]) if "day" in hours.columns else None
    step = usual_step(elapsed, day)
    if step is not None or len(hours) < 2:
        return start, np.full(len(hours), step or 1.0)
    between = np.abs(np.diff(elapsed))
    return start, np.append(between, between[-1:])


def _day_shapes(profiles: pd.DataFrame, workloads: pd.Series) -> np.ndarray:
    """Factor of each workload in every hour of the local day, mean 1, shape (W, 24).

    A workload without a profile is flat; a profile has all its hours (see `optional`).
    """
    table = profiles.pivot_table(index="workload", columns="hour_local", values="factor")
    table = table.reindex(index=workloads, columns=[float(hour) for hour in range(24)])
    shape = table.fillna(1.0).to_numpy(dtype=np.float64)
    scaled: np.ndarray = shape / shape.mean(axis=1, keepdims=True)
    return scaled


def _shape(factors: pd.Series, name: str, hours: pd.DataFrame, step: float) -> np.ndarray:
    start, length = _clock(hours, step)
    out = np.zeros(len(hours))
    try:
        for season in hours["season"].unique():
            of_day = factors.loc[pd.MultiIndex.from_product(
                [[name], [season], [float(hour) for hour in range(24)]])].to_numpy()
            here = (hours["season"] == season).to_numpy()
            out[here] = mean_over(of_day, start[here], length[here])
    except KeyError:
        raise DataError(f"profiles.csv has no complete profile {name!r}: it needs 24 hours of "
                        "every season the model names") from None
    return out


def _numbers(
    table: pd.DataFrame, column: str, file: str, of: schema.Table | None = None
) -> np.ndarray:
    """A column that demand or hourly figures are made of, through the gate."""
    faults: list[Fault] = []
    key = file.removesuffix("s.csv")
    said = schema.DEMAND_MADE_OF[column] if of is None else of.column(column)
    assert said is not None  # noqa: S101 - both callers name columns that are there
    if of is not None:  # what is hardly in its unit is asked about when the whole table is typed
        said = replace(said, plausible=(-math.inf, math.inf))
    known = schema.Table(file, (key,), (schema.Column(key, "key"), said))
    typed = collect(known, table[[key, column]], faults)
    if faults:
        raise DataError(f"{file} cannot be used:", faults)
    return typed[column].to_numpy(dtype=np.float64)


def _check_rows(
    regions: pd.DataFrame, sites: pd.DataFrame, workloads: pd.DataFrame,
    available: Mapping[str, float], faults: list[Fault],
) -> None:
    """What must hold of all rows, also of those a model's selectors leave out."""
    for table, frame in ((schema.REGIONS, regions), (schema.SITES, sites),
                         (schema.WORKLOADS, workloads)):
        check_unique(table, frame, f"{table.name}.csv", faults)
        if table.key[0] not in frame.columns:
            check_columns(table, frame, f"{table.name}.csv", faults)
        if table.key[0] in frame.columns:
            check_bounds(table, frame, f"{table.name}.csv", list(as_labels(frame[table.key[0]])),
                         faults)
    if {"status", "site"} <= set(sites.columns):
        known = {*schema.STATUS_SHARE, *available}
        status = as_text(sites["status"])
        for i in np.flatnonzero(~status.isin({*known, ""})):
            faults.append(Fault("sites.csv", "is no known status", row=str(sites["site"].iloc[i]),
                                column="status", value=status.iloc[i],
                                cure=did_you_mean(status.iloc[i], known)))
