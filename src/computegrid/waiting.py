"""Work that waits: when it arrives, when it runs, and how much waits at the end of every hour."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.program.algebra import Codes, Equations, Floats
from computegrid.program.deadlines import chains, waits_of
from computegrid.scenario.arrays import Arrays
from computegrid.scenario.scenario import Scenario

SMALLEST = 1e-9
"""Less than this part of what a pair asks for in a chain of hours is rounding."""


def waiting_table(scenario: Scenario, lp: Equations, x: Floats) -> pd.DataFrame:
    """Return what waited, tidy: region, workload, arrived, run, mwh, delay_hours.

    Of a region and workload what arrived first is done first: the work between two amounts of the
    cumulative demand is that between the same amounts of the cumulative work done. Where part of
    what leaves the queue in an hour is given up, all that leaves then is so by the same part, and
    only the work done is told.
    """
    a, tables = scenario.arrays, scenario.tables
    asks = waits_of(lp)[0]
    left = _leaving(a, lp, x)
    found = [part for ask in asks for hours in chains(a)
             if (part := _matched(ask, hours, a, *left)) is not None]
    none = np.zeros(0, dtype=np.int64)
    ask, arrived, run = (np.concatenate([none, *(part[i] for part in found)]) for i in range(3))
    mwh = np.concatenate([np.zeros(0), *(part[3] for part in found)])
    hours = tables["hours"].index
    return pd.DataFrame({
        "region": tables["regions"].index.take(a.ask_region[ask]),
        "workload": tables["workloads"].index.take(a.ask_workload[ask]),
        "arrived": hours.take(arrived), "run": hours.take(run), "mwh": mwh,
        "delay_hours": a.elapsed_hours[run] - a.elapsed_hours[arrived],
    })


def delay_table(
    scenario: Scenario, waits: tuple[Codes, Floats], waiting: pd.DataFrame
) -> pd.DataFrame:
    """Return by workload: demand and work that waited [MWh], mean and longest delay [h].

    ``waits`` are the pairs of region and workload whose work may wait, and how long. The mean is
    over the work that waited; 0 where none did.
    """
    a, names = scenario.arrays, scenario.tables["workloads"].index
    workload = names.get_indexer(pd.Index(waiting["workload"]))
    mwh = waiting["mwh"].to_numpy(dtype=np.float64)
    delay = waiting["delay_hours"].to_numpy(dtype=np.float64)
    waited = np.bincount(workload, mwh, minlength=len(names))
    longest = np.zeros(len(names))
    np.maximum.at(longest, workload, delay)
    demand = np.bincount(a.ask_workload, a.demand_mw @ a.weight_hours, minlength=len(names))
    total = np.bincount(workload, mwh * delay, minlength=len(names)).astype(np.float64)
    allowed = np.zeros(len(names))
    asks, limit = waits
    np.maximum.at(allowed, a.ask_workload[asks], limit)
    return pd.DataFrame({
        "demand_mwh": demand, "waited_mwh": waited,
        "mean_delay_hours": np.divide(total, waited, out=np.zeros_like(total), where=waited > 0),
        "longest_delay_hours": longest, "defer_hours": allowed,
    }, index=names)


def backlog_table(scenario: Scenario, lp: Equations, x: Floats) -> pd.DataFrame:
    """Return what waits at the end of every hour, tidy: region, workload, hour, mwh."""
    a, tables = scenario.arrays, scenario.tables
    asks = waits_of(lp)[0]
    held = np.zeros((0, a.n_hours))
    if len(asks):
        held = x[lp.columns_of("backlog")].reshape(-1, a.n_hours).clip(min=0.0) * a.weight_hours
    row, hour = (axis.ravel() for axis in np.indices(held.shape))
    return pd.DataFrame({
        "region": tables["regions"].index.take(a.ask_region[asks][row]),
        "workload": tables["workloads"].index.take(a.ask_workload[asks][row]),
        "hour": tables["hours"].index.take(hour), "mwh": held.ravel(),
    })


def _leaving(a: Arrays, lp: Equations, x: Floats) -> tuple[Floats, Floats]:
    """Work of each pair that is done, and that is given up, in each hour, shape (A, T) [MWh]."""
    flow = x[lp.columns_of("flow")].reshape(-1, a.n_hours).clip(min=0.0)
    done = np.zeros(a.demand_mw.shape)
    np.add.at(done, a.lane_ask, flow)
    given_up = x[lp.columns_of("unserved")].reshape(done.shape).clip(min=0.0)
    return done * a.weight_hours, given_up * a.weight_hours


def _matched(
    ask: int, hours: Codes, a: Arrays, done: Floats, given_up: Floats
) -> tuple[Codes, Codes, Codes, Floats] | None:
    """Arrivals and departures of a pair over a chain, first in, first out; None if none waits."""
    came = np.cumsum(a.demand_mw[ask, hours] * a.weight_hours[hours])
    leaves = done[ask, hours] + given_up[ask, hours]
    went = np.cumsum(leaves)
    least = SMALLEST * max(float(came[-1]), 1e-300)
    if (came - went).max() <= least:
        return None
    edges = np.concatenate([[0.0], np.sort(np.concatenate([came, went]))])
    size, middle = np.diff(edges), (edges[1:] + edges[:-1]) / 2
    last = len(hours) - 1
    arrived = np.minimum(np.searchsorted(came, middle), last)
    run = np.minimum(np.searchsorted(went, middle), last)
    part = np.divide(done[ask, hours], leaves, out=np.zeros_like(leaves), where=leaves > 0)
    mwh = size * part[run]
    keep = (run > arrived) & (mwh > least)
    # pieces of one arrival and one run may be parted by rounding
    pair, at = np.unique(arrived[keep] * len(hours) + run[keep], return_inverse=True)
    total: Floats = np.bincount(at, mwh[keep], minlength=len(pair)).astype(np.float64)
    first, then = np.divmod(pair, len(hours))
    return np.full(len(pair), ask, dtype=np.int64), hours[first], hours[then], total
