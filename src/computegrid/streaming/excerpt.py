"""Parts of a streamed run small enough to hold and draw: some of its days, or its mean day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from computegrid.answer.base import Answer
from computegrid.answer.totals import Totals, sums_of
from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program.algebra import Codes, Floats
from computegrid.program.build import selections
from computegrid.program.objective import Minimise
from computegrid.scenario.regime import Limit, Regime
from computegrid.scenario.scenario import Scenario
from computegrid.streaming.answer import StreamedRun
from computegrid.streaming.window import HOURLY
from computegrid.tables.labels import as_labels
from computegrid.tables.steps import day_of

Days = str | int | Iterable[Any]
_ASK, _LANE = ["region", "workload"], ["region", "workload", "site"]


@dataclass(frozen=True, eq=False)
class Excerpt(Answer):
    """Some hours of a streamed run, its tables held in memory; an answer like the run itself.

    Attributes
    ----------
    scenario : Scenario
        Of those hours alone.
    regime : Regime
    objective : float
        Cost of the hours, without the penalties of rules over the horizon [USD].
    """

    scenario: Scenario
    regime: Regime
    _tables: Mapping[str, pd.DataFrame] = field(repr=False)
    _held: Totals = field(repr=False)
    minimise: Minimise = "cost"
    status: str = "optimal"
    solver: str = ""

    @property
    def _totals(self) -> Totals:
        return self._held

    @property
    def objective(self) -> float:
        """Cost of the hours [USD]."""
        return self.cost_usd

    @property
    def flows(self) -> pd.DataFrame:
        """Tidy ``region, workload, site, hour, mw``."""
        return self._tables["flows"].copy()

    @property
    def unserved(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, mw``."""
        return self._tables["unserved"].copy()

    @property
    def utilisation(self) -> pd.DataFrame:
        """Tidy ``site, hour, mw, power_mw, available_mw, utilisation``."""
        return self._tables["utilisation"].copy()

    @property
    def prices(self) -> pd.DataFrame:
        """Tidy ``region, workload, hour, usd_per_mwh``."""
        return self._tables["prices"].copy()

    @property
    def rents(self) -> pd.DataFrame:
        """Tidy ``site, hour, usd_per_mwh``."""
        return self._tables["rents"].copy()

    @property
    def rule_prices(self) -> pd.DataFrame:
        """Rows of rules by those hours, and those over the whole horizon."""
        return self._tables["rule_prices"].copy()


def days_of(run: StreamedRun, days: Days) -> Excerpt:
    """Return some days of a run, with all their tables.

    Parameters
    ----------
    run : StreamedRun
    days : str, int or list of them
        Days as ``scenario.hours`` names them: dates (``"2025-01-31"``), or numbers.

    Raises
    ------
    ScenarioError
        If the run has no such day, naming it.
    """
    whole, tables = run.scenario, run.scenario.tables
    named = as_labels(day_of(tables["hours"]))
    wanted = [str(day) for day in ([days] if isinstance(days, (str, int)) else days)]
    known = list(dict.fromkeys(named))
    for day in wanted or [""]:
        if day not in known:
            raise ScenarioError(f"the run has no day {day!r}; {did_you_mean(day, known)}")
    at = np.flatnonzero(np.isin(named, wanted))
    part = _of_hours(whole, tables["hours"].iloc[at],
                     {name: getattr(whole.arrays, name)[..., at] for name in HOURLY})
    hours = part.tables["hours"].index
    held = {name: (table := getattr(run, name))[table["hour"].isin(hours)].reset_index(drop=True)
            for name in ("flows", "unserved", "utilisation", "prices", "rents")}
    rules = run.rule_prices
    held["rule_prices"] = rules[rules["hour"].isin(hours) | rules["hour"].isna()].reset_index(
        drop=True)
    a = part.arrays
    chosen = [(rule, replace(found, hours=np.flatnonzero(np.isin(at, found.hours))))
              for rule, found in selections(whole, run.regime)]
    totals = sums_of(
        a, chosen, _dense(part, held["flows"], _LANE, "mw"),
        _dense(part, held["unserved"], _ASK, "mw"),
        _dense(part, held["rents"], ["site"], "usd_per_mwh"))
    paid = _penalties(run.regime, held["rule_prices"], part)
    return Excerpt(part, run.regime, held, replace(totals, penalties_usd=paid),
                   solver=run.solver)


