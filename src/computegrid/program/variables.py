"""The variable families: flow, unserved, backlog."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.program.algebra import Family, Floats
from computegrid.program.deadlines import deferrable, most_waiting
from computegrid.scenario.arrays import Arrays


def flow(a: Arrays, cost: Floats, upper: Floats) -> Family:
    r"""Work done on a lane in an hour [MW], :math:`0 \le f_{\ell,t} \le \overline f_{\ell,t}`.

    The upper bound is infinite, or 0 where a rule forbids the lane: a forbidden lane keeps its
    column, so its reduced cost prices the rule.
    """
    entities = pd.DataFrame({
        "region": a.lane_region, "workload": a.lane_workload, "site": a.lane_site,
    })
    return Family("flow", entities, np.broadcast_to(0.0, cost.shape), upper, cost)


def unserved(a: Arrays, cost: Floats) -> Family:
    r"""Demand given up [MW], :math:`u_{a,t} \ge 0`; 0 where the work must be served."""
    must = np.isinf(a.unserved_usd_per_mwh)[a.ask_workload]
    upper = np.where(must[:, None], 0.0, np.inf) * np.ones_like(cost)
    entities = pd.DataFrame({"region": a.ask_region, "workload": a.ask_workload})
    return Family("unserved", entities, np.zeros_like(cost), upper, cost)


def backlog(a: Arrays) -> Family:
    r"""Work that waits at the end of an hour [MW of that hour], within its deadline window.

    .. math:: 0 \le b_{a,t} \le \sum_{k \le t,\ \tau_{t+1} - \tau_k \le D_w} \frac{h_k}{h_t}
              d_{a,k} \quad \forall a, t \text{ of one chain}

    Work is done first in, first out, so no more can wait than what arrived recently enough to be
    served in the next hour. Nothing waits at the end of a chain of hours: :math:`b_{a,t} = 0`.
    """
    asks = deferrable(a)
    upper = most_waiting(a, asks)
    entities = pd.DataFrame({
        "region": a.ask_region[asks], "workload": a.ask_workload[asks], "ask": asks,
        "defer_hours": a.defer_hours[asks],
    })
    zero = np.zeros_like(upper)
    return Family("backlog", entities, zero, upper, zero)
