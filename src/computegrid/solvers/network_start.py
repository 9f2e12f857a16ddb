"""A first tree of a chain of hours: the trees of its hours, or of its parts, joined at the root."""

from __future__ import annotations

from typing import Any

import numpy as np

from computegrid.program.algebra import Floats
from computegrid.solvers.network import Network, Shape, shape_of

PARTS, SHORTEST = 12, 48
"""Parts a long chain is cut into, and hours of the shortest: a pivot costs what the tree has of
nodes, so most are made in small trees. A year of 5 sites takes 2.0 s by 12 parts of 12, 2.1 s by 4,
8 and 5, 3.2 s by weeks, 5.8 s from its hours."""


def first_tree(
    network: Network, n_hours: int, cost: Floats, cap: Floats, supply: Floats, most_pivots: int
) -> Any:
    """Return a tree of a unit of many hours to start from; None if none is found.

    Parameters as :func:`tree_of_hours`.
    """
    length = -(-n_hours // PARTS)
    if length >= SHORTEST:
        joined = _tree_of_parts(network, n_hours, length, cost, cap, supply, most_pivots)
        if joined is not None:
            return joined
    return tree_of_hours(network, n_hours, cost, cap, supply, most_pivots)


def _tree_of_parts(
    network: Network, n_hours: int, length: int, cost: Floats, cap: Floats, supply: Floats,
    most_pivots: int,
) -> Any:
    """Trees of parts of ``length`` hours joined at the root; None if a part is not solved alone."""
    from computegrid.solvers import network_kernel as kernel

    per_hour, whole = network.shapes[1].n, shape_of(network, n_hours)
    shapes = {k: shape_of(network, k) for k in {length, n_hours % length or length}}
    tree = kernel.empty_tree(whole.n, whole.m)
    tree.order[0], tree.place[whole.n], tree.size[whole.n] = whole.n, 0, whole.n + 1
    for begin in range(0, n_hours, length):
        end = min(begin + length, n_hours)
        part = shapes[end - begin]
        own_cost, own_cap = (
            [p[begin:end].copy() for p in network.split(values, n_hours)] for values in (cost, cap))
        own_cap[-1][-1] = 0.0  # nothing waits at the end
        spare, low = np.zeros(part.n), begin * per_hour
        costs, caps = (np.concatenate([*(p.ravel() for p in parts), spare])
                       for parts in (own_cost, own_cap))
        wanted = np.append(supply[low:low + part.n], 0.0)
        small = first_tree(network, end - begin, costs, caps, wanted, most_pivots)
        if small is None:
            return None
        status, _ = kernel.solve_network(
            part.source.copy(), part.target.copy(), costs, caps, wanted, part.star, small, True,
            np.zeros(part.m + part.n), np.zeros(part.n + 1), most_pivots)
        if status != kernel.OPTIMAL:
            return None
        arcs, mine = _arcs_of_part(network, n_hours, begin, end), slice(low, low + part.n)
        tree.parent[mine] = np.where(small.parent[:-1] == part.n, whole.n, small.parent[:-1] + low)
        tree.pred[mine] = arcs[small.pred[:-1]]
        tree.size[mine], tree.place[mine] = small.size[:-1], small.place[:-1] + low
        tree.order[low + 1:low + part.n + 1] = small.order[1:] + low
        tree.state[arcs] = small.state
    return tree


def _arcs_of_part(network: Network, n_hours: int, begin: int, end: int) -> np.ndarray:
    """Where the arcs of some hours, then the artificial ones, stand in a unit of many."""
    widths, per_hour = np.array(network.widths), network.shapes[1].n
    before = np.cumsum(widths) - widths
    own = [first * n_hours + np.arange(begin * width, end * width)
           for first, width in zip(before, widths, strict=True)]
    own.append(int(widths.sum()) * n_hours + np.arange(begin * per_hour, end * per_hour))
    return np.concatenate(own)


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

    one, whole = network.shapes[1], shape_of(network, n_hours)
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
