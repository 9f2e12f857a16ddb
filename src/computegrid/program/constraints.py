"""The equations every dispatch obeys: demand balance and site capacity."""

from __future__ import annotations

import numpy as np
import pandas as pd

from computegrid.program.algebra import Block, Codes, Floats, Term
from computegrid.program.deadlines import deferrable
from computegrid.scenario.arrays import Arrays


def demand_balance(a: Arrays) -> Block:
    r"""Work wanted is done, put off, or given up [MW].

    .. math:: \sum_{\ell \in a} f_{\ell,t} + u_{a,t} + b_{a,t}
              - \frac{h_{t-1}}{h_t} b_{a,t-1} = d_{a,t} \quad \forall a, t

    with :math:`b_{a,t-1} = 0` before the first hour of a chain; the ratio of weights keeps energy
    when hours of one chain stand for different lengths of time.
    """
    terms = [
        Term("flow", np.arange(a.n_lanes), a.lane_ask, np.ones(a.n_lanes)),
        Term("unserved", np.arange(a.n_asks), np.arange(a.n_asks), np.ones(a.n_asks)),
    ]
    asks = deferrable(a)
    if len(asks):
        order = np.arange(len(asks))
        terms += [
            Term("backlog", order, asks, np.ones(len(asks))),
            Term("backlog", order, asks, -carried(a), lag=1),
        ]
    labels = pd.DataFrame({"region": a.ask_region, "workload": a.ask_workload})
    return Block("demand_balance", "day" if len(asks) else "hour", labels, tuple(terms),
                 a.demand_mw, a.demand_mw, np.arange(a.n_hours))


def site_capacity(a: Arrays) -> Block:
    r"""IT power drawn at a site stays within what is available there [MW].

    .. math:: \sum_{\ell \in s} \rho_s f_{\ell,t} \le K_{s,t} \quad \forall s, t
    """
    term = Term("flow", np.arange(a.n_lanes), a.lane_site, a.power_ratio[a.lane_site])
    labels = pd.DataFrame({"site": np.arange(a.n_sites)})
    return Block("site_capacity", "hour", labels, (term,),
                 np.full(a.available_mw.shape, -np.inf), a.available_mw, np.arange(a.n_hours))


def carried(a: Arrays) -> Floats:
    """Ratio by which backlog of hour t enters hour t + 1, shape (1, T); 0 across chains."""
    ratio = np.zeros((1, a.n_hours))
    same: Codes = np.flatnonzero(a.chain[1:] == a.chain[:-1])
    ratio[0, same] = a.weight_hours[same] / a.weight_hours[same + 1]
    return ratio
