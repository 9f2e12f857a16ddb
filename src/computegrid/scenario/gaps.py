"""Hours for which a table has no figure: told as faults, or filled in a way asked for by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import Fault, did_you_mean
from computegrid.scenario.select import Mask, positions
from computegrid.tables import schema
from computegrid.tables.steps import chain_of, elapsed_hours

Floats = npt.NDArray[np.float64]
Fill = Literal["previous", "interpolate"]

FILLS: tuple[str, ...] = get_args(Fill)
ASSUMED = "assumed"
"""Attribute of the table of sites that lists the columns nobody gave: they hold their default."""
_HOURLY = ("energy_usd_per_mwh", "carbon_kg_per_mwh", "pue", "available_mw")
_MOST_NAMED, _MOST_SPANS = 3, 6
_ASK = f"ask for a fill by name, fill={' or '.join(map(repr, FILLS))}"


def check_fill(fill: object, faults: list[Fault]) -> None:
    """Append a fault if gaps are to be filled in a way that is not known."""
    if fill is not None and fill not in FILLS:
        faults.append(Fault("fill", "is no way to fill gaps", value=fill,
                            cure=did_you_mean(str(fill), FILLS)))


def assumed_columns(raw: pd.DataFrame) -> list[str]:
    """Hourly figures for which a table of sites, as given, has no column of the planner's."""
    before, columns = raw.attrs.get(ASSUMED, ()), raw.columns
    return [name for name in _HOURLY[:-1] if name not in columns or name in before]


def close_gaps(
    tables: dict[str, Any], fill: str | None, faults: list[Fault], notes: list[Fault]
) -> None:
    """Complete the hourly tables in place: by a fill asked for, else by a static figure.

    A pair of region and workload without any row asks for nothing, and a column that nobody gave
    for any hour is not hourly; a series that is there for some hours must be there for all.
    Figures are filled within chains of hours only, never from one day of the year to another.

    Parameters
    ----------
    tables : dict
        ``hours``, ``demand``, ``sites`` and, where given, ``site_hours``; typed.
    fill : {"previous", "interpolate"} or None
        The figure of the hour before, or the straight line between neighbours in time.
    faults, notes : list of Fault
        Get what has no figure, and what was filled.
    """
    if "hour" in tables["demand"].columns:
        tables["demand"] = _demand(tables, fill, faults, notes)
    if tables.get("site_hours") is not None:
        tables["site_hours"] = _site_hours(tables, fill, faults, notes)


def _demand(
    tables: Mapping[str, Any], fill: str | None, faults: list[Fault], notes: list[Fault]
) -> pd.DataFrame:
    demand: pd.DataFrame = tables["demand"]
    hours: pd.DataFrame = tables["hours"]
    key = demand["region"] + "/" + demand["workload"]
    row, names = pd.factorize(key)
    at = positions(hours.index, demand["hour"])
    dense = np.full((len(names), len(hours)), np.nan)
    dense[row, at] = demand["mw"]
    missing = np.isnan(dense)
    if not missing.any():
        return demand
    filled = _filled(dense, hours, fill)
    _tell("demand", "mw", list(names), missing, np.isnan(filled), hours, fill, faults, notes,
          "0 where nothing is wanted")
    demand = demand.assign(mw=filled[row, at])
    there = np.zeros(dense.shape, dtype=bool)
    there[row, at] = True
    first = demand.groupby(row)[["region", "workload"]].first()
    return _with_rows(demand, first, there, hours, {"mw": filled})


def _site_hours(
    tables: Mapping[str, Any], fill: str | None, faults: list[Fault], notes: list[Fault]
) -> pd.DataFrame:
    table: pd.DataFrame = tables["site_hours"]
    sites, hours = tables["sites"], tables["hours"]
    columns = [name for name in _HOURLY if name in table.columns]
    at = positions(sites.index, table["site"]), positions(hours.index, table["hour"])
    filled: dict[str, Floats] = {}
    for name in columns:
        dense = np.full((len(sites), len(hours)), np.nan)
        dense[at] = table[name]
        missing = np.isnan(dense)
        some = missing.any(axis=1) & ~missing.all(axis=1)
        if not missing.any() or missing.all():
            continue
        filled[name] = _filled(dense, hours, fill)
        left = np.isnan(filled[name])
        static = _static(sites, name)
        own = (left & some[:, None])[static]
        if own.any():
            _remark(notes, "site_hours", name, list(sites.index[static]), own, hours,
                    "the whole capacity is taken" if name == "available_mw"
                    else "the site's own figure in sites is taken")
        needed = ~static
        _tell("site_hours", name, list(sites.index), missing & (some | needed)[:, None],
              left & needed[:, None], hours, fill, faults, notes,
              "or the site's own figure in sites")
    if not filled:
        return table
    there = np.zeros((len(sites), len(hours)), dtype=bool)
    there[at] = True
    table = table.assign(**{name: values[at] for name, values in filled.items()})
    first = pd.DataFrame({"site": sites.index})
    new = np.logical_or.reduce([~np.isnan(values) for values in filled.values()])
    return _with_rows(table, first, there | ~new, hours, filled)