def mean_day(run: StreamedRun) -> Excerpt:
    """Return the mean over all days of every hour of the day; totals are those of the run.

    Flows, work given up and capacity are weighted by the hours, prices by what is wanted.
    """
    whole = run.scenario
    steps, at = np.unique(_time_of_day(whole), return_inverse=True)
    weight, n = whole.arrays.weight_hours, whole.arrays.n_hours
    into = np.zeros((n, len(steps)))
    into[np.arange(n), at] = weight
    total: Floats = into.sum(axis=0)
    first = np.array([np.flatnonzero(at == k)[0] for k in range(len(steps))])
    hours = whole.tables["hours"].iloc[first].copy()
    days = len(np.unique(whole.arrays.day))
    hours["weight_hours"], hours["season"] = total, f"mean of {days} days"
    hours["day"] = 0
    arrays = {name: getattr(whole.arrays, name)[..., first] for name in HOURLY}
    arrays |= {name: np.asarray(getattr(whole.arrays, name) @ into / total) for name in HOURLY
               if getattr(whole.arrays, name).ndim == 2} | {"weight_hours": total}
    part = _of_hours(whole, hours, arrays)
    wanted = whole.arrays.demand_mw
    price = _dense(whole, run.prices, _ASK, "usd_per_mwh")
    asked = wanted @ into
    paid = np.divide((price * wanted) @ into, asked, out=np.asarray(price @ into / total),
                     where=asked > 0)
    held = {name: _mean(whole, part, getattr(run, name), keys, ["mw"], at, total)
            for name, keys in (("flows", _LANE), ("unserved", _ASK))}
    use = _mean(whole, part, run.utilisation, ["site"], ["mw", "power_mw", "available_mw"], at,
                total)
    offered = use["available_mw"]
    held["utilisation"] = use.assign(
        utilisation=(use["power_mw"] / offered.where(offered > 0)).fillna(0.0))
    ask, hour = (axis.ravel() for axis in np.indices(paid.shape))
    held["prices"] = pd.DataFrame({
        "region": whole.tables["regions"].index.take(whole.arrays.ask_region[ask]),
        "workload": whole.tables["workloads"].index.take(whole.arrays.ask_workload[ask]),
        "hour": hours.index.take(hour), "usd_per_mwh": paid.ravel()})
    held["rents"] = _mean(whole, part, run.rents, ["site"], ["usd_per_mwh"], at, total)
    held["rule_prices"] = run.rule_prices
    return Excerpt(part, run.regime, held, run._totals, solver=run.solver)


def _of_hours(
    whole: Scenario, hours: pd.DataFrame, arrays: Mapping[str, np.ndarray]
) -> Scenario:
    return replace(whole, _tables={**whole.tables, "hours": hours},
                   _arrays=replace(whole.arrays, **dict[str, Any](arrays)))


def _time_of_day(scenario: Scenario) -> Floats:
    """Hour of the day of each step, in UTC where that is known [h]."""
    hours, a = scenario.tables["hours"], scenario.arrays
    if isinstance(hours.index, pd.DatetimeIndex):
        return np.asarray(hours.index.hour + hours.index.minute / 60, dtype=np.float64)
    if "hour_utc" in hours.columns and hours["hour_utc"].notna().all():
        return hours["hour_utc"].to_numpy(dtype=np.float64)
    first = np.flatnonzero(np.diff(a.day, prepend=a.day[0] - 1))
    began = a.elapsed_hours[first][np.searchsorted(first, np.arange(a.n_hours), "right") - 1]
    return np.round(a.elapsed_hours - began, 6)


def _mean(
    whole: Scenario, part: Scenario, table: pd.DataFrame, keys: list[str], figures: list[str],
    at: Codes, total: Floats,
) -> pd.DataFrame:
    """Mean of figures over the hours of each time of the day, absent rows counted as 0."""
    hour = whole.tables["hours"].index.get_indexer(pd.Index(table["hour"]))
    step = at[hour]
    share = whole.arrays.weight_hours[hour] / total[step]
    names = part.tables["hours"].index
    means = table[keys].assign(
        hour=step, **{name: table[name].to_numpy() * share for name in figures})
    summed = means.groupby([*keys, "hour"], as_index=False, sort=False)[figures].sum()
    return summed.assign(hour=names.take(summed["hour"].to_numpy()))


def _dense(
    scenario: Scenario, table: pd.DataFrame, keys: list[str], figure: str
) -> Floats:
    """Return a tidy table as an array by lane, pair or site (rows) and hour."""
    a, tables = scenario.arrays, scenario.tables
    if keys == ["site"]:
        rows, row = a.n_sites, tables["sites"].index.get_indexer(pd.Index(table["site"]))
    else:
        names = tables["lanes"][keys] if keys == _LANE else pd.DataFrame({
            "region": tables["regions"].index.take(a.ask_region),
            "workload": tables["workloads"].index.take(a.ask_workload)})
        index = pd.MultiIndex.from_frame(names)
        rows, row = len(index), index.get_indexer(pd.MultiIndex.from_frame(table[keys]))
    out = np.zeros((rows, a.n_hours))
    hour = tables["hours"].index.get_indexer(pd.Index(table["hour"]))
    out[row, hour] = table[figure].to_numpy(dtype=np.float64)
    return out


def _penalties(regime: Regime, rows: pd.DataFrame, part: Scenario) -> dict[str, float]:
    """Penalty of soft limits by the hour, from what their rows are over their bounds."""
    hours, weight = part.tables["hours"].index, part.arrays.weight_hours
    found = {}
    for rule in regime.rules:
        if not isinstance(rule, Limit) or rule.penalty_usd is None or rule.per != "hour":
            continue
        own = rows[rows["rule"] == rule.label]
        done, lower, upper = (own[name].to_numpy(dtype=np.float64)
                              for name in ("activity", "lower", "upper"))
        broken = np.maximum(done - upper, 0.0) + np.maximum(lower - done, 0.0)
        lasts = weight[hours.get_indexer(pd.Index(own["hour"]))]
        found[rule.label] = float(rule.penalty_usd * broken @ lasts)
    return found
