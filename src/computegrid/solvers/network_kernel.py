"""Primal network simplex for minimum-cost flow, compiled on first use.

Import this module only where a network is about to be solved: it needs numba. Nodes are numbered
0 … n - 1 and the root n; arc m + v joins node v to the root and is artificial. The spanning tree
is held as parents and lists of children; ties in the ratio test are broken so that a strongly
feasible tree stays one (Cunningham), which rules out cycling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

F = TypeVar("F", bound=Callable[..., Any])
Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

OPTIMAL, INFEASIBLE, STALLED = 0, 1, 2
LOWER, TREE, UPPER = 1, 0, -1


class Tree(NamedTuple):
    """A spanning tree and the side each other arc is on; arrays of length n + 1, state of m + n.

    ``pred`` is the arc to the parent; ``first``, ``after`` and ``before`` list the children;
    ``state`` is LOWER, TREE or UPPER, and TREE for arcs that are closed.
    """

    parent: Ints
    pred: Ints
    first: Ints
    after: Ints
    before: Ints
    depth: Ints
    state: npt.NDArray[np.int8]


def empty_tree(n: int, m: int) -> Tree:
    """Room for the tree of a network of n nodes and m arcs."""
    parent, pred, first, after, before, depth = (
        np.full(n + 1, -1, dtype=np.int32) for _ in range(6)
    )
    return Tree(parent, pred, first, after, before, depth, np.zeros(m + n, dtype=np.int8))


def _compiled(function: F) -> F:
    """Compile without reordering of sums; kept on disk where a place can be written."""
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
    except RuntimeError:
        compiled = njit(nogil=True)(function)
    made: F = compiled
    return made


@_compiled
def _detach(tree: Tree, u: int) -> None:
    before, after = tree.before[u], tree.after[u]
    if before >= 0:
        tree.after[before] = after
    else:
        tree.first[tree.parent[u]] = after
    if after >= 0:
        tree.before[after] = before


@_compiled
def _attach(tree: Tree, u: int, parent: int, arc: int) -> None:
    child = tree.first[parent]
    tree.parent[u], tree.pred[u] = parent, arc
    tree.before[u], tree.after[u] = -1, child
    if child >= 0:
        tree.before[child] = u
    tree.first[parent] = u


@_compiled
def _next(tree: Tree, v: int, top: int) -> Any:
    """The node after ``v`` in a walk over the subtree of ``top``; -1 at its end."""
    if tree.first[v] >= 0:
        return tree.first[v]
    while v != top and tree.after[v] < 0:
        v = tree.parent[v]
    return -1 if v == top else tree.after[v]


@_compiled
def _rehang(
    tree: Tree, source: Ints, cost: Floats, pi: Floats, u_in: int, u_out: int, v_in: int, arc: int
) -> None:
    """Hang the subtree cut at ``u_out`` below ``v_in`` by ``arc``, turned round to ``u_in``."""
    u, parent, by = u_in, v_in, arc
    while True:
        old_parent, old_arc = tree.parent[u], tree.pred[u]
        _detach(tree, u)
        _attach(tree, u, parent, by)
        if u == u_out:
            break
        u, parent, by = old_parent, u, old_arc
    shift = pi[v_in] - pi[u_in] + (-cost[arc] if source[arc] == u_in else cost[arc])
    v = u_in
    while v >= 0:
        tree.depth[v] = tree.depth[tree.parent[v]] + 1
        pi[v] += shift
        v = _next(tree, v, u_in)


@_compiled
def _price(tree: Tree, source: Ints, target: Ints, cost: Floats, pi: Floats, begin: int, m: int,
           block: int, tolerance: float) -> int:
    """The arc of most negative reduced cost in the first block that has one; -1 if none."""
    best, found, left = -tolerance, -1, block
    for k in range(m):
        e = begin + k
        if e >= m:
            e -= m
        side = tree.state[e]
        if side != 0:
            reduced = side * (cost[e] + pi[source[e]] - pi[target[e]])
            if reduced < best:
                best, found = reduced, e
        left -= 1
        if left == 0:
            if found >= 0:
                return found
            left = block
    return found


@_compiled
def _pivot(tree: Tree, source: Ints, target: Ints, cost: Floats, cap: Floats, flow: Floats,
           pi: Floats, arc: int) -> None:
    """Bring ``arc`` into the tree: push flow round its cycle until an arc is full or empty."""
    rising = tree.state[arc] == 1
    a = source[arc] if rising else target[arc]
    b = target[arc] if rising else source[arc]
    u, v = a, b
    while u != v:
        if tree.depth[u] >= tree.depth[v]:
            u = tree.parent[u]
        else:
            v = tree.parent[v]
    join, delta, out, side = u, cap[arc], -1, 0
    u = a
    while u != join:
        e = tree.pred[u]
        room = flow[e] if source[e] == u else cap[e] - flow[e]
        if room < delta:
            delta, out, side = room, u, 1
        u = tree.parent[u]
    u = b
    while u != join:
        e = tree.pred[u]
        room = cap[e] - flow[e] if source[e] == u else flow[e]
        if room <= delta:
            delta, out, side = room, u, 2
        u = tree.parent[u]
    delta = max(delta, 0.0)
    if delta > 0.0:
        flow[arc] += delta if rising else -delta
        u = a
        while u != join:
            e = tree.pred[u]
            flow[e] += -delta if source[e] == u else delta
            u = tree.parent[u]
        u = b
        while u != join:
            e = tree.pred[u]
            flow[e] += delta if source[e] == u else -delta
            u = tree.parent[u]
    if side == 0:
        tree.state[arc] = -tree.state[arc]
        flow[arc] = cap[arc] if rising else 0.0
        return
    e = tree.pred[out]
    emptied = (source[e] == out) == (side == 1)
    flow[e] = 0.0 if emptied else cap[e]
    tree.state[e] = 0 if cap[e] <= 0.0 else (1 if emptied else -1)
    tree.state[arc] = 0
    if side == 1:
        _rehang(tree, source, cost, pi, a, out, b, arc)
    else:
        _rehang(tree, source, cost, pi, b, out, a, arc)


@_compiled
def _first_tree(tree: Tree, target: Ints, cap: Floats, star: Ints, n: int, m: int) -> None:
    """A first tree: every node hangs by its own arc towards the root, or by an artificial one."""
    tree.first[:] = -1
    tree.state[:m] = 1
    tree.before[n], tree.after[n] = -1, -1
    tree.parent[n], tree.pred[n], tree.depth[n] = -1, -1, 0
    for v in range(n):
        e = star[v]
        if e >= 0 and cap[e] > 0.0:
            _attach(tree, v, target[e], e)
        else:
            _attach(tree, v, n, m + v)


@_compiled
def _order(tree: Tree, order: Ints, n: int) -> None:
    """Nodes of the tree from the root down; depths anew."""
    v, k = n, 0
    while v >= 0:
        order[k] = v
        k += 1
        if v != n:
            tree.depth[v] = tree.depth[tree.parent[v]] + 1
        v = _next(tree, v, n)


@_compiled
def _settle(tree: Tree, source: Ints, target: Ints, cap: Floats, supply: Floats, star: Ints,
            flow: Floats, excess: Floats, order: Ints, n: int, m: int) -> None:
    """Flows of the tree for these bounds; nodes that cannot send theirs are hung on the root."""
    tree.state[m:] = 0
    in_tree = np.zeros(m + n, dtype=np.bool_)
    for v in range(n):
        in_tree[tree.pred[v]] = True
    excess[:n] = supply[:n]
    excess[n] = 0.0
    for e in range(m):
        flow[e] = 0.0
        if in_tree[e] or cap[e] <= 0.0:
            tree.state[e] = 0
        elif tree.state[e] == -1 and cap[e] < np.inf:
            flow[e] = cap[e]
            excess[source[e]] -= cap[e]
            excess[target[e]] += cap[e]
        else:
            tree.state[e] = 1
    least = 1e-13 * np.abs(supply[:n]).sum()
    for k in range(n, 0, -1):
        v = order[k]
        e = tree.pred[v]
        if e >= m:
            source[e], target[e] = (v, n) if excess[v] >= 0.0 else (n, v)
        up = source[e] == v
        wanted = excess[v] if up else -excess[v]
        carried = min(max(wanted, 0.0), cap[e])
        flow[e] = carried
        excess[tree.parent[v]] += carried if up else -carried
        rest = excess[v] - (carried if up else -carried)
        if abs(rest) > least:
            tree.state[e] = 0 if cap[e] <= 0.0 else (1 if carried == 0.0 else -1)
            a = star[v]
            if a < 0 or a == e or target[a] != n or tree.state[a] != 1 or not 0.0 < rest <= cap[a]:
                a = m + v
                source[a], target[a] = (v, n) if rest > 0.0 else (n, v)
            _detach(tree, v)
            _attach(tree, v, n, a)
            tree.state[a] = 0
            flow[a] = abs(rest)


@_compiled
def _potentials(tree: Tree, source: Ints, cost: Floats, pi: Floats, order: Ints, n: int) -> None:
    _order(tree, order, n)
    pi[n] = 0.0
    for k in range(1, n + 1):
        v = order[k]
        e = tree.pred[v]
        pi[v] = pi[tree.parent[v]] + (-cost[e] if source[e] == v else cost[e])


@_compiled
def _drop_artificial(tree: Tree, source: Ints, target: Ints, cost: Floats, pi: Floats, v: int,
                     m: int) -> None:
    """Take the price of an empty artificial arc out of the subtree of ``v`` by a dual pivot."""
    inside = np.zeros(len(pi), dtype=np.bool_)
    u = v
    while u >= 0:
        inside[u] = True
        u = _next(tree, u, v)
    up = source[tree.pred[v]] == v
    least, found = np.inf, -1
    for e in range(m):
        side = tree.state[e]
        if side != 0 and inside[source[e]] != inside[target[e]]:
            falls = (inside[target[e]] == up) == (side == 1)
            slack = side * (cost[e] + pi[source[e]] - pi[target[e]])
            if falls and slack < least:
                least, found = slack, e
    old = tree.pred[v]
    if found >= 0:
        u_in = source[found] if inside[source[found]] else target[found]
        v_in = target[found] if inside[source[found]] else source[found]
        tree.state[found] = 0
        _rehang(tree, source, cost, pi, u_in, v, v_in, found)
    else:
        shift = cost[old] if up else -cost[old]
        u = v
        while u >= 0:
            pi[u] += shift
            u = _next(tree, u, v)


@_compiled
def solve_network(source: Ints, target: Ints, cost: Floats, cap: Floats, supply: Floats,
                  star: Ints, tree: Tree, warm: bool, flow: Floats, pi: Floats,
                  max_pivots: int) -> tuple[int, int]:
    """Find the flow of least cost; ``tree``, ``flow`` and ``pi`` are written in place.

    Parameters
    ----------
    source, target : int32 array, shape (m + n,)
        Ends of the arcs; those of artificial arcs are set here.
    cost, cap : float array, shape (m + n,)
        Cost per unit (finite) and capacity; those of artificial arcs are set here.
    supply : float array, shape (n + 1,)
        What each node sends; the root takes the rest.
    star : int32 array, shape (n,)
        A real arc from each node towards the root, or -1; together they close no cycle.
    tree : Tree
        Start if ``warm``; the optimal tree afterwards.
    flow, pi : float array, shape (m + n,) and (n + 1,)
        Flows, and potentials with reduced cost ``cost + pi[source] - pi[target]``.
    max_pivots : int

    Returns
    -------
    status, pivots : int
        OPTIMAL, INFEASIBLE or STALLED.
    """
    n = len(supply) - 1
    m = len(source) - n
    largest = 1.0
    for e in range(m):
        largest = max(largest, abs(cost[e]))
    penalty = 100.0 * largest
    source[m:], target[m:] = np.arange(n), n
    cap[m:] = np.inf
    order, excess = np.empty(n + 1, dtype=np.int32), np.empty(n + 1)
    if not warm:
        _first_tree(tree, target, cap, star, n, m)
    _order(tree, order, n)
    _settle(tree, source, target, cap, supply, star, flow, excess, order, n, m)
    block = max(int(np.sqrt(m)), 10)
    pivots, begin, tolerance = 0, 0, 1e-12 * largest
    total = np.abs(supply[:n]).sum() + 1e-300
    while True:
        cost[m:] = penalty
        _potentials(tree, source, cost, pi, order, n)
        while pivots < max_pivots:
            arc = _price(tree, source, target, cost, pi, begin, m, block, tolerance)
            if arc < 0:
                break
            begin = arc + 1 if arc + 1 < m else 0
            _pivot(tree, source, target, cost, cap, flow, pi, arc)
            pivots += 1
        if pivots >= max_pivots:
            return STALLED, pivots
        left = flow[m:].sum()
        if left <= 1e-13 * total:
            break
        if penalty > n * largest:
            return INFEASIBLE, pivots
        penalty *= 1000.0
    _order(tree, order, n)
    _settle(tree, source, target, cap, supply, star, flow, excess, order, n, m)
    _potentials(tree, source, cost, pi, order, n)
    for v in range(n):
        if tree.pred[v] >= m:
            _drop_artificial(tree, source, target, cost, pi, v, m)
    return OPTIMAL, pivots
