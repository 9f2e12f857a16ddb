"""What the networks of a whole program do at given prices, and how their answers mix."""

from __future__ import annotations

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.multipliers import Answer
from computegrid.solvers.network import Network
from computegrid.solvers.network_costs import flow_costs
from computegrid.solvers.network_oracle import Oracle
from computegrid.solvers.sides import Sides
from computegrid.solvers.structure import Codes

GROUPS = 64
"""Most groups of units that have cuts of their own."""


class Answers:
    """Solves all units at the prices asked for, and keeps what they did.

    Parameters
    ----------
    network, oracle
        The program as networks.
    sides : Sides
        The rows that are priced.
    deadline : float, optional
        When to give up (of ``time.perf_counter``).
    factor : float
        By which costs and activities count, where the program stands for a larger one.
    most_groups : int
        Most groups of units that have cuts of their own.
    """

    def __init__(self, network: Network, oracle: Oracle, sides: Sides,
                 deadline: float | None = None, factor: float = 1.0, most_groups: int = GROUPS,
                 ) -> None:
        self.network, self.oracle, self._sides = network, oracle, sides
        self.deadline, self.factor = deadline, factor
        self.plans: list[tuple[Codes, Floats]] = []
        n_units = len(network.units.hours)
        self.n_groups = min(n_units, most_groups)
        of_unit = np.arange(n_units) * self.n_groups // n_units
        self.of_hour = np.repeat(of_unit, [len(hours) for hours in network.units.hours])
        self.cost = np.concatenate([f.cost.ravel() for f in network.lp.families])

    @property
    def sides(self) -> Sides:
        """The rows that are priced."""
        return self._sides

    @property
    def parts(self) -> int:
        """Parts that may be asked at prices of their own: the groups."""
        return self.n_groups

    def run(self, price: Floats) -> None:
        """Bring trees and potentials to these prices."""
        by_hour = price if price.ndim == 1 else price[self.of_hour].T
        cost = self.sides.relieved(self.network.lp.families[0].cost, by_hour)
        self.oracle.run(flow_costs(self.network, cost), self.deadline)

    def answer(self, price: Floats) -> Answer:
        """Solve every unit at these prices."""
        self.run(price)
        x = self.oracle.x()
        used = np.flatnonzero(x)
        values = x[used]
        self.plans.append((used, values))
        n_hours = len(self.of_hour)
        spent = self.cost[used] * values * self.factor
        group = self.of_hour[used % n_hours]
        flows = int(np.searchsorted(used, self.network.lp.families[0].size))
        lane, hour = np.divmod(used[:flows], n_hours)
        return Answer(
            np.bincount(group, spent, self.n_groups).astype(np.float64),
            self.sides.activity(lane, hour, values[:flows] * self.factor, group[:flows],
                                self.n_groups),
            float(np.abs(spent[:flows]).sum()),
        )

    def mixture(self, weights: Floats) -> Floats:
        """Sum of the answers by weights of shape (answers, G), shape (n,)."""
        x = np.zeros(self.network.lp.n_columns)
        shares = np.maximum(weights, 0.0)
        shares /= shares.sum(axis=0)
        for (used, values), weight in zip(self.plans, shares, strict=True):
            if (weight > 1e-12).any():
                x[used] += values * weight[self.of_hour[used % len(self.of_hour)]]
        self._stretch(x)
        return x

    def _stretch(self, x: Floats) -> None:
        """Set the excesses of soft side rows to what the rest of ``x`` needs, in place."""
        lp, n_hours = self.network.lp, len(self.of_hour)
        flows = np.flatnonzero(x[:lp.families[0].size])
        lane, hour = np.divmod(flows, n_hours)
        activity = self.sides.activity(lane, hour, x[flows], np.zeros_like(lane), 1)[0]
        short = np.maximum(self.sides.lower - activity, 0.0)
        over = np.maximum(activity - self.sides.upper, 0.0)
        first = 0
        for block in (lp.blocks[b] for b in self.network.side_blocks):
            at = slice(first, first + block.size)
            first += block.size
            for term in block.terms:
                if not term.family.startswith("excess:"):
                    continue
                columns = lp.columns_of(term.family)
                excess = next(f for f in lp.families if f.name == term.family)
                sign = np.broadcast_to(term.coefficient, excess.shape)
                usable = (excess.upper > 0) & (sign != 0)
                need = np.where(sign > 0, *(self._spread(n[at], block.hours, excess.shape)
                                            for n in (short, over)))
                x[columns] = np.divide(need, np.abs(sign), out=np.zeros(excess.shape),
                                       where=usable).ravel()

    @staticmethod
    def _spread(values: Floats, hours: Codes | None, shape: tuple[int, int]) -> Floats:
        """Values of rows as an array over all hours."""
        if hours is None:
            return np.broadcast_to(values[:, None], shape)
        out = np.zeros(shape)
        out[:, hours] = values.reshape(shape[0], -1)
        return out
