"""A first tree of a day: the trees of its hours, each solved as if nothing could wait."""

from __future__ import annotations

from typing import Any

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.network import Network, Shape


def tree_of_hours(
    network: Network, n_hours: int, cost: Floats, cap: Floats, supply: Floats, most_pivots: int
) -> Any:
    """Solve the hours of a unit one by one and join their trees at the root.

    Small trees are cheap to change; what waiting is worth is then found from a good start.

    Parameters
    ----------
    network : Network
    n_hours : int
        Hours of the unit, more than one.
    cost, cap : float array, shape (m + n,)
    supply : float array, shape (n + 1,)
        As the unit's own.
    most_pivots : int

    Returns
    -------
    Tree or None
        None if an hour cannot be solved alone.
    """
    from computegrid.solvers import network_kernel as kernel

    one, whole = network.shapes[1], network.shapes[n_hours]
    begin, step = _arcs_of_hour(network, one, whole, n_hours)
    costs, caps = network.split(cost, n_hours), network.split(cap, n_hours)
    source, target = one.source.copy(), one.target.copy()
    flow, pi = np.zeros(one.m + one.n), np.zeros(one.n + 1)
    small, tree = kernel.empty_tree(one.n, one.m), kernel.empty_tree(whole.n, whole.m)
    tree.order[0], tree.place[whole.n], tree.size[whole.n] = whole.n, 0, whole.n + 1
    spare = np.zeros(one.n)
    for h in range(n_hours):
        low = h * one.n
        status, _ = kernel.solve_network(
            source, target, np.concatenate([*(part[h] for part in costs), spare]),
            np.concatenate([*(part[h] for part in caps[:-1]), np.zeros(len(network.asks)), spare]),
            np.append(supply[low:low + one.n], 0.0), one.star, small, h > 0, flow, pi, most_pivots)
        if status != kernel.OPTIMAL:
            return None
        arcs, mine = begin + h * step, slice(low, low + one.n)
        tree.parent[mine] = np.where(small.parent[:-1] == one.n, whole.n, small.parent[:-1] + low)
        tree.pred[mine] = arcs[small.pred[:-1]]
        tree.size[mine], tree.place[mine] = small.size[:-1], small.place[:-1] + low
        tree.order[low + 1:low + one.n + 1] = small.order[1:] + low
        tree.state[arcs] = small.state
    return tree


def _arcs_of_hour(
    network: Network, one: Shape, whole: Shape, n_hours: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where the arcs of a single hour begin in a unit of many, and how far hours lie apart."""
    ends = np.cumsum(network.widths)
    begin, step = np.empty(one.m + one.n, dtype=np.int64), np.empty(one.m + one.n, dtype=np.int64)
    for first, width in zip(ends - network.widths, network.widths, strict=True):
        begin[first:first + width] = first * n_hours + np.arange(width)
        step[first:first + width] = width
    begin[one.m:], step[one.m:] = whole.m + np.arange(one.n), one.n
    return begin, step
