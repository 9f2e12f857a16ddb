"""What one dispatch amounts to: the figures a comparison sets side by side."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.accounts import at_home, own_control
from computegrid.dispatch import Dispatch
from computegrid.program import objective
from computegrid.program.algebra import Floats
from computegrid.scenario.scenario import Scenario
from computegrid.tables.labels import as_labels, as_text

_FROM_SUMMARY = ("cost_usd", "operating_cost_usd", "energy_mwh", "carbon_t", "served_mwh",
                 "unserved_mwh")


def measures(dispatch: Dispatch) -> dict[str, float]:
    """Figures of a dispatch over its horizon; the unit is the last suffix of each name.

    Returns
    -------
    dict
        ``cost_usd``, ``operating_cost_usd``, ``energy_mwh``, ``carbon_t``, ``served_mwh``,
        ``unserved_mwh`` and the same by data class (``unserved_<class>_mwh``), ``mean_rtt_ms``
        and ``p95_rtt_ms`` of the work served, ``home_share`` (at sites in the region's own
        group), ``own_control_share`` (at sites controlled from the region's own country or bloc;
        unknown control is not own), ``control_<who>_share`` for every controller (they sum to 1),
        ``controllers_hhi``, ``utilisation``, ``foreign_spend_usd`` (energy, rent and network paid
        at sites not controlled from home).
    """
    scenario, a = dispatch.scenario, dispatch.scenario.arrays
    summary = dispatch.summary
    work = dispatch.flow_mw * a.weight_hours
    lane = work.sum(axis=1)
    served = float(lane.sum())
    own = own_control(scenario)
    spend = (objective.operating_usd(a) * work).sum(axis=1)
    out = {name: float(summary[name]) for name in _FROM_SUMMARY}
    out |= {f"unserved_{name}_mwh": value for name, value in unserved_by_class(dispatch).items()}
    out["mean_rtt_ms"] = float(summary["mean_rtt_ms"])
    out["p95_rtt_ms"] = weighted_quantile(a.rtt_ms, lane, 0.95)
    out["home_share"] = _share(at_home(scenario), lane, served)
    out["own_control_share"] = _share(own, lane, served)
    out["controllers_hhi"] = float(summary["controllers_hhi"])
    out["utilisation"] = float(summary["utilisation"])
    out["foreign_spend_usd"] = float("nan") if own is None else float((1.0 - own) @ spend)
    shares = dispatch.control_shares
    out |= {f"control_{who}_share": float(share) for who, share in shares.items()}
    return out


def data_classes(scenario: Scenario) -> pd.Series:
    """Data class of every workload; the workload itself where the scenario names no classes."""
    workloads = scenario.tables["workloads"]
    if "data_class" in workloads.columns:
        return as_text(workloads["data_class"])
    return pd.Series(as_labels(workloads.index), index=workloads.index, name="data_class")


def unserved_by_class(dispatch: Dispatch) -> dict[str, float]:
    """Unserved work by data class over the horizon [MWh]; every class is there."""
    scenario, a = dispatch.scenario, dispatch.scenario.arrays
    classes = data_classes(scenario)
    by_ask = unserved_mw(dispatch) @ a.weight_hours
    of_ask = classes.to_numpy()[a.ask_workload]
    return {name: float(by_ask[of_ask == name].sum()) for name in sorted(classes.unique())}


def unserved_mw(dispatch: Dispatch) -> Floats:
    """Demand left unserved, shape (A, T) [MW]."""
    shape = dispatch.scenario.arrays.demand_mw.shape
    values: Floats = dispatch.unserved["mw"].to_numpy(dtype=np.float64).reshape(shape)
    return values


def weighted_quantile(values: Floats, weight: Floats, quantile: float) -> float:
    """Smallest value that at least ``quantile`` of the weight does not exceed.

    Examples
    --------
    >>> weighted_quantile(np.array([5.0, 20.0, 90.0]), np.array([6.0, 3.0, 1.0]), 0.9)
    20.0
    """
    used = weight > 0
    if not used.any():
        return float("nan")
    order = np.argsort(values[used], kind="stable")
    total = np.cumsum(weight[used][order])
    at = min(int(np.searchsorted(total, quantile * total[-1] * (1 - 1e-12))), len(order) - 1)
    return float(values[used][order][at])


def _share(member: Floats | None, lane: Floats, served: float) -> float:
    return float("nan") if member is None or served <= 0 else float((member * lane).sum()) / served
