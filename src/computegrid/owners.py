"""Who receives the rents: from scarce capacity to its ultimate owners."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program.algebra import Floats
from computegrid.scenario.home import UNKNOWN
from computegrid.scenario.scenario import Scenario
from computegrid.tables.labels import as_labels
from computegrid.units import HOURS_PER_YEAR

OWNER = "owner"
"""What rents are shared out by when no column of sites is named: ultimate owners."""


def rents_by(
    scenario: Scenario, rent_usd: Floats, available_mwh: Floats, hours: float, by: str = OWNER
) -> pd.DataFrame:
    r"""Rents of scarce capacity by who receives them.

    .. math:: R_s = \sum_t h_t \lambda_{s,t} K_{s,t}, \qquad R_j = \sum_s \theta_{s,j} R_s

    with the rent :math:`\lambda` of one MW and hour, the capacity :math:`K` available and, for
    owners, the look-through share :math:`\theta` of jurisdiction j in the site's operator.

    Parameters
    ----------
    scenario : Scenario
    rent_usd : float array, shape (S,)
        Rent of each site's capacity over the horizon: what one more MW and hour would save, times
        what is available [USD].
    available_mwh : float array, shape (S,)
        Capacity available, over the horizon [MWh].
    hours : float
        Real hours of the horizon.
    by : str
        ``"owner"``: jurisdictions that ultimately hold the operators, ``unknown`` where nothing
        is published; or a column of sites (``control``, ``operator``, ``country``, ``site``).

    Returns
    -------
    DataFrame
        Largest first: ``rent_usd`` over the horizon, ``share`` of all rents, ``capacity_mw``
        (mean available), ``usd_per_mw_year`` (the yield of holding a MW for a year).

    Raises
    ------
    ScenarioError
        If sites have no such column.
    """
    sites = scenario.tables["sites"]
    amounts = pd.DataFrame({"rent_usd": rent_usd, "capacity_mw": available_mwh / hours},
                           index=sites.index)
    if by == OWNER:
        held = _held(scenario)
        table = held.T @ amounts
    elif by == sites.index.name:
        table = amounts
    elif by in sites.columns:
        table = amounts.groupby(as_labels(sites[by])).sum()
    else:
        known = [OWNER, str(sites.index.name), *map(str, sites.columns)]
        raise ScenarioError(f"rents cannot be shared out by {by!r}; {did_you_mean(by, known)}")
    table = table[(table["rent_usd"] > 0) | (table["capacity_mw"] > 0)].rename_axis(by)
    total = float(table["rent_usd"].sum())
    table.insert(1, "share", table["rent_usd"] / total if total > 0 else 0.0)
    per_mw = table["rent_usd"] / table["capacity_mw"].where(table["capacity_mw"] > 0)
    table["usd_per_mw_year"] = per_mw * HOURS_PER_YEAR / hours
    return table.sort_values("rent_usd", ascending=False, kind="stable")


def _held(scenario: Scenario) -> pd.DataFrame:
    """Share of every jurisdiction in every site, shape (S, jurisdictions); rows sum to 1."""
    sites, owned = scenario.tables["sites"], scenario.ownership
    if owned.empty or "operator" not in sites.columns:
        return pd.DataFrame({UNKNOWN: np.ones(len(sites))}, index=sites.index)
    wide = owned.pivot_table(index="operator", columns="jurisdiction", values="share",
                             aggfunc="sum", fill_value=0.0)
    if UNKNOWN not in wide.columns:
        wide[UNKNOWN] = 0.0
    held = wide.reindex(as_labels(sites["operator"]), fill_value=0.0)
    held.index = sites.index
    held[UNKNOWN] += np.maximum(1.0 - held.sum(axis=1), 0.0)
    return held.rename_axis(columns=None)
