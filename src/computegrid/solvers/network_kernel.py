"""Primal network simplex for minimum-cost flow, compiled on first use.

Import this module only where a network is about to be solved: it needs numba. Nodes are numbered
0 … n - 1 and the root n; arc m + v joins node v to the root and is artificial. Nodes of the
spanning tree are kept in preorder, so that a subtree is a run of places: its potentials are
shifted, and it is hung elsewhere, without following a pointer. Ties in the ratio test are broken
so that a strongly feasible tree stays one (Cunningham), which rules out cycling.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
from numba import njit

from computegrid.solvers.kernel_cache import ForgivingCache

F = TypeVar("F", bound=Callable[..., Any])
Ints = npt.NDArray[np.int32]
Unsigned = npt.NDArray[np.uint32]
Floats = npt.NDArray[np.float64]

OPTIMAL, INFEASIBLE, STALLED = 0, 1, 2
LOWER, TREE, UPPER = 1, 0, -1
PRICED = 200
"""Arcs priced at a time: a longer list means fewer pivots, and more work for each."""


class Held(NamedTuple):
    """What a pivot needs of the arc to each node's parent, kept by node; length n + 1.

    Arcs of a tree lie far apart in memory, nodes do not: ``flow`` and ``cap`` of the arc, and
    whether it points ``up`` from the node to its parent.
    """

    flow: Floats
    cap: Floats
    up: npt.NDArray[np.bool_]


class Tree(NamedTuple):
    """A spanning tree and the side each other arc is on; arrays of length n + 1, state of m + n.

    ``pred`` is the arc to the parent; ``order`` are the nodes in preorder, ``place`` where each
    stands in it and ``size`` how many nodes its subtree has; ``state`` is LOWER, TREE or UPPER,
    and TREE for arcs that are closed.
    """

    parent: Ints
    pred: Ints
    order: Ints
    place: Ints
    size: Ints
    state: npt.NDArray[np.int8]


def empty_tree(n: int, m: int) -> Tree:
    """Room for the tree of a network of n nodes and m arcs."""
    parent, pred, order, place, size = (np.full(n + 1, -1, dtype=np.int32) for _ in range(5))
    return Tree(parent, pred, order, place, size, np.zeros(m + n, dtype=np.int8))


def _compiled(function: F) -> F:
    """Compile without reordering of sums; kept on disk where a place can be written."""
    try:
        compiled: Any = njit(cache=True, nogil=True)(function)
        compiled._cache = ForgivingCache(compiled._cache)
    except (RuntimeError, OSError):
        compiled = njit(nogil=True)(function)
    made: F = compiled
    return made


@_compiled
def lay_out(tree: Tree, old: Ints, n: int) -> None:
    """Preorder of the tree its parents make; ``old`` lists parents before children."""
    tree.size[:] = 1
    for k in range(n, 0, -1):
        tree.size[tree.parent[old[k]]] += tree.size[old[k]]
    tree.place[n] = 0
    free = np.empty(n + 1, dtype=np.int32)
    free[n] = 1
    for k in range(1, n + 1):
        v = old[k]
        u = tree.parent[v]
        tree.place[v] = free[u]
        free[u] += tree.size[v]
        free[v] = tree.place[v] + 1
    for v in range(n + 1):
        tree.order[tree.place[v]] = v


@_compiled
def _turned(tree: Tree, held: Held, u_in: int, u_out: int, into: Ints) -> None:
    """The subtree of ``u_out`` in the preorder it has with ``u_in`` as its top; parents turned."""
    order, place, size, parent, pred = tree.order, tree.place, tree.size, tree.parent, tree.pred
    whole = size[u_out]
    low = place[u_in]
    high = low + size[u_in]
    k = high - low
    into[:k] = order[low:high]
    u, above, arc = u_in, parent[u_in], pred[u_in]
    flow, cap, up = held.flow[u_in], held.cap[u_in], held.up[u_in]
    size[u_in] = whole
    while u != u_out:
        first = place[above]
        last = first + size[above]
        size[above] = whole - k
        into[k:k + low - first] = order[first:low]
        k += low - first
        into[k:k + last - high] = order[high:last]
        k += last - high
        low, high = first, last
        beyond, next_arc = parent[above], pred[above]
        next_flow, next_cap, next_up = held.flow[above], held.cap[above], held.up[above]
        parent[above], pred[above] = u, arc
        held.flow[above], held.cap[above], held.up[above] = flow, cap, not up
        flow, cap, up = next_flow, next_cap, next_up
        u, above, arc = above, beyond, next_arc


@_compiled
def _rehang(tree: Tree, held: Held, pi: Floats, into: Ints, u_in: int, u_out: int, v_in: int,
            join: int, arc: int, price: float, flow: float, cap: float) -> None:
    """Hang the subtree cut at ``u_out`` below ``v_in`` by ``arc``, turned round to ``u_in``.

    ``price`` is what the potentials below rise by. The arc's direction is set by the caller.
    """
    order, place, size = tree.order, tree.place, tree.size
    whole, start = size[u_out], place[u_out]
    u = tree.parent[u_out]
    while u != join:
        size[u] -= whole
        u = tree.parent[u]
    _turned(tree, held, u_in, u_out, into)
    tree.parent[u_in], tree.pred[u_in] = v_in, arc
    held.flow[u_in], held.cap[u_in] = flow, cap
    begin, end = place[v_in] + 1, place[v_in] + size[v_in]
    u = v_in
    while u != join:
        size[u] += whole
        u = tree.parent[u]
    if end <= start:
        begin = end
    if begin <= start:
        for k in range(start - 1, begin - 1, -1):
            v = order[k]
            order[k + whole] = v
            place[v] = k + whole
    else:
        begin -= whole
        for k in range(start, begin):
            v = order[k + whole]
            order[k] = v
            place[v] = k
    for k in range(whole):
        v = into[k]
        order[begin + k] = v
        place[v] = begin + k
        pi[v] += price


@_compiled
def _price(state: npt.NDArray[np.int8], source: Unsigned, target: Unsigned, cost: Floats,
           pi: Floats, begin: int, m: int, tolerance: float) -> int:
    """The arc of most negative reduced cost in the first list that has one; -1 if none."""
    low, seen = begin, 0
    while seen < m:
        high = min(low + PRICED, m)
        best, found = -tolerance, -1
        for e in range(low, high):
            reduced = state[e] * (cost[e] + pi[source[e]] - pi[target[e]])
            if reduced < best:
                best, found = reduced, e
        if found >= 0:
            return found
        seen += high - low
        low = high if high < m else 0
    return -1


@_compiled
def _join(tree: Tree, u: int, v: int) -> int:
    """The lowest node that both hang below: of two, the one with the smaller subtree rises."""
    while u != v:
        if tree.size[u] < tree.size[v]:
            u = tree.parent[u]
        else:
            v = tree.parent[v]
    return u


@_compiled
def _pivot(tree: Tree, held: Held, source: Ints, target: Ints, cost: Floats, cap: Floats,
           flow: Floats, pi: Floats, into: Ints, arc: int) -> None:
    """Bring ``arc`` into the tree: push flow round its cycle until an arc is full or empty."""
    rising = tree.state[arc] == 1
    a = source[arc] if rising else target[arc]
    b = target[arc] if rising else source[arc]
    join = _join(tree, a, b)
    delta, out, side = cap[arc], -1, 0
    u = a
    while u != join:
        room = held.flow[u] if held.up[u] else held.cap[u] - held.flow[u]
        if room < delta:
            delta, out, side = room, u, 1
        u = tree.parent[u]
    u = b
    while u != join:
        room = held.cap[u] - held.flow[u] if held.up[u] else held.flow[u]
        if room <= delta:
            delta, out, side = room, u, 2
        u = tree.parent[u]
    delta = max(delta, 0.0)
    if delta > 0.0:
        u = a
        while u != join:
            held.flow[u] += -delta if held.up[u] else delta
            u = tree.parent[u]
        u = b
        while u != join:
            held.flow[u] += delta if held.up[u] else -delta
            u = tree.parent[u]
    if side == 0:
        tree.state[arc] = -tree.state[arc]
        flow[arc] = cap[arc] if rising else 0.0
        return
    e = tree.pred[out]
    emptied = held.up[out] == (side == 1)
    flow[e] = 0.0 if emptied else held.cap[out]
    tree.state[e] = 0 if held.cap[out] <= 0.0 else (1 if emptied else -1)
    tree.state[arc] = 0
    carried = delta if rising else cap[arc] - delta
    u, v = (a, b) if side == 1 else (b, a)
    up = source[arc] == u
    price = pi[v] - pi[u] + (-cost[arc] if up else cost[arc])
    _rehang(tree, held, pi, into, u, out, v, join, arc, price, carried, cap[arc])
    held.up[u] = up


@_compiled
def _hold(tree: Tree, held: Held, source: Ints, cap: Floats, flow: Floats, n: int) -> None:
    """Copy what pivots need from arcs to nodes."""
    for v in range(n):
        e = tree.pred[v]
        held.flow[v], held.cap[v], held.up[v] = flow[e], cap[e], source[e] == v


@_compiled
def _first_tree(tree: Tree, target: Ints, cap: Floats, star: Ints, n: int, m: int) -> None:
    """A first tree: every node hangs by its own arc towards the root, or by an artificial one."""
    tree.state[:m] = 1
    tree.parent[n], tree.pred[n] = -1, -1
    depth = np.zeros(n + 1, dtype=np.int32)
    for v in range(n):
        e = star[v]
        own = e >= 0 and cap[e] > 0.0
        tree.parent[v], tree.pred[v] = (target[e], e) if own else (n, m + v)
    deepest = 0
    for v in range(n):
        u = v
        while u != n:
            depth[v] += 1
            u = tree.parent[u]
        deepest = max(deepest, depth[v])
    old, k = np.empty(n + 1, dtype=np.int32), 0
    for d in range(deepest + 1):
        for v in range(n, -1, -1):
            if depth[v] == d:
                old[k] = v
                k += 1
    lay_out(tree, old, n)


@_compiled
def _settle(tree: Tree, source: Ints, target: Ints, cap: Floats, supply: Floats, star: Ints,
            flow: Floats, n: int, m: int) -> None:
    """Flows of the tree for these bounds; nodes that cannot send theirs are hung on the root."""
    tree.state[m:] = 0
    in_tree = np.zeros(m + n, dtype=np.bool_)
    for v in range(n):
        in_tree[tree.pred[v]] = True
    excess = supply.copy()
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
    least, cut = 1e-13 * np.abs(supply[:n]).sum(), False
    for k in range(n, 0, -1):
        v = tree.order[k]
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
            tree.parent[v], tree.pred[v] = n, a
            tree.state[a] = 0
            flow[a] = abs(rest)
            cut = True
    if cut:
        lay_out(tree, tree.order.copy(), n)


@_compiled
def _potentials(tree: Tree, source: Ints, cost: Floats, pi: Floats, n: int) -> None:
    pi[n] = 0.0
    for k in range(1, n + 1):
        v = tree.order[k]
        e = tree.pred[v]
        pi[v] = pi[tree.parent[v]] + (-cost[e] if source[e] == v else cost[e])


@_compiled
def _drop_artificial(tree: Tree, held: Held, source: Ints, target: Ints, cost: Floats,
                     pi: Floats, into: Ints, v: int, m: int) -> None:
    """Take the price of an empty artificial arc out of the subtree of ``v`` by a dual pivot."""
    low, high = tree.place[v], tree.place[v] + tree.size[v]
    up = source[tree.pred[v]] == v
    least, found = np.inf, -1
    for e in range(m):
        side = tree.state[e]
        if side != 0:
            below = low <= tree.place[source[e]] < high
            beneath = low <= tree.place[target[e]] < high
            if below != beneath and (beneath == up) == (side == 1):
                slack = side * (cost[e] + pi[source[e]] - pi[target[e]])
                if slack < least:
                    least, found = slack, e
    old = tree.pred[v]
    if found >= 0:
        below = low <= tree.place[source[found]] < high
        u_in, v_in = source[found], target[found]
        if not below:
            u_in, v_in = v_in, u_in
        tree.state[found] = 0
        price = pi[v_in] - pi[u_in] + (-cost[found] if below else cost[found])
        _rehang(tree, held, pi, into, u_in, v, v_in, _join(tree, tree.parent[v], v_in), found,
                price, 0.0, 0.0)
    else:
        shift = cost[old] if up else -cost[old]
        for k in range(low, high):
            pi[tree.order[k]] += shift


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
    into = np.empty(n + 1, dtype=np.int32)
    held = Held(np.empty(n + 1), np.empty(n + 1), np.empty(n + 1, dtype=np.bool_))
    if not warm:
        _first_tree(tree, target, cap, star, n, m)
    _settle(tree, source, target, cap, supply, star, flow, n, m)
    tails, heads = source.view(np.uint32), target.view(np.uint32)  # spares a test of each index
    pivots, begin, tolerance = 0, 0, 1e-12 * largest
    total = np.abs(supply[:n]).sum() + 1e-300
    while True:
        cost[m:] = penalty
        _potentials(tree, source, cost, pi, n)
        _hold(tree, held, source, cap, flow, n)
        while pivots < max_pivots:
            arc = _price(tree.state, tails, heads, cost, pi, begin, m, tolerance)
            if arc < 0:
                break
            begin = arc + 1 if arc + 1 < m else 0
            _pivot(tree, held, source, target, cost, cap, flow, pi, into, arc)
            pivots += 1
        if pivots >= max_pivots:
            return STALLED, pivots
        for v in range(n):
            flow[tree.pred[v]] = held.flow[v]
        left = flow[m:].sum()
        if left <= 1e-13 * total:
            break
        if penalty > n * largest:
            return INFEASIBLE, pivots
        penalty *= 1000.0
    _settle(tree, source, target, cap, supply, star, flow, n, m)
    _potentials(tree, source, cost, pi, n)
    for v in range(n):
        if tree.pred[v] >= m:
            _drop_artificial(tree, held, source, target, cost, pi, into, v, m)
    return OPTIMAL, pivots
