"""Which rows of an hour are a tree of capacities, so that the hour is a pure network.

A site's capacity row takes all lanes into the site; a rule's row may take some of them (the work
of other provinces), or all lanes into several sites (an export licence). Where the sets of lanes
are nested or apart, and all lanes of a row count alike, each row is an arc of a tree towards the
root, and its bound the arc's capacity.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from computegrid.program.algebra import Block, Equations, Floats
from computegrid.solvers.structure import Codes

ROOT = -1


@dataclass(frozen=True)
class CapacityTree:
    """Rows of an hour as a tree.

    Attributes
    ----------
    block, label : int array, shape (N,)
        The row each node stands for: block of the program, row of its label table.
    parent : int array, shape (N,)
        Node above, ``ROOT`` at the top.
    coefficient : float array, shape (N, T)
        What one MW of work counts in the row; 1 in hours without the row.
    lane_node : int array, shape (L,)
        Innermost node a lane enters, ``ROOT`` if no row takes it.
    """

    block: Codes
    label: Codes
    parent: Codes
    coefficient: Floats
    lane_node: Codes

    @property
    def blocks(self) -> frozenset[int]:
        """Blocks whose rows are in the tree."""
        return frozenset(int(b) for b in np.unique(self.block))


@dataclass(frozen=True)
class _Set:
    block: int
    label: int
    lanes: Codes
    coefficient: Floats


def capacity_tree(lp: Equations) -> CapacityTree | None:
    """Take every block into the tree that fits it, site capacity first; None if that does not."""
    n_lanes, n_hours = lp.families[0].shape
    accepted: list[_Set] = []
    lane_node = np.full(n_lanes, ROOT)
    parent: Codes = np.zeros(0, dtype=np.int64)
    taken = 0
    for b, block in enumerate(lp.blocks):
        if block.name == "demand_balance" or block.hours is None or block.couples == "day":
            continue
        found = _sets(b, block, n_hours)
        nested = None if found is None else _nest([*accepted, *found], n_lanes)
        if nested is None:
            if block.name == "site_capacity":
                return None
            continue
        accepted, parent, lane_node = nested
        taken += 1
    return CapacityTree(
        np.array([s.block for s in accepted], dtype=np.int64),
        np.array([s.label for s in accepted], dtype=np.int64),
        parent, np.array([s.coefficient for s in accepted]).reshape(-1, n_hours), lane_node,
    )


def _sets(b: int, block: Block, n_hours: int) -> list[_Set] | None:
    """Lanes of each row of a block; None if lanes of one row count differently."""
    flow = [term for term in block.terms if term.family == "flow"]
    others = [term for term in block.terms if term.family != "flow"]
    if len(flow) != 1 or flow[0].lag or any(
        not t.family.startswith("excess:") or t.lag for t in others
    ):
        return None
    term = flow[0]
    given = term.coefficient[:, None] if term.coefficient.ndim == 1 else term.coefficient
    given = given if given.shape[1] == 1 else given[:, block.hours]
    order = np.argsort(term.row, kind="stable")
    first = np.searchsorted(term.row[order], np.arange(block.shape[0] + 1))
    used = np.flatnonzero(np.diff(first))
    alike = given if len(given) == 1 else given[order]
    low, high = (
        np.broadcast_to(alike, (len(used), given.shape[1])) if len(given) == 1
        else f.reduceat(alike, first[used], axis=0) for f in (np.minimum, np.maximum))
    idle = np.ones(block.shape[0], dtype=bool)
    idle[used] = ~high.any(axis=1) & ~low.any(axis=1)
    if (block.lower[idle] > 0).any() or (block.upper[idle] < 0).any():
        return None
    out = []
    for label, a, most in zip(used, low, high, strict=True):
        if idle[label]:
            continue
        if (a != most).any() or (a <= 0).any():
            return None
        coefficient = np.ones(n_hours)
        coefficient[block.hours] = a
        out.append(_Set(b, int(label), term.entity[order[first[label]:first[label + 1]]],
                        coefficient))
    return out


def _nest(sets: list[_Set], n_lanes: int) -> tuple[list[_Set], Codes, Codes] | None:
    """Sets from the largest down with the set around each; None if two cross."""
    ordered = sorted(sets, key=lambda s: (-len(s.lanes), s.block, s.label))
    inner = np.full(n_lanes, ROOT)
    parent = np.zeros(len(ordered), dtype=np.int64)
    for n, one in enumerate(ordered):
        around = inner[one.lanes]
        if (around != around[0]).any():
            return None
        parent[n] = around[0]
        inner[one.lanes] = n
    return ordered, parent, inner
