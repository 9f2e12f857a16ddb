"""What goes unserved: by country or any other column, all of it and the critical part."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from computegrid.errors import ScenarioError, did_you_mean
from computegrid.program.algebra import Floats
from computegrid.scenario.scenario import Scenario
from computegrid.scenario.select import column_of, columns_of
from computegrid.tables.labels import as_labels

SMALLEST_LOSS = 1e-6
"""Unserved work below this part of what is asked is the solver's noise [1]."""


def loss_table(
    scenario: Scenario, lost_mwh: Floats, column: str, critical: npt.NDArray[np.bool_] | None = None
) -> pd.DataFrame:
    """Work lost by a column of regions or workloads: all of it, and the critical part.

    Parameters
    ----------
    lost_mwh : float array, shape (A,)
        Of every ask over the horizon [MWh]; NaN where it is not known.
    critical : bool array, shape (A,), optional
        Which asks are critical; by ``data_class`` when None, all where workloads have none.
    """
    a = scenario.arrays
    label = of_asks(scenario, column)
    if critical is None:
        critical = critical_work(scenario)
    asked = a.demand_mw @ a.weight_hours
    lost = without_noise(lost_mwh, asked)
    table = pd.DataFrame({"demand_mwh": asked, "unserved_mwh": lost,
                          "critical_demand_mwh": asked * critical,
                          "critical_unserved_mwh": lost * critical}).groupby(label).sum(min_count=1)
    for kind in ("", "critical_"):
        whole = table[f"{kind}demand_mwh"]
        table[f"{kind}unserved_share"] = (table[f"{kind}unserved_mwh"]
                                          / whole.where(whole > 0)).where(whole > 0, 0.0)
    columns = [f"{kind}{name}" for kind in ("", "critical_")
               for name in ("demand_mwh", "unserved_mwh", "unserved_share")]
    return table[columns].rename_axis(column).sort_values(
        ["critical_unserved_mwh", "unserved_mwh"], ascending=False, kind="stable")


def without_noise(lost: Floats, asked: Floats) -> Floats:
    """Work lost, 0 where it is below ``SMALLEST_LOSS`` of what is asked; NaN stays NaN."""
    return np.where(np.abs(lost) <= SMALLEST_LOSS * asked, 0.0, lost)


def critical_work(scenario: Scenario) -> npt.NDArray[np.bool_]:
    """Which asks are critical, shape (A,): by ``data_class``, all where none is named so."""
    workloads, a = scenario.tables["workloads"], scenario.arrays
    named = np.ones(len(workloads), dtype=bool)
    if "data_class" in workloads.columns and (workloads["data_class"] == "critical").any():
        named = (workloads["data_class"] == "critical").to_numpy(dtype=bool)
    found: npt.NDArray[np.bool_] = named[a.ask_workload]
    return found


def of_asks(scenario: Scenario, column: str) -> np.ndarray:
    """Value of a column of regions or workloads for every ask, shape (A,).

    Raises
    ------
    ScenarioError
        If neither has that column.
    """
    a, tables = scenario.arrays, scenario.tables
    places = (("regions", a.ask_region), ("workloads", a.ask_workload))
    for name, at in places:
        values = column_of(tables[name], column)
        if values is not None:
            return as_labels(values)[at]
    known = [c for name, _ in places for c in columns_of(tables[name])]
    raise ScenarioError(f"no column {column!r} of regions or workloads; "
                        f"{did_you_mean(column, known)}")
