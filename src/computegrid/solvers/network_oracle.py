"""Solve all units of a network, each from its last tree; give flows and prices back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.network import Network
from computegrid.solvers.network_costs import Bounds, weights_of
from computegrid.solvers.network_start import first_tree
from computegrid.solvers.network_tree import ROOT
from computegrid.solvers.solution import WarmStart
from computegrid.solvers.split import workers

CHAINS = 4
"""Runs of units that start one from the other; fixed, so that answers do not depend on workers."""
PIVOTS_PER_NODE = 500
WORTH_THREADS = 20_000
"""Arcs below which threads cost more than they win."""


class NetworkError(Exception):
    """A unit has no feasible flow, or the network simplex gave up; HiGHS decides what is true."""


class InfeasibleNetworkError(NetworkError):
    """Nothing keeps the networks, or the rows beside them: perhaps nothing keeps the program."""


@dataclass
class Oracle:
    """Networks with their current trees, flows and potentials; the only mutable value here."""

    network: Network
    bounds: Bounds
    warm_start: WarmStart | None = None
    trees: list[Any] = field(default_factory=list)
    flow: list[Floats] = field(default_factory=list)
    pi: list[Floats] = field(default_factory=list)
    pivots: int = 0

    def __post_init__(self) -> None:
        lengths = [len(hours) for hours in self.network.units.hours]
        shapes = self.network.shapes
        for length in lengths:
            self.flow.append(np.zeros(shapes[length].m + shapes[length].n))
            self.pi.append(np.zeros(shapes[length].n + 1))
        self.trees = [None] * len(lengths)
        if self.warm_start is not None and len(self.warm_start.trees) == len(lengths):
            same = {length: self._same_arcs(length) for length in shapes}
            self.trees = [copy_of(tree) if same[length] else None
                          for length, tree in zip(lengths, self.warm_start.trees, strict=True)]

    def _same_arcs(self, length: int) -> bool:
        near = None if self.warm_start is None else self.warm_start.ends.get(length)
        mine = self._ends()[length]
        return near is not None and all(map(np.array_equal, near, mine))

    def _ends(self) -> dict[int, tuple[Any, Any]]:
        return {length: (s.source[:s.m], s.target[:s.m])
                for length, s in self.network.shapes.items()}

    def keep(self, prices: dict[tuple[str, int], float]) -> WarmStart:
        """What a like program may start from."""
        return WarmStart(tuple(self.trees), self._ends(), prices)

    def run(self, lane_cost: list[Floats] | None = None, deadline: float | None = None) -> None:
        """Solve every unit, with other costs of its lanes if given.

        Raises
        ------
        NetworkError
            If a unit is infeasible, or not solved by ``deadline`` (of ``time.perf_counter``).
        """
        _require_numba()
        n = len(self.trees)
        apart = all(tree is not None for tree in self.trees)  # each starts from its own tree
        chains = np.array_split(np.arange(n), max(1, min(n if apart else n // 2, CHAINS)))

        def run_chain(chain: np.ndarray) -> int:
            pivots, last = 0, None
            ends = {length: (s.source.copy(), s.target.copy())
                    for length, s in self.network.shapes.items()}
            for u in chain:
                if deadline is not None and time.perf_counter() > deadline:
                    raise NetworkError("time limit")
                pivots += self._run_unit(int(u), lane_cost, last, ends)
                last = int(u)
            return pivots

        if len(chains) == 1 or sum(map(len, self.flow)) < WORTH_THREADS:
            self.pivots += sum(map(run_chain, chains))
            return
        with ThreadPoolExecutor(workers()) as pool:
            self.pivots += sum(pool.map(run_chain, chains))

    def _run_unit(self, u: int, lane_cost: list[Floats] | None, last: int | None,
                  ends: dict[int, tuple[Any, Any]]) -> int:
        from computegrid.solvers import network_kernel as kernel

        hours = self.network.units.hours[u]
        shape = self.network.shapes[len(hours)]
        cost = self.bounds.cost[u]
        if lane_cost is not None:
            cost[:len(lane_cost[u])] = lane_cost[u]
        warm = True
        if self.trees[u] is None:
            near = None if last is None else self.trees[last]
            if near is None or len(near.parent) != shape.n + 1:
                near = None if len(hours) == 1 else first_tree(
                    self.network, len(hours), cost, self.bounds.cap[u], self.bounds.supply[u],
                    PIVOTS_PER_NODE * (shape.n + 100))
                warm = near is not None
                self.trees[u] = near if warm else kernel.empty_tree(shape.n, shape.m)
            else:
                self.trees[u] = copy_of(near)
        source, target = ends[len(hours)]
        for start in ((True, False) if warm else (False,)):
            status, pivots = kernel.solve_network(
                source, target, cost, self.bounds.cap[u], self.bounds.supply[u], shape.star,
                self.trees[u], start, self.flow[u], self.pi[u], PIVOTS_PER_NODE * (shape.n + 100),
            )
            if status == kernel.OPTIMAL:
                return int(pivots)
        if status == kernel.INFEASIBLE:
            raise InfeasibleNetworkError("infeasible")
        raise NetworkError("stalled")

    def among_equals(self, weights: Floats, tie: float) -> Floats | None:
        """The cheapest flows of least ``weights``, as :meth:`x`; None if a unit does not end.

        Arcs whose reduced cost is not 0 stay as they are; among the others each unit goes on from
        its optimal tree. That tree, and what it proves, stays as it is.
        """
        from computegrid.solvers import network_kernel as kernel

        scale = self.network.scale
        found: list[Floats] = []
        for u, cost in enumerate(weights_of(self.network, weights)):
            hours = self.network.units.hours[u]
            shape = self.network.shapes[len(hours)]
            m, pi, cap = shape.m, self.pi[u], self.bounds.cap[u].copy()
            source, target = shape.source.copy(), shape.target.copy()
            reduced = self.bounds.cost[u][:m] + pi[source[:m]] - pi[target[:m]]
            of_hour = np.concatenate([np.repeat(scale[hours], w) for w in self.network.widths])
            fixed = np.abs(reduced) * of_hour > tie
            full = np.flatnonzero(fixed & (self.trees[u].state[:m] < 0))
            supply = self.bounds.supply[u].copy()
            np.subtract.at(supply, source[full], cap[full])
            np.add.at(supply, target[full], cap[full])
            supply[-1] = 0.0
            carried = cap[full]
            cap[:m][fixed] = 0.0
            flow, most = np.zeros(m + shape.n), PIVOTS_PER_NODE * (shape.n + 100)
            status, _ = kernel.solve_network(
                source, target, cost, cap, supply, shape.star, copy_of(self.trees[u]), True, flow,
                np.zeros(shape.n + 1), most)
            if status != kernel.OPTIMAL:
                return None
            flow[full] = carried
            found.append(flow)
        return self.x(found)

    def x(self, flows: list[Floats] | None = None) -> Floats:
        """Flow, unserved and backlog in the order of the program's columns; excesses too.

        Of the flows given, else of the last run.
        """
        flows = self.flow if flows is None else flows
        network, lp = self.network, self.network.lp
        n_hours = len(network.scale)
        stacked = [np.empty((n_hours, w)) for w in network.widths]
        for u, hours in enumerate(network.units.hours):
            at = slice(hours[0], hours[-1] + 1)
            for into, values in zip(stacked, network.split(flows[u], len(hours)), strict=True):
                np.divide(values, network.scale[at, None], out=into[at])
        x = np.zeros(lp.n_columns)
        for name, k in (("flow", 0), ("unserved", 1), ("backlog", 4)):
            if lp.has_family(name):
                x[lp.columns_of(name)] = stacked[k].T.ravel()
        self._excesses(x, stacked[2].T, stacked[3].T)
        return x

    def _excesses(self, x: Floats, first: Floats, second: Floats) -> None:
        network, lp = self.network, self.network.lp
        for k, n in enumerate(network.soft):
            block, label = lp.blocks[network.tree.block[n]], network.tree.label[n]
            name = f"excess:{block.name}"
            a = network.tree.coefficient[n, block.hours]
            start = lp.columns_of(name).start + label * len(network.scale)
            low = block.lower[label]
            x[start + block.hours] = np.where(
                np.isfinite(low), low - a * first[n, block.hours], a * second[k, block.hours],
            ).clip(min=0.0)

    def row_dual(self) -> Floats:
        """Prices of the network's rows, 0 for the others, shape (m,)."""
        network, lp, tree = self.network, self.network.lp, self.network.tree
        n_asks, n_nodes = network.n_asks, network.n_nodes
        n_hours = len(network.scale)
        potential = np.empty((n_hours, n_asks + n_nodes))
        for u, hours in enumerate(network.units.hours):
            at = slice(hours[0], hours[-1] + 1)
            potential[at] = self.pi[u][:-1].reshape(len(hours), -1)
        price = -potential[:, :n_asks].T * network.scale
        above = -potential[:, n_asks:].T
        dual = np.zeros(lp.n_rows)
        dual[lp.rows_of("demand_balance")] = price.ravel()
        for n in range(n_nodes):
            block, label = lp.blocks[tree.block[n]], tree.label[n]
            over = above[tree.parent[n]] if tree.parent[n] != ROOT else np.zeros(n_hours)
            free = np.ones(n_hours, dtype=bool)
            free[block.hours] = block.lower[label] < 0
            above[n] = np.where(free, np.maximum(above[n], over), above[n])
            above[n] = np.maximum(above[n], over - network.most_worth(n))
            y = (over - above[n])[block.hours] / tree.coefficient[n, block.hours]
            start = lp.rows_of(block.name).start + label * len(block.hours)
            dual[start:start + len(block.hours)] = y * network.scale[block.hours]
        return dual


def copy_of(tree: Any) -> Any:
    """A tree of its own."""
    return type(tree)(*(part.copy() for part in tree))


def _require_numba() -> None:
    """Raise NetworkError where the kernel cannot be had."""
    try:
        from computegrid.solvers import network_kernel  # noqa: F401
    except ImportError as missing:
        raise NetworkError(f"numba is missing ({missing})") from missing
