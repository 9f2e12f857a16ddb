"""What is odd about a scenario without being a fault."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from computegrid.errors import Fault
from computegrid.scenario.arrays import Arrays


def remarks(tables: Mapping[str, pd.DataFrame], a: Arrays) -> tuple[Fault, ...]:
    """Sites nobody can reach, workloads nobody asks for, asks that no site can serve."""
    found = []
    reached = np.isin(np.arange(a.n_sites), a.lane_site)
    for label in tables["sites"].index[~reached]:
        found.append(Fault("sites", "nobody can reach it: no workload allows its latency, or no "
                           "lane leads there", row=str(label)))
    asked = np.isin(np.arange(len(tables["workloads"])), a.ask_workload)
    for label in tables["workloads"].index[~asked]:
        found.append(Fault("workloads", "nobody asks for it", row=str(label)))
    served = np.isin(np.arange(a.n_asks), a.lane_ask)
    for i in np.flatnonzero(~served):
        region = tables["regions"].index[a.ask_region[i]]
        workload = tables["workloads"].index[a.ask_workload[i]]
        found.append(Fault("demand", "no site can serve it: all are too slow, or no lane leads "
                           "from there", row=f"{region}/{workload}"))
    return tuple(found)
