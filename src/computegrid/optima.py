"""What hangs on which of equally cheap dispatches is held: least and most over all of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np

from computegrid.accounts import own_control
from computegrid.program.algebra import Codes, Floats, LinearProgram
from computegrid.scenario.scenario import Scenario
from computegrid.solvers.canonical import TIE
from computegrid.solvers.face import Face, face_of

EQUAL = 1e-4
"""Costs count as equal when a MWh of work differs by less than this part of the mean operating
cost of a MWh: a cent in 100 USD, the smallest step power exchanges price in, and far less than any
price in the tables is known to."""
WORK = ("flow", "unserved", "backlog")
"""Families of variables in MW of work."""
NOTHING = 1e-9
"""A share, or work relative to what is held, that is less than this is a solver's noise."""
MOST_ROUNDS = 20
"""Most programs solved for an extreme of a ratio; two are enough where as much work is served."""


class Optima:
    """Every dispatch that costs as little as one that is given.

    Parameters
    ----------
    scenario : Scenario
    lp : LinearProgram
        Its program.
    x, row_dual : float array, shape (n,), (m,)
        The optimum held, and the prices of its rows.
    closed : int array, optional
        Lanes, all of which carry nothing in ``x``, that are to carry nothing in the others either.

    Notes
    -----
    A lane whose reduced cost exceeds ``EQUAL`` times the mean operating cost of a MWh, in an hour,
    stays at its bound, and a row with a price above that is kept tight; what is left is free. So
    the answer does not jump when a price moves in its last digits.
    """

    def __init__(
        self, scenario: Scenario, lp: LinearProgram, x: Floats, row_dual: Floats,
        closed: Codes | None = None,
    ) -> None:
        self.scenario, self.x, self.row_dual = scenario, x, row_dual
        if closed is not None and len(closed):
            upper = lp.col_upper.copy()
            flow = upper[lp.columns_of("flow")].reshape(-1, scenario.arrays.n_hours)
            flow[closed] = 0.0
            lp = replace(lp, col_upper=upper)
        self.lp = lp

    def weights(self, lanes: Floats | None = None, asks: Floats | None = None) -> Floats:
        """Weights of all variables that add up MWh: of flow by lane, of unserved work by ask.

        Parameters
        ----------
        lanes : array, shape (L,), optional
        asks : array, shape (A,), optional
        """
        hours, out = self.scenario.arrays.weight_hours, np.zeros(self.lp.n_columns)
        for name, part in (("flow", lanes), ("unserved", asks)):
            if part is not None:
                out[self.lp.columns_of(name)] = np.outer(part, hours).ravel()
        return out

    def at_least(self, weights: Floats) -> Floats:
        """The dispatch of least ``weights``, shape (n,); the one held where all have the same."""
        if not np.any(weights[self._face.free]):
            return self.x
        found = self._face.least(weights)
        return self.x if found is None or weights @ found > weights @ self.x else found

    def range(self, weights: Floats) -> tuple[float, float]:
        """Least and most of a weighted sum of the variables."""
        return float(weights @ self.at_least(weights)), float(weights @ self.at_least(-weights))

    def share_range(self, part: Floats, whole: Floats) -> tuple[float, float]:
        """Least and most of the ratio of two weighted sums (Dinkelbach's method)."""
        return self._least_share(part, whole), -self._least_share(-part, whole)

    def _least_share(self, part: Floats, whole: Floats) -> float:
        held = float(whole @ self.x)
        if held <= 0:
            return float("nan")
        least = float(part @ self.x) / held
        for _ in range(MOST_ROUNDS):
            x = self.at_least(part - least * whole)
            served = float(whole @ x)
            if served <= NOTHING * held:  # nothing is left to take a share of: no lower one exists
                break
            now = float(part @ x) / served
            done = now >= least - NOTHING or abs(served - held) <= NOTHING * held
            least = min(least, now)
            if done:
                break
        return least

    @cached_property
    def _face(self) -> Face:
        lp, x = self.lp, self.x
        hours = self.scenario.arrays.weight_hours
        flow = lp.columns_of("flow")
        spent = float(np.abs(lp.cost[flow] * x[flow]).sum())
        work = float(self.weights(lanes=np.ones(self.scenario.arrays.n_lanes)) @ x)
        mean = spent / work if work > 0 else 0.0
        equal = np.concatenate([
            np.broadcast_to(EQUAL * mean * hours, family.shape).ravel() if family.name in WORK
            else np.zeros(family.size) for family in lp.families])
        noise = TIE * float(np.abs(lp.cost * x).sum() / max(np.abs(x).sum(), 1e-300))
        return face_of(lp, x, self.row_dual, noise, equal)


def dependence_range(scenario: Scenario, optima: Optima) -> tuple[float, float]:
    """Least and most share of the work served at sites controlled from outside; NaN if unknown."""
    own = own_control(scenario)
    if own is None:
        return float("nan"), float("nan")
    return optima.share_range(optima.weights(lanes=1.0 - own),
                              optima.weights(lanes=np.ones_like(own)))
