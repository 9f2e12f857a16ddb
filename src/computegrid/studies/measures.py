"""Figures of a dispatch that studies share."""

from __future__ import annotations

import numpy as np

from computegrid.answer import measures as formed
from computegrid.dispatch import Dispatch
from computegrid.program.algebra import Floats


def measures(dispatch: Dispatch) -> dict[str, float]:
    """Figures that a comparison sets side by side; see :func:`computegrid.answer.measures`."""
    return formed.measures(dispatch.scenario, dispatch.regime, dispatch._totals)


def unserved_mw(dispatch: Dispatch) -> Floats:
    """Demand left unserved, shape (A, T) [MW]."""
    shape = dispatch.scenario.arrays.demand_mw.shape
    values: Floats = dispatch.unserved["mw"].to_numpy(dtype=np.float64).reshape(shape)
    return values