def _static(sites: pd.DataFrame, name: str) -> Mask:
    """Which sites have a figure of their own, that the planner gave, where an hour has none."""
    if name == "available_mw":
        return np.ones(len(sites), dtype=bool)
    if name not in sites.attrs.get(ASSUMED, ()):
        return np.ones(len(sites), dtype=bool)
    default = schema.SITES.column(name).default  # type: ignore[union-attr]
    given: Mask = sites[name].to_numpy(dtype=np.float64) != default
    return given


def _filled(dense: Floats, hours: pd.DataFrame, fill: str | None) -> Floats:
    """The figures with gaps filled within chains of hours, shape (rows, T); NaN where none can be.

    >>> hours = pd.DataFrame({"weight_hours": 1.0}, index=[0, 1, 2, 3])
    >>> _filled(np.array([[np.nan, 1.0, np.nan, 3.0]]), hours, "interpolate").tolist()
    [[nan, 1.0, 2.0, 3.0]]
    """
    if fill is None:
        return dense
    columns = pd.DataFrame(dense.T, index=elapsed_hours(hours.index))
    parts = [
        part.ffill() if fill == "previous" else part.interpolate("index", limit_area="inside")
        for _, part in columns.groupby(chain_of(hours), sort=False)
    ]
    out: Floats = pd.concat(parts).to_numpy(dtype=np.float64).T
    return out


def _tell(
    table: str, column: str, names: Sequence[str], missing: Mask, left: Mask,
    hours: pd.DataFrame, fill: str | None, faults: list[Fault], notes: list[Fault], cure: str,
) -> None:
    """Remark on what was filled, and a fault for what has no figure still."""
    done = missing & ~left
    if fill is not None and done.any():
        _remark(notes, table, column, names, done, hours,
                "the figure of the hour before is taken" if fill == "previous"
                else "the line between the neighbours is taken")
    why = "" if fill is None else {"previous": ", with none before them",
                                   "interpolate": ", with none on both sides"}[fill]
    for rows in _alike(left):
        where = np.flatnonzero(left[rows[0]])
        faults.append(Fault(
            table, f"{len(where)} of {len(hours)} hours, first {_hour(hours.index[where[0]])}, "
            f"have no figure{why}", row=_names([names[i] for i in rows]), column=column,
            cure=f"give them, {cure}" + (f", or {_ASK}" if fill is None else "")))


def _remark(
    notes: list[Fault], table: str, column: str, names: Sequence[str], which: Mask,
    hours: pd.DataFrame, what: str,
) -> None:
    for rows in _alike(which):
        where = np.flatnonzero(which[rows[0]])
        notes.append(Fault(
            table, f"{len(where)} of {len(hours)} hours have no figure, {what}: "
            f"{_spans(hours.index, where)}", row=_names([names[i] for i in rows]), column=column))


def _alike(missing: Mask) -> list[list[int]]:
    """Rows that miss the same hours, as lists; those that miss none are left out."""
    groups: dict[bytes, list[int]] = {}
    for i in np.flatnonzero(missing.any(axis=1)):
        groups.setdefault(np.packbits(missing[i]).tobytes(), []).append(int(i))
    return list(groups.values())


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _spans(index: pd.Index, where: npt.NDArray[np.intp]) -> str:
    """Hours as runs: ``2030-01-01 03:00 to 2030-01-01 05:00, 2030-01-02 00:00``."""
    runs = np.split(where, np.flatnonzero(np.diff(where) > 1) + 1)
    said = [_hour(index[run[0]]) + (f" to {_hour(index[run[-1]])}" if len(run) > 1 else "")
            for run in runs[:_MOST_SPANS]]
    return ", ".join(said) + (", ..." if len(runs) > _MOST_SPANS else "")


def _hour(hour: Any) -> str:
    return f"{hour:%Y-%m-%d %H:%M}" if isinstance(hour, pd.Timestamp) else f"hour {hour}"


def _with_rows(
    table: pd.DataFrame, keys: pd.DataFrame, there: Mask, hours: pd.DataFrame,
    figures: Mapping[str, Floats],
) -> pd.DataFrame:
    """The table with a row for every key and hour that is not there."""
    rows, at = np.nonzero(~there)
    if not len(rows):
        return table
    more = keys.iloc[rows].reset_index(drop=True).assign(
        hour=hours.index[at], **{name: values[rows, at] for name, values in figures.items()})
    longer: pd.DataFrame = pd.concat([table, more], ignore_index=True)
    return longer
