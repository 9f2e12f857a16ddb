"""The variable families: flow, unserved, backlog."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.program.algebra import Codes, Family, Floats
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
              d_{a,k} \quad \forall a, t \text{ of one day}

    Work is done first in, first out, so no more can wait than what arrived recently enough to be
    served in the next hour. Nothing waits at the end of a day: :math:`b_{a,t} = 0`.
    """
    asks = deferrable(a)
    upper = _most_waiting(a, asks)
    entities = pd.DataFrame({
        "region": a.ask_region[asks], "workload": a.ask_workload[asks], "ask": asks,
    })
    zero = np.zeros_like(upper)
    return Family("backlog", entities, zero, upper, zero)


def deferrable(a: Arrays) -> Codes:
    """Asks whose work can wait."""
    return np.flatnonzero(a.defer_hours[a.ask_workload] > 0)


def window(elapsed_hours: Floats, weight_hours: Floats, defer_hours: float) -> Floats:
    r"""Which arrivals of one day may still wait at the end of each of its hours, shape (K, K).

    Entry (k, t) is :math:`h_k / h_t` if work that arrived in hour k may be served in the hour
    after t, no later than its deadline, else 0; the last hour of the day has none.

    Examples
    --------
    >>> window(np.arange(3.0), np.ones(3), 1.0)
    array([[1., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    following = np.append(elapsed_hours[1:], np.inf)
    order = np.arange(len(elapsed_hours))
    may_wait = (order[:, None] <= order[None, :]) & (
        following[None, :] - elapsed_hours[:, None] <= defer_hours + 1e-9
    )
    return np.where(may_wait, weight_hours[:, None] / weight_hours[None, :], 0.0)


def days(a: Arrays) -> list[Codes]:
    """Positions of the hours of each day, in order."""
    return np.split(np.arange(a.n_hours), np.flatnonzero(np.diff(a.day)) + 1)


def _most_waiting(a: Arrays, asks: Codes) -> Floats:
    """Upper bound of the backlog of ``asks`` [MW], shape (len(asks), T)."""
    upper = np.zeros((len(asks), a.n_hours))
    limit = a.defer_hours[a.ask_workload[asks]]
    for hours in days(a):
        elapsed, weight = a.elapsed_hours[hours], a.weight_hours[hours]
        for defer_hours in np.unique(limit):
            rows = np.flatnonzero(limit == defer_hours)
            arrivals = a.demand_mw[np.ix_(asks[rows], hours)]
            upper[np.ix_(rows, hours)] = arrivals @ window(elapsed, weight, float(defer_hours))
    return upper
