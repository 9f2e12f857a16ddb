"""Lanes worth a thought near some prices: those that would cost little more than what is used."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from computegrid.program.algebra import Codes, Floats
from computegrid.solvers.network_oracle import Oracle
from computegrid.solvers.network_pack import PackedTree

WIDTH = 0.02
"""Reduced cost up to which a lane is kept, in the mean cost of lanes."""
REACH = 0.02
"""How far prices may move before lanes are chosen anew, in the rows' own scale."""


@dataclass
class Near:
    """What is kept of every window around some prices.

    Attributes
    ----------
    price : float array, shape (K,)
        At which the lanes were chosen.
    lanes : list of int array
        Lanes of each window.
    trees : list of tuple of PackedTree, or None
        Trees of each window's networks of these lanes alone.
    """

    price: Floats
    lanes: list[Codes]
    trees: list[tuple[PackedTree, ...] | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trees = [None] * len(self.lanes)

    def serves(self, price: Floats, scale: Floats) -> bool:
        """Whether other prices are near enough."""
        return bool((np.abs(price - self.price) <= REACH * scale).all())


def near_lanes(oracle: Oracle, width: float) -> Codes:
    """Lanes that in some hour cost at most ``width`` mean lanes more than they are worth.

    The first lane of every row is among them, so that no row stands empty.
    """
    network = oracle.network
    n_lanes = len(network.lane_ask)
    most = width * float(np.abs(network.lp.families[0].cost).mean())
    keep = np.zeros(n_lanes, dtype=bool)
    for u, hours in enumerate(network.units.hours):
        n, pi, shape = len(hours) * n_lanes, oracle.pi[u], network.shapes[len(hours)]
        cost = oracle.bounds.cost[u][:n]
        reduced = cost + pi[shape.source[:n]] - pi[shape.target[:n]]
        near = (reduced <= most) & (oracle.bounds.cap[u][:n] > 0)
        keep |= near.reshape(-1, n_lanes).any(axis=0)
    for block in network.lp.blocks:
        for term in block.terms:
            if term.family == "flow":
                keep[term.entity[np.unique(term.row, return_index=True)[1]]] = True
    return np.flatnonzero(keep)


def columns_of_whole(used: Codes, lanes: Codes, n_lanes: int, n_hours: int) -> Codes:
    """Columns of a window of some lanes, as those of the window of all lanes."""
    lane, hour = np.divmod(used, n_hours)
    flow = lane < len(lanes)
    out = used + (n_lanes - len(lanes)) * n_hours
    out[flow] = lanes[lane[flow]] * n_hours + hour[flow]
    return out
